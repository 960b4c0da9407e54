import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../../engine/report/comparison.ts';
import { tearSheet } from '../../../engine/report/tear-sheet.ts';
import { parseCompared, withRun } from '../../../renderer/client/compared.ts';
import { toCsv } from '../../../renderer/components/csv.ts';
import { drawdownOf } from '../../../renderer/components/curves.ts';
import { parseLayout } from '../../../renderer/app/layout.ts';
import {
  comparisonCsv,
  differenceText,
  rankOf,
  shownStatistics,
  stepped,
  usableRuns,
  warningsOf,
} from '../../../renderer/panels/compare/compare-model.ts';
import { sheetInTheme } from '../../../renderer/panels/report/sheet-theme.ts';
import { between, spx } from '../engine/backtest/bars.ts';
import { smaRun } from '../engine/report/runs.ts';

const bars = between(spx(), '2012-01-01', '2014-12-31');
const run = smaRun(bars);
const other = smaRun(bars, { short: true }, { parameters: { fast: 20, slow: 100 } });
const comparison = compareRuns([run, other], ['SMA cross', 'SMA cross']);

describe('runs to compare', () => {
  it('are the chosen ones that are still there, in their order', () => {
    expect(usableRuns(['b', 'x', 'a'], [{ id: 'a' }, { id: 'b' }])).toEqual(['b', 'a']);
  });

  it('are taken in and out, eight at most', () => {
    expect(withRun(['a', 'b'], 'c')).toEqual(['a', 'b', 'c']);
    expect(withRun(['a', 'b', 'c'], 'b')).toEqual(['a', 'c']);
    const eight = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    expect(withRun(eight, 'i')).toEqual([...eight.slice(1), 'i']);
  });

  it('come back from what was saved, whatever that is', () => {
    const saved = { runIds: ['a', 'a', 3, 'b'], hidden: 'x', log: true };
    expect(parseCompared(saved)).toEqual({ runIds: ['a', 'b'], hidden: [], log: true });
    expect(parseCompared(null)).toBeUndefined();
    expect(parseCompared({})).toEqual({ runIds: [], hidden: [], log: false });
  });
});

describe('a comparison', () => {
  it('marks the best and the worst of a row where one direction is better', () => {
    const row = (name: string) => comparison.statistics.find((each) => each.name === name);
    const sharpe = row('Sharpe Ratio');
    expect(sharpe).toBeDefined();
    if (sharpe === undefined) return;
    const [a = 0, b = 0] = sharpe.values;
    expect(a).not.toBe(b);
    expect(rankOf(sharpe, a > b ? 0 : 1)).toBe('best');
    expect(rankOf(sharpe, a > b ? 1 : 0)).toBe('worst');
    // Less is better.
    const volatility = row('Volatility (Ann.) [%]');
    const [c = 0, d = 0] = volatility?.values ?? [];
    expect(volatility?.best).toBe(c < d ? 0 : 1);
    expect(volatility?.worst).toBe(c < d ? 1 : 0);
    // Neither: the same for both, or no direction.
    expect(row('Buy & Hold Return [%]')).toMatchObject({ best: null, worst: null });
    expect(row('# Trades')).toMatchObject({ best: null, worst: null });
  });

  it('shows only rows whose figures differ when asked to', () => {
    const names = shownStatistics(comparison.statistics, true).map(({ name }) => name);
    expect(names).toContain('Sharpe Ratio');
    expect(names).not.toContain('Start');
    expect(shownStatistics(comparison.statistics, false)).toBe(comparison.statistics);
  });

  it('warns of other data, versions and ranges', () => {
    expect(warningsOf(comparison)).toEqual([]);
    const [first, second] = comparison.runs;
    if (first === undefined || second === undefined) throw new Error('two runs');
    const changed = (part: Partial<typeof second>): string[] =>
      warningsOf({ ...comparison, runs: [first, { ...second, ...part }] });
    expect(changed({ symbol: 'TOY' })).toEqual(['Other data: TEST 1d, TOY 1d.']);
    expect(changed({ dataHash: 'x' })).toEqual(['Other versions of the same data.']);
    expect(changed({ firstTime: Date.UTC(2013, 0, 2) })).toEqual([
      'Other ranges: 2012-01-03 to 2014-12-31, 2013-01-02 to 2014-12-31.',
    ]);
  });

  it('is copied with every digit, one column a run', () => {
    const lines = comparisonCsv(comparison).trimEnd().split('\n');
    expect(lines[0]).toBe(`,1 ${comparison.runs[0]?.title},2 ${comparison.runs[1]?.title}`);
    expect(lines).toContain('fast,10,20');
    expect(lines).toContain('short,false,true');
    const sharpe = comparison.statistics.find(({ name }) => name === 'Sharpe Ratio');
    expect(lines).toContain(`Sharpe Ratio,${sharpe?.values.join(',')}`);
    expect(lines.find((line) => line.startsWith('Start,'))).toBe(
      'Start,2012-01-03T00:00:00.000Z,2012-01-03T00:00:00.000Z',
    );
    expect(toCsv(['a,b', 'c"d'], [['e\nf', Number.NaN]])).toBe('"a,b","c""d"\n"e\nf",\n');
  });

  it('cuts hashes and shows what is missing', () => {
    expect(differenceText('data hash', 'a'.repeat(64))).toBe('a'.repeat(12));
    expect(differenceText('fast', '')).toBe('–');
    expect(differenceText('fast', '10')).toBe('10');
  });

  it('is walked through by key', () => {
    expect(stepped('ArrowDown', 0, 3)).toBe(1);
    expect(stepped('ArrowDown', 2, 3)).toBe(2);
    expect(stepped('ArrowUp', 0, 3)).toBe(0);
    expect(stepped('End', 0, 3)).toBe(2);
    expect(stepped('Home', 2, 3)).toBe(0);
    expect(stepped('x', 0, 3)).toBeUndefined();
  });
});

describe('a drawdown', () => {
  it('is measured from the highest value so far, the start too', () => {
    // 1 → 1.2 → 0.9: a quarter below the peak; 1.5 is a new one.
    const depth = drawdownOf(Float64Array.of(1, 1.2, 0.9, 1.5, 1.5));
    expect([...depth].map((each) => Math.round(each * 1e9) / 1e9)).toEqual([0, 0, -25, 0, 0]);
    expect(drawdownOf(Float64Array.of(0.8), 1)[0]).toBeCloseTo(-20, 12);
    expect(drawdownOf(Float64Array.of(Number.NaN, 2, 1))[2]).toBe(-50);
  });

  it('of the thinned curve is as deep as the run’s own', () => {
    const [first] = comparison.runs;
    const deepest = Math.min(...drawdownOf(first?.growth ?? new Float64Array(0), 1));
    const stated = run.summary.statistics.find(({ name }) => name === 'Max. Drawdown [%]');
    expect(deepest).toBeCloseTo(stated?.value ?? Number.NaN, 9);
  });
});

describe('a tear sheet in the window', () => {
  const sheet = tearSheet({ run, bars, strategyTitle: 'SMA cross', version: '0.1.0' });

  it('takes the theme of the window and changes nothing but its style sheet', () => {
    const head = sheet.indexOf('</style>');
    for (const theme of ['dark', 'light', 'contrast'] as const) {
      const themed = sheetInTheme(sheet, theme);
      expect(themed).not.toContain('prefers-color-scheme');
      expect(themed).toContain(`:root{color-scheme:${theme === 'light' ? 'light' : 'dark'};`);
      expect(themed.slice(themed.indexOf('</style>'))).toBe(sheet.slice(head));
    }
    expect(sheetInTheme(sheet, 'light')).toContain('@media not all{:root{--background:#0f1216');
    expect(sheetInTheme(sheet, 'dark')).toContain('@media all{:root{--background:#0f1216');
    expect(sheetInTheme('<p>no styles</p>', 'dark')).toBe('<p>no styles</p>');
  });
});

describe('a saved layout', () => {
  const layout = (ids: readonly string[]): string =>
    JSON.stringify({ grid: {}, panels: Object.fromEntries(ids.map((id) => [id, { id }])) });

  it('of a version without the new panels is still read', () => {
    expect(parseLayout(layout(['data', 'chart', 'backtest', 'report']))).toBeDefined();
    expect(parseLayout(layout(['chart', 'strategy', 'compare']))).toBeDefined();
    expect(parseLayout(layout(['chart', 'unheard-of']))).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { BacktestSettings, Statistic } from '../../../../engine/domain/backtest.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { validate } from '../../../../engine/protocol/wire.ts';
import { comparison as comparisonSchema } from '../../../../engine/protocol/schemas.ts';
import { compareRuns } from '../../../../engine/report/comparison.ts';
import { comparisonSheet } from '../../../../engine/report/comparison-sheet.ts';
import type { ReportRun } from '../../../../engine/report/subject.ts';
import { flatBars, randomWalk } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';
import { readStrictly } from './well-formed.ts';

const BASE = smaRun(randomWalk(300));

type Request = ReportRun['summary']['request'];
interface Changes {
  readonly parameters?: ParameterValues;
  readonly settings?: Partial<BacktestSettings>;
  readonly request?: Partial<Request>;
  readonly summary?: Partial<ReportRun['summary']>;
}

function variant({ parameters, settings, request, summary }: Changes = {}): ReportRun {
  const asked = BASE.summary.request;
  return {
    ...BASE,
    summary: {
      ...BASE.summary,
      ...summary,
      request: {
        ...asked,
        ...request,
        parameters: parameters ?? asked.parameters,
        settings: { ...asked.settings, ...settings },
      },
    },
  };
}

function differences(...changes: readonly Changes[]): Record<string, readonly string[]> {
  const { differences: found } = compareRuns(
    changes.map(variant),
    changes.map(() => 'SMA'),
  );
  return Object.fromEntries(found.map(({ name, values }) => [name, values]));
}

describe('runs side by side', () => {
  it('differ in what was asked, and in nothing where all is alike', () => {
    expect(differences({}, {})).toEqual({});
    expect(
      differences(
        { settings: { cash: 5_000 }, parameters: { fast: 5, slow: 30 } },
        { settings: { fill: 'same-close' } },
      ),
    ).toEqual({
      fast: ['5', '10'],
      cash: ['5000', '100000'],
      fill: ['next-open', 'same-close'],
    });
    // A setting that only one of them has, and one inside of another.
    expect(
      differences(
        {},
        {
          settings: {
            volumeLimit: 0.1,
            size: { kind: 'percent', percent: 10 },
            commission: { percent: 0.1, perShare: 0, minimum: 0 },
          },
        },
      ),
    ).toEqual({
      'size.kind': ['all', 'percent'],
      'size.percent': ['', '10'],
      'commission.percent': ['0', '0.1'],
      volumeLimit: ['', '0.1'],
    });
  });

  it('do not hide a parameter that is called like a setting', () => {
    const [one, other] = [
      { parameters: { short: 10, seed: 1, symbol: 'A', length: 5 } },
      { parameters: { short: 20, seed: 2, symbol: 'B', length: 6 } },
    ];
    expect(differences(one, other)).toEqual({
      'parameter short': ['10', '20'],
      'parameter seed': ['1', '2'],
      'parameter symbol': ['A', 'B'],
      length: ['5', '6'],
    });
    expect(differences(one, { ...one, settings: { short: true, seed: 9 } })).toEqual({
      short: ['false', 'true'],
      seed: ['1', '9'],
    });
  });

  it('differ in the text of a strategy, in events, and in how bars are resolved', () => {
    expect(
      differences(
        { summary: { strategyHash: 'a'.repeat(64) } },
        {
          summary: { strategyHash: 'b'.repeat(64), timeframe: '1w' },
          request: { events: true, resolve: 'finer', adjustment: 'split' },
        },
      ),
    ).toEqual({
      'strategy hash': ['a'.repeat(64), 'b'.repeat(64)],
      timeframe: ['1d', '1w'],
      adjustment: ['raw', 'split'],
      'splits and dividends': ['not applied', 'applied'],
      'inside a bar': ['pessimistic', 'finer'],
    });
    // What is not said is the default, and no difference to it.
    expect(differences({}, { request: { events: false, resolve: 'pessimistic' } })).toEqual({});
  });

  it('name the best and the worst of a row only where there is one', () => {
    const statistics = (values: Readonly<Record<string, number>>): Statistic[] =>
      Object.entries(values).map(([name, value]) => ({ name, value, unit: 'ratio' }));
    const of = (...sets: readonly Readonly<Record<string, number>>[]) => {
      const runs = sets.map((set) => variant({ summary: { statistics: statistics(set) } }));
      const rows = compareRuns(runs, ['A', 'B', 'C']).statistics;
      return Object.fromEntries(
        rows.map(({ name, values, best, worst }) => [name, [...values, best, worst]]),
      );
    };
    expect(
      of(
        { 'Sharpe Ratio': 1, 'Max. Drawdown [%]': -10, 'Commissions [$]': 5, SQN: 2, Own: 1 },
        { 'Sharpe Ratio': 3, 'Max. Drawdown [%]': -30, 'Commissions [$]': 7, SQN: 2 },
        { 'Sharpe Ratio': Number.NaN, 'Max. Drawdown [%]': -20, 'Commissions [$]': 6, SQN: 2 },
      ),
    ).toEqual({
      'Sharpe Ratio': [1, 3, Number.NaN, 1, 0],
      // The smallest fall is the best one, the smallest cost as well.
      'Max. Drawdown [%]': [-10, -30, -20, 0, 1],
      'Commissions [$]': [5, 7, 6, 0, 1],
      // Equals have no best.
      SQN: [2, 2, 2, null, null],
      // Nobody knows whether more of this is better.
      Own: [1, Number.NaN, Number.NaN, null, null],
    });
    expect(of({ SQN: 1 }, { SQN: Number.NaN })).toEqual({ SQN: [1, Number.NaN, null, null] });
  });

  it('give what the contract says, with curves over the starting cash', () => {
    const found = compareRuns([BASE, variant({ settings: { cash: 50_000 } })], ['SMA']);
    expect(validate(comparisonSchema, found, 'runs.compare')).toEqual(found);
    expect(found.runs.map(({ title }) => title)).toEqual([
      'SMA 10/30 on TEST 1d',
      // A strategy without a name for people has that of its file.
      'sma-cross 10/30 on TEST 1d',
    ]);
    const [one, other] = found.runs;
    expect(one?.growth[0]).toBe(1);
    expect(other?.growth[0]).toBe(2);
    expect(one?.growth.at(-1)).toBe((BASE.equity.at(-1) as number) / 100_000);
    expect(one?.time.at(-1)).toBe(BASE.time.at(-1));
  });
});

describe('the sheet of runs side by side', () => {
  it('says that nothing differs, and marks the best of a row', () => {
    const statistic = (value: number): Statistic[] => [
      { name: 'Sharpe Ratio', value, unit: 'ratio' },
    ];
    const runs = [
      variant({ summary: { statistics: statistic(1.25) } }),
      variant({ summary: { statistics: statistic(0.5) } }),
    ];
    const html = comparisonSheet(compareRuns(runs, ['A', 'B']), '1.2.3');
    const elements = readStrictly(html);
    expect(html).toContain('Nothing: parameters, settings and data are alike.');
    expect(html).toContain('<strong>● 1.25</strong>');
    expect(html).not.toContain('● 0.50');
    expect(html).toContain('Renata 1.2.3.');
    const curves = elements.filter(
      ({ attributes }) => attributes.get('class')?.startsWith('line run-') === true,
    );
    expect(curves.map(({ attributes }) => attributes.get('class'))).toEqual([
      'line run-1',
      'line run-2',
    ]);
  });

  it('shows differences, hashes cut to what can be told apart', () => {
    const one = variant({ summary: { strategyHash: 'a'.repeat(64), dataHash: 'c'.repeat(64) } });
    const other = variant({ parameters: { fast: 5, slow: 30 } });
    const html = comparisonSheet(compareRuns([one, other], ['A', 'B']), '1');
    readStrictly(html);
    expect(html).not.toContain('alike.</p>');
    for (const name of ['fast', 'strategy hash', 'data hash']) {
      expect(html).toMatch(new RegExp(`<th scope="row" class="text">${name}</th>`));
    }
    expect(html).toContain(`<code>${'a'.repeat(16)}</code>`);
    expect(html).not.toContain('a'.repeat(17));
  });

  it('holds runs of one bar and of none beside others', () => {
    const one = flatBars([100]);
    const runs = [BASE, smaRun({ ...one, time: BASE.time.slice(0, 1) }), smaRun(flatBars([]))];
    // A run without a bar begins nowhere, and does not stretch the axis to 1970.
    const later = runs.map((run, i) =>
      i === 2
        ? run
        : {
            ...run,
            time: run.time.map((at) => at + Date.UTC(2020, 0, 1)),
            summary: {
              ...run.summary,
              firstTime: run.summary.firstTime + Date.UTC(2020, 0, 1),
              lastTime: run.summary.lastTime + Date.UTC(2020, 0, 1),
            },
          },
    );
    for (const set of [later, [later[1], later[2]] as ReportRun[], [runs[2]] as ReportRun[]]) {
      const html = comparisonSheet(compareRuns(set, ['A', 'B', 'C']), '1');
      const elements = readStrictly(html);
      const main = elements.find(({ name }) => name === 'main')?.text ?? '';
      expect(main).not.toMatch(/NaN|Infinity|undefined/);
      for (const { attributes } of elements) {
        expect(attributes.get('d') ?? '').not.toMatch(/NaN|Infinity/);
      }
    }
    const html = comparisonSheet(compareRuns(later, ['A', 'B', 'C']), '1');
    const ticks = [...html.matchAll(/<text class="tick mid"[^>]*>([^<]*)</g)].map(([, at]) => at);
    expect(ticks).toContain('Mar');
    expect(ticks.some((at) => /^(?:19|200|201)/.test(at ?? ''))).toBe(false);
  });
});

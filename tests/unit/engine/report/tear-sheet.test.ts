import { describe, expect, it } from 'vitest';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { escapeText, markup, raw } from '../../../../engine/report/markup.ts';
import { CRISES, crisisRows } from '../../../../engine/report/crises.ts';
import { change, days, figure, percent, price } from '../../../../engine/report/figures.ts';
import { exposureOf } from '../../../../engine/report/sections/exposure.ts';
import { rollingWindow } from '../../../../engine/report/sections/rolling.ts';
import { curveFigures } from '../../../../engine/report/sections/statistics.ts';
import { subjectOf, type ReportRun } from '../../../../engine/report/subject.ts';
import { tearSheet } from '../../../../engine/report/tear-sheet.ts';
import { monthlyTable } from '../../../../engine/stats/calendar-returns.ts';
import {
  conditionalValueAtRisk,
  sharpeRatio,
  tailRatio,
  valueAtRisk,
} from '../../../../engine/stats/risk-ratios.ts';
import { maxDrawdown, timeUnderwater, ulcerIndex } from '../../../../engine/stats/underwater.ts';
import { barsOf, between, flatBars, randomWalk, spx } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';
import { readStrictly, type Element } from './well-formed.ts';

const SPX = between(spx(), '2005-01-01', '2019-12-31');
const RUN = smaRun(SPX);
const sheet = (run: ReportRun, bars: BarColumns | null): string =>
  tearSheet({ run, bars, version: '9.9.9', strategyTitle: 'SMA cross', currency: 'USD' });
const SHEET = sheet(RUN, SPX);

const ALL = ['growth', 'months', 'years', 'distribution', 'rolling', 'exposure', 'trades'];
const TABLES = ['excursions', 'trade-returns', 'groups', 'both', 'drawdowns', 'extreme-trades'];
const REST = ['crises', 'statistics', 'origin'];

function idsOf(elements: readonly Element[]): string[] {
  return elements
    .filter(({ name }) => name === 'section')
    .map(({ attributes }) => attributes.get('id') ?? '');
}

describe('a tear sheet', () => {
  it('is one well-formed document with every section', () => {
    const elements = readStrictly(SHEET);
    expect(idsOf(elements)).toEqual([...ALL, ...TABLES, ...REST]);
    for (const { attributes } of elements.filter(({ name }) => name === 'svg')) {
      expect(attributes.get('role')).toBe('img');
      expect(attributes.get('aria-labelledby')).toMatch(/^\S+-t \S+-d$/);
    }
    const described = elements.filter(({ name }) => name === 'desc');
    expect(described.length).toBe(elements.filter(({ name }) => name === 'svg').length);
    expect(described.every(({ text }) => text.trim().length > 10)).toBe(true);
    const captions = elements.filter(({ name }) => name === 'caption');
    expect(captions.length).toBe(elements.filter(({ name }) => name === 'table').length);
  });

  it('loads nothing and runs nothing', () => {
    const elements = readStrictly(SHEET);
    const policy = elements.find(({ attributes }) => attributes.has('http-equiv'));
    expect(policy?.attributes.get('content')).toBe(
      'default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:',
    );
    const names = new Set(elements.map(({ name }) => name));
    for (const banned of [
      'script',
      'link',
      'img',
      'iframe',
      'object',
      'form',
      'a',
      'image',
      'use',
    ]) {
      expect(names.has(banned)).toBe(false);
    }
    for (const { attributes } of elements) {
      for (const key of attributes.keys()) expect(key).not.toMatch(/^(?:on|src|href|xlink)/);
    }
    expect(SHEET).not.toMatch(/https?:|url\(|@import|javascript:/);
  });

  it('is the same text for the same run', () => {
    expect(sheet(smaRun(SPX), SPX)).toBe(SHEET);
  });

  it('has the months of the statistics in its heat map, coloured by their size', () => {
    const cells = readStrictly(SHEET).filter(
      ({ name, attributes }) =>
        name === 'td' && attributes.get('style')?.startsWith('--heat') === true,
    );
    const months = monthlyTable(RUN.time, RUN.equity, 100_000)
      .toReversed()
      .flatMap((row) => [...row.months])
      .filter((value) => !Number.isNaN(value));
    expect(cells.length).toBe(180);
    expect(months.length).toBe(180);
    const heat = cells.map(({ attributes }) =>
      Number(/--heat:([\d.]+)%/.exec(attributes.get('style') ?? '')?.[1]),
    );
    cells.forEach((cell, i) => {
      const value = months[i] as number;
      expect(cell.text.trim()).toBe(figure(value * 100, 1));
      expect(cell.attributes.get('class')).toBe(value < 0 ? 'cold' : 'warm');
    });
    const order = [...months.keys()].toSorted(
      (a, b) => Math.abs(months[a] as number) - Math.abs(months[b] as number),
    );
    for (let k = 1; k < order.length; k += 1) {
      expect(heat[order[k] as number] as number).toBeGreaterThanOrEqual(
        heat[order[k - 1] as number] as number,
      );
    }
    expect(Math.max(...heat)).toBe(55);
  });

  it('shows the figures that the run was declared to have', () => {
    // As tests/golden/backtests.test.ts declares them.
    expect(SHEET).toContain('+90.95%');
    expect(SHEET).toContain(RUN.summary.orderHash);
    expect(SHEET).toContain('64 trades, 1 of them open at the end');
  });

  it('escapes every text that comes from outside', () => {
    const evil = `<script>alert("x")</script>&'\u0000\ud800`;
    const { trades } = RUN;
    const tags = trades.entryTag.map(() => evil);
    const run: ReportRun = {
      ...RUN,
      summary: {
        ...RUN.summary,
        id: evil,
        symbol: evil,
        dataHash: evil,
        request: {
          ...RUN.summary.request,
          strategy: evil,
          datasetId: evil,
          parameters: { [evil]: evil },
        },
        statistics: [{ name: evil, value: 1, unit: 'ratio' }],
      },
      trades: { ...trades, entryTag: tags, exitTag: tags },
    };
    const text = tearSheet({ run, bars: SPX, version: evil, strategyTitle: evil, currency: evil });
    const elements = readStrictly(text);
    expect(elements.some(({ name }) => name === 'script')).toBe(false);
    expect(text).not.toContain('<script');
    expect(text).toContain(
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;\ufffd\ufffd',
    );
  });

  it.each<[string, ReportRun, BarColumns | null]>([
    ['no bar', smaRun(flatBars([])), flatBars([])],
    ['one bar', smaRun(flatBars([100])), flatBars([100])],
    ['two bars', smaRun(flatBars([100, 101])), flatBars([100, 101])],
    [
      'no trade',
      smaRun(flatBars(Array<number>(300).fill(50))),
      flatBars(Array<number>(300).fill(50)),
    ],
    ['no bars in the store', smaRun(randomWalk(300)), null],
    ['bars of another length', smaRun(randomWalk(300)), randomWalk(200)],
  ])('is sensible for %s', (_name, run, bars) => {
    const elements = readStrictly(sheet(run, bars));
    expect(idsOf(elements)).toContain('origin');
    const text = elements.find(({ name }) => name === 'main')?.text ?? '';
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
    for (const { attributes } of elements) {
      expect(attributes.get('d') ?? '').not.toMatch(/NaN|Infinity/);
    }
  });

  it('lists settings that it has no words for under their names', () => {
    const settings = { ...RUN.summary.request.settings, borrowRate: 0.031, volumeLimit: 0.25 };
    const request = { ...RUN.summary.request, settings };
    const text = sheet({ ...RUN, summary: { ...RUN.summary, request } }, SPX);
    expect(text).toMatch(/borrowRate<\/dt>\s*<dd>0\.031</);
    expect(text).toMatch(/volumeLimit<\/dt>\s*<dd>0\.25</);
  });

  it('survives a run that lost more than it had', () => {
    const broke = RUN.equity.map((value, i) => (i > 2_000 ? -1_000 - i : value));
    const elements = readStrictly(sheet({ ...RUN, equity: broke }, SPX));
    expect(elements.find(({ name }) => name === 'main')?.text).not.toMatch(/NaN|Infinity/);
  });

  it('sorts the trades of bars within the day by the hour of their market', () => {
    const walk = randomWalk(2_000, 4);
    const minutes = walk.time.map(
      (_, i) =>
        Date.UTC(2024, 0, 2, 14, 30) + Math.floor(i / 390) * 86_400_000 + (i % 390) * 60_000,
    );
    const bars = { ...walk, time: minutes };
    const text = tearSheet({
      run: smaRun(bars, {}, { timeframe: '1m' }),
      bars,
      version: '1',
      zone: 'America/New_York',
    });
    const hours = readStrictly(text).filter(
      ({ name, text: content }) => name === 'th' && /^\s*\d\d:00\s*$/.test(content),
    );
    expect(hours.length).toBeGreaterThan(3);
    // 14:30 UTC is 09:30 in New York in January.
    expect(hours[0]?.text.trim()).toBe('09:00');
    expect(text).toContain('clock of America/New_York');
  });
});

describe('figures of a curve', () => {
  it('are those of the statistics', () => {
    const subject = subjectOf({ run: RUN, bars: SPX, version: '1' });
    const { equity, returns, depth } = subject;
    const figures = curveFigures(subject, equity, returns, depth, subject.years);
    const named = (name: string): number =>
      RUN.summary.statistics.find((each) => each.name === name)?.value ?? Number.NaN;
    expect(figures.growth * 100).toBeCloseTo(named('Return [%]'), 9);
    expect(figures.annual * 100).toBeCloseTo(named('Return (Ann.) [%]'), 9);
    expect(figures.cagr * 100).toBeCloseTo(named('CAGR [%]'), 9);
    expect(figures.volatility * 100).toBeCloseTo(named('Volatility (Ann.) [%]'), 9);
    expect(figures.sharpe).toBeCloseTo(named('Sharpe Ratio'), 12);
    expect(figures.sharpe).toBeCloseTo(sharpeRatio(returns, 252), 12);
    expect(figures.sortino).toBeCloseTo(named('Sortino Ratio'), 12);
    expect(figures.calmar).toBeCloseTo(named('Calmar Ratio'), 12);
    expect(-figures.deepest * 100).toBeCloseTo(named('Max. Drawdown [%]'), 9);
    expect(figures.longest).toBeCloseTo(named('Max. Drawdown Duration'), 9);
    expect(figures.deepest).toBeCloseTo(maxDrawdown(equity), 14);
    expect(figures.below).toBeCloseTo(timeUnderwater(equity), 14);
    expect(figures.ulcer).toBeCloseTo(ulcerIndex(equity), 14);
    expect(figures.atRisk).toBeCloseTo(valueAtRisk(returns), 14);
    expect(figures.shortfall).toBeCloseTo(conditionalValueAtRisk(returns), 14);
    expect(figures.tail).toBeCloseTo(tailRatio(returns), 12);
  });

  it('and the exposure counts the bars that are held', () => {
    const { long, short, average, values } = exposureOf({ run: RUN, bars: SPX });
    const held = RUN.summary.statistics.find(({ name }) => name === 'Exposure Time [%]')?.value;
    expect(long * 100).toBeCloseTo(held ?? 0, 9);
    expect(short).toBe(0);
    // All equity is invested whenever any is.
    expect(average).toBeCloseTo(long, 6);
    expect(values.length).toBe(3_775);
  });
});

describe('rolling windows', () => {
  it('are the longest that fit three times', () => {
    expect(rollingWindow(3_775, 252)).toEqual({ window: 126, name: '6 months' });
    expect(rollingWindow(200, 252)).toEqual({ window: 63, name: '3 months' });
    expect(rollingWindow(40, 252)).toBeNull();
    expect(rollingWindow(390 * 10, 390 * 252)?.name).toBe('1 day');
  });
});

describe('crisis periods', () => {
  const closes = spx();
  const at = (date: string): number =>
    closes.close[closes.time.indexOf(Date.parse(`${date}T00:00:00Z`))] as number;

  it('give the index the moves that its closes have', () => {
    const rows = crisisRows(closes.time, closes.close, closes.close);
    const covered = CRISES.filter(({ from, to }) => from >= '2000-01-03' && to <= '2020-04-17');
    expect(rows.map(({ crisis }) => crisis.name)).toEqual(covered.map(({ name }) => name));
    expect(rows.length).toBe(11);
    for (const { crisis, strategy } of rows) {
      expect(strategy).toBeCloseTo(at(crisis.to) / at(crisis.from) - 1, 12);
    }
    // The well-known falls from high to low: 49.1 %, 56.8 % and 33.9 %.
    const fall = (name: string): string =>
      percent(rows.find(({ crisis }) => crisis.name === name)?.strategy ?? 0, 1);
    expect(fall('Dot-com bust')).toBe('−49.1%');
    expect(fall('Global financial crisis')).toBe('−56.8%');
    expect(fall('COVID-19')).toBe('−33.9%');
  });

  it('named by closing high and low end at the lowest close and begin at the highest', () => {
    for (const { from, to, source } of CRISES) {
      if (!source.startsWith('S&P 500 closing') || from < '2000-01-03' || to > '2020-04-17')
        continue;
      const part = between(closes, from, to).close;
      expect(Math.max(...part)).toBe(at(from));
      expect(Math.min(...part)).toBe(at(to));
    }
  });

  it('are shown only where the data cover them whole', () => {
    const part = between(closes, '2008-01-02', '2010-05-06');
    const names = crisisRows(part.time, part.close, part.close).map(({ crisis }) => crisis.name);
    expect(names).toEqual(['Lehman Brothers']);
    expect(sheet(smaRun(randomWalk(200)), randomWalk(200))).not.toContain('Crisis periods');
  });
});

describe('writing', () => {
  it('escapes values and keeps markup', () => {
    const inner = markup`<b>${'<&>'}</b>`;
    expect(String(markup`<p class="${'a"b'}">${inner}${[1, '<']}${null}${raw('<i/>')}</p>`)).toBe(
      '<p class="a&quot;b"><b>&lt;&amp;&gt;</b>1&lt;<i/></p>',
    );
    expect(escapeText('\u0007\udc00a\tb')).toBe('\ufffd\ufffda\tb');
  });

  it('of figures has one form', () => {
    expect([figure(-1234.5), figure(Number.NaN), percent(-0.1234, 1)]).toEqual([
      '−1,234.50',
      '–',
      '−12.3%',
    ]);
    expect([change(0.05), change(0), change(0.000001), change(-0.05)]).toEqual([
      '+5.00%',
      '0.00%',
      '0.00%',
      '−5.00%',
    ]);
    expect([price(1234.56789), price(12.5), price(0.123456789)]).toEqual([
      '1,234.57',
      '12.50',
      '0.123457',
    ]);
    expect([days(1), days(0.5), days(2.25), days(790.4), days(1 / 1440)]).toEqual([
      '1 day',
      '12 h 0 min',
      '2.3 days',
      '790 days',
      '1 min',
    ]);
    expect(barsOf([]).time.length).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type TradeColumns } from '../../../../engine/domain/backtest.ts';
import { leverageOf, tradingActivity } from '../../../../engine/stats/activity.ts';
import { summariseExcursions } from '../../../../engine/stats/excursions.ts';
import { RunFacts } from '../../../../engine/stats/facts.ts';
import { everyFigure, FIGURES, listedFigures } from '../../../../engine/stats/figures.ts';
import { groupTrades, TRADE_GROUPINGS } from '../../../../engine/stats/trade-groups.ts';
import { buyAndHoldEquity } from '../../../../engine/backtest/benchmark.ts';
import { DAY, flatBars, spx } from '../backtest/bars.ts';

interface Row {
  readonly size: number;
  readonly entry: number;
  readonly exit: number;
  readonly entryBar: number;
  readonly exitBar: number;
  readonly mae?: number;
  readonly mfe?: number;
  readonly open?: boolean;
  readonly tag?: string;
  readonly at?: number;
}

/** Trades without costs; times are days by the number of the bar unless given. */
function trades(rows: readonly Row[]): TradeColumns {
  const column = (pick: (row: Row) => number): Float64Array => Float64Array.from(rows, pick);
  return {
    count: rows.length,
    size: column(({ size }) => size),
    entryBar: Int32Array.from(rows, ({ entryBar }) => entryBar),
    exitBar: Int32Array.from(rows, ({ exitBar }) => exitBar),
    entryTime: column(({ at, entryBar }) => at ?? entryBar * DAY),
    exitTime: column(({ exitBar }) => exitBar * DAY),
    entryPrice: column(({ entry }) => entry),
    exitPrice: column(({ exit }) => exit),
    pnl: column(({ size, entry, exit }) => size * (exit - entry)),
    returnFraction: column(({ size, entry, exit }) => (Math.sign(size) * (exit - entry)) / entry),
    commission: column(() => 0),
    mae: column(({ mae }) => mae ?? 0),
    mfe: column(({ mfe }) => mfe ?? 0),
    open: Uint8Array.from(rows, ({ open }) => (open === true ? 1 : 0)),
    entryTag: rows.map(({ tag }) => tag ?? 'in'),
    exitTag: rows.map(() => 'out'),
  };
}

const BOOK = trades([
  { size: 10, entry: 100, exit: 110, entryBar: 0, exitBar: 2, mae: 0.02, mfe: 0.15, tag: 'b' },
  { size: -5, entry: 110, exit: 121, entryBar: 2, exitBar: 3, mae: 0.12, mfe: 0.01, tag: 'a' },
  { size: 4, entry: 100, exit: 105, entryBar: 4, exitBar: 8, mae: 0, mfe: 0.08, tag: 'a' },
  { size: 1, entry: 100, exit: 50, entryBar: 8, exitBar: 9, open: true },
]);

describe('trades by what they have in common', () => {
  it('by side', () => {
    const [long, short] = groupTrades(BOOK, 'side');
    expect(long).toMatchObject({ name: 'long', trades: 2, pnl: 120, winRate: 1, averageBars: 3 });
    expect(long?.profitFactor).toBeNaN();
    expect(long?.averageReturn).toBeCloseTo(0.075, 12);
    expect(short).toMatchObject({
      name: 'short',
      trades: 1,
      pnl: -55,
      winRate: 0,
      profitFactor: 0,
    });
  });

  it('by tag, in the order of the alphabet', () => {
    expect(groupTrades(BOOK, 'entry-tag').map(({ name, pnl }) => [name, pnl])).toEqual([
      ['a', -35],
      ['b', 100],
    ]);
    expect(groupTrades(BOOK, 'entry-tag')[0]?.profitFactor).toBeCloseTo(20 / 55, 12);
    expect(groupTrades(BOOK, 'exit-tag')).toHaveLength(1);
  });

  it('by the clock of a zone', () => {
    const hours = trades(
      ['2021-03-12T15:30:00Z', '2021-03-15T14:30:00Z', '2021-03-15T01:00:00Z'].map((text) => ({
        size: 1,
        entry: 1,
        exit: 2,
        entryBar: 0,
        exitBar: 1,
        at: Date.parse(text),
      })),
    );
    // Summer time began on 2021-03-14: both are 10:30 in New York; the third is Sunday 21:00.
    const names = (grouping: 'hour' | 'weekday' | 'month' | 'year', zone?: string) =>
      groupTrades(hours, grouping, zone).map(({ name, trades: count }) => `${name} ${count}`);
    expect(names('hour', 'America/New_York')).toEqual(['10:00 2', '21:00 1']);
    expect(names('weekday', 'America/New_York')).toEqual(['Monday 1', 'Friday 1', 'Sunday 1']);
    expect(names('weekday')).toEqual(['Monday 2', 'Friday 1']);
    expect(names('month')).toEqual(['2021-03 3']);
    expect(names('year')).toEqual(['2021 3']);
  });

  it('always add up to all closed trades', () => {
    const result = runBacktest({
      strategy: 'sma-cross',
      parameters: {},
      settings: { ...DEFAULT_SETTINGS, short: true },
      bars: spx(),
    });
    const closed = result.trades.open.filter((open) => open === 0).length;
    for (const grouping of TRADE_GROUPINGS) {
      const groups = groupTrades(result.trades, grouping);
      expect(groups.reduce((sum, group) => sum + group.trades, 0)).toBe(closed);
    }
  });
});

describe('excursions', () => {
  it('of three closed trades', () => {
    const summary = summariseExcursions(BOOK);
    expect(summary.averageMae).toBeCloseTo(0.14 / 3, 12);
    expect(summary.averageMfe).toBeCloseTo(0.08, 12);
    expect(summary.medianMae).toBe(0.02);
    expect(summary.medianMfe).toBe(0.08);
    expect(summary.worstMae).toBe(0.12);
    expect(summary.bestMfe).toBe(0.15);
    expect(summary.edgeRatio).toBeCloseTo(0.24 / 0.14, 12);
    // Winners suffered 2 % and 0 %: 95 % of the way from 0 to 0.02.
    expect(summary.winnersMae95).toBeCloseTo(0.019, 12);
    // Gross returns 10, -10 and 5 % of 15, 1 and 8 % that were there.
    expect(summary.captured).toBeCloseTo(0.05 / 0.24, 12);
    expect(summary.givenBack).toBeCloseTo((0.05 + 0.11 + 0.03) / 3, 12);
    expect(summariseExcursions(trades([])).edgeRatio).toBeNaN();
  });
});

describe('activity', () => {
  // Four daily bars; 100 units a day change hands at 100, 100, 110, 121.
  const bars = flatBars([100, 100, 110, 121]);
  const equity = Float64Array.of(10_000, 10_000, 11_000, 12_000);
  const book = trades([
    { size: 20, entry: 100, exit: 110, entryBar: 0, exitBar: 2 },
    { size: 30, entry: 121, exit: 121, entryBar: 3, exitBar: 3, open: true },
  ]);

  it('turnover is what was traded of the money before the day', () => {
    // Day 0: 2,000 of 10,000; day 2: 2,200 of 10,000; day 3: 3,630 of 11,000.
    const expected = (0.2 + 0 + 0.22 + 0.33) / 4;
    expect(tradingActivity(bars, equity, 10_000, book).turnover).toBeCloseTo(expected, 12);
  });

  it('capacity is what a hundredth of a thin day can carry', () => {
    // 1 % of 10,000, 11,000 and 12,100 over 0.2, 0.22 and 0.33: 500, 500 and 366.67; near the least of them.
    const thin = 121 / 0.33;
    expect(tradingActivity(bars, equity, 10_000, book).capacity).toBeCloseTo(
      thin + 0.1 * (500 - thin),
      9,
    );
    const silent = { ...bars, volume: new Float64Array(4) };
    expect(tradingActivity(silent, equity, 10_000, book).capacity).toBeNaN();
  });

  it('leverage is the position over the equity', () => {
    const position = Float64Array.of(20, 20, 0, -150);
    const { largest, average } = leverageOf(bars.close, position, equity);
    expect(largest).toBeCloseTo((150 * 121) / 12_000, 12);
    expect(average).toBeCloseTo((0.2 + 0.2 + (150 * 121) / 12_000) / 3, 12);
    expect(leverageOf(bars.close, new Float64Array(4), equity).largest).toBeNaN();
  });
});

describe('the catalogue of figures', () => {
  const bars = spx();
  const settings = { ...DEFAULT_SETTINGS, short: true, riskFreeRate: 0.01 };
  const result = runBacktest({ strategy: 'sma-cross', parameters: {}, settings, bars });
  const facts = new RunFacts({
    bars,
    settings,
    equity: result.equity,
    position: result.position,
    trades: result.trades,
    benchmark: buyAndHoldEquity(bars, settings),
    commissionPaid: 0,
  });

  it('has each name and each id once, and no name of the statistics before', () => {
    const names = [
      ...result.statistics.slice(0, 32).map(({ name }) => name),
      ...FIGURES.map(({ name }) => name),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(FIGURES.map(({ id }) => id)).size).toBe(FIGURES.length);
    expect(FIGURES.length).toBeGreaterThan(70);
  });

  it('gives every figure of a real run, in agreement with the list of the run', () => {
    const figures = new Map(everyFigure(facts).map(({ name, value }) => [name, value]));
    for (const [name, value] of figures) expect(Number.isFinite(value), name).toBe(true);
    for (const { name, value } of listedFigures(facts)) expect(figures.get(name)).toBe(value);
    expect(result.statistics.slice(32)).toEqual(listedFigures(facts));
    // The book at the top has one open trade that stands at -50.
    const open = new RunFacts({ ...facts.input, trades: BOOK }).openTrades;
    expect(open).toEqual({ count: 1, pnl: -50 });
    // Orders that hold by definition.
    const of = (name: string): number => figures.get(name) ?? Number.NaN;
    expect(of('Daily Expected Shortfall 95 % [%]')).toBeLessThan(
      of('Daily Value at Risk 95 % [%]'),
    );
    expect(of('Worst Year [%]')).toBeLessThan(of('Best Year [%]'));
    expect(of('Pain Index [%]')).toBeLessThan(of('Ulcer Index [%]'));
    expect(of('Max. Gross Exposure [%]')).toBeGreaterThan(of('Avg. Gross Exposure [%]'));
    expect(of('Avg. Winning Trade [%]')).toBeGreaterThan(0);
    expect(of('Avg. Losing Trade [%]')).toBeLessThan(0);
    expect(of('Probabilistic Sharpe Ratio [%]')).toBeGreaterThan(50);
  });

  it('is not defined for a run without bars', () => {
    const empty = new RunFacts({
      ...facts.input,
      bars: flatBars([]),
      equity: new Float64Array(0),
      position: new Float64Array(0),
      benchmark: new Float64Array(0),
      trades: trades([]),
    });
    const defined = everyFigure(empty).filter(({ value }) => Number.isFinite(value));
    expect(defined.filter(({ value }) => value !== 0)).toEqual([]);
  });
});

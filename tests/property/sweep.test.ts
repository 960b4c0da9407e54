import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/backtest/random.ts';
import { runBacktest, runStrategy } from '../../engine/backtest/run.ts';
import {
  DEFAULT_SETTINGS,
  type BacktestResult,
  type BacktestSettings,
} from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { CloseRanges } from '../../engine/sweep/close-ranges.ts';
import { frameOf, METRICS } from '../../engine/sweep/metrics.ts';
import { Replay } from '../../engine/sweep/replay.ts';
import { ruleStrategy } from '../../engine/sweep/rules.ts';
import { SweepRunner } from '../../engine/sweep/run.ts';
import {
  FillList,
  marketFills,
  signalsFromColumns,
  type RuleColumns,
} from '../../engine/sweep/signals.ts';
import { StretchEvaluator } from '../../engine/sweep/stretches.ts';
import { SweepTable } from '../../engine/sweep/table.ts';
import { barsOf, randomWalk } from '../unit/engine/backtest/bars.ts';
import { fc } from '../support/properties.ts';

const settings: fc.Arbitrary<BacktestSettings> = fc.record({
  cash: fc.constantFrom(1_000, 100_000),
  fill: fc.constantFrom('next-open' as const, 'same-close' as const),
  size: fc.constant({ kind: 'all' } as const),
  short: fc.boolean(),
  commission: fc.constantFrom(
    { percent: 0, perShare: 0, minimum: 0 },
    { percent: 0.1, perShare: 0, minimum: 0 },
    { percent: 0.05, perShare: 0.01, minimum: 0 },
  ),
  slippageBps: fc.constantFrom(0, 5),
  lotSize: fc.constant(0),
  riskFreeRate: fc.constantFrom(0, 0.02),
  periodsPerYear: fc.constantFrom(null, 252),
  seed: fc.nat(1_000),
});

/**
 * Random walks; walks on whole prices, where averages are often equal; walks with stretches on which
 * nothing moves; and markets in which one bar dwarfs all others.
 */
const walk: fc.Arbitrary<BarColumns> = fc
  .record({
    kind: fc.constantFrom('walk', 'coarse', 'still', 'burst'),
    length: fc.integer({ min: 30, max: 260 }),
    seed: fc.nat(10_000),
  })
  .map(({ kind, length, seed }) => bend(randomWalk(length, seed, 0.03), kind, seed));

function bend(bars: BarColumns, kind: string, seed: number): BarColumns {
  const { open, high, low, close } = bars;
  const random = new Random(seed);
  const at = (column: Float64Array, i: number): number => column[i] ?? Number.NaN;
  const rows = Array.from(
    close,
    (_, i) => [at(open, i), at(high, i), at(low, i), at(close, i)] as const,
  );
  let still = 0;
  let last: readonly [number, number, number, number] = [100, 100, 100, 100];
  return barsOf(
    rows.map((row) => {
      if (kind === 'coarse') {
        const whole = (price: number): number => Math.max(1, Math.round(price / 4));
        return [whole(row[0]), whole(row[1]), whole(row[2]), whole(row[3])] as const;
      }
      if (kind === 'burst' && random.uniform() < 0.01) {
        const [o, , l, c] = row;
        return [o, Math.max(o, c) * 400, l, c * 300] as const;
      }
      if (kind !== 'still') return row;
      if (still === 0 && random.uniform() < 0.1) {
        still = 5 + Math.floor(random.uniform() * 25);
        last = [row[3], row[3], row[3], row[3]];
      }
      if (still === 0) return row;
      still -= 1;
      return last;
    }),
  );
}

/** Equal within a billionth; two undefined figures are equal. */
function expectMetrics(
  result: BacktestResult,
  metrics: ArrayLike<number>,
  at: number,
  what: string,
): void {
  for (const [k, { title }] of METRICS.entries()) {
    const wanted = result.statistics.find(({ name }) => name === title)?.value ?? Number.NaN;
    const got = metrics[at + k] ?? Number.NaN;
    const same =
      (Number.isNaN(wanted) && Number.isNaN(got)) ||
      Math.abs(got - wanted) <= 1e-9 * Math.abs(wanted);
    expect(same, `${what}: ${title} is ${got}, event by event ${wanted}`).toBe(true);
  }
}

/** The very same bits: equity on every bar and each closed trade. */
function expectBooks(result: BacktestResult, replay: Replay): void {
  expect(replay.equity.subarray(1)).toEqual(result.equity);
  const { trades } = result;
  const closed = Array.from(trades.open.keys()).filter((k) => trades.open[k] === 0);
  expect(replay.entryBar).toEqual(closed.map((k) => trades.entryBar[k]));
  expect(replay.exitBar).toEqual(closed.map((k) => trades.exitBar[k]));
  expect(replay.size).toEqual(closed.map((k) => trades.size[k]));
  expect(replay.pnl).toEqual(closed.map((k) => trades.pnl[k]));
  const open = Array.from(trades.open.keys()).find((k) => trades.open[k] === 1);
  expect(replay.openBar).toBe(open === undefined ? -1 : trades.entryBar[open]);
}

interface Varied {
  readonly strategy: string;
  readonly ranges: Readonly<Record<string, string>>;
  readonly constraints: readonly string[];
}

const VARIED: readonly Varied[] = [
  {
    strategy: 'sma-cross',
    ranges: { fast: '2, 5', slow: '5, 9, 21' },
    constraints: ['fast < slow'],
  },
  {
    strategy: 'macd-trend',
    ranges: { fast: '2, 4', slow: '6, 9', signal: '1, 3' },
    constraints: [],
  },
  {
    strategy: 'rsi-reversion',
    ranges: { period: '2, 5', lower: '35, 49', upper: '51, 60' },
    constraints: [],
  },
  {
    strategy: 'bollinger-breakout',
    ranges: { period: '4, 9', width: '0.3, 1, 2' },
    constraints: [],
  },
  { strategy: 'atr-stop', ranges: { period: '5', atr: '3', multiple: '1, 2' }, constraints: [] },
];

describe('every sweep', () => {
  it('gives the figures of the event-driven engine, whatever the strategy', () => {
    let trades = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...VARIED),
        settings,
        walk,
        ({ strategy, ranges, constraints }, given, bars) => {
          const task = { strategy, space: { ranges, constraints }, settings: given, bars };
          const runner = new SweepRunner(task);
          expect(runner.reason === undefined).toBe(strategy !== 'atr-stop');
          const table = new SweepTable(runner.names, 1e6);
          expect(runner.run({ from: 0, to: runner.space.size }, table)).toBe(runner.space.size);
          expect(table.length).toBe(runner.space.count().valid);
          const row = new Float64Array(runner.names.length);
          const first = 1 + runner.space.dimensions.length;
          for (let k = 0; k < table.length; k += 1) {
            table.read(k, row);
            const parameters = runner.space.parameters(row.subarray(1, first));
            const result = runBacktest({ strategy, parameters, settings: given, bars });
            expectMetrics(result, row, first, `${strategy} ${JSON.stringify(parameters)}`);
            trades += result.trades.count;
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(trades).toBeGreaterThan(10_000);
  });

  it('keeps the books of the event-driven engine to the bit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...VARIED.filter(({ strategy }) => strategy !== 'atr-stop')),
        settings,
        walk,
        ({ strategy, ranges, constraints }, given, bars) => {
          const space = { ranges, constraints };
          const runner = new SweepRunner({ strategy, space, settings: given, bars });
          const replay = new Replay(frameOf(bars, given));
          const codes = new Float64Array(runner.space.dimensions.length);
          const metrics = new Float64Array(METRICS.length);
          for (let index = 0; index < runner.space.size; index += 1) {
            if (!runner.space.read(index, codes)) continue;
            const parameters = runner.space.parameters(codes);
            const result = runBacktest({ strategy, parameters, settings: given, bars });
            const whole = replay.run(runner.fillsOf(parameters), metrics, 0);
            // A run that loses all its equity is not replayed; every other one is.
            expect(whole).toBe(result.ruinedAt === undefined);
            if (whole) expectBooks(result, replay);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('follows many averages at once as it follows each pair alone', () => {
    fc.assert(
      fc.property(settings, walk, (given, bars) => {
        const space = {
          ranges: { fast: '2..9', slow: '3..12' },
          constraints: ['fast < slow'],
        };
        const task = { strategy: 'sma-cross', space, settings: { ...given, short: false }, bars };
        const runner = new SweepRunner(task);
        expect(runner.path).toBe('together');
        const table = new SweepTable(runner.names, 1e6);
        runner.run({ from: 0, to: runner.space.size }, table);
        const row = new Float64Array(runner.names.length);
        for (let k = 0; k < table.length; k += 1) {
          table.read(k, row);
          const parameters = runner.space.parameters(row.subarray(1, 3));
          const result = runBacktest({ ...task, parameters });
          expectMetrics(result, row, 3, JSON.stringify(parameters));
        }
      }),
      { numRuns: 120 },
    );
  });

  it('follows averages over any number of bars, to the last bit of each', () => {
    // Prices of few tenths: averages are often equal but for their last bits, which decide on a crossing.
    const walk = randomWalk(5_000, 8, 0.02);
    const tenths = walk.close.map((price) => Math.round((price % 1) * 9 + 20) / 10);
    const bars = barsOf(Array.from(tenths, (price) => [price, price, price, price] as const));
    const settings = { ...DEFAULT_SETTINGS, fill: 'same-close' as const };
    const space = { ranges: { fast: '2..9', slow: '3..12' }, constraints: ['fast < slow'] };
    const task = { strategy: 'sma-cross', space, settings, bars };
    const runner = new SweepRunner(task);
    const table = new SweepTable(runner.names, 1e6);
    runner.run({ from: 0, to: runner.space.size }, table);
    const row = new Float64Array(runner.names.length);
    for (let k = 0; k < table.length; k += 1) {
      table.read(k, row);
      const parameters = runner.space.parameters(row.subarray(1, 3));
      expectMetrics(runBacktest({ ...task, parameters }), row, 3, JSON.stringify(parameters));
    }
  });

  it('runs rules of any conditions as the event-driven engine does', () => {
    const column = (length: number, random: Random, share: number): Float64Array =>
      Float64Array.from({ length }, () => {
        const x = random.uniform();
        return x < 0.05 ? Number.NaN : x < 0.05 + share ? 1 : 0;
      });
    fc.assert(
      fc.property(settings, walk, fc.nat(), fc.boolean(), (given, bars, seed, sides) => {
        const random = new Random(seed);
        const { length } = bars.close;
        const columns: RuleColumns = {
          entry: column(length, random, 0.2),
          exit: column(length, random, 0.15),
          shortEntry: sides ? column(length, random, 0.2) : undefined,
          shortExit: sides ? column(length, random, 0.15) : undefined,
        };
        const frame = frameOf(bars, given);
        const result = runStrategy(ruleStrategy(columns), {
          parameters: {},
          settings: given,
          bars,
        });
        const signals = signalsFromColumns(columns, given.short);
        const fills = new FillList();
        marketFills(signals, frame, fills);
        const replay = new Replay(frame);
        const metrics = new Float64Array(METRICS.length);
        const whole = replay.run(fills, metrics, 0);
        expect(whole).toBe(result.ruinedAt === undefined);
        if (!whole) return;
        expectBooks(result, replay);
        expectMetrics(result, metrics, 0, 'replayed');
        if (given.short) return;
        const stretches = new StretchEvaluator(frame);
        stretches.begin(1);
        // In two visits: what is open between them must be carried over.
        const half = fills.count >> 1;
        stretches.advance(0, fills.bar, 0, half);
        stretches.advance(0, fills.bar, half, fills.count);
        if (stretches.finish(0, metrics, 0)) expectMetrics(result, metrics, 0, 'in stretches');
      }),
      { numRuns: 500 },
    );
  });

  it('finds highest, lowest and deepest fall of any stretch as a walk over it does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(10_000), (length, seed) => {
        const { close } = randomWalk(length, seed, 0.02);
        const ranges = new CloseRanges(close);
        const random = new Random(seed);
        for (let k = 0; k < 60; k += 1) {
          const a = Math.floor(random.uniform() * length);
          const b = Math.floor(random.uniform() * length);
          const [from, to] = a < b ? [a, b] : [b, a];
          ranges.find(from, to);
          const part = close.subarray(from, to + 1);
          expect(ranges.highest).toBe(Math.max(...part));
          expect(ranges.lowest).toBe(Math.min(...part));
          let top = 0;
          let fall = 1;
          for (const price of part) {
            top = Math.max(top, price);
            fall = Math.min(fall, price / top);
          }
          expect(ranges.fall).toBe(fall);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a loss beyond the equity', () => {
  it('ends a short account on both paths alike', () => {
    // The averages of 2 and 3 cross down at 99, (101 + 99) / 2 = 100 below (102 + 101 + 99) / 3, and up at
    // 310: sold at 99 and bought back at 310, 100,000 become 100,000 × (1 + (99 - 310) / 99) = -113,131.
    const prices = [100, 101, 102, 101, 99, 97, 310, 320, 300, 150, 100, 120, 140, 100, 90];
    const bars = barsOf(prices.map((price) => [price, price, price, price] as const));
    const given = { ...DEFAULT_SETTINGS, short: true, fill: 'same-close' as const };
    const task = {
      strategy: 'sma-cross',
      space: { ranges: { fast: '2', slow: '3, 4' } },
      settings: given,
      bars,
    };
    const runner = new SweepRunner(task);
    const table = new SweepTable(runner.names, 1e6);
    runner.run({ from: 0, to: 2 }, table);
    const row = new Float64Array(runner.names.length);
    table.read(0, row);
    const result = runBacktest({ ...task, parameters: { fast: 2, slow: 3 } });
    expect(result.equity.at(-1)).toBeCloseTo(-113_131.313_131, 5);
    expect(result.trades.count).toBe(1);
    expectMetrics(result, row, 3, 'ruined');
  });
});

import { describe, expect, it } from 'vitest';
import { buyAndHoldEquity } from '../../engine/backtest/benchmark.ts';
import { runBacktest } from '../../engine/backtest/run.ts';
import { STRATEGIES } from '../../engine/backtest/strategies.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { sliceColumns } from '../../engine/series/columns.ts';
import { randomWalk, simulate } from '../unit/engine/backtest/bars.ts';
import { fc } from '../support/properties.ts';

const settings: fc.Arbitrary<BacktestSettings> = fc.record({
  cash: fc.constantFrom(1_000, 100_000),
  fill: fc.constantFrom('next-open' as const, 'same-close' as const),
  size: fc.constantFrom(
    { kind: 'all' } as const,
    { kind: 'percent', percent: 40 } as const,
    { kind: 'quantity', quantity: 3 } as const,
    { kind: 'notional', notional: 500 } as const,
  ),
  short: fc.boolean(),
  commission: fc.constantFrom(
    { percent: 0, perShare: 0, minimum: 0 },
    { percent: 0.1, perShare: 0, minimum: 0 },
    { percent: 0.05, perShare: 0.01, minimum: 1 },
  ),
  slippageBps: fc.constantFrom(0, 5),
  lotSize: fc.constantFrom(0, 1),
  riskFreeRate: fc.constant(0),
  periodsPerYear: fc.constant(null),
  seed: fc.nat(1_000),
});

/** Parameters small enough to trade often on short series. */
const QUICK: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'sma-cross': { fast: 2, slow: 5 },
  'rsi-reversion': { period: 3, lower: 40, upper: 60 },
  'bollinger-breakout': { period: 5, width: 1 },
  'macd-trend': { fast: 2, slow: 5, signal: 2 },
  'atr-stop': { period: 5, atr: 3, multiple: 1 },
};
const strategy = fc.constantFrom(...STRATEGIES.map(({ id }) => id));
const walk = fc
  .tuple(fc.integer({ min: 0, max: 150 }), fc.nat(1_000))
  .map(([length, seed]) => randomWalk(length, seed, 0.03));

const run = (id: string, given: BacktestSettings, bars: BarColumns) =>
  runBacktest({ strategy: id, parameters: QUICK[id] ?? {}, settings: given, bars });

describe('every backtest', () => {
  it('keeps its books: what was earned is what the trades earned', () => {
    fc.assert(
      fc.property(strategy, settings, walk, (id, given, bars) => {
        const result = run(id, given, bars);
        const earned = result.trades.pnl.reduce((sum, pnl) => sum + pnl, 0);
        const final = result.equity.at(-1) ?? given.cash;
        expect(final).toBeCloseTo(given.cash + earned, 6);
        let cash = given.cash;
        let held = 0;
        const { orders } = result;
        let next = 0;
        // Every equity is the cash after the fills so far and the position at the close.
        const filled = orders.state
          .map((state, order) => ({ state, order, bar: orders.doneBar[order] ?? 0 }))
          .filter(({ state }) => state === 'Filled')
          .toSorted((a, b) => a.bar - b.bar);
        bars.close.forEach((close, i) => {
          while (filled[next]?.bar === i) {
            const order = filled[next]?.order ?? 0;
            const units = (orders.side[order] === 'buy' ? 1 : -1) * (orders.quantity[order] ?? 0);
            cash -= units * (orders.fillPrice[order] ?? 0) + (orders.commission[order] ?? 0);
            held += units;
            next += 1;
          }
          expect(result.position[i]).toBeCloseTo(held, 9);
          expect(result.equity[i]).toBeCloseTo(cash + held * close, 6);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('fills inside the bar, limits never worse than their price', () => {
    fc.assert(
      fc.property(strategy, settings, walk, (id, given, bars) => {
        const { orders } = run(id, { ...given, slippageBps: 0 }, bars);
        orders.state.forEach((state, i) => {
          if (state !== 'Filled') return;
          const bar = orders.doneBar[i] ?? 0;
          const price = orders.fillPrice[i] ?? 0;
          expect(price).toBeLessThanOrEqual((bars.high[bar] ?? 0) * (1 + 1e-12));
          expect(price).toBeGreaterThanOrEqual((bars.low[bar] ?? 0) * (1 - 1e-12));
          if (orders.type[i] === 'limit') {
            const worse =
              orders.side[i] === 'buy'
                ? price - (orders.limitPrice[i] ?? 0)
                : (orders.limitPrice[i] ?? 0) - price;
            expect(worse).toBeLessThanOrEqual(0);
          }
          expect(bar).toBeGreaterThanOrEqual(
            (orders.placedBar[i] ?? 0) + (given.fill === 'next-open' ? 1 : 0),
          );
        });
      }),
      { numRuns: 100 },
    );
  });

  it('knows nothing of the future: a prefix of the bars gives a prefix of the run', () => {
    fc.assert(
      fc.property(strategy, settings, walk, fc.nat(150), (id, given, bars, cut) => {
        const length = Math.min(cut, bars.time.length);
        const whole = run(id, given, bars);
        const part = run(id, given, sliceColumns(bars, 0, length));
        expect(part.equity).toEqual(whole.equity.slice(0, length));
        expect(part.position).toEqual(whole.position.slice(0, length));
      }),
      { numRuns: 100 },
    );
  });

  it('is the same twice, to the byte', () => {
    fc.assert(
      fc.property(strategy, settings, walk, (id, given, bars) => {
        const first = run(id, given, bars);
        const second = run(id, given, bars);
        expect(second).toEqual(first);
        expect(second.orderHash).toBe(first.orderHash);
      }),
      { numRuns: 50 },
    );
  });

  it('never shorts, never borrows, unless it may', () => {
    fc.assert(
      fc.property(strategy, settings, walk, (id, given, bars) => {
        const { position, equity } = run(id, given, bars);
        position.forEach((units, i) => {
          if (!given.short) expect(units).toBeGreaterThanOrEqual(0);
          // Long positions are paid for: cash never goes below nothing by more than rounding.
          if (units > 0)
            expect((equity[i] ?? 0) - units * (bars.close[i] ?? 0)).toBeGreaterThan(
              -given.cash * 1e-6,
            );
        });
      }),
      { numRuns: 100 },
    );
  });

  it('of buying and holding is the benchmark', () => {
    fc.assert(
      fc.property(settings, walk, (given, bars) => {
        const all: BacktestSettings = { ...given, size: { kind: 'all' } };
        const benchmark = buyAndHoldEquity(bars, all);
        const simulation = simulate(bars, all, (context) => {
          if (context.index === 0) context.buy();
        });
        expect(benchmark.length).toBe(bars.time.length);
        if (all.fill === 'same-close' && bars.time.length > 0) {
          expect(benchmark.at(-1)).toBeCloseTo(simulation.equity, 6);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('strange bars', () => {
  it.each<[string, (bars: BarColumns) => void]>([
    ['missing closes', (bars) => bars.close.fill(Number.NaN)],
    [
      'a missing bar now and then',
      (bars) => bars.time.forEach((_, i) => i % 7 === 3 && (bars.open[i] = Number.NaN)),
    ],
    ['infinite highs', (bars) => bars.high.fill(Infinity, 10, 20)],
    [
      'tiny prices',
      (bars) =>
        [bars.open, bars.high, bars.low, bars.close].forEach((c) =>
          c.forEach((x, i) => (c[i] = x * 1e-9)),
        ),
    ],
    [
      'huge prices',
      (bars) =>
        [bars.open, bars.high, bars.low, bars.close].forEach((c) =>
          c.forEach((x, i) => (c[i] = x * 1e12)),
        ),
    ],
    [
      'a constant price',
      (bars) => [bars.open, bars.high, bars.low, bars.close].forEach((c) => c.fill(100)),
    ],
  ])('such as %s give finite equity and no crash', (_name, spoil) => {
    for (const { id } of STRATEGIES) {
      const bars = randomWalk(120, 3, 0.03);
      spoil(bars);
      const result = run(id, { ...DEFAULT_SETTINGS, short: true }, bars);
      expect(result.equity.every(Number.isFinite)).toBe(true);
      expect(result.statistics.find(({ name }) => name === 'Equity Final [$]')?.value).toSatisfy(
        Number.isFinite,
      );
    }
  });
});

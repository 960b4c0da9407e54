import { describe, expect, it } from 'vitest';
import { runPortfolio } from '../../engine/backtest/portfolio-run.ts';
import type { PortfolioResult } from '../../engine/backtest/portfolio-types.ts';
import { Random } from '../../engine/backtest/random.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { DAY, randomWalk } from '../unit/engine/backtest/bars.ts';
import { fc } from '../support/properties.ts';

describe('a portfolio of random targets', () => {
  const COUNT = 5;

  function run(seed: number, length: number, given: Partial<BacktestSettings>): PortfolioResult {
    const gaps = new Random(seed + 7);
    const instruments = Array.from({ length: COUNT }, (_, k) => {
      const bars = randomWalk(60, seed + k, 0.02);
      const kept = Array.from(bars.time.keys()).filter(() => gaps.uniform() > 0.1);
      const cut = kept.filter((i) => i < length);
      const column = (name: keyof BarColumns): Float64Array =>
        Float64Array.from(cut, (i) => bars[name][i] ?? Number.NaN);
      return {
        symbol: `S${k}`,
        bars: {
          time: column('time'),
          open: column('open'),
          high: column('high'),
          low: column('low'),
          close: column('close'),
          volume: column('volume'),
        },
      };
    });
    return runPortfolio(
      { instruments, settings: { ...DEFAULT_SETTINGS, ...given, currency: 'USD' } },
      () => {
        const random = new Random(seed);
        return {
          onBar(context) {
            if (random.uniform() > 0.3) return;
            const draws = context.symbols.map((symbol) => [symbol, random.uniform()] as const);
            const sum = draws.reduce((total, [, weight]) => total + weight, 0);
            context.setTargets(
              Object.fromEntries(draws.map(([symbol, weight]) => [symbol, weight / sum])),
            );
          },
        };
      },
    );
  }
  const terms = fc.record({
    cash: fc.constantFrom(10_000, 1e6),
    lotSize: fc.constantFrom(0, 1),
    slippageBps: fc.constantFrom(0, 5),
    commission: fc.constantFrom(
      { percent: 0, perShare: 0, minimum: 0 },
      { percent: 0.1, perShare: 0, minimum: 1 },
    ),
    volumeLimit: fc.constantFrom(undefined, 0.5),
  });

  it('keeps its books, owes nothing, and never fills without a bar', () => {
    let fills = 0;
    fc.assert(
      fc.property(terms, fc.nat(1e6), (given, seed) => {
        const result = run(seed, 60, given);
        const made = result.trades.pnl.reduce((sum, pnl) => sum + pnl, 0);
        expect(result.equity.at(-1)).toBeCloseTo(given.cash + made, 4);
        // A sale may bring less than the least fee that it costs; nothing else may leave a debt.
        const owed = result.fills.count * given.commission.minimum;
        for (const cash of result.cash) expect(cash).toBeGreaterThan(-owed - given.cash * 1e-6);
        const gaps = new Random(seed + 7);
        const present = Array.from(
          { length: COUNT },
          () => new Set(Array.from({ length: 60 }, (_, i) => i).filter(() => gaps.uniform() > 0.1)),
        );
        const day = (moment: number): number => (result.time[moment] ?? 0) / DAY;
        for (let i = 0; i < result.fills.count; i += 1) {
          const row = result.orders.instrument?.[result.fills.order[i] ?? 0] ?? 0;
          expect(present[row]?.has(day(result.fills.bar[i] ?? 0))).toBe(true);
        }
        fills += result.fills.count;
      }),
      { numRuns: 60 },
    );
    expect(fills).toBeGreaterThan(1_000);
  });

  it('is the same twice, and on a prefix', () => {
    fc.assert(
      fc.property(terms, fc.nat(1e6), fc.integer({ min: 10, max: 59 }), (given, seed, length) => {
        const whole = run(seed, 60, given);
        expect(run(seed, 60, given).orderHash).toBe(whole.orderHash);
        const part = run(seed, length, given);
        expect(part.equity).toEqual(whole.equity.slice(0, part.time.length));
        expect(part.cash).toEqual(whole.cash.slice(0, part.time.length));
      }),
      { numRuns: 40 },
    );
  });
});

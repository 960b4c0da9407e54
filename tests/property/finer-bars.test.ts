import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/backtest/random.ts';
import type { StrategyContext } from '../../engine/backtest/strategy.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { barsOf, simulate, type Row } from '../unit/engine/backtest/bars.ts';
import { fc } from '../support/properties.ts';

/** Finer bars in a bar. */
const PARTS = 8;
const DAYS = 40;

/** A walk without gaps, in finer bars and in the bars that they make. */
function walk(seed: number): { readonly finer: BarColumns; readonly coarse: BarColumns } {
  const random = new Random(seed);
  let price = 100;
  const rows = Array.from({ length: DAYS * PARTS }, (): Row => {
    const open = price;
    price *= Math.exp(random.normal() * 0.008);
    const high = Math.max(open, price) * (1 + random.uniform() * 0.003);
    return [open, high, Math.min(open, price) * (1 - random.uniform() * 0.003), price];
  });
  const days = Array.from({ length: DAYS }, (_, day): Row => {
    const inside = rows.slice(day * PARTS, (day + 1) * PARTS);
    return [
      inside[0]?.[0] ?? 0,
      Math.max(...inside.map((row) => row[1])),
      Math.min(...inside.map((row) => row[2])),
      inside.at(-1)?.[3] ?? 0,
    ];
  });
  const finer = barsOf(rows);
  const time = finer.time.map((at) => at / PARTS);
  return { finer: { ...finer, time }, coarse: barsOf(days) };
}

/** Gives a bracket on some closes of days; `parts` is the number of bars in a day. */
function brackets(seed: number, parts: number): (context: StrategyContext) => void {
  const random = new Random(seed);
  return (context) => {
    if ((context.index + 1) % parts !== 0) return;
    const draw = random.uniform();
    const [a, b, c] = [random.uniform(), random.uniform(), random.uniform()];
    if (draw > 0.4) return;
    const price = context.close.at();
    const up = a < 0.5 ? 1 : -1;
    const level = price * (1 + (b - 0.5) * 0.03);
    const way = (level > price ? 1 : -1) * up;
    context.cancelAll();
    context.bracket({
      entry: {
        side: up > 0 ? 'buy' : 'sell',
        quantity: 1,
        ...(draw < 0.1
          ? {}
          : way > 0
            ? { type: 'stop', stopPrice: level }
            : { type: 'limit', limitPrice: level }),
      },
      stopLoss: { stopPrice: level * (1 - up * (0.003 + c * 0.02)) },
      takeProfit: { limitPrice: level * (1 + up * (0.003 + c * 0.02)) },
    });
  };
}

describe('a run that looks into its bars', () => {
  it('is the run on the finer bars, order by order', () => {
    const settings = { cash: 1e7, short: true };
    const seen = { orders: 0, resolved: 0 };
    fc.assert(
      fc.property(fc.nat(1e6), (seed) => {
        const { finer, coarse } = walk(seed);
        const never = (): undefined => undefined;
        const looked = simulate(coarse, settings, brackets(seed, 1), never, { finer });
        const direct = simulate(finer, settings, brackets(seed, PARTS)).orders.toColumns();
        const blind = simulate(coarse, settings, brackets(seed, 1)).orders.toColumns();
        const orders = looked.orders.toColumns();
        expect(orders.state).toEqual(direct.state);
        direct.fillPrice.forEach((price, i) => {
          if (Number.isNaN(price)) expect(orders.fillPrice[i]).toBeNaN();
          else expect(orders.fillPrice[i]).toBeCloseTo(price, 9);
        });
        direct.doneBar.forEach((bar, i) => {
          expect(orders.doneBar[i]).toBe(Math.floor(bar / PARTS));
        });
        seen.orders += orders.count;
        if (orders.state.some((state, i) => state !== blind.state[i])) seen.resolved += 1;
      }),
      { numRuns: 300 },
    );
    expect(seen.orders).toBeGreaterThan(5_000);
    // The finer bars make a difference in a part of the runs, else this would show little.
    expect(seen.resolved).toBeGreaterThan(30);
  });
});

import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import { ORDER_TYPES } from '../../engine/domain/order.ts';
import type { Paper } from '../unit/engine/backtest/naive/book.ts';
import { NaiveExchange } from '../unit/engine/backtest/naive/exchange.ts';
import { market, played, scriptOf, settings } from '../unit/engine/backtest/naive/scripts.ts';
import { fc } from '../support/properties.ts';

/** Cases; some ten thousands were run before this was written down. */
const RUNS = 800;

const near = (mine: number, theirs: number): boolean =>
  Object.is(mine, theirs) || Math.abs(mine - theirs) <= 1e-8 * Math.max(1, Math.abs(theirs));

describe('a second exchange, written from the table, agrees', () => {
  it('on every order, fill, position and mark of random orders', () => {
    const seen = new Map<string, number>();
    const count = (name: string): void => void seen.set(name, (seen.get(name) ?? 0) + 1);
    fc.assert(
      fc.property(market, settings, ({ bars, events, step, seed }, given) => {
        const all = { ...DEFAULT_SETTINGS, ...given };
        const script = scriptOf(bars, seed + 1, step);
        const { simulation, equity, position } = played(bars, all, events, script);
        const naive = new NaiveExchange(bars, all, events).run((bar) => script[bar] ?? []);
        const orders = simulation.orders.toColumns();
        const fills = simulation.orders.allFills();
        const mine = Array.from({ length: fills.count }, (_, i) => ({
          order: fills.order[i],
          bar: fills.bar[i],
        }));
        const told = (i: number): string =>
          `${orders.type[i]} ${orders.state[i]} ${orders.doneBar[i]}`;
        const heard = (i: number): string => {
          const { type, state, done } = naive.orders[i] as Paper;
          return `${type} ${state} ${done}`;
        };
        expect(orders.state.map((_, i) => told(i))).toEqual(naive.orders.map((_, i) => heard(i)));
        expect(mine).toEqual(naive.fills.map(({ order, bar }) => ({ order, bar })));
        naive.fills.forEach((fill, i) => {
          expect(fills.price[i]).toSatisfy((x: number) => near(x, fill.price));
          expect(fills.quantity[i]).toSatisfy((x: number) => near(x, fill.quantity));
          expect(fills.commission[i]).toSatisfy((x: number) => near(x, fill.commission));
        });
        naive.orders.forEach((order, i) => {
          const { units, filled, limit, money, fees, tag } = order;
          expect(orders.quantity[i]).toSatisfy((x: number) => near(x, units ?? Number.NaN));
          expect(orders.limitPrice[i]).toSatisfy(
            // The limit of a trailing stop-limit is not written down before it fills.
            (x: number) => order.type.startsWith('trailing') || near(x, limit),
          );
          expect(orders.commission[i]).toSatisfy((x: number) => near(x, fees));
          expect(orders.fillPrice[i]).toSatisfy((x: number) =>
            near(x, filled > 0 ? money / filled : Number.NaN),
          );
          if (orders.filled !== undefined) {
            expect(orders.filled[i]).toSatisfy((x: number) => near(x, filled));
          }
          if (tag === 'liquidation') count(tag);
          count(`${order.type} ${order.state}`);
        });
        expect(simulation.ruinedAt ?? -1).toBe(naive.ruinedAt);
        if (naive.ruinedAt >= 0) count('ruin');
        equity.forEach((value, i) =>
          expect(value).toSatisfy((x: number) => near(x, naive.equity[i] ?? Number.NaN)),
        );
        position.forEach((value, i) =>
          expect(value).toSatisfy((x: number) => near(x, naive.position[i] ?? Number.NaN)),
        );
      }),
      { numRuns: RUNS },
    );
    // Every type has been filled, cancelled and left, and the account has come to its ends.
    for (const type of ORDER_TYPES) expect(seen.get(`${type} Filled`) ?? 0).toBeGreaterThan(40);
    for (const tag of ['ruin', 'liquidation']) expect(seen.get(tag) ?? 0).toBeGreaterThan(2);
  });
});

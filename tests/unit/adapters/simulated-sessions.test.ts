import { describe, expect, it } from 'vitest';
import { Matching } from '../../../electron/adapters/simulated/matching.ts';
import { price, quantity } from '../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';

const DAY = 86_400_000;
const MONDAY = 20_000 * DAY;

const terms = (timeInForce: OrderTerms['timeInForce']): { readonly terms: OrderTerms } => ({
  terms: {
    side: 'buy',
    type: 'limit',
    quantity: quantity('1'),
    limitPrice: price('90'),
    timeInForce,
  },
});

function bookOf() {
  const ended: string[] = [];
  const matching = new Matching({
    fill: (_id, units) => units,
    end: (id, state) => ended.push(`${id} ${state}`),
    changed: () => undefined,
    moved: () => undefined,
  });
  const tick = (time: number): void => {
    matching.expire(time, Math.floor(time / DAY) * DAY);
    matching.onPrices({ bid: 99, ask: 101 }, false);
  };
  return { matching, ended, tick };
}

describe('a session of the simulated venue', () => {
  it('takes day orders with it when it ends, also those given after its last price', () => {
    const { matching, ended, tick } = bookOf();
    matching.add(1, terms('day'), -1, 0);
    matching.add(2, terms('gtc'), -1, 0);
    tick(MONDAY + 1000);
    matching.add(3, terms('day'), -1, 0);
    matching.endOfSession();
    expect(ended).toEqual(['1 Expired', '3 Expired']);
    tick(MONDAY + DAY);
    expect(matching.count).toBe(1);
  });

  it('leaves day orders for the next one that are given after its end', () => {
    const { matching, ended, tick } = bookOf();
    tick(MONDAY);
    matching.endOfSession();
    matching.add(1, terms('day'), -1, 0);
    tick(MONDAY + DAY);
    expect(ended).toEqual([]);
    tick(MONDAY + 2 * DAY);
    expect(ended).toEqual(['1 Expired']);
  });

  it('ends none before the first price', () => {
    const { matching, ended } = bookOf();
    matching.add(1, terms('day'), -1, 0);
    matching.endOfSession();
    expect(ended).toEqual([]);
  });
});

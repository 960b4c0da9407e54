import { describe, expect, it } from 'vitest';
import { adviseOrder, type AdviceRequest } from '../../../../engine/execution/advice.ts';

const NARROW: AdviceRequest = {
  side: 'buy',
  quantity: 100,
  urgency: 'normal',
  bid: 99.99,
  ask: 100.01,
  bidSize: 500,
  askSize: 500,
  expectedVolume: 100_000,
  tick: 0.01,
};
const WIDE = { bid: 99.5, ask: 100.5 };
const THIN = { askSize: 50 };
const LARGE = { expectedVolume: 1000 };

describe('advice on the type of an order', () => {
  it.each<[string, Partial<AdviceRequest>, object]>([
    ['urgent, narrow, deep', { urgency: 'high' }, { type: 'market' }],
    ['urgent, wide', { urgency: 'high', ...WIDE }, { type: 'limit', limitPrice: 100.5 }],
    ['urgent, thin', { urgency: 'high', ...THIN }, { type: 'limit', limitPrice: 100.01 }],
    ['urgent, unknown depth', { urgency: 'high', askSize: Number.NaN }, { type: 'limit' }],
    ['normal, narrow', {}, { type: 'limit', limitPrice: 100.01 }],
    ['normal, wide', WIDE, { type: 'limit', limitPrice: 100 }],
    ['normal, wide, odd tick', { bid: 99.5, ask: 100.51 }, { type: 'limit', limitPrice: 100 }],
    ['a sale', { side: 'sell', bid: 99.5, ask: 100.51 }, { type: 'limit', limitPrice: 100.01 }],
    ['no hurry', { urgency: 'low' }, { type: 'algorithm', kind: 'peg' }],
    ['large, urgent', { urgency: 'high', ...LARGE }, { type: 'algorithm', kind: 'shortfall' }],
    ['large', LARGE, { type: 'algorithm', kind: 'pov' }],
    ['large, no hurry', { urgency: 'low', ...LARGE }, { type: 'algorithm', kind: 'twap' }],
  ])('%s', (_, change, order) => {
    const advice = adviseOrder({ ...NARROW, ...change });
    expect(advice?.order).toMatchObject(order);
    expect(advice?.reasons.length).toBeGreaterThan(0);
  });

  it('says what it saw', () => {
    const advice = adviseOrder(NARROW);
    // 0.01 of 100 is one basis point, 100 of 500 a fifth, 100 of 100,000 a thousandth.
    expect(advice?.halfSpread).toBeCloseTo(1, 9);
    expect(advice?.depthShare).toBe(0.2);
    expect(advice?.volumeShare).toBe(0.001);
  });

  it('a spread of one tick is not wide however dear it is', () => {
    const advice = adviseOrder({ ...NARROW, urgency: 'high', bid: 1, ask: 1.01 });
    expect(advice?.order.type).toBe('market');
  });

  it('has none without a quote', () => {
    for (const change of [{ bid: Number.NaN }, { ask: Number.NaN }, { ask: 99 }, { quantity: 0 }]) {
      expect(adviseOrder({ ...NARROW, ...change })).toBeNull();
    }
  });
});

import { describe, expect, it } from 'vitest';
import { flat, GONE, instrument, run, type Script } from './markets.ts';

describe('the margin of a portfolio', () => {
  const margin = { initial: 0.5, maintenance: 0.3 };
  const a = instrument('A', [flat(100), flat(100), flat(60), flat(62)]);
  const b = instrument('B', [flat(100), flat(100), flat(100), flat(100)]);
  const script: Script = {
    0: (c) => {
      c.order('A', { side: 'buy', quantity: 150 });
      c.order('B', { side: 'buy', quantity: 50 });
      c.order('B', { side: 'buy', type: 'limit', limitPrice: 1, quantity: 1 });
    },
  };

  it('closes everything at opens that leave less than positions need', () => {
    // −10,000 + 150 × 60 + 50 × 100 = 4,000, and 30 % of 14,000 are 4,200.
    const result = run([a, b], script, { margin });
    expect(result.orders.state).toEqual(['Filled', 'Filled', 'Canceled', 'Filled', 'Filled']);
    expect(result.orders.tag.slice(3)).toEqual(['liquidation', 'liquidation']);
    expect([...result.orders.doneBar.subarray(3)]).toEqual([2, 2]);
    expect([...result.orders.fillPrice.subarray(3)]).toEqual([60, 100]);
    expect(result.gross.at(-1)).toBe(0);
    expect(result.equity.at(-1)).toBe(4_000);
  });

  const both: Script = {
    0: (c) => {
      c.order('A', { side: 'buy', quantity: 100 });
      c.order('B', { side: 'buy', quantity: 100 });
    },
  };
  const falling = [
    instrument('A', [flat(100), flat(100), [100, 101, 60, 99], flat(99)]),
    instrument('B', [flat(100), flat(100), [100, 102, 80, 100], flat(100)]),
  ];

  it('closes everything inside the bars, every price having come as far on its way down', () => {
    // A falls 40 and B 20: 10,000 − 6,000 p are left of the equity and 6,000 − 1,800 p needed, alike at
    // p = 20/21: A at 61.904762, B at 80.952381, and 4,285.714286 are left.
    const result = run(falling, both, { margin });
    expect(result.orders.tag.slice(2)).toEqual(['liquidation', 'liquidation']);
    expect([...result.orders.doneBar.subarray(2)]).toEqual([2, 2]);
    expect(result.orders.fillPrice[2]).toBeCloseTo(61.904_762, 6);
    expect(result.orders.fillPrice[3]).toBeCloseTo(80.952_381, 6);
    expect(result.equity.at(-1)).toBeCloseTo(4_285.714_286, 6);
  });

  it('or cuts positions there, and goes on with what is kept', () => {
    // 4,285.714286 carry 8,571.428571 of 14,285.714286: 60 units of each are kept. On the rest of the way,
    // to 60 and 80, they lose 171.428571 and still have more than they need.
    const result = run(falling, both, { margin, liquidation: 'reduce' });
    expect([...result.orders.quantity]).toEqual([100, 100, 40, 40]);
    expect(result.equity[2]).toBeCloseTo(4_285.714_286 + 60 * 37.095_238 + 60 * 19.047_619, 4);
  });

  it('lets stops of its own go first', () => {
    const result = run(
      falling,
      {
        ...both,
        1: (c) => c.order('A', { side: 'sell', type: 'stop', stopPrice: 90, quantity: 100 }),
      },
      { margin },
    );
    // Sold at 90: −1,000 of cash and 100 of B, which at 80 are 7,000 for 2,400.
    expect(result.orders.tag).toEqual(['', '', '']);
    expect(result.orders.fillPrice[2]).toBe(90);
  });

  it('closes what has no bar at its next open, and gives that order once', () => {
    const gone = instrument('B', [flat(100), flat(100), GONE, GONE, flat(90)]);
    const down = instrument('A', [flat(100), flat(100), flat(60), flat(60), flat(60)]);
    const result = run([down, gone], both, { margin });
    // −10,000 + 6,000 + 10,000 = 6,000 for 4,800 at the third moment.
    expect(result.orders.count).toBe(2);
    const lower = instrument('A', [flat(100), flat(100), flat(40), flat(40), flat(40)]);
    const called = run([lower, gone], both, { margin });
    // 4,000 for 4,200: A goes at once, B two moments later.
    expect(called.orders.tag).toEqual(['', '', 'liquidation', 'liquidation']);
    expect([...called.orders.doneBar]).toEqual([1, 1, 2, 4]);
    expect(called.equity.at(-1)).toBe(-10_000 + 4_000 + 9_000);
  });

  it('closes a portfolio whose cuts cost more than they help', () => {
    // Half a per cent of each fill is not much; 1,000 for each order are.
    const commission = { percent: 0, perShare: 0, minimum: 1_000 };
    const rich = { margin, liquidation: 'reduce' as const, cash: 12_000, commission };
    const result = run(falling, both, rich);
    expect(result.gross.at(-1)).toBe(0);
    expect(result.orders.count).toBeLessThan(8);
  });

  it('lets money that is owed cost interest', () => {
    const calm = instrument('A', [flat(100), flat(100), flat(100)]);
    const buy: Script = { 0: (c) => c.order('A', { side: 'buy', quantity: 200 }) };
    const result = run([calm], buy, { margin, debitRate: 0.036 });
    // 10,000 for a day of a year of 360.
    expect(result.interest).toBeCloseTo(1, 12);
    expect(result.equity.at(-1)).toBeCloseTo(9_999, 9);
  });

  it('or cuts all positions to what the initial margin allows', () => {
    // 4,000 carry 8,000 of 14,000: four sevenths are kept.
    const result = run([a, b], script, { margin, liquidation: 'reduce', lotSize: 1 });
    expect(result.orders.quantity.slice(3)).toEqual(Float64Array.of(150 - 85, 50 - 28));
  });
});

import { describe, expect, it } from 'vitest';
import { flat, GONE, instrument, run } from './markets.ts';

describe('targets', () => {
  const a = instrument('A', [flat(100), flat(100), flat(100), flat(100)]);
  const b = instrument('B', [flat(50), flat(50), flat(50), flat(50)]);

  it('become whole lots at the next open, sells before buys', () => {
    const result = run(
      [b, a],
      {
        0: (c) => c.setTargets({ B: 1 }),
        1: (c) => c.setTargets({ A: 0.6, B: 0.403 }),
      },
      { lotSize: 1 },
    );
    expect(result.orders.state).toEqual(['Filled', 'Filled', 'Filled']);
    expect(result.orders.side).toEqual(['buy', 'sell', 'buy']);
    // 0.403 × 10,000 / 50 = 80.6: 80 are kept of 200.
    expect([...result.orders.quantity]).toEqual([200, 120, 60]);
    expect([...result.fills.bar]).toEqual([1, 2, 2]);
  });

  it('sell first although the buyer comes first in the list', () => {
    const result = run([a, b], {
      0: (c) => c.setTargets({ B: 1 }),
      1: (c) => c.setTargets({ A: 1 }),
    });
    expect([...result.fills.order]).toEqual([0, 1, 2]);
    expect(result.orders.side).toEqual(['buy', 'sell', 'buy']);
    expect(result.trades.count).toBe(2);
    expect(result.cash.at(-1)).toBe(0);
  });

  it('close what is not named, unless asked to keep it', () => {
    const closing = run([a, b], {
      0: (c) => c.setTargets({ A: 0.5, B: 0.5 }),
      1: (c) => c.setTargets({ A: 0.5 }),
    });
    expect(closing.gross.at(-1)).toBe(5_000);
    const keeping = run([a, b], {
      0: (c) => c.setTargets({ A: 0.5, B: 0.5 }),
      1: (c) => c.setTargets({ A: 0.4 }, { keepOthers: true }),
    });
    expect(keeping.gross.at(-1)).toBe(9_000);
  });

  it('leave small trades out, but not the end of a position', () => {
    const small = run([a, b], {
      0: (c) => c.setTargets({ A: 0.5, B: 0.01 }),
      1: (c) => c.setTargets({ A: 0.495, B: 0 }, { minTradeWeight: 0.02 }),
      2: (c) => c.setTargets({ A: 0.49 }, { minTradeNotional: 101 }),
    });
    expect(small.orders.count).toBe(3);
    expect(small.gross.at(-1)).toBe(5_000);
  });

  it('are made smaller when the open has run away from the money', () => {
    const gap = instrument('A', [flat(100), flat(110), flat(110)]);
    const result = run([gap], { 0: (c) => c.setTargets({ A: 1 }) }, { lotSize: 1 });
    // 100 units were wanted; 10,000 / 110 = 90.9.
    expect(result.orders).toMatchObject({ state: ['Filled'] });
    expect(result.orders.quantity[0]).toBe(90);
  });

  it('take the place of targets that were not filled', () => {
    const away = instrument('A', [flat(100), GONE, GONE, flat(100)]);
    const result = run([away, b], {
      0: (c) => c.setTargets({ A: 0.5 }),
      1: (c) => c.setTargets({ A: 0.3 }),
    });
    expect(result.orders.state).toEqual(['Canceled', 'Filled']);
    expect(result.orders.quantity[1]).toBe(30);
  });

  it('below nothing are short positions, where they are allowed', () => {
    const short = run([a, b], { 0: (c) => c.setTargets({ A: -0.5, B: 0.5 }) }, { short: true });
    expect(short.gross.at(-1)).toBe(10_000);
    expect(short.cash.at(-1)).toBe(10_000);
    expect(() => run([a, b], { 0: (c) => c.setTargets({ A: -0.5 }) })).toThrow('short positions');
  });

  it('turn a short position into a long one with the money that closing it frees', () => {
    const result = run(
      [a],
      { 0: (c) => c.setTargets({ A: -1 }), 1: (c) => c.setTargets({ A: 1 }) },
      { short: true },
    );
    expect([...result.orders.quantity]).toEqual([100, 200]);
    expect(result.cash.at(-1)).toBe(0);
  });

  it('fill at this close where the run asks for it', () => {
    const result = run([a, b], { 0: (c) => c.setTargets({ A: 0.5 }) }, { fill: 'same-close' });
    expect([...result.fills.bar]).toEqual([0]);
  });
});

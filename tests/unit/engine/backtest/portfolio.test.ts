import { describe, expect, it } from 'vitest';
import { runPortfolio } from '../../../../engine/backtest/portfolio-run.ts';
import type { PortfolioContext } from '../../../../engine/backtest/portfolio-types.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { DAY } from './bars.ts';
import { flat, GONE, instrument, run, type Script } from './markets.ts';

describe('shared cash', () => {
  const two = [
    instrument('A', [flat(100), flat(100), flat(120)]),
    instrument('B', [flat(50), flat(50), flat(40)]),
  ];

  it('pays for every instrument, and denies what it does not reach for', () => {
    const result = run(two, {
      0: (c) => {
        c.order('A', { side: 'buy', quantity: 60 });
        c.order('B', { side: 'buy', quantity: 60 });
        c.order('B', { side: 'buy', quantity: 60 });
      },
    });
    expect(result.orders.state).toEqual(['Filled', 'Filled', 'Denied']);
    expect([...(result.orders.instrument ?? [])]).toEqual([0, 1, 1]);
    expect([...result.cash]).toEqual([10_000, 1_000, 1_000]);
    // 1,000 + 60 × 120 + 60 × 40
    expect([...result.equity]).toEqual([10_000, 10_000, 10_600]);
    expect([...result.gross]).toEqual([0, 9_000, 9_600]);
    expect([...(result.trades.instrument ?? [])]).toEqual([0, 1]);
    expect([...result.trades.pnl]).toEqual([1_200, -600]);
  });

  it('tells which instrument an order was of, and shows each its own', () => {
    const heard: string[] = [];
    const script: Script = {
      0: (c) => c.order('B', { side: 'buy', quantity: 100 }),
      2: (c) => {
        const b = c.instrument('B');
        expect([b.position, b.price, b.entryPrice, b.close.at(2)]).toEqual([100, 40, 50, 50]);
        expect(b.weight).toBeCloseTo(4_000 / 9_000, 12);
        expect(c.symbols).toEqual(['A', 'B']);
      },
    };
    run(two, script, {}, (event) => heard.push(`${event.symbol} ${event.state}`));
    expect(heard).toEqual(['B Filled']);
  });
});

describe('an instrument without a bar', () => {
  const rows = [flat(100), GONE, GONE, flat(130)];
  const other = [flat(10), flat(10), flat(10), flat(10)];

  it('is not tradable, is marked at its last close, and never filled on it', () => {
    const seen: boolean[] = [];
    const watch = (c: PortfolioContext): void => {
      seen.push(c.instrument('A').tradable);
    };
    const result = run([instrument('A', rows), instrument('B', other)], {
      0: (c) => {
        watch(c);
        c.order('A', { side: 'buy', quantity: 10 });
      },
      1: watch,
      2: watch,
      3: watch,
    });
    expect(seen).toEqual([true, false, false, true]);
    expect([result.orders.doneBar[0], result.orders.fillPrice[0]]).toEqual([3, 130]);
  });

  it('keeps its value in the equity', () => {
    const held = [flat(100), flat(100), GONE, flat(130)];
    const result = run([instrument('A', held), instrument('B', other)], {
      0: (c) => c.order('A', { side: 'buy', quantity: 10 }),
    });
    expect([...result.equity]).toEqual([10_000, 10_000, 10_000, 10_300]);
  });

  it('with an order given while it is away waits for its next bar', () => {
    const result = run([instrument('A', rows), instrument('B', other)], {
      2: (c) => c.order('A', { side: 'buy', quantity: 10, type: 'market_on_close' }),
    });
    expect([result.orders.placedBar[0], result.orders.doneBar[0]]).toEqual([2, 3]);
  });
});

describe('currencies', () => {
  const days = (...at: number[]) => Float64Array.from(at, (day) => day * DAY);
  const eur = instrument('E', [flat(100), flat(100), flat(100), flat(110)], { currency: 'EUR' });
  const rates = { EUR: { time: days(0, 2), rate: Float64Array.of(1.1, 1.2) } };

  it('are turned into the base currency at the rate of the moment', () => {
    const result = run(
      [eur],
      {
        0: (c) => c.order('E', { side: 'buy', quantity: 10 }),
        2: (c) => c.order('E', { side: 'sell', quantity: 10 }),
      },
      { rates, commission: { percent: 1, perShare: 0, minimum: 0 } },
    );
    // In: 1,000 EUR and 10 of commission at 1.1. Out: 1,100 EUR less 11 at 1.2.
    expect(result.cash[1]).toBeCloseTo(10_000 - 1_010 * 1.1, 9);
    expect(result.equity[2]).toBeCloseTo(10_000 - 1_111 + 1_200, 9);
    expect(result.equity[3]).toBeCloseTo(10_000 - 1_111 + 1_089 * 1.2, 9);
    expect(result.trades.pnl[0]).toBeCloseTo(1_089 * 1.2 - 1_111, 9);
    expect(result.trades.commission[0]).toBeCloseTo(11 + 13.2, 9);
  });

  it('without a rate, or with one that is too old, are not traded', () => {
    const late = { EUR: { time: days(2), rate: Float64Array.of(1.2) } };
    const buy: Script = { 0: (c) => c.order('E', { side: 'buy', quantity: 10 }) };
    const usd = instrument('U', [flat(1), flat(1), flat(1), flat(1)]);
    expect(run([eur, usd], buy, { rates: late }).orders.doneBar[0]).toBe(2);
    const old = { EUR: { time: days(0), rate: Float64Array.of(1.2) } };
    const given = { rates: old, maxRateAge: DAY / 2 };
    expect(run([eur, usd], buy, given).orders.state[0]).toBe('Accepted');
  });

  it('size targets in the base currency', () => {
    const result = run([eur], { 0: (c) => c.setTargets({ E: 0.55 }) }, { rates });
    expect(result.orders.quantity[0]).toBeCloseTo(50, 9);
  });
});

describe('terms of an instrument', () => {
  it('multiply prices', () => {
    const future = instrument('F', [flat(20), flat(20), flat(21)], { multiplier: 50 });
    const result = run([future], { 0: (c) => c.order('F', { side: 'buy', quantity: 3 }) });
    expect([...result.equity]).toEqual([10_000, 10_000, 10_150]);
    expect(result.trades.pnl[0]).toBe(150);
    expect(result.trades.returnFraction[0]).toBeCloseTo(0.05, 12);
    expect(
      run([future], { 0: (c) => c.order('F', { side: 'buy', quantity: 11 }) }).orders.state[0],
    ).toBe('Denied');
  });

  it('put prices on ticks, against the order', () => {
    const coarse = instrument('T', [flat(100), flat(100), flat(100)], { tickSize: 0.25 });
    const script: Script = {
      0: (c) => {
        c.order('T', { side: 'buy', quantity: 1 });
        c.order('T', { side: 'buy', type: 'limit', limitPrice: 99.9, quantity: 1 });
        c.order('T', { side: 'buy', type: 'stop', stopPrice: 100.6, quantity: 1 });
      },
    };
    const { orders } = run([coarse], script, { slippageBps: 1 });
    expect([orders.fillPrice[0], orders.limitPrice[1], orders.stopPrice[2]]).toEqual([
      100.25, 99.75, 100.75,
    ]);
  });

  it('carry dividends, splits and borrow fees', () => {
    const a = instrument('A', [flat(100), flat(100), flat(49.5)], {
      events: [
        { kind: 'split', day: 2 * DAY, ratio: 2 },
        { kind: 'dividend', day: 2 * DAY, amount: 1, referencePrice: null },
      ],
    });
    const b = instrument('B', [flat(100), flat(100), flat(100)], { borrowRate: 0.36 });
    const result = run(
      [a, b],
      {
        0: (c) => {
          c.order('A', { side: 'buy', quantity: 10 });
          c.order('B', { side: 'sell', quantity: 10 });
        },
      },
      { short: true },
    );
    // 10 units paid 1 each, for a dividend is for the shares of before; 20 worth 49.5; a day of borrowing 1.
    expect(result.equity[2]).toBeCloseTo(10_000 - 10 + 10 - 1, 9);
    expect(result.trades.carry?.[0]).toBeCloseTo(10, 9);
    expect(result.trades.carry?.[1]).toBeCloseTo(-1, 9);
  });
});

describe('ruin of a portfolio', () => {
  const a = instrument('A', [flat(100), flat(100), flat(310), flat(300), flat(100)]);
  const b = instrument('B', [flat(100), flat(100), flat(100), GONE, flat(90)]);

  it('closes every position at its next open and takes no order after it', () => {
    const asked: unknown[] = [];
    const watch = (c: PortfolioContext): void => {
      asked.push(c.order('A', { side: 'buy', quantity: 1 }), c.amend(3, { quantity: 1 }));
      c.setTargets({ A: 1 });
      c.cancelAll();
    };
    const result = run(
      [a, b],
      {
        0: (c) => {
          c.order('A', { side: 'sell', quantity: 50 });
          c.order('B', { side: 'buy', quantity: 40 });
          c.order('B', { side: 'buy', type: 'limit', limitPrice: 1, quantity: 1 });
        },
        2: watch,
        3: watch,
        4: watch,
      },
      { short: true },
    );
    // 10,000 + 5,000 - 4,000 = 11,000 of cash; 11,000 - 50 × 310 + 40 × 100 = -500 at the third moment.
    expect(result.equity[2]).toBe(-500);
    expect(result.ruinedAt).toBe(2);
    expect(result.orders.state).toEqual(['Filled', 'Filled', 'Canceled', 'Filled', 'Filled']);
    expect(result.orders.tag.slice(3)).toEqual(['ruin', 'ruin']);
    // B has no bar at the fourth moment and is sold at its next one.
    expect([...result.orders.doneBar.subarray(3)]).toEqual([3, 4]);
    expect(result.cash.at(-1)).toBe(11_000 - 50 * 300 + 40 * 90);
    expect(asked).toEqual([-1, false, -1, false, -1, false]);
  });

  it('is no word of one that never loses all', () => {
    const result = run([a, b], { 0: (c) => c.order('B', { side: 'buy', quantity: 1 }) });
    expect(result).not.toHaveProperty('ruinedAt');
  });
});

describe('a portfolio run', () => {
  const a = instrument('A', [flat(100), flat(100), [100, 110, 90, 105], flat(105)]);

  it('lists trades that depend on the inside of a bar', () => {
    const other = instrument('B', [flat(1), flat(1), flat(1), flat(1)]);
    const result = run([other, a], {
      0: (c) => {
        c.order('B', { side: 'buy', quantity: 1 });
        c.bracket('A', {
          entry: { side: 'buy', quantity: 10 },
          stopLoss: { stopPrice: 95 },
          takeProfit: { limitPrice: 108 },
        });
      },
    });
    expect(result.trades.exitTag).toEqual(['stop', '']);
    expect(result.ambiguous).toMatchObject({
      trade: Int32Array.of(0),
      bar: Int32Array.of(2),
      best: Float64Array.of(80),
      worst: Float64Array.of(-50),
    });
  });

  it('can amend and cancel by number, all or by instrument', () => {
    const result = run([a], {
      0: (c) => {
        const order = c.order('A', { side: 'buy', type: 'limit', limitPrice: 1, quantity: 5 });
        expect(c.amend(order, { limitPrice: 2 })).toBe(true);
        expect(c.amend(99, { limitPrice: 2 })).toBe(false);
        c.order('A', { side: 'buy', type: 'limit', limitPrice: 3, quantity: 5 });
        c.order('A', { side: 'buy', type: 'limit', limitPrice: 4, quantity: 5 });
        c.cancel(1);
      },
      1: (c) => c.cancelAll('A'),
    });
    expect(result.orders.state).toEqual(['Canceled', 'Canceled', 'Canceled']);
    expect([...result.orders.doneBar]).toEqual([1, 0, 1]);
    expect(result.orders.limitPrice[0]).toBe(2);
  });

  it('is not traded during its warm-up', () => {
    const result = run(
      [a],
      {
        0: (c) => {
          expect([c.warmingUp, c.order('A', { side: 'buy' })]).toEqual([true, -1]);
          expect(c.bracket('A', { entry: { side: 'buy' } }).entry).toBe(-1);
          c.setTargets({ A: 1 });
        },
        1: (c) => expect(c.warmingUp).toBe(false),
      },
      { warmUp: 1 },
    );
    expect(result.orders.count).toBe(0);
  });

  it('hands out nothing of the run itself', () => {
    run([a], {
      0: (c) => {
        expect(Object.keys(c)).toEqual(['symbols']);
        expect(Object.keys(c.instrument('A')).toSorted()).toEqual(
          ['close', 'high', 'low', 'open', 'symbol', 'volume'].toSorted(),
        );
        expect(c.random()).toBeLessThan(1);
        expect(c.index).toBe(0);
      },
    });
  });

  it('refuses what does not fit together', () => {
    const code = (work: () => unknown): string => {
      try {
        work();
      } catch (error) {
        return error instanceof RenataError ? `${error.code} ${error.message}` : String(error);
      }
      return 'nothing';
    };
    expect(code(() => run([a, a], {}))).toContain('BAD_INPUT A symbol is in the portfolio twice');
    expect(code(() => run([], {}))).toContain('BAD_INPUT');
    expect(code(() => run([{ ...a, currency: 'EUR' }], {}))).toContain('no rates of EUR');
    const long = instrument(
      'L',
      Array.from({ length: 20 }, () => flat(1)),
    );
    const weekly = { ...long.bars, time: long.bars.time.map((time) => time * 7) };
    expect(code(() => run([long, { symbol: 'W', bars: weekly }], {}))).toContain(
      'not equally long',
    );
    const wrong = code(() => run([a], { 1: (c) => c.order('X', { side: 'buy' }) }));
    expect(wrong).toContain('STRATEGY_FAILED The portfolio strategy failed at moment 1');
    const settings = { ...DEFAULT_SETTINGS, currency: 'USD' };
    const cancelled = code(() =>
      runPortfolio({ instruments: [a], settings }, () => ({ onBar: () => undefined }), {
        isCancelled: () => true,
      }),
    );
    expect(cancelled).toContain('CANCELLED');
  });
});

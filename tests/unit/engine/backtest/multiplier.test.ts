import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import type { OrderRequest, StrategyDefinition } from '../../../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { flatBars, randomWalk, simulate } from './bars.ts';
import { instrument, run } from './markets.ts';

/** An instrument of which a price of 1 is worth 50. */
describe('a future of 50 a point', () => {
  it('costs, earns and is allowed fifty times its price', () => {
    const settings = { cash: 10_000, multiplier: 50, short: true } as const;
    const sent: [number, OrderRequest][] = [
      [0, { side: 'buy', quantity: 3 }],
      // 11 x 20 x 50 are 11,000.
      [1, { side: 'buy', quantity: 8 }],
      [2, { side: 'sell', quantity: 3 }],
    ];
    const result = simulate(flatBars([20, 20, 21, 21]), settings, (context) => {
      for (const [bar, request] of sent) if (bar === context.index) context.order(request);
      if (context.index === 1) expect([context.cash, context.equity]).toEqual([7_000, 10_000]);
      if (context.index === 2) expect([context.cash, context.equity]).toEqual([7_000, 10_150]);
    });
    const orders = result.orders.toColumns();
    expect(orders.state).toEqual(['Filled', 'Denied', 'Filled']);
    expect([result.cash, result.equity]).toEqual([10_150, 10_150]);
    expect(result.trades.toColumns().pnl[0]).toBe(150);
  });

  it('is sized by what a unit of it is worth', () => {
    const bought = (settings: Partial<BacktestSettings>): number => {
      const result = simulate(
        flatBars([20, 20]),
        { cash: 10_000, multiplier: 50, lotSize: 1, ...settings },
        (context) => context.index === 0 && context.buy(),
      );
      return result.position;
    };
    expect(bought({ size: { kind: 'all' } })).toBe(10);
    expect(bought({ size: { kind: 'percent', percent: 55 } })).toBe(5);
    expect(bought({ size: { kind: 'notional', notional: 2_500 } })).toBe(2);
    // A fee of 1 % leaves no money for the tenth.
    const commission = { percent: 1, perShare: 0, minimum: 0 };
    expect(bought({ size: { kind: 'all' }, commission })).toBe(9);
  });

  it.each([1, 2, 3, 4])('is what a portfolio of it alone is, seed %i', (seed) => {
    const bars = randomWalk(250, seed, 0.02);
    const settings = {
      ...DEFAULT_SETTINGS,
      cash: 30_000,
      short: true,
      margin: { initial: 0.3, maintenance: 0.15 },
      borrowRate: 0.03,
      slippageBps: 3,
      commission: { percent: 0.02, perShare: 1, minimum: 2 },
    } as const;
    const random = new Random(seed);
    const orders = Array.from({ length: bars.time.length }, (): OrderRequest | null => {
      const side = random.uniform() < 0.5 ? 'buy' : 'sell';
      return random.uniform() < 0.4
        ? { side, quantity: 1 + Math.floor(random.uniform() * 6) }
        : null;
    });
    const definition: StrategyDefinition = {
      id: 'random',
      title: '',
      description: '',
      parameters: [],
      validate: () => undefined,
      create: () => ({
        onBar(context) {
          const request = orders[context.index];
          if (request !== null && request !== undefined) context.order(request);
        },
      }),
    };
    const alone = runStrategy(definition, {
      parameters: {},
      settings: { ...settings, multiplier: 50 },
      bars,
    });
    const rows = Array.from(bars.time.keys(), (i) => {
      const at = (name: 'open' | 'high' | 'low' | 'close'): number => bars[name][i] as number;
      return [at('open'), at('high'), at('low'), at('close')] as const;
    });
    const many = run(
      [instrument('F', rows, { multiplier: 50 })],
      Object.fromEntries(
        orders.flatMap((request, day) =>
          request === null ? [] : [[day, (c) => void c.order('F', request)] as const],
        ),
      ),
      settings,
    );
    expect(alone.orders.state).toEqual(many.orders.state);
    expect(new Set(alone.orders.state).size).toBeGreaterThan(1);
    alone.equity.forEach((value, i) => expect(value).toBeCloseTo(many.equity[i] as number, 6));
    expect([...alone.trades.pnl]).toHaveLength(many.trades.pnl.length);
    alone.trades.pnl.forEach((value, i) =>
      expect(value).toBeCloseTo(many.trades.pnl[i] as number, 6),
    );
  });

  it('is held by the benchmark as well', () => {
    const { statistics } = runStrategy(
      {
        id: 'nothing',
        title: '',
        description: '',
        parameters: [],
        validate: () => undefined,
        create: () => ({ onBar: () => undefined }),
      },
      {
        parameters: {},
        settings: { ...DEFAULT_SETTINGS, cash: 10_000, lotSize: 1, multiplier: 50 },
        bars: flatBars([30, 30, 33]),
      },
    );
    // Six of 1,500 each earn 150 each: 900 of 10,000.
    const held = statistics.find(({ name }) => name === 'Buy & Hold Return [%]');
    expect(held?.value).toBeCloseTo(9, 9);
  });
});

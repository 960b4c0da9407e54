import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import type { OrderRequest } from '../../../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { statisticsOf } from '../../../../engine/stats/statistics.ts';
import { barsOf, flatBars, simulate } from './bars.ts';

type Row = readonly [open: number, high: number, low: number, close: number];
const QUIET: Row = [100, 101, 99, 100];
const TEN: Partial<BacktestSettings> = {
  cash: 10_000,
  size: { kind: 'quantity', quantity: 10 },
  short: true,
};

/** Gives the first orders on bar 0 and the answer on the first fill. */
function answerFirstFill(
  rows: readonly Row[],
  first: readonly OrderRequest[],
  answer: OrderRequest,
  settings: Partial<BacktestSettings> = {},
) {
  let answered = false;
  const run = simulate(
    barsOf(rows),
    { ...TEN, ...settings },
    (context) => {
      if (context.index === 0) for (const request of first) context.order(request);
    },
    (event, context) => {
      if (event.state !== 'Filled' || answered) return;
      answered = true;
      context.order(answer);
    },
  );
  return run.orders.toColumns();
}

describe('a strategy that is told of a fill', () => {
  it.each<[string, BacktestSettings['fill'], number]>([
    ['at the open sees the bar before', 'next-open', 100],
    ['at the close sees the bar itself', 'same-close', 200],
  ])('%s', (_name, fill, close) => {
    const rows: Row[] = [QUIET, [110, 300, 50, 200], QUIET];
    const seen: number[] = [];
    simulate(
      barsOf(rows),
      { ...TEN, fill },
      (context) => {
        if (context.index === (fill === 'next-open' ? 0 : 1)) context.buy();
      },
      (event, context) => {
        seen.push(context.close.at(), context.high.at(), context.equity, event.price);
      },
    );
    const [high, paid] = fill === 'next-open' ? [101, 110] : [300, 200];
    expect(seen).toEqual([close, high, 10_000 - 10 * paid + 10 * close, paid]);
  });

  it('takes waiting orders away before the same bar can fill them', () => {
    for (const type of ['stop', 'limit'] as const) {
      const [up, down] = type === 'stop' ? [105, 95] : [95, 105];
      const price = type === 'stop' ? 'stopPrice' : 'limitPrice';
      const run = simulate(
        barsOf([QUIET, [100, 110, 90, 100], QUIET]),
        TEN,
        (context) => {
          if (context.index !== 0) return;
          context.order({ side: 'buy', type, [price]: up });
          context.order({ side: 'sell', type, [price]: down });
        },
        (event, context) => {
          if (event.state === 'Filled') context.cancelAll();
        },
      );
      expect(run.orders.toColumns().state).toEqual(['Filled', 'Canceled']);
      expect(run.position).toBe(10);
      expect(run.trades.toColumns().count).toBe(1);
    }
  });

  it.each([
    ['at the open', 'next-open' as const, QUIET],
    ['at the close', 'same-close' as const, [100, 101, 90, 100] as Row],
  ])('takes market orders away that would fill %s', (_name, fill, row) => {
    const run = simulate(
      barsOf([row, row, row]),
      { ...TEN, fill },
      (context) => {
        if (context.index !== 0) return;
        context.buy('first');
        context.buy('second');
      },
      (event, context) => {
        if (event.state === 'Filled') context.cancelAll();
      },
    );
    expect(run.orders.toColumns().state).toEqual(['Filled', 'Canceled']);
  });

  const target: OrderRequest = { side: 'sell', type: 'limit', limitPrice: 108, reduceOnly: true };
  const wild: Row = [100, 110, 90, 100];

  it('protects a position from the open on that it was filled at', () => {
    const stop: OrderRequest = { side: 'sell', type: 'stop', stopPrice: 95, reduceOnly: true };
    const orders = answerFirstFill([QUIET, wild, QUIET], [{ side: 'buy' }], stop);
    expect(orders).toMatchObject({ state: ['Filled', 'Filled'] });
    expect([...orders.placedBar]).toEqual([0, 1]);
    expect([...orders.doneBar]).toEqual([1, 1]);
    expect([...orders.fillPrice]).toEqual([100, 95]);
  });

  it.each<[string, OrderRequest]>([
    ['stop', { side: 'buy', type: 'stop', stopPrice: 105 }],
    ['limit', { side: 'buy', type: 'limit', limitPrice: 95 }],
  ])('waits for the next bar after a %s filled inside the bar', (_name, entry) => {
    const orders = answerFirstFill([QUIET, wild, wild], [entry], target);
    expect([...orders.placedBar]).toEqual([0, 1]);
    expect([...orders.doneBar]).toEqual([1, 2]);
    expect(orders.fillPrice[1]).toBe(108);
  });

  it('has its stop-limit triggered by a later bar only', () => {
    const later: OrderRequest = {
      side: 'sell',
      type: 'stop_limit',
      stopPrice: 96,
      limitPrice: 95,
      reduceOnly: true,
    };
    const entry: OrderRequest = { side: 'buy', type: 'stop', stopPrice: 105 };
    const orders = answerFirstFill([QUIET, wild, QUIET, QUIET], [entry], later);
    expect(orders.state).toEqual(['Filled', 'Accepted']);
  });

  it('finds market orders filled at the next open, or at this close when asked', () => {
    const rows: Row[] = [QUIET, [100, 110, 90, 104], [103, 104, 102, 103]];
    const out: OrderRequest = { side: 'sell', reduceOnly: true };
    const entry: OrderRequest = { side: 'buy', type: 'stop', stopPrice: 105 };
    expect(answerFirstFill(rows, [entry], out).fillPrice[1]).toBe(103);
    expect(answerFirstFill(rows, [entry], out, { fill: 'same-close' }).fillPrice[1]).toBe(104);
  });
});

describe('a series view', () => {
  it.each([0.5, Number.NaN])('refuses %d bars back', (ago) => {
    expect(() =>
      simulate(flatBars([1, 2, 3]), TEN, (context) => {
        if (context.index === 2) context.close.at(ago);
      }),
    ).toThrow('n = 0, 1, 2');
  });
});

describe('bars without a price', () => {
  const missing: Row = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];

  it('at the end leave open trades marked at the last close there was', () => {
    const run = simulate(barsOf([QUIET, [100, 130, 99, 120], missing]), TEN, (context) => {
      if (context.index === 0) context.buy();
    });
    expect(run.equity).toBe(10_000 + 10 * 20);
    const trades = run.trades.toColumns();
    expect(trades).toMatchObject({ count: 1, open: Uint8Array.of(1) });
    expect(trades.exitPrice[0]).toBe(120);
    expect(trades.pnl[0]).toBe(200);
  });

  it('move no excursion, infinite ones neither', () => {
    const rows: Row[] = [QUIET, QUIET, [100, Infinity, -Infinity, 100], missing, QUIET];
    const run = simulate(barsOf(rows), TEN, (context) => {
      if (context.index === 0) context.buy();
    });
    const trades = run.trades.toColumns();
    expect(trades.mfe[0]).toBeCloseTo(0.01, 12);
    expect(trades.mae[0]).toBeCloseTo(0.01, 12);
  });
});

describe('ruin', () => {
  const short = { short: true } as const;

  it('closes the position at the next open and takes no order after it', () => {
    // 1,000 units sold at 100: at 400 the equity is 200,000 - 400,000. Bought back at 390.
    const asked: (number | boolean)[] = [];
    const run = simulate(flatBars([100, 100, 400, 390, 50, 50]), short, (context) => {
      if (context.index === 0) context.sell();
      if (context.index === 1) {
        context.order({ side: 'sell', type: 'limit', limitPrice: 500, quantity: 1 });
      }
      if (context.index < 2) return;
      asked.push(context.exit(), context.buy(), context.amend(2, { quantity: 1 }));
      context.cancel(2);
      context.cancelAll();
    });
    const orders = run.orders.toColumns();
    expect(orders.state).toEqual(['Filled', 'Canceled', 'Filled']);
    expect(orders.tag).toEqual(['', '', 'ruin']);
    expect([...orders.fillPrice.subarray(2)]).toEqual([390]);
    expect(asked).toEqual([-1, -1, false, -1, -1, false, -1, -1, false, -1, -1, false]);
    expect([run.ruinedAt, run.position, run.cash]).toEqual([2, 0, -190_000]);
  });

  it('begins where nothing is left, and not a cent before', () => {
    const at = (price: number) =>
      simulate(flatBars([100, 100, price, 150]), short, (context) => {
        if (context.index === 0) context.sell();
      });
    expect(at(199.999).ruinedAt).toBeUndefined();
    expect(at(199.999).position).toBe(-1_000);
    expect(at(200).ruinedAt).toBe(2);
    expect(at(200).cash).toBe(50_000);
  });

  it('of fills at the same close closes at that close', () => {
    const run = simulate(flatBars([100, 300, 50]), { ...short, fill: 'same-close' }, (context) => {
      if (context.index === 0) context.sell();
    });
    expect([run.ruinedAt, run.position, run.cash]).toEqual([1, 0, -100_000]);
    expect([...run.orders.toColumns().doneBar]).toEqual([0, 1]);
  });

  it('closes by and by where volume is limited, with slippage as any market order', () => {
    // 10 of 100 a bar: 1 in 100 against the order makes 404, 404 and 404 for 10, 10 and 5 units.
    const settings: Partial<BacktestSettings> = {
      short: true,
      cash: 2_500,
      volumeLimit: 0.1,
      slippageBps: 100,
      size: { kind: 'quantity', quantity: 10 },
    };
    const run = simulate(
      flatBars([100, 100, 100, 100, 400, 400, 400, 400]),
      settings,
      (context) => {
        if (context.index < 2) context.sell();
        if (context.index === 2) context.order({ side: 'sell', quantity: 5 });
      },
    );
    const fills = run.orders.allFills();
    expect([...fills.bar]).toEqual([1, 2, 3, 5, 6, 7]);
    expect([...fills.quantity]).toEqual([10, 10, 5, 10, 10, 5]);
    expect([...fills.price]).toEqual([99, 99, 99, 404, 404, 404]);
    expect([run.ruinedAt, run.position]).toEqual([4, 0]);
    expect(run.cash).toBe(2_500 + 25 * 99 - 25 * 404);
  });

  it('of costs leaves an account that opens nothing more', () => {
    // Bought and sold at 40 for 50 each time: 100 - 50 - 50.
    const run = simulate(
      flatBars([40, 40, 40, 40, 40]),
      {
        cash: 100,
        size: { kind: 'quantity', quantity: 1 },
        commission: { percent: 0, perShare: 0, minimum: 50 },
      },
      (context) => {
        if (context.position === 0) context.buy();
        else context.exit();
      },
    );
    expect(run.orders.toColumns().state).toEqual(['Filled', 'Filled']);
    expect([run.ruinedAt, run.cash]).toEqual([2, 0]);
  });

  it('comes after a liquidation that a gap had made too late', () => {
    const margin = { initial: 0.5, maintenance: 0.25 };
    const size = { kind: 'quantity', quantity: 100 } as const;
    const run = simulate(
      flatBars([100, 100, 400, 400, 400]),
      { ...short, cash: 10_000, size, margin },
      (context) => {
        if (context.index === 0 || context.index > 1) context.sell();
      },
    );
    // Sold at 100 and liquidated at the open of 400: 20,000 - 40,000, and no order after it.
    expect(run.orders.toColumns().tag).toEqual(['', 'liquidation']);
    expect([run.ruinedAt, run.cash]).toEqual([2, -20_000]);
  });

  it('is told in the result', () => {
    const bars = flatBars([100, 101, 102, 101, 99, 97, 310, 320, 300, 150]);
    const settings = { ...DEFAULT_SETTINGS, short: true };
    const task = { strategy: 'sma-cross', parameters: { fast: 2, slow: 3 }, settings, bars };
    // Crossed at 99, sold at 97; at 310 the equity is 100,000 × (2 - 310 / 97). Bought back at 320.
    const { ruinedAt, equity, orders } = runBacktest(task);
    expect(ruinedAt).toBe(6);
    expect(orders.tag.at(-1)).toBe('ruin');
    expect(equity.at(-1)).toBeCloseTo(100_000 * (2 - 320 / 97), 6);
    expect(runBacktest({ ...task, settings: DEFAULT_SETTINGS })).not.toHaveProperty('ruinedAt');
  });
});

describe('drawdowns', () => {
  it('begin at the starting cash, which costs of the first bar may never give back', () => {
    const bars = flatBars([100, 100, 100]);
    const equity = Float64Array.of(99_000, 99_500, 99_200);
    const run = simulate(bars, {}, () => undefined);
    const figures = statisticsOf({
      bars,
      settings: DEFAULT_SETTINGS,
      equity,
      position: new Float64Array(3),
      benchmark: equity,
      trades: run.trades.toColumns(),
      commissionPaid: 0,
    });
    const of = (name: string) => figures.find((figure) => figure.name === name)?.value;
    expect(of('Max. Drawdown [%]')).toBeCloseTo(-1, 12);
    expect(of('Max. Drawdown Duration')).toBe(2);
    expect(of('Equity Peak [$]')).toBe(100_000);
  });
});

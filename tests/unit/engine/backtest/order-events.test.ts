import { describe, expect, it } from 'vitest';
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

describe('losses beyond the equity', () => {
  it('leave it below 0, without a margin call, and open nothing more', () => {
    const run = simulate(flatBars([100, 100, 400, 400, 400]), { short: true }, (context) => {
      if (context.index === 0) context.sell();
      if (context.index === 1) expect(context.equity).toBe(100_000);
      if (context.index === 2) expect(context.equity).toBe(-200_000);
      if (context.index === 2) context.exit();
      if (context.index === 3) context.buy();
    });
    expect(run.orders.toColumns().state).toEqual(['Filled', 'Filled', 'Denied']);
    expect(run.cash).toBe(-200_000);
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

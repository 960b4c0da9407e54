import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/backtest/random.ts';
import type { OrderRequest, StrategyContext } from '../../engine/backtest/strategy.ts';
import type { BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { ORDER_TYPES, type OrderType } from '../../engine/domain/order.ts';
import { sliceColumns } from '../../engine/series/columns.ts';
import { DAY, randomWalk, simulate } from '../unit/engine/backtest/bars.ts';
import { fc } from '../support/properties.ts';

const RICH: Partial<BacktestSettings> = { cash: 1e9, short: true };

/** A random order of any type near a price; the same draws give the same order. */
function anyOrder(random: Random, price: number, type: OrderType): OrderRequest {
  const side = random.uniform() < 0.5 ? 'buy' : 'sell';
  const near = (): number => price * (0.96 + random.uniform() * 0.08);
  const stopPrice = near();
  const limitPrice = near();
  const trailAmount = price * (0.005 + random.uniform() * 0.03);
  const quantity = 1 + Math.floor(random.uniform() * 9);
  const stops = ['stop', 'stop_limit', 'market_if_touched', 'limit_if_touched'].includes(type);
  const limits = type.includes('limit') && type !== 'trailing_stop_limit';
  return {
    side,
    type,
    quantity,
    ...(stops ? { stopPrice } : {}),
    ...(limits ? { limitPrice } : {}),
    ...(type.startsWith('trailing') ? { trailAmount } : {}),
    ...(type === 'trailing_stop_limit' ? { limitOffset: trailAmount / 2 } : {}),
  };
}

interface Outcome {
  readonly state: string;
  readonly bar: number;
  readonly price: number;
}

/**
 * What becomes of one order of daily bars that nothing else touches: docs/fill-rules.md written a second
 * time, one order at a time and mirrored, so that only buys have to be thought of.
 */
function alone(request: OrderRequest, given: number, bars: BarColumns): Outcome {
  const sign = request.side === 'buy' ? 1 : -1;
  const at = (column: Float64Array, i: number): number => sign * (column[i] ?? 0);
  const type = request.type ?? 'market';
  const force = request.timeInForce ?? 'gtc';
  const done = (bar: number, price: number): Outcome => ({
    state: 'Filled',
    bar,
    price: sign * price,
  });
  let limit = sign * (request.limitPrice ?? 0);
  let stop = sign * (request.stopPrice ?? 0);
  const distance = request.trailAmount ?? 0;
  const trails = type.startsWith('trailing');
  if (trails) stop = at(bars.close, given) + distance;
  let asLimit = type === 'limit';
  const arm = (): void => {
    asLimit = true;
    if (type === 'trailing_stop_limit') limit = stop + (request.limitOffset ?? 0);
  };
  for (let i = given + 1; i < bars.time.length; i += 1) {
    const open = at(bars.open, i);
    const close = at(bars.close, i);
    const top = Math.max(at(bars.high, i), at(bars.low, i));
    const bottom = Math.min(at(bars.high, i), at(bars.low, i));
    if (force === 'gtd' && (bars.time[i] ?? 0) >= (request.goodTill ?? 0)) {
      return { state: 'Expired', bar: i, price: Number.NaN };
    }
    if (type === 'market' || type === 'market_on_open') return done(i, open);
    if (type === 'market_on_close') return done(i, close);
    if (type === 'limit_on_open' || type === 'limit_on_close') {
      const price = type === 'limit_on_open' ? open : close;
      return price <= limit ? done(i, price) : { state: 'Expired', bar: i, price: Number.NaN };
    }
    // The open.
    const rises = type === 'stop' || type === 'stop_limit' || trails;
    const reaches = rises ? open >= stop : open <= stop;
    const hasStop = rises || type.endsWith('touched');
    if (hasStop && !asLimit && reaches) {
      if (!type.includes('limit')) return done(i, open);
      arm();
    } else if (trails && !asLimit) stop = Math.min(stop, open + distance);
    if (asLimit && open <= limit) return done(i, open);
    if (force === 'ioc' && asLimit) return { state: 'Canceled', bar: i, price: Number.NaN };
    // The inside.
    if (asLimit) {
      if (bottom <= limit) return done(i, limit);
    } else if (rises && top >= stop) {
      if (!type.includes('limit')) return done(i, stop);
      arm();
    } else if (type.endsWith('touched') && bottom <= stop) {
      if (type === 'market_if_touched') return done(i, stop);
      arm();
    } else if (trails) {
      stop = Math.min(stop, bottom + distance);
      if (close >= stop) {
        if (type === 'trailing_stop') return done(i, stop);
        arm();
      }
    }
    if (force === 'day') return { state: 'Expired', bar: i, price: Number.NaN };
  }
  return { state: 'Accepted', bar: -1, price: Number.NaN };
}

describe('a second implementation of single orders agrees', () => {
  it.each(ORDER_TYPES)('on %s', (type) => {
    let filled = 0;
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom('gtc', 'day', 'gtd', 'ioc'), (seed, force) => {
        const bars = randomWalk(40, seed, 0.02);
        const random = new Random(seed + 1);
        const given: { request: OrderRequest; bar: number }[] = [];
        const run = simulate(bars, RICH, (context) => {
          if (random.uniform() > 0.3) return;
          const order = anyOrder(random, context.close.at(), type);
          const auction = type.includes('_on_');
          const bar = context.index;
          const request: OrderRequest = {
            ...order,
            ...(auction || force === 'gtc' ? {} : { timeInForce: force }),
            ...(force === 'gtd' && !auction ? { goodTill: (bar + 4) * DAY } : {}),
          };
          // Immediate orders are compared where the first look decides.
          if (force === 'ioc' && type !== 'limit') return;
          given.push({ request, bar });
          context.order(request);
        });
        const orders = run.orders.toColumns();
        given.forEach(({ request, bar }, i) => {
          const expected = alone(request, bar, bars);
          expect(orders.state[i]).toBe(expected.state);
          expect(orders.doneBar[i]).toBe(expected.bar);
          if (expected.state !== 'Filled') return;
          filled += 1;
          expect(orders.fillPrice[i]).toBeCloseTo(expected.price, 9);
        });
      }),
      { numRuns: 60 },
    );
    expect(filled).toBeGreaterThan(50);
  });
});

/** A strategy that draws everything it does; it depends on nothing but the bars so far. */
function wild(seed: number): (context: StrategyContext) => void {
  const random = new Random(seed);
  const given: number[] = [];
  return (context) => {
    const price = context.close.at();
    const draw = random.uniform();
    const type = ORDER_TYPES[Math.floor(random.uniform() * ORDER_TYPES.length)] ?? 'market';
    const request = anyOrder(random, price, type);
    const some = given[Math.floor(random.uniform() * given.length)] ?? -1;
    const side = request.side;
    const up = side === 'buy' ? 1 : -1;
    const exits = [price * (1 - up * 0.02), price * (1 + up * 0.02)] as const;
    if (draw < 0.25) given.push(context.order(request));
    else if (draw < 0.3) given.push(context.order({ ...request, reduceOnly: true }));
    else if (draw < 0.35) context.cancel(some);
    else if (draw < 0.4) context.amend(some, { quantity: request.quantity ?? 1 });
    else if (draw < 0.6) {
      const { entry } = context.bracket({
        entry: request,
        stopLoss:
          random.uniform() < 0.5
            ? { stopPrice: exits[0] }
            : { type: 'trailing_stop', trailPercent: 2 },
        takeProfit: { limitPrice: exits[1] },
      });
      given.push(entry);
    } else if (draw < 0.7) {
      const one = context.order({ side, type: 'stop', stopPrice: exits[1], quantity: 5 });
      context.order({ side, type: 'limit', limitPrice: exits[0], quantity: 5, oco: one });
    } else if (draw < 0.72) context.cancelAll();
  };
}

const limits = fc.constantFrom(undefined, 0.05, 0.02);
const settings: fc.Arbitrary<Partial<BacktestSettings>> = fc.record({
  cash: fc.constantFrom(5_000, 1e6),
  fill: fc.constantFrom('next-open' as const, 'same-close' as const),
  short: fc.boolean(),
  lotSize: fc.constantFrom(0, 1),
  volumeLimit: limits,
  commission: fc.constantFrom(
    { percent: 0, perShare: 0, minimum: 0 },
    { percent: 0.1, perShare: 0.01, minimum: 0 },
  ),
  fees: fc.constantFrom(
    undefined,
    { table: 'ibkr-tiered' as const },
    { table: 'binance-spot' as const, tier: 2 },
  ),
  margin: fc.constantFrom(undefined, { initial: 0.5, maintenance: 0.3 }),
});
const play = (bars: BarColumns, given: Partial<BacktestSettings>, seed: number) =>
  simulate(bars, given, wild(seed));

describe('whatever is ordered', () => {
  it('the books are kept: equity is the start and what the trades made', () => {
    let count = 0;
    fc.assert(
      fc.property(settings, fc.nat(1e6), (given, seed) => {
        const run = play(randomWalk(80, seed, 0.02), given, seed);
        const trades = run.trades.toColumns();
        const made = trades.pnl.reduce((sum, pnl) => sum + pnl, 0);
        expect(run.equity).toBeCloseTo((given.cash ?? 0) + made, 5);
        const paid = run.orders.allFills().commission.reduce((sum, fee) => sum + fee, 0);
        expect(paid).toBeCloseTo(run.commissionPaid, 6);
        count += trades.count;
      }),
      { numRuns: 200 },
    );
    expect(count).toBeGreaterThan(1_000);
  });

  it('fills lie inside their bars, add up to their orders, and respect volume and groups', () => {
    let pieces = 0;
    fc.assert(
      fc.property(settings, fc.nat(1e6), (given, seed) => {
        const bars = randomWalk(80, seed, 0.02);
        const run = play(bars, given, seed);
        const orders = run.orders.toColumns();
        const fills = run.orders.allFills();
        const byOrder = new Map<number, number>();
        const byBar = new Map<number, number>();
        let held = 0;
        for (let i = 0; i < fills.count; i += 1) {
          const [order, bar] = [fills.order[i] ?? 0, fills.bar[i] ?? 0];
          const [quantity, price] = [fills.quantity[i] ?? 0, fills.price[i] ?? 0];
          expect(price).toBeLessThanOrEqual((bars.high[bar] ?? 0) * (1 + 1e-12));
          expect(price).toBeGreaterThanOrEqual((bars.low[bar] ?? 0) * (1 - 1e-12));
          expect(bar).toBeGreaterThanOrEqual(orders.placedBar[order] ?? 0);
          byOrder.set(order, (byOrder.get(order) ?? 0) + quantity);
          if (orders.tag[order] !== 'liquidation') {
            byBar.set(bar, (byBar.get(bar) ?? 0) + quantity);
          }
          held += orders.side[order] === 'buy' ? quantity : -quantity;
        }
        expect(run.position).toBeCloseTo(held, 6);
        for (const [order, quantity] of byOrder) {
          const filled = orders.filled?.[order] ?? orders.quantity[order] ?? 0;
          expect(quantity).toBeCloseTo(filled, 9);
          expect(filled).toBeLessThanOrEqual((orders.quantity[order] ?? 0) * (1 + 1e-9));
          if (orders.state[order] === 'PartiallyFilled') pieces += 1;
        }
        if (given.volumeLimit !== undefined) {
          for (const [bar, quantity] of byBar) {
            const room = given.volumeLimit * (bars.volume[bar] ?? 0);
            expect(quantity).toBeLessThanOrEqual(room * (1 + 1e-9));
          }
        }
        const groups = new Map<number, { filled: number; most: number }>();
        orders.state.forEach((_, order) => {
          const group = orders.group?.[order] ?? 0;
          if (group === 0) return;
          const known = groups.get(group) ?? { filled: 0, most: 0 };
          const parent = orders.parent?.[order] ?? -1;
          known.filled += byOrder.get(order) ?? 0;
          // Both ways out of a bracket together leave no more than came in; loose pairs are of 5 units.
          known.most = parent >= 0 ? (byOrder.get(parent) ?? 0) : 5;
          groups.set(group, known);
        });
        for (const { filled, most } of groups.values()) {
          expect(filled).toBeLessThanOrEqual(most * (1 + 1e-9));
        }
      }),
      { numRuns: 200 },
    );
    expect(pieces).toBeGreaterThan(20);
  });

  it('reduce-only orders never open or turn a position', () => {
    let seen = 0;
    fc.assert(
      fc.property(settings, fc.nat(1e6), (given, seed) => {
        const random = new Random(seed);
        const reduces = new Set<number>();
        const run = simulate(randomWalk(60, seed, 0.02), { ...given, short: true }, (context) => {
          const request = anyOrder(random, context.close.at(), 'limit');
          const reduceOnly = random.uniform() < 0.5;
          const order = context.order({ ...request, reduceOnly });
          if (reduceOnly) reduces.add(order);
        });
        const fills = run.orders.allFills();
        const side = run.orders.toColumns().side;
        let held = 0;
        for (let i = 0; i < fills.count; i += 1) {
          const order = fills.order[i] ?? 0;
          const change = (side[order] === 'buy' ? 1 : -1) * (fills.quantity[i] ?? 0);
          if (reduces.has(order)) {
            seen += 1;
            expect(Math.abs(held + change)).toBeLessThan(Math.abs(held));
            expect((held + change) * held).toBeGreaterThanOrEqual(-1e-9);
          }
          held += change;
        }
      }),
      { numRuns: 60 },
    );
    expect(seen).toBeGreaterThan(100);
  });

  it('a prefix of the bars gives a prefix of the orders and fills', () => {
    fc.assert(
      fc.property(settings, fc.nat(1e6), fc.integer({ min: 2, max: 79 }), (given, seed, length) => {
        const bars = randomWalk(80, seed, 0.02);
        const whole = play(bars, given, seed).orders;
        const part = play(sliceColumns(bars, 0, length), given, seed).orders;
        const before = (orders: typeof whole) => {
          const fills = orders.allFills();
          const count = fills.bar.findIndex((bar) => bar >= length);
          const end = count < 0 ? fills.count : count;
          const { placedBar, side, type } = orders.toColumns();
          return {
            order: fills.order.slice(0, end),
            quantity: fills.quantity.slice(0, end),
            price: fills.price.slice(0, end),
            commission: fills.commission.slice(0, end),
            placed: [...placedBar]
              .map((bar, i) => ({ bar, side: side[i], type: type[i] }))
              .filter(({ bar }) => bar < length),
          };
        };
        expect(before(part)).toEqual(before(whole));
      }),
      { numRuns: 150 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/backtest/random.ts';
import { price, quantity, toNumber, type Quantity } from '../../engine/domain/decimal.ts';
import {
  cancel,
  pause,
  report,
  resume,
  startAlgorithm,
  step,
} from '../../engine/execution/algorithm.ts';
import { restore, snapshot } from '../../engine/execution/snapshot.ts';
import type {
  AlgorithmOrder,
  AlgorithmState,
  ChildView,
  Method,
} from '../../engine/execution/types.ts';
import { fc } from '../support/properties.ts';

const anyMethod: fc.Arbitrary<Method> = fc.oneof(
  fc.record({ kind: fc.constant('twap' as const), slices: fc.integer({ min: 1, max: 30 }) }),
  fc.record({
    kind: fc.constant('vwap' as const),
    curve: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant('pov' as const),
    rate: fc.double({ min: 0.01, max: 1, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('iceberg' as const),
    display: fc.integer({ min: 5, max: 100 }).map((units) => quantity(String(units * 10))),
  }),
  fc.record({
    kind: fc.constant('peg' as const),
    to: fc.constantFrom('bid' as const, 'mid' as const, 'ask' as const),
    offset: fc.integer({ min: -5, max: 5 }).map((ticks) => price((ticks * 0.05).toFixed(2))),
  }),
  fc.record({
    kind: fc.constant('shortfall' as const),
    slices: fc.integer({ min: 1, max: 20 }),
    riskAversion: fc.double({ min: 0, max: 1e-3, noNaN: true }),
    volatility: fc.constant(0.3),
    temporaryImpact: fc.constant(1e-5),
    permanentImpact: fc.constant(1e-7),
  }),
);

const anyOrder: fc.Arbitrary<AlgorithmOrder> = fc
  .record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    lots: fc.integer({ min: 1, max: 500 }),
    method: anyMethod,
    limited: fc.boolean(),
    participation: fc.option(fc.double({ min: 0.01, max: 1, noNaN: true }), { nil: null }),
    catchUp: fc.constantFrom('at-once' as const, 'spread' as const, 'none' as const),
    style: fc.constantFrom('take' as const, 'join' as const, 'mid' as const),
    finish: fc.constantFrom('leave' as const, 'take' as const),
    every: fc.integer({ min: 0, max: 5 }),
    smallest: fc.integer({ min: 1, max: 5 }),
    jitter: fc.double({ min: 0, max: 0.9, noNaN: true }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(({ lots, limited, smallest, ...rest }) => ({
    ...rest,
    quantity: quantity(String(lots * 10)),
    lot: quantity('10'),
    tick: price('0.05'),
    smallest: quantity(String(smallest * 10)),
    limitPrice: limited || rest.method.kind === 'iceberg' ? price('100') : null,
    start: 0,
    end: 60,
  }));

type Child = { -readonly [K in keyof ChildView]: ChildView[K] };

/** A market that fills, refuses, delays and forgets at random, and checks every step. */
class Market {
  state: AlgorithmState;
  readonly children: Child[] = [];
  private readonly order: AlgorithmOrder;
  private readonly random: Random;
  private volume = 0;
  private middle = 100;
  private readonly leaving = new Set<number>();

  constructor(order: AlgorithmOrder, seed: number) {
    this.order = order;
    this.random = new Random(seed);
    this.state = startAlgorithm(order);
  }

  play(): void {
    for (let now = -2; now < 400 && this.state.status !== 'done'; now += 1) {
      this.turn(now);
      this.fills();
    }
  }

  /** Units filled, and with those that may still fill. */
  taken(): { readonly filled: number; readonly all: number } {
    let filled = 0;
    let all = 0;
    for (const child of this.children) {
      filled += toNumber(child.filled);
      all += toNumber(child.open ? child.quantity : child.filled);
    }
    return { filled, all };
  }

  private turn(now: number): void {
    const { order, random } = this;
    this.middle = Math.max(1, this.middle + random.normal() * 0.2);
    const traded = random.uniform() < 0.3 ? 0 : Math.floor(random.uniform() * 600);
    if (now >= 0) this.volume += traded;
    const chance = random.uniform();
    if (chance < 0.02) this.state = pause(this.state);
    else if (chance < 0.3) this.state = resume(this.state);
    else if (chance > 0.998) this.state = cancel(this.state);
    if (random.uniform() < 0.1) this.state = restore(snapshot(this.state));
    const known = random.uniform() > 0.05;
    const view = {
      bid: known ? this.middle - 0.07 : Number.NaN,
      ask: known ? this.middle + 0.07 : Number.NaN,
      last: this.middle,
      traded,
      open: random.uniform() > 0.05,
    };
    const before = this.state;
    const result = step(before, view, this.children, now);
    // The same step again gives the same.
    expect(step(before, view, this.children, now)).toEqual(result);
    this.state = result.state;
    for (const action of result.actions) {
      if (action.type === 'place') {
        this.checkPlaced(action.child, action.quantity, action.limitPrice);
        this.children.push({
          child: action.child,
          quantity: action.quantity,
          limitPrice: action.limitPrice,
          filled: quantity('0'),
          open: true,
          failed: false,
          settled: random.uniform() > 0.2,
        });
        continue;
      }
      const child = this.children[action.child - 1] as Child;
      // Nothing is asked of an order that has ended or whose answer is awaited.
      expect(child.open && child.settled).toBe(true);
      if (action.type === 'cancel') {
        this.leaving.add(action.child);
        child.settled = false;
      } else {
        this.checkPrice(action.limitPrice);
        child.limitPrice = action.limitPrice;
      }
    }
    const { filled, all } = this.taken();
    expect(all).toBeLessThanOrEqual(toNumber(order.quantity));
    const rate = Math.min(
      order.participation ?? 1,
      order.method.kind === 'pov' ? order.method.rate : 1,
    );
    if (order.participation !== null || order.method.kind === 'pov') {
      expect(all).toBeLessThanOrEqual(rate * this.volume + 1e-6);
    }
    expect(toNumber(report(this.state, this.children).filled)).toBe(filled);
  }

  private checkPlaced(child: number, units: Quantity, limit: string | null): void {
    const { order } = this;
    expect(child).toBe(this.children.length + 1);
    expect(toNumber(units) % 10).toBe(0);
    expect(toNumber(units)).toBeGreaterThan(0);
    if (order.method.kind === 'iceberg' && this.state.last !== child) {
      expect(toNumber(units)).toBeLessThanOrEqual(toNumber(order.method.display));
    }
    if (limit !== null) this.checkPrice(limit);
    else expect(order.limitPrice).toBeNull();
  }

  private checkPrice(limit: string): void {
    const { side, limitPrice } = this.order;
    if (limitPrice === null) return;
    const beyond = Number(limit) - toNumber(limitPrice);
    if (side === 'buy') expect(beyond).toBeLessThanOrEqual(0);
    else expect(beyond).toBeGreaterThanOrEqual(0);
  }

  private fills(): void {
    const { random } = this;
    for (const child of this.children) {
      if (!child.open) continue;
      const chance = random.uniform();
      if (chance < 0.35) {
        const left = toNumber(child.quantity) - toNumber(child.filled);
        const part = random.uniform() < 0.5 ? left : Math.ceil((left / 10) * random.uniform()) * 10;
        child.filled = quantity(String(toNumber(child.filled) + part));
        if (child.filled === child.quantity) child.open = false;
      } else if (this.leaving.has(child.child) && chance < 0.8) {
        child.open = false;
      } else if (chance > 0.97 && child.filled === '0') {
        child.open = false;
        child.failed = true;
      }
      if (random.uniform() < 0.7) child.settled = true;
    }
  }
}

describe('an execution algorithm in a random market', () => {
  it('is never more than its order and its part of the volume, and always ends', () => {
    let fills = 0;
    fc.assert(
      fc.property(anyOrder, fc.integer({ min: 0, max: 1e9 }), (order, seed) => {
        const market = new Market(order, seed);
        market.play();
        const { filled, all } = market.taken();
        fills += filled;
        expect(market.state.status).toBe('done');
        expect(all).toBe(filled);
        const { remainder } = report(market.state, market.children);
        expect(filled + toNumber(remainder)).toBe(toNumber(order.quantity));
      }),
      { numRuns: 400, seed: 20_001 },
    );
    expect(fills).toBeGreaterThan(10_000);
  });
});

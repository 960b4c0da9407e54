import {
  add,
  compare,
  decimalOf,
  divide,
  greatest,
  isPositive,
  isZero,
  least,
  multiply,
  roundToStep,
  subtract,
  toNumber,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../domain/decimal.ts';
import { draw } from './noise.ts';
import { before, checkAlgorithm, planOf } from './plan.ts';
import { childPrice, farPrice, follows, withinLimit } from './prices.ts';
import type {
  AlgorithmOrder,
  AlgorithmReport,
  AlgorithmState,
  ChildAction,
  ChildView,
  MarketView,
  PlacedChild,
} from './types.ts';

/** Children in a row that may be refused before the algorithm pauses. */
export const MOST_FAILURES = 3;
const REFUSED = 'Its last orders were refused one after the other.';
const NONE = ZERO as Quantity;

export interface StepResult {
  readonly state: AlgorithmState;
  /** What is to be done, in this order, after the state has been kept. */
  readonly actions: readonly ChildAction[];
}

/** @throws RenataError BAD_INPUT naming what is wrong with the order */
export function startAlgorithm(order: AlgorithmOrder): AlgorithmState {
  checkAlgorithm(order);
  return {
    version: 1,
    order,
    status: 'waiting',
    reason: '',
    plan: planOf(order),
    slice: -1,
    target: NONE,
    volume: 0,
    counting: false,
    children: 0,
    working: [],
    failures: 0,
    last: 0,
  };
}

/** Takes the children away; what slices miss meanwhile is caught up after `resume`, or not, as the order says. */
export function pause(state: AlgorithmState, reason = 'Paused.'): AlgorithmState {
  if (state.status !== 'waiting' && state.status !== 'working') return state;
  return { ...state, status: 'paused', reason, counting: false };
}

export function resume(state: AlgorithmState): AlgorithmState {
  if (state.status !== 'paused') return state;
  return { ...state, status: 'waiting', reason: '', failures: 0, counting: false };
}

/** Takes the children away and ends. */
export function cancel(state: AlgorithmState, reason = 'Cancelled.'): AlgorithmState {
  if (state.status === 'done' || state.status === 'cancelling') return state;
  return { ...state, status: 'cancelling', reason, counting: false };
}

/**
 * One step: the same state, views and time give the same actions. At all times, what is filled and what
 * may still fill together are at most the order's quantity, and at most its part of the market's volume.
 */
export function step(
  state: AlgorithmState,
  view: MarketView,
  children: readonly ChildView[],
  now: number,
): StepResult {
  if (state.status === 'done') return { state, actions: [] };
  return new Stepper(state, view, children, now).run();
}

export function report(state: AlgorithmState, children: readonly ChildView[]): AlgorithmReport {
  const { quantity } = state.order;
  const { filled, open } = tally(state, children);
  return {
    status: state.status,
    reason: state.reason,
    quantity,
    filled,
    working: open,
    remainder: greatest(subtract(quantity, filled), ZERO) as Quantity,
    children: state.children,
    participation: state.volume > 0 ? toNumber(filled) / state.volume : null,
  };
}

class Stepper {
  private state: AlgorithmState;
  private readonly order: AlgorithmOrder;
  private readonly view: MarketView;
  private readonly shown: ReadonlyMap<number, ChildView>;
  private readonly now: number;
  private readonly actions: ChildAction[] = [];
  private readonly filled: Quantity;
  private open: Quantity;

  constructor(
    state: AlgorithmState,
    view: MarketView,
    children: readonly ChildView[],
    now: number,
  ) {
    this.order = state.order;
    this.view = view;
    this.now = now;
    this.shown = new Map(children.map((child) => [child.child, child]));
    const { filled, open } = tally(state, children);
    this.filled = filled;
    this.open = open;
    this.state = this.settled(state);
  }

  run(): StepResult {
    const { order, now } = this;
    const { status } = this.state;
    if (status === 'waiting' && now >= order.start) this.set({ status: 'working' });
    if (this.state.status === 'working' && this.state.failures >= MOST_FAILURES) {
      this.set({ status: 'paused', reason: REFUSED, counting: false });
    }
    const running = this.state.status === 'working' || this.state.status === 'paused';
    if (running && (now >= order.end || this.complete())) {
      this.set({ status: 'finishing' });
    }
    switch (this.state.status) {
      case 'working':
        this.work();
        break;
      case 'finishing':
        this.finish();
        break;
      case 'paused':
        this.takeAway(() => true);
        break;
      case 'cancelling':
        this.takeAway(() => true);
        if (isZero(this.open)) this.set({ status: 'done' });
        break;
      case 'waiting':
      case 'done':
    }
    const counts = this.state.status === 'working' || this.state.status === 'finishing';
    this.set({ counting: counts });
    return { state: this.state, actions: this.actions };
  }

  /** The state with what was seen of children and of volume. */
  private settled(state: AlgorithmState): AlgorithmState {
    let { failures, volume } = state;
    const working: PlacedChild[] = [];
    for (const placed of state.working) {
      const shown = this.shown.get(placed.child);
      if (shown === undefined || shown.open) working.push(placed);
      else if (shown.failed) failures += 1;
      const taken =
        shown !== undefined && (isPositive(shown.filled) || (shown.open && shown.settled));
      if (taken) failures = 0;
    }
    const { traded } = this.view;
    if (state.counting && traded > 0 && traded < Infinity) volume += traded;
    return { ...state, failures, volume, working };
  }

  private work(): void {
    const { order, view } = this;
    this.enterSlice();
    this.takeAway(({ slice }) => slice < this.state.slice);
    if (!view.open) return;
    const price = childPrice(order, view);
    if (price === undefined) return;
    if (price !== null && follows(order)) this.reprice(price);
    // A resting child cannot trade beyond the limit; one that takes is not sent while the market is there.
    if (!follows(order) && order.method.kind !== 'iceberg' && !withinLimit(order, view)) return;
    this.place(this.wanted(), price);
  }

  /** Units that are to be sent now, before caps. */
  private wanted(): Decimal {
    const { order, state } = this;
    const { method } = order;
    const taken = add(this.filled, this.open);
    switch (method.kind) {
      case 'iceberg': {
        if (state.working.length > 0) return ZERO;
        const shown = 1 - order.jitter * draw(order.seed, state.children);
        return greatest(this.part(method.display, shown), order.smallest);
      }
      case 'peg':
        return state.working.length > 0 ? ZERO : order.quantity;
      case 'pov': {
        const gap = subtract(inLots(state.volume * method.rate, order.lot), taken);
        const enough =
          toNumber(order.smallest) * (1 + order.jitter * draw(order.seed, state.children));
        return toNumber(gap) >= enough || compare(gap, this.left()) >= 0 ? gap : ZERO;
      }
      case 'twap':
      case 'vwap':
      case 'shortfall':
        return subtract(state.target, taken);
    }
  }

  private place(wanted: Decimal, price: Price | null, last = false): void {
    const { order } = this;
    const left = this.left();
    const most = least(least(wanted, left), this.allowed());
    const size = isPositive(most) ? roundToStep(most, order.lot, 'towards-zero') : ZERO;
    if (!isPositive(size)) return;
    if (compare(size, order.smallest) < 0 && compare(size, left) < 0 && !last) return;
    const child = this.state.children + 1;
    const quantity = size as Quantity;
    this.actions.push({
      type: 'place',
      child,
      orderType: price === null ? 'market' : 'limit',
      quantity,
      limitPrice: price,
      timeInForce: last && price !== null ? 'ioc' : 'gtc',
    });
    this.open = add(this.open, quantity) as Quantity;
    const placed: PlacedChild = {
      child,
      quantity,
      slice: this.state.slice,
      limitPrice: price,
      cancelling: false,
      priced: this.now,
    };
    this.set({
      children: child,
      working: [...this.state.working, placed],
      ...(last ? { last: child } : {}),
    });
  }

  private enterSlice(): void {
    const { order, now } = this;
    const { plan } = this.state;
    if (plan.length === 0) return;
    const at = Math.floor(((now - order.start) * plan.length) / (order.end - order.start));
    const slice = Math.min(plan.length - 1, Math.max(0, at));
    if (slice > this.state.slice) this.set({ slice, target: this.targetOf(slice) });
  }

  private targetOf(slice: number): Quantity {
    const { filled, order } = this;
    const { plan } = this.state;
    const planned = plan[slice] as Quantity;
    const begun = before(plan, slice);
    const missed = subtract(begun, filled);
    if (order.catchUp === 'at-once' || !isPositive(missed)) return planned;
    const own = add(filled, subtract(planned, begun));
    if (order.catchUp === 'none') return own as Quantity;
    const parts = decimalOf(plan.length - slice);
    const share = roundToStep(divide(missed, parts, 18, 'towards-zero'), order.lot, 'towards-zero');
    return (slice === plan.length - 1 ? planned : add(own, share)) as Quantity;
  }

  private finish(): void {
    const { order, view } = this;
    this.takeAway(({ child }) => child !== this.state.last);
    if (isPositive(this.open)) return;
    const mayTake = order.finish === 'take' && this.state.last === 0 && this.state.reason === '';
    if (mayTake && view.open && withinLimit(order, view)) {
      this.place(this.left(), order.limitPrice, true);
    }
    if (!isZero(this.open)) return;
    const why =
      this.complete() || this.state.reason !== '' ? this.state.reason : this.leftBecause();
    this.set({ status: 'done', reason: why });
  }

  /** Why units are left at the end, as far as it can be seen. */
  private leftBecause(): string {
    const { order, view } = this;
    const { limitPrice } = order;
    if (!view.open) return 'Its time ended while the market was closed.';
    if (!Number.isFinite(farPrice(order, view)))
      return 'Its time ended without a price of the market.';
    if (!withinLimit(order, view)) {
      return `Its time ended with the market beyond its limit of ${limitPrice ?? ''}.`;
    }
    if (compare(this.allowed(), this.left()) < 0) {
      return 'Its time ended with its part of the market’s volume used up.';
    }
    return 'Its time ended before all was filled.';
  }

  private takeAway(which: (placed: PlacedChild) => boolean): void {
    this.change((placed, settled) => {
      if (!settled || !which(placed)) return placed;
      // A cancellation that was refused is asked for again, later.
      if (placed.cancelling && this.now - placed.priced < Math.max(1, this.order.every))
        return placed;
      this.actions.push({ type: 'cancel', child: placed.child });
      return { ...placed, cancelling: true, priced: this.now };
    });
  }

  private reprice(price: Price): void {
    this.change((placed, settled) => {
      const known = this.shown.get(placed.child)?.limitPrice ?? placed.limitPrice;
      const early = this.now - placed.priced < this.order.every;
      if (!settled || placed.cancelling || early || known === price) return placed;
      this.actions.push({ type: 'amend', child: placed.child, limitPrice: price });
      return { ...placed, limitPrice: price, priced: this.now };
    });
  }

  private change(each: (placed: PlacedChild, settled: boolean) => PlacedChild): void {
    const working = this.state.working.map((placed) =>
      each(placed, this.shown.get(placed.child)?.settled ?? false),
    );
    this.set({ working });
  }

  /** Units that neither are filled nor may be by a child that was placed. */
  private left(): Decimal {
    return subtract(subtract(this.order.quantity, this.filled), this.open);
  }

  /** Units that the cap on participation leaves. */
  private allowed(): Decimal {
    const { participation, lot, quantity, method } = this.order;
    const rate = method.kind === 'pov' ? Math.min(method.rate, participation ?? 1) : participation;
    if (rate === null) return quantity;
    return subtract(inLots(this.state.volume * rate, lot), add(this.filled, this.open));
  }

  private part(quantity: Quantity, part: number): Decimal {
    const exact = multiply(quantity, decimalOf(Number(part.toFixed(15))));
    return roundToStep(exact, this.order.lot, 'half-even');
  }

  private complete(): boolean {
    return compare(this.filled, this.order.quantity) >= 0;
  }

  private set(change: Partial<AlgorithmState>): void {
    this.state = { ...this.state, ...change };
  }
}

/** What is filled, and what of children may still fill; a child that is not shown yet may fill whole. */
function tally(
  state: AlgorithmState,
  children: readonly ChildView[],
): { readonly filled: Quantity; readonly open: Quantity } {
  let filled: Decimal = ZERO;
  let open: Decimal = ZERO;
  const shown = new Set<number>();
  for (const each of children) {
    shown.add(each.child);
    filled = add(filled, each.filled);
    if (each.open) open = add(open, greatest(subtract(each.quantity, each.filled), ZERO));
  }
  for (const { child, quantity } of state.working) {
    if (!shown.has(child)) open = add(open, quantity);
  }
  return { filled: filled as Quantity, open: open as Quantity };
}

/** Whole lots in a number of units that was measured, never more than it. */
function inLots(units: number, lot: Quantity): Decimal {
  // Nine places are finer than any tape; cut, not rounded.
  const whole = Math.floor(units);
  const rest = Math.floor((units - whole) * 1e9);
  const exact = add(decimalOf(whole), divide(decimalOf(rest), decimalOf(1e9), 9, 'towards-zero'));
  return roundToStep(exact, lot, 'towards-zero');
}

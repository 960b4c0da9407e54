import { Costs } from '../backtest/costs/costs.ts';
import { amendOrder, orderFrom } from '../backtest/matching/requests.ts';
import type { WorkingOrder } from '../backtest/matching/working-order.ts';
import { Random } from '../backtest/random.ts';
import { orderUnits } from '../backtest/sizing.ts';
import type { OrderChange, OrderRequest, Strategy } from '../backtest/strategy.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import { add, negate, toNumber, ZERO, type Decimal } from '../domain/decimal.ts';
import { RenataError } from '../domain/errors.ts';
import type { OrderState } from '../domain/order.ts';
import type { BarStore } from './bar-store.ts';
import { LiveContext } from './context.ts';
import { Lots } from './lots.ts';
import {
  belongTogether,
  canBecome,
  newSlot,
  nextAttempt,
  wantedOf,
  type OwnedOrder,
  type Slot,
} from './slots.ts';
import type { BarMode, LiveEvent, MissedDecision, OwnOrder, Wanted } from './types.ts';

/** A fill may exceed the money by this part of it: rounding only, as in a backtest. */
const ROUNDING = 1e-9;

/**
 * The account of one running strategy: the money that it was given, what its own orders have filled, and
 * the orders that it wants. It decides as a backtest does, with fills that come from outside. What others
 * hold in the same account is not in it.
 */
export class LiveBook {
  readonly missed: MissedDecision[] = [];
  mode: BarMode = 'warm-up';
  cash: number;
  lastClose = Number.NaN;
  /** Signed units, exact. */
  held: Decimal = ZERO;
  readonly #settings: BacktestSettings;
  readonly #bars: BarStore;
  readonly #costs: Costs;
  readonly #random: Random;
  readonly #strategy: Strategy;
  readonly #context: LiveContext;
  readonly #orders: OwnedOrder[] = [];
  readonly #slots: Slot[] = [];
  readonly #open = new Set<Slot>();
  readonly #lots = new Lots();
  /** Slots that were dropped, and orders that were given, since the strategy was called. */
  #droppedNow: Slot[] = [];
  #givenNow: OwnedOrder[] = [];
  #deniedNow: OwnedOrder[] = [];
  /** Nothing is opened any more, and the strategy has no say. */
  #over = false;
  /** The strategy is told of an order, so that what it gives belongs to the bar that is forming. */
  #between = false;

  constructor(settings: BacktestSettings, bars: BarStore, strategy: Strategy) {
    this.#settings = settings;
    this.#bars = bars;
    this.#strategy = strategy;
    this.cash = settings.cash;
    const terms = { multiplier: 1, lotSize: settings.lotSize, tickSize: 0 };
    this.#costs = new Costs(settings, bars, terms);
    this.#random = new Random(settings.seed);
    this.#context = new LiveContext(this, bars, settings.short);
  }

  get position(): number {
    return toNumber(this.held);
  }

  get equity(): number {
    return this.held === ZERO ? this.cash : this.cash + this.position * this.lastClose;
  }

  get entryPrice(): number {
    return this.#lots.average;
  }

  get index(): number {
    return this.#bars.length - 1;
  }

  get warmingUp(): boolean {
    return this.mode !== 'live';
  }

  /** Asks the strategy on a close that was traded. */
  close(): void {
    if (this.mode !== 'warm-up' && this.equity <= 0) this.#ruin();
    this.#strategy.onBar(this.#context);
    this.#settle();
  }

  tell(event: LiveEvent): void {
    if (event.kind === 'close') {
      this.#closeDown(event.flatten);
      return;
    }
    const slot = this.#slots[event.slot];
    if (slot === undefined) return;
    const present = slot.attempt === event.attempt && !slot.ended;
    this.#between = true;
    // A fill counts whenever it is told, also after the order had ended.
    if (event.kind === 'fill') this.#fill(slot, event, present);
    else if (present && event.kind === 'replace') slot.replacing = true;
    else if (present && event.kind === 'end') this.#end(slot, event.state, event.reason);
    this.#settle();
    this.#between = false;
  }

  /** What should work at the venue now. */
  wanted(): Wanted[] {
    return Array.from(this.#open, (slot) => wantedOf(slot, this.#remaining(slot)));
  }

  /** A slot that was dropped before anything of it was sent. */
  release(id: number): void {
    const slot = this.#slots[id];
    if (slot?.dropped === true) this.#finish(slot);
  }

  orders(): OwnOrder[] {
    return this.#orders.map(({ working, bar, fills, slot, reason }) => ({
      id: working.id,
      bar,
      side: working.side,
      type: working.type,
      tag: working.tag,
      fills,
      slot: slot.id,
      attempt: slot.attempt,
      reason,
    }));
  }

  random(): number {
    return this.#random.uniform();
  }

  order(request: OrderRequest): number {
    if (this.mode === 'warm-up' || this.#over) return -1;
    return this.#give(request);
  }

  #give(request: OrderRequest): number {
    const working = orderFrom(this.#orders.length, request);
    if (working.parent >= 0 || request.oco !== undefined) {
      throw new RenataError(
        'STRATEGY_FAILED',
        'The strategy gave an order that hangs on another one (parent or oco); live runs do not take such orders yet.',
      );
    }
    const { side, type, tag, reduceOnly } = working;
    const protects = reduceOnly && type !== 'market';
    if (this.mode !== 'live' && !protects) {
      const reason =
        this.mode === 'paused' ? 'The run was paused.' : 'The bar had closed before it was heard.';
      this.missed.push({ bar: this.index, side, type, tag, reason });
      return -1;
    }
    const owned = newSlot(this.#slots.length, {
      working,
      bar: this.#between ? this.index + 1 : this.index,
      decisionPrice: this.lastClose,
      fills: [],
      reason: '',
    });
    this.#orders.push(owned);
    this.#slots.push(owned.slot);
    this.#open.add(owned.slot);
    if (!reduceOnly) this.#size(owned);
    this.#givenNow.push(owned);
    return working.id;
  }

  amend(id: number, change: OrderChange): boolean {
    const owned = this.#orders[id];
    if (owned?.working.working !== true || this.#over) return false;
    amendOrder(owned.working, change);
    const left = owned.working.left();
    if (left <= 0) this.cancel(id);
    return true;
  }

  cancel(id: number): void {
    const owned = this.#orders[id];
    if (owned?.working.working !== true || this.#over) return;
    this.#drop(owned);
  }

  cancelAll(): void {
    if (this.#over) return;
    for (const { order } of Array.from(this.#open)) if (order.working.working) this.#drop(order);
  }

  #drop(owned: OwnedOrder): void {
    owned.working.working = false;
    owned.slot.dropped = true;
    this.#droppedNow.push(owned.slot);
    this.#say(owned, 'Canceled', 0, Number.NaN);
  }

  /** Units by the size rule or as asked for; what a backtest would deny is not sent. */
  #size(owned: OwnedOrder): void {
    const { working } = owned;
    const costs = this.#costs;
    const bar = Math.max(0, this.index);
    const anchor = Number.isNaN(working.stopPrice) ? this.lastClose : working.stopPrice;
    const price = working.limited
      ? working.limitPrice
      : costs.slipped(anchor, working.buys, 0, bar);
    const held = this.position;
    const direction = working.buys ? 1 : -1;
    const against = held * direction < 0 ? Math.abs(held) : 0;
    const equity = (): number => this.cash + held * price;
    const units = orderUnits(working, this.#settings.size, costs, equity, price, bar, against);
    const after = held + direction * units;
    working.quantity = units;
    if (!(units > 0)) owned.reason = 'The money does not buy a lot.';
    else if (after < 0 && !this.#settings.short && after < -Math.abs(held) * ROUNDING) {
      owned.reason = 'The run allows no short positions.';
    } else if (Math.abs(after) > Math.abs(held) || after * held < 0) {
      const fee = costs.fee(working, units, price, bar, false);
      const needed = Math.abs(after) * price * (this.#settings.margin?.initial ?? 1);
      if (needed > (equity() - fee) * (1 + ROUNDING))
        owned.reason = 'It needs more money than there is.';
    }
    if (owned.reason === '') return;
    working.working = false;
    this.#finish(owned.slot);
    this.#deniedNow.push(owned);
  }

  #fill(slot: Slot, event: LiveEvent & { readonly kind: 'fill' }, present: boolean): void {
    if (slot.trades.has(event.trade)) return;
    slot.trades.add(event.trade);
    const { order } = slot;
    const { working } = order;
    const quantity = toNumber(event.quantity);
    const price = toNumber(event.price);
    const commission = event.commission === null ? null : toNumber(event.commission);
    this.#book(working.buys ? event.quantity : negate(event.quantity), price, commission ?? 0);
    working.filled += quantity;
    if (present) slot.filled += quantity;
    const { trade } = event;
    order.fills.push({ quantity, price, commission, trade, bar: this.#bars.length });
    const wanted = present && !slot.dropped;
    if (present && event.done) {
      working.working = false;
      this.#finish(slot);
    }
    this.#say(order, event.done ? 'Filled' : 'PartiallyFilled', quantity, price);
    this.#correct(working, quantity, wanted);
  }

  /**
   * Closes what nobody wanted: an entry that filled although it was being cancelled, and what an exit has
   * sold beyond the position because another one was filled at the same time.
   */
  #correct({ buys, reduceOnly }: WorkingOrder, quantity: number, wanted: boolean): void {
    const held = this.position;
    if (held === 0 || held > 0 !== buys || (wanted && !reduceOnly)) return;
    const units = reduceOnly ? Math.abs(held) : Math.min(quantity, Math.abs(held));
    this.#protect({ side: buys ? 'sell' : 'buy', quantity: units, tag: 'correction' });
  }

  /** An exit of the run itself, whatever the mode. */
  #protect(request: OrderRequest): void {
    const mode = this.mode;
    this.mode = 'live';
    this.#give({ ...request, reduceOnly: true });
    this.mode = mode;
  }

  #end(slot: Slot, state: OrderState, reason: string): void {
    const { order } = slot;
    if (slot.dropped) this.#finish(slot);
    else if (slot.replacing && state !== 'Filled') nextAttempt(slot);
    else if (state === 'Canceled' && !(this.#remaining(slot) > 0)) nextAttempt(slot);
    else if (order.working.reduceOnly && (state === 'Denied' || state === 'Rejected')) {
      // A position is not left for a refusal: it is tried again on the next bar.
      order.reason = reason;
      nextAttempt(slot);
      slot.notBefore = this.#bars.length + 1;
    } else {
      order.working.working = false;
      order.reason = reason;
      this.#finish(slot);
      this.#say(order, state, 0, Number.NaN);
    }
  }

  #finish(slot: Slot): void {
    slot.ended = true;
    this.#open.delete(slot);
  }

  /** Units that should still be filled; 0 where nothing is to work now. */
  #remaining(slot: Slot): number {
    const { working } = slot.order;
    if (slot.dropped || slot.ended) return 0;
    const left = working.left();
    if (!working.reduceOnly) return left;
    const held = this.position;
    const against = held * (working.buys ? 1 : -1) < 0 ? Math.abs(held) : 0;
    if (against === 0 || this.#bars.length < slot.notBefore) return 0;
    // The whole position is leaving at the market: a stop beside it would sell it twice.
    if (working.type !== 'market' && this.#leaves(working)) return 0;
    return Number.isNaN(left) ? against : Math.min(left, against);
  }

  #leaves({ side }: WorkingOrder): boolean {
    for (const { order, dropped, notBefore } of this.#open) {
      const { type, side: other } = order.working;
      const waits = this.#bars.length < notBefore;
      if (type === 'market' && other === side && !dropped && !waits) return true;
    }
    return false;
  }

  /** After the strategy was called: orders that take the place of others, and what is told later. */
  #settle(): void {
    while (this.#deniedNow.length > 0) {
      const denied = this.#deniedNow.shift() as OwnedOrder;
      this.#say(denied, 'Denied', 0, Number.NaN);
    }
    const given = this.#givenNow.filter(({ working }) => working.working);
    const dropped = this.#droppedNow;
    this.#givenNow = [];
    this.#droppedNow = [];
    const fresh: OwnedOrder[] = [];
    for (const order of given) {
      const at = dropped.findIndex((slot) => slot.dropped && canBecome(slot, order.working));
      const [slot] = at < 0 ? [] : dropped.splice(at, 1);
      if (slot === undefined) {
        fresh.push(order);
        continue;
      }
      this.#finish(order.slot);
      slot.order = order;
      slot.dropped = false;
      order.slot = slot;
    }
    const [a, b] = fresh;
    if (a !== undefined && b !== undefined && belongTogether(a.working, b.working)) {
      a.slot.partner = b.slot;
      b.slot.partner = a.slot;
    }
    // An exit of which nothing is left to close has nothing to do.
    for (const { order } of Array.from(this.#open)) {
      const { type, reduceOnly, buys, working } = order.working;
      const closes = this.position * (buys ? 1 : -1) < 0;
      if (type === 'market' && reduceOnly && working && !closes) this.#drop(order);
    }
    if (this.#deniedNow.length + this.#givenNow.length > 0) this.#settle();
    this.#droppedNow = [];
  }

  /** The equity is gone: everything is closed, and nothing is opened again. */
  #ruin(): void {
    if (this.#over) return;
    this.cancelAll();
    this.#over = true;
    this.#leave('ruin');
  }

  /** The run ends: orders are taken away, and the position is closed where that is asked for. */
  #closeDown(flatten: boolean): void {
    this.#over = false;
    this.cancelAll();
    this.#over = true;
    if (flatten) this.#leave('run ended');
    this.#settle();
  }

  #leave(tag: string): void {
    if (this.held !== ZERO) this.#protect({ side: this.position > 0 ? 'sell' : 'buy', tag });
  }

  #book(change: Decimal, price: number, commission: number): void {
    const units = toNumber(change);
    this.cash -= units * price + commission;
    this.held = add(this.held, change);
    this.#lots.book(units, price, this.held === ZERO);
  }

  #say({ working }: OwnedOrder, state: OrderState, quantity: number, price: number): void {
    const { id, side, tag } = working;
    this.#strategy.onOrder?.({ order: id, state, side, quantity, price, tag }, this.#context);
  }
}

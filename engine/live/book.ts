import { Costs } from '../backtest/costs/costs.ts';
import { afterFill, endedWith, grows } from '../backtest/matching/contingencies.ts';
import { priceInside } from '../backtest/matching/prices.ts';
import { amendOrder, bracketLegs, orderFrom } from '../backtest/matching/requests.ts';
import type { WorkingOrder } from '../backtest/matching/working-order.ts';
import { Random } from '../backtest/random.ts';
import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderRequest,
  Strategy,
} from '../backtest/strategy.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import { add, negate, toNumber, ZERO, type Decimal } from '../domain/decimal.ts';
import { RenataError } from '../domain/errors.ts';
import type { OrderState } from '../domain/order.ts';
import type { BarStore } from './bar-store.ts';
import { LiveContext } from './context.ts';
import { entrySize, ROUNDING } from './entry-size.ts';
import { closedBefore, goesWith, pairUp, successors } from './links.ts';
import { Lots } from './lots.ts';
import {
  belongTogether,
  newSlot,
  nextAttempt,
  wantedOf,
  type OwnedOrder,
  type Slot,
} from './slots.ts';
import { ownPurse, type Purse } from './purse.ts';
import type { BarMode, LiveEvent, MissedDecision, OwnOrder, Wanted } from './types.ts';

/**
 * The account of one running strategy: the money that it was given, what its own orders have filled, and
 * the orders that it wants. It decides as a backtest does, with fills that come from outside. What others
 * hold in the same account is not in it.
 */
export class LiveBook {
  readonly missed: MissedDecision[] = [];
  mode: BarMode = 'warm-up';
  lastClose = Number.NaN;
  /** Signed units, exact. */
  held: Decimal = ZERO;
  readonly #settings: BacktestSettings;
  readonly #bars: BarStore;
  readonly #costs: Costs;
  readonly #random: Random;
  readonly #strategy: Strategy;
  readonly #purse: Purse;
  readonly #context: LiveContext;
  readonly #orders: OwnedOrder[] = [];
  readonly #slots: Slot[] = [];
  readonly #open = new Set<Slot>();
  readonly #lots = new Lots();
  /** Slots that were dropped, and orders that were given, since the strategy was called. */
  #droppedNow: Slot[] = [];
  #givenNow: OwnedOrder[] = [];
  #deniedNow: OwnedOrder[] = [];
  /** Groups of orders that take each other away. */
  #groups = 0;
  /** Whether an order hangs on another one; where none does, nothing is to be looked at. */
  #linked = false;
  /** Nothing is opened any more, and the strategy has no say. */
  #over = false;
  /** The strategy is told of an order, so that what it gives belongs to the bar that is forming. */
  #between = false;

  constructor(
    settings: BacktestSettings,
    bars: BarStore,
    strategy: Strategy,
    purse: Purse = ownPurse(settings.cash),
  ) {
    this.#settings = settings;
    this.#bars = bars;
    this.#strategy = strategy;
    this.#purse = purse;
    const { multiplier = 1 } = settings;
    const terms = { multiplier, lotSize: settings.lotSize, tickSize: 0 };
    this.#costs = new Costs(settings, bars, terms);
    this.#random = new Random(settings.seed);
    this.#context = new LiveContext(this, bars, settings.short);
  }

  get position(): number {
    return toNumber(this.held);
  }

  get cash(): number {
    return this.#purse.cash;
  }

  get equity(): number {
    const rest = this.cash + this.#purse.beside();
    return this.held === ZERO ? rest : rest + this.#worth(this.position, this.lastClose);
  }

  get entryPrice(): number {
    return this.#lots.average;
  }

  get index(): number {
    return this.#bars.length - 1;
  }

  /** Orders that were given so far. */
  get given(): number {
    return this.#orders.length;
  }

  get warmingUp(): boolean {
    return this.mode !== 'live';
  }

  /** Asks the strategy on a close that was traded. */
  close(): void {
    this.#pass();
    if (this.mode !== 'warm-up' && this.equity <= 0) this.#ruin();
    this.#strategy.onBar(this.#context);
    this.#settle();
  }

  /** Takes up what was given or cancelled while another book of the run was told something. */
  settle(): void {
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
    else if (present && event.kind === 'retry') slot.notBefore = this.#bars.length;
    else if (present && event.kind === 'end') this.#end(slot, event.state, event.reason);
    this.#settle();
    this.#between = false;
  }

  /** What should work at the venue now. */
  wanted(): Wanted[] {
    return Array.from(this.#open, (slot) => {
      const { follows, parent } = slot.order.working;
      const entry = follows ? this.#orders[parent] : undefined;
      const works = entry?.working.working === true;
      return wantedOf(slot, this.#remaining(slot), works ? entry.slot : null);
    });
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

  bracket(request: BracketRequest): Bracket {
    const none: Bracket = { entry: -1, stopLoss: -1, takeProfit: -1 };
    if (this.mode === 'warm-up' || this.#over) return none;
    // All is looked at before one order is given, so that an entry never stays alone.
    const { entry, stop, target } = bracketLegs(request);
    const parent = this.#give(entry);
    if (parent < 0) return none;
    const stopLoss = stop === null ? -1 : this.#give({ ...stop, parent });
    const other = stopLoss < 0 ? {} : { oco: stopLoss };
    const takeProfit = target === null ? -1 : this.#give({ ...target, parent, ...other });
    return { entry: parent, stopLoss, takeProfit };
  }

  #give(request: OrderRequest): number {
    const working = orderFrom(this.#orders.length, request);
    const { side, type, tag, reduceOnly } = working;
    const protects = reduceOnly && type !== 'market';
    // What hangs on an order that was not taken is not taken either.
    const alone = request.parent !== undefined && request.parent < 0;
    if (this.mode !== 'live' && (!protects || alone)) {
      const reason =
        this.mode === 'paused' ? 'The run was paused.' : 'The bar had closed before it was heard.';
      this.missed.push({ bar: this.index, side, type, tag, reason });
      return -1;
    }
    this.#tie(working, request);
    const bar = this.#between ? this.index + 1 : this.index;
    working.from = bar + 1;
    const owned = newSlot(this.#slots.length, {
      working,
      bar,
      decisionPrice: this.lastClose,
      fills: [],
      reason: '',
    });
    this.#orders.push(owned);
    this.#slots.push(owned.slot);
    this.#open.add(owned.slot);
    if (!reduceOnly && !working.waiting) this.#size(owned);
    this.#givenNow.push(owned);
    return working.id;
  }

  /** Hangs an order on those that it names. @throws RenataError STRATEGY_FAILED when these do not work */
  #tie(order: WorkingOrder, { parent = -1, oco = -1, quantity }: OrderRequest): void {
    if (parent >= 0) {
      this.#require(parent, `its parent ${parent}`);
      order.waiting = true;
      order.follows = quantity === undefined;
      this.#linked = true;
    }
    if (oco < 0) return;
    const { working: other } = this.#require(oco, `order ${oco}, of which it is the other one,`);
    if (other.group === 0) {
      this.#groups += 1;
      other.group = this.#groups;
    }
    order.group = other.group;
    this.#linked = true;
  }

  #require(id: number, what: string): OwnedOrder {
    const found = this.#orders[id];
    // One that the money does not suffice for ends when the strategy has spoken, as in a backtest later.
    if (found !== undefined && (found.working.working || this.#deniedNow.includes(found))) {
      return found;
    }
    throw new RenataError(
      'STRATEGY_FAILED',
      `The strategy gave an order that cannot work: ${what} does not work any more.`,
    );
  }

  amend(id: number, change: OrderChange): boolean {
    const owned = this.#orders[id];
    if (owned?.working.working !== true || this.#over) return false;
    amendOrder(owned.working, change);
    if (change.quantity !== undefined) owned.working.follows = false;
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
    this.#giveUp(owned, 'Canceled', true);
  }

  /** @param asked by the strategy, so that another order may go on in its place */
  #giveUp(owned: OwnedOrder, state: OrderState, asked: boolean): void {
    owned.working.working = false;
    owned.slot.dropped = true;
    if (asked) this.#droppedNow.push(owned.slot);
    this.#say(owned, state, 0, Number.NaN);
    this.#endChildren(owned, asked);
  }

  /** An order is over: what waits for it, or has nothing left to do, ends with it. */
  #endChildren({ working }: OwnedOrder, asked = false): void {
    if (!this.#linked) return;
    for (const child of endedWith(this.#working(), working)) {
      if (!child.working) continue;
      const state = child.filled > 0 ? 'Filled' : 'Canceled';
      this.#giveUp(this.#orders[child.id] as OwnedOrder, state, asked);
    }
  }

  /** Orders that work, in the order in which they were given. */
  #working(): readonly WorkingOrder[] {
    return Array.from(this.#open, ({ order }) => order.working)
      .filter(({ working }) => working)
      .toSorted((a, b) => a.id - b.id);
  }

  /** What a backtest ends inside of a bar: exits that are reached with nothing to close, and what waited too long. */
  #pass(): void {
    const { index } = this;
    const bars = this.#bars;
    const time = bars.time[index] as number;
    const range = [bars.open[index], bars.high[index], bars.low[index]] as [number, number, number];
    for (const { order } of Array.from(this.#open)) {
      const { working } = order;
      if (!working.working) continue;
      if (working.waiting) {
        if (time >= working.goodTill) this.#giveUp(order, 'Expired', false);
      } else if (this.held === ZERO && working.reduceOnly && working.from <= index) {
        const reached = !working.trails && priceInside(working, ...range) !== undefined;
        if (reached) this.#giveUp(order, 'Canceled', false);
      }
    }
  }

  /** Gives an entry its units; what a backtest would deny is not sent. */
  #size(owned: OwnedOrder): void {
    const { units, reason } = entrySize(owned.working, {
      settings: this.#settings,
      costs: this.#costs,
      purse: this.#purse,
      held: this.position,
      lastClose: this.lastClose,
      bar: Math.max(0, this.index),
    });
    owned.working.quantity = units;
    if (reason === '') return;
    owned.reason = reason;
    owned.working.working = false;
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
    const over = present && event.done;
    // An exit that has closed what its entry has filled so far goes on with what that fills besides.
    const rest = !working.reduceOnly || this.position * (working.buys ? 1 : -1) < 0;
    const less = working.follows && rest && working.left() > working.quantity * ROUNDING;
    const goesOn = over && !slot.dropped && (less || grows(this.#working(), working));
    const links = this.#links(order, quantity, price, over && !less);
    if (goesOn) nextAttempt(slot);
    else if (over) {
      working.working = false;
      this.#finish(slot);
    }
    const done = event.done && !goesOn;
    this.#say(order, done ? 'Filled' : 'PartiallyFilled', quantity, price);
    for (const other of links) if (other.working.working) this.#giveUp(other, 'Canceled', false);
    if (over && !goesOn) this.#endChildren(order);
    this.#correct(working, quantity, wanted);
  }

  /** What a fill does to the orders that hang on it. @returns those that it takes away */
  #links(
    { working }: OwnedOrder,
    quantity: number,
    price: number,
    complete: boolean,
  ): readonly OwnedOrder[] {
    if (!this.#linked) return [];
    const all = this.#working();
    const began = all.filter(({ waiting, parent }) => waiting && parent === working.id);
    const bar = this.#bars.length;
    const never = Number.POSITIVE_INFINITY;
    const after = afterFill(all, working, quantity, price, complete, 'inside', bar, never);
    // What opens a position is judged when it begins to work, as every other entry.
    for (const { id, reduceOnly } of began) {
      if (!reduceOnly) this.#size(this.#orders[id] as OwnedOrder);
    }
    return after.cancelled.map(({ id }) => this.#orders[id] as OwnedOrder);
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
    // What was sent with its entry is over; it is given when that has filled.
    else if (order.working.waiting) nextAttempt(slot);
    else if (state === 'Canceled' && !(this.#remaining(slot) > 0)) nextAttempt(slot);
    else if (state === 'Canceled' && this.#takenAlong(slot)) nextAttempt(slot);
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
      this.#endChildren(order);
    }
  }

  /** Some venues take an exit away with the other one, or with the rest of its entry: protection is given again. */
  #takenAlong({ order, partner }: Slot): boolean {
    const { reduceOnly, parent } = order.working;
    const entry = this.#orders[parent]?.slot;
    return reduceOnly && (partner?.dropped === true || entry?.dropped === true);
  }

  #finish(slot: Slot): void {
    slot.ended = true;
    this.#open.delete(slot);
  }

  /** Units that should still be filled; 0 where nothing is to work now. */
  #remaining(slot: Slot): number {
    const { working } = slot.order;
    if (slot.dropped || slot.ended) return 0;
    if (working.waiting) return this.#withEntry(working);
    const left = working.left();
    if (!working.reduceOnly) return left;
    const held = this.position;
    const against = held * (working.buys ? 1 : -1) < 0 ? Math.abs(held) : 0;
    if (against === 0 || this.#bars.length < slot.notBefore) return 0;
    // The whole position is leaving at the market: a stop beside it would sell it twice.
    if (working.type !== 'market' && this.#leaves(working)) return 0;
    const ready = Array.from(this.#open).filter(
      ({ dropped, notBefore }) => !dropped && this.#bars.length >= notBefore,
    );
    const others = ready.map(({ order }) => order.working);
    const free = Math.max(0, against - closedBefore(working, others, against));
    return Number.isNaN(left) ? free : Math.min(left, free);
  }

  /** Units of an exit that can be sent with its entry: as many as that. An entry that closes first has none. */
  #withEntry(exit: WorkingOrder): number {
    const { working, slot } = this.#orders[exit.parent] as OwnedOrder;
    if (!working.working || !goesWith(working, exit)) return 0;
    return this.position * (working.buys ? 1 : -1) < 0 ? 0 : this.#remaining(slot);
  }

  #leaves({ side }: WorkingOrder): boolean {
    for (const { order, dropped, notBefore } of this.#open) {
      const { type, side: other, waiting } = order.working;
      const waits = waiting || this.#bars.length < notBefore;
      if (type === 'market' && other === side && !dropped && !waits) return true;
    }
    return false;
  }

  /** After the strategy was called: orders that take the place of others, and what is told later. */
  #settle(): void {
    while (this.#deniedNow.length > 0) {
      const denied = this.#deniedNow.shift() as OwnedOrder;
      this.#say(denied, 'Denied', 0, Number.NaN);
      this.#endChildren(denied);
    }
    const given = this.#givenNow.filter(({ working }) => working.working);
    const dropped = this.#droppedNow;
    this.#givenNow = [];
    this.#droppedNow = [];
    const places = Array.from(this.#open, ({ order }) => order);
    const taken = successors(given, dropped, places);
    for (const [order, slot] of taken) {
      this.#finish(order.slot);
      slot.order = order;
      slot.dropped = false;
      order.slot = slot;
    }
    const fresh = given.filter((order) => !taken.has(order));
    const exits = fresh.filter(({ working }) => working.waiting);
    const [a, b] = exits.length > 0 ? exits : fresh;
    if (a !== undefined && b !== undefined && belongTogether(a.working, b.working)) {
      a.slot.partner = b.slot;
      b.slot.partner = a.slot;
    }
    if (this.#linked) pairUp(Array.from(this.#open, ({ order }) => order));
    // An exit of which nothing is left to close has nothing to do.
    for (const { order } of Array.from(this.#open)) {
      const { type, reduceOnly, buys, working, waiting } = order.working;
      const closes = this.position * (buys ? 1 : -1) < 0;
      if (type === 'market' && reduceOnly && working && !waiting && !closes) this.#drop(order);
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
    this.#purse.cash -= this.#worth(units, price) + commission;
    this.held = add(this.held, change);
    this.#lots.book(units, price, this.held === ZERO);
  }

  /** Money for units at a price. */
  #worth(units: number, price: number): number {
    return units * price * this.#costs.terms.multiplier;
  }

  #say({ working }: OwnedOrder, state: OrderState, quantity: number, price: number): void {
    const { id, side, tag } = working;
    this.#strategy.onOrder?.({ order: id, state, side, quantity, price, tag }, this.#context);
  }
}

import type { BacktestSettings, SessionColumns, SizeRule } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import type { OrderState } from '../domain/order.ts';
import type { Account } from './account.ts';
import type { Costs } from './costs/costs.ts';
import { onTick, putOnTicks } from './costs/costs.ts';
import { DoubtLog } from './matching/doubts.ts';
import { OrderBook, type FillHost } from './matching/order-book.ts';
import { pricesOf, startTrailing } from './matching/prices.ts';
import { amendOrder, bracketLegs, orderFrom } from './matching/requests.ts';
import type { Moment, WorkingOrder } from './matching/working-order.ts';
import type { OrderLog } from './order-log.ts';
import type { Position } from './position.ts';
import { sessionsOf } from './sessions.ts';
import { orderUnits } from './sizing.ts';
import type { Bracket, BracketRequest, OrderChange, OrderRequest } from './strategy.ts';

/** A part of what was asked for that is rounding only. */
const ROUNDING = 1e-9;

/** What a desk trades, and under which rules. */
export interface DeskTerms {
  readonly bars: BarColumns;
  readonly settings: BacktestSettings;
  readonly size: SizeRule;
  readonly costs: Costs;
  readonly sessions: SessionColumns | undefined;
  /** Row of the instrument, in a portfolio. */
  readonly instrument: number;
}

/**
 * The orders and the position of one instrument: takes orders, has the book decide what fills, and
 * carries fills out. The account around it keeps the money.
 */
export class Desk implements FillHost {
  readonly book: OrderBook;
  readonly position: Position;
  readonly log: OrderLog;
  readonly costs: Costs;
  readonly doubts = new DoubtLog();
  readonly instrument: number;
  /** The bar that is being matched; a strategy is a bar behind until its close. */
  bar = -1;
  /** Number under which this moment is recorded: the bar, or in a portfolio the moment. */
  stamp = -1;
  /** Sum of all commissions, in the instrument's money. */
  commissionPaid = 0;
  /** Units that the bar's volume still allows. */
  capacity = Number.POSITIVE_INFINITY;
  private readonly account: Account;
  private readonly bars: BarColumns;
  private readonly settings: BacktestSettings;
  private readonly size: SizeRule;
  private given: SessionColumns | undefined;
  private moment: Moment = 'close';
  private timed = false;
  private groups = 0;

  constructor(account: Account, terms: DeskTerms, log: OrderLog, position: Position) {
    this.account = account;
    this.bars = terms.bars;
    this.settings = terms.settings;
    this.size = terms.size;
    this.costs = terms.costs;
    this.given = terms.sessions;
    this.instrument = terms.instrument;
    this.log = log;
    this.position = position;
    this.book = new OrderBook(this, this.doubts);
  }

  /** Begins a bar. Volume that is not a number is none. */
  begin(bar: number, stamp: number): void {
    this.bar = bar;
    this.stamp = stamp;
    const { volumeLimit } = this.settings;
    if (volumeLimit !== undefined) {
      const volume = this.bars.volume[bar] as number;
      this.capacity = volume > 0 && volume < Infinity ? volumeLimit * volume : 0;
    }
  }

  /** Ends orders whose time was over before this bar. */
  expire(): void {
    if (!this.timed || this.book.count === 0) return;
    const { bar } = this;
    const day = this.sessions().day[bar] as number;
    this.book.expireBefore(bar, this.bars.time[bar] as number, day);
  }

  /** Fills at the open of the bar. */
  matchOpen(): void {
    const { bar } = this;
    if (this.book.count === 0) {
      this.book.last = this.bars.open[bar] as number;
      return;
    }
    const opening = this.timed && this.sessions().first[bar] === 1;
    this.moment = 'open';
    this.book.matchPrice(bar, this.bars.open[bar] as number, opening);
    this.moment = 'close';
  }

  /** Fills inside the bar, on its finer bars where there are any and they are needed. */
  matchInside(finer?: BarColumns, from = 0, to = 0): void {
    if (this.book.count === 0) return;
    const { bar } = this;
    const prices = pricesOf(this.bars, this.bar);
    this.moment = 'inside';
    const played = finer !== undefined && this.book.replay(bar, prices, finer, from, to);
    if (!played) this.book.matchRange(bar, prices);
    this.moment = 'close';
  }

  /** The first half of what `matchInside` does, and the second, for accounts of several desks. */
  matchStops(): void {
    if (this.book.count === 0) return;
    this.moment = 'inside';
    this.book.matchStops(this.bar, pricesOf(this.bars, this.bar));
    this.moment = 'close';
  }

  matchRest(): void {
    if (!this.book.halfway) return;
    this.moment = 'inside';
    this.book.matchRest(this.bar, pricesOf(this.bars, this.bar));
    this.moment = 'close';
  }

  /** Fills orders for the close and ends day orders, where a session ends. */
  matchSessionClose(): void {
    if (!this.timed || this.book.count === 0) return;
    const { bar } = this;
    const { last, day } = this.sessions();
    if (last[bar] !== 1) return;
    this.book.matchClose(bar, this.bars.close[bar] as number, true, false);
    this.book.expireAfter(day[bar] as number);
  }

  /** Fills market orders at the close that gave them, where the run asks for it. */
  matchClose(): void {
    if (this.book.count === 0) return;
    const { bar } = this;
    const closing = this.timed && this.sessions().last[bar] === 1;
    this.book.matchClose(bar, this.bars.close[bar] as number, closing, true);
  }

  /** The close is known: orders that trail begin at it. */
  mark(price: number): void {
    this.book.last = price;
  }

  submit(request: OrderRequest, trimmed = false): number {
    const id = this.log.count;
    const order = orderFrom(id, request);
    order.trimmed = trimmed;
    putOnTicks(order, this.costs.terms.tickSize);
    if (order.parent >= 0) {
      const parent = this.book.find(order.parent);
      if (parent === undefined) {
        throw new RenataError(
          'STRATEGY_FAILED',
          `The strategy gave an order that cannot work: its parent ${order.parent} does not work any more.`,
        );
      }
      order.waiting = true;
      order.follows = request.quantity === undefined;
    }
    this.join(order, request.oco);
    order.from = this.bar + 1;
    order.inside = this.moment === 'open' ? this.bar : this.bar + 1;
    order.closing = order.inside;
    if (!order.waiting) startTrailing(order, this.book.last);
    if (order.timed) {
      this.timed = true;
      if (this.moment === 'open' && !order.waiting) this.beginSession(order);
    }
    this.log.add(order, this.stamp, this.instrument);
    this.book.add(order);
    return id;
  }

  bracket(request: BracketRequest): Bracket {
    const { entry, stop, target } = bracketLegs(request);
    const parent = this.submit(entry);
    const first = stop === null ? -1 : this.submit({ ...stop, parent });
    const other = first < 0 ? {} : { oco: first };
    const second = target === null ? -1 : this.submit({ ...target, parent, ...other });
    return { entry: parent, stopLoss: first, takeProfit: second };
  }

  amend(id: number, change: OrderChange): boolean {
    const order = this.book.find(id);
    if (order === undefined) return false;
    amendOrder(order, change);
    if (order.quantity < order.filled) order.quantity = order.filled;
    if (change.quantity !== undefined) order.follows = false;
    putOnTicks(order, this.costs.terms.tickSize);
    // A new price cannot have been met inside a bar before it was given.
    if (this.moment === 'inside') {
      order.inside = this.bar + 1;
      order.finer = Number.POSITIVE_INFINITY;
    }
    this.log.update(order);
    if (order.left() <= 0) this.end(order, order.filled > 0 ? 'Filled' : 'Canceled');
    return true;
  }

  cancel(id: number): void {
    const order = this.book.find(id);
    if (order !== undefined) this.end(order, 'Canceled');
  }

  cancelAll(): void {
    for (const order of this.book.orders.slice()) if (order.working) this.end(order, 'Canceled');
  }

  /** Takes all orders away and gives one that closes the position at the next price there is. */
  abandon(tag: string): void {
    this.cancelAll();
    const { units } = this.position;
    if (units !== 0) this.submit({ side: units > 0 ? 'sell' : 'buy', reduceOnly: true, tag });
  }

  reached(high: number, low: number): void {
    this.account.reached(this, high, low);
  }

  execute(order: WorkingOrder, price: number, moment: Moment, maker: boolean): void {
    if (order.left() <= 0) return;
    const { costs, account, bar } = this;
    const against = this.position.against(order);
    if (order.reduceOnly && against === 0) {
      this.end(order, 'Canceled');
      return;
    }
    const direction = order.buys ? 1 : -1;
    let paid = order.limited ? price : costs.slipped(price, order.buys, 0, bar);
    let quantity = this.wanted(order, paid, against);
    if (costs.sized && !order.limited) {
      paid = costs.slipped(price, order.buys, Math.min(quantity, this.capacity), bar);
      quantity = this.wanted(order, paid, against);
    }
    if (order.trimmed) {
      const most = costs.lots(account.most(this, order, paid));
      // What rounding leaves of the money buys nothing.
      if (most < quantity) quantity = most > quantity * ROUNDING ? most : 0;
    }
    if (!(quantity > 0)) {
      this.end(order, order.filled > 0 ? 'Canceled' : 'Denied');
      return;
    }
    let part = quantity;
    if (part > this.capacity) {
      part = order.timeInForce === 'fok' ? 0 : costs.lots(this.capacity);
      // What no volume is left for waits.
      if (!(part > 0)) return;
    }
    const commission = costs.fee(order, part, paid, bar, maker);
    if (!account.permits(this, direction * part, paid, commission)) {
      this.end(order, order.filled > 0 ? 'Canceled' : 'Denied');
      return;
    }
    if (part < quantity && !order.reduceOnly && Number.isNaN(order.quantity)) {
      order.quantity = quantity;
    }
    this.carryOut(order, part, paid, moment, maker, part === quantity);
  }

  end(order: WorkingOrder, state: OrderState): void {
    this.book.remove(order);
    this.costs.forget(order.id);
    this.log.end(order.id, this.stamp, state);
    this.tell(order, state, 0, Number.NaN);
    this.endChildren(order);
  }

  /** An order was changed from outside: puts it on ticks and records it. */
  changed(order: WorkingOrder): void {
    putOnTicks(order, this.costs.terms.tickSize);
    this.log.update(order);
  }

  /** Takes all orders away and closes the position, or units of it, whatever volume and margin say. */
  liquidate(
    price: number,
    moment: Moment,
    tag: string,
    quantity = Math.abs(this.position.units),
  ): void {
    this.cancelAll();
    if (!(quantity > 0)) return;
    const { costs } = this;
    const side = this.position.units > 0 ? 'sell' : 'buy';
    const order = orderFrom(this.log.count, { side, reduceOnly: true, tag });
    this.log.add(order, this.stamp, this.instrument);
    this.book.last = price;
    const paid = costs.slipped(price, order.buys, quantity, this.bar);
    const onTheTick = onTick(paid, costs.terms.tickSize, order.buys);
    this.carryOut(order, quantity, onTheTick, moment, false, true);
  }

  private carryOut(
    order: WorkingOrder,
    quantity: number,
    price: number,
    moment: Moment,
    maker: boolean,
    complete: boolean,
  ): void {
    const { bar, stamp, account } = this;
    const change = order.buys ? quantity : -quantity;
    const commission = this.costs.charge(order, quantity, price, bar, maker);
    account.settle(this, change, price, commission);
    this.commissionPaid += commission;
    this.position.change(order, change, price, commission, moment, bar);
    order.filled += quantity;
    order.notional += quantity * price;
    order.fees += commission;
    order.filledBar = bar;
    if (this.capacity !== Infinity) this.capacity -= quantity;
    const done = complete && !this.mayGrow(order);
    this.log.fill(order, stamp, quantity, price, commission, done);
    if (done) {
      this.book.remove(order);
      this.costs.forget(order.id);
    }
    if (this.book.count === 0) {
      this.tell(order, 'Filled', quantity, price);
      return;
    }
    const after = this.book.filled(order, quantity, price, complete, moment, bar);
    for (const other of after.changed) {
      putOnTicks(other, this.costs.terms.tickSize);
      if (other.timed) {
        this.timed = true;
        if (moment !== 'close' && other.parent === order.id) this.beginSession(other);
      }
      this.log.update(other);
    }
    this.tell(order, done ? 'Filled' : 'PartiallyFilled', quantity, price);
    for (const other of after.cancelled) if (other.working) this.end(other, 'Canceled');
    if (done) this.endChildren(order);
  }

  /** The session of this bar is the one that an order has come to work in. */
  private beginSession(order: WorkingOrder): void {
    if (Number.isNaN(order.session)) order.session = this.sessions().day[this.bar] as number;
  }

  /** A child that follows its parent is done only when the parent is. */
  private mayGrow(order: WorkingOrder): boolean {
    return order.follows && order.parent >= 0 && this.book.find(order.parent) !== undefined;
  }

  private endChildren(order: WorkingOrder): void {
    for (const child of this.book.endedWith(order)) {
      if (!child.working) continue;
      this.end(child, child.filled > 0 ? 'Filled' : 'Canceled');
    }
  }

  /** Units to fill: what was asked for, or the size rule's entry after closing what is held against it. */
  private wanted(order: WorkingOrder, price: number, against: number): number {
    const equity = (): number => this.account.equityAt(this, price);
    return orderUnits(order, this.size, this.costs, equity, price, this.bar, against);
  }

  private join(order: WorkingOrder, other: number | undefined): void {
    if (other === undefined) return;
    const found = this.book.find(other);
    if (found === undefined) {
      throw new RenataError(
        'STRATEGY_FAILED',
        `The strategy gave an order that cannot work: order ${other}, of which it is the other one, does not work any more.`,
      );
    }
    if (found.group === 0) {
      this.groups += 1;
      found.group = this.groups;
      this.log.update(found);
    }
    order.group = found.group;
  }

  private sessions(): SessionColumns {
    this.given ??= sessionsOf(this.bars.time);
    return this.given;
  }

  private tell(order: WorkingOrder, state: OrderState, quantity: number, price: number): void {
    const { id, side, tag } = order;
    this.account.tell(this, { order: id, state, side, quantity, price, tag });
  }
}

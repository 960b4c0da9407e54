import type { BarColumns } from '../../domain/bar.ts';
import type { OrderState } from '../../domain/order.ts';
import { Doubts, type DoubtLog } from './doubts.ts';
import { afterFill, endedWith, type Consequences } from './contingencies.ts';
import { expireAfter, expireBefore } from './expiry.ts';
import {
  better,
  limitReached,
  priceInside,
  reachedAfter,
  stopReached,
  touched,
  trail,
  trigger,
  worse,
  type Prices,
} from './prices.ts';
import { Sequence } from './sequence.ts';
import type { Moment, WorkingOrder } from './working-order.ts';

/** Who carries out what the book decides: sizes, money and records are not its business. */
export interface FillHost {
  /** Fills as much of an order as may be at this price. `maker`: it had waited in the market for it. */
  execute(order: WorkingOrder, price: number, moment: Moment, maker: boolean): void;
  /** Ends an order that is not to be filled any more. */
  end(order: WorkingOrder, state: OrderState): void;
  /** The market was at these prices, or could have been: told at finer opens, after stops and after limits. */
  reached(high: number, low: number): void;
}

/**
 * The working orders of one instrument and the decision which of them a price or a bar fills, by the
 * rules of docs/fill-rules.md. A single price (`matchPrice`) serves opens, quotes and trades alike.
 */
export class OrderBook {
  /** In the order they were given. */
  readonly orders: WorkingOrder[] = [];
  /** The last price that is known: orders that trail begin at it. */
  last = Number.NaN;
  /** Finer bar that is replayed; -1 without. */
  finerBar = -1;
  private readonly host: FillHost;
  private readonly doubts: Doubts;
  private matching = 0;
  private ended = false;
  /** The open of a finer bar is being matched: what it sets to work has that bar before it. */
  private atFinerOpen = false;
  /** What is still to be filled of the range that is matched; null while none is. */
  private rest: Sequence | null = null;
  private doubtful = false;

  constructor(host: FillHost, doubts: DoubtLog) {
    this.host = host;
    this.doubts = new Doubts(doubts);
  }

  get count(): number {
    return this.orders.length;
  }

  add(order: WorkingOrder): void {
    this.orders.push(order);
  }

  find(id: number): WorkingOrder | undefined {
    return this.orders.find((order) => order.id === id && order.working);
  }

  /** Takes an order out. While the book is matched its place is kept until the end. */
  remove(order: WorkingOrder): void {
    order.working = false;
    if (this.matching > 0) {
      this.ended = true;
      return;
    }
    const at = this.orders.indexOf(order);
    if (at >= 0) this.orders.splice(at, 1);
  }

  /** Changes the orders that hang on a filled one. */
  filled(
    order: WorkingOrder,
    quantity: number,
    price: number,
    complete: boolean,
    moment: Moment,
    bar: number,
  ): Consequences {
    const { orders, finerBar } = this;
    const finer = this.atFinerOpen ? finerBar - 1 : finerBar;
    return afterFill(
      orders,
      order,
      quantity,
      price,
      complete,
      moment,
      bar,
      finerBar < 0 ? Number.POSITIVE_INFINITY : finer,
    );
  }

  /** Children that end with an order. */
  endedWith(order: WorkingOrder): readonly WorkingOrder[] {
    return this.orders.length === 0 ? [] : endedWith(this.orders, order);
  }

  /**
   * What one price fills: the open of a bar, a quote or a trade.
   * @param opening the first price of a session, at which orders for the open are filled
   */
  matchPrice(bar: number, price: number, opening: boolean): void {
    this.last = price;
    this.matching += 1;
    const count = this.orders.length;
    for (let i = 0; i < count; i += 1) {
      const order = this.orders[i] as WorkingOrder;
      if (order.working && !order.waiting && order.from <= bar) {
        this.atPrice(order, price, opening, order.from < bar);
      }
    }
    // What a fill at this price has set to work may find it good enough at once; market orders wait.
    for (let i = 0; i < this.orders.length; i += 1) {
      const order = this.orders[i] as WorkingOrder;
      const fresh = order.working && !order.waiting && order.from > bar && order.inside <= bar;
      if (fresh && order.type !== 'market') this.atPrice(order, price, false, false);
    }
    this.endMatching();
  }

  /**
   * What the range of a bar fills after its open: stops, then limits, because the path is not known and
   * the worse one is taken; then the stops that a favourable price has moved.
   */
  matchRange(bar: number, prices: Prices): void {
    this.matchStops(bar, prices);
    this.host.reached(prices.high, prices.low);
    this.matchRest(bar, prices);
    this.host.reached(prices.high, prices.low);
  }

  /** The first half of a range, for accounts that look at several instruments between the two. */
  matchStops(bar: number, prices: Prices): void {
    this.matching += 1;
    this.doubtful = this.doubts.look(this.orders, bar, prices);
    this.rest = this.fillStops(bar, prices);
  }

  /** Whether the second half of a range is still to come. */
  get halfway(): boolean {
    return this.rest !== null;
  }

  /** The second half; nothing where the first was not asked for. */
  matchRest(bar: number, prices: Prices): void {
    if (this.rest === null) return;
    this.fillRest(this.rest, bar, prices);
    this.rest = null;
    if (this.doubtful) this.doubts.note(bar, prices);
    this.endMatching();
  }

  /**
   * The same where finer bars show the path; false when this bar needs none of them, or has none.
   * @param from first of the finer bars of this bar; `to` is the first after them
   */
  replay(bar: number, prices: Prices, finer: BarColumns, from: number, to: number): boolean {
    if (from >= to || !this.doubts.look(this.orders, bar, prices)) return false;
    this.matching += 1;
    for (let k = from; k < to; k += 1) {
      const { open, high, low, close } = finer;
      const step: Prices = {
        open: open[k] as number,
        high: high[k] as number,
        low: low[k] as number,
        close: close[k] as number,
      };
      const sum = step.open + step.high + step.low + step.close;
      if (sum - sum !== 0) continue;
      this.finerBar = k;
      this.last = step.open;
      this.atFinerOpen = true;
      for (let i = 0; i < this.orders.length; i += 1) {
        const order = this.orders[i] as WorkingOrder;
        if (order.type !== 'market' && this.takesPart(order, bar)) {
          this.atPrice(order, step.open, false, true);
        }
      }
      this.atFinerOpen = false;
      this.host.reached(step.open, step.open);
      const doubtful = this.doubts.look(this.orders, bar, step, k);
      const rest = this.fillStops(bar, step);
      this.host.reached(step.high, step.low);
      this.fillRest(rest, bar, step);
      this.host.reached(step.high, step.low);
      if (doubtful) this.doubts.note(bar, step);
    }
    this.finerBar = -1;
    this.endMatching();
    return true;
  }

  /** Orders for the close, at the last close of a session; with `market`, market orders at any close. */
  matchClose(bar: number, price: number, closing: boolean, market: boolean): void {
    this.last = price;
    this.matching += 1;
    const count = this.orders.length;
    for (let i = 0; i < count; i += 1) {
      const order = this.orders[i] as WorkingOrder;
      if (!order.working || order.waiting) continue;
      const { type } = order;
      if (market && type === 'market') {
        this.host.execute(order, price, 'close', false);
        if (order.working && order.atOnce) this.host.end(order, 'Canceled');
      } else if (closing && (market || order.closing <= bar)) {
        if (type === 'market_on_close') this.host.execute(order, price, 'close', false);
        if (type === 'limit_on_close' && limitReached(order, price, price)) {
          this.host.execute(order, price, 'close', false);
        }
        const wasForClose = type === 'market_on_close' || type === 'limit_on_close';
        if (wasForClose && order.working) this.host.end(order, 'Expired');
      }
    }
    this.endMatching();
  }

  /** Ends what was good for a session that is over, or until a time that has come, before a bar. */
  expireBefore(bar: number, time: number, day: number): void {
    this.matching += 1;
    expireBefore(this.orders, this.host, bar, time, day);
    this.endMatching();
  }

  /** Ends day orders at the last close of their session. */
  expireAfter(day: number): void {
    this.matching += 1;
    expireAfter(this.orders, this.host, day);
    this.endMatching();
  }

  private takesPart(order: WorkingOrder, bar: number): boolean {
    if (!order.working || order.waiting) return false;
    return order.inside <= bar || order.finer <= this.finerBar;
  }

  private atPrice(order: WorkingOrder, price: number, opening: boolean, waited: boolean): void {
    const { host } = this;
    const moment: Moment = this.finerBar < 0 ? 'open' : 'inside';
    const wasTriggered = order.triggered;
    switch (order.type) {
      case 'market':
        host.execute(order, price, moment, false);
        break;
      case 'limit':
        if (limitReached(order, price, price)) host.execute(order, price, moment, waited);
        break;
      case 'stop':
      case 'trailing_stop':
        if (order.triggered || stopReached(order, price, price)) {
          order.triggered = true;
          host.execute(order, price, moment, false);
        } else if (order.trails) trail(order, price);
        break;
      case 'stop_limit':
      case 'trailing_stop_limit':
        if (!order.triggered && stopReached(order, price, price)) trigger(order);
        else if (!order.triggered && order.trails) trail(order, price);
        if (order.triggered && limitReached(order, price, price)) {
          host.execute(order, price, moment, wasTriggered && waited);
        }
        break;
      case 'market_if_touched':
      case 'limit_if_touched':
        if (touched(order, price, price)) order.triggered = true;
        if (order.triggered && (!order.limited || limitReached(order, price, price))) {
          host.execute(order, price, moment, order.limited && wasTriggered && waited);
        }
        break;
      case 'market_on_open':
      case 'limit_on_open':
        if (!opening) return;
        if (!order.limited || limitReached(order, price, price)) {
          host.execute(order, price, moment, false);
        }
        if (order.working) host.end(order, 'Expired');
        return;
      case 'market_on_close':
      case 'limit_on_close':
        return;
    }
    const due = order.triggered || order.type === 'market' || order.type === 'limit';
    if (order.atOnce && due && order.working) host.end(order, 'Canceled');
  }

  /** Fills stops and what lies on the way to them. @returns what the range reaches besides */
  private fillStops(bar: number, prices: Prices): Sequence {
    const sequence = new Sequence(this.orders, prices, (order) => this.takesPart(order, bar));
    this.fillNext(sequence, true, bar, prices);
    return sequence;
  }

  private fillRest(sequence: Sequence, bar: number, prices: Prices): void {
    this.fillNext(sequence, false, bar, prices);
    this.moveTriggers(bar, prices);
  }

  private fillNext(sequence: Sequence, stops: boolean, bar: number, prices: Prices): void {
    const { open, high, low } = prices;
    for (let order = sequence.next(stops); order !== undefined; order = sequence.next(stops)) {
      const price = priceInside(order, open, high, low);
      if (price === undefined) continue;
      this.fillInside(order, price, bar, prices, !order.stops && order.limited);
    }
  }

  /** Limits behind a stop work from the next bar on, because the path after the trigger is not known. */
  private moveTriggers(bar: number, { high, low, close }: Prices): void {
    const { orders } = this;
    for (let i = 0; i < orders.length; i += 1) {
      const order = orders[i] as WorkingOrder;
      if (order.triggered || !this.takesPart(order, bar)) continue;
      if (order.stopsLimited) {
        if (stopReached(order, high, low)) trigger(order);
      } else if (order.type === 'limit_if_touched') {
        if (touched(order, high, low)) order.triggered = true;
      }
      if (!order.trails || order.triggered) continue;
      trail(order, order.buys ? low : high);
      // A close beyond the level that the best price left behind has gone through it.
      if (!stopReached(order, close, close)) continue;
      trigger(order);
      if (order.stops) this.fillOnce(order, order.stopPrice, false);
    }
  }

  private fillOnce(order: WorkingOrder, price: number, maker: boolean): boolean {
    const before = order.filled;
    this.last = price;
    this.host.execute(order, price, 'inside', maker);
    if (order.working && order.atOnce) this.host.end(order, 'Canceled');
    return order.filled > before;
  }

  private fillInside(
    order: WorkingOrder,
    price: number,
    bar: number,
    prices: Prices,
    maker: boolean,
  ): void {
    if (order.stops || order.type === 'market_if_touched') order.triggered = true;
    if (order.atOnce && order.type === 'limit') return;
    if (this.fillOnce(order, price, maker)) this.fillChildren(order, price, bar, prices);
  }

  /**
   * Children of an order that was filled inside a bar were in the market with it: a stop that the bar
   * reaches is taken to have been hit after the entry, a target only when every path leads there.
   */
  private fillChildren(parent: WorkingOrder, entry: number, bar: number, prices: Prices): void {
    const { open, high, low, close } = prices;
    const { orders } = this;
    for (let i = 0; i < orders.length; i += 1) {
      const order = orders[i] as WorkingOrder;
      if (order.parent !== parent.id || !order.working || order.waiting) continue;
      if (order.inside <= bar || order.triggered) continue;
      if (!order.stops && !order.stopsLimited) continue;
      if (!stopReached(order, high, low)) continue;
      trigger(order);
      if (order.stops) this.fillOnce(order, worse(order, entry, order.stopPrice), false);
    }
    for (let i = 0; i < orders.length; i += 1) {
      const order = orders[i] as WorkingOrder;
      if (order.parent !== parent.id || !order.working || order.waiting) continue;
      if (order.inside <= bar || order.type !== 'limit') continue;
      const { limitPrice } = order;
      if (!limitReached(order, high, low)) continue;
      const passed = limitReached(order, entry, entry);
      if (passed || reachedAfter(open, entry, limitPrice, close)) {
        this.fillOnce(order, better(order, entry, limitPrice), !passed);
      }
    }
  }

  private endMatching(): void {
    this.matching -= 1;
    if (this.matching > 0 || !this.ended) return;
    this.ended = false;
    let kept = 0;
    for (const order of this.orders) {
      if (!order.working) continue;
      this.orders[kept] = order;
      kept += 1;
    }
    this.orders.length = kept;
  }
}

import { toNumber } from '../../../engine/domain/decimal.ts';
import type { OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { BarTick } from '../../../engine/domain/market-data.ts';
import type { OrderState } from '../../../engine/domain/order.ts';
import { DoubtLog } from '../../../engine/backtest/matching/doubts.ts';
import { OrderBook, type FillHost } from '../../../engine/backtest/matching/order-book.ts';
import { startTrailing } from '../../../engine/backtest/matching/prices.ts';
import { WorkingOrder } from '../../../engine/backtest/matching/working-order.ts';

/** What the matching decides; money and reports are the venue's business. */
export interface MatchingEvents {
  /** @returns units that were filled: fewer than asked for where there is no more to be had */
  readonly fill: (id: number, quantity: number, price: number, maker: boolean) => number;
  readonly end: (id: number, state: OrderState) => void;
  /** An exit begins to work, or its quantity follows its entry. */
  readonly changed: (id: number, quantity: number) => void;
  /** A stop has been reached, or a trailing one has moved. */
  readonly moved: (id: number, stopPrice: number, triggered: boolean) => void;
}

/** Bids and asks, or one price for both sides. */
export interface Sides {
  readonly bid: number;
  readonly ask: number;
}

/**
 * The orders of one instrument on the backtest's own book: the same code decides what fills, by the rules
 * of docs/fill-rules.md. A quote is a price for each side; a trade is one for both; a closed bar is matched
 * as a backtest matches it, its open first.
 */
export class Matching {
  readonly #book: OrderBook;
  readonly #events: MatchingEvents;
  /** Counts prices as a backtest counts bars. */
  #step = 0;
  #day = 0;

  constructor(events: MatchingEvents) {
    this.#events = events;
    const host: FillHost = {
      execute: (order, price, moment, maker) => {
        const wanted = order.left();
        if (!(wanted > 0)) return;
        const filled = events.fill(order.id, wanted, price, maker);
        if (!(filled > 0)) return;
        order.filled += filled;
        const complete = order.left() <= 1e-12 * order.quantity;
        if (complete) this.#book.remove(order);
        const { changed, cancelled } = this.#book.filled(
          order,
          filled,
          price,
          complete,
          moment,
          this.#step,
        );
        for (const other of changed) events.changed(other.id, other.quantity);
        for (const other of cancelled) this.#end(other, 'Canceled');
        if (!complete && order.timeInForce === 'fok') this.#end(order, 'Canceled');
      },
      end: (order, state) => this.#end(order, state),
      reached: () => undefined,
    };
    this.#book = new OrderBook(host, new DoubtLog());
  }

  get count(): number {
    return this.#book.count;
  }

  /** @param group number of the group that takes each other away; 0 for none */
  add(
    id: number,
    { terms }: Pick<OrderIntent, 'terms'>,
    parent: number,
    group: number,
    filled = 0,
  ): void {
    const order = new WorkingOrder({
      id,
      side: terms.side,
      type: terms.type,
      // The venue looks after positions itself.
      reduceOnly: false,
      tag: '',
      timeInForce: terms.timeInForce,
      goodTill: terms.goodTill ?? Number.NaN,
      parent,
    });
    order.group = group;
    order.filled = filled;
    applyTerms(order, terms);
    order.waiting =
      parent >= 0 && this.#book.orders.some((other) => other.id === parent && other.filled === 0);
    order.follows = parent >= 0;
    // It takes part in everything that comes after it was given.
    order.from = this.#step + 1;
    order.inside = this.#step + 1;
    order.closing = this.#step + 1;
    const trails = order.trails && !order.waiting;
    if (trails && !Number.isNaN(this.#book.last)) startTrailing(order, this.#book.last);
    this.#book.add(order);
  }

  /** Sets an order back to where it was before a restart. */
  restore(
    id: number,
    state: { readonly stopPrice: number | null; readonly triggered: boolean },
  ): void {
    const order = this.#book.find(id);
    if (order === undefined) return;
    if (state.stopPrice !== null) order.stopPrice = state.stopPrice;
    order.triggered = state.triggered;
  }

  amend(id: number, terms: OrderTerms): void {
    const order = this.#book.find(id);
    if (order !== undefined) applyTerms(order, terms);
  }

  cancel(id: number): void {
    const order = this.#book.find(id);
    if (order !== undefined) this.#end(order, 'Canceled');
  }

  /** A quote or a trade: buys meet the ask, sells the bid. */
  onPrices({ bid, ask }: Sides, opening: boolean): void {
    this.#step += 1;
    if (bid === ask) {
      this.#book.matchPrice(this.#step, ask, opening);
    } else {
      this.#matchSide(true, ask, opening);
      this.#matchSide(false, bid, opening);
    }
    this.#tellMoves();
  }

  /** A closed bar: what a backtest does between two closes. */
  onBar(bar: Pick<BarTick, 'open' | 'high' | 'low' | 'close'>, opening: boolean): void {
    this.#step += 1;
    this.#book.matchPrice(this.#step, bar.open, opening);
    this.#book.matchRange(this.#step, bar);
    this.#tellMoves();
  }

  /** The last price of a session, for orders on the close. */
  onClose(price: number): void {
    this.#step += 1;
    this.#book.matchClose(this.#step, price, true, false);
  }

  /** Ends orders whose time or session is over. @param day session as milliseconds of its date; NaN while closed */
  expire(now: number, day: number): void {
    if (!Number.isNaN(day)) this.#day = day;
    this.#book.expireBefore(this.#step + 1, now, this.#day);
  }

  /** Ends day orders of the session that is over, those as well that were given after its last price. */
  endOfSession(): void {
    // Before the first price nothing has begun that could be over.
    if (this.#day === 0) return;
    this.#book.expireBefore(this.#step + 1, Number.NEGATIVE_INFINITY, this.#day);
    this.#book.expireAfter(this.#day);
  }

  /** Orders of one side alone see a price: the others have no part in it. */
  #matchSide(buys: boolean, price: number, opening: boolean): void {
    const others = this.#book.orders.filter((order) => order.buys !== buys);
    const before = others.map(({ from, inside }) => ({ from, inside }));
    for (const order of others) {
      order.from = Number.POSITIVE_INFINITY;
      order.inside = Number.POSITIVE_INFINITY;
    }
    this.#book.matchPrice(this.#step, price, opening);
    others.forEach((order, i) => {
      // One that was set to work meanwhile keeps what it was given.
      if (order.from === Number.POSITIVE_INFINITY) order.from = before[i]?.from ?? 0;
      if (order.inside === Number.POSITIVE_INFINITY) order.inside = before[i]?.inside ?? 0;
    });
  }

  #tellMoves(): void {
    for (const order of this.#book.orders) {
      if (order.working && (order.trails || order.triggered)) {
        this.#events.moved(order.id, order.stopPrice, order.triggered);
      }
    }
  }

  #end(order: WorkingOrder, state: OrderState): void {
    if (!order.working) return;
    this.#book.remove(order);
    this.#events.end(order.id, state);
    for (const child of this.#book.endedWith(order)) this.#end(child, 'Canceled');
  }
}

function applyTerms(order: WorkingOrder, terms: OrderTerms): void {
  order.quantity = toNumber(terms.quantity);
  order.limitPrice = numberOr(terms.limitPrice, order.limitPrice);
  order.stopPrice = numberOr(terms.stopPrice, order.stopPrice);
  order.trailAmount = numberOr(terms.trailAmount, order.trailAmount);
  order.trailPercent = numberOr(terms.trailPercent, order.trailPercent);
  order.limitOffset = numberOr(terms.limitOffset, order.limitOffset);
}

function numberOr(
  value: OrderTerms['limitPrice'] | OrderTerms['trailPercent'],
  otherwise: number,
): number {
  return value === undefined ? otherwise : toNumber(value);
}

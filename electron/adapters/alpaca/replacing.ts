import {
  add,
  compare,
  isPositive,
  subtract,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import type { ClientOrderId } from '../../../engine/domain/identifiers.ts';
import type { OrderAmendment, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderReport } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { OrderBooks } from './books.ts';
import { replacementName } from './groups.ts';
import type { OrdersApi, Replacement } from './orders-api.ts';
import type { AlpacaOrder, AlpacaUpdate } from './schemas.ts';
import { isFractional, notSent } from './words.ts';

type Outcome = { readonly done: boolean; readonly reason: string };

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
}

/** Milliseconds in which the stream confirms a replacement; after that Alpaca is asked. */
const CONFIRMATION = 4000;
/** States in which Alpaca replaces an order. */
const REPLACEABLE: ReadonlySet<string> = new Set(['new', 'partially_filled', 'held']);

/**
 * Changes orders. At Alpaca another order takes the place of the first: that the request was taken says
 * only that it is tried, so the answer is what the stream tells of both, or what they are when asked.
 */
export class Replacing {
  readonly #api: OrdersApi;
  readonly #books: OrderBooks;
  readonly #context: AdapterContext;
  readonly #confirmation: number;
  readonly #emit: (report: OrderReport) => void;
  /** By the names of the old order and of its replacement. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: {
    readonly api: OrdersApi;
    readonly books: OrderBooks;
    readonly context: AdapterContext;
    readonly confirmation: number | undefined;
    readonly emit: (report: OrderReport) => void;
  }) {
    this.#api = options.api;
    this.#books = options.books;
    this.#context = options.context;
    this.#confirmation = options.confirmation ?? CONFIRMATION;
    this.#emit = options.emit;
  }

  /** Hears every update of the stream. */
  onUpdate({ event, order, reason }: AlpacaUpdate): void {
    const settle = (id: string, outcome: Outcome): void => {
      this.#waiting.get(id)?.resolve(outcome);
    };
    if (event === 'order_replace_rejected' || order.status === 'rejected') {
      settle(order.id, { done: false, reason: reason ?? 'the exchange refused it' });
    } else if (order.status === 'replaced') {
      settle(order.id, { done: true, reason: '' });
    } else if (order.replaces !== null && WORKS.has(order.status)) {
      settle(order.replaces, { done: true, reason: '' });
    }
  }

  async amend(
    current: AlpacaOrder,
    ours: ClientOrderId,
    terms: OrderTerms,
    change: OrderAmendment,
  ): Promise<void> {
    if (!REPLACEABLE.has(current.status)) {
      throw notSent(
        `Alpaca changes an order only while it works at the exchange; it is ${current.status}.`,
      );
    }
    const before = add(await this.#books.filledBefore(current), current.filled_qty);
    const body: Replacement = {
      client_order_id: replacementName(nameOf(current, ours), this.#context.clock.now()),
      ...changesOf(current, terms, change, before),
    };
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const waiting: Waiting = { resolve };
    this.#waiting.set(current.id, waiting);
    let next: AlpacaOrder | undefined;
    try {
      next = await this.#api.replace(current.id, body);
      this.#waiting.set(next.id, waiting);
      this.#books.name(next.id, ours);
      const outcome = (await this.#soon(promise)) ?? (await this.#ask(current.id, next.id));
      if (!outcome.done) {
        throw new VenueError('rejected', `Alpaca did not change the order: ${outcome.reason}.`, {
          code: 'REPLACE_REJECTED',
        });
      }
      await this.#finish(current.id, next.id, terms);
    } finally {
      this.#waiting.delete(current.id);
      if (next !== undefined) this.#waiting.delete(next.id);
    }
  }

  async #soon(promise: Promise<Outcome>): Promise<Outcome | null> {
    const late = Promise.withResolvers<null>();
    const cancel = this.#context.clock.after(this.#confirmation, () => late.resolve(null));
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      cancel();
    }
  }

  /** @throws VenueError `unknown` while Alpaca has not decided */
  async #ask(oldId: string, newId: string): Promise<Outcome> {
    const old = await this.#api.byId(oldId, 'order');
    const next = await this.#api.byId(newId, 'order');
    if (old?.status === 'replaced') return { done: true, reason: '' };
    if (next === null || next.status === 'rejected')
      return { done: false, reason: 'the exchange refused it' };
    throw new VenueError('unknown', 'Alpaca has not said yet whether the order was changed.');
  }

  /** Tells of the order under its new name. What was filled on the way must not be bought twice. */
  async #finish(oldId: string, newId: string, terms: OrderTerms): Promise<void> {
    const next = await this.#api.byId(newId, 'order');
    if (next === null) throw new VenueError('unknown', `Alpaca does not show the order ${oldId}.`);
    const report = await this.#books.report(next, this.#context.clock.now());
    if (report !== null) this.#emit(report);
    if (report === null || compare(report.terms.quantity, terms.quantity) <= 0) return;
    this.#context.log('warn', 'An Alpaca order was filled while it was changed.', { order: newId });
    await this.#api.cancel(newId);
    throw new VenueError(
      'unknown',
      'The order was filled further while it was changed; its rest is being cancelled, so that no more is filled than was ordered.',
    );
  }
}

const WORKS: ReadonlySet<string> = new Set(['new', 'partially_filled', 'filled']);

/** The name that carries those of the legs, when it is the first order of a group. */
function nameOf(order: AlpacaOrder, ours: ClientOrderId): string {
  return order.client_order_id.split('~')[0] === ours ? order.client_order_id : ours;
}

/** @throws VenueError `not-sent` for what Alpaca does not change */
function changesOf(
  order: AlpacaOrder,
  terms: OrderTerms,
  change: OrderAmendment,
  filled: Decimal,
): Omit<Replacement, 'client_order_id'> {
  const grouped = ['bracket', 'oco', 'oto'].includes(order.order_class);
  // A replacement begins with nothing filled: it gets what is left of the whole.
  const resized = change.quantity !== undefined || isPositive(filled);
  if (resized && grouped) throw notSent('Alpaca changes the prices of a group, not its quantity.');
  const left = subtract(terms.quantity, filled);
  if (resized && (isFractional(left) || order.qty === null || isFractional(order.qty)))
    throw notSent(
      'Alpaca does not change quantities with parts of a share; cancel and place again.',
    );
  if (resized && !isPositive(left)) throw notSent('Nothing is left of the order.');
  const trail = change.trailAmount ?? change.trailPercent;
  const swapped =
    (change.trailAmount !== undefined && order.trail_price === null) ||
    (change.trailPercent !== undefined && order.trail_percent === null);
  if (swapped) throw notSent('Alpaca does not turn a trail in money into one in percent, or back.');
  return {
    ...(resized ? { qty: left } : {}),
    ...(change.limitPrice === undefined ? {} : { limit_price: change.limitPrice }),
    ...(change.stopPrice === undefined ? {} : { stop_price: change.stopPrice }),
    ...(trail === undefined ? {} : { trail }),
  };
}

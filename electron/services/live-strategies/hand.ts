import { compare, isZero, type Decimal } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, ClientOrderId } from '../../../engine/domain/identifiers.ts';
import type { OrderAmendment } from '../../../engine/domain/live-order.ts';
import { sentWith } from '../../../engine/live/links.ts';
import type { EndState, LiveEvent, Wanted } from '../../../engine/live/types.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { OrderTermsText, Ticket } from '../../../engine/protocol/live-schemas.ts';
import type { Trading } from '../trading/trading.ts';
import { changeOf, venueTerms } from './venue-terms.ts';

export interface HandOptions {
  readonly trading: Trading;
  readonly run: string;
  readonly strategy: string;
  readonly account: AccountId;
  readonly instrument: TradableInstrument;
}

/** A place and what should work there. */
export interface Given {
  readonly wanted: Wanted;
  readonly terms: OrderTermsText;
}

/** The next thing to do at the venue for a run. */
export type Action =
  | {
      readonly kind: 'place';
      readonly wanted: Wanted;
      readonly terms: OrderTermsText;
      /** Given with it: its exits, or one order of which a fill takes the other away. */
      readonly others: readonly Given[];
    }
  | {
      readonly kind: 'amend';
      readonly wanted: Wanted;
      readonly order: OrderRecord;
      readonly change: OrderAmendment;
    }
  | { readonly kind: 'cancel'; readonly wanted: Wanted; readonly order: OrderRecord }
  /** The venue cannot change it: it goes, and the next attempt has the new terms. */
  | { readonly kind: 'replace'; readonly wanted: Wanted; readonly order: OrderRecord }
  /** Nothing of it was ever sent. */
  | { readonly kind: 'release'; readonly wanted: Wanted }
  /** A size that is less than a lot. */
  | { readonly kind: 'refuse'; readonly wanted: Wanted; readonly reason: string };

/**
 * The venue's side of a run: which order serves which slot, what of it the run has not been told, and what
 * has to be done so that what works is what is wanted. A request's id is the run, the slot and the attempt,
 * so that the same decision is never placed twice, whatever happened between.
 */
export class Hand {
  readonly #options: HandOptions;
  /** Request and row of the order of a slot and attempt. */
  readonly #placed = new Map<string, { readonly request: string; readonly row: number }>();
  /** The attempt of a slot that was placed last. */
  readonly #newest = new Map<number, number>();
  readonly #told = new Set<string>();
  readonly #over = new Set<string>();
  /** Slots and attempts of which something may have to be told. */
  readonly #watched = new Set<string>();
  readonly #keys = new Map<ClientOrderId, string>();
  /** Changes that were asked for since the last bar: a refusal is not answered by asking again. */
  readonly #asked = new Set<string>();

  constructor(options: HandOptions) {
    this.#options = options;
    const { trading, run } = options;
    for (const request of trading.log.requests.keys()) {
      if (request.startsWith(`${run}.`)) this.#note(request);
    }
  }

  /** An event that the run has been told. */
  heard(event: LiveEvent): void {
    if (event.kind === 'close') {
      this.renew();
      return;
    }
    const key = keyOf(event.slot, event.attempt);
    if (event.kind === 'fill') this.#told.add(event.trade);
    if (event.kind === 'end' || (event.kind === 'fill' && event.done)) this.#over.add(key);
  }

  /** A new bar: what was refused may be asked for again. */
  renew(): void {
    this.#asked.clear();
  }

  order(slot: number, attempt: number): OrderRecord | undefined {
    const placed = this.#placed.get(keyOf(slot, attempt));
    if (placed === undefined) return undefined;
    const { log } = this.#options.trading;
    const id = log.requests.get(placed.request)?.orders[placed.row];
    if (id === undefined) return undefined;
    this.#keys.set(id, keyOf(slot, attempt));
    return log.ledger.get(id);
  }

  /** Every order that this run has given. */
  orders(): OrderRecord[] {
    return [...this.#placed.keys()].flatMap((key) => {
      return this.order(...numbersOf(key)) ?? [];
    });
  }

  /** What has happened that the run was not told, fills first. */
  untold(): LiveEvent[] {
    const fills: LiveEvent[] = [];
    const ends: LiveEvent[] = [];
    for (const key of this.#watched) {
      const [slot, attempt] = numbersOf(key);
      const order = this.order(slot, attempt);
      if (order === undefined) continue;
      const full = order.state === 'Filled';
      const fresh = order.fills.filter(({ tradeId }) => !this.#told.has(tradeId));
      fresh.forEach(({ tradeId: trade, quantity, price, commission }, i) => {
        const done = full && i === fresh.length - 1;
        fills.push({ kind: 'fill', slot, attempt, trade, quantity, price, commission, done });
      });
      const over = this.#over.has(key);
      if (isClosed(order) && !over && !(full && fresh.length > 0)) {
        const { state, reason } = order;
        ends.push({ kind: 'end', slot, attempt, state: state as EndState, reason });
      }
      // A fill may still come for an order that has ended; then it is looked at again.
      if (over && fresh.length === 0) this.#watched.delete(key);
    }
    return [...fills, ...ends];
  }

  /** Something about an order has changed. @returns whether it is one of this run */
  touch(id: ClientOrderId): boolean {
    const key = this.#keys.get(id);
    if (key !== undefined) this.#watched.add(key);
    return key !== undefined;
  }

  /** Whether an order of the run may still fill. */
  open(): OrderRecord[] {
    return this.orders().filter((order) => !isClosed(order));
  }

  next(wanted: readonly Wanted[]): Action | null {
    const { trading, account, instrument } = this.#options;
    const { client } = trading.venues.account(account);
    const termsOf = (each: Wanted): OrderTermsText | null =>
      each.terms === null ? null : venueTerms(each.terms, instrument, client.capabilities);
    for (const each of wanted) {
      const order = this.order(each.slot, each.attempt);
      const terms = termsOf(each);
      if (order === undefined) continue;
      if (isClosed(order) || order.marks.canceling || order.state === 'Unknown') continue;
      if (terms === null) {
        if (this.#first(order.clientOrderId, 'cancel'))
          return { kind: 'cancel', wanted: each, order };
        continue;
      }
      if (this.#hangsElsewhere(each, order, terms)) {
        if (this.#first(order.clientOrderId, 'cancel'))
          return { kind: 'replace', wanted: each, order };
        continue;
      }
      if (terms.type === 'market' || order.pending !== null || order.state === 'Submitted')
        continue;
      // While its entry fills, the size of an exit is the business of who keeps the two together.
      const kept = each.entry !== null && order.parent !== null;
      const change = changeOf(
        order.terms,
        kept ? { ...terms, quantity: order.terms.quantity } : terms,
      );
      if (change === null || !this.#first(order.clientOrderId, JSON.stringify(change))) continue;
      const kind = client.capabilities.amend === 'none' ? 'replace' : 'amend';
      return { kind, wanted: each, order, change };
    }
    for (const each of wanted) {
      if (this.#placed.has(keyOf(each.slot, each.attempt))) continue;
      const terms = termsOf(each);
      if (terms === null) {
        if (each.dropped) return { kind: 'release', wanted: each };
        continue;
      }
      // It goes with its entry, or once that has filled.
      if (each.waits) continue;
      if (isZero((terms.quantity ?? '0') as Decimal)) {
        return {
          kind: 'refuse',
          wanted: each,
          reason: `It is less than a lot of ${instrument.lotSize}.`,
        };
      }
      if (this.#inTheWay(each, wanted)) continue;
      const others = terms.type === 'market' ? [] : this.#partnerOf(each, wanted);
      const exits = sentWith(
        each,
        wanted.filter(({ slot, attempt }) => !this.#placed.has(keyOf(slot, attempt))),
      );
      const given = (exits.length > 0 ? exits : others).flatMap((other) => {
        const own = termsOf(other);
        return own === null ? [] : [{ wanted: other, terms: own }];
      });
      return { kind: 'place', wanted: each, terms, others: given };
    }
    return null;
  }

  /**
   * Places through the one order path.
   * @throws RenataError for terms that the venue does not take; nothing was sent then
   */
  async place({ wanted, terms, others }: Action & { readonly kind: 'place' }): Promise<void> {
    const { trading, run, strategy, account, instrument } = this.#options;
    const all = [wanted, ...others.map((other) => other.wanted)];
    const request = [run, ...all.flatMap(({ slot, attempt }) => [slot, attempt])].join('.');
    const ticket: Ticket = {
      account,
      instrument: instrument.id,
      terms,
      ...ticketOf(others),
      ...(Number.isFinite(wanted.decisionPrice)
        ? { decisionPrice: String(Number(wanted.decisionPrice.toPrecision(12))) }
        : {}),
      tag: wanted.tag.slice(0, 64),
    };
    this.#note(request);
    try {
      await trading.place(request, ticket, { kind: 'strategy', name: strategy }, strategy);
    } catch (error) {
      // Refused before it was an order.
      if (trading.log.requests.get(request) === undefined) this.#forget(request);
      throw error;
    }
  }

  async cancel(id: ClientOrderId): Promise<void> {
    await this.#options.trading.desk.cancel(id);
  }

  /** @returns why the gate did not let a change through; null when it did */
  async amend(id: ClientOrderId, change: OrderAmendment): Promise<string | null> {
    try {
      const { check } = await this.#options.trading.amend(id, change);
      if (check === null || check.allowed) return null;
      return (
        check.checks.find(({ passed }) => !passed)?.message ?? 'The risk gate refused the change.'
      );
    } catch (error) {
      if (error instanceof RenataError && error.retryable) {
        this.#asked.delete(`${id}|${JSON.stringify(change)}`);
        return null;
      }
      if (error instanceof RenataError && error.code === 'CONFLICT') return null;
      // What the venue does not take is told; the order stays as it was.
      if (error instanceof RenataError && error.code === 'BAD_INPUT') return error.message;
      throw error;
    }
  }

  /**
   * An order that is being taken away has to be gone before another one of its side is given, and exits
   * that hang on an entry before that is given anew.
   */
  #inTheWay(each: Wanted, wanted: readonly Wanted[]): boolean {
    return wanted.some((other) => {
      const going = other.terms === null && other.side === each.side && other.slot !== each.slot;
      if (!going && !(other.waits && other.entry === each.slot)) return false;
      const order = this.order(other.slot, other.attempt);
      return order !== undefined && !isClosed(order);
    });
  }

  /** The other one of a pair, as long as neither was given. */
  #partnerOf(each: Wanted, wanted: readonly Wanted[]): readonly Wanted[] {
    return wanted.filter(
      ({ slot, attempt, waits }) =>
        slot === each.partner && !waits && !this.#placed.has(keyOf(slot, attempt)),
    );
  }

  /** An exit that hangs on an order which is not that of its entry any more, or that may not be as large. */
  #hangsElsewhere(each: Wanted, order: OrderRecord, terms: OrderTermsText): boolean {
    if (order.parent === null) return false;
    const { ledger } = this.#options.trading.log;
    if (each.waits && each.entry !== null) {
      const entry = this.order(each.entry, this.#newest.get(each.entry) ?? 0);
      return entry?.clientOrderId !== order.parent || isClosed(entry);
    }
    const most = ledger.get(order.parent)?.terms.quantity;
    const size = terms.quantity as Decimal;
    return each.entry === null && most !== undefined && compare(size, most) > 0;
  }

  #first(id: string, what: string): boolean {
    const key = `${id}|${what}`;
    if (this.#asked.has(key)) return false;
    this.#asked.add(key);
    return true;
  }

  #note(request: string): void {
    const [, ...numbers] = request.split('.');
    for (let row = 0; row * 2 + 1 < numbers.length; row += 1) {
      const key = `${numbers[row * 2]}.${numbers[row * 2 + 1]}`;
      this.#placed.set(key, { request, row });
      this.#newest.set(...numbersOf(key));
      this.#watched.add(key);
    }
  }

  #forget(request: string): void {
    for (const [key, placed] of this.#placed)
      if (placed.request === request) this.#placed.delete(key);
  }
}

/** What is given with an order, as a ticket says it. */
function ticketOf(others: readonly Given[]): Pick<Ticket, 'oco' | 'stopLoss' | 'takeProfit'> {
  const [first] = others;
  if (first !== undefined && !first.wanted.waits) return { oco: first.terms };
  const parts: { stopLoss?: Ticket['stopLoss']; takeProfit?: Ticket['takeProfit'] } = {};
  for (const { terms } of others) {
    const { type, limitPrice, stopPrice, trailAmount, trailPercent } = terms;
    const stop = { stopPrice, limitPrice, trailAmount, trailPercent };
    if (type !== 'limit') parts.stopLoss = present(stop);
    else if (limitPrice !== undefined) parts.takeProfit = { limitPrice };
  }
  return parts;
}

function present<Value extends object>(value: Value): Value {
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined),
  ) as Value;
}

function keyOf(slot: number, attempt: number): string {
  return `${slot}.${attempt}`;
}

function numbersOf(key: string): [slot: number, attempt: number] {
  const [slot, attempt] = key.split('.').map(Number);
  return [slot as number, attempt as number];
}

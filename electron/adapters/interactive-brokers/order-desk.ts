import { decimalOf, type Decimal } from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { AccountId } from '../../../engine/domain/identifiers.ts';
import type { OrderAmendment, OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderRef, SubmitAnswer, WhatIf } from '../../../engine/ports/execution-client.ts';
import { venueOrderId } from '../../../engine/domain/identifiers.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { ContractWord } from './contracts.ts';
import { isEnded, type TrackedOrder } from './order-book.ts';
import { toWords, wholeOrder, type OrderFrame } from './order-words.ts';
import type { OrderEvents } from './order-events.ts';
import type { OrderLists } from './order-lists.ts';
import type { OrderStateTold } from './schemas.ts';
import { isLiveAccount } from './settings.ts';
import type { TwsSession } from './session.ts';

/** Others of the group shrink by what fills of one, and only one of them is at the exchange at a time. */
const OCA_REDUCE_WITH_BLOCK = 2;

interface Outgoing {
  readonly orderId: number;
  readonly word: ContractWord;
  readonly order: object;
}

/** Places, changes and cancels orders. Each request is sent at most once. */
export class OrderDesk {
  readonly #session: TwsSession;
  readonly #events: OrderEvents;
  readonly #lists: OrderLists;

  constructor(session: TwsSession, events: OrderEvents, lists: OrderLists) {
    this.#session = session;
    this.#events = events;
    this.#lists = lists;
  }

  async submit(intents: readonly OrderIntent[]): Promise<readonly SubmitAnswer[]> {
    const words = await Promise.all(
      intents.map(async (intent) => {
        this.#requireAccount(intent.account);
        return { terms: toWords(intent.terms), word: await this.#contract(intent) };
      }),
    );
    const ids = new Map(
      intents.map((intent) => [intent.clientOrderId, this.#session.orderIds.take()]),
    );
    const outgoing = intents.map((intent, index): Outgoing => {
      const { terms, word } = words[index] as (typeof words)[number];
      const parentId =
        intent.parent === null ? 0 : (ids.get(intent.parent) ?? this.#parentOf(intent));
      const attached = intents.some(({ parent }) => parent === intent.clientOrderId);
      const last = index === intents.length - 1;
      const frame: OrderFrame = {
        account: intent.account,
        orderRef: intent.clientOrderId,
        // What hangs on it must be there before it works.
        transmit: last || !(attached || intent.parent !== null),
        parentId,
        ...ocaOf(intent),
        whatIf: false,
      };
      return {
        orderId: ids.get(intent.clientOrderId) as number,
        word,
        order: wholeOrder(terms, frame),
      };
    });
    const waits = outgoing.map(({ orderId }, index) => {
      this.#events.expect(orderId, intents[index] as OrderIntent);
      return this.#events.answers.wait<number>(orderId, 'submit');
    });
    await this.#send(outgoing);
    return this.#answersOf(intents, await Promise.allSettled(waits));
  }

  async amend(ref: OrderRef, terms: OrderTerms, change: OrderAmendment): Promise<void> {
    const order = await this.#mine(ref, 'changed');
    if (order.ref !== ref.clientOrderId) {
      throw new VenueError(
        'rejected',
        'The order was placed elsewhere and can only be changed there.',
      );
    }
    const { told } = order;
    const words = toWords(terms);
    const frame: OrderFrame = {
      account: told.account,
      orderRef: told.orderRef ?? '',
      transmit: true,
      parentId: told.parentId ?? 0,
      ocaGroup: told.ocaGroup ?? '',
      ocaType: told.ocaType ?? 0,
      whatIf: false,
    };
    this.#events.expectChange(order.orderId, terms, change);
    const wait = this.#events.answers.wait<unknown>(order.orderId, 'amend');
    await this.#send([
      { orderId: order.orderId, word: order.contract.word, order: wholeOrder(words, frame) },
    ]);
    await wait;
  }

  async cancel(ref: OrderRef): Promise<void> {
    const order = await this.#mine(ref, 'cancelled');
    await this.#cancel(order);
  }

  async #cancel(order: TrackedOrder): Promise<void> {
    const { orderId } = order;
    const wait = this.#events.answers.wait<unknown>(orderId, 'cancel');
    try {
      await this.#session.send('order', (encoder) => encoder.cancelOrder(orderId, {}));
    } catch (error) {
      this.#events.answers.fail(orderId, asVenueError(error));
    }
    await wait;
  }

  /** All of the login where it has one account; else those that can be cancelled from here. */
  async cancelAll(account: AccountId): Promise<void> {
    if (this.#session.accounts.length === 1 && this.#session.accounts[0] === account) {
      await this.#session.send('order', (encoder) => encoder.reqGlobalCancel({}));
      return;
    }
    const open = await this.#lists.open(account);
    const results = await Promise.allSettled(
      open.map(async (order) => {
        if (!this.#isMine(order)) throw placedElsewhere(order, 'cancelled');
        await this.#cancel(order);
      }),
    );
    const failed = results.filter((result) => result.status === 'rejected');
    const [first] = failed;
    if (first === undefined) return;
    const error = asVenueError(first.reason);
    throw new VenueError(
      error.failure,
      `${failed.length} of ${open.length} orders were not cancelled: ${error.message}`,
      {
        code: error.code,
      },
    );
  }

  async whatIf(intent: OrderIntent): Promise<WhatIf> {
    this.#requireAccount(intent.account);
    const terms = toWords(intent.terms);
    const word = await this.#contract(intent);
    const orderId = this.#session.orderIds.take();
    const order = wholeOrder(terms, {
      account: intent.account,
      orderRef: '',
      transmit: true,
      parentId: 0,
      ocaGroup: '',
      ocaType: 0,
      whatIf: true,
    });
    const wait = this.#events.answers.wait<OrderStateTold>(orderId, 'what-if');
    await this.#send([{ orderId, word, order }]);
    const state = await wait;
    return {
      initialMarginChange: figure(state.initMarginChange),
      maintenanceMarginChange: figure(state.maintMarginChange),
      commission: figure(state.commission ?? state.maxCommission),
      warning: state.warningText ?? '',
    };
  }

  /** Either all leave, or none of them does. */
  async #send(outgoing: readonly Outgoing[]): Promise<void> {
    try {
      await this.#session.send(
        'order',
        (encoder) => {
          for (const { orderId, word, order } of outgoing) {
            encoder.placeOrder(orderId, word as never, order as never);
          }
        },
        outgoing.length,
      );
    } catch (error) {
      for (const { orderId } of outgoing) this.#events.answers.fail(orderId, asVenueError(error));
      for (const { orderId } of outgoing) this.#events.forget(orderId);
      throw error;
    }
  }

  #answersOf(
    intents: readonly OrderIntent[],
    results: readonly PromiseSettledResult<number>[],
  ): readonly SubmitAnswer[] {
    const failures = results.map((result) =>
      result.status === 'rejected' ? asVenueError(result.reason) : null,
    );
    const unknown = failures.find((failure) => failure !== null && !failure.definite);
    const refused = failures.filter((failure) => failure?.definite === true);
    if (refused.length === intents.length) throw refused[0] as VenueError;
    for (const [index, failure] of failures.entries()) {
      const intent = intents[index] as OrderIntent;
      if (failure?.definite === true) {
        this.#events.tellRefusal(intent.account, intent.clientOrderId, null, 'submit', failure);
      }
    }
    if (unknown !== undefined && unknown !== null) throw unknown;
    return results.map((result) => ({
      venueOrderId:
        result.status === 'fulfilled' && result.value > 0
          ? venueOrderId(String(result.value))
          : null,
    }));
  }

  async #contract(intent: OrderIntent): Promise<ContractWord> {
    try {
      const { word, instrument } = await this.#events.contracts.resolve(intent.instrument);
      if (!instrument.tradable) {
        throw new VenueError('not-sent', `${intent.instrument} cannot be ordered.`);
      }
      return word;
    } catch (error) {
      const known = asVenueError(error);
      throw new VenueError('not-sent', `The order was not sent: ${known.message}`, {
        code: known.code,
      });
    }
  }

  #requireAccount(account: AccountId): void {
    const session = this.#session;
    if (!session.up)
      throw new VenueError('not-sent', 'TWS is not connected to Interactive Brokers.', {
        code: '504',
      });
    if (!session.accounts.includes(account)) {
      throw new VenueError('not-sent', `TWS is not logged in to ${account}.`);
    }
    if (isLiveAccount(account) && !session.settings.live) {
      throw new VenueError(
        'not-sent',
        `${account} holds real money, and the connection is set up for paper trading.`,
      );
    }
  }

  #parentOf(intent: OrderIntent): number {
    const parent =
      intent.parent === null ? undefined : this.#events.book.byRef(intent.account, intent.parent);
    if (parent === undefined || !this.#isMine(parent)) {
      throw new VenueError(
        'not-sent',
        'The order hangs on another one that Interactive Brokers does not have.',
      );
    }
    // An entry that has filled needs no parent any more.
    return isEnded(parent) ? 0 : parent.orderId;
  }

  /** An order that can be changed from here. @throws VenueError */
  async #mine(ref: OrderRef, what: string): Promise<TrackedOrder> {
    this.#requireAccount(ref.account);
    let order = this.#events.known(ref);
    if (order === undefined || order.orderId === 0) {
      let open: readonly TrackedOrder[];
      try {
        open = await this.#lists.open(ref.account);
      } catch (error) {
        // Only the question has failed: the order itself was not touched.
        throw new VenueError('not-sent', asVenueError(error).message);
      }
      order = open.find((each) => each === this.#events.known(ref));
    }
    if (order === undefined) {
      throw new VenueError('not-found', 'Interactive Brokers has no such open order.');
    }
    if (!this.#isMine(order)) throw placedElsewhere(order, what);
    return order;
  }

  #isMine(order: TrackedOrder): boolean {
    return order.orderId !== 0 && order.clientId === this.#session.settings.clientId;
  }
}

function ocaOf(intent: OrderIntent): { readonly ocaGroup: string; readonly ocaType: number } {
  const { group } = intent;
  const linked = group !== null && group.kind !== 'oto' && group.role !== 'entry';
  return linked
    ? { ocaGroup: group.id, ocaType: OCA_REDUCE_WITH_BLOCK }
    : { ocaGroup: '', ocaType: 0 };
}

function placedElsewhere(order: TrackedOrder, what: string): VenueError {
  const where = order.clientId === 0 ? 'in TWS' : `by the program with client id ${order.clientId}`;
  return new VenueError('rejected', `The order was placed ${where} and can only be ${what} there.`);
}

const figure = (value: number | undefined): Decimal | null =>
  value === undefined ? null : decimalOf(value);

export function asVenueError(thrown: unknown): VenueError {
  if (thrown instanceof VenueError) return thrown;
  const message = messageOf(thrown);
  return new VenueError('unknown', message, { cause: thrown });
}

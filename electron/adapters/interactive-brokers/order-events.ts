import type { AccountId, ClientOrderId, VenueOrderId } from '../../../engine/domain/identifiers.ts';
import { accountId, venueOrderId } from '../../../engine/domain/identifiers.ts';
import { decimalOf } from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { OrderAmendment, OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type {
  ExecutionReport,
  FillReport,
  OrderRef,
  OrderReport,
  RefusalReport,
} from '../../../engine/ports/execution-client.ts';
import type { VenueError } from '../../../engine/ports/venue-error.ts';
import { CANCEL_REFUSALS, CODES, isNote, isRefusal, plain, refusal } from './codes.ts';
import type { Contracts } from './contracts.ts';
import { FillBook } from './fill-book.ts';
import { OrderAnswers, type Asked } from './order-answers.ts';
import { isEnded, OrderBook, reportOf, type TrackedOrder } from './order-book.ts';
import {
  commissionSchema,
  contractSchema,
  executionSchema,
  orderSchema,
  orderStateSchema,
  statusSchema,
} from './schemas.ts';
import { Sequence } from './sequence.ts';
import type { TwsSession } from './session.ts';

interface Expected {
  readonly account: AccountId;
  readonly ref: ClientOrderId;
  /** The last thing that was asked of it. */
  asked: Asked;
}

/** What TWS tells of orders and fills, read in the order in which it comes. */
export class OrderEvents {
  readonly book = new OrderBook();
  readonly fills = new FillBook();
  readonly answers: OrderAnswers;
  readonly contracts: Contracts;
  readonly #session: TwsSession;
  readonly #tell: (report: ExecutionReport) => void;
  readonly #sequence: Sequence;
  readonly #expected = new Map<number, Expected>();
  readonly #changes = new Map<
    number,
    { readonly terms: OrderTerms; readonly change: OrderAmendment }
  >();
  readonly #lastTold = new Map<string, string>();

  constructor(session: TwsSession, contracts: Contracts, tell: (report: ExecutionReport) => void) {
    this.#session = session;
    this.contracts = contracts;
    this.#tell = tell;
    this.answers = new OrderAnswers(session.clock, session.settings.answerTimeout);
    this.#sequence = new Sequence((error) => this.#doubt(error));
  }

  expect(orderId: number, intent: OrderIntent): void {
    this.#expected.set(orderId, {
      account: intent.account,
      ref: intent.clientOrderId,
      asked: 'submit',
    });
  }

  expectChange(orderId: number, terms: OrderTerms, change: OrderAmendment): void {
    this.#changes.set(orderId, { terms, change });
    const expected = this.#expected.get(orderId);
    if (expected !== undefined) expected.asked = 'amend';
  }

  forget(orderId: number): void {
    const expected = this.#expected.get(orderId);
    if (expected?.asked === 'submit') this.#expected.delete(orderId);
    this.#changes.delete(orderId);
  }

  known(ref: OrderRef): TrackedOrder | undefined {
    const named =
      ref.venueOrderId === null ? undefined : this.book.byPermId(Number(ref.venueOrderId));
    return named ?? this.book.byRef(ref.account, ref.clientOrderId);
  }

  /** Settles when all that TWS has told so far has been read. */
  idle(): Promise<void> {
    return this.#sequence.idle();
  }

  /** @returns whether the event was ours */
  event(name: string, args: readonly unknown[]): boolean {
    switch (name) {
      case 'openOrder':
        this.#sequence.push(async () => {
          await this.readOpenOrder(args);
        });
        return true;
      case 'orderStatus':
        this.#sequence.push(() => this.#status(args));
        return true;
      case 'execDetails':
        this.#sequence.push(() => this.#execution(args));
        return true;
      case 'commissionReport':
        this.#sequence.push(() => this.#commission(args));
        return true;
      default:
        return false;
    }
  }

  /** @returns whether the message was about an order of ours */
  message(id: number, code: number, text: string): boolean {
    const order = this.book.byOrderId(this.#session.settings.clientId, id);
    const expected = this.#expected.get(id);
    const asked = this.answers.asked(id);
    if (order === undefined && expected === undefined && asked === null) return false;
    this.#sequence.push(() => this.#orderMessage(id, code, text));
    return true;
  }

  tellFill(report: FillReport): void {
    this.#tell(report);
  }

  tellRefusal(
    account: AccountId,
    ref: ClientOrderId | null,
    id: VenueOrderId | null,
    what: RefusalReport['what'],
    error: VenueError,
  ): void {
    this.#tell({
      kind: 'refusal',
      account,
      venueOrderId: id,
      clientOrderId: ref,
      what,
      reason: error.message,
      code: error.code,
      receivedTime: this.#session.clock.now(),
    });
  }

  reportOf(order: TrackedOrder): OrderReport | null {
    const now = this.#session.clock.now();
    return reportOf(order, now, now);
  }

  async readOpenOrder(args: readonly unknown[]): Promise<TrackedOrder | null> {
    const order = orderSchema.parse(args[2]);
    const state = orderStateSchema.parse(args[3]);
    const orderId = order.orderId ?? 0;
    if (order.whatIf === true) {
      if (this.answers.asked(orderId) === 'what-if') this.answers.settle(orderId, state);
      return null;
    }
    const contract = contractSchema.parse(args[1]);
    if (contract.conId === 0 || contract.secType === 'BAG') {
      this.#session.log('warn', 'An order for a combination is not shown', {
        secType: contract.secType,
      });
      return null;
    }
    const known = this.contracts.known(contract.conId) ?? (await this.contracts.learn(contract));
    const tracked = this.book.take(order, state, known);
    this.#changed(tracked, true);
    return tracked;
  }

  #status(args: readonly unknown[]): void {
    const [orderId, status, filled, , average, permId, , , clientId, whyHeld] =
      statusSchema.parse(args);
    const tracked = this.book.takeStatus({
      orderId,
      clientId: clientId ?? 0,
      permId: permId ?? 0,
      status,
      filled,
      average: average ?? 0,
      whyHeld: whyHeld ?? '',
    });
    if (tracked !== undefined) this.#changed(tracked, false);
    // The order itself was not told yet; that TWS has it is certain all the same.
    else if (
      clientId === this.#session.settings.clientId &&
      this.answers.asked(orderId) === 'submit' &&
      this.answers.said(orderId) === null &&
      status !== 'Inactive' &&
      status !== 'Cancelled'
    ) {
      this.answers.settle(orderId, permId ?? 0);
    }
  }

  #changed(order: TrackedOrder, termsTold: boolean): void {
    const { orderId } = order;
    if (order.clientId === this.#session.settings.clientId) this.#answer(order, termsTold);
    const report = this.reportOf(order);
    if (report === null) return;
    const key = JSON.stringify([
      report.status,
      report.terms,
      report.filledQuantity,
      report.averagePrice,
      report.reason,
    ]);
    if (this.#lastTold.get(report.venueOrderId) === key) return;
    this.#lastTold.set(report.venueOrderId, key);
    if (isEnded(order)) this.#changes.delete(orderId);
    this.#tell(report);
  }

  /** Settles what waits for a word on the order. */
  #answer(order: TrackedOrder, termsTold: boolean): void {
    const { orderId, status } = order;
    const asked = this.answers.asked(orderId);
    const ended = isEnded(order) || status === 'Inactive';
    switch (asked) {
      case 'submit': {
        const said = this.answers.said(orderId);
        if (ended && said !== null && order.filled === '0') {
          order.refused = true;
          order.reason = said.message;
          this.answers.fail(orderId, said);
        } else this.answers.settle(orderId, order.permId);
        return;
      }
      case 'cancel':
        if (status === 'Cancelled' || status === 'ApiCancelled' || status === 'PendingCancel') {
          this.answers.settle(orderId, true);
        } else if (status === 'Filled') {
          this.answers.fail(orderId, refusal(CODES.cancelNotPossible, 'The order has filled.'));
        }
        return;
      case 'amend': {
        const change = this.#changes.get(orderId);
        if (termsTold && change !== undefined && shows(order.terms, change)) {
          this.#changes.delete(orderId);
          this.answers.settle(orderId, true);
        } else if (isEnded(order)) {
          this.answers.fail(orderId, refusal(104, `The order is ${status}.`));
        }
        return;
      }
      default:
    }
  }

  #orderMessage(id: number, code: number, text: string): void {
    const { clientId } = this.#session.settings;
    const order = this.book.byOrderId(clientId, id);
    const expected = this.#expected.get(id);
    const asked = this.answers.asked(id);
    if (isNote(code, text)) {
      this.#session.log('info', 'TWS remarks on an order', { code, text: plain(text) });
      return;
    }
    const error = refusal(code, text);
    if (code === CODES.cancelled) {
      this.#cancelled(id, order, asked, error);
      return;
    }
    if (CANCEL_REFUSALS.has(code) && asked !== 'submit') {
      if (asked === 'cancel') this.answers.fail(id, error);
      else if (order !== undefined) this.#refused(order, 'cancel', error);
      return;
    }
    if (asked === 'submit' || asked === 'amend' || asked === 'what-if') {
      if (asked === 'what-if' || (isRefusal(code) && error.definite)) {
        if (asked === 'submit' && order !== undefined) this.#markRefused(order, error);
        this.answers.fail(id, error);
      } else this.answers.note(id, error);
      return;
    }
    if (!isRefusal(code)) {
      this.#session.log('warn', 'TWS says of an order', { code, text: plain(text) });
      if (order !== undefined && order.reason === '') order.reason = plain(text);
      return;
    }
    if (order === undefined) {
      // It was never told, and nobody waits any more: what was unknown is known now.
      if (expected !== undefined)
        this.tellRefusal(expected.account, expected.ref, null, 'submit', error);
      return;
    }
    if (expected?.asked === 'amend') this.#refused(order, 'amend', error);
    else if (code === CODES.rejected) {
      this.#markRefused(order, error);
      this.#refused(order, 'submit', error);
    } else this.#session.log('warn', 'TWS says of an order', { code, text: plain(text) });
  }

  #cancelled(
    id: number,
    order: TrackedOrder | undefined,
    asked: Asked | null,
    error: VenueError,
  ): void {
    if (asked === 'cancel') this.answers.settle(id, true);
    else if (asked === 'submit' && order === undefined) this.answers.fail(id, error);
    else if (asked === 'amend') this.answers.fail(id, error);
    if (order === undefined) return;
    if (asked !== 'cancel' && order.reason === '') order.reason = error.message;
    if (!isEnded(order)) order.status = 'Cancelled';
    this.#changed(order, false);
  }

  #markRefused(order: TrackedOrder, error: VenueError): void {
    order.refused = true;
    order.reason = error.message;
  }

  #refused(order: TrackedOrder, what: RefusalReport['what'], error: VenueError): void {
    const id = order.permId === 0 ? null : venueOrderId(String(order.permId));
    this.tellRefusal(accountId(order.told.account), order.ref, id, what, error);
  }

  async #execution(args: readonly unknown[]): Promise<void> {
    for (const report of await this.readExecution(args)) this.#tell(report);
  }

  async readExecution(args: readonly unknown[]): Promise<readonly FillReport[]> {
    const contract = contractSchema.parse(args[1]);
    const told = executionSchema.parse(args[2]);
    // The combination's own line; its legs are told each by itself.
    if (contract.secType === 'BAG') return [];
    const known = this.contracts.known(contract.conId) ?? (await this.contracts.learn(contract));
    return this.fills.take(told, known, this.#session.clock.now());
  }

  #commission(args: readonly unknown[]): void {
    const told = commissionSchema.parse(args[0]);
    if (told.commission === undefined) return;
    const report = this.fills.commission(told.execId, decimalOf(told.commission), told.currency);
    if (report !== null) this.#tell(report);
  }

  #doubt(error: unknown): void {
    const reason = messageOf(error);
    this.#session.log('warn', 'A message of TWS about orders was malformed', {
      reason: reason.slice(0, 300),
    });
    this.#session.problems.set(
      'malformed orders',
      'orders',
      'TWS sent something about orders that makes no sense; it is being asked again.',
    );
    this.#session.doubt();
  }
}

function shows(
  terms: OrderTerms,
  { terms: wanted, change }: { readonly terms: OrderTerms; readonly change: OrderAmendment },
): boolean {
  const names = Object.keys(change) as (keyof OrderAmendment)[];
  return names.every((name) => change[name] === undefined || terms[name] === wanted[name]);
}

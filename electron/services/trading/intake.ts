import type {
  AccountId,
  ClientOrderId,
  InstrumentId,
  VenueOrderId,
} from '../../../engine/domain/identifiers.ts';
import { compare } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { clientOrderId } from '../../../engine/domain/identifiers.ts';
import { isOpen, type OrderIntent } from '../../../engine/domain/live-order.ts';
import type { OrderSide } from '../../../engine/domain/order.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import {
  faultOf,
  readFillReport,
  readOrderReport,
  readRefusal,
} from '../../../engine/orders/reports.ts';
import type {
  BalanceReport,
  ExecutionReport,
  FillReport,
  OrderReport,
  PositionReport,
  RefusalReport,
} from '../../../engine/ports/execution-client.ts';
import type { OrderLog } from './order-log.ts';

export interface IntakeEvents {
  readonly onBalance: (report: BalanceReport) => void;
  readonly onPosition: (report: PositionReport) => void;
  /** The venue has filled more than it told trade by trade. */
  readonly onFillsMissing: (order: OrderRecord, report: OrderReport) => void;
  /** The venue shows other terms, and nobody here has asked for a change: which are newer is not known. */
  readonly onTermsDiffer: (order: OrderRecord) => void;
  /** A fill of an order that nobody knows: the venue has to be asked for the order. */
  readonly onOrphan: (fill: FillReport) => void;
  /** An order that was placed outside was taken over. */
  readonly onAdopted: (order: OrderRecord) => void;
}

/** Takes what venues report into the log. Everything may come twice, late, or in another order. */
export class Intake {
  readonly #log: OrderLog;
  readonly #events: IntakeEvents;
  /** Fills that wait until their order is known, by account and venue's name. */
  readonly #orphans = new Map<string, FillReport[]>();

  constructor(log: OrderLog, events: IntakeEvents) {
    this.#log = log;
    this.#events = events;
  }

  /** @param asked whether the venue was asked, so that the report is newer than all before */
  async take(report: ExecutionReport, asked = false): Promise<void> {
    requireSound(report);
    switch (report.kind) {
      case 'order':
        return this.order(report, asked);
      case 'fill':
        return this.fill(report, asked);
      case 'refusal':
        return this.refusal(report);
      case 'position':
        this.#events.onPosition(report);
        return;
      case 'balance':
        this.#events.onBalance(report);
    }
  }

  async order(report: OrderReport, asked: boolean): Promise<void> {
    requireSound(report);
    const source = asked ? 'reconciliation' : 'venue';
    const known = this.ownerOf(report);
    const order = known ?? (await this.#adopt(report));
    const { facts, fillsMissing } = readOrderReport(order, report, asked);
    await this.#log.tell(order.clientOrderId, facts, source, report.venueTime);
    await this.#takeOrphans(order, report.venueOrderId, asked);
    if (!asked && showsOtherTerms(this.#log.ledger.require(order.clientOrderId), report))
      this.#events.onTermsDiffer(order);
    if (fillsMissing) {
      const now = this.#log.ledger.require(order.clientOrderId);
      if (readOrderReport(now, report, asked).fillsMissing)
        this.#events.onFillsMissing(now, report);
    }
  }

  async fill(report: FillReport, asked: boolean): Promise<void> {
    requireSound(report);
    const order = this.#ownerOfFill(report);
    if (order === undefined) {
      // A trade that is in a position which was taken over needs no order.
      if (this.#log.positions.has(report.account, report.instrument, report.tradeId)) return;
      const key = `${report.account}|${report.venueOrderId}`;
      const waiting = this.#orphans.get(key) ?? [];
      const twin = ({ tradeId, busted, venueTime }: FillReport): boolean =>
        tradeId === report.tradeId &&
        venueTime === report.venueTime &&
        (busted === true) === (report.busted === true);
      if (!waiting.some(twin)) {
        this.#orphans.set(key, [...waiting, report]);
      }
      this.#events.onOrphan(report);
      return;
    }
    const source = asked ? 'reconciliation' : 'venue';
    await this.#log.tell(
      order.clientOrderId,
      readFillReport(order, report),
      source,
      report.venueTime,
    );
  }

  async refusal(report: RefusalReport): Promise<void> {
    requireSound(report);
    const { account, clientOrderId: ours, venueOrderId } = report;
    const order = this.#find(account, ours, venueOrderId, null);
    if (order === undefined) return;
    await this.#log.tell(order.clientOrderId, readRefusal(report), 'venue');
  }

  /** The order that a report is about; undefined for one that is not known here. */
  ownerOf({ account, clientOrderId: ours, venueOrderId, instrument, terms }: OrderReport) {
    return this.#find(account, ours, venueOrderId, { instrument, side: terms.side });
  }

  /** Whether what a venue answers about an order is about another one: it may give its names again. */
  isOther(order: OrderRecord, report: OrderReport): boolean {
    const owner = this.ownerOf(report);
    if (owner !== undefined) return owner.clientOrderId !== order.clientOrderId;
    return !fits(order, { instrument: report.instrument, side: report.terms.side });
  }

  #ownerOfFill({ account, clientOrderId: ours, venueOrderId, instrument, side }: FillReport) {
    return this.#find(account, ours, venueOrderId, { instrument, side });
  }

  /**
   * By our name for it, else by the venue's. A name of ours that we never gave is somebody else's. A venue may
   * give a name again, as after a restart: then it is of the order that can be meant.
   */
  #find(
    account: AccountId,
    ours: ClientOrderId | null,
    theirs: VenueOrderId | null,
    about: About | null,
  ): OrderRecord | undefined {
    const { ledger } = this.#log;
    if (ours !== null) {
      const order = ledger.get(ours);
      if (order !== undefined && order.account === account) return order;
    }
    if (theirs === null) return undefined;
    const named = ledger.byVenueId(account, theirs);
    if (named !== undefined && fits(named, about)) return named;
    for (let time = 1; ; time += 1) {
      const order = ledger.get(externalId(account, theirs, time));
      if (order === undefined || fits(order, about)) return order;
    }
  }

  /** Fills of an account whose orders are not known. */
  orphans(account: AccountId): readonly FillReport[] {
    return [...this.#orphans.values()].flat().filter((fill) => fill.account === account);
  }

  /** Drops those of an instrument: the position that was taken over has them. */
  forget(account: AccountId, instrument: InstrumentId): void {
    for (const [key, fills] of this.#orphans) {
      const rest = fills.filter(
        (fill) => fill.account !== account || fill.instrument !== instrument,
      );
      if (rest.length === 0) this.#orphans.delete(key);
      else if (rest.length < fills.length) this.#orphans.set(key, rest);
    }
  }

  /** Takes over an order that was placed elsewhere, under a name that is always the same for it. */
  async #adopt(report: OrderReport): Promise<OrderRecord> {
    const { account, venueOrderId } = report;
    let id = externalId(account, venueOrderId);
    for (let time = 2; this.#log.ledger.get(id) !== undefined; time += 1)
      id = externalId(account, venueOrderId, time);
    const intent: OrderIntent = {
      clientOrderId: id,
      account: report.account,
      instrument: report.instrument,
      terms: report.terms,
      source: { kind: 'external', name: '' },
      strategy: null,
      group: null,
      parent: null,
      decidedAt: report.venueTime,
      decisionPrice: null,
      tag: (report.clientOrderId ?? '').slice(0, 64),
    };
    await this.#log.tell(
      id,
      [
        { type: 'initialized', intent },
        { type: 'submitted' },
        { type: 'accepted', venueOrderId: report.venueOrderId },
      ],
      'reconciliation',
      report.venueTime,
    );
    const order = this.#log.ledger.require(id);
    this.#events.onAdopted(order);
    return order;
  }

  async #takeOrphans(order: OrderRecord, id: VenueOrderId, asked: boolean): Promise<void> {
    const key = `${order.account}|${id}`;
    const waiting = this.#orphans.get(key);
    if (waiting === undefined) return;
    const isOwn = (fill: FillReport): boolean =>
      this.#ownerOfFill(fill)?.clientOrderId === order.clientOrderId;
    const others = waiting.filter((fill) => !isOwn(fill));
    if (others.length === 0) this.#orphans.delete(key);
    else this.#orphans.set(key, others);
    for (const fill of waiting.filter(isOwn)) await this.fill(fill, asked);
  }
}

/** Whether an order works at the venue with other terms than those that we know. */
function showsOtherTerms({ terms, pending, marks, state }: OrderRecord, report: OrderReport) {
  const { status, terms: theirs } = report;
  const works = status === 'accepted' || status === 'triggered' || status === 'partially-filled';
  if (!works || pending !== null || marks.unknown !== null || marks.canceling) return false;
  // Filled as far as we know, and larger than we know.
  if (state === 'Filled') return compare(theirs.quantity, terms.quantity) > 0;
  if (!isOpen(state)) return false;
  // The stop of a trailing order moves by itself.
  const moves = terms.type.startsWith('trailing');
  return (
    theirs.quantity !== terms.quantity ||
    (!moves && (theirs.limitPrice !== terms.limitPrice || theirs.stopPrice !== terms.stopPrice))
  );
}

/** @throws RenataError BAD_INPUT for a report that cannot be; nothing of it is taken */
function requireSound(report: ExecutionReport): void {
  const fault = faultOf(report);
  if (fault === null) return;
  throw new RenataError(
    'BAD_INPUT',
    `A report of the venue was dropped: ${fault}. Compare with the venue ("renata reconcile").`,
  );
}

/** What an order is about never changes. */
interface About {
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
}

const fits = ({ instrument, terms }: OrderRecord, about: About | null): boolean =>
  about === null || (instrument === about.instrument && terms.side === about.side);

/** Our name for an order that was placed outside; `time` counts the orders that had the venue's name. */
export function externalId(account: AccountId, id: VenueOrderId, time = 1): ClientOrderId {
  const text = `E:${account}:${id}${time === 1 ? '' : `:${time}`}`.replaceAll(
    /[^A-Za-z0-9._:-]/g,
    '-',
  );
  return clientOrderId(text.length <= 64 ? text : `E:${text.slice(-62)}`);
}

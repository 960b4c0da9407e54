import { subtract, ZERO, type Decimal } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, ClientOrderId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { OrderFact } from '../../../engine/orders/facts.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type {
  BalanceReport,
  ExecutionClient,
  OrderReport,
  PositionReport,
} from '../../../engine/ports/execution-client.ts';
import type { Cases } from './cases.ts';
import { refOf } from './desk.ts';
import { asksTheSame, type Doubts } from './doubts.ts';
import { externalId, type Intake } from './intake.ts';
import type { OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface ReconciliationOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly intake: Intake;
  readonly doubts: Doubts;
  readonly cases: Cases;
  readonly clock: Clock;
  readonly onBalance: (report: BalanceReport) => Promise<void>;
  /** Whether an order still waits in this process for its turn to be sent, or for the answer. */
  readonly isSending: (id: ClientOrderId) => boolean;
  readonly onDefect: (error: unknown, what: string) => void;
}

export interface Reconciled {
  readonly account: AccountId;
  /** Orders and positions that were compared. */
  readonly checked: number;
  /** Queries that failed; what they would have told is unknown, not empty. */
  readonly failures: readonly string[];
}

/** Fills are asked for from so long before the oldest open order on. */
const MARGIN = 60 * 60_000;
/** What changed a moment ago may not be in an answer that was made before. */
const SETTLING = 3000;
/** How often a position is read until no fill comes between. */
const ATTEMPTS = 4;

/**
 * Compares what venues have with what we have: at start, after each reconnection, at intervals, and when
 * the user asks. It is the recovery after a crash as well. What the venue can prove is taken over (its
 * orders, its fills); what remains becomes a case. Nothing is ever closed, opened or sent by it.
 */
export class Reconciliation {
  readonly #options: ReconciliationOptions;
  readonly #running = new Map<
    AccountId,
    { readonly connection: number; readonly work: Promise<Reconciled> }
  >();
  /** Accounts whose positions have been compared since their connection was made. */
  readonly #settled = new Set<AccountId>();
  /** Rises with each loss of a connection. */
  #connection = 0;

  constructor(options: ReconciliationOptions) {
    this.#options = options;
  }

  /** One account; a second call while it runs waits for the same answer. */
  run(account: AccountId): Promise<Reconciled> {
    const running = this.#running.get(account);
    if (running !== undefined) {
      // One that began before the connection was lost says nothing of the time since.
      const fresh = running.connection === this.#connection;
      return fresh ? running.work : running.work.then(() => this.run(account));
    }
    const connection = this.#connection;
    const work = this.#run(account).finally(() => this.#running.delete(account));
    this.#running.set(account, { connection, work });
    return work;
  }

  /** The connection is lost: what happens at the venue now is not heard. */
  unsettle(accounts: Iterable<AccountId>): void {
    this.#connection += 1;
    for (const account of accounts) this.#settled.delete(account);
  }

  /** Whether the account has been compared with its venue since the connection was made. */
  isSettled(account: AccountId): boolean {
    return this.#settled.has(account);
  }

  /** After a start, what had been sent and not answered is unknown. The venue is asked. */
  async recover(): Promise<void> {
    const { log, doubts } = this.#options;
    for (const order of log.ledger.open()) {
      const step = unanswered(order);
      if (step === null) continue;
      const fact: OrderFact = {
        type: 'outcome-unknown',
        step,
        reason: 'Renata ended before the venue had answered.',
      };
      await log.tell(order.clientOrderId, [fact], 'local');
      doubts.raise(log.ledger.require(order.clientOrderId));
    }
  }

  async #run(account: AccountId): Promise<Reconciled> {
    const { log, venues, cases, onDefect } = this.#options;
    const { client } = venues.account(account);
    const connection = this.#connection;
    const failures: string[] = [];
    let checked = 0;
    const known = new Set(log.positions.list(account, true).map(({ instrument }) => instrument));
    const part = async (what: string, work: () => Promise<number>): Promise<boolean> => {
      try {
        checked += await work();
        await cases.settle({ kind: 'query-failed', account, subject: what }, 'The venue answered.');
        return true;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures.push(`${what}: ${message}`);
        if (!(error instanceof Error)) onDefect(error, what);
        await cases.raise({
          kind: 'query-failed',
          account,
          subject: what,
          venueSays: `no answer (${message})`,
          weSay: 'unknown; nothing was changed',
          evidence: [],
          proposals: [
            {
              id: 'again',
              label: 'Ask again',
              effect: 'Asks the venue once more; changes nothing else.',
            },
          ],
        });
        return false;
      }
    };
    // Fills first: an order that looks finished is then finished with all of its fills.
    const fillsKnown = await part('fills', () => this.#fills(client, account));
    const ordersKnown = await part('orders', () => this.#orders(client, account));
    if (fillsKnown && ordersKnown) {
      const compared = await part('positions', () => this.#positions(client, account, known));
      if (compared && connection === this.#connection) this.#settled.add(account);
    }
    await part('cash', () => this.#cash(client, account));
    return { account, checked, failures };
  }

  async #fills(client: ExecutionClient, account: AccountId): Promise<number> {
    const { log, intake, clock } = this.#options;
    let since: number = clock.now();
    for (const order of log.ledger.open(account)) since = Math.min(since, order.createdAt);
    for (const order of log.ledger.all()) {
      // What ended lately may have fills that were not told.
      if (order.account === account && clock.now() - order.changedAt < 24 * MARGIN) {
        since = Math.min(since, order.createdAt);
      }
    }
    since = Math.max(since - MARGIN, clock.now() - client.capabilities.fillHistory);
    const fills = await client.fills(account, unixMillis(Math.max(0, Math.floor(since))));
    for (const fill of fills) await intake.fill(fill, true);
    await this.#owners(client, account);
    return fills.length;
  }

  /** Orders of fills that nobody knows: placed elsewhere and over before they were seen. */
  async #owners(client: ExecutionClient, account: AccountId): Promise<void> {
    const { log, intake, onDefect } = this.#options;
    for (const fill of intake.orphans(account)) {
      const { instrument, venueOrderId } = fill;
      // The first time, the venue's position is taken over with this trade in it.
      if (log.positions.get(account, instrument) === undefined) continue;
      const ours = fill.clientOrderId ?? externalId(account, venueOrderId);
      try {
        const report = await client.order({
          account,
          instrument,
          clientOrderId: ours,
          venueOrderId,
        });
        if (report !== null) await intake.order(report, true);
      } catch (error) {
        onDefect(error, 'orphan');
      }
    }
  }

  async #orders(client: ExecutionClient, account: AccountId): Promise<number> {
    const { log, intake, clock } = this.#options;
    const askedAt = clock.now();
    const before = new Map(log.ledger.open(account).map((each) => [each.clientOrderId, each]));
    const reports = await client.openOrders(account);
    const seen = new Set<string>();
    for (const report of reports) {
      const known = intake.find(account, report.clientOrderId, report.venueOrderId);
      const then = known === undefined ? undefined : before.get(known.clientOrderId);
      // What was asked of the venue meanwhile may not be in its answer.
      await intake.order(
        report,
        known === undefined || (then !== undefined && asksTheSame(then, known)),
      );
      const order = intake.find(account, report.clientOrderId, report.venueOrderId);
      if (order === undefined) continue;
      seen.add(order.clientOrderId);
      if (isClosed(order) && order.changedAt <= askedAt - SETTLING)
        await this.#revenant(order, report);
    }
    await this.#settleRevenants(account, seen);
    for (const order of log.ledger.open(account)) {
      const fresh = order.changedAt > askedAt - SETTLING;
      if (seen.has(order.clientOrderId) || !order.marks.submitted || fresh) continue;
      await this.#look(client, order);
    }
    return reports.length;
  }

  /** A case: an order is over here, and works at the venue. */
  async #revenant(order: OrderRecord, report: OrderReport): Promise<void> {
    await this.#options.cases.raise({
      kind: 'order-anomaly',
      account: order.account,
      subject: order.clientOrderId,
      venueSays: saidOf(report),
      weSay: `${order.state}, ${order.filledQuantity} of ${order.terms.quantity} filled`,
      evidence: [
        { time: report.venueTime, text: `Among the open orders as ${report.venueOrderId}.` },
      ],
      proposals: [
        {
          id: 'again',
          label: 'Ask again',
          effect: 'Asks the venue once more; changes nothing else. Cancel the order at the venue.',
        },
      ],
    });
  }

  /** Those that do not work any more, whatever we called them. */
  async #settleRevenants(account: AccountId, seen: ReadonlySet<string>): Promise<void> {
    for (const each of this.#options.cases.list(true)) {
      const own = each.kind === 'order-anomaly' && each.account === account;
      if (own && isRevenant(each) && !seen.has(each.subject))
        await this.#options.cases.close(each.id, 'The venue does not list it any more.');
    }
  }

  /** A case: the venue has filled more than its fills explain, and does not tell them. */
  async fillsMissing(order: OrderRecord, report: OrderReport): Promise<void> {
    await this.#options.cases.raise({
      kind: 'order-anomaly',
      account: order.account,
      subject: order.clientOrderId,
      venueSays: saidOf(report),
      weSay: `${order.filledQuantity} of ${order.terms.quantity} filled`,
      evidence: [
        {
          time: report.venueTime,
          text: 'The venue was asked for its fills and does not have those that are missing.',
        },
      ],
      proposals: [
        {
          id: 'cancelled',
          label: 'It is over',
          effect: 'Marks the order as ended here; sends nothing. Compare the position afterwards.',
        },
        {
          id: 'again',
          label: 'Ask again',
          effect: 'Asks the venue once more; changes nothing else.',
        },
      ],
    });
  }

  /** An order that we think is open and the venue does not list: it is asked for by itself. */
  async #look(client: ExecutionClient, order: OrderRecord): Promise<void> {
    const { intake, doubts, log, isSending } = this.#options;
    const report: OrderReport | null = await client.order(refOf(order));
    const now = this.#options.log.ledger.require(order.clientOrderId);
    if (report !== null) {
      await intake.order(report, asksTheSame(order, now));
      return;
    }
    if (now !== order) return;
    if (!order.marks.accepted) {
      // It may not have been sent yet.
      if (isSending(order.clientOrderId)) return;
      if (order.state !== 'Unknown') {
        const reason = 'The venue took it, never named it, and does not list it.';
        await log.tell(
          order.clientOrderId,
          [{ type: 'outcome-unknown', step: 'submit', reason }],
          'local',
        );
      }
      doubts.raise(log.ledger.require(order.clientOrderId));
      return;
    }
    await this.vanished(order);
  }

  /** A case: the venue had an order and does not know it any more. */
  async vanished(order: OrderRecord): Promise<void> {
    await this.#options.cases.raise({
      kind: 'order-missing-at-venue',
      account: order.account,
      subject: order.clientOrderId,
      venueSays: 'no such order',
      weSay: `${order.state}, ${order.filledQuantity} of ${order.terms.quantity} filled`,
      evidence: [
        {
          time: order.changedAt,
          text: `Accepted as ${order.venueOrderId ?? 'an order without a name'}.`,
        },
      ],
      proposals: [
        {
          id: 'cancelled',
          label: 'It is cancelled',
          effect: 'Marks the order as cancelled here; sends nothing.',
        },
        {
          id: 'again',
          label: 'Ask again',
          effect: 'Asks the venue once more; changes nothing else.',
        },
      ],
    });
  }

  /** @param before instruments of which there was a position before this comparison */
  async #positions(
    client: ExecutionClient,
    account: AccountId,
    before: ReadonlySet<InstrumentId>,
  ): Promise<number> {
    const { log, clock } = this.#options;
    const askedAt = clock.now();
    const reports = await client.positions(account);
    const told = new Map<InstrumentId, PositionReport>(
      reports.map((report) => [report.instrument, report]),
    );
    const ours = log.positions.list(account, true);
    const ids = new Set([...told.keys(), ...ours.map(({ instrument }) => instrument)]);
    for (const id of ids) {
      const position = log.positions.get(account, id);
      const theirs: Decimal = told.get(id)?.quantity ?? ZERO;
      const held: Decimal = position?.quantity ?? ZERO;
      // A fill on its way changes one of both before the other.
      const arriving = before.has(id) || !this.#onlyOutside(account, id);
      if (position !== undefined && arriving && position.changedAt > askedAt - SETTLING) continue;
      if (theirs === held) {
        await this.#options.cases.settle(
          { kind: 'position-differs', account, subject: id },
          'Both agree again.',
        );
        continue;
      }
      if (position !== undefined && !before.has(id) && this.#onlyOutside(account, id)) {
        // Its first trades here came with this comparison, of orders placed elsewhere: it was there before.
        await this.#takeOver(client, account, id, false);
        continue;
      }
      await this.#position(client, account, id, told.get(id), held);
    }
    return ids.size;
  }

  #onlyOutside(account: AccountId, id: InstrumentId): boolean {
    for (const order of this.#options.log.ledger.all()) {
      const here = order.account === account && order.instrument === id;
      if (here && order.source.kind !== 'external' && order.fills.length > 0) return false;
    }
    return true;
  }

  async #position(
    client: ExecutionClient,
    account: AccountId,
    id: InstrumentId,
    report: PositionReport | undefined,
    held: Decimal,
  ): Promise<void> {
    const { log, cases, clock } = this.#options;
    const theirs: Decimal = report?.quantity ?? ZERO;
    if (log.positions.get(account, id) === undefined) {
      // Never traded here: what the account brought along is simply so.
      await this.#takeOver(client, account, id, true);
      return;
    }
    await cases.raise({
      kind: 'position-differs',
      account,
      subject: id,
      venueSays: theirs,
      weSay: held,
      evidence: [
        {
          time: clock.now(),
          text: `The venue has ${subtract(theirs, held)} more than our fills explain.`,
        },
      ],
      proposals: [
        {
          id: 'take-over',
          label: 'Take the venue’s position',
          effect: `Sets our position to ${theirs}; sends no order.`,
        },
        {
          id: 'again',
          label: 'Compare again',
          effect: 'Asks the venue once more; changes nothing else.',
        },
      ],
    });
  }

  /**
   * Takes the venue's position for ours, together with the trades in it. Fills are asked for after the
   * position: one that came between the two answers would be booked twice, or never.
   */
  async #takeOver(
    client: ExecutionClient,
    account: AccountId,
    id: InstrumentId,
    first: boolean,
  ): Promise<void> {
    const { log, intake, clock } = this.#options;
    const orphans = () => intake.orphans(account).filter(({ instrument }) => instrument === id);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const before = log.positions.get(account, id);
      if (first && before !== undefined) return;
      const waiting = orphans().length;
      const report = (await client.positions(account)).find(({ instrument }) => instrument === id);
      await this.#fills(client, account);
      const inside = orphans();
      if (log.positions.get(account, id) !== before || inside.length !== waiting) continue;
      await log.takeOver({
        account,
        instrument: id,
        quantity: report?.quantity ?? ZERO,
        averagePrice: report?.averagePrice ?? null,
        time: clock.now(),
        trades: inside.map(({ tradeId }) => tradeId),
      });
      intake.forget(account, id);
      return;
    }
    throw new RenataError(
      'CONFLICT',
      `The position in ${id} keeps changing while it is read; try again when fewer fills come.`,
      { retryable: true },
    );
  }

  async #cash(client: ExecutionClient, account: AccountId): Promise<number> {
    await this.#options.onBalance(await client.balances(account));
    return 1;
  }

  /**
   * Does what the user has chosen for a case.
   * @throws RenataError BAD_INPUT for a proposal that the case does not have
   */
  async resolve(id: string, proposal: string, note: string): Promise<void> {
    const { cases, log, venues } = this.#options;
    const found = cases.require(id);
    const chosen = found.proposals.find((each) => each.id === proposal);
    if (found.closedAt !== null || chosen === undefined) {
      const names = found.proposals.map((each) => each.id).join(', ');
      throw new RenataError(
        'BAD_INPUT',
        found.closedAt === null
          ? `proposal: the case has no proposal "${proposal}"; it has ${names}.`
          : `caseId: the case ${id} is closed already.`,
      );
    }
    const account = found.account as AccountId;
    if (proposal === 'take-over') {
      const { client } = venues.account(account);
      const instrument = found.subject as InstrumentId;
      await this.#takeOver(client, account, instrument, false);
    } else if (proposal === 'cancelled') {
      const reason = `The venue does not know it any more; marked as cancelled by the user.${note === '' ? '' : ` ${note}`}`;
      await log.tell(found.subject as never, [{ type: 'canceled', reason }], 'local');
    } else if (proposal === 'again') {
      await this.run(account);
      return;
    }
    await cases.close(id, `${chosen.label}.${note === '' ? '' : ` ${note}`}`);
  }
}

/** What the venue says of an order, in a few words. */
function saidOf({ status, filledQuantity, terms }: OrderReport): string {
  return `${status}, ${filledQuantity} of ${terms.quantity} filled`;
}

/** A case of an order that is over here and works there; it ends when it does not any more. */
function isRevenant({ weSay }: { readonly weSay: string }): boolean {
  return /^(Filled|Canceled|Expired|Rejected|Denied),/.test(weSay);
}

/** What an order had asked and not been answered when everything stopped. */
function unanswered(order: OrderRecord): 'submit' | 'amend' | 'cancel' | null {
  const { marks, pending } = order;
  if (marks.unknown !== null) return marks.unknown;
  if (!marks.submitted) return null;
  if (!marks.accepted) return 'submit';
  if (marks.canceling) return 'cancel';
  return pending === null ? null : 'amend';
}

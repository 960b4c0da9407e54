import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, ClientOrderId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderFact } from '../../../engine/orders/facts.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type {
  BalanceReport,
  ExecutionClient,
  OrderReport,
} from '../../../engine/ports/execution-client.ts';
import type { Cases } from './cases.ts';
import { isReady, type Doubts } from './doubts.ts';
import { compareFills } from './fill-comparison.ts';
import type { Intake } from './intake.ts';
import { fillsMissingCase } from './order-cases.ts';
import { OrderComparison, SETTLING, type Compared } from './order-comparison.ts';
import type { OrderLog } from './order-log.ts';
import { PositionComparison } from './position-comparison.ts';
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

/** How often in a row an account is compared again soon; after that, at the next interval. */
const LOOKS = 4;

/**
 * Compares what venues have with what we have: at start, after each reconnection, at intervals, and when
 * the user asks. It is the recovery after a crash as well. What the venue can prove is taken over (its
 * orders, its fills); what remains becomes a case. Nothing is ever closed, opened or sent by it.
 */
export class Reconciliation {
  readonly #options: ReconciliationOptions;
  readonly #orders: OrderComparison;
  readonly #positions: PositionComparison;
  readonly #running = new Map<
    AccountId,
    { readonly connection: number; readonly work: Promise<Reconciled> }
  >();
  /** Accounts whose positions have been compared since their connection was made. */
  readonly #settled = new Set<AccountId>();
  /** Accounts that are to be compared again soon, with how often that has been so in a row. */
  readonly #soon = new Map<AccountId, { times: number; cancel: () => void }>();
  /** Rises with each loss of a connection. */
  #connection = 0;
  #closed = false;

  constructor(options: ReconciliationOptions) {
    this.#options = options;
    this.#orders = new OrderComparison(options);
    this.#positions = new PositionComparison({
      ...options,
      fills: (client, account) => compareFills(options, client, account),
    });
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

  close(): void {
    for (const { cancel } of this.#soon.values()) cancel();
    this.#soon.clear();
    this.#closed = true;
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
    let waiting = false;
    const part = async (what: string, work: () => Promise<Compared>): Promise<boolean> => {
      try {
        const compared = await work();
        checked += compared.checked;
        waiting ||= compared.waiting;
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
    const fillsKnown = await part('fills', () => compareFills(this.#options, client, account));
    const ordersKnown = await part('orders', () => this.#orders.compare(client, account));
    if (fillsKnown && ordersKnown) {
      const compared = await part('positions', () =>
        this.#positions.compare(client, account, known),
      );
      if (compared && connection === this.#connection) this.#settled.add(account);
    }
    await part('cash', () => this.#cash(client, account));
    this.#lookAgain(account, waiting);
    return { account, checked, failures };
  }

  /** A case: the venue has filled more than its fills explain, and does not tell them. */
  async fillsMissing(order: OrderRecord, report: OrderReport): Promise<void> {
    await this.#options.cases.raise(fillsMissingCase(order, report));
  }

  /** A case: the venue had an order and does not know it any more. */
  async vanished(order: OrderRecord): Promise<void> {
    await this.#orders.vanished(order);
  }

  async #cash(client: ExecutionClient, account: AccountId): Promise<Compared> {
    await this.#options.onBalance(await client.balances(account));
    return { checked: 1, waiting: false };
  }

  /** What differed and had changed just now is compared again soon, ever later while it goes on so. */
  #lookAgain(account: AccountId, waiting: boolean): void {
    const { clock, venues, onDefect } = this.#options;
    const before = this.#soon.get(account);
    before?.cancel();
    this.#soon.delete(account);
    const times = (before?.times ?? 0) + 1;
    if (!waiting || this.#closed || times > LOOKS) return;
    const cancel = clock.after(SETTLING * 2 ** (times - 1), () => {
      const client = venues.find(account)?.client;
      if (client === undefined || !isReady(client)) return;
      this.run(account).catch((error: unknown) => onDefect(error, 'reconciliation'));
    });
    this.#soon.set(account, { times, cancel });
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
      await this.#positions.takeOver(client, account, instrument, false);
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

/** What an order had asked and not been answered when everything stopped. */
function unanswered(order: OrderRecord): 'submit' | 'amend' | 'cancel' | null {
  const { marks, pending } = order;
  if (marks.unknown !== null) return marks.unknown;
  if (!marks.submitted) return null;
  if (!marks.accepted) return 'submit';
  if (marks.canceling) return 'cancel';
  return pending === null ? null : 'amend';
}

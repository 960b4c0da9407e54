import { compare } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId } from '../../../engine/domain/identifiers.ts';
import { faultOf } from '../../../engine/orders/reports.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionClient, ExecutionReport } from '../../../engine/ports/execution-client.ts';
import type { Doubts } from './doubts.ts';
import { isReady } from './doubts.ts';
import type { Exits } from './exits.ts';
import type { Intake } from './intake.ts';
import type { OrderLog } from './order-log.ts';
import type { Reconciliation } from './reconciliation.ts';
import { ordersHeard } from './risk-desk.ts';
import type { Venues } from './venues.ts';

export interface VenueSessionsOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly intake: Pick<Intake, 'take'>;
  readonly doubts: Pick<Doubts, 'raise' | 'askTerms'>;
  readonly exits: Pick<Exits, 'lookAtAll'>;
  readonly reconciliation: Pick<Reconciliation, 'unsettle'>;
  /** Compares an account with its venue. */
  readonly reconcile: (account: AccountId) => Promise<unknown>;
  readonly clock: Clock;
  /** Milliseconds between comparisons with each venue. */
  readonly every: number;
  readonly onAccounts: () => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Follows venues as they connect, report and break off, and compares their accounts: then, and at intervals. */
export class VenueSessions {
  readonly #options: VenueSessionsOptions;
  readonly #endings = new Map<string, () => void>();
  #cancelRound: (() => void) | undefined;
  #closed = false;

  constructor(options: VenueSessionsOptions) {
    this.#options = options;
  }

  /** Compares all accounts at intervals from now on. */
  start(): void {
    if (this.#closed) return;
    const { clock, every } = this.#options;
    this.#cancelRound = clock.after(every, () => void this.#round());
  }

  /** Follows a venue. Its accounts are compared whenever it becomes ready. */
  add(client: ExecutionClient): void {
    const { venues, reconciliation, onAccounts } = this.#options;
    venues.add(client);
    let before = { up: false, ready: false, heard: false };
    const look = (): void => {
      const { phase, parts } = client.connection;
      const ready = phase === 'ready';
      const now = { ready, up: ready || phase === 'degraded', heard: ordersHeard(parts) };
      // While reports do not arrive, what we hold is what was, until it has been compared again.
      if (!isReady(client) || !now.heard || (now.up && !before.up) || !before.heard) {
        const own = venues.accounts().filter((each) => each.client === client);
        reconciliation.unsettle(own.map(({ id }) => id));
      }
      const anew = (ready && !before.ready) || (now.up && !before.up) || !before.heard;
      if (now.up && anew) this.#guard('connection', this.#connected(client));
      before = now;
      onAccounts();
    };
    const endReports = client.onReport((report) =>
      this.#guard('report', this.#hear(client, report)),
    );
    const endStates = client.onConnection(look);
    this.#endings.set(client.venue, () => {
      endReports();
      endStates();
    });
    look();
  }

  remove(venue: string): void {
    this.#endings.get(venue)?.();
    this.#endings.delete(venue);
    this.#options.venues.remove(venue);
    this.#options.onAccounts();
  }

  /** Compares nothing more; reports are heard until `end`. */
  rest(): void {
    this.#closed = true;
    this.#cancelRound?.();
  }

  end(): void {
    for (const end of this.#endings.values()) end();
    this.#endings.clear();
  }

  #guard(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#options.onDefect(error, what);
    });
  }

  /** Takes a report of a venue, about its own accounts alone: two venues may call two things the same. */
  async #hear(client: ExecutionClient, report: ExecutionReport): Promise<void> {
    const account = (report as ExecutionReport | null)?.account;
    const own = account !== undefined && this.#options.venues.find(account)?.client === client;
    if (!own && faultOf(report) === null) {
      throw new RenataError(
        'CONFLICT',
        `A report of the venue was dropped: ${client.venue} has no account ${String(account)}.`,
      );
    }
    await this.#options.intake.take(report);
  }

  async #connected(client: ExecutionClient): Promise<void> {
    const { log, venues, doubts, exits, reconcile, onAccounts } = this.#options;
    venues.setAccounts(client, await client.accounts());
    onAccounts();
    for (const { id, client: of } of venues.accounts()) {
      if (of === client) await reconcile(id);
    }
    for (const order of log.ledger.open()) {
      if (order.state === 'Unknown') doubts.raise(order);
    }
    for (const order of log.ledger.all()) {
      const over = compare(order.filledQuantity, order.terms.quantity) > 0;
      if (over && venues.find(order.account)?.client === client)
        await doubts.askTerms(order.clientOrderId);
    }
    exits.lookAtAll();
  }

  async #round(): Promise<void> {
    const { venues, reconcile, onDefect } = this.#options;
    for (const client of venues.clients()) {
      const known = venues.accounts().some((each) => each.client === client);
      // Its accounts could not be asked for when it connected.
      if (!known && isReady(client)) this.#guard('connection', this.#connected(client));
    }
    for (const { id, client } of venues.accounts()) {
      if (isReady(client)) {
        await reconcile(id).catch((error: unknown) => onDefect(error, 'reconciliation'));
      }
    }
    this.start();
  }
}

import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { AccountId } from '../../../engine/domain/identifiers.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type { Desk } from './desk.ts';
import { isReady } from './doubts.ts';
import { laterCanceledNotice, type Notice } from './notices.ts';
import { entry, type OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface UnreachedOrdersOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Pick<Desk, 'cancel'>;
  readonly clock: Clock;
  readonly isHalted: () => boolean;
  readonly onNotice: (notice: Notice) => void;
  readonly onChange: () => void;
}

/** Orders of an account that work at a venue which cannot be reached now. */
export interface Unreached {
  readonly account: AccountId;
  readonly orders: number;
  /** The kill switch was used: they are cancelled once the venue is connected again. */
  readonly cancels: boolean;
}

const SUBJECT = 'kill:';

/**
 * What the kill switch could not reach: it is remembered, also over a restart, and cancelled once the venue is
 * connected again and has been compared.
 */
export class UnreachedOrders {
  readonly #options: UnreachedOrdersOptions;
  /** Accounts whose orders are to be cancelled, with the time of the kill switch. */
  readonly #marked = new Map<AccountId, UnixMillis>();
  readonly #working = new Set<AccountId>();

  /** @param entries those of the journal that the order log did not know */
  constructor(options: UnreachedOrdersOptions, entries: readonly JournalEntry[]) {
    this.#options = options;
    for (const { kind, subject, body } of entries) {
      if (kind !== 'state' || !subject.startsWith(SUBJECT)) continue;
      const account = subject.slice(SUBJECT.length) as AccountId;
      const { at } = JSON.parse(body) as { readonly at: UnixMillis | null };
      if (at === null) this.#marked.delete(account);
      else this.#marked.set(account, at);
    }
  }

  list(): readonly Unreached[] {
    const counts = new Map<AccountId, number>();
    for (const { account, marks } of this.#options.log.ledger.open()) {
      if (marks.submitted && !this.#isReached(account))
        counts.set(account, (counts.get(account) ?? 0) + 1);
    }
    return [...counts].map(([account, orders]) => ({
      account,
      orders,
      cancels: this.#marked.has(account),
    }));
  }

  /** The kill switch is used: notes what it cannot reach. @returns that, for the user */
  async mark(): Promise<readonly string[]> {
    const { log, clock, onChange } = this.#options;
    const unreached = this.list();
    const at = clock.now();
    for (const { account } of unreached) this.#marked.set(account, at);
    onChange();
    const notes = unreached.map(({ account }) => entry('state', `${SUBJECT}${account}`, { at }));
    if (notes.length > 0) await log.write(notes);
    return unreached.map(
      ({ account, orders }) =>
        `${account}: ${count(orders)} open at a venue that cannot be reached; cancelled as soon as it is connected again`,
    );
  }

  /** The account has been compared with its venue: cancels what could not be reached before. */
  async reached(account: AccountId): Promise<void> {
    const { log, venues, desk, isHalted, onNotice, onChange } = this.#options;
    const at = this.#marked.get(account);
    if (at === undefined || this.#working.has(account) || !this.#isReached(account)) return;
    this.#working.add(account);
    try {
      // Once the user trades again, the orders of that time are what was to be stopped, and no others.
      const all = isHalted();
      const isMeant = (order: OrderRecord): boolean => all || order.createdAt <= at;
      const open = log.ledger.open(account).filter(isMeant);
      const failures: string[] = [];
      if (all) {
        await venues
          .account(account)
          .client.cancelAll(account)
          .catch((error: unknown) => failures.push(String(error)));
      }
      for (const { clientOrderId } of open) await desk.cancel(clientOrderId);
      const left = open.filter(({ clientOrderId: id }) => {
        const now = log.ledger.require(id);
        return !isClosed(now) && !now.marks.canceling;
      });
      onNotice(laterCanceledNotice(account, left.length));
      if (left.length + failures.length > 0) return;
      this.#marked.delete(account);
      onChange();
      await log.write([entry('state', `${SUBJECT}${account}`, { at: null })]);
    } finally {
      this.#working.delete(account);
    }
  }

  #isReached(account: AccountId): boolean {
    const client = this.#options.venues.find(account)?.client;
    return client !== undefined && isReady(client);
  }
}

const count = (orders: number): string => (orders === 1 ? '1 order is' : `${orders} orders are`);

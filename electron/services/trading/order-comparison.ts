import type { AccountId, ClientOrderId } from '../../../engine/domain/identifiers.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionClient, OrderReport } from '../../../engine/ports/execution-client.ts';
import type { Cases } from './cases.ts';
import { refOf } from './desk.ts';
import { asksTheSame, type Doubts } from './doubts.ts';
import type { Intake } from './intake.ts';
import { isRevenant, revenantCase, vanishedCase } from './order-cases.ts';
import type { OrderLog } from './order-log.ts';

export interface OrderComparisonOptions {
  readonly log: OrderLog;
  readonly intake: Intake;
  readonly doubts: Doubts;
  readonly cases: Cases;
  readonly clock: Clock;
  /** Whether an order still waits in this process for its turn to be sent, or for the answer. */
  readonly isSending: (id: ClientOrderId) => boolean;
}

/** What a comparison has looked at. */
export interface Compared {
  readonly checked: number;
  /** Something differs that changed just now, and has to be looked at again soon. */
  readonly waiting: boolean;
}

/** What changed a moment ago may not be in an answer that was made before. */
export const SETTLING = 3000;

/**
 * Whether a change may not be in an answer to a question of that moment yet. One that lies ahead of the clock
 * was made before the clock was set back: it is old.
 */
export function isFresh(changedAt: number, askedAt: number, now: number): boolean {
  return changedAt > askedAt - SETTLING && changedAt <= now;
}

/** Compares the open orders of a venue with ours, one by one where they are not the same. */
export class OrderComparison {
  readonly #options: OrderComparisonOptions;

  constructor(options: OrderComparisonOptions) {
    this.#options = options;
  }

  async compare(client: ExecutionClient, account: AccountId): Promise<Compared> {
    const { log, intake, clock, cases } = this.#options;
    const askedAt = clock.now();
    const before = new Map(log.ledger.open(account).map((each) => [each.clientOrderId, each]));
    const reports = await client.openOrders(account);
    const seen = new Set<string>();
    const over = new Set<string>();
    let waiting = false;
    for (const report of reports) {
      const known = intake.ownerOf(report);
      const then = known === undefined ? undefined : before.get(known.clientOrderId);
      // What was asked of the venue meanwhile may not be in its answer.
      await intake.order(
        report,
        known === undefined || (then !== undefined && asksTheSame(then, known)),
      );
      const order = intake.ownerOf(report);
      if (order === undefined) continue;
      seen.add(order.clientOrderId);
      if (!isClosed(order)) continue;
      over.add(order.clientOrderId);
      if (isFresh(order.changedAt, askedAt, clock.now())) waiting = true;
      else await cases.raise(revenantCase(order, report));
    }
    await this.#settleRevenants(account, seen, over);
    for (const order of log.ledger.open(account)) {
      if (seen.has(order.clientOrderId) || !order.marks.submitted) continue;
      if (isFresh(order.changedAt, askedAt, clock.now())) waiting = true;
      else await this.#look(client, order);
    }
    return { checked: reports.length, waiting };
  }

  /** A case: the venue had an order and does not know it any more. */
  async vanished(order: OrderRecord): Promise<void> {
    await this.#options.cases.raise(vanishedCase(order));
  }

  /**
   * Those that do not work any more, whatever we called them, and those that are not over here either.
   * @param seen what the venue lists
   * @param over what of it is over here
   */
  async #settleRevenants(
    account: AccountId,
    seen: ReadonlySet<string>,
    over: ReadonlySet<string>,
  ): Promise<void> {
    for (const { id, kind, subject, ...each } of this.#options.cases.list(true)) {
      const own = kind === 'order-anomaly' && each.account === account;
      if (!own || !isRevenant(each) || over.has(subject)) continue;
      const why = seen.has(subject)
        ? 'It works here again as well.'
        : 'The venue does not list it any more.';
      await this.#options.cases.close(id, why);
    }
  }

  /** An order that we think is open and the venue does not list: it is asked for by itself. */
  async #look(client: ExecutionClient, order: OrderRecord): Promise<void> {
    const { intake, doubts, log, isSending } = this.#options;
    const report: OrderReport | null = await client.order(refOf(order));
    const now = log.ledger.require(order.clientOrderId);
    if (report !== null && !intake.isOther(order, report)) {
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
}

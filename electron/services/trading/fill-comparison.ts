import type { AccountId } from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionClient } from '../../../engine/ports/execution-client.ts';
import { externalId, type Intake } from './intake.ts';
import type { Compared } from './order-comparison.ts';
import type { OrderLog } from './order-log.ts';

export interface FillComparisonOptions {
  readonly log: OrderLog;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Fills are asked for from so long before the oldest open order on. */
const MARGIN = 60 * 60_000;

/** Books what a venue has filled of all orders that may have filled since they were heard of last. */
export async function compareFills(
  options: FillComparisonOptions,
  client: ExecutionClient,
  account: AccountId,
): Promise<Compared> {
  const { log, intake, clock } = options;
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
  await askForOwners(options, client, account);
  return { checked: fills.length, waiting: false };
}

/** Orders of fills that nobody knows: placed elsewhere and over before they were seen. */
async function askForOwners(
  { log, intake, onDefect }: FillComparisonOptions,
  client: ExecutionClient,
  account: AccountId,
): Promise<void> {
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

import { isZero } from '../../engine/domain/decimal.ts';
import type { AccountId } from '../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../engine/domain/live-order.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type {
  ExecutionClient,
  OrderReport,
  PositionReport,
} from '../../engine/ports/execution-client.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import type { AdapterContext, AdapterManifest } from '../net/adapter.ts';
import { termsFor } from '../services/trading/desk.ts';
import { closingIntent } from '../services/trading/tickets.ts';
import type { WatchedAccount, WatchedConnection } from '../services/watchdog/messages.ts';

export interface ActOptions {
  readonly manifests: readonly AdapterManifest[];
  /** How an adapter is opened; its folder and log belong to the watchdog. */
  readonly context: (connection: WatchedConnection) => AdapterContext;
  readonly clock: Clock;
  /** Notes what was done or could not be, for people. */
  readonly record: (account: string, text: string) => void;
  /** Whether a person has allowed trading again: then nothing more is done. */
  readonly released: () => boolean;
  /** Positions are left alone, whatever the accounts say: a second look for orders that came late. */
  readonly ordersOnly?: boolean;
}

/** Longest time that is spent on a venue which does not answer. */
const PATIENCE = 3_600_000;
const WAITS = [1000, 2000, 5000, 10_000, 20_000, 30_000];
/** How long a connection may take until the venue is asked all the same. */
const CONNECTING = 5000;
/** How long a venue has to end what was cancelled until that is asked for once more. */
const ENDING = 5000;
const LOOK_EVERY = 250;
/** How often a venue is asked whether it has an order whose answer was lost. */
const QUESTIONS = 10;

/** Cancels every order of the watched accounts at their venues, and closes positions where that is wanted. */
export async function act(
  connections: readonly WatchedConnection[],
  options: ActOptions,
): Promise<void> {
  await Promise.all(connections.map((connection) => actAt(connection, options)));
}

async function actAt(connection: WatchedConnection, options: ActOptions): Promise<void> {
  const { id, settings, keys, accounts } = connection;
  const all = accounts.map((account) => account.id).join(', ');
  let client: ExecutionClient | undefined;
  try {
    const manifest = options.manifests.find((each) => each.id === id);
    client = manifest?.open(settings, keys, options.context(connection)).execution;
  } catch (error) {
    options.record(all, `${id} cannot be opened: ${textOf(error)}. Look there now.`);
    return;
  }
  if (client === undefined) {
    options.record(all, `${id} takes no orders; nothing was done.`);
    return;
  }
  const at = client;
  try {
    if (!(await persist(all, 'connect', options, () => connect(at, options.clock)))) return;
    for (const account of accounts) await actFor(at, account, options);
  } finally {
    await client.disconnect().catch(() => undefined);
  }
}

/** A stream of orders that does not start is no hindrance: the accounts are all that is needed. */
async function connect(client: ExecutionClient, clock: Clock): Promise<void> {
  const connecting = client.connect();
  // Where the limit is reached first, what it fails with shows in the question after it.
  connecting.catch(() => undefined);
  await Promise.race([connecting, pause(clock, CONNECTING)]);
  await client.accounts();
}

async function actFor(
  client: ExecutionClient,
  watched: WatchedAccount,
  options: ActOptions,
): Promise<void> {
  const { record, released } = options;
  const account = watched.id as AccountId;
  const done = await persist(account, 'cancel orders', options, () =>
    cancelAll(client, account, options),
  );
  if (!done || !watched.flatten || options.ordersOnly === true || released()) return;
  let held: readonly PositionReport[] = [];
  const known = await persist(account, 'ask for positions', options, async () => {
    held = (await client.positions(account)).filter(({ quantity }) => !isZero(quantity));
  });
  if (!known) return;
  if (held.length === 0) record(account, 'No position to close.');
  for (const position of held) {
    if (released()) return;
    await close(client, position, options);
  }
}

/** @throws while any order works */
async function cancelAll(
  client: ExecutionClient,
  account: AccountId,
  options: ActOptions,
): Promise<void> {
  const before = await client.openOrders(account);
  if (before.length === 0) {
    options.record(account, 'No order works.');
    return;
  }
  await client.cancelAll(account);
  const until = options.clock.elapsed() + ENDING;
  let left: readonly OrderReport[] = [];
  do {
    await pause(options.clock, LOOK_EVERY);
    left = await client.openOrders(account);
  } while (left.length > 0 && options.clock.elapsed() < until);
  if (left.length > 0) throw new Error(`${left.length} of ${before.length} orders still work`);
  options.record(account, `${ordersText(before.length)} cancelled; none works any more.`);
}

/** Sends one order that closes the position; another only when the venue has said that it has none. */
async function close(
  client: ExecutionClient,
  position: PositionReport,
  options: ActOptions,
): Promise<void> {
  const { clock, record } = options;
  const { account, instrument, quantity } = position;
  const intent = closingIntent(
    quantity,
    { account, instrument },
    {
      source: { kind: 'protection', name: 'watchdog' },
      now: clock.now(),
      mark: null,
      tag: 'watchdog',
    },
  );
  const what = `${intent.terms.side} ${intent.terms.quantity} ${instrument} at the market`;
  // Written before it is sent: whoever reads it later knows that the order may exist.
  record(account, `Closing order ${intent.clientOrderId}: ${what}.`);
  try {
    await client.submit([{ ...intent, terms: termsFor(intent.terms, client) }]);
    record(account, `The venue has taken ${intent.clientOrderId}.`);
  } catch (error) {
    if (error instanceof VenueError && error.definite) {
      record(account, `${instrument} could not be closed: ${error.message} Look there now.`);
      return;
    }
    const found = await ask(client, intent, clock);
    record(
      account,
      found === null
        ? `Whether ${intent.clientOrderId} arrived is not known (${textOf(error)}). Look there now.`
        : found
          ? `The venue has ${intent.clientOrderId}; its answer was lost.`
          : `${intent.clientOrderId} did not arrive (${textOf(error)}); ${instrument} is not closed. Look there now.`,
    );
  }
}

/** Whether the venue has the order; null where it does not answer. */
async function ask(
  client: ExecutionClient,
  { account, instrument, clientOrderId }: OrderIntent,
  clock: Clock,
): Promise<boolean | null> {
  let missing = 0;
  for (let i = 0; i < QUESTIONS; i += 1) {
    await pause(clock, WAITS[Math.min(i, WAITS.length - 1)] as number);
    try {
      const found = await client.order({ account, instrument, clientOrderId, venueOrderId: null });
      if (found !== null) return true;
      missing += 1;
      // One "no" may come before the order does.
      if (missing === 2) return false;
    } catch {
      // Asked again.
    }
  }
  return null;
}

/** Tries until it is done, a person releases trading, or an hour is over. A new reason for failing is noted. */
async function persist(
  account: string,
  what: string,
  { clock, record, released }: ActOptions,
  work: () => Promise<void>,
): Promise<boolean> {
  const until = clock.elapsed() + PATIENCE;
  let noted = '';
  for (let attempt = 0; !released(); attempt += 1) {
    try {
      await work();
      return true;
    } catch (error) {
      const text = textOf(error);
      if (text !== noted) record(account, `Could not ${what}: ${text}. Trying again.`);
      noted = text;
      if (clock.elapsed() >= until) {
        record(account, `Gave up to ${what} after an hour. Orders may be working: look there now.`);
        return false;
      }
    }
    await pause(clock, WAITS[Math.min(attempt, WAITS.length - 1)] as number);
  }
  record(account, 'Trading was allowed again meanwhile; nothing more was done.');
  return false;
}

function pause(clock: Clock, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(milliseconds, resolve);
  return promise;
}

function ordersText(count: number): string {
  return count === 1 ? '1 order' : `${count} orders`;
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}

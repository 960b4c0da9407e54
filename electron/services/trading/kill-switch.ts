import {
  absolute,
  compare,
  isNegative,
  isZero,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import { isOpen, type OrderIntent } from '../../../engine/domain/live-order.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { Desk } from './desk.ts';
import { isFresh } from './order-comparison.ts';
import { newId } from './identifiers.ts';
import type { OrderLog } from './order-log.ts';
import type { RiskDesk, StateAuthor } from './risk-desk.ts';
import { closingIntent } from './tickets.ts';
import type { Venues } from './venues.ts';

export interface Killed {
  readonly canceled: number;
  readonly flattened: number;
  /** What could not be done, account by account; the user has to look there. */
  readonly failures: readonly string[];
}

export interface KillSwitchOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  readonly risk: RiskDesk;
  readonly clock: Clock;
  readonly mark: (id: InstrumentId) => Mark | null;
  /** Looks up what has to be known of an instrument to trade it; a failure is told by the order. */
  readonly prepare: (account: AccountId, id: InstrumentId) => Promise<void>;
  /** Notes what works at venues that cannot be reached, to be cancelled later. @returns it, for the user */
  readonly markUnreached: () => Promise<readonly string[]>;
  /** Compares an account with its venue where that has not been done since the connection was made. @returns whether it is compared */
  readonly compare: (account: AccountId) => Promise<boolean>;
  /** What the venue has of a position, where a case says that it is something else than we have. */
  readonly disputed: (account: AccountId, id: InstrumentId) => Decimal | null;
}

/** How long cancellations have to be confirmed before positions are closed all the same. */
const PATIENCE = 3000;
const LOOK_EVERY = 50;

/**
 * Stops everything: nothing new is sent from this moment on, every order of every account is cancelled at
 * its venue, also those placed elsewhere, and positions are closed when that is wanted.
 */
export async function kill(
  options: KillSwitchOptions,
  request: { readonly flatten: boolean; readonly reason: string; readonly by: StateAuthor },
): Promise<Killed> {
  const { log, venues, desk, risk } = options;
  desk.stopAll();
  const failures: string[] = [];
  // The state takes hold at once; that it is noted may take as long as the disk does, and may fail.
  const noted = risk
    .setState('halted', request.reason === '' ? 'kill switch' : request.reason, request.by)
    .catch((error: unknown) => failures.push(`journal: ${textOf(error)}`));
  // At once, since this process may end, and again below: a venue may go while it is asked.
  const marked = options.markUnreached().catch(() => []);
  const open = log.ledger.open();
  await Promise.all(
    venues.accounts().map(async ({ id, client }) => {
      try {
        await client.cancelAll(id);
      } catch (error) {
        failures.push(`${id}: orders may still be working (${textOf(error)})`);
      }
      try {
        // What waits here, and what the venue's own "all" may have left.
        await desk.cancelAll(id, null);
      } catch (error) {
        failures.push(`${id}: ${textOf(error)}`);
      }
    }),
  );
  await untilGone(options, open);
  for (const { clientOrderId } of open) {
    const { account, instrument, terms, state } = log.ledger.require(clientOrderId);
    if (!isOpen(state)) continue;
    const { side, quantity } = terms;
    failures.push(`${account}: ${side} ${quantity} ${instrument} still works (${state})`);
  }
  await marked;
  try {
    failures.push(...(await options.markUnreached()));
  } catch (error) {
    failures.push(
      `journal: what could not be reached is forgotten by a restart (${textOf(error)})`,
    );
  }
  let flattened = 0;
  if (request.flatten) {
    await untilClosed(options);
    const accounts = await Promise.all(venues.accounts().map(({ id }) => holdingsOf(options, id)));
    failures.push(...accounts.flatMap(({ doubts }) => doubts));
    for (const { account, instrument, held } of accounts.flatMap(({ sure }) => sure)) {
      try {
        await options.prepare(account, instrument);
        await flatten(options, { account, instrument, held, tag: 'kill switch' });
        flattened += 1;
      } catch (error) {
        failures.push(
          `${account} ${instrument}: the position could not be closed (${textOf(error)})`,
        );
      }
    }
  }
  await noted;
  return { canceled: open.length, flattened, failures };
}

interface Holdings {
  readonly sure: readonly {
    readonly account: AccountId;
    readonly instrument: InstrumentId;
    readonly held: Decimal;
  }[];
  /** What is not closed, and why. */
  readonly doubts: readonly string[];
}

/**
 * What an account holds by its venue's word and by ours. To close what is not there any more opens the
 * opposite, so no more is closed than both have; what a venue does not tell counts only while the account is
 * compared with it.
 */
async function holdingsOf(options: KillSwitchOptions, account: AccountId): Promise<Holdings> {
  const { log, venues, clock } = options;
  const compared = await options.compare(account);
  const told = await venues
    .account(account)
    .client.positions(account)
    .then(
      (reports) => new Map(reports.map(({ instrument, quantity }) => [instrument, quantity])),
      (error: unknown) => (compared ? null : textOf(error)),
    );
  const ours = new Map(
    log.positions.list(account).map((position) => [position.instrument, position] as const),
  );
  if (typeof told === 'string') {
    const names = [...ours.keys()].join(', ');
    const what = names === '' ? 'positions there' : `the positions in ${names}`;
    return {
      sure: [],
      doubts: [`${account}: ${what} could not be compared and were not closed (${told})`],
    };
  }
  const sure: Holdings['sure'][number][] = [];
  const doubts: string[] = [];
  for (const instrument of new Set([...ours.keys(), ...(told?.keys() ?? [])])) {
    const position = ours.get(instrument);
    const own = position?.quantity ?? ZERO;
    // What was traded a moment ago may not be in the venue's answer.
    const now = clock.now();
    const fresh = compared && position !== undefined && isFresh(position.changedAt, now, now);
    const theirs = told === null || fresh ? own : (told.get(instrument) ?? ZERO);
    const held = common(own, theirs);
    if (!isZero(held)) sure.push({ account, instrument, held });
    if (theirs !== own)
      doubts.push(
        `${account} ${instrument}: the venue has ${theirs}, we have ${own}; ${held} are being closed, look there`,
      );
  }
  return { sure, doubts };
}

/** As much of a position as both have. */
export function common(a: Decimal, b: Decimal): Decimal {
  if (isZero(a) || isZero(b) || isNegative(a) !== isNegative(b)) return ZERO;
  return compare(absolute(a), absolute(b)) <= 0 ? a : b;
}

/** Closes a position at the market. */
export async function flatten(
  options: Pick<KillSwitchOptions, 'desk' | 'clock' | 'mark' | 'venues'>,
  position: {
    readonly account: AccountId;
    readonly instrument: InstrumentId;
    readonly held: Decimal;
    readonly tag: string;
    readonly requestId?: string;
    readonly source?: OrderIntent['source'];
    /** Units beyond flat: turns the position. */
    readonly extra?: Decimal;
  },
): Promise<Awaited<ReturnType<Desk['place']>>> {
  const { desk, clock, mark, venues } = options;
  const { account, instrument, held, tag, extra } = position;
  const now = clock.now();
  const intent = closingIntent(
    held,
    { account, instrument },
    {
      source: position.source ?? { kind: 'protection', name: tag },
      now,
      mark: mark(instrument),
      tag,
      timesInForce: venues.account(account).client.capabilities.timesInForce,
      ...(extra === undefined ? {} : { extra }),
    },
  );
  const requestId = position.requestId ?? newId('K', now);
  const hash = closingHash(position);
  const placed = await desk.place({ requestId, hash, intents: [intent] });
  const [order] = placed.orders;
  if (order !== undefined && (order.state === 'Denied' || order.state === 'Rejected')) {
    throw new RenataError('CONFLICT', order.reason);
  }
  return placed;
}

/** What a request to close a position asks for: the same request again closes nothing again. */
export function closingHash(position: {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly tag: string;
}): string {
  return `${position.tag}|${position.account}|${position.instrument}`;
}

/** Until orders are closed, or patience has run out. */
async function untilGone(
  { log, clock }: Pick<KillSwitchOptions, 'log' | 'clock'>,
  orders: readonly OrderRecord[],
): Promise<void> {
  const until = clock.elapsed() + PATIENCE;
  const some = (): boolean =>
    orders.some(({ clientOrderId }) => isOpen(log.ledger.require(clientOrderId).state));
  while (some() && clock.elapsed() < until) await look(clock);
}

async function look(clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(LOOK_EVERY, resolve);
  await promise;
}

/** An exit that still works could fill beside the closing order and turn the position. */
export async function untilClosed(
  { log, clock }: Pick<KillSwitchOptions, 'log' | 'clock'>,
  account?: AccountId,
  instrument?: InstrumentId,
): Promise<void> {
  const until = clock.elapsed() + PATIENCE;
  while (log.ledger.open(account, instrument).length > 0 && clock.elapsed() < until)
    await look(clock);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

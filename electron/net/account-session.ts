import { messageOf } from '../../engine/domain/errors.ts';
import type { AccountId } from '../../engine/domain/identifiers.ts';
import type { ConnectionPhase } from '../../engine/ports/connection.ts';
import type { VenueAccount } from '../../engine/ports/execution-client.ts';
import { VenueError, type VenueFailure } from '../../engine/ports/venue-error.ts';
import type { AdapterContext } from './adapter.ts';
import { backoff } from './backoff.ts';
import { ConnectionTracker } from './connection-tracker.ts';
import { Tally } from './tally.ts';

const WAITS = { first: 1000, longest: 60_000 };
/** How long the first connection may take until `connect` leaves the rest to the state. */
const FIRST_TRY = 15_000;
/** Between two resynchronizations that unreadable messages ask for. */
const RESYNC_EVERY = 5000;

/** A stream of orders that comes back by itself. */
export interface AccountStream {
  start(): void;
  restart(reason: string): void;
  close(): void;
}

/** What the stream of orders tells of itself. */
export interface AccountStreamEvents {
  readonly onUp: () => void;
  readonly onDown: (reason: string, retryIn: number | null) => void;
  /** Nothing helps but the user; no further attempt is made. */
  readonly onRefused: (message: string) => void;
  /** A message that cannot be read: something may be missing now. */
  readonly onMalformed: (problem: string) => void;
}

/**
 * The connection of one key: its account, its stream of orders, and what the user is told of both. It is
 * ready when the stream tells of orders and the account has been asked for after that; what was missed is
 * compared by whoever follows the state.
 */
export abstract class AccountSession<Told> {
  readonly tracker: ConnectionTracker;
  protected readonly context: AdapterContext;
  readonly #title: string;
  readonly #kind: string;
  readonly #malformed = new Tally();
  #account: VenueAccount | undefined;
  #stream: AccountStream | undefined;
  #attempt = 0;
  #open = false;
  /** Rises with each connection and each end: what an earlier one has begun does not go on. */
  #round = 0;
  /** Rises each time that the account is asked for to become ready; only the last answer counts. */
  #syncs = 0;
  #resyncedAt = Number.NEGATIVE_INFINITY;
  #cancelRetry: (() => void) | undefined;
  #cancelResync: (() => void) | undefined;
  #settleFirst: (() => void) | undefined;

  /**
   * @param title name of the venue in messages
   * @param kind of account in them, such as live or paper
   */
  constructor(title: string, kind: string, context: AdapterContext) {
    this.#title = title;
    this.#kind = kind;
    this.context = context;
    this.tracker = new ConnectionTracker(context.clock, context.log);
  }

  /** Failures of the first questions that only the user can mend. */
  protected abstract get hopeless(): ReadonlySet<VenueFailure>;
  /** Asks for the account. @throws VenueError */
  protected abstract ask(): Promise<Told>;
  protected abstract accountOf(told: Told): VenueAccount;
  /** The account was told, and is known: its money and what it may do can be told on. */
  protected abstract accountTold(told: Told): void;
  protected abstract openStream(events: AccountStreamEvents): AccountStream;
  /** The session has ended: by the user, or because nothing helps but the user. */
  protected abstract ended(): void;

  /** What has to be known before the account is asked for, to become ready. @throws VenueError */
  protected prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** Milliseconds before which another attempt makes no sense. */
  protected get leastWait(): number {
    return 0;
  }

  protected get open(): boolean {
    return this.#open;
  }

  protected get phase(): ConnectionPhase {
    return this.tracker.state.phase;
  }

  /** Messages of the stream that could not be read. */
  get malformed(): number {
    return this.#malformed.count;
  }

  /** @throws VenueError `unauthorized` when nothing helps but the user */
  async connect(): Promise<void> {
    if (this.#open) return;
    this.#open = true;
    this.#round += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settleFirst = resolve;
    const cancel = this.context.clock.after(FIRST_TRY, resolve);
    this.#orders(false, 'Not connected yet.');
    this.tracker.set('connecting', `Connecting to ${this.#title}.`);
    try {
      await Promise.race([this.#begin(this.#round), promise]);
      await promise;
    } finally {
      cancel();
    }
    if (this.phase === 'needs-user')
      throw new VenueError('unauthorized', this.tracker.state.message);
  }

  async disconnect(): Promise<void> {
    this.#end();
    this.#orders(false, 'Disconnected.');
    this.tracker.set('disconnected', 'Not connected.');
    await Promise.resolve();
  }

  /** @throws VenueError when the account cannot be asked for */
  account(): Promise<VenueAccount> {
    return this.#account === undefined ? this.#askAccount() : Promise.resolve(this.#account);
  }

  /** @throws VenueError `not-sent` while the account is not known */
  known(): VenueAccount {
    if (this.#account !== undefined) return this.#account;
    throw new VenueError('not-sent', `${this.#title} is not connected.`);
  }

  /** @throws VenueError `not-sent` while there is no connection, and for the account of another venue */
  check(account: AccountId): void {
    const known = this.known();
    if (!this.#open) throw new VenueError('not-sent', `${this.#title} is not connected.`);
    if (known.id !== account)
      throw new VenueError(
        'not-sent',
        `These keys are of the account ${known.id}, not ${account}.`,
      );
  }

  onMalformed(problem: string): void {
    if (this.#malformed.add())
      this.context.log('warn', `${this.#title} sent a message that cannot be read.`, {
        problem,
        count: this.#malformed.count,
      });
    this.resync();
  }

  /** Becomes ready anew, so that orders and fills are compared; now and then only. */
  resync(): void {
    if (this.#cancelResync !== undefined || !this.#open) return;
    const { clock } = this.context;
    const since = clock.elapsed() - this.#resyncedAt;
    this.#cancelResync = clock.after(Math.max(0, RESYNC_EVERY - since), () => {
      this.#cancelResync = undefined;
      this.#resyncedAt = clock.elapsed();
      if (this.phase === 'ready') void this.synchronize();
    });
  }

  async #begin(round: number): Promise<void> {
    if (round !== this.#round) return;
    try {
      await this.prepare();
      await this.#askAccount();
    } catch (error) {
      if (round !== this.#round) return;
      const message = messageOf(error);
      if (error instanceof VenueError && this.hopeless.has(error.failure)) {
        this.#needsUser(message);
        return;
      }
      const wait = Math.max(backoff(this.#attempt, WAITS, this.context.random), this.leastWait);
      this.#attempt += 1;
      this.tracker.set('reconnecting', message, { retryIn: wait });
      this.#settleFirst?.();
      this.#cancelRetry = this.context.clock.after(wait, () => void this.#begin(round));
      return;
    }
    if (round !== this.#round) return;
    this.#attempt = 0;
    const stream = this.openStream({
      onUp: () => void this.synchronize(),
      onDown: (reason, retryIn) => this.#down(reason, retryIn),
      onRefused: (message) => this.#needsUser(message),
      onMalformed: (problem) => this.onMalformed(problem),
    });
    this.#stream = stream;
    stream.start();
  }

  /** The stream tells of orders, again: the account is asked for, and then it is ready. */
  protected async synchronize(): Promise<void> {
    const stream = this.#stream;
    this.#syncs += 1;
    const sync = this.#syncs;
    const message = `${this.#title} tells of orders; the account is asked for.`;
    this.tracker.set('synchronizing', message);
    let failure: string | null = null;
    try {
      await this.prepare();
      await this.#askAccount();
    } catch (error) {
      failure = messageOf(error);
    }
    if (stream === undefined || this.#stream !== stream || this.#syncs !== sync) return;
    if (failure !== null) {
      stream.restart(failure);
      return;
    }
    if (!this.#open || this.phase !== 'synchronizing') return;
    this.#orders(true, '');
    const { id } = this.known();
    this.tracker.set('ready', `Connected to ${this.#title}, ${this.#kind} account ${id}.`);
    this.#settleFirst?.();
  }

  #down(reason: string, retryIn: number | null): void {
    this.#orders(false, 'The stream of orders is down; new orders wait until it is back.');
    this.tracker.set('reconnecting', `The stream of orders from ${this.#title} ended: ${reason}.`, {
      retryIn,
    });
    this.#settleFirst?.();
  }

  #needsUser(message: string): void {
    this.#end();
    this.#orders(false, message);
    this.tracker.set('needs-user', message);
    this.#settleFirst?.();
  }

  #end(): void {
    this.#open = false;
    this.#round += 1;
    this.#cancelRetry?.();
    // Whoever looks whether one is under way must not find one that never comes.
    this.#cancelResync?.();
    this.#cancelResync = undefined;
    this.#stream?.close();
    this.#stream = undefined;
    this.ended();
    this.#settleFirst?.();
  }

  async #askAccount(): Promise<VenueAccount> {
    const told = await this.ask();
    const known = this.accountOf(told);
    this.#account = known;
    this.accountTold(told);
    return known;
  }

  #orders(working: boolean, note: string): void {
    this.tracker.part('orders', working, note);
  }
}

import { accountId, type AccountId } from '../../../engine/domain/identifiers.ts';
import type { ConnectionPhase } from '../../../engine/ports/connection.ts';
import type { VenueAccount } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { backoff } from '../../net/backoff.ts';
import { ConnectionTracker } from '../../net/connection-tracker.ts';
import type { Instruments } from './instruments.ts';
import type { OrdersApi } from './orders-api.ts';
import type { Barred, BinanceRest } from './rest.ts';
import type { BinanceAccount } from './schemas.ts';
import { MEASURE_EVERY } from './server-time.ts';
import type { BinanceKeys, BinanceSettings } from './settings.ts';
import { UserStream, type Event, type Patience } from './user-stream.ts';

const WAITS = { first: 1000, longest: 60_000 };
/** How long the first connection may take until `connect` leaves the rest to the state. */
const FIRST_TRY = 15_000;
/** Between two resynchronizations that unreadable messages ask for. */
const RESYNC_EVERY = 5000;
/** Unreadable messages are told one by one up to here, and then now and then. */
const TOLD_SINGLY = 20;

export interface SessionOptions {
  readonly settings: BinanceSettings;
  readonly keys: BinanceKeys;
  readonly context: AdapterContext;
  readonly patience: Patience;
  readonly rest: BinanceRest;
  readonly api: OrdersApi;
  readonly instruments: Instruments;
  readonly onEvent: (event: Event, receivedTime: number) => void;
  /** The account as it stands at a connection. */
  readonly onAccount: (account: BinanceAccount) => void;
}

/** The connection of one key: its account, its clock, its stream of orders, and what the user is told of them. */
export class Session {
  readonly tracker: ConnectionTracker;
  readonly #options: SessionOptions;
  #account: VenueAccount | undefined;
  #stream: UserStream | undefined;
  #attempt = 0;
  #open = false;
  /** Rises with each connection and each end: what an earlier one has begun does not go on. */
  #round = 0;
  #malformed = 0;
  #resyncedAt = Number.NEGATIVE_INFINITY;
  #cancelRetry: (() => void) | undefined;
  #cancelResync: (() => void) | undefined;
  #cancelMeasure: (() => void) | undefined;
  #cancelBar: (() => void) | undefined;
  #settleFirst: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.tracker = new ConnectionTracker(options.context.clock);
    options.rest.onBarred((barred) => this.#onBarred(barred));
  }

  /** Messages of the stream that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  async connect(): Promise<void> {
    if (this.#open) return;
    this.#open = true;
    this.#round += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settleFirst = resolve;
    const cancel = this.#options.context.clock.after(FIRST_TRY, resolve);
    this.#orders(false, 'Not connected yet.');
    this.tracker.set('connecting', 'Connecting to Binance.');
    try {
      await Promise.race([this.#begin(this.#round), promise]);
      await promise;
    } finally {
      cancel();
    }
    if (this.#phase === 'needs-user')
      throw new VenueError('unauthorized', this.tracker.state.message);
  }

  async disconnect(): Promise<void> {
    this.#open = false;
    this.#round += 1;
    this.#cancelRetry?.();
    this.#cancelResync?.();
    this.#cancelResync = undefined;
    this.#cancelMeasure?.();
    this.#cancelBar?.();
    this.#stream?.close();
    this.#stream = undefined;
    this.#settleFirst?.();
    this.#orders(false, 'Disconnected.');
    this.tracker.set('disconnected', 'Not connected.');
    await Promise.resolve();
  }

  /** @throws VenueError when the account cannot be asked for */
  account(): Promise<VenueAccount> {
    return this.#account === undefined ? this.#askAccount() : Promise.resolve(this.#account);
  }

  async #begin(round: number): Promise<void> {
    if (round !== this.#round) return;
    const { rest, instruments, context } = this.#options;
    try {
      await rest.measure();
      await instruments.load();
      await this.#askAccount();
    } catch (error) {
      if (round !== this.#round) return;
      const failure = error instanceof VenueError ? error.failure : 'unknown';
      const message = error instanceof Error ? error.message : String(error);
      // A clock that is off is measured anew; everything else of this kind waits for the user.
      if (failure === 'unauthorized') {
        this.#needsUser(message);
        return;
      }
      const wait = Math.max(backoff(this.#attempt, WAITS, context.random), rest.barredFor);
      this.#attempt += 1;
      this.tracker.set('reconnecting', message, { retryIn: wait });
      this.#settleFirst?.();
      this.#cancelRetry = context.clock.after(wait, () => void this.#begin(round));
      return;
    }
    if (round !== this.#round) return;
    this.#attempt = 0;
    const { settings, keys, patience, onEvent } = this.#options;
    const stream = new UserStream({
      settings,
      keys,
      rest,
      context,
      patience,
      events: {
        onUp: () => void this.#up(),
        onDown: (reason, retryIn) => this.#down(reason, retryIn),
        onRefused: (message) => this.#needsUser(message),
        onEvent,
        onMalformed: (problem) => this.onMalformed(problem),
      },
    });
    this.#stream = stream;
    this.#measureLater();
    stream.start();
  }

  /** The stream tells of orders again: what was missed is compared by whoever follows the state. */
  async #up(): Promise<void> {
    const stream = this.#stream;
    this.tracker.set('synchronizing', 'Binance tells of orders; the account is asked for.');
    try {
      await this.#options.rest.measure();
      await this.#askAccount();
    } catch (error) {
      if (this.#stream !== stream || stream === undefined) return;
      stream.restart(error instanceof Error ? error.message : 'the account did not answer');
      return;
    }
    if (!this.#open || this.#stream !== stream || this.#phase !== 'synchronizing') return;
    this.#orders(true, '');
    this.#ready();
    this.#settleFirst?.();
  }

  #ready(): void {
    const kind = this.#options.settings.live ? 'live' : 'testnet';
    this.tracker.set('ready', `Connected to Binance, ${kind} account ${this.known().id}.`);
  }

  #down(reason: string, retryIn: number | null): void {
    this.#orders(false, 'The stream of orders is down; new orders wait until it is back.');
    this.tracker.set('reconnecting', `The stream of orders from Binance ended: ${reason}.`, {
      retryIn,
    });
    this.#settleFirst?.();
  }

  #needsUser(message: string): void {
    this.#orders(false, message);
    this.tracker.set('needs-user', message);
    this.#open = false;
    this.#cancelMeasure?.();
    this.#stream?.close();
    this.#stream = undefined;
    this.#settleFirst?.();
  }

  #orders(working: boolean, note: string): void {
    this.tracker.part('orders', working, note);
  }

  /** The venue refuses requests: the user sees it, with the time at which it ends. */
  #onBarred({ message, milliseconds }: Barred): void {
    if (!this.#open) return;
    this.tracker.part('requests', false, message);
    if (this.#phase === 'ready' || this.#phase === 'degraded')
      this.tracker.set('degraded', message, { retryIn: milliseconds });
    this.#cancelBar?.();
    this.#cancelBar = this.#options.context.clock.after(milliseconds, () => {
      this.tracker.part('requests', true, '');
      // What was asked meanwhile had no answer: it is compared anew.
      if (this.#phase === 'degraded') void this.#up();
    });
  }

  /** Clocks drift: the time is measured now and then. */
  #measureLater(): void {
    this.#cancelMeasure?.();
    this.#cancelMeasure = this.#options.context.clock.after(MEASURE_EVERY, () => {
      if (!this.#open) return;
      this.#options.rest.measure().catch((error: unknown) => {
        this.#options.context.log('info', 'Binance did not tell its time.', {
          problem: error instanceof Error ? error.message : String(error),
        });
      });
      this.#measureLater();
    });
  }

  onMalformed(problem: string): void {
    this.#malformed += 1;
    const count = this.#malformed;
    if (count <= TOLD_SINGLY || count % 1000 === 0)
      this.#options.context.log('warn', 'Binance sent a message that cannot be read.', {
        problem,
        count,
      });
    this.resync();
  }

  /** Becomes ready anew, so that orders and fills are compared; now and then only. */
  resync(): void {
    if (this.#cancelResync !== undefined || !this.#open) return;
    const { clock } = this.#options.context;
    const since = clock.elapsed() - this.#resyncedAt;
    this.#cancelResync = clock.after(Math.max(0, RESYNC_EVERY - since), () => {
      this.#cancelResync = undefined;
      this.#resyncedAt = clock.elapsed();
      if (this.#phase === 'ready') void this.#up();
    });
  }

  async #askAccount(): Promise<VenueAccount> {
    const told = await this.#options.api.account();
    const { live } = this.#options.settings;
    const known: VenueAccount = {
      // Accounts of the test network have numbers of their own, which must not be taken for real ones.
      id: accountId(`${live ? 'BINANCE' : 'BINANCE-TEST'}-${told.uid}`),
      live,
      currency: this.#options.settings.quoteAsset,
      name: `Binance ${live ? 'live' : 'testnet'}`,
    };
    this.#account = known;
    const note = told.canTrade ? '' : 'Binance does not let this account trade; see its settings.';
    this.tracker.part('account', told.canTrade, note);
    this.#options.onAccount(told);
    return known;
  }

  known(): VenueAccount {
    if (this.#account !== undefined) return this.#account;
    throw new VenueError('not-sent', 'Binance is not connected.');
  }

  /** @throws VenueError `not-sent` while there is no connection, and for the account of another venue */
  check(account: AccountId): void {
    const known = this.known();
    if (!this.#open) throw new VenueError('not-sent', 'Binance is not connected.');
    if (known.id !== account)
      throw new VenueError(
        'not-sent',
        `These keys are of the account ${known.id}, not ${account}.`,
      );
  }

  get #phase(): ConnectionPhase {
    return this.tracker.state.phase;
  }
}

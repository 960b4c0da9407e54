import type { AccountId } from '../../../engine/domain/identifiers.ts';
import { accountId } from '../../../engine/domain/identifiers.ts';
import type { BalanceReport, VenueAccount } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { backoff } from '../../net/backoff.ts';
import { ConnectionTracker } from '../../net/connection-tracker.ts';
import { OrderStream, type Patience } from './order-stream.ts';
import type { OrdersApi } from './orders-api.ts';
import type { AlpacaAccount, AlpacaUpdate } from './schemas.ts';
import type { AlpacaKeys, AlpacaSettings } from './settings.ts';

const WAITS = { first: 1000, longest: 60_000 };
/** How long the first connection may take until `connect` leaves the rest to the state. */
const FIRST_TRY = 15_000;
/** Money follows a fill after this; several fills are asked about once. */
const BALANCE_AFTER = 1000;
/** Between two resynchronizations that unreadable messages ask for. */
const RESYNC_EVERY = 5000;

export interface SessionOptions {
  readonly settings: AlpacaSettings;
  readonly keys: AlpacaKeys;
  readonly context: AdapterContext;
  readonly patience: Patience;
  readonly api: OrdersApi;
  readonly onUpdate: (update: AlpacaUpdate, receivedTime: number) => void;
  readonly onBalance: (report: BalanceReport) => void;
}

/** The connection of one key: its account, its stream of orders, and what the user is told of both. */
export class Session {
  readonly tracker: ConnectionTracker;
  readonly #options: SessionOptions;
  #account: VenueAccount | undefined;
  #stream: OrderStream | undefined;
  #attempt = 0;
  #open = false;
  #malformed = 0;
  #resyncedAt = Number.NEGATIVE_INFINITY;
  #cancelRetry: (() => void) | undefined;
  #cancelBalance: (() => void) | undefined;
  #cancelResync: (() => void) | undefined;
  #settleFirst: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.tracker = new ConnectionTracker(options.context.clock);
  }

  /** Messages of the stream that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  async connect(): Promise<void> {
    if (this.#open) return;
    this.#open = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settleFirst = resolve;
    const cancel = this.#options.context.clock.after(FIRST_TRY, resolve);
    this.#orders(false, 'Not connected yet.');
    this.tracker.set('connecting', 'Connecting to Alpaca.');
    try {
      await this.#begin();
      await promise;
    } finally {
      cancel();
    }
    if (this.tracker.state.phase === 'needs-user')
      throw new VenueError('unauthorized', this.tracker.state.message);
  }

  async disconnect(): Promise<void> {
    this.#open = false;
    this.#cancelRetry?.();
    this.#cancelBalance?.();
    this.#cancelResync?.();
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

  async #begin(): Promise<void> {
    if (!this.#open) return;
    try {
      await this.#askAccount();
    } catch (error) {
      if (!this.#open) return;
      const failure = error instanceof VenueError ? error.failure : 'unknown';
      const message = error instanceof Error ? error.message : String(error);
      if (failure === 'unauthorized' || failure === 'rejected' || failure === 'not-found') {
        this.#needsUser(message);
        return;
      }
      const wait = backoff(this.#attempt, WAITS, this.#options.context.random);
      this.#attempt += 1;
      this.tracker.set('reconnecting', message, { retryIn: wait });
      this.#settleFirst?.();
      this.#cancelRetry = this.#options.context.clock.after(wait, () => void this.#begin());
      return;
    }
    if (!this.#open) return;
    this.#attempt = 0;
    this.#stream = new OrderStream(
      this.#options.settings.ordersUrl,
      this.#options.keys,
      this.#options.context,
      this.#options.patience,
      {
        onUp: () => void this.#up(),
        onDown: (reason, retryIn) => this.#down(reason, retryIn),
        onRefused: () =>
          this.#needsUser('Alpaca refuses the keys for its stream of orders; check them.'),
        onUpdate: this.#options.onUpdate,
        onMalformed: (problem) => this.onMalformed(problem),
      },
    );
    this.#stream.start();
  }

  /** The stream tells of orders again: what was missed is compared by whoever follows the state. */
  async #up(): Promise<void> {
    const stream = this.#stream;
    this.tracker.set('synchronizing', 'Alpaca tells of orders; the account is asked for.');
    try {
      await this.#askAccount();
    } catch (error) {
      if (this.#stream !== stream || stream === undefined) return;
      stream.restart(error instanceof Error ? error.message : 'the account did not answer');
      return;
    }
    if (!this.#open || this.#stream !== stream || this.tracker.state.phase !== 'synchronizing')
      return;
    this.#orders(true, '');
    const kind = this.#options.settings.live ? 'live' : 'paper';
    this.tracker.set('ready', `Connected to Alpaca, ${kind} account ${this.known().id}.`);
    this.#settleFirst?.();
  }

  #down(reason: string, retryIn: number | null): void {
    this.#orders(false, 'The stream of order updates is down; new orders wait until it is back.');
    this.tracker.set('reconnecting', `The stream of orders from Alpaca ended: ${reason}.`, {
      retryIn,
    });
    this.#settleFirst?.();
  }

  #needsUser(message: string): void {
    this.#orders(false, message);
    this.tracker.set('needs-user', message);
    this.#open = false;
    this.#stream?.close();
    this.#stream = undefined;
    this.#settleFirst?.();
  }

  #orders(working: boolean, note: string): void {
    this.tracker.part('orders', working, note);
  }

  onMalformed(problem: string): void {
    this.#malformed += 1;
    this.#options.context.log('warn', 'Alpaca sent a message that cannot be read.', {
      problem,
      count: this.#malformed,
    });
    this.resync();
  }

  /** Becomes ready anew, so that orders and fills are compared; now and then only. */
  resync(): void {
    if (this.#cancelResync !== undefined || !this.#open) return;
    const since = this.#options.context.clock.elapsed() - this.#resyncedAt;
    this.#cancelResync = this.#options.context.clock.after(
      Math.max(0, RESYNC_EVERY - since),
      () => {
        this.#cancelResync = undefined;
        this.#resyncedAt = this.#options.context.clock.elapsed();
        if (this.tracker.state.phase === 'ready') void this.#up();
      },
    );
  }

  async #askAccount(): Promise<VenueAccount> {
    const told = await this.#options.api.account();
    const known: VenueAccount = {
      id: accountId(told.account_number),
      live: this.#options.settings.live,
      currency: told.currency,
      name: `Alpaca ${this.#options.settings.live ? 'live' : 'paper'}`,
    };
    this.#account = known;
    this.#options.onBalance(this.balance(told));
    const blocked = told.trading_blocked || told.account_blocked || told.trade_suspended_by_user;
    const note = blocked ? 'Alpaca has blocked trading in this account; see its dashboard.' : '';
    this.tracker.part('account', !blocked, note);
    return known;
  }

  balance(told: AlpacaAccount): BalanceReport {
    return {
      kind: 'balance',
      account: accountId(told.account_number),
      currency: told.currency,
      cash: [{ currency: told.currency, amount: told.cash }],
      equity: told.equity,
      buyingPower: told.buying_power,
      initialMargin: told.initial_margin,
      maintenanceMargin: told.maintenance_margin,
      receivedTime: this.#options.context.clock.now(),
    };
  }

  balanceSoon(): void {
    this.#cancelBalance ??= this.#options.context.clock.after(BALANCE_AFTER, () => {
      this.#cancelBalance = undefined;
      this.#options.api.account().then(
        (told) => this.#options.onBalance(this.balance(told)),
        () => undefined,
      );
    });
  }

  known(): VenueAccount {
    if (this.#account !== undefined) return this.#account;
    throw new VenueError('not-sent', 'Alpaca is not connected.');
  }

  /** @throws VenueError `not-sent` for the account of another venue */
  check(account: AccountId): void {
    if (!this.#open) throw new VenueError('not-sent', 'Alpaca is not connected.');
    const known = this.known();
    if (known.id !== account)
      throw new VenueError(
        'not-sent',
        `These keys are of the account ${known.id}, not ${account}.`,
      );
  }
}

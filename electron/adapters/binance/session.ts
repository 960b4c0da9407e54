import { messageOf } from '../../../engine/domain/errors.ts';
import { accountId } from '../../../engine/domain/identifiers.ts';
import type { VenueAccount } from '../../../engine/ports/execution-client.ts';
import type { VenueFailure } from '../../../engine/ports/venue-error.ts';
import {
  AccountSession,
  type AccountStream,
  type AccountStreamEvents,
} from '../../net/account-session.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { Instruments } from './instruments.ts';
import type { OrdersApi } from './orders-api.ts';
import type { Barred, BinanceRest } from './rest.ts';
import type { BinanceAccount } from './schemas.ts';
import { MEASURE_EVERY } from './server-time.ts';
import type { BinanceKeys, BinanceSettings } from './settings.ts';
import { UserStream, type Event, type Patience } from './user-stream.ts';

/** A clock that is off is measured anew, and a pair that is missing may come: keys do not mend themselves. */
const HOPELESS: ReadonlySet<VenueFailure> = new Set(['unauthorized']);

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

const kindOf = ({ live }: BinanceSettings): string => (live ? 'live' : 'testnet');

/** The connection of one key: its account, its clock, and its stream of orders. */
export class Session extends AccountSession<BinanceAccount> {
  readonly #options: SessionOptions;
  #cancelMeasure: (() => void) | undefined;
  #cancelBar: (() => void) | undefined;

  constructor(options: SessionOptions) {
    super('Binance', kindOf(options.settings), options.context);
    this.#options = options;
    options.rest.onBarred((barred) => this.#onBarred(barred));
  }

  protected override get hopeless(): ReadonlySet<VenueFailure> {
    return HOPELESS;
  }

  protected override get leastWait(): number {
    return this.#options.rest.barredFor;
  }

  protected override async prepare(): Promise<void> {
    await this.#options.rest.measure();
    await this.#options.instruments.load();
  }

  protected override openStream(events: AccountStreamEvents): AccountStream {
    const { settings, keys, rest, context, patience, onEvent } = this.#options;
    this.#measureLater();
    return new UserStream({
      settings,
      keys,
      rest,
      context,
      patience,
      events: { ...events, onEvent },
    });
  }

  protected override ask(): Promise<BinanceAccount> {
    return this.#options.api.account();
  }

  protected override accountOf(told: BinanceAccount): VenueAccount {
    const { settings } = this.#options;
    return {
      // Accounts of the test network have numbers of their own, which must not be taken for real ones.
      id: accountId(`${settings.live ? 'BINANCE' : 'BINANCE-TEST'}-${told.uid}`),
      live: settings.live,
      currency: settings.quoteAsset,
      name: `Binance ${kindOf(settings)}`,
      // A market that never closes counts its days in UTC.
      dayZone: 'UTC',
    };
  }

  protected override accountTold(told: BinanceAccount): void {
    const note = told.canTrade ? '' : 'Binance does not let this account trade; see its settings.';
    this.tracker.part('account', told.canTrade, note);
    this.#options.onAccount(told);
  }

  protected override ended(): void {
    this.#cancelMeasure?.();
    if (this.#cancelBar === undefined) return;
    this.#cancelBar();
    this.#cancelBar = undefined;
    // Another connection would never hear of its end.
    this.tracker.part('requests', true, '');
  }

  /** The venue refuses requests: the user sees it, with the time at which it ends. */
  #onBarred({ message, milliseconds }: Barred): void {
    if (!this.open) return;
    this.tracker.part('requests', false, message);
    if (this.phase === 'ready' || this.phase === 'degraded')
      this.tracker.set('degraded', message, { retryIn: milliseconds });
    this.#cancelBar?.();
    this.#cancelBar = this.context.clock.after(milliseconds, () => {
      this.#cancelBar = undefined;
      this.tracker.part('requests', true, '');
      // What was asked meanwhile had no answer: it is compared anew.
      if (this.phase === 'degraded') void this.synchronize();
    });
  }

  /** Clocks drift: the time is measured now and then. */
  #measureLater(): void {
    this.#cancelMeasure?.();
    this.#cancelMeasure = this.context.clock.after(MEASURE_EVERY, () => {
      if (!this.open) return;
      this.#options.rest.measure().catch((error: unknown) => {
        this.context.log('info', 'Binance did not tell its time.', { problem: messageOf(error) });
      });
      this.#measureLater();
    });
  }
}

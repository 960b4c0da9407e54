import { accountId } from '../../../engine/domain/identifiers.ts';
import type { BalanceReport, VenueAccount } from '../../../engine/ports/execution-client.ts';
import type { VenueFailure } from '../../../engine/ports/venue-error.ts';
import {
  AccountSession,
  type AccountStream,
  type AccountStreamEvents,
} from '../../net/account-session.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { OrderStream, type Patience } from './order-stream.ts';
import type { OrdersApi } from './orders-api.ts';
import type { AlpacaAccount, AlpacaUpdate } from './schemas.ts';
import type { AlpacaKeys, AlpacaSettings } from './settings.ts';

/** Money follows a fill after this; several fills are asked about once. */
const BALANCE_AFTER = 1000;
const HOPELESS: ReadonlySet<VenueFailure> = new Set(['unauthorized', 'rejected', 'not-found']);

export interface SessionOptions {
  readonly settings: AlpacaSettings;
  readonly keys: AlpacaKeys;
  readonly context: AdapterContext;
  readonly patience: Patience;
  readonly api: OrdersApi;
  readonly onUpdate: (update: AlpacaUpdate, receivedTime: number) => void;
  readonly onBalance: (report: BalanceReport) => void;
}

const kindOf = ({ live }: AlpacaSettings): string => (live ? 'live' : 'paper');

/** The connection of one key: its account with its money, and its stream of orders. */
export class Session extends AccountSession<AlpacaAccount> {
  readonly #options: SessionOptions;
  #cancelBalance: (() => void) | undefined;

  constructor(options: SessionOptions) {
    super('Alpaca', kindOf(options.settings), options.context);
    this.#options = options;
  }

  protected override get hopeless(): ReadonlySet<VenueFailure> {
    return HOPELESS;
  }

  protected override openStream(events: AccountStreamEvents): AccountStream {
    const { settings, keys, context, patience, onUpdate } = this.#options;
    return new OrderStream(settings.ordersUrl, keys, context, patience, { ...events, onUpdate });
  }

  protected override ask(): Promise<AlpacaAccount> {
    return this.#options.api.account();
  }

  protected override accountOf(told: AlpacaAccount): VenueAccount {
    const { settings } = this.#options;
    return {
      id: accountId(told.account_number),
      live: settings.live,
      currency: told.currency,
      name: `Alpaca ${kindOf(settings)}`,
    };
  }

  protected override accountTold(told: AlpacaAccount): void {
    this.#options.onBalance(this.balance(told));
    const blocked = told.trading_blocked || told.account_blocked || told.trade_suspended_by_user;
    const note = blocked ? 'Alpaca has blocked trading in this account; see its dashboard.' : '';
    this.tracker.part('account', !blocked, note);
  }

  protected override ended(): void {
    this.#cancelBalance?.();
    this.#cancelBalance = undefined;
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
      receivedTime: this.context.clock.now(),
    };
  }

  balanceSoon(): void {
    this.#cancelBalance ??= this.context.clock.after(BALANCE_AFTER, () => {
      this.#cancelBalance = undefined;
      this.#options.api.account().then(
        (told) => this.#options.onBalance(this.balance(told)),
        () => undefined,
      );
    });
  }
}

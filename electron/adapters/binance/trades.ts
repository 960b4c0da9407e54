import { messageOf } from '../../../engine/domain/errors.ts';
import type { AccountId } from '../../../engine/domain/identifiers.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { FillReport } from '../../../engine/ports/execution-client.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { Instruments } from './instruments.ts';
import type { OrderNames } from './open-orders.ts';
import type { OrdersApi } from './orders-api.ts';
import { tradeReport } from './reports.ts';
import type { BinanceTrade } from './schemas.ts';
import type { ServerTime } from './server-time.ts';
import type { TradedSymbols } from './traded-symbols.ts';

export interface TradesOptions {
  readonly api: OrdersApi;
  readonly instruments: Instruments;
  readonly traded: TradedSymbols;
  readonly names: OrderNames;
  readonly time: ServerTime;
  readonly context: Pick<AdapterContext, 'clock' | 'log'>;
}

/** Fills of an account, asked for pair by pair in which there were orders. */
export class Trades {
  readonly #options: TradesOptions;

  constructor(options: TradesOptions) {
    this.#options = options;
  }

  /** Oldest first. @throws VenueError when a pair cannot be asked for: that is not the same as none */
  async fills(account: AccountId, since: UnixMillis): Promise<readonly FillReport[]> {
    const { api, instruments, traded, names, time, context } = this.#options;
    const reports: FillReport[] = [];
    for (const symbol of traded.of(account)) {
      const pair = await instruments.followed(symbol);
      if (pair === null) continue;
      const trades = await api.trades(symbol, since, time.now());
      await this.#learnNames(symbol, trades);
      const receivedTime = context.clock.now();
      const about = { account, instrument: pair.instrument.id, base: pair.base, receivedTime };
      for (const trade of trades)
        reports.push(tradeReport(trade, names.of(symbol, trade.orderId), about));
    }
    return reports.toSorted((a, b) => a.venueTime - b.venueTime);
  }

  /** Names of the orders of trades; without them trades are told all the same, by Binance's number. */
  async #learnNames(symbol: string, trades: readonly BinanceTrade[]): Promise<void> {
    const { api, names, context } = this.#options;
    const unknown = trades.filter(({ orderId }) => names.of(symbol, orderId) === undefined);
    if (unknown.length === 0) return;
    const first = unknown.reduce(
      (least, { orderId }) => Math.min(least, orderId),
      Number.POSITIVE_INFINITY,
    );
    try {
      for (const order of await api.from(symbol, first))
        names.learn(symbol, order.orderId, order.clientOrderId);
    } catch (error) {
      context.log('info', 'Binance did not tell the names of orders.', {
        problem: messageOf(error),
      });
    }
  }
}

import { ZERO } from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionReport, OrderRef } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { OpenOrders } from './open-orders.ts';
import type { OrderName, OrdersApi } from './orders-api.ts';
import { orderReport } from './reports.ts';
import { canceledSchema, type BinanceOrder } from './schemas.ts';

/** Code of a cancellation that was refused. */
const REFUSED = '-2011';

export interface CancelingOptions {
  readonly api: OrdersApi;
  readonly open: OpenOrders;
  readonly clock: Clock;
  readonly emit: (report: ExecutionReport) => void;
}

/** Cancels orders, one or all. */
export class Canceling {
  readonly #options: CancelingOptions;

  constructor(options: CancelingOptions) {
    this.#options = options;
  }

  /** @throws VenueError `rejected` for an order that has ended, `not-found` for one that there is not */
  async one(ref: OrderRef, name: OrderName): Promise<void> {
    try {
      this.#tell(ref, await this.#options.api.cancel(name));
    } catch (error) {
      if (!(error instanceof VenueError) || error.code !== REFUSED) throw error;
      // The same code for an order that there is not and for one that has ended.
      const order = await this.#known(name);
      if (order !== null) throw error;
      throw new VenueError('not-found', `Binance knows no order ${ref.clientOrderId}.`, {
        code: REFUSED,
      });
    }
  }

  /** @throws VenueError `unknown` when a pair could not be cancelled; all others were */
  async all(orders: readonly BinanceOrder[]): Promise<void> {
    const failures: string[] = [];
    for (const symbol of new Set(orders.map((order) => order.symbol))) {
      try {
        await this.#options.api.cancelAll(symbol);
      } catch (error) {
        failures.push(`${symbol}: ${messageOf(error)}`);
      }
    }
    if (failures.length > 0)
      throw new VenueError(
        'unknown',
        `Binance could not cancel everything; orders may still work. ${failures.join(' ')}`,
      );
  }

  /** The answer tells the end of the order as well as the stream does, and surely. */
  #tell({ account, instrument, clientOrderId }: OrderRef, answer: unknown): void {
    const { open, clock, emit } = this.#options;
    const told = canceledSchema.safeParse(answer);
    if (!told.success || told.data.status !== 'CANCELED') return;
    const { symbol, orderId, type, status, transactTime } = told.data;
    open.note({ symbol, orderId, type, status });
    const report = orderReport(
      {
        ...told.data,
        clientOrderId,
        stopPrice: ZERO,
        icebergQty: ZERO,
        trailingDelta: null,
        time: transactTime,
        updateTime: transactTime,
        workingTime: null,
      },
      { account, instrument, base: '', receivedTime: clock.now() },
    );
    if (report !== null) emit(report);
  }

  /** The order that a refused cancellation was for; when it cannot be asked for, nothing is known of it. */
  async #known(name: OrderName): Promise<BinanceOrder | null> {
    try {
      return await this.#options.api.order(name);
    } catch (error) {
      const message = messageOf(error);
      throw new VenueError('unknown', `Binance did not cancel, and does not say why: ${message}`, {
        cause: error,
      });
    }
  }
}

import { ZERO } from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import { venueOrderId } from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { ExecutionReport, FillReport } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { OrderBooks } from './books.ts';
import type { OrdersApi } from './orders-api.ts';
import type { Replacing } from './replacing.ts';
import type { AlpacaOrder, AlpacaUpdate } from './schemas.ts';
import type { Session } from './session.ts';

/** Updates of one order that name its execution; a bust refers to them. */
const MOST_EXECUTIONS = 10_000;

/** Takes the updates of the order stream, one after the other, and tells what they mean. */
export class Updates {
  /** Groups on their way: events of their legs wait until their names are known. */
  readonly sending = new Set<Promise<unknown>>();
  readonly #api: OrdersApi;
  readonly #books: OrderBooks;
  readonly #replacing: Replacing;
  readonly #session: Session;
  readonly #context: AdapterContext;
  readonly #emit: (report: ExecutionReport) => void;
  readonly #executions = new Map<string, FillReport>();
  #work: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly api: OrdersApi;
    readonly books: OrderBooks;
    readonly replacing: Replacing;
    readonly session: Session;
    readonly context: AdapterContext;
    readonly emit: (report: ExecutionReport) => void;
  }) {
    this.#api = options.api;
    this.#books = options.books;
    this.#replacing = options.replacing;
    this.#session = options.session;
    this.#context = options.context;
    this.#emit = options.emit;
  }

  take(update: AlpacaUpdate, receivedTime: number): void {
    this.#replacing.onUpdate(update);
    this.#work = this.#work
      .then(() => this.#handle(update, receivedTime))
      .catch((error: unknown) => {
        this.#context.log('warn', 'An order update of Alpaca could not be taken.', {
          event: update.event,
          problem: messageOf(error),
        });
        this.#session.resync();
      });
  }

  async #handle(update: AlpacaUpdate, receivedTime: number): Promise<void> {
    const { event, order } = update;
    this.#books.learn(order);
    if (this.#books.isNameless(order) && this.sending.size > 0)
      await Promise.allSettled(this.sending);
    switch (event) {
      case 'fill':
      case 'partial_fill':
        await this.#onFill(update, receivedTime);
        return;
      case 'trade_bust':
        this.#onBust(update, receivedTime);
        return;
      case 'trade_correct':
        this.#context.log('error', 'Alpaca corrected a trade; compare the position.', {
          order: order.id,
        });
        this.#session.resync();
        return;
      case 'order_cancel_rejected':
        this.#refused(order, 'cancel', update.reason ?? 'The exchange did not cancel it.');
        return;
      case 'order_replace_rejected':
        return;
    }
    // The order goes on as it was; whoever asked for the change is told.
    if (order.status === 'rejected' && order.replaces !== null) return;
    if (order.status === 'replaced') {
      await this.#onReplaced(order, receivedTime);
      return;
    }
    const report = await stockOrNull(() =>
      this.#books.report(order, receivedTime, update.reason ?? ''),
    );
    if (report !== null) this.#emit(report);
  }

  async #onFill(update: AlpacaUpdate, receivedTime: number): Promise<void> {
    const { order, qty, price, timestamp } = update;
    if (qty === undefined || price === undefined || order.filled_qty === ZERO) {
      this.#session.onMalformed(`a fill of ${order.id} without its quantity or price`);
      return;
    }
    // Told again, it has to be the same.
    const time = timestamp ?? order.updated_at ?? order.created_at;
    const fill = await stockOrNull(() =>
      this.#books.fill(order, { quantity: qty, price, time }, receivedTime),
    );
    if (fill === null) return;
    if (update.execution_id !== undefined) {
      this.#executions.set(update.execution_id, fill);
      const oldest = this.#executions.keys().next();
      if (this.#executions.size > MOST_EXECUTIONS && oldest.done !== true)
        this.#executions.delete(oldest.value);
    }
    this.#emit(fill);
    const report = await this.#books.report(order, receivedTime);
    if (report !== null) this.#emit(report);
    this.#session.balanceSoon();
  }

  #onBust(update: AlpacaUpdate, receivedTime: number): void {
    const id = update.previous_execution_id ?? update.execution_id ?? '';
    const fill = this.#executions.get(id);
    if (fill === undefined) {
      this.#context.log('error', 'Alpaca took a trade back that is not known here.', {
        order: update.order.id,
      });
      this.#session.resync();
      return;
    }
    // What fills the same part of the order afterwards bears the same name.
    const { timestamp: bustedTime } = update;
    this.#emit({ ...fill, busted: true, bustedTime, receivedTime: unixMillis(receivedTime) });
    this.#session.balanceSoon();
  }

  /** Someone put another order in its place. */
  async #onReplaced(order: AlpacaOrder, receivedTime: number): Promise<void> {
    if (order.replaced_by === null) return;
    const next = await this.#api.byId(order.replaced_by);
    if (next === null) return;
    const report = await stockOrNull(() => this.#books.report(next, receivedTime));
    if (report !== null && report.status !== 'rejected') this.#emit(report);
  }

  #refused(order: AlpacaOrder, what: 'cancel', reason: string): void {
    this.#emit({
      kind: 'refusal',
      account: this.#session.known().id,
      venueOrderId: venueOrderId(order.id),
      clientOrderId: this.#books.oursOf(order.id),
      what,
      reason,
      code: 'CANCEL_REJECTED',
      receivedTime: this.#context.clock.now(),
    });
  }
}

/** What is no US stock is not followed here. */
export async function stockOrNull<Answer>(
  ask: () => Promise<Answer | null>,
): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof VenueError && error.failure === 'not-found') return null;
    throw error;
  }
}

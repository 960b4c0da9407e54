import { messageOf } from '../../../engine/domain/errors.ts';
import type { ExecutionReport } from '../../../engine/ports/execution-client.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { Holdings } from './holdings.ts';
import type { Instruments } from './instruments.ts';
import type { OpenOrders, OrderNames } from './open-orders.ts';
import { executionFill, executionOrder, ownName } from './reports.ts';
import { accountEventSchema, executionSchema } from './schemas.ts';
import type { Session } from './session.ts';
import type { TradedSymbols } from './traded-symbols.ts';
import type { Event } from './user-stream.ts';

export interface UpdatesOptions {
  readonly session: Session;
  readonly instruments: Instruments;
  readonly holdings: Holdings;
  readonly traded: TradedSymbols;
  readonly open: OpenOrders;
  readonly names: OrderNames;
  readonly context: AdapterContext;
  readonly emit: (report: ExecutionReport) => void;
  /** Money has changed; it is asked for a moment later. */
  readonly onMoney: () => void;
}

/** Takes the events of the user stream, one after the other, and tells what they mean. */
export class Updates {
  readonly #options: UpdatesOptions;
  #work: Promise<void> = Promise.resolve();

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  take(event: Event, receivedTime: number): void {
    this.#work = this.#work
      .then(() => this.#handle(event, receivedTime))
      .catch((error: unknown) => {
        this.#options.context.log('warn', 'An event of Binance could not be taken.', {
          event: event.e,
          problem: messageOf(error),
        });
        this.#options.session.resync();
      });
  }

  async #handle(event: Event, receivedTime: number): Promise<void> {
    const { onMoney, context } = this.#options;
    switch (event.e) {
      case 'executionReport':
        return this.#onExecution(event, receivedTime);
      case 'outboundAccountPosition':
        return this.#onAccount(event, receivedTime);
      case 'balanceUpdate':
      case 'externalLockUpdate':
        // Deposits, withdrawals, transfers: the account says what it holds now.
        onMoney();
        return;
      case 'listStatus':
        return;
      default:
        context.log('info', 'Binance told an event that is not known here.');
    }
  }

  async #onExecution(event: Event, receivedTime: number): Promise<void> {
    const { session, instruments, traded, open, names, emit, onMoney } = this.#options;
    const read = executionSchema.safeParse(event);
    if (!read.success) {
      const issue = read.error.issues[0];
      session.onMalformed(
        `an order event (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`,
      );
      return;
    }
    const told = read.data;
    const account = session.known().id;
    const pair = await instruments.followed(told.s);
    if (pair === null) return;
    traded.add(account, told.s);
    names.learn(told.s, told.i, ownName(told));
    const { base, instrument } = pair;
    const about = { account, instrument: instrument.id, base, receivedTime };
    const fill = executionFill(told, about);
    if (fill !== null && (told.t < 0 || told.l === '0' || told.L === '0')) {
      session.onMalformed('a fill without its number, quantity or price');
      return;
    }
    if (fill !== null) emit(fill);
    const order = executionOrder(told, about);
    open.note({ symbol: told.s, orderId: told.i, type: told.o, status: told.X });
    if (order !== null) emit(order);
    if (fill !== null) onMoney();
  }

  async #onAccount(event: Event, receivedTime: number): Promise<void> {
    const { session, holdings, emit, onMoney } = this.#options;
    const read = accountEventSchema.safeParse(event);
    if (!read.success) {
      session.onMalformed('a change of the account');
      return;
    }
    const account = session.known().id;
    for (const { a: asset, f: free, l: locked } of read.data.B) {
      const report = await holdings.position(account, { asset, free, locked }, receivedTime, true);
      if (report !== null) emit(report);
    }
    onMoney();
  }
}

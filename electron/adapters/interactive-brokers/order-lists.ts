import type { AccountId } from '../../../engine/domain/identifiers.ts';
import type { FillReport, OrderReport } from '../../../engine/ports/execution-client.ts';
import { plain } from './codes.ts';
import { isEnded, reportOf, type TrackedOrder } from './order-book.ts';
import type { OrderEvents } from './order-events.ts';
import { contractSchema, orderSchema, orderStateSchema } from './schemas.ts';
import type { TwsSession } from './session.ts';
import { readStamp } from './times.ts';

/** Lists of orders and executions that TWS is asked for. A list that cannot be read whole is none. */
export class OrderLists {
  readonly #session: TwsSession;
  readonly #events: OrderEvents;

  constructor(session: TwsSession, events: OrderEvents) {
    this.#session = session;
    this.#events = events;
  }

  /**
   * The open orders that TWS has, of all programs and of TWS itself.
   * @throws VenueError
   */
  async open(account: AccountId | null): Promise<readonly TrackedOrder[]> {
    const rows: (readonly unknown[])[] = [];
    await this.#session.ask<true>({
      what: 'the open orders',
      priority: 'query',
      lane: 'open orders',
      send: (encoder) => encoder.reqAllOpenOrders(),
      take: (name, args) => {
        if (name === 'openOrder') rows.push(args);
        return name === 'openOrderEnd' ? true : undefined;
      },
    });
    // Their states come between; they wait in the same line.
    await this.#events.idle();
    const orders = new Set<TrackedOrder>();
    for (const row of rows) {
      const order = await this.#events.readOpenOrder(row);
      if (order !== null && !isEnded(order)) orders.add(order);
    }
    return [...orders].filter(({ told }) => account === null || told.account === account);
  }

  /** Orders that ended today. @throws VenueError */
  async completed(): Promise<readonly OrderReport[]> {
    const rows: (readonly unknown[])[] = [];
    await this.#session.ask<true>({
      what: 'the completed orders',
      priority: 'query',
      lane: 'completed orders',
      send: (encoder) => encoder.reqCompletedOrders(false),
      take: (name, args) => {
        if (name === 'completedOrder') rows.push(args);
        return name === 'completedOrdersEnd' ? true : undefined;
      },
    });
    const reports: OrderReport[] = [];
    for (const [contract, order, state] of rows) {
      const report = await this.#completed(contract, order, state);
      if (report !== null) reports.push(report);
    }
    return reports;
  }

  /** Executions since midnight, or of the days that TWS keeps. @throws VenueError */
  async executions(account: AccountId | null): Promise<readonly FillReport[]> {
    const { fills } = this.#events;
    const rows: (readonly unknown[])[] = [];
    await this.#session.ask<true>({
      what: 'the executions',
      priority: 'query',
      send: (encoder, id) =>
        encoder.reqExecutions(id, account === null ? {} : { acctCode: account }),
      take: (name, args) => {
        if (name === 'execDetails') rows.push(args);
        return name === 'execDetailsEnd' ? true : undefined;
      },
    });
    // Commissions come between; they wait in the same line.
    await this.#events.idle();
    const reports = new Map<string, FillReport>();
    for (const row of rows) {
      for (const report of await this.#events.readExecution(row))
        reports.set(report.tradeId, report);
    }
    return [...reports.values()]
      .map((report) => (report.busted === true ? report : (fills.latest(report.tradeId) ?? report)))
      .filter((report) => account === null || report.account === account);
  }

  async #completed(contract: unknown, order: unknown, state: unknown): Promise<OrderReport | null> {
    const { book, contracts } = this.#events;
    const told = orderSchema.parse(order);
    const ended = orderStateSchema.parse(state);
    const parsed = contractSchema.parse(contract);
    const permId = told.permId ?? 0;
    if (parsed.secType === 'BAG' || permId === 0) return null;
    const known = await contracts.learn(parsed);
    const before = book.byPermId(permId);
    const status = ended.status === 'Inactive' ? 'Cancelled' : ended.status;
    const tracked = book.take(
      // Ended orders are told without their size; what is known of it stays.
      before === undefined || told.totalQuantity > 0
        ? told
        : { ...told, totalQuantity: before.told.totalQuantity },
      { ...ended, status },
      known,
    );
    if (told.filledQuantity !== undefined) book.takeFilled(tracked, told.filledQuantity);
    const said = ended.completedStatus ?? '';
    if (/reject/i.test(said)) tracked.refused = true;
    if (tracked.reason === '' && status !== 'Filled') tracked.reason = plain(said);
    const now = this.#session.clock.now();
    return reportOf(tracked, readStamp(ended.completedTime ?? '', known.zone) ?? now, now);
  }
}

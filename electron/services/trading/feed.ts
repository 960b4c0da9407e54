import type { Clock } from '../../../engine/ports/clock.ts';
import type { EventName, EventPayload } from '../../../engine/protocol/contract.ts';
import type { Fill } from '../../../engine/domain/live-order.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import { algorithmView, type AlgorithmStanding } from './algorithm-records.ts';
import type { Notice, Trading, TradingEvents } from './trading.ts';
import { orderView } from './views.ts';

type Emit = <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;

/** Milliseconds in which changes are gathered before they are told: a frame of the window. */
const GATHER = 16;
/** Profit changes with every tick; figures of positions and accounts are told this often at most. */
const VALUES = 250;

/** Gathers what happens into few events: an order that changes ten times in a frame is told once. */
export class TradingFeed implements TradingEvents {
  readonly #emit: Emit;
  readonly #clock: Clock;
  readonly #riskView: () => EventPayload<'risk.changed'>;
  readonly #onOrder: (() => void) | undefined;
  readonly #orders = new Map<string, OrderRecord>();
  readonly #algorithms = new Map<string, AlgorithmStanding>();
  #fills: Fill[] = [];
  #risk = false;
  #trading: Trading | undefined;
  #cancelSoon: (() => void) | undefined;
  #cancelValues: (() => void) | undefined;
  #closed = false;

  constructor(options: {
    readonly emit: Emit;
    readonly clock: Clock;
    readonly riskView: () => EventPayload<'risk.changed'>;
    /** Hears of every change of an order, at once. */
    readonly onOrder?: () => void;
  }) {
    this.#emit = options.emit;
    this.#clock = options.clock;
    this.#riskView = options.riskView;
    this.#onOrder = options.onOrder;
  }

  attach(trading: Trading): void {
    this.#trading = trading;
  }

  readonly onOrder = (order: OrderRecord): void => {
    this.#orders.set(order.clientOrderId, order);
    this.#onOrder?.();
    this.#soon();
  };

  readonly onFill = (fill: Fill): void => {
    this.#fills.push(fill);
    this.#soon();
  };

  readonly onAlgorithm = (standing: AlgorithmStanding): void => {
    this.#algorithms.set(standing.id, standing);
    this.#soon();
  };

  readonly onRisk = (): void => {
    this.#risk = true;
    this.#soon();
  };

  readonly onPositions = (): void => this.values();
  readonly onAccounts = (): void => this.values();
  readonly onCases = (open: number): void => this.#emit('cases.changed', { open });
  readonly onNotice = (notice: Notice): void => this.#emit('trading.notice', notice);

  /** Tells positions and accounts, soon. */
  readonly values = (): void => {
    if (this.#cancelValues !== undefined || this.#closed) return;
    this.#cancelValues = this.#clock.after(VALUES, () => {
      this.#cancelValues = undefined;
      const trading = this.#trading;
      if (trading === undefined) return;
      this.#emit('positions.changed', { positions: [...trading.positions()] });
      this.#emit('accounts.changed', { accounts: [...trading.accounts()] });
    });
  };

  close(): void {
    this.#closed = true;
    this.#cancelSoon?.();
    this.#cancelValues?.();
  }

  #soon(): void {
    if (this.#cancelSoon !== undefined || this.#closed) return;
    this.#cancelSoon = this.#clock.after(GATHER, () => {
      this.#cancelSoon = undefined;
      const orders = [...this.#orders.values()];
      this.#orders.clear();
      const fills = this.#fills;
      this.#fills = [];
      const risk = this.#risk;
      this.#risk = false;
      if (orders.length > 0) this.#emit('orders.changed', { orders: orders.map(orderView) });
      if (fills.length > 0) this.#emit('fills.added', { fills });
      const algorithms = [...this.#algorithms.values()];
      this.#algorithms.clear();
      if (algorithms.length > 0)
        this.#emit('algorithms.changed', { algorithms: algorithms.map(algorithmView) });
      if (risk) this.#emit('risk.changed', this.#riskView());
    });
  }
}

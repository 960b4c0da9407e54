import { playStrategy } from '../backtest/run.ts';
import { sessionsOf } from '../backtest/sessions.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { OrderSide, OrderType } from '../domain/order.ts';
import { timeframeMillis } from '../domain/timeframe.ts';
import { definitionOf } from './program.ts';
import type { LiveRun } from './run.ts';

/** What an order was filled with, in all. */
export interface Filled {
  readonly quantity: number;
  /** Mean of its fills. */
  readonly price: number;
  readonly commission: number;
  /** Row of the bar of its last fill. */
  readonly bar: number;
}

/** An order as the backtest's engine gave and filled it. */
export interface TwinOrder {
  readonly bar: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly tag: string;
  readonly filled: Filled | null;
}

export interface Twin {
  readonly orders: readonly TwinOrder[];
  /** Equity at the last close, and the units that are held then. */
  readonly equity: number;
  readonly position: number;
}

/**
 * The paper twin: the same strategy with the same parameters and settings over the same bars in the engine
 * of the backtest, with its fills and its costs.
 */
export function playTwin(run: LiveRun, bars: BarColumns, warmUp: number): Twin {
  const { market, program } = run.setup;
  const sessions = sessionsOf(bars.time, market.calendar, timeframeMillis(market.timeframe));
  const { simulation } = playStrategy(definitionOf(program, bars, market), {
    parameters: run.parameters,
    settings: { ...run.settings, warmUp },
    bars,
    sessions,
  });
  const orders = simulation.orders.toColumns();
  const fills = simulation.orders.allFills();
  const filled = new Map<number, Filled>();
  for (let i = 0; i < fills.count; i += 1) {
    const order = fills.order[i] as number;
    const before = filled.get(order);
    filled.set(
      order,
      joined(before, {
        quantity: fills.quantity[i] as number,
        price: fills.price[i] as number,
        commission: fills.commission[i] as number,
        bar: fills.bar[i] as number,
      }),
    );
  }
  return {
    orders: Array.from({ length: orders.count }, (_, id) => ({
      bar: orders.placedBar[id] as number,
      side: orders.side[id] as OrderSide,
      type: orders.type[id] as OrderType,
      tag: orders.tag[id] as string,
      filled: filled.get(id) ?? null,
    })),
    equity: simulation.equity,
    position: simulation.position,
  };
}

/** Two fills of one order as one. */
export function joined(before: Filled | undefined, fill: Filled): Filled {
  if (before === undefined) return fill;
  const quantity = before.quantity + fill.quantity;
  return {
    quantity,
    price: (before.quantity * before.price + fill.quantity * fill.price) / quantity,
    commission: before.commission + fill.commission,
    bar: fill.bar,
  };
}

import { playStrategy } from '../backtest/run.ts';
import { sessionsOf } from '../backtest/sessions.ts';
import type { StrategyDefinition } from '../backtest/strategy.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { OrderSide, OrderType } from '../domain/order.ts';
import type { Filled, Twin } from '../domain/twin.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import { timeframeMillis } from '../domain/timeframe.ts';
import { definitionOf, type LiveMarket } from './program.ts';
import type { LiveRun } from './run.ts';

export type { Filled, Twin, TwinOrder } from '../domain/twin.ts';

/**
 * The paper twin: the same strategy with the same parameters and settings over the same bars in the engine
 * of the backtest, with its fills and its costs.
 */
export function playTwin(
  run: Pick<LiveRun, 'parameters' | 'settings' | 'setup'>,
  bars: BarColumns,
  warmUp: number,
): Twin {
  const { parameters, settings } = run;
  const { market, program } = run.setup;
  const definition = definitionOf(program, bars, market);
  return twinOf(definition, { parameters, settings, bars, market, warmUp });
}

/** What a twin is played with. */
export interface TwinTask {
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly bars: BarColumns;
  readonly market: LiveMarket;
  /** Bars before the run itself. */
  readonly warmUp: number;
}

/** The same for a strategy that is ready to be run over these bars. */
export function twinOf(definition: StrategyDefinition, task: TwinTask): Twin {
  const { parameters, settings, bars, market, warmUp } = task;
  const sessions = sessionsOf(bars.time, market.calendar, timeframeMillis(market.timeframe));
  const { simulation } = playStrategy(definition, {
    parameters,
    settings: { ...settings, warmUp },
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

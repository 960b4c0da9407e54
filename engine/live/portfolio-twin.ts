import { PortfolioSimulation } from '../backtest/portfolio-simulation.ts';
import type { PortfolioSettings, PortfolioStrategy } from '../backtest/portfolio-types.ts';
import { sessionsOf } from '../backtest/sessions.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { OrderSide, OrderType } from '../domain/order.ts';
import { timeframeMillis } from '../domain/timeframe.ts';
import type { PortfolioTwin } from '../domain/twin.ts';
import type { LiveInstrument } from './portfolio-types.ts';
import { joined, type Filled } from './twin.ts';

export type { PortfolioTwin, PortfolioTwinOrder } from '../domain/twin.ts';

/** What a twin is played over. */
export interface PortfolioTwinTask {
  readonly settings: PortfolioSettings;
  readonly instruments: readonly LiveInstrument[];
  /** Bars of each instrument. */
  readonly bars: readonly BarColumns[];
  /** Moments before the run itself. */
  readonly warmUp: number;
}

/** The paper twin: the strategy over the same bars in the portfolio backtest, with its fills and costs. */
export function portfolioTwinOf(
  strategy: PortfolioStrategy,
  { settings, instruments, bars, warmUp }: PortfolioTwinTask,
): PortfolioTwin {
  const simulation = new PortfolioSimulation({
    settings: { ...settings, warmUp },
    instruments: instruments.map(({ symbol, lotSize, multiplier, market }, row) => {
      const columns = bars[row] as BarColumns;
      const { calendar, timeframe } = market;
      return {
        symbol,
        bars: columns,
        multiplier,
        lotSize: Math.max(settings.lotSize, lotSize),
        sessions: sessionsOf(columns.time, calendar, timeframeMillis(timeframe)),
      };
    }),
  });
  for (const time of momentsOf(bars)) simulation.step(time, strategy);
  const orders = simulation.orders.toColumns();
  const fills = simulation.orders.allFills();
  const filled = new Map<number, Filled>();
  for (let i = 0; i < fills.count; i += 1) {
    const order = fills.order[i] as number;
    const fill = {
      quantity: fills.quantity[i] as number,
      price: fills.price[i] as number,
      commission: fills.commission[i] as number,
      bar: fills.bar[i] as number,
    };
    filled.set(order, joined(filled.get(order), fill));
  }
  return {
    orders: Array.from({ length: orders.count }, (_, id) => ({
      instrument: orders.instrument?.[id] ?? 0,
      bar: orders.placedBar[id] as number,
      side: orders.side[id] as OrderSide,
      type: orders.type[id] as OrderType,
      tag: orders.tag[id] as string,
      filled: filled.get(id) ?? null,
    })),
    equity: simulation.equity,
    positions: simulation.markets.map(({ position }) => position.units),
  };
}

/** Every time at which an instrument has a bar, once, ascending. */
export function momentsOf(bars: readonly Pick<BarColumns, 'time'>[]): readonly number[] {
  const all = new Set<number>();
  for (const { time } of bars) for (const each of time) all.add(each);
  return [...all].toSorted((a, b) => a - b);
}

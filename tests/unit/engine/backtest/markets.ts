import { runPortfolio } from '../../../../engine/backtest/portfolio-run.ts';
import type {
  PortfolioContext,
  PortfolioInstrument,
  PortfolioResult,
  PortfolioSettings,
  PortfolioStrategy,
} from '../../../../engine/backtest/portfolio-types.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { barsOf, DAY, type Row } from './bars.ts';

/** A bar that does not move inside. */
export const flat = (price: number): Row => [price, price, price, price];
/** A day without a bar. */
export const GONE = null;

/** Daily bars. */
export function instrument(
  symbol: string,
  rows: readonly (Row | null)[],
  given: Partial<PortfolioInstrument> = {},
): PortfolioInstrument {
  const days = rows.flatMap((row, day) => (row === null ? [] : [{ row, day }]));
  const bars = barsOf(days.map(({ row }) => row));
  return {
    symbol,
    bars: { ...bars, time: Float64Array.from(days, ({ day }) => day * DAY) },
    ...given,
  };
}

export type Script = Readonly<Record<number, (context: PortfolioContext) => void>>;

/** Does something at each moment by its day. */
export function run(
  instruments: readonly PortfolioInstrument[],
  script: Script,
  given: Partial<PortfolioSettings> = {},
  onOrder?: NonNullable<PortfolioStrategy['onOrder']>,
): PortfolioResult {
  const settings = { ...DEFAULT_SETTINGS, cash: 10_000, currency: 'USD', ...given };
  return runPortfolio({ instruments, settings }, () => ({
    onBar: (context) => script[context.time / DAY]?.(context),
    ...(onOrder === undefined ? {} : { onOrder }),
  }));
}

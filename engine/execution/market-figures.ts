/** What the square-root model of slippage is measured by: bars before an order. */
export interface MarketFigures {
  /** Deviation of the log returns of the bars. */
  readonly volatility: number;
  /** Mean volume of a bar. */
  readonly volume: number;
}

/** Bars that figures are taken over, as a backtest does unless it is told another number. */
export const FIGURES_WINDOW = 20;

/**
 * Figures of the last `window` bars, worked out as a backtest does (fill rule 41); null with fewer than two
 * returns or without volume.
 */
export function marketFigures(
  bars: { readonly close: ArrayLike<number>; readonly volume: ArrayLike<number> },
  window = FIGURES_WINDOW,
): MarketFigures | null {
  const count = bars.close.length;
  const returns: number[] = [];
  let traded = 0;
  let known = 0;
  for (let i = Math.max(0, count - window); i < count; i += 1) {
    const units = bars.volume[i] as number;
    if (Number.isFinite(units)) {
      traded += units;
      known += 1;
    }
    if (i === 0) continue;
    const change = Math.log((bars.close[i] as number) / (bars.close[i - 1] as number));
    if (Number.isFinite(change)) returns.push(change);
  }
  if (returns.length < 2 || !(traded > 0)) return null;
  const mean = returns.reduce((sum, x) => sum + x, 0) / returns.length;
  const squares = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { volatility: Math.sqrt(squares / (returns.length - 1)), volume: traded / known };
}

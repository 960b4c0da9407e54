import type { TradeColumns } from '../domain/backtest.ts';
import { mean } from './moments.ts';
import { quantileOf, sorted } from './shape.ts';

/** How far prices went against and for the closed trades (Sweeney 1996). Fractions of the entry price. */
export interface ExcursionSummary {
  readonly averageMae: number;
  readonly averageMfe: number;
  readonly medianMae: number;
  readonly medianMfe: number;
  readonly worstMae: number;
  readonly bestMfe: number;
  /** Largest adverse excursion that a winning trade survived, the 95th percentile: where a stop would cut winners. */
  readonly winnersMae95: number;
  /** Mean favourable over mean adverse excursion. */
  readonly edgeRatio: number;
  /** Part of the favourable excursions that the trades kept: mean gross return over mean MFE. */
  readonly captured: number;
  /** Mean of what was given back from the best price to the exit (Lean's end-trade drawdown). */
  readonly givenBack: number;
}

/** Summary over the trades that were closed; NaN where there are none. */
export function summariseExcursions(trades: TradeColumns): ExcursionSummary {
  const closed = Array.from(trades.open.keys()).filter((i) => trades.open[i] === 0);
  const mae = closed.map((i) => trades.mae[i] as number);
  const mfe = closed.map((i) => trades.mfe[i] as number);
  const gross = closed.map((i) => {
    const entry = trades.entryPrice[i] as number;
    const move = ((trades.exitPrice[i] as number) - entry) / entry;
    return (trades.size[i] as number) > 0 ? move : -move;
  });
  const winners = closed.filter((i) => (trades.pnl[i] as number) > 0);
  const against = sorted(mae);
  const towards = sorted(mfe);
  const averageMae = mean(mae);
  const averageMfe = mean(mfe);
  return {
    averageMae,
    averageMfe,
    medianMae: quantileOf(against, 0.5),
    medianMfe: quantileOf(towards, 0.5),
    worstMae: quantileOf(against, 1),
    bestMfe: quantileOf(towards, 1),
    winnersMae95: quantileOf(sorted(winners.map((i) => trades.mae[i] as number)), 0.95),
    edgeRatio: averageMae > 0 ? averageMfe / averageMae : Number.NaN,
    captured: averageMfe > 0 ? mean(gross) / averageMfe : Number.NaN,
    givenBack: mean(mfe.map((best, i) => best - (gross[i] as number))),
  };
}

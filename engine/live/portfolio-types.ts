import type { PortfolioStrategy } from '../backtest/portfolio-types.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import type { Bar } from '../domain/bar.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import type { LiveMarket } from './program.ts';
import type { LiveEvent, MissedDecision, OwnOrder, Wanted } from './types.ts';

/** A strategy of several instruments that takes its bars moment by moment. */
export interface RunningPortfolio extends PortfolioStrategy {
  /** All bars that begin together, by the row of their instrument; null where it has none. */
  take(bars: readonly (Bar | null)[]): void;
}

/** One instrument of a run. */
export interface LiveInstrument {
  /** As the strategy calls it. */
  readonly symbol: string;
  /** Least units that the venue trades. */
  readonly lotSize: number;
  /** Money for a price of 1 of one unit; 1 when absent. */
  readonly multiplier?: number | undefined;
  readonly market: LiveMarket;
}

export interface LivePortfolioSetup {
  /** What the strategy's orders are called by. */
  readonly id: string;
  /** Resolved and checked. */
  readonly parameters: ParameterValues;
  /** As of a backtest; lots are those of the instruments where theirs are larger. */
  readonly settings: BacktestSettings;
  readonly currency: string;
  readonly instruments: readonly LiveInstrument[];
  readonly strategy: RunningPortfolio;
  /** Bars of each instrument that have to be known before the first decision. */
  readonly lookback: number;
}

/** What happens in a run besides its bars. */
export type PortfolioEvent =
  /** To an order, or with it, of one instrument. */
  | {
      readonly kind: 'order';
      readonly instrument: number;
      readonly event: Exclude<LiveEvent, { readonly kind: 'close' }>;
    }
  /** The run ends: orders are taken away, and positions are closed where that is asked for. */
  | { readonly kind: 'close'; readonly flatten: boolean }
  /** Targets that wait for money of sales are not gone for any more. */
  | { readonly kind: 'give-up'; readonly reason: string };

/** An order as it should work, and of what. */
export interface PortfolioWanted {
  readonly instrument: number;
  readonly wanted: Wanted;
}

/** An order and what became of it; bars are numbers of moments. */
export interface PortfolioOrder extends OwnOrder {
  readonly instrument: number;
}

/** Its bar is the number of the moment. */
export interface PortfolioMissed extends MissedDecision {
  readonly instrument: number;
}

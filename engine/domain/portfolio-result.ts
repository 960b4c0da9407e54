import type {
  AmbiguousTrades,
  FillColumns,
  OrderColumns,
  Statistic,
  TradeColumns,
} from './backtest.ts';

/** What came of a run of several instruments. Bars in orders and trades are numbers of moments. */
export interface PortfolioResult {
  readonly symbols: readonly string[];
  /** Start of every moment. */
  readonly time: Float64Array;
  readonly equity: Float64Array;
  readonly cash: Float64Array;
  /** Value of all positions, long and short added up without their sign. */
  readonly gross: Float64Array;
  /** For each instrument the value of its position at every moment, signed, in base currency. */
  readonly values: readonly Float64Array[];
  /** Equity of holding an equal part of each instrument from its first close on, without costs. */
  readonly benchmark: Float64Array;
  readonly orders: OrderColumns;
  readonly fills: FillColumns;
  /** Amounts in base currency, prices in the instrument's. */
  readonly trades: TradeColumns;
  readonly ambiguous?: AmbiguousTrades | undefined;
  /** Moment at whose closes equity was 0 or below and the portfolio was closed; absent without. */
  readonly ruinedAt?: number | undefined;
  /** Paid on money that was owed; part of no trade. */
  readonly interest: number;
  readonly statistics: readonly Statistic[];
  readonly orderHash: string;
}

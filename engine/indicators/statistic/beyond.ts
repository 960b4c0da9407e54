import type { IndicatorDefinition } from '../definition.ts';
import { ENTROPY, PERMUTATION_ENTROPY } from './information.ts';
import { DRAWDOWN, PERCENT_RANK, SHARPE_ROLLING, SORTINO_ROLLING } from './performance.ts';
import { EFFICIENCY_RATIO, HURST, VARIANCE_RATIO } from './scaling.ts';
import { AUTOCORRELATION, HALF_LIFE, R_SQUARED } from './serial.ts';
import { KURTOSIS, SKEW } from './shape.ts';
import { COINTEGRATION_ZSCORE, ROLLING_BETA, ROLLING_CORRELATION } from './two-series.ts';

/** Statistics that TA-Lib does not have. */
export const STATISTIC_BEYOND: readonly IndicatorDefinition[] = [
  SKEW,
  KURTOSIS,
  AUTOCORRELATION,
  ROLLING_CORRELATION,
  ROLLING_BETA,
  R_SQUARED,
  COINTEGRATION_ZSCORE,
  HALF_LIFE,
  HURST,
  VARIANCE_RATIO,
  EFFICIENCY_RATIO,
  ENTROPY,
  PERMUTATION_ENTROPY,
  SHARPE_ROLLING,
  SORTINO_ROLLING,
  DRAWDOWN,
  PERCENT_RANK,
];

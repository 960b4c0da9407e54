/**
 * The 24 months of Bacon, Practical Portfolio Performance Measurement and Attribution (2nd edition, 2008), as
 * the data set `portfolio_bacon` of R's PerformanceAnalytics has them: portfolio and benchmark.
 */
export const PORTFOLIO = Float64Array.of(
  0.003,
  0.026,
  0.011,
  -0.01,
  0.015,
  0.025,
  0.016,
  0.067,
  -0.014,
  0.04,
  -0.005,
  0.081,
  0.04,
  -0.037,
  -0.061,
  0.017,
  -0.049,
  -0.022,
  0.07,
  0.058,
  -0.065,
  0.024,
  -0.005,
  -0.009,
);
export const BENCHMARK = Float64Array.of(
  0.002,
  0.025,
  0.018,
  -0.011,
  0.014,
  0.018,
  0.014,
  0.065,
  -0.015,
  0.042,
  -0.006,
  0.083,
  0.039,
  -0.038,
  -0.062,
  0.015,
  -0.048,
  0.021,
  0.06,
  0.056,
  -0.067,
  0.019,
  -0.003,
  0,
);

/** Equity of these returns from 1, the capital first. */
export function compounded(returns: Float64Array): Float64Array {
  const curve = new Float64Array(returns.length + 1).fill(1);
  returns.forEach((value, i) => {
    curve[i + 1] = (curve[i] ?? 0) * (1 + value);
  });
  return curve;
}

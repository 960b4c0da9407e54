import { momentsColumns } from '../indicators/kernels/window-moments.ts';
import { STILL } from './moments.ts';

/**
 * Figures over the last `window` returns, one value a return, NaN in the lead-in. `periods` is the number
 * of returns in a year, `rate` the risk-free return of one of them.
 */

export function rollingVolatility(
  returns: Float64Array,
  window: number,
  periods: number,
): Float64Array {
  const { deviation } = windows(returns, window);
  const year = Math.sqrt(periods);
  return deviation.map((value) => value * year);
}

export function rollingSharpe(
  returns: Float64Array,
  window: number,
  periods: number,
  rate = 0,
): Float64Array {
  const { mean, deviation } = windows(returns, window);
  const year = Math.sqrt(periods);
  return mean.map((value, i) => {
    const spread = deviation[i] as number;
    return spread > STILL ? ((value - rate) / spread) * year : Number.NaN;
  });
}

export function rollingSortino(
  returns: Float64Array,
  window: number,
  periods: number,
  rate = 0,
): Float64Array {
  const { mean } = windows(returns, window);
  // The mean of the squared shortfalls, which is what their window holds.
  const short = windows(
    returns.map((value) => (value < rate ? (value - rate) ** 2 : 0)),
    window,
  ).mean;
  const year = Math.sqrt(periods);
  return mean.map((value, i) => {
    const downside = Math.sqrt(short[i] as number);
    return downside > STILL ? ((value - rate) / downside) * year : Number.NaN;
  });
}

/** Beta against the benchmark's returns of the same window; NaN where it did not move. */
export function rollingBeta(
  returns: Float64Array,
  market: Float64Array,
  window: number,
): Float64Array {
  // cov(r, m) = (var(r + m) - var(r - m)) / 4, so that the window of moments serves here too.
  const sum = windows(
    returns.map((value, i) => value + (market[i] as number)),
    window,
  ).deviation;
  const difference = windows(
    returns.map((value, i) => value - (market[i] as number)),
    window,
  ).deviation;
  const { deviation } = windows(market, window);
  return sum.map((both, i) => {
    const variance = (deviation[i] as number) ** 2;
    return variance > 0 ? (both ** 2 - (difference[i] as number) ** 2) / 4 / variance : Number.NaN;
  });
}

/** Each value against the highest of the last `window` values, itself included: 0 or negative. */
export function rollingDrawdown(equity: Float64Array, window: number): Float64Array {
  const depth = new Float64Array(equity.length);
  // Places of values that are still the highest of some window to come, highest first.
  const places = new Int32Array(equity.length);
  let first = 0;
  let end = 0;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i] as number;
    while (end > first && (equity[places[end - 1] as number] as number) <= value) end -= 1;
    places[end] = i;
    end += 1;
    if ((places[first] as number) <= i - window) first += 1;
    depth[i] = value / (equity[places[first] as number] as number) - 1;
  }
  return depth;
}

/** Mean and deviation of a sample (ddof 1) of each window. */
function windows(
  values: Float64Array,
  window: number,
): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(values.length);
  const deviation = new Float64Array(values.length);
  momentsColumns(values, window, mean, deviation);
  const sample = Math.sqrt(window / (window - 1));
  return { mean, deviation: deviation.map((value) => value * sample) };
}

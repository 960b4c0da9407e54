/**
 * Returns that differ by no more than rounding of the equity have not moved. A return of marks near their
 * capital is known to about 2e-16; the rest is room for borrowed positions and for sums. Real money moves
 * more: one cent of a million once in a million bars has a deviation of 1e-11.
 */
export const STILL = 1e-14;

/** Arithmetic mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] as number;
  return sum / values.length;
}

/**
 * Standard deviation by two passes, which keeps its digits when the mean is far from 0.
 * @param ddof 1 for a sample (the default), 0 for a population
 * @returns NaN for fewer than `ddof + 1` values
 */
export function deviation(values: ArrayLike<number>, ddof = 1): number {
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i += 1) {
    const distance = (values[i] as number) - centre;
    squares += distance * distance;
  }
  const count = values.length - ddof;
  return count > 0 ? Math.sqrt(squares / count) : Number.NaN;
}

/** Geometric mean of returns given as fractions: the constant return that compounds to the same. */
export function geometricMean(returns: ArrayLike<number>): number {
  let logs = 0;
  for (let i = 0; i < returns.length; i += 1) {
    const growth = 1 + (returns[i] as number);
    if (growth <= 0) return -1;
    logs += Math.log(growth);
  }
  return returns.length === 0 ? Number.NaN : Math.exp(logs / returns.length) - 1;
}

/** Change of each value against the one before it, as fractions; one fewer than the values. */
export function returnsOf(values: Float64Array): Float64Array {
  const returns = new Float64Array(Math.max(0, values.length - 1));
  for (let i = 0; i < returns.length; i += 1) {
    returns[i] = (values[i + 1] as number) / (values[i] as number) - 1;
  }
  return returns;
}

/** A straight line over bar numbers. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

export interface Place {
  readonly bar: number;
  readonly price: number;
}

export function valueAt(line: Line, bar: number): number {
  return line.intercept + line.slope * bar;
}

export function lineThrough(a: Place, b: Place): Line {
  const slope = (b.price - a.price) / (b.bar - a.bar);
  return { slope, intercept: a.price - slope * a.bar };
}

/** Least-squares line; places must differ in bar. */
export function fitLine(places: readonly Place[]): Line {
  const n = places.length;
  const meanBar = places.reduce((sum, { bar }) => sum + bar, 0) / n;
  const meanPrice = places.reduce((sum, { price }) => sum + price, 0) / n;
  let covariance = 0;
  let variance = 0;
  for (const { bar, price } of places) {
    covariance += (bar - meanBar) * (price - meanPrice);
    variance += (bar - meanBar) ** 2;
  }
  const slope = covariance / variance;
  return { slope, intercept: meanPrice - slope * meanBar };
}

/** Largest distance of the places from the line, in price. */
export function worstMiss(line: Line, places: readonly Place[]): number {
  return places.reduce(
    (worst, { bar, price }) => Math.max(worst, Math.abs(price - valueAt(line, bar))),
    0,
  );
}

/** 1 at a deviation of 0, falling straight to 0 at `tolerance`. */
export function closeness(deviation: number, tolerance: number): number {
  return Math.max(0, 1 - Math.abs(deviation) / tolerance);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

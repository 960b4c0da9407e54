/**
 * Series arithmetic written from the definitions, window by window and with no running sums: slow, and
 * built otherwise than the engine, so that the two can check each other. NaN stands for "no value yet".
 */
export type Series = readonly number[];

export interface Bars {
  readonly open: Series;
  readonly high: Series;
  readonly low: Series;
  readonly close: Series;
  readonly volume: Series;
}

export type Values = Readonly<Record<string, number>>;

export const sum = (xs: Series): number => xs.reduce((a, b) => a + b, 0);
export const mean = (xs: Series): number => sum(xs) / xs.length;
export const at = (xs: Series, i: number): number => xs[i] ?? Number.NaN;

/** Population deviation in two passes. */
export function deviation(xs: Series): number {
  const m = mean(xs);
  return Math.sqrt(mean(xs.map((x) => (x - m) ** 2)));
}

/** Applies f to each full window of n values, oldest first. */
export function windows(xs: Series, n: number, f: (window: Series) => number): number[] {
  return xs.map((_, i) => {
    const window = xs.slice(Math.max(i - n + 1, 0), i + 1);
    return window.length < n || window.some(Number.isNaN) ? Number.NaN : f(window);
  });
}

export const sma = (xs: Series, n: number): number[] => windows(xs, n, mean);
export const highest = (xs: Series, n: number): number[] => windows(xs, n, (w) => Math.max(...w));
export const lowest = (xs: Series, n: number): number[] => windows(xs, n, (w) => Math.min(...w));
export const wma = (xs: Series, n: number): number[] =>
  windows(xs, n, (w) => sum(w.map((x, k) => x * (k + 1))) / sum(w.map((_, k) => k + 1)));

/** Combines series element by element. */
export function zip(f: (...xs: number[]) => number, ...series: Series[]): number[] {
  return (series[0] ?? []).map((_, i) => f(...series.map((xs) => at(xs, i))));
}

/** The value k bars ago. */
export const ago = (xs: Series, k: number): number[] => xs.map((_, i) => at(xs, i - k));
export const change = (xs: Series, k = 1): number[] => zip((a, b) => a - b, xs, ago(xs, k));
export const magnitude = (xs: Series): number[] => xs.map(Math.abs);
export const roc = (xs: Series, k: number): number[] =>
  zip((a, b) => 100 * (a / b - 1), xs, ago(xs, k));

/** Exponential smoothing of weight w, begun with the mean of the first n values there are. */
function smooth(xs: Series, n: number, w: number): number[] {
  const first = xs.findIndex((x) => !Number.isNaN(x));
  let value = Number.NaN;
  return xs.map((x, i) => {
    if (first < 0 || i < first + n - 1) return Number.NaN;
    value = i === first + n - 1 ? mean(xs.slice(first, i + 1)) : w * x + (1 - w) * value;
    return value;
  });
}
export const ema = (xs: Series, n: number): number[] => smooth(xs, n, 2 / (n + 1));
export const rma = (xs: Series, n: number): number[] => smooth(xs, n, 1 / n);

export const ranges = (b: Bars): number[] =>
  b.close.map((_, i) =>
    i === 0
      ? Number.NaN
      : Math.max(at(b.high, i), at(b.close, i - 1)) - Math.min(at(b.low, i), at(b.close, i - 1)),
  );
export const atr = (b: Bars, n: number): number[] => rma(ranges(b), n);

/** Least squares through a window: [value at its end, slope, root mean square of the rest, r²]. */
export function regression(window: Series): readonly [number, number, number, number] {
  const mx = (window.length - 1) / 2;
  const my = mean(window);
  const slope =
    sum(window.map((y, t) => (t - mx) * (y - my))) / sum(window.map((_, t) => (t - mx) ** 2));
  const rest = window.map((y, t) => y - my - slope * (t - mx));
  const left = sum(rest.map((x) => x * x));
  const all = sum(window.map((y) => (y - my) ** 2));
  return [
    my + slope * (window.length - 1 - mx),
    slope,
    Math.sqrt(left / window.length),
    1 - left / all,
  ];
}

/** A parameter by name. */
export const n = (p: Values, name: string): number => p[name] ?? Number.NaN;
export const middle = (b: Bars): number[] => zip((h, l) => (h + l) / 2, b.high, b.low);
/** x where y has a value. */
export const blank = (xs: Series, by: Series): number[] =>
  zip((x, y) => (Number.isNaN(y) ? Number.NaN : x), xs, by);

export type Definition = (b: Bars, p: Values) => readonly Series[];

/** Folds over bars, from the first where every series has a value; the others are NaN. */
export function fold<S>(
  series: readonly Series[],
  begin: (i: number) => S,
  next: (state: S, i: number) => S,
  show: (state: S) => number,
): number[] {
  let state: S | undefined;
  return (series[0] ?? []).map((_, i) => {
    if (series.some((xs) => Number.isNaN(at(xs, i)))) return Number.NaN;
    state = state === undefined ? begin(i) : next(state, i);
    return show(state);
  });
}

export function weighted(xs: Series, w: number): number[] {
  return fold(
    [xs],
    (i) => at(xs, i),
    (s, i) => (1 - w) * s + w * at(xs, i),
    (x) => x,
  );
}

import { trueRange } from './true-range.ts';

/**
 * The larger move counts, and only when it is positive. Which one that is cannot be guessed, so there
 * are no branches: |move| + move is twice the move or 0, exactly.
 */
export function directionalMove(move: number, against: number): number {
  return (Math.abs(move) + move) * (0.5 * Number(move > against));
}

/** Bars seen, last high, low and close, and Wilder's sums of the two movements and of the true range. */
const SEEN = 0;
const HIGH = 1;
const LOW = 2;
const CLOSE = 3;
export const PLUS = 4;
export const MINUS = 5;
export const RANGE = 6;
/** Numbers in the state of `directionalStep`; an indicator may keep its own behind them. */
export const DIRECTIONAL_STATE = 7;

/**
 * Takes one bar into Wilder's sums: plain for the first `period − 1` moves, then each bar takes away one
 * `period`th and adds its own.
 * @returns bars seen before this one, counted up to `period + 1`
 */
export function directionalStep(
  state: Float64Array,
  period: number,
  high: number,
  low: number,
  close: number,
): number {
  const seen = state[SEEN] as number;
  if (seen > 0) {
    const up = high - (state[HIGH] as number);
    const down = (state[LOW] as number) - low;
    const range = trueRange(high, low, state[CLOSE] as number);
    const kept = seen < period ? 1 : 1 - 1 / period;
    state[PLUS] = (state[PLUS] as number) * kept + directionalMove(up, down);
    state[MINUS] = (state[MINUS] as number) * kept + directionalMove(down, up);
    state[RANGE] = (state[RANGE] as number) * kept + range;
  }
  state[SEEN] = Math.min(seen + 1, period + 1);
  state[HIGH] = high;
  state[LOW] = low;
  state[CLOSE] = close;
  return seen;
}

/** Sums this small are rounding, and so zero (as in TA-Lib). */
const ZERO = 1e-14;

/** DX of Wilder's sums, or NaN where there was no range or no movement. */
export function directionalIndex(plus: number, minus: number, range: number): number {
  const sum = plus + minus;
  // TA-Lib asks whether the sum of both indicators, which are 100 × movement / range, is zero.
  if (range < ZERO || 100 * sum < ZERO * range) return Number.NaN;
  return 100 * (Math.abs(plus - minus) / sum);
}

/** DI of Wilder's sums, `scale` when all went one way; 0 where there was no range. */
export function directionalIndicator(movement: number, range: number, scale: number): number {
  return range < ZERO ? 0 : scale * (movement / range);
}

/** What is written of the sums: DX, an indicator of one side, or the movement of one side itself. */
export type DirectionalOutput = 'index' | 'plus_di' | 'minus_di' | 'plus_dm' | 'minus_dm';

/**
 * Bars that one call takes. A loop over a whole column is compiled while it runs, and then everything
 * that it carries from bar to bar may be boxed; a function that is called for each part is not.
 */
const PART = 512;

/** Writes one of Wilder's measures from its first bar on, NaN before; DX is NaN where it has no value. */
export function directionalColumn(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  period: number,
  output: DirectionalOutput,
  values: Float64Array,
): void {
  const length = high.length;
  const movement = output === 'plus_dm' || output === 'minus_dm';
  const first = movement ? Math.max(period - 1, 1) : period;
  if (length <= first) {
    values.fill(Number.NaN);
    return;
  }
  const sums = new Float64Array(3);
  const kept = 1 - 1 / period;
  let from = 1;
  while (from < length) {
    const to = from < period ? period : Math.min(from + PART, length);
    const share = from < period ? 1 : kept;
    if (movement) movementPart(sums, high, low, share, from, to, output === 'plus_dm', values);
    else if (output === 'index') indexPart(sums, high, low, close, share, from, to, values);
    else {
      const upwards = output === 'plus_di';
      const scale = period === 1 ? 1 : 100;
      indicatorPart(sums, high, low, close, share, from, to, upwards, scale, values);
    }
    from = to;
  }
  values.fill(Number.NaN, 0, first);
}

function movementPart(
  sums: Float64Array,
  high: Float64Array,
  low: Float64Array,
  kept: number,
  from: number,
  to: number,
  upwards: boolean,
  values: Float64Array,
): void {
  // Seen upside down the lows are highs.
  const sign = upwards ? 1 : -1;
  const near = upwards ? high : low;
  const far = upwards ? low : high;
  let sum = sums[0] as number;
  let nearBefore = near[from - 1] as number;
  let farBefore = far[from - 1] as number;
  for (let i = from; i < to; i += 1) {
    const nearNow = near[i] as number;
    const farNow = far[i] as number;
    const move = (nearNow - nearBefore) * sign;
    const against = (farBefore - farNow) * sign;
    sum = sum * kept + directionalMove(move, against);
    nearBefore = nearNow;
    farBefore = farNow;
    values[i] = sum;
  }
  sums[0] = sum;
}

function indicatorPart(
  sums: Float64Array,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  kept: number,
  from: number,
  to: number,
  upwards: boolean,
  scale: number,
  values: Float64Array,
): void {
  let sum = sums[0] as number;
  let range = sums[1] as number;
  let highBefore = high[from - 1] as number;
  let lowBefore = low[from - 1] as number;
  for (let i = from; i < to; i += 1) {
    const highNow = high[i] as number;
    const lowNow = low[i] as number;
    const up = highNow - highBefore;
    const down = lowBefore - lowNow;
    sum = sum * kept + (upwards ? directionalMove(up, down) : directionalMove(down, up));
    range = range * kept + trueRange(highNow, lowNow, close[i - 1] as number);
    highBefore = highNow;
    lowBefore = lowNow;
    values[i] = directionalIndicator(sum, range, scale);
  }
  sums[0] = sum;
  sums[1] = range;
}

function indexPart(
  sums: Float64Array,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  kept: number,
  from: number,
  to: number,
  values: Float64Array,
): void {
  let plus = sums[0] as number;
  let minus = sums[1] as number;
  let range = sums[2] as number;
  let highBefore = high[from - 1] as number;
  let lowBefore = low[from - 1] as number;
  for (let i = from; i < to; i += 1) {
    const highNow = high[i] as number;
    const lowNow = low[i] as number;
    const up = highNow - highBefore;
    const down = lowBefore - lowNow;
    plus = plus * kept + directionalMove(up, down);
    minus = minus * kept + directionalMove(down, up);
    range = range * kept + trueRange(highNow, lowNow, close[i - 1] as number);
    highBefore = highNow;
    lowBefore = lowNow;
    values[i] = directionalIndex(plus, minus, range);
  }
  sums[0] = plus;
  sums[1] = minus;
  sums[2] = range;
}

import { barsACall } from './blocks.ts';
import { windowSumColumn, windowSumState, windowSumStep } from './window-sum.ts';

/**
 * The plain moving averages. A `Column` function takes a whole column and writes every element of
 * `output`, NaN before the first value; the series begins at `start`, what stands before it is not read.
 * A `Step` function takes one value; what it remembers are the numbers of `state` from `at` on, zeros at
 * the start, as many as the matching `Length` says. Both do the same operations in the same order, so
 * they agree to the last bit. Windows are summed by blocks, see blocks.ts.
 */

/** Simple moving average. `output` may be `input`. */
export function smaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  windowSumColumn(input, period, output, start, period);
}

/** Numbers that `smaStep` remembers. */
export const smaLength = windowSumState;

export function smaStep(state: Float64Array, at: number, period: number, x: number): number {
  return windowSumStep(state, at, period, x) / period;
}

/**
 * Exponential smoothing of any weight, seeded with the mean of the first `period` values:
 * `value += weight × (x − value)`. `output` may be `input`.
 */
export function smoothColumn(
  input: Float64Array,
  period: number,
  weight: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const first = start + period - 1;
  if (first >= length) {
    output.fill(Number.NaN);
    return;
  }
  let value = 0;
  for (let i = start; i <= first; i += 1) value += input[i] as number;
  value /= period;
  output.fill(Number.NaN, 0, first);
  output[first] = value;
  for (let i = first + 1; i < length; i += 1) {
    value = ((input[i] as number) - value) * weight + value;
    output[i] = value;
  }
}

/** Numbers that `smoothStep` remembers: [values seen, sum or average]. */
export const SMOOTH_LENGTH = 2;

/** Takes one value; the NaN of a lead-in is passed over. */
export function smoothStep(
  state: Float64Array,
  at: number,
  period: number,
  weight: number,
  x: number,
): number {
  if (x !== x) return x;
  const seen = state[at] as number;
  const before = state[at + 1] as number;
  if (seen >= period) {
    const value = (x - before) * weight + before;
    state[at + 1] = value;
    return value;
  }
  const sum = before + x;
  const full = seen + 1 === period;
  state[at] = seen + 1;
  state[at + 1] = full ? sum / period : sum;
  return full ? sum / period : Number.NaN;
}

/** Weight of the usual exponential average. */
export function emaWeight(period: number): number {
  return 2 / (period + 1);
}

/** Exponential moving average, seeded with the simple one. `output` may be `input`. */
export function emaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  smoothColumn(input, period, emaWeight(period), output, start);
}

/** Numbers that `emaStep` remembers. */
export const EMA_LENGTH = SMOOTH_LENGTH;

export function emaStep(state: Float64Array, at: number, period: number, x: number): number {
  return smoothStep(state, at, period, emaWeight(period), x);
}

/** Weight of Wilder's average. */
export function wilderWeight(period: number): number {
  return 1 / period;
}

/** Wilder's smoothed average: each value counts one `period`th. `output` may be `input`. */
export function wilderColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  smoothColumn(input, period, wilderWeight(period), output, start);
}

/** Numbers that `wilderStep` remembers. */
export const WILDER_LENGTH = SMOOTH_LENGTH;

export function wilderStep(state: Float64Array, at: number, period: number, x: number): number {
  return smoothStep(state, at, period, wilderWeight(period), x);
}

/**
 * Linearly weighted moving average: the newest value counts `period` times, the oldest once. `output`
 * may be `input`.
 */
export function wmaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const first = start + period - 1;
  if (first >= length) {
    output.fill(Number.NaN);
    return;
  }
  const weights = (period * (period + 1)) / 2;
  const ends = new Float64Array(period);
  let sum = 0;
  let rising = 0;
  for (let i = start, j = 1; i <= first; i += 1, j += 1) {
    const x = input[i] as number;
    rising += x * j;
    ends[j - 1] = x;
  }
  weighEnds(ends, period);
  output.fill(Number.NaN, 0, first);
  output[first] = rising / weights;
  const bars = barsACall(period);
  const whole = length - ((length - first - 1) % period);
  let from = first + 1;
  for (; from < whole; from += bars) {
    weighBlocks(input, from, Math.min(from + bars, whole), period, weights, ends, output);
  }
  rising = 0;
  for (let i = whole, j = 1; i < length; i += 1, j += 1) {
    const x = input[i] as number;
    sum += x;
    rising += x * j;
    output[i] = ((ends[j] as number) + (sum * (period - j) + rising)) / weights;
  }
}

/** The block's values count from 1 up, and all of them as often again as older values stand before. */
function weighBlocks(
  input: Float64Array,
  from: number,
  to: number,
  period: number,
  weights: number,
  ends: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < to; block += period) {
    let sum = 0;
    let rising = 0;
    let i = block;
    for (let j = 1; j < period; i += 1, j += 1) {
      const x = input[i] as number;
      sum += x;
      rising += x * j;
      output[i] = ((ends[j] as number) + (sum * (period - j) + rising)) / weights;
      ends[j - 1] = x;
    }
    const last = input[i] as number;
    output[i] = (rising + last * period) / weights;
    ends[period - 1] = last;
    weighEnds(ends, period);
  }
}

/** Turns the values of a block into what each window takes from its end, the oldest counted once. */
function weighEnds(ends: Float64Array, period: number): void {
  let sum = 0;
  let weighted = 0;
  for (let j = period - 1; j > 0; j -= 1) {
    sum += ends[j] as number;
    weighted += sum;
    ends[j] = weighted;
  }
}

/** Numbers that `wmaStep` remembers: [a block is full, place in it, its sum, its rising sum, ring]. */
export function wmaLength(period: number): number {
  return period + 4;
}

export function wmaStep(state: Float64Array, at: number, period: number, x: number): number {
  const weights = (period * (period + 1)) / 2;
  const place = state[at + 1] as number;
  const sum = (state[at + 2] as number) + x;
  const rising = (state[at + 3] as number) + x * (place + 1);
  const ring = at + 4;
  state[ring + place] = x;
  if (place < period - 1) {
    state[at + 1] = place + 1;
    state[at + 2] = sum;
    state[at + 3] = rising;
    if (state[at] === 0) return Number.NaN;
    return ((state[ring + place + 1] as number) + (sum * (period - 1 - place) + rising)) / weights;
  }
  let tail = 0;
  let weighted = 0;
  for (let i = ring + place; i > ring; i -= 1) {
    tail += state[i] as number;
    weighted += tail;
    state[i] = weighted;
  }
  state[at] = 1;
  state[at + 1] = 0;
  state[at + 2] = 0;
  state[at + 3] = 0;
  return rising / weights;
}

/** Triangular moving average: the simple average of a simple average, of half the period each. */
export function trimaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const inner = (period + 1) >> 1;
  smaColumn(input, inner, output, start);
  smaColumn(output, period + 1 - inner, output, start + inner - 1);
}

/** Numbers that `trimaStep` remembers. */
export function trimaLength(period: number): number {
  const inner = (period + 1) >> 1;
  return smaLength(inner) + smaLength(period + 1 - inner);
}

export function trimaStep(state: Float64Array, at: number, period: number, x: number): number {
  const inner = (period + 1) >> 1;
  const average = smaStep(state, at, inner, x);
  if (Number.isNaN(average)) return average;
  return smaStep(state, at + smaLength(inner), period + 1 - inner, average);
}

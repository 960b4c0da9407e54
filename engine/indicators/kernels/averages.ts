/**
 * The plain moving averages. A `Column` function takes a whole column and writes every element of
 * `output` (another array than `input`), NaN before the first value; the series begins at `start`, what
 * stands before it is not read. A `Step` function takes one value; what it remembers are the numbers of
 * `state` from `at` on, zeros at the start, as many as the matching `Length` function says. Both do the
 * same operations in the same order, so they agree to the last bit.
 *
 * Windows are summed without subtracting: the series is cut into blocks as long as the window, and a
 * window is the end of one block and the beginning of the next, each summed from the cut outwards. So
 * nothing drifts over a million bars, and a huge value that has left leaves no trace.
 */

/** Simple moving average. */
export function smaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(start + period - 1, length));
  for (let from = start; from < length; from += period) {
    const last = from + period - 1;
    const end = Math.min(last, length);
    let sum = 0;
    if (from === start) {
      for (let i = from; i < end; i += 1) sum += input[i] as number;
    } else {
      for (let i = from; i < end; i += 1) {
        sum += input[i] as number;
        output[i] = ((output[i] as number) + sum) / period;
      }
    }
    if (last >= length) return;
    output[last] = (sum + (input[last] as number)) / period;
    // What the next windows take from this block waits where their averages will stand.
    let tail = 0;
    let i = last;
    for (; i + period > length; i -= 1) tail += input[i] as number;
    for (; i > from; i -= 1) {
      tail += input[i] as number;
      output[i + period - 1] = tail;
    }
  }
}

/** Numbers that `smaStep` remembers: [a block is full, place in the block, its sum, ring]. */
export function smaLength(period: number): number {
  return period + 3;
}

export function smaStep(state: Float64Array, at: number, period: number, x: number): number {
  const place = state[at + 1] as number;
  const sum = (state[at + 2] as number) + x;
  const ring = at + 3;
  state[ring + place] = x;
  if (place < period - 1) {
    state[at + 1] = place + 1;
    state[at + 2] = sum;
    if (state[at] === 0) return Number.NaN;
    return ((state[ring + place + 1] as number) + sum) / period;
  }
  let tail = 0;
  for (let i = ring + place; i > ring; i -= 1) {
    tail += state[i] as number;
    state[i] = tail;
  }
  state[at] = 1;
  state[at + 1] = 0;
  state[at + 2] = 0;
  return sum / period;
}

/** Exponential moving average, seeded with the simple one. */
export function emaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const first = start + period - 1;
  output.fill(Number.NaN, 0, Math.min(first, length));
  if (first >= length) return;
  let value = 0;
  for (let i = start; i <= first; i += 1) value += input[i] as number;
  value /= period;
  output[first] = value;
  const weight = 2 / (period + 1);
  for (let i = first + 1; i < length; i += 1) {
    value = ((input[i] as number) - value) * weight + value;
    output[i] = value;
  }
}

/** Numbers that `emaStep` remembers: [bars seen, sum or value]. */
export const EMA_LENGTH = 2;

export function emaStep(state: Float64Array, at: number, period: number, x: number): number {
  const seen = (state[at] as number) + 1;
  state[at] = Math.min(seen, period + 1);
  if (seen < period) {
    state[at + 1] = (state[at + 1] as number) + x;
    return Number.NaN;
  }
  const before = state[at + 1] as number;
  const value =
    seen === period ? (before + x) / period : (x - before) * (2 / (period + 1)) + before;
  state[at + 1] = value;
  return value;
}

/** Linearly weighted moving average: the newest value counts `period` times, the oldest once. */
export function wmaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const weights = (period * (period + 1)) / 2;
  output.fill(Number.NaN, 0, Math.min(start + period - 1, length));
  for (let from = start; from < length; from += period) {
    const last = from + period - 1;
    const end = Math.min(last, length);
    // The block's values count from 1 up, and all of them as often again as older values stand before.
    let sum = 0;
    let rising = 0;
    if (from === start) {
      for (let i = from; i < end; i += 1) rising += (input[i] as number) * (i - from + 1);
    } else {
      for (let i = from; i < end; i += 1) {
        const x = input[i] as number;
        sum += x;
        rising += x * (i - from + 1);
        output[i] = ((output[i] as number) + (sum * (last - i) + rising)) / weights;
      }
    }
    if (last >= length) return;
    output[last] = (rising + (input[last] as number) * period) / weights;
    let tail = 0;
    let weighted = 0;
    let i = last;
    for (; i + period > length; i -= 1) {
      tail += input[i] as number;
      weighted += tail;
    }
    for (; i > from; i -= 1) {
      tail += input[i] as number;
      weighted += tail;
      output[i + period - 1] = weighted;
    }
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
  const [inner, outer] = halves(period);
  const averages = new Float64Array(input.length);
  smaColumn(input, inner, averages, start);
  smaColumn(averages, outer, output, start + inner - 1);
}

/** Numbers that `trimaStep` remembers. */
export function trimaLength(period: number): number {
  const [inner, outer] = halves(period);
  return smaLength(inner) + smaLength(outer);
}

export function trimaStep(state: Float64Array, at: number, period: number, x: number): number {
  const inner = (period + 1) >> 1;
  const average = smaStep(state, at, inner, x);
  if (Number.isNaN(average)) return average;
  return smaStep(state, at + smaLength(inner), period + 1 - inner, average);
}

function halves(period: number): readonly [inner: number, outer: number] {
  const inner = (period + 1) >> 1;
  return [inner, period + 1 - inner];
}

import {
  HILBERT_STATE,
  HILBERT_WARMUP_SHORT,
  hilbertStep,
  IN_PHASE,
  QUADRATURE,
} from './hilbert.ts';

/** Averages whose speed follows the market (KAMA, MAMA), in the manner of averages.ts. */

// Kaufman's bounds: averages of 2 and of 30 bars.
const SLOW = 2 / 31;
const RANGE = 2 / 3 - SLOW;

/**
 * Kaufman's adaptive average. The efficiency is the net move over the path walked, both of `period`
 * bars; it counts as 1 where nothing moved. It starts from the value before the first one given.
 */
export function kamaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(start + period, length));
  if (start + period >= length) return;
  let value = input[start + period - 1] as number;
  // Blocks of changes, as in smaColumn; the end of a block waits where the averages will stand.
  for (let from = start + 1; from < length; from += period) {
    const last = from + period - 1;
    const end = Math.min(last, length);
    let path = 0;
    let before = input[from - 1] as number;
    if (from === start + 1) {
      for (let i = from; i < end; i += 1) {
        const x = input[i] as number;
        path += Math.abs(x - before);
        before = x;
      }
    } else {
      for (let i = from; i < end; i += 1) {
        const x = input[i] as number;
        path += Math.abs(x - before);
        before = x;
        const speed = kamaSpeed(x - (input[i - period] as number), (output[i] as number) + path);
        value = (x - value) * speed + value;
        output[i] = value;
      }
    }
    if (last >= length) return;
    const x = input[last] as number;
    path += Math.abs(x - before);
    value = (x - value) * kamaSpeed(x - (input[last - period] as number), path) + value;
    output[last] = value;
    let tail = 0;
    let i = last;
    for (; i + period > length; i -= 1) {
      tail += Math.abs((input[i] as number) - (input[i - 1] as number));
    }
    for (; i > from; i -= 1) {
      tail += Math.abs((input[i] as number) - (input[i - 1] as number));
      output[i + period - 1] = tail;
    }
  }
}

function kamaSpeed(move: number, path: number): number {
  const net = Math.abs(move);
  const root = (path <= net ? 1 : net / path) * RANGE + SLOW;
  return root * root;
}

/** Numbers that `kamaStep` remembers: [bars seen, place in the block, its path, average, values, paths]. */
export function kamaLength(period: number): number {
  return 4 + 2 * period;
}

export function kamaStep(state: Float64Array, at: number, period: number, x: number): number {
  const seen = state[at] as number;
  const values = at + 4;
  if (seen === 0) {
    state[at] = 1;
    state[at + 3] = x;
    state[values] = x;
    return Number.NaN;
  }
  const place = state[at + 1] as number;
  const ended = place === period - 1;
  const slot = values + (ended ? 0 : place + 1);
  const change = Math.abs(x - (state[values + place] as number));
  const path = (state[at + 2] as number) + change;
  const paths = values + period;
  const older = ended ? 0 : (state[paths + place + 1] as number);
  const move = x - (state[slot] as number);
  let value = state[at + 3] as number;
  value = seen < period ? x : (x - value) * kamaSpeed(move, older + path) + value;
  state[slot] = x;
  state[paths + place] = change;
  if (seen < period) state[at] = seen + 1;
  state[at + 1] = ended ? 0 : place + 1;
  state[at + 2] = ended ? 0 : path;
  state[at + 3] = value;
  if (ended) {
    let tail = 0;
    for (let i = paths + place; i > paths; i -= 1) {
      tail += state[i] as number;
      state[i] = tail;
    }
  }
  return seen < period ? Number.NaN : value;
}

/** The limits of MAMA where a moving average is chosen by its type. */
export const MAMA_FAST = 0.5;
export const MAMA_SLOW = 0.05;
/** Bars before MAMA's first value, whatever its limits. */
export const MAMA_LOOKBACK = 32;

const DEGREES = 180 / Math.PI;
const MAMA_SEEN = HILBERT_STATE;
const MAMA_PHASE = HILBERT_STATE + 1;
const MAMA_VALUE = HILBERT_STATE + 2;

/** Where `mamaStep` leaves the following average (FAMA), counted from `at`. */
export const MAMA_FOLLOWING = HILBERT_STATE + 3;

/** Numbers that `mamaStep` remembers: those of the Hilbert transform, bars seen, phase, MAMA, FAMA. */
export const MAMA_LENGTH = HILBERT_STATE + 4;

/** Ehlers' MESA adaptive average: the faster the phase of the cycle falls, the slower it is. */
export function mamaStep(
  state: Float64Array,
  at: number,
  fast: number,
  slow: number,
  x: number,
): number {
  const seen = state[at + MAMA_SEEN] as number;
  if (seen < MAMA_LOOKBACK) state[at + MAMA_SEEN] = seen + 1;
  if (!hilbertStep(state, x, HILBERT_WARMUP_SHORT, at)) return Number.NaN;
  const inPhase = state[at + IN_PHASE] as number;
  const quadrature = state[at + QUADRATURE] as number;
  const phase = inPhase === 0 ? 0 : Math.atan(quadrature / inPhase) * DEGREES;
  const turned = (state[at + MAMA_PHASE] as number) - phase;
  const weight = turned > 1 ? Math.max(fast / turned, slow) : fast;
  const value = weight * x + (1 - weight) * (state[at + MAMA_VALUE] as number);
  const half = weight * 0.5;
  const following = half * value + (1 - half) * (state[at + MAMA_FOLLOWING] as number);
  state[at + MAMA_PHASE] = phase;
  state[at + MAMA_VALUE] = value;
  state[at + MAMA_FOLLOWING] = following;
  return seen < MAMA_LOOKBACK ? Number.NaN : value;
}

/** MAMA, and FAMA where a column for it is given. */
export function mamaColumn(
  input: Float64Array,
  fast: number,
  slow: number,
  output: Float64Array,
  following: Float64Array | undefined,
  start = 0,
): void {
  const length = input.length;
  const state = new Float64Array(MAMA_LENGTH);
  output.fill(Number.NaN, 0, Math.min(start, length));
  following?.fill(Number.NaN, 0, Math.min(start, length));
  for (let i = start; i < length; i += 1) {
    const value = mamaStep(state, 0, fast, slow, input[i] as number);
    output[i] = value;
    if (following !== undefined) {
      following[i] = i < start + MAMA_LOOKBACK ? Number.NaN : (state[MAMA_FOLLOWING] as number);
    }
  }
}

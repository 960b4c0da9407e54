import {
  HILBERT_STATE,
  HILBERT_WARMUP_LONG,
  hilbertStep,
  LONGEST_CYCLE,
  SMOOTH_PERIOD,
  SMOOTHED_PRICE,
} from './hilbert.ts';

/**
 * Phase of the dominant cycle, and the trend line that is left when the cycle is averaged out.
 *
 * Source: Ehlers, Rocket Science for Traders (2001), chapters 8 to 10; details as in TA-Lib.
 */

/** Bars before the first value of the measures built on this. */
export const CYCLE_LOOKBACK = 63;

const SEEN = HILBERT_STATE;
const PLACE = HILBERT_STATE + 1;
const MEAN_1 = HILBERT_STATE + 2;
const MEAN_2 = HILBERT_STATE + 3;
const MEAN_3 = HILBERT_STATE + 4;
// The last prices and weighted averages, each twice over, so that a cycle is never broken.
const PRICES = HILBERT_STATE + 5;
const SMOOTHED = PRICES + 2 * LONGEST_CYCLE;

/** After `phaseStep`: the phase in degrees. */
export const PHASE = SMOOTHED + 2 * LONGEST_CYCLE;
/** Numbers in the state; an indicator may keep its own behind them. */
export const CYCLE_STATE = PHASE + 1;

const DEGREES = 180 / Math.PI;

/** What sums over a whole turn leave of a price that does not move, as a share of it. */
const ROUNDING = 1e-14;

// Sine and cosine of the n-th parts of a turn for n up to the longest cycle, one n after the other.
const TURNS = (LONGEST_CYCLE * (LONGEST_CYCLE + 1)) / 2;
const SINES = new Float64Array(TURNS);
const COSINES = new Float64Array(TURNS);
for (let n = 1; n <= LONGEST_CYCLE; n += 1) {
  for (let i = 0; i < n; i += 1) {
    SINES[turnOf(n) + i] = Math.sin((2 * Math.PI * i) / n);
    COSINES[turnOf(n) + i] = Math.cos((2 * Math.PI * i) / n);
  }
}

function turnOf(n: number): number {
  return (n * (n - 1)) >> 1;
}

/** As an integer, which indexes faster than the double in the state. */
function placeOf(state: Float64Array): number {
  return (state[PLACE] as number) | 0;
}

/** The dominant cycle in whole bars. */
function wholeCycle(state: Float64Array): number {
  return ((state[SMOOTH_PERIOD] as number) + 0.5) | 0;
}

/**
 * Takes one price: Hilbert transform and the memory of the last prices. Call it before the other steps.
 * @param state at least CYCLE_STATE numbers, zeros at the start
 * @returns whether the transform runs yet
 */
export function cycleStep(state: Float64Array, price: number): boolean {
  const before = placeOf(state);
  const place = before === LONGEST_CYCLE - 1 ? 0 : before + 1;
  state[PLACE] = place;
  state[PRICES + place] = price;
  state[PRICES + LONGEST_CYCLE + place] = price;
  const seen = state[SEEN] as number;
  if (seen <= CYCLE_LOOKBACK) state[SEEN] = seen + 1;
  if (!hilbertStep(state, price, HILBERT_WARMUP_LONG)) return false;
  const smoothed = state[SMOOTHED_PRICE] as number;
  state[SMOOTHED + place] = smoothed;
  state[SMOOTHED + LONGEST_CYCLE + place] = smoothed;
  return true;
}

/** Whether there have been enough bars for a value. */
export function cycleIsReady(state: Float64Array): boolean {
  return (state[SEEN] as number) > CYCLE_LOOKBACK;
}

/**
 * The phase, after a `cycleStep` that has returned true. Where the smoothed price has not moved for a
 * whole cycle there is none, and the phase stays as it was.
 */
export function phaseStep(state: Float64Array): number {
  const period = state[SMOOTH_PERIOD] as number;
  const cycle = wholeCycle(state);
  const last = SMOOTHED + LONGEST_CYCLE + placeOf(state);
  const newest = state[last] as number;
  const turn = turnOf(cycle);
  let real = 0;
  let imaginary = 0;
  for (let i = 0; i < cycle; i += 1) {
    const x = state[last - i] as number;
    real += (SINES[turn + i] as number) * x;
    imaginary += (COSINES[turn + i] as number) * x;
  }
  let phase = state[PHASE] as number;
  const noise = ROUNDING * cycle * Math.abs(newest);
  if (cycle > 0 && Math.abs(real) + Math.abs(imaginary) <= noise) return phase;
  if (imaginary !== 0) phase = Math.atan(real / imaginary) * DEGREES;
  else if (real !== 0) phase = real < 0 ? -90 : 90;
  // A quarter turn, and what the weighted average lags: one bar.
  phase += 90 + 360 / period;
  if (imaginary < 0) phase += 180;
  if (phase > 315) phase -= 360;
  // The first bars are shorter than any cycle; their phase is not one to stay with.
  if (cycle > 0) state[PHASE] = phase;
  return phase;
}

/** The trend line, after a `cycleStep` that has returned true: the mean of one cycle, smoothed. */
export function trendlineStep(state: Float64Array): number {
  const cycle = wholeCycle(state);
  const last = PRICES + LONGEST_CYCLE + placeOf(state);
  // Two sums side by side: one addition need not wait for the one before.
  let mean = 0;
  let other = 0;
  let i = 0;
  for (; i + 1 < cycle; i += 2) {
    mean += state[last - i] as number;
    other += state[last - i - 1] as number;
  }
  if (i < cycle) mean += state[last - i] as number;
  mean += other;
  if (cycle > 0) mean /= cycle;
  const one = state[MEAN_1] as number;
  const two = state[MEAN_2] as number;
  const line = (4 * mean + 3 * one + 2 * two + (state[MEAN_3] as number)) / 10;
  state[MEAN_3] = two;
  state[MEAN_2] = one;
  state[MEAN_1] = mean;
  return line;
}

/**
 * The discrete Hilbert transform of Ehlers' cycle measures: a four-bar weighted average of the price,
 * its detrended, in-phase and quadrature parts, and the period of the dominant cycle from the turn of
 * the phasor. One bar is one call of `hilbertStep`; everything it remembers is in one Float64Array.
 *
 * Source: Ehlers, Rocket Science for Traders (2001), chapters 6 and 7; coefficients, clamps and
 * warm-up as in TA-Lib, so that values agree with it from the first.
 */

/** Bars that only warm the weighted average: 12 for MAMA, HT_PHASOR and HT_DCPERIOD (look-back 32). */
export const HILBERT_WARMUP_SHORT = 12;
/** Bars that only warm the weighted average: 37 for the phase and trend measures (look-back 63). */
export const HILBERT_WARMUP_LONG = 37;

/** Bars of price that the phase and the trend line look back at most. */
export const LONGEST_CYCLE = 50;

// Where things are in the state.
const SEEN = 0;
const WEIGHTED_SUM = 1;
const PLAIN_SUM = 2;
const PRICES = 3; // the last four prices, newest first
const SLOT = 7; // 0 to 2: which of the three delays is in use
const ODD = 8; // 1 on every second bar
const EVEN_FILTERS = 9; // four filters of six numbers: three delays, b × input, input, result
const ODD_FILTERS = 33;
const I1_EVEN_2 = 57;
const I1_EVEN_3 = 58;
const I1_ODD_2 = 59;
const I1_ODD_3 = 60;
const I2 = 61;
const Q2 = 62;
const REAL_PART = 63;
const IMAGINARY_PART = 64;
const PERIOD = 65;

/** After a step: the weighted average of the last four prices. */
export const SMOOTHED_PRICE = 66;
/** After a step: the in-phase part. */
export const IN_PHASE = 67;
/** After a step: the quadrature part. */
export const QUADRATURE = 68;
/** After a step: the smoothed period of the dominant cycle, in bars. */
export const SMOOTH_PERIOD = 69;
/** Numbers in the state; an indicator may keep its own behind them. */
export const HILBERT_STATE = 70;

const A = 0.0962;
const B = 0.5769;
const DEGREES = 45 / Math.atan(1);

/** One of the four filters of a bar: `scale × (a·x − a·x[3] − b·x[2] + b·x)` over bars of equal parity. */
function filter(state: Float64Array, at: number, slot: number, scale: number, x: number): number {
  const scaled = A * x;
  let result = -(state[at + slot] as number);
  state[at + slot] = scaled;
  result += scaled;
  result -= state[at + 3] as number;
  const kept = B * (state[at + 4] as number);
  state[at + 3] = kept;
  result += kept;
  state[at + 4] = x;
  return result * scale;
}

/**
 * Takes one price.
 * @param state at least HILBERT_STATE numbers, zeros at the start
 * @param warmup HILBERT_WARMUP_SHORT or HILBERT_WARMUP_LONG
 * @returns whether the transform has run, so that the public places of the state are filled
 */
export function hilbertStep(state: Float64Array, price: number, warmup: number): boolean {
  const seen = state[SEEN] as number;
  const third = state[PRICES + 2] as number;
  let plain = (state[PLAIN_SUM] as number) + price;
  let weighted = state[WEIGHTED_SUM] as number;
  if (seen < 3) {
    weighted += price * (seen + 1);
  } else {
    plain -= state[PRICES + 3] as number;
    weighted += price * 4;
  }
  state[PRICES + 3] = third;
  state[PRICES + 2] = state[PRICES + 1] as number;
  state[PRICES + 1] = state[PRICES] as number;
  state[PRICES] = price;
  state[PLAIN_SUM] = plain;
  state[WEIGHTED_SUM] = seen < 3 ? weighted : weighted - plain;
  if (seen < warmup) {
    state[SEEN] = seen + 1;
    return false;
  }
  const smoothed = weighted * 0.1;
  state[SMOOTHED_PRICE] = smoothed;
  transform(state, smoothed);
  return true;
}

function transform(state: Float64Array, smoothed: number): void {
  const before = state[PERIOD] as number;
  const scale = 0.075 * before + 0.54;
  const slot = state[SLOT] as number;
  const odd = state[ODD] as number;
  // The delays of even and odd bars are apart: a delay of two bars is then one place.
  const filters = odd === 0 ? EVEN_FILTERS : ODD_FILTERS;
  const inPhase = state[odd === 0 ? I1_EVEN_3 : I1_ODD_3] as number;
  const detrender = filter(state, filters, slot, scale, smoothed);
  const quadrature = filter(state, filters + 6, slot, scale, detrender);
  const aheadI = filter(state, filters + 12, slot, scale, inPhase);
  const aheadQ = filter(state, filters + 18, slot, scale, quadrature);
  const i2Before = state[I2] as number;
  const q2Before = state[Q2] as number;
  const q2 = 0.2 * (quadrature + aheadI) + 0.8 * q2Before;
  const i2 = 0.2 * (inPhase - aheadQ) + 0.8 * i2Before;
  if (odd === 0) {
    state[SLOT] = slot === 2 ? 0 : slot + 1;
    state[I1_ODD_3] = state[I1_ODD_2] as number;
    state[I1_ODD_2] = detrender;
  } else {
    state[I1_EVEN_3] = state[I1_EVEN_2] as number;
    state[I1_EVEN_2] = detrender;
  }
  state[ODD] = 1 - odd;
  state[I2] = i2;
  state[Q2] = q2;
  state[IN_PHASE] = inPhase;
  state[QUADRATURE] = quadrature;
  const realPart = 0.2 * (i2 * i2Before + q2 * q2Before) + 0.8 * (state[REAL_PART] as number);
  const imaginary = 0.2 * (i2 * q2Before - q2 * i2Before) + 0.8 * (state[IMAGINARY_PART] as number);
  state[REAL_PART] = realPart;
  state[IMAGINARY_PART] = imaginary;
  let period = before;
  if (imaginary !== 0 && realPart !== 0) {
    period = 360 / (Math.atan(imaginary / realPart) * DEGREES);
  }
  if (period > 1.5 * before) period = 1.5 * before;
  if (period < 0.67 * before) period = 0.67 * before;
  if (period < 6) period = 6;
  else if (period > LONGEST_CYCLE) period = LONGEST_CYCLE;
  period = 0.2 * period + 0.8 * before;
  state[PERIOD] = period;
  state[SMOOTH_PERIOD] = 0.33 * period + 0.67 * (state[SMOOTH_PERIOD] as number);
}

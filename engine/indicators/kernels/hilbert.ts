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

/** Longest dominant cycle in bars. */
export const LONGEST_CYCLE = 50;

// Where things are in the state.
const SEEN = 0;
const WEIGHTED_SUM = 1; // of the last three prices, as the next average needs it
const PLAIN_SUM = 2; // of the last four
const PRICES = 3; // the last four, newest first
const STILL = 7; // bars since the price moved, 0 while it never has
const SLOT = 8; // 0 to 2: which of the three delays is in use
const ODD = 9; // 1 on every second bar
const EVEN_FILTERS = 10; // four filters of five numbers: three delays, b × input before, input
const ODD_FILTERS = 30;
const I1_EVEN_2 = 50;
const I1_EVEN_3 = 51;
const I1_ODD_2 = 52;
const I1_ODD_3 = 53;
const I2 = 54;
const Q2 = 55;
const REAL_PART = 56;
const IMAGINARY_PART = 57;
const PERIOD = 58;

// These are for the callers, after a step that has returned true.
/** The weighted average of the last four prices. */
export const SMOOTHED_PRICE = 59;
/** The in-phase part. */
export const IN_PHASE = 60;
/** The quadrature part. */
export const QUADRATURE = 61;
/** The smoothed period of the dominant cycle, in bars. */
export const SMOOTH_PERIOD = 62;
/** Numbers in the state; an indicator may keep its own behind them. */
export const HILBERT_STATE = 63;

const A = 0.0962;
const B = 0.5769;
const DEGREES = 180 / Math.PI;

// Without movement the phasor fades for ever. Before it runs out of digits it is called zero, and the
// period stays as it is.
const VANISHED = 1e-100;
const VANISHED_SQUARE = 1e-200;

/** One of the four filters of a bar: `scale × (a·x − a·x[3] − b·x[2] + b·x[1])` over bars of equal parity. */
function filter(state: Float64Array, at: number, slot: number, scale: number, x: number): number {
  const scaled = A * x;
  const kept = B * (state[at + 4] as number);
  const result = -(state[at + slot] as number) + scaled - (state[at + 3] as number) + kept;
  state[at + slot] = scaled;
  state[at + 3] = kept;
  state[at + 4] = x;
  return result * scale;
}

// The running sums round as TA-Lib's do: where the phasor is short, its angle magnifies the last digits.
// What they gather is a level, which the transform takes off. They are summed anew where that level
// would matter: when the price stands still for the longest cycle (its own is then zero, not a
// remainder), and when a value leaves that dwarfs the others.
const DWARFS = 1000;

/** Takes one price into the weighted average. @returns the average of the last four prices. */
function smooth(state: Float64Array, at: number, price: number): number {
  const seen = state[at + SEEN] as number;
  const one = state[at + PRICES] as number;
  const two = state[at + PRICES + 1] as number;
  const three = state[at + PRICES + 2] as number;
  const leaving = state[at + PRICES + 3] as number;
  state[at + PRICES + 3] = three;
  state[at + PRICES + 2] = two;
  state[at + PRICES + 1] = one;
  state[at + PRICES] = price;
  let still = state[at + STILL] as number;
  if (price !== one) still = seen === 0 ? 0 : 1;
  else if (still > 0 && still <= LONGEST_CYCLE) still += 1;
  state[at + STILL] = still;
  let plain = (state[at + PLAIN_SUM] as number) + price;
  let weighted = state[at + WEIGHTED_SUM] as number;
  if (seen < 3) {
    weighted += price * (seen + 1);
    state[at + PLAIN_SUM] = plain;
    state[at + WEIGHTED_SUM] = weighted;
    return weighted;
  }
  plain -= leaving;
  weighted += price * 4;
  const stands = still === 0 || still > LONGEST_CYCLE;
  if (stands || Math.abs(leaving) > DWARFS * Math.abs(plain)) {
    plain = price + one + two + three;
    weighted = price * 4 + one * 3 + two * 2 + three;
  }
  state[at + PLAIN_SUM] = plain;
  state[at + WEIGHTED_SUM] = weighted - plain;
  return weighted * 0.1;
}

/**
 * Takes one price.
 * @param state at least HILBERT_STATE numbers from `at` on, zeros at the start
 * @param warmup HILBERT_WARMUP_SHORT or HILBERT_WARMUP_LONG
 * @returns whether the transform has run, so that the public places of the state are filled
 */
export function hilbertStep(state: Float64Array, price: number, warmup: number, at = 0): boolean {
  const smoothed = smooth(state, at, price);
  const seen = state[at + SEEN] as number;
  if (seen < warmup) {
    state[at + SEEN] = seen + 1;
    return false;
  }
  state[at + SMOOTHED_PRICE] = smoothed;
  transform(state, at, smoothed);
  return true;
}

function transform(state: Float64Array, at: number, smoothed: number): void {
  const before = state[at + PERIOD] as number;
  const scale = 0.075 * before + 0.54;
  const slot = (state[at + SLOT] as number) | 0;
  const odd = state[at + ODD] as number;
  // The delays of even and odd bars are apart: a delay of two bars is then one place.
  const filters = at + (odd === 0 ? EVEN_FILTERS : ODD_FILTERS);
  const inPhase = state[at + (odd === 0 ? I1_EVEN_3 : I1_ODD_3)] as number;
  const detrender = filter(state, filters, slot, scale, smoothed);
  const quadrature = filter(state, filters + 5, slot, scale, detrender);
  const aheadI = filter(state, filters + 10, slot, scale, inPhase);
  const aheadQ = filter(state, filters + 15, slot, scale, quadrature);
  const i2Before = state[at + I2] as number;
  const q2Before = state[at + Q2] as number;
  let q2 = 0.2 * (quadrature + aheadI) + 0.8 * q2Before;
  let i2 = 0.2 * (inPhase - aheadQ) + 0.8 * i2Before;
  if (q2 < VANISHED && q2 > -VANISHED && i2 < VANISHED && i2 > -VANISHED) {
    q2 = 0;
    i2 = 0;
  }
  if (odd === 0) {
    state[at + SLOT] = slot === 2 ? 0 : slot + 1;
    state[at + I1_ODD_3] = state[at + I1_ODD_2] as number;
    state[at + I1_ODD_2] = detrender;
  } else {
    state[at + I1_EVEN_3] = state[at + I1_EVEN_2] as number;
    state[at + I1_EVEN_2] = detrender;
  }
  state[at + ODD] = 1 - odd;
  state[at + I2] = i2;
  state[at + Q2] = q2;
  state[at + IN_PHASE] = inPhase;
  state[at + QUADRATURE] = quadrature;
  let realPart = 0.2 * (i2 * i2Before + q2 * q2Before) + 0.8 * (state[at + REAL_PART] as number);
  let imaginary =
    0.2 * (i2 * q2Before - q2 * i2Before) + 0.8 * (state[at + IMAGINARY_PART] as number);
  if (realPart < VANISHED_SQUARE && realPart > -VANISHED_SQUARE) {
    realPart = 0;
    imaginary = 0;
  }
  state[at + REAL_PART] = realPart;
  state[at + IMAGINARY_PART] = imaginary;
  let period = before;
  if (imaginary !== 0 && realPart !== 0) {
    period = 360 / (Math.atan(imaginary / realPart) * DEGREES);
  }
  if (period > 1.5 * before) period = 1.5 * before;
  if (period < 0.67 * before) period = 0.67 * before;
  if (period < 6) period = 6;
  else if (period > LONGEST_CYCLE) period = LONGEST_CYCLE;
  period = 0.2 * period + 0.8 * before;
  state[at + PERIOD] = period;
  state[at + SMOOTH_PERIOD] = 0.33 * period + 0.67 * (state[at + SMOOTH_PERIOD] as number);
}

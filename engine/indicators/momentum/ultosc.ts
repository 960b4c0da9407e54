import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { BARS_A_CALL } from '../kernels/blocks.ts';
import { rebuildEvery, SHRUNK } from '../kernels/running-sums.ts';

function periodsOf(
  parameters: ParameterValues,
): readonly [short: number, middle: number, long: number] {
  const [short = 1, middle = 1, long = 1] = [1, 2, 3]
    .map((k) => numberOf(parameters, `timeperiod${k}`))
    .toSorted((a, b) => a - b);
  return [short, middle, long];
}

/** Weights of the three windows in percent: 4, 2 and 1 of 7. */
const SHORT = 400 / 7;
const MIDDLE = 200 / 7;
const LONG = 100 / 7;

export const ULTOSC: IndicatorDefinition = {
  id: 'ultosc',
  aliases: ['ultimate_oscillator'],
  title: 'Ultimate oscillator',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod1', 'Short', 7, 'Bars of the short window.', FROM_ONE),
    integer('timeperiod2', 'Middle', 14, 'Bars of the middle window.', FROM_ONE),
    integer('timeperiod3', 'Long', 28, 'Bars of the long window.', FROM_ONE),
  ],
  outputs: [line('ultosc', 'UO')],
  pane: 'own',
  levels: [30, 50, 70],
  unstable: false,
  explanation:
    'How high in their ranges the bars close, over three windows of which the shortest weighs most, from 0 to 100. Williams buys after a divergence below 30 and leaves above 70. The windows are put in order of length. A window without any range counts as 0.',
  formula:
    'BP = close − min(low, close[1]); TR = max(high, close[1]) − min(low, close[1]); A(n) = ΣBP / ΣTR over n bars, 0 where ΣTR is 0; UO = 100 × (4 A(short) + 2 A(middle) + A(long)) / 7',
  source: 'Williams, The Ultimate Oscillator, Stocks & Commodities 3 (1985); TA-Lib ULTOSC',
  lookback: (parameters) => periodsOf(parameters)[2],
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const [short, middle, long] = periodsOf(parameters);
    const length = close.length;
    output.fill(Number.NaN, 0, Math.min(long, length));
    if (length <= long) return;
    // A ring of what the windows hold, filled a run ahead.
    const run = rebuildEvery(long);
    const size = 2 ** Math.ceil(Math.log2(run + BARS_A_CALL + long));
    const pressures = new Float64Array(size);
    const ranges = new Float64Array(size);
    // The first bar has no close before it and is in no window.
    let filled = 1;
    for (let from = long; from < length;) {
      const to = Math.min(from + run, length);
      for (; filled < to; filled += BARS_A_CALL) {
        const end = Math.min(filled + BARS_A_CALL, length);
        fillRings(high, low, close, filled, end, pressures, ranges);
      }
      from = oscillatorRun(pressures, ranges, short, middle, long, from, to, output);
    }
  },
  stream(parameters) {
    const [short, middle, long] = periodsOf(parameters);
    // state: [bars seen, last close, place, bars since the rebuild, largest ranges, sums of pressures and
    // of ranges of the three windows, rings]
    const state = new Float64Array(RING + 2 * long);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const seen = state[0] as number;
        const before = state[1] as number;
        state[0] = seen > long ? seen : seen + 1;
        state[1] = close;
        outputs[0] = Number.NaN;
        if (seen === 0) return;
        const place = state[2] as number;
        const floor = low < before ? low : before;
        state[RING + place] = close - floor;
        state[RING + long + place] = (high > before ? high : before) - floor;
        const next = place + 1 === long ? 0 : place + 1;
        state[2] = next;
        if (seen < long) {
          // The first window is summed as a rebuild, like those after it.
          if (seen === long - 1) rebuild(state, short, middle, long, next);
          return;
        }
        outputs[0] = oscillatorStep(state, short, middle, long, place, next);
      },
    };
  },
};

// Where the numbers of the stream stand.
const LARGEST = 4;
const PRESSURES = 7;
const RANGES = 10;
const RING = 13;

/** 4, 2 and 1 sevenths of the three quotients; a window without any range adds 0. */
function oscillator(
  pressure1: number,
  range1: number,
  pressure2: number,
  range2: number,
  pressure3: number,
  range3: number,
): number {
  let value = 0;
  if (range1 > 0) value += SHORT * (pressure1 / range1);
  if (range2 > 0) value += MIDDLE * (pressure2 / range2);
  if (range3 > 0) value += LONG * (pressure3 / range3);
  // Rounding may leave a hair beyond the bounds.
  return value < 0 ? 0 : value > 100 ? 100 : value;
}

/** Buying pressures and true ranges, each at the bar's place in a ring whose length is a power of two. */
function fillRings(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  from: number,
  to: number,
  pressures: Float64Array,
  ranges: Float64Array,
): void {
  const mask = pressures.length - 1;
  let before = close[from - 1] as number;
  for (let i = from; i < to; i += 1) {
    const top = high[i] as number;
    const bottom = low[i] as number;
    const floor = bottom < before ? bottom : before;
    ranges[i & mask] = (top > before ? top : before) - floor;
    before = close[i] as number;
    pressures[i & mask] = before - floor;
  }
}

/**
 * Values from bar `from` on, before `to`. The sums run on as those of running-sums.ts and are built anew alike: a window
 * without range has a sum of exactly 0.
 * @returns the bar of the next rebuild
 */
function oscillatorRun(
  pressures: Float64Array,
  ranges: Float64Array,
  short: number,
  middle: number,
  long: number,
  from: number,
  to: number,
  output: Float64Array,
): number {
  const mask = pressures.length - 1;
  let pressure1 = 0;
  let pressure2 = 0;
  let pressure3 = 0;
  let range1 = 0;
  let range2 = 0;
  let range3 = 0;
  for (let i = from - long + 1; i < from; i += 1) {
    const pressure = pressures[i & mask] as number;
    const range = ranges[i & mask] as number;
    pressure3 += pressure;
    range3 += range;
    if (i > from - middle) {
      pressure2 += pressure;
      range2 += range;
    }
    if (i > from - short) {
      pressure1 += pressure;
      range1 += range;
    }
  }
  let largest1 = range1;
  let largest2 = range2;
  let largest3 = range3;
  for (let i = from; i < to; i += 1) {
    const pressure = pressures[i & mask] as number;
    const range = ranges[i & mask] as number;
    pressure1 += pressure;
    range1 += range;
    pressure2 += pressure;
    range2 += range;
    pressure3 += pressure;
    range3 += range;
    if (range1 > largest1) largest1 = range1;
    if (range2 > largest2) largest2 = range2;
    if (range3 > largest3) largest3 = range3;
    output[i] = oscillator(pressure1, range1, pressure2, range2, pressure3, range3);
    pressure1 -= pressures[(i - short + 1) & mask] as number;
    range1 -= ranges[(i - short + 1) & mask] as number;
    pressure2 -= pressures[(i - middle + 1) & mask] as number;
    range2 -= ranges[(i - middle + 1) & mask] as number;
    pressure3 -= pressures[(i - long + 1) & mask] as number;
    range3 -= ranges[(i - long + 1) & mask] as number;
    const kept =
      range1 * SHRUNK >= largest1 && range2 * SHRUNK >= largest2 && range3 * SHRUNK >= largest3;
    if (!kept) return i + 1;
  }
  return to;
}

function oscillatorStep(
  state: Float64Array,
  short: number,
  middle: number,
  long: number,
  place: number,
  next: number,
): number {
  const pressure = state[RING + place] as number;
  const range = state[RING + long + place] as number;
  for (let k = 0; k < 3; k += 1) {
    const sum = (state[RANGES + k] as number) + range;
    state[PRESSURES + k] = (state[PRESSURES + k] as number) + pressure;
    state[RANGES + k] = sum;
    if (sum > (state[LARGEST + k] as number)) state[LARGEST + k] = sum;
  }
  const value = oscillator(
    state[PRESSURES] as number,
    state[RANGES] as number,
    state[PRESSURES + 1] as number,
    state[RANGES + 1] as number,
    state[PRESSURES + 2] as number,
    state[RANGES + 2] as number,
  );
  let kept = true;
  for (let k = 0; k < 3; k += 1) {
    const period = k === 0 ? short : k === 1 ? middle : long;
    const back = place - period + 1;
    const oldest = RING + (back < 0 ? back + long : back);
    const sum = (state[RANGES + k] as number) - (state[oldest + long] as number);
    state[PRESSURES + k] = (state[PRESSURES + k] as number) - (state[oldest] as number);
    state[RANGES + k] = sum;
    if (!(sum * SHRUNK >= (state[LARGEST + k] as number))) kept = false;
  }
  state[3] = (state[3] as number) + 1;
  if (!kept || state[3] === rebuildEvery(long)) rebuild(state, short, middle, long, next);
  return value;
}

/** Sums the windows as they are without their oldest bars; that of the longest is at `next`. */
function rebuild(
  state: Float64Array,
  short: number,
  middle: number,
  long: number,
  next: number,
): void {
  state.fill(0, 3, RING);
  for (let age = long - 2, j = next; age >= 0; age -= 1) {
    j = j + 1 === long ? 0 : j + 1;
    const pressure = state[RING + j] as number;
    const range = state[RING + long + j] as number;
    for (let k = age < short - 1 ? 0 : age < middle - 1 ? 1 : 2; k < 3; k += 1) {
      state[PRESSURES + k] = (state[PRESSURES + k] as number) + pressure;
      state[RANGES + k] = (state[RANGES + k] as number) + range;
    }
  }
  for (let k = 0; k < 3; k += 1) state[LARGEST + k] = state[RANGES + k] as number;
}

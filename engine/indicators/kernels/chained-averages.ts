import { EMA_LENGTH, emaStep } from './averages.ts';

/**
 * Averages made of exponential averages of each other (DEMA, TEMA, T3), in the manner of averages.ts:
 * each average in the chain is seeded with the mean of the first `period` values of the one before it.
 */

/** Runs the averages of a chain one value on. @returns the last one, NaN while any has no value yet. */
function chainStep(
  state: Float64Array,
  at: number,
  period: number,
  links: number,
  x: number,
): number {
  let value = x;
  for (let link = 0; link < links; link += 1) {
    value = emaStep(state, at + link * EMA_LENGTH, period, value);
    if (Number.isNaN(value)) return value;
  }
  return value;
}

/** Runs a chain through its lead-in. @returns its state at the bar of the first value. */
function leadIn(
  input: Float64Array,
  period: number,
  links: number,
  start: number,
  output: Float64Array,
): Float64Array {
  const first = start + links * (period - 1);
  const end = Math.min(first, input.length - 1);
  output.fill(Number.NaN, 0, Math.min(first, input.length));
  const state = new Float64Array(links * EMA_LENGTH);
  for (let i = start; i <= end; i += 1) chainStep(state, 0, period, links, input[i] as number);
  return state;
}

/** Double exponential average: twice the average less the average of it, which takes the lag out. */
export function demaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const state = leadIn(input, period, 2, start, output);
  const first = start + 2 * (period - 1);
  if (first >= length) return;
  const weight = 2 / (period + 1);
  let one = state[1] as number;
  let two = state[3] as number;
  output[first] = 2 * one - two;
  for (let i = first + 1; i < length; i += 1) {
    one = ((input[i] as number) - one) * weight + one;
    two = (one - two) * weight + two;
    output[i] = 2 * one - two;
  }
}

export const DEMA_LENGTH = 2 * EMA_LENGTH;

export function demaStep(state: Float64Array, at: number, period: number, x: number): number {
  const two = chainStep(state, at, period, 2, x);
  return 2 * (state[at + 1] as number) - two;
}

/** Triple exponential average. */
export function temaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const state = leadIn(input, period, 3, start, output);
  const first = start + 3 * (period - 1);
  if (first >= length) return;
  const weight = 2 / (period + 1);
  let one = state[1] as number;
  let two = state[3] as number;
  let three = state[5] as number;
  output[first] = 3 * one - 3 * two + three;
  for (let i = first + 1; i < length; i += 1) {
    one = ((input[i] as number) - one) * weight + one;
    two = (one - two) * weight + two;
    three = (two - three) * weight + three;
    output[i] = 3 * one - 3 * two + three;
  }
}

export const TEMA_LENGTH = 3 * EMA_LENGTH;

export function temaStep(state: Float64Array, at: number, period: number, x: number): number {
  const three = chainStep(state, at, period, 3, x);
  return 3 * (state[at + 1] as number) - 3 * (state[at + 3] as number) + three;
}

/** Tillson's T3: three of his generalised double averages in a row, `volume` from 0 (plain) to 1 (DEMA). */
export function t3Column(
  input: Float64Array,
  period: number,
  volume: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const state = leadIn(input, period, 6, start, output);
  const first = start + 6 * (period - 1);
  if (first >= length) return;
  const weight = 2 / (period + 1);
  const square = volume * volume;
  const cube = square * volume;
  const c6 = -cube;
  const c5 = 3 * (square + cube);
  const c4 = -6 * square - 3 * (volume + cube);
  const c3 = 1 + 3 * volume + cube + 3 * square;
  let one = state[1] as number;
  let two = state[3] as number;
  let three = state[5] as number;
  let four = state[7] as number;
  let five = state[9] as number;
  let six = state[11] as number;
  output[first] = c6 * six + c5 * five + c4 * four + c3 * three;
  for (let i = first + 1; i < length; i += 1) {
    one = ((input[i] as number) - one) * weight + one;
    two = (one - two) * weight + two;
    three = (two - three) * weight + three;
    four = (three - four) * weight + four;
    five = (four - five) * weight + five;
    six = (five - six) * weight + six;
    output[i] = c6 * six + c5 * five + c4 * four + c3 * three;
  }
}

export const T3_LENGTH = 6 * EMA_LENGTH;

export function t3Step(
  state: Float64Array,
  at: number,
  period: number,
  volume: number,
  x: number,
): number {
  const six = chainStep(state, at, period, 6, x);
  const square = volume * volume;
  const cube = square * volume;
  return (
    -cube * six +
    3 * (square + cube) * (state[at + 9] as number) +
    (-6 * square - 3 * (volume + cube)) * (state[at + 7] as number) +
    (1 + 3 * volume + cube + 3 * square) * (state[at + 5] as number)
  );
}

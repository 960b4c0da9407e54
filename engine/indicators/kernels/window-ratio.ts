import { barsACall } from './blocks.ts';

/**
 * The quotient of two sums over the last `period` bars, by blocks: a sum of zeros is exactly zero, so that
 * "no denominator" is not a question of rounding.
 */

/**
 * Writes the quotient times `scale` for each window, NaN before the first whole one.
 * @param over values of the upper sum
 * @param under values of the lower sum
 * @param least a lower sum that is not above this is no denominator
 * @param none what is written then
 * @param output another array than the inputs
 */
export function ratioColumn(
  over: Float64Array,
  under: Float64Array,
  period: number,
  scale: number,
  least: number,
  none: number,
  output: Float64Array,
): void {
  const length = over.length;
  const first = period - 1;
  output.fill(Number.NaN, 0, Math.min(first, length));
  if (first >= length) return;
  // Sums from bar j of the block before to its end.
  const overTails = new Float64Array(period + 1);
  const underTails = new Float64Array(period + 1);
  let upper = 0;
  let lower = 0;
  for (let i = 0; i < period; i += 1) {
    upper += over[i] as number;
    lower += under[i] as number;
  }
  output[first] = lower > least ? scale * (upper / lower) : none;
  sumTails(over, under, 0, period, overTails, underTails);
  const bars = barsACall(period);
  for (let from = period; from < length; from += bars) {
    const to = Math.min(from + bars, length);
    ratioBlocks(over, under, from, to, period, scale, least, none, overTails, underTails, output);
  }
}

function ratioBlocks(
  over: Float64Array,
  under: Float64Array,
  from: number,
  to: number,
  period: number,
  scale: number,
  least: number,
  none: number,
  overTails: Float64Array,
  underTails: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < to; block += period) {
    const end = Math.min(block + period, to);
    let upper = 0;
    let lower = 0;
    for (let i = block, j = 1; i < end; i += 1, j += 1) {
      upper += over[i] as number;
      lower += under[i] as number;
      const sum = lower + (underTails[j] as number);
      output[i] = scale * ((upper + (overTails[j] as number)) / sum);
      // Apart, because a choice between the two would be kept as an object.
      if (!(sum > least)) output[i] = none;
    }
    if (end === block + period) sumTails(over, under, block, period, overTails, underTails);
  }
}

/** The last element of the tails stays 0: nothing follows a whole block. */
function sumTails(
  over: Float64Array,
  under: Float64Array,
  block: number,
  period: number,
  overTails: Float64Array,
  underTails: Float64Array,
): void {
  let upper = 0;
  let lower = 0;
  for (let j = period - 1; j > 0; j -= 1) {
    upper += over[block + j] as number;
    overTails[j] = upper;
    lower += under[block + j] as number;
    underTails[j] = lower;
  }
}

/** Numbers that `ratioStep` needs, zeros at the start: [place, whole block seen, both sums, two rings]. */
export function ratioState(period: number): number {
  return 2 * period + 4;
}

/** Takes one bar; a running `ratioColumn`. @returns NaN before there are `period` bars */
export function ratioStep(
  state: Float64Array,
  at: number,
  period: number,
  scale: number,
  least: number,
  none: number,
  over: number,
  under: number,
): number {
  const place = state[at] as number;
  const overs = at + 4;
  const unders = overs + period;
  let upper = (state[at + 2] as number) + over;
  let lower = (state[at + 3] as number) + under;
  // Up to the place the rings hold this block's values, behind it the tails of the block before.
  state[overs + place] = over;
  state[unders + place] = under;
  if (place === period - 1) {
    let upperTail = 0;
    let lowerTail = 0;
    for (let j = period - 1; j > 0; j -= 1) {
      upperTail += state[overs + j] as number;
      state[overs + j] = upperTail;
      lowerTail += state[unders + j] as number;
      state[unders + j] = lowerTail;
    }
    state[at] = 0;
    state[at + 1] = 1;
    state[at + 2] = 0;
    state[at + 3] = 0;
  } else {
    state[at] = place + 1;
    state[at + 2] = upper;
    state[at + 3] = lower;
    if (state[at + 1] === 0) return Number.NaN;
    upper += state[overs + place + 1] as number;
    lower += state[unders + place + 1] as number;
  }
  return lower > least ? scale * (upper / lower) : none;
}

/**
 * The quotient of two sums over the last `period` bars, with nothing ever taken away from the sums: they
 * neither drift nor keep a remainder of large values that have left, and a sum of zeros is exactly zero.
 * Time is cut into blocks of `period` bars; a window is the end of one block and the beginning of the
 * next, each summed from the cut outwards.
 *
 * The column and the stream do the same operations in the same order.
 */

/**
 * Adds the quotient to each element of `output`, from the first whole window on.
 * @param over values of the upper sum
 * @param under values of the lower sum
 * @param least a lower sum that is not above this is no denominator
 * @param none what is added then
 */
export function addRatioColumn(
  over: Float64Array,
  under: Float64Array,
  period: number,
  scale: number,
  least: number,
  none: number,
  output: Float64Array,
): void {
  const length = over.length;
  // Sums from bar j of the block before to its end.
  const overTails = new Float64Array(period + 1);
  const underTails = new Float64Array(period + 1);
  for (let block = 0; block < length; block += period) {
    const end = block + period;
    const to = end < length ? end : length;
    let upper = 0;
    let lower = 0;
    for (let i = block, j = 1; i < to; i += 1, j += 1) {
      upper += over[i] as number;
      lower += under[i] as number;
      if (i < period - 1) continue;
      const sum = lower + (underTails[j] as number);
      const ratio = (upper + (overTails[j] as number)) / sum;
      output[i] = (output[i] as number) + (sum > least ? scale * ratio : none);
    }
    if (end > length) return;
    upper = 0;
    lower = 0;
    for (let i = end - 1, j = period - 1; j > 0; i -= 1, j -= 1) {
      upper += over[i] as number;
      overTails[j] = upper;
      lower += under[i] as number;
      underTails[j] = lower;
    }
  }
}

/** Numbers that `ratioStep` needs, zeros at the start: [place, whole block seen, both sums, two rings]. */
export function ratioState(period: number): number {
  return 2 * period + 4;
}

/** Takes one bar; what `addRatioColumn` adds. @returns NaN before there are `period` bars */
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

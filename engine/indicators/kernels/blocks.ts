/**
 * Sliding windows without subtraction. Time is cut into blocks of `period` bars. A window is the end of
 * one block, summed (or compared) once a block backwards from the cut, and the start of the next, summed
 * as it comes in. Nothing is ever taken away again: nothing drifts, a huge value leaves no trace once it
 * has left the window, and a sum of zeros is exactly zero. The work a bar does not depend on the period.
 * (Van Herk 1992 and Gil and Werman 1993, for extremes.)
 *
 * The kernels made so have two forms with the same operations in the same order: one over a column and a
 * step bar by bar, whose numbers stand in a part of a larger state, zeros at the start.
 *
 * Whole blocks are worked off by a function that is called every few hundred bars. One loop over a whole
 * column would be compiled while it runs, and such code is several times slower than that of a function
 * which has been called often.
 */

/** Bars that a kernel works off in one call where there are no blocks. */
export const BARS_A_CALL = 512;

/** Bars of whole blocks to work off in one call. */
export function barsACall(period: number): number {
  // As an integer, so that the bars are counted in integers.
  const blocks = (BARS_A_CALL / period) | 0;
  return blocks === 0 ? period : blocks * period;
}

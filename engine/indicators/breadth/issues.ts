import { RenataError } from '../../domain/errors.ts';
import { HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

/** How many of a set of instruments do what, bar by bar. */
export interface IssueCounts {
  readonly advancing: Float64Array;
  readonly declining: Float64Array;
  readonly unchanged: Float64Array;
  readonly newHighs: Float64Array;
  readonly newLows: Float64Array;
}

/**
 * Counts issues over a set of instruments, to make series of market breadth from stored bars.
 *
 * A close is compared with the instrument's last one before it, however many bars ago that was; a bar on
 * which the instrument has no close (NaN) counts nothing for it, nor does its first close. A new high is
 * a close above all of the instrument's last `period` closes before it, so an instrument takes part in
 * highs and lows once it has had that many.
 * @param closes one column for each instrument, aligned to the same bars, NaN where it has no bar
 * @param period closes that a new high has to be above, 252 for a year of days
 * @throws RenataError BAD_INPUT for columns of unequal length or a period that is not a whole number from 1.
 */
export function countIssues(closes: readonly Float64Array[], period = 252): IssueCounts {
  const length = closes[0]?.length ?? 0;
  if (closes.some((column) => column.length !== length)) {
    throw new RenataError('BAD_INPUT', 'Breadth needs close columns of equal length.');
  }
  if (!(Number.isInteger(period) && period >= 1)) {
    throw new RenataError('BAD_INPUT', `Breadth: period ${period} must be a whole number from 1.`, {
      details: { parameter: 'period' },
    });
  }
  const counts = {
    advancing: new Float64Array(length),
    declining: new Float64Array(length),
    unchanged: new Float64Array(length),
    newHighs: new Float64Array(length),
    newLows: new Float64Array(length),
  };
  const scratch = {
    values: new Float64Array(length),
    bars: new Int32Array(length),
    highest: new Float64Array(length),
    lowest: new Float64Array(length),
  };
  for (const column of closes) countOne(column, period, counts, scratch);
  return counts;
}

interface Scratch {
  readonly values: Float64Array;
  readonly bars: Int32Array;
  readonly highest: Float64Array;
  readonly lowest: Float64Array;
}

function countOne(
  column: Float64Array,
  period: number,
  counts: IssueCounts,
  scratch: Scratch,
): void {
  const { values, bars } = scratch;
  let known = 0;
  for (let i = 0; i < column.length; i += 1) {
    const x = column[i] as number;
    if (x - x !== 0) continue;
    values[known] = x;
    bars[known] = i;
    known += 1;
  }
  const closes = values.subarray(0, known);
  const highest = scratch.highest.subarray(0, known);
  const lowest = scratch.lowest.subarray(0, known);
  slidingExtreme(closes, period, HIGHEST, highest);
  slidingExtreme(closes, period, LOWEST, lowest);
  for (let k = 1; k < known; k += 1) {
    const x = closes[k] as number;
    const before = closes[k - 1] as number;
    const bar = bars[k] as number;
    addOne(x > before ? counts.advancing : x < before ? counts.declining : counts.unchanged, bar);
    // Before there are enough closes the extremes are NaN and nothing is above or below them.
    if (x > (highest[k - 1] as number)) addOne(counts.newHighs, bar);
    if (x < (lowest[k - 1] as number)) addOne(counts.newLows, bar);
  }
}

function addOne(column: Float64Array, bar: number): void {
  column[bar] = (column[bar] as number) + 1;
}

import type { AdaptiveSearch } from './adaptive.ts';
import type { SweepHooks, SweepRunner } from './run.ts';
import type { Objective, SweepTable } from './table.ts';

/**
 * Runs an adaptive search on one thread until `most` combinations are in the table. A table that holds
 * the rows of a killed run of the same search is gone on with, to the same end as without the kill.
 * @param search one that was not asked yet
 * @returns true when it is done: `most` rows, or nothing left to try; false when it was stopped or the
 *   table is full
 * @throws RenataError what `SweepRunner.run` throws
 */
export function runSearch(
  runner: SweepRunner,
  search: AdaptiveSearch,
  objective: Objective,
  table: SweepTable,
  most: number,
  hooks: SweepHooks = {},
): boolean {
  const number = table.columnOf('combination');
  const known = new Map<number, number>();
  for (let row = 0; row < table.length; row += 1) {
    known.set(table.get(row, number), objective.of(table, row));
  }
  let batch = search.resume(known);
  while (batch.length > 0 && table.length < most) {
    const before = table.length;
    const wanted = batch.subarray(0, most - before);
    const done = runner.runList(wanted, table, {
      isCancelled: () => hooks.isCancelled?.() === true,
      onProgress: (part) => hooks.onProgress?.(before + part, most),
    });
    for (let row = before; row < table.length; row += 1) {
      search.tell(table.get(row, number), objective.of(table, row));
    }
    if (done < wanted.length) return false;
    if (wanted.length < batch.length) return true;
    batch = search.next();
  }
  return true;
}

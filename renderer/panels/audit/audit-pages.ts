/**
 * Number of the last entry, found by asking whether there are entries from a number on: doubled until there
 * is none, then halved. A million entries take 40 short questions.
 */
export async function findLast(hasFrom: (sequence: number) => Promise<boolean>): Promise<number> {
  if (!(await hasFrom(1))) return 0;
  let there = 1;
  let step = 1;
  while (await hasFrom(there + step)) {
    there += step;
    step *= 2;
  }
  // It lies from `there` on, below `there + step`.
  let above = there + step;
  while (above - there > 1) {
    const middle = Math.floor((there + above) / 2);
    if (await hasFrom(middle)) there = middle;
    else above = middle;
  }
  return there;
}

/** Entries that rows of a list with the newest first stand for. */
export function pageFrom(
  last: number,
  startRow: number,
  endRow: number,
): { readonly from: number; readonly limit: number } {
  const highest = Math.max(1, last - startRow);
  const lowest = Math.max(1, last - endRow + 1);
  return { from: lowest, limit: highest - lowest + 1 };
}

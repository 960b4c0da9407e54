/**
 * The shortest of some runs, in ms: what the work takes, without what else the machine was busy with.
 * Ends with the first run that is within the limit.
 */
export async function shortest(limit: number, work: () => unknown, most = 5): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < most && best >= limit; run += 1) {
    const before = performance.now();
    await work();
    best = Math.min(best, performance.now() - before);
  }
  return best;
}

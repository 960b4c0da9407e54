import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Step of the delay histogram, which counts towards each of its samples. */
const RESOLUTION_MS = 5;

export interface Freedom {
  /** Milliseconds by which 99 of 100 timers of this thread were late at most. */
  readonly late: number;
  /** The part of the time in which this thread itself was at work. */
  readonly busy: number;
  /** How many timers were looked at. */
  readonly count: number;
}

/**
 * How free this thread is while others work. What other programs take of the processor only ever adds to the
 * delay: the best of some runs counts, and ends them once it is within the limit.
 */
export async function freedom(
  limit: number,
  work: () => Promise<unknown>,
  most = 5,
): Promise<Freedom> {
  let best: Freedom = { late: Number.POSITIVE_INFINITY, busy: 1, count: 0 };
  for (let run = 0; run < most && !(best.late < limit); run += 1) {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    const before = { cpu: process.threadCpuUsage(), time: performance.now() };
    delay.enable();
    await work();
    delay.disable();
    const { user, system } = process.threadCpuUsage(before.cpu);
    const late = delay.percentile(99) / 1e6 - RESOLUTION_MS;
    const busy = (user + system) / 1000 / (performance.now() - before.time);
    if (late < best.late) best = { late, busy, count: delay.count };
  }
  return best;
}

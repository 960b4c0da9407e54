import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { EventPayload } from '../../engine/protocol/contract.ts';

/** Sampling step of the delay histogram, ms. It counts towards every sample and is taken off again. */
const RESOLUTION_MS = 10;
const INTERVAL_MS = 2_000;

/** Tells every two seconds how the process is. Returns the function that ends it. */
export function watchHealth(
  activeJobs: () => number,
  tell: (health: EventPayload<'app.health'>) => void,
): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const timer = setInterval(() => {
    const p99 = delay.percentile(99) / 1e6 - RESOLUTION_MS;
    delay.reset();
    tell({
      eventLoopDelayP99: Number.isFinite(p99) ? Math.max(0, p99) : 0,
      memoryBytes: process.memoryUsage.rss(),
      activeJobs: activeJobs(),
    });
  }, INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}

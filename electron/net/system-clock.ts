import { unixMillis } from '../../engine/domain/time.ts';
import type { Clock } from '../../engine/ports/clock.ts';

/** The clock of the machine. Timers of it do not keep the process alive. */
export const systemClock: Clock = {
  now: () => unixMillis(Date.now()),
  elapsed: () => performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

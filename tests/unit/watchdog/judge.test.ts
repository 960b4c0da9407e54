import { describe, expect, it } from 'vitest';
import { Judge, TICK } from '../../../electron/watchdog/judge.ts';

/** Both clocks, moved by the test; looks come every half a second while the process runs. */
class Bench {
  elapsed = 0;
  wall = 1_700_000_000_000;
  readonly judge = new Judge(this.now());

  now(): { elapsed: number; wall: number } {
    return { elapsed: this.elapsed, wall: this.wall };
  }

  /** Runs for so long. @returns seconds until it acted; null when it did not */
  run(seconds: number): number | null {
    for (let spent = TICK; spent <= seconds * 1000; spent += TICK) {
      this.elapsed += TICK;
      this.wall += TICK;
      if (this.judge.tick(this.now())) return spent / 1000;
    }
    return null;
  }

  /** Nothing runs, and the clocks go on as this system's do. */
  sleep(seconds: number, elapsedToo: boolean): void {
    this.wall += seconds * 1000;
    if (elapsedToo) this.elapsed += seconds * 1000;
  }
}

function armed(): Bench {
  const bench = new Bench();
  bench.judge.arm(15_000, bench.now());
  bench.judge.beat(true);
  return bench;
}

describe('the judge of silence', () => {
  it('acts once, when the limit is over, and not while it hears beats', () => {
    const bench = armed();
    for (let i = 0; i < 100; i += 1) {
      expect(bench.run(14)).toBeNull();
      bench.judge.beat(true);
    }
    expect(bench.run(60)).toBe(15);
    expect(bench.judge.tripped).toBe(true);
    expect(bench.run(60)).toBeNull();
    expect(bench.judge.died()).toBe(false);
  });

  it('acts at once when the main process has died', () => {
    expect(armed().judge.died()).toBe(true);
  });

  it('has nothing to do where no order works, or nothing is watched', () => {
    const calm = armed();
    calm.judge.beat(false);
    expect(calm.run(60)).toBeNull();
    expect(calm.judge.died()).toBe(false);
    const bench = new Bench();
    bench.judge.beat(true);
    expect(bench.run(60)).toBeNull();
    bench.judge.arm(null, bench.now());
    bench.judge.beat(true);
    expect(bench.run(60)).toBeNull();
    expect(bench.judge.died()).toBe(false);
  });

  it.each([
    ['that stops the steady clock', false],
    ['over which the steady clock goes on', true],
  ])('takes a sleep %s for no silence, and waits a while after it', (_name, elapsedToo) => {
    const bench = armed();
    bench.run(10);
    bench.sleep(8 * 3600, elapsedToo);
    // 10.5 s are counted: 4.5 are left, and 15 s of grace. The look that follows the sleep is the first.
    expect(bench.run(60)).toBe(20);
  });

  it('takes a main process that does not come back after a sleep for one that hangs', () => {
    const bench = armed();
    for (let night = 0; night < 3; night += 1) {
      bench.sleep(3600, true);
      expect(bench.run(4)).toBeNull();
      bench.judge.beat(true);
    }
    bench.sleep(3600, true);
    expect(bench.run(120)).not.toBeNull();
  });

  it('is not put off for ever by naps, nor by a clock that is set back', () => {
    const bench = armed();
    let acted: number | null = null;
    for (let nap = 0; nap < 60 && acted === null; nap += 1) {
      bench.sleep(5, true);
      acted = bench.run(2);
    }
    expect(acted).not.toBeNull();
    const other = armed();
    other.run(10);
    other.wall -= 86_400_000;
    expect(other.run(60)).toBe(5);
  });

  it('watches anew once it is armed again', () => {
    const bench = armed();
    expect(bench.run(60)).toBe(15);
    bench.judge.arm(5000, bench.now());
    expect(bench.judge.tripped).toBe(false);
    expect(bench.run(60)).toBe(5);
  });
});

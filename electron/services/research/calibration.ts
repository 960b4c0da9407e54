import { RenataError } from '../../../engine/domain/errors.ts';
import { rowBytes } from '../../../engine/sweep/table.ts';
import type { SweepPlan, SweepSubject } from '../../../engine/protocol/research-tasks.ts';
import type { ComputePool } from '../compute.ts';
import { cutRun } from './subject.ts';

/** Work that is shorter than this is not worth measuring, seconds. */
const LEAST_SECONDS = 0.1;
/** What a look at a few combinations should take to be believed, and all looks together at most, ms. */
const ENOUGH_MS = 20;
const MOST_MS = 300;
const SLOW_MS = 1_500;
/** Looks that are long enough, and all looks. */
const ENOUGH_LOOKS = 5;
const MOST_LOOKS = 9;
const MOST_BARS = 20_000;
const MOST_ROWS = 1_024;
/** Places of a grid that are looked at, each with those that follow it. */
const SPOTS = 8;
/** Results that are remembered. */
const KEPT = 32;

/** Knows what a bar of a combination takes, from running a few of them. */
export interface Calibration {
  /** What was found before; undefined where nothing was looked at. */
  known(key: string): { readonly nanoseconds: number | undefined } | undefined;
  /**
   * Looks, and remembers what it finds.
   * @param key equal work has the same
   * @returns nanoseconds; undefined where the usual ones do, or where the strategy fails
   * @throws RenataError CANCELLED once the signal is aborted
   */
  measure(
    key: string,
    subject: SweepSubject,
    plan: SweepPlan,
    signal?: AbortSignal,
  ): Promise<number | undefined>;
}

/** @param now milliseconds of a clock that only goes forward */
export function createCalibration(
  compute: Pick<ComputePool, 'run'>,
  now: () => number = () => performance.now(),
): Calibration {
  const kept = new Map<string, { readonly nanoseconds: number | undefined }>();
  return {
    known: (key) => kept.get(key),
    async measure(key, subject, plan, signal) {
      const wanted = plan.path !== 'together' && plan.seconds - plan.reviewSeconds >= LEAST_SECONDS;
      const found = wanted
        ? await look({ compute, now }, sampleOf(subject), plan, signal)
        : undefined;
      kept.set(key, { nanoseconds: found });
      for (const [oldest] of kept) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
      return found;
    },
  };
}

interface Place {
  readonly compute: Pick<ComputePool, 'run'>;
  readonly now: () => number;
}

/** The last bars of a long series: their cost for a bar is that of all. */
function sampleOf(subject: SweepSubject): SweepSubject {
  const count = subject.base.bars.time.length;
  if (count <= MOST_BARS) return subject;
  return { ...cutRun(subject, count - MOST_BARS, count), key: `${subject.key}/sample` };
}

/**
 * Looks at more and more combinations until a look takes long enough. The first ones run on code that is
 * not compiled yet, and other programs take their share, so the quickest look is the one that counts.
 */
async function look(
  place: Place,
  subject: SweepSubject,
  plan: SweepPlan,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let least = Infinity;
  let spent = 0;
  let enough = 0;
  let count = 1;
  // A slow strategy gets a second look: the first one has started its thread's sandbox, too.
  const goesOn = (k: number): boolean => spent < MOST_MS || (k < 3 && spent < SLOW_MS);
  for (let k = 0; k < MOST_LOOKS && goesOn(k); k += 1) {
    const list = placesOf(plan.size, count, k);
    try {
      const { ms, rows, failed } = await timed(place, subject, list, plan, signal);
      if (failed) break;
      spent += ms;
      // Places that the constraints refuse cost nothing: look at more of them.
      if (rows === 0) {
        count = Math.min(MOST_ROWS, count * SPOTS);
        continue;
      }
      least = Math.min(least, ms / rows);
      if (k > 0 && ms >= ENOUGH_MS) enough += 1;
      if (enough === ENOUGH_LOOKS) break;
      count = Math.min(MOST_ROWS, Math.ceil((1.5 * ENOUGH_MS * list.length) / rows / least));
    } catch (error) {
      // What fails here fails in the work itself, which says where.
      if (error instanceof RenataError && error.code === 'CANCELLED') throw error;
      break;
    }
  }
  return least < Infinity ? (least * 1e6) / subject.base.bars.time.length : undefined;
}

/** Numbers of combinations, in runs that begin evenly spread over the grid. */
function placesOf(size: number, count: number, look: number): Float64Array {
  const wanted = Math.min(size, count);
  const spots = Math.min(SPOTS, wanted);
  const places = new Set<number>();
  for (let spot = 0; spot < spots; spot += 1) {
    const begin = Math.floor(((spot + 0.5 + look / (2 * MOST_LOOKS)) * size) / spots);
    const length = Math.ceil((wanted - spot) / spots);
    for (let k = 0; k < length; k += 1) places.add((begin + k) % size);
  }
  return Float64Array.from(places);
}

/** Runs combinations on one thread, timed from where it begins and not from where it waits for its turn. */
async function timed(
  { compute, now }: Place,
  subject: SweepSubject,
  list: Float64Array,
  { dimensions }: SweepPlan,
  signal: AbortSignal | undefined,
): Promise<{ readonly ms: number; readonly rows: number; readonly failed: boolean }> {
  const tableBytes = MOST_ROWS * rowBytes(dimensions.length);
  let begun = now();
  let told = false;
  const { chunk, failure } = await compute.run(
    'sweepSlice',
    { subject, list, from: 0, to: list.length, tableBytes },
    {
      ...(signal === undefined ? {} : { signal }),
      onProgress() {
        if (!told) begun = now();
        told = true;
      },
    },
  );
  return { ms: now() - begun, rows: chunk.rows, failed: failure !== null };
}

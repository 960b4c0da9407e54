import { RenataError, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { SliceOutput } from '../../../engine/protocol/research-tasks.ts';

/** How the places of a search are cut, so that the results on their way stay within a number of bytes. */
export interface SlicePlan {
  /** Slices that are computed at the same time. */
  readonly lanes: number;
  /** Places of a slice. */
  readonly places: number;
  /** Bytes of the table of one slice. */
  readonly tableBytes: number;
  /** Slices that may be under way or wait to be stored. */
  readonly ahead: number;
  /** Bytes for indicator columns on each thread. */
  readonly cacheBytes: number;
}

/** Rows of a block of a table, the least that it takes. */
const BLOCK_ROWS = 1_024;
const MOST_CACHE = 64 * 1024 * 1024;

/**
 * Half of the memory is for results on their way: a table for each slice under way, and as many for those
 * that wait for an earlier one. A quarter is for what threads keep; the rest is left for what is told.
 * @throws RenataError BAD_INPUT when not even one block fits
 */
export function planSlices(options: {
  readonly memoryBytes: number;
  readonly threads: number;
  readonly columns: number;
  /** Places that suit the work. */
  readonly places: number;
}): SlicePlan {
  const { memoryBytes, threads, columns, places } = options;
  const rowBytes = columns * Float64Array.BYTES_PER_ELEMENT;
  const blocks = Math.floor(memoryBytes / 2 / (BLOCK_ROWS * rowBytes));
  if (blocks < 4) {
    throw new RenataError(
      'BAD_INPUT',
      `memory: ${memoryBytes} bytes are too few for results of ${columns} columns; allow at least ${8 * BLOCK_ROWS * rowBytes}.`,
      { details: { parameter: 'memory' } },
    );
  }
  // A table is held twice for a moment: as it was filled, and as columns that are sent and stored.
  const lanes = Math.max(1, Math.min(threads, Math.floor(blocks / 4)));
  const ahead = 2 * lanes;
  const most = Math.max(1, Math.floor(blocks / (2 * ahead)));
  const wanted = Math.ceil(places / BLOCK_ROWS);
  const blocksOfSlice = Math.min(most, wanted);
  return {
    lanes,
    places: Math.min(places, blocksOfSlice * BLOCK_ROWS),
    tableBytes: blocksOfSlice * BLOCK_ROWS * rowBytes,
    ahead,
    cacheBytes: Math.min(MOST_CACHE, Math.floor(memoryBytes / 4 / lanes)),
  };
}

export interface SliceWork {
  readonly from: number;
  readonly to: number;
  readonly plan: Pick<SlicePlan, 'lanes' | 'places' | 'ahead'>;
  readonly signal: AbortSignal;
  run(from: number, to: number, signal: AbortSignal): Promise<SliceOutput>;
  /** Takes results in the order of their places. @returns false to end the work there */
  store(from: number, output: SliceOutput): Promise<boolean>;
}

/** Where the work ended, and what a strategy threw there. */
export interface SliceEnd {
  readonly next: number;
  readonly failure: ErrorPayload | null;
}

/**
 * Runs slices side by side, each lane taking the next one as soon as it is free, and hands the results on
 * in the order of their places. A slice that ended early is the last one; what came after it is dropped.
 * @throws RenataError CANCELLED once the signal is aborted, what `run` and `store` throw
 */
export async function runSlices(work: SliceWork): Promise<SliceEnd> {
  const { from, to, plan } = work;
  const own = new AbortController();
  const stop = (): void => own.abort();
  work.signal.addEventListener('abort', stop, { once: true });
  if (work.signal.aborted) stop();
  const ready = new Map<number, { readonly to: number; readonly output: SliceOutput }>();
  let given = from;
  let stored = from;
  let failure: ErrorPayload | null = null;
  let ended = from >= to;
  let underWay = 0;
  let storing: Promise<void> = Promise.resolve();
  const room = new Set<() => void>();

  const free = (): void => {
    for (const wake of room) wake();
    room.clear();
  };

  async function storeReady(): Promise<void> {
    for (let next = ready.get(stored); next !== undefined && !ended; next = ready.get(stored)) {
      ready.delete(stored);
      const goOn = await work.store(stored, next.output);
      underWay -= 1;
      stored = next.output.next;
      failure = next.output.failure;
      if (!goOn || stored < next.to || stored >= to) halt();
      else free();
    }
  }

  async function lane(): Promise<void> {
    while (!ended && given < to) {
      if (underWay >= plan.ahead) {
        await new Promise<void>((resolve) => room.add(resolve));
        continue;
      }
      const begin = given;
      const end = Math.min(to, begin + plan.places);
      given = end;
      underWay += 1;
      const output = await work.run(begin, end, own.signal);
      ready.set(begin, { to: end, output });
      storing = storing.then(storeReady);
      storing.catch(halt);
    }
  }

  /** Ends all lanes. */
  function halt(): void {
    ended = true;
    own.abort();
    free();
  }

  try {
    const lanes = Array.from({ length: plan.lanes }, async () => {
      try {
        await lane();
      } catch (error) {
        // What is dropped after the end may be cancelled; everything else ends all lanes.
        if (ended && isCancelled(error)) return;
        halt();
        throw error;
      }
    });
    const results = await Promise.allSettled(lanes);
    results.push(...(await Promise.allSettled([storing])));
    const thrown = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (thrown.length > 0) throw thrown.find((error) => !isCancelled(error)) ?? thrown[0];
    return { next: stored, failure };
  } finally {
    work.signal.removeEventListener('abort', stop);
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof RenataError && error.code === 'CANCELLED';
}

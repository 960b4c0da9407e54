import { describe, expect, it } from 'vitest';
import { RenataError, type ErrorPayload } from '../../../../engine/domain/errors.ts';
import type { SliceOutput } from '../../../../engine/protocol/research-tasks.ts';
import {
  planSlices,
  runSlices,
  type SliceWork,
} from '../../../../electron/services/research/slices.ts';

const MB = 1_000_000;

describe('the memory of results on their way', () => {
  const cases = [4, 10, 50, 200, 4_000].flatMap((megabytes) =>
    [1, 2, 8, 64].flatMap((threads) =>
      [12, 20, 30].flatMap((columns) =>
        [1, 60, 5_000, 65_536].map((places) => ({
          memoryBytes: megabytes * MB,
          threads,
          columns,
          places,
        })),
      ),
    ),
  );

  it('stays under what the user sets, whatever the threads, columns and places', () => {
    expect(cases.length).toBe(240);
    for (const options of cases) {
      const plan = planSlices(options);
      // Every slice under way or waiting has a table and the columns that were made of it.
      expect(plan.ahead * 2 * plan.tableBytes).toBeLessThanOrEqual(options.memoryBytes / 2);
      expect(plan.lanes * plan.cacheBytes).toBeLessThanOrEqual(options.memoryBytes / 4);
      expect(plan.lanes).toBeGreaterThanOrEqual(1);
      expect(plan.lanes).toBeLessThanOrEqual(options.threads);
      expect(plan.places).toBeGreaterThanOrEqual(1);
      expect(plan.places).toBeLessThanOrEqual(options.places);
      // A table has room for the rows of its slice.
      expect(plan.tableBytes).toBeGreaterThanOrEqual(plan.places * options.columns * 8);
    }
  });

  it('uses all threads where there is room', () => {
    expect(
      planSlices({ memoryBytes: 200 * MB, threads: 7, columns: 13, places: 500 }),
    ).toMatchObject({ lanes: 7, places: 500 });
  });

  it('says how much is needed at least', () => {
    expect(() => planSlices({ memoryBytes: 4 * MB, threads: 1, columns: 100, places: 1 })).toThrow(
      'allow at least 6553600',
    );
  });
});

const NONE = { names: [], rows: 0, columns: [] };

function output(next: number, failure: ErrorPayload | null = null): SliceOutput {
  return { next, chunk: NONE, failure };
}

interface Trace {
  readonly stored: [number, number][];
  most: number;
}

function work(
  change: Partial<SliceWork> & Pick<SliceWork, 'run'>,
  lanes = 3,
): { work: SliceWork; trace: Trace; abort: AbortController } {
  const abort = new AbortController();
  const trace: Trace = { stored: [], most: 0 };
  let underWay = 0;
  const { run } = change;
  return {
    abort,
    trace,
    work: {
      from: 0,
      to: 100,
      plan: { lanes, places: 10, ahead: 2 * lanes },
      signal: abort.signal,
      store: async (from, { next }) => {
        underWay -= 1;
        trace.stored.push([from, next]);
        return true;
      },
      ...change,
      run: async (from, to, signal) => {
        underWay += 1;
        trace.most = Math.max(trace.most, underWay);
        return run(from, to, signal);
      },
    },
  };
}

function later<Value>(ms: number, value: Value): Promise<Value> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(value), ms);
  });
}

const TENS = Array.from({ length: 10 }, (_, k) => [10 * k, 10 * k + 10]);

describe('slices', () => {
  it('are handed on in the order of their places, however long each takes', async () => {
    const { work: all, trace } = work({
      run: (from, to) => later(from % 30 === 0 ? 12 : 2, output(to)),
    });
    expect(await runSlices(all)).toEqual({ next: 100, failure: null });
    expect(trace.stored).toEqual(TENS);
  });

  it('run side by side, and no more of them than the memory allows wait for an earlier one', async () => {
    const first = Promise.withResolvers<SliceOutput>();
    const { work: all, trace } = work({
      run: (from, to) => (from === 0 ? first.promise : later(1, output(to))),
    });
    const running = runSlices(all);
    // While the first one takes its time the other two lanes go on until five wait with it, and no further.
    await expect.poll(() => trace.most).toBe(6);
    await later(100, null);
    expect(trace.most).toBe(6);
    first.resolve(output(10));
    await running;
    expect(trace.most).toBe(6);
    expect(trace.stored).toEqual(TENS);
  });

  it('end where a strategy failed, with everything before it kept', async () => {
    const failure: ErrorPayload = { code: 'STRATEGY_FAILED', message: 'no', retryable: false };
    const { work: all, trace } = work({
      run: (from, to) =>
        from === 30 ? later(1, output(34, failure)) : later(from < 30 ? 15 : 1, output(to)),
    });
    expect(await runSlices(all)).toEqual({ next: 34, failure });
    expect(trace.stored).toEqual([
      [0, 10],
      [10, 20],
      [20, 30],
      [30, 34],
    ]);
  });

  it('end when what they are stored for asks for it', async () => {
    const stored: number[] = [];
    const { work: all } = work({
      run: async (_from, to) => output(to),
      store: async (from) => {
        stored.push(from);
        return from < 20;
      },
    });
    expect(await runSlices(all)).toEqual({ next: 30, failure: null });
    expect(stored).toEqual([0, 10, 20]);
  });

  it('tell the error of a slice and of the store, and cancel the others', async () => {
    const cancelled: number[] = [];
    const waiting = (from: number, signal: AbortSignal): Promise<SliceOutput> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled.push(from);
          reject(new RenataError('CANCELLED', 'cancelled'));
        });
      });
    const { work: all } = work({
      run: (from, _to, signal) =>
        from === 10 ? Promise.reject(new RenataError('INTERNAL', 'broken')) : waiting(from, signal),
    });
    await expect(runSlices(all)).rejects.toThrow('broken');
    expect(cancelled.toSorted((a, b) => a - b)).toEqual([0, 20]);
    const { work: full } = work({
      run: async (_from, to) => output(to),
      store: async () => {
        throw new RenataError('CONFLICT', 'elsewhere');
      },
    });
    await expect(runSlices(full)).rejects.toThrow('elsewhere');
  });

  it('are cancelled from outside', async () => {
    const begun: number[] = [];
    const { work: all, abort } = work({
      run: (from, to, signal) => {
        begun.push(from);
        if (from < 30) return later(1, output(to));
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new RenataError('CANCELLED', 'cancelled')));
        });
      },
    });
    const running = expect(runSlices(all)).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => begun).toEqual([0, 10, 20, 30, 40, 50]);
    abort.abort();
    await running;
    expect(begun).toHaveLength(6);
  });

  it('are none where nothing is left', async () => {
    const { work: all, trace } = work({ run: async (_from, to) => output(to), from: 100 });
    expect(await runSlices(all)).toEqual({ next: 100, failure: null });
    expect(trace.stored).toEqual([]);
  });
});

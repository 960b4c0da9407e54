import { describe, expect, it } from 'vitest';
import {
  cancellable,
  columnsOfBars,
  columnsOfRows,
  type BarRow,
} from '../../../electron/net/bar-rows.ts';
import { beforeSending } from '../../../electron/net/before-sending.ts';
import { frameEntries, frameJson } from '../../../electron/net/frames.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';

describe('frames', () => {
  it('are read as text and as bytes', () => {
    expect(frameJson('{"a":1}')).toEqual({ a: 1 });
    expect(frameJson(Buffer.from('["é"]'))).toEqual(['é']);
    expect(frameJson('null')).toBeNull();
    for (const wrong of ['', '{"a":', 'undefined', Buffer.of(0xff)])
      expect(frameJson(wrong)).toBeUndefined();
  });

  it('that are lists give their objects, and tell what else is in them', () => {
    const read = (data: string): unknown => {
      const problems: string[] = [];
      return [frameEntries(data, (problem) => problems.push(problem)), problems];
    };
    expect(read('[{"T":"q"},5,null,{"T":"t"}]')).toEqual([
      [{ T: 'q' }, { T: 't' }],
      ['an entry that is no object', 'an entry that is no object'],
    ]);
    expect(read('[]')).toEqual([[], []]);
    expect(read('{"T":"q"}')).toEqual([[], ['a message that is no list']]);
    expect(read('[{"T"')).toEqual([[], ['a message that is no JSON']]);
  });
});

describe('bars', () => {
  it('become columns', () => {
    const rows: readonly BarRow[] = [
      [10, 1, 3, 0.5, 2, 100],
      [20, 2, 4, 1.5, 3, 200],
    ];
    const columns = {
      time: Float64Array.of(10, 20),
      open: Float64Array.of(1, 2),
      high: Float64Array.of(3, 4),
      low: Float64Array.of(0.5, 1.5),
      close: Float64Array.of(2, 3),
      volume: Float64Array.of(100, 200),
    };
    expect(columnsOfRows(rows)).toEqual(columns);
    const bars = rows.map(([time, open, high, low, close, volume]) => ({
      volume,
      close,
      low,
      high,
      open,
      time,
    }));
    expect(columnsOfBars(bars)).toEqual(columns);
    expect(columnsOfRows([]).time).toHaveLength(0);
  });
});

describe('what can be cancelled', () => {
  it('hears of it before and while it runs, and lets go of the signal in the end', async () => {
    const before = new AbortController();
    before.abort();
    expect(await cancellable(before.signal, async ({ aborted }) => aborted)).toBe(true);
    expect(await cancellable(undefined, async ({ aborted }) => aborted)).toBe(false);

    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_: 'abort', listener: () => void) => void listeners.add(listener),
      removeEventListener: (_: 'abort', listener: () => void) => void listeners.delete(listener),
    };
    const answer = cancellable(signal, async (ending) => {
      for (const each of listeners) each();
      ending.throwIfAborted();
    });
    await expect(answer).rejects.toThrow(/abort/i);
    expect(listeners.size).toBe(0);
  });
});

describe('a question before an order', () => {
  it('leaves nothing open when it fails', async () => {
    const fail = (failure: VenueError['failure']): Promise<never> =>
      beforeSending(() => Promise.reject(new VenueError(failure, 'Venue failed (500).')));
    await expect(fail('unknown')).rejects.toMatchObject({
      failure: 'not-sent',
      message: 'Nothing was sent: Venue failed (500).',
    });
    // What is definite already stays what it is.
    for (const failure of ['rejected', 'not-found', 'rate-limited', 'unauthorized'] as const)
      await expect(fail(failure)).rejects.toMatchObject({ failure });
    const defect = new TypeError('a defect');
    await expect(beforeSending(() => Promise.reject(defect))).rejects.toBe(defect);
    expect(await beforeSending(async () => 5)).toBe(5);
  });
});

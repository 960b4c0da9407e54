import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buyAndHoldEquity } from '../../engine/backtest/benchmark.ts';
import { runBacktest } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestTask } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { computeIndicator } from '../../engine/indicators/registry.ts';
import type { ProgressMessage } from '../../engine/protocol/tasks.ts';
import { unpackTexts } from '../../engine/protocol/text-columns.ts';
import { allocateColumns } from '../../engine/series/columns.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openComputePool, type ComputePool } from '../../electron/services/compute.ts';
import { freedom } from '../support/free-thread.ts';

const MILLION = 1_000_000;
const ALWAYS_OPEN = JSON.parse(
  readFileSync(join(LAYOUT.resourcesDirectory, 'calendars', 'crypto.json'), 'utf8'),
) as CalendarData;

/** A wandering price from a small generator of its own, so that every run is the same. */
function wander(count: number): BarColumns {
  const bars = allocateColumns(count);
  let state = 12_345;
  let price = 100;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const open = price;
    price = Math.max(1, price + (state / 2 ** 32 - 0.5));
    bars.time[i] = Date.UTC(2020, 0, 1) + i * 60_000;
    bars.open[i] = open;
    bars.high[i] = Math.max(open, price) + 0.1;
    bars.low[i] = Math.min(open, price) - 0.1;
    bars.close[i] = price;
    bars.volume[i] = 1_000;
  }
  return bars;
}

const task = (bars: BarColumns): BacktestTask => ({
  strategy: 'sma-cross',
  parameters: { fast: 10, slow: 30 },
  settings: DEFAULT_SETTINGS,
  bars,
});

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it succeeded');
}

const defects: unknown[] = [];
let pool: ComputePool;
let million: BarColumns;

beforeAll(() => {
  million = wander(MILLION);
  pool = openComputePool({
    workerUrl: LAYOUT.workerUrl,
    threads: 1,
    onDefect: (...all) => defects.push(all),
  });
});
afterAll(async () => {
  await pool.close();
});

describe('compute threads', () => {
  it('leave the main thread free while a million bars are tested', async () => {
    // The thread's start, which loads the engine once, is not part of a run.
    await pool.run('backtest', task(wander(2_000)));
    const progress: ProgressMessage[] = [];
    const { late, busy, count } = await freedom(20, async () => {
      for (let run = 0; run < 4; run += 1) {
        progress.length = 0;
        const { result } = await pool.run('backtest', task(million), {
          onProgress: (message) => progress.push(message),
        });
        expect(result.barCount).toBe(MILLION);
        expect(result.orders.count).toBeGreaterThan(10_000);
      }
    });
    expect(count).toBeGreaterThan(100);
    // Where the machine is too busy for that, it was not this thread's own work.
    if (!(late < 20)) expect(busy).toBeLessThan(0.1);

    const done = progress.map((message) => message.done);
    expect(done.length).toBeGreaterThan(20);
    expect(done.length).toBeLessThanOrEqual(101);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBe(MILLION);
    expect(progress.every((message) => message.total === MILLION)).toBe(true);
  });

  it('give what the engine gives, on shared memory', async () => {
    const bars = wander(5_000);
    const { result, benchmark } = await pool.run('backtest', task(bars));
    const here = runBacktest(task(bars));
    expect({
      ...result,
      orders: unpackTexts(result.orders),
      trades: unpackTexts(result.trades),
    }).toEqual(here);
    expect(benchmark).toEqual(buyAndHoldEquity(bars, DEFAULT_SETTINGS));
    expect(result.equity.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(result.trades.pnl.buffer).toBeInstanceOf(SharedArrayBuffer);
    const { description, columns } = await pool.run('study', {
      expression: 'macd',
      parameters: {},
      base: { bars, timeframe: timeframe('1m'), calendar: ALWAYS_OPEN },
      others: {},
    });
    const names = description.outputs.map(({ name }) => name);
    expect(columns.map((values, i) => ({ name: names[i], values }))).toEqual(
      computeIndicator('macd', {}, bars),
    );
    expect(columns[0]?.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('stop when they are told to, and take the next task', async () => {
    let last = MILLION;
    // A machine that stands still for a moment may hear of the beginning when half is done.
    for (let attempt = 0; attempt < 5 && last >= MILLION / 2; attempt += 1) {
      const abort = new AbortController();
      const work = pool.run('backtest', task(million), {
        signal: abort.signal,
        onProgress: ({ done }) => {
          last = done;
          if (done > 0) abort.abort();
        },
      });
      expect(await failure(work)).toMatchObject({ code: 'CANCELLED' });
    }
    // The thread itself stopped early: it was not only that nobody waited for it.
    expect(last).toBeLessThan(MILLION / 2);
    const { result } = await pool.run('backtest', task(wander(100)));
    expect(result.barCount).toBe(100);
  });

  it('do not begin what was cancelled before', async () => {
    const abort = new AbortController();
    abort.abort();
    let begun = false;
    const work = pool.run('backtest', task(million), {
      signal: abort.signal,
      onProgress: () => {
        begun = true;
      },
    });
    expect(await failure(work)).toMatchObject({ code: 'CANCELLED' });
    expect(begun).toBe(false);
  });

  it('let a queued task go at once when it is cancelled, before it has a thread', async () => {
    const first = new AbortController();
    const second = new AbortController();
    const running = pool.run('backtest', task(million), { signal: first.signal });
    let begun = false;
    const waiting = pool.run('backtest', task(million), {
      signal: second.signal,
      onProgress: () => {
        begun = true;
      },
    });
    second.abort();
    first.abort();
    expect(await failure(running)).toMatchObject({ code: 'CANCELLED' });
    expect(await failure(waiting)).toMatchObject({ code: 'CANCELLED' });
    expect(begun).toBe(false);
  });

  it('survive tasks that fail', async () => {
    const bars = wander(50);
    const wrong = { ...task(bars), parameters: { fast: 30, slow: 10 } };
    expect(await failure(pool.run('backtest', wrong))).toMatchObject({ code: 'BAD_INPUT' });
    expect(defects).toEqual([]);
    const broken = { ...task(bars), bars: null } as unknown as BacktestTask;
    expect(await failure(pool.run('backtest', broken))).toMatchObject({ code: 'INTERNAL' });
    expect(defects).toHaveLength(1);
    const { result } = await pool.run('backtest', task(bars));
    expect(result.barCount).toBe(50);
  });

  it('end with their pool, which cancels what runs and takes nothing more', async () => {
    const own = openComputePool({
      workerUrl: LAYOUT.workerUrl,
      threads: 1,
      onDefect: () => undefined,
    });
    const work = failure(own.run('backtest', task(million)));
    await own.close();
    expect(await work).toMatchObject({ code: 'CANCELLED' });
    expect(await failure(own.run('backtest', task(million)))).toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('that cannot even start are reported, not waited for', async () => {
    const own = openComputePool({
      workerUrl: new URL('none.ts', LAYOUT.workerUrl),
      threads: 1,
      onDefect: () => undefined,
    });
    expect(await failure(own.run('backtest', task(wander(10))))).toMatchObject({
      code: 'UNAVAILABLE',
    });
    await own.close();
  });
});

import { describe, expect, it } from 'vitest';
import { createCalibration } from '../../../../electron/services/research/calibration.ts';
import { wholeOf } from '../../../../electron/services/research/walk-forward.ts';
import type { ComputePool } from '../../../../electron/services/compute.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import type { SweepPlan, SweepSubject } from '../../../../engine/protocol/research-tasks.ts';
import { randomWalk } from '../../engine/backtest/bars.ts';
import { calendarData } from './session-bars.ts';

const PLAN: SweepPlan = {
  dimensions: [],
  names: [],
  size: 1_000,
  combinations: 1_000,
  exact: true,
  bars: 500,
  bytes: 0,
  seconds: 5,
  reviewSeconds: 1,
  runSeconds: 0.01,
  path: 'events',
  reason: 'Because.',
  text: '',
  periods: 252,
  warmUp: 20,
  list: null,
  places: 1_000,
  slice: 1,
  least: 1,
};

function subjectOf(bars: number): SweepSubject {
  return {
    strategy: 'sma-cross',
    settings: DEFAULT_SETTINGS,
    base: {
      bars: randomWalk(bars),
      timeframe: timeframe('1d'),
      calendar: calendarData('none'),
    },
    key: 'k',
    space: { ranges: {}, fixed: {}, constraints: [] },
    cacheBytes: 0,
  };
}

interface Look {
  readonly list: readonly number[];
  readonly bars: number;
}

/**
 * Compute threads on a clock of their own: a task waits for a second before it begins, the first one takes
 * ten times as long, and of the others every second one is slowed down by a half.
 */
function threads(cost: (place: number, bars: number) => number, refused = false) {
  let clock = 0;
  const looks: Look[] = [];
  const run = async (_name: string, input: unknown, hooks?: Parameters<ComputePool['run']>[2]) => {
    const { subject, list } = input as { subject: SweepSubject; list: Float64Array };
    const bars = subject.base.bars.time.length;
    clock += 1_000;
    hooks?.onProgress?.({ done: 0, total: list.length });
    const slow = looks.length === 0 ? 10 : looks.length % 2 === 0 ? 1.5 : 1;
    looks.push({ list: [...list], bars });
    for (const place of list) clock += slow * cost(place, bars);
    return { next: list.length, failure: null, chunk: { rows: refused ? 0 : list.length } };
  };
  const compute = { run: run as unknown as ComputePool['run'] };
  return { compute, now: () => clock, looks };
}

describe('what combinations take', () => {
  it('is measured from where they begin, at its quickest', async () => {
    const { compute, now, looks } = threads(() => 2);
    const calibration = createCalibration(compute, now);
    // 2 ms for 500 bars.
    expect(await calibration.measure('a', subjectOf(500), PLAN)).toBeCloseTo(2e6 / 500, 9);
    expect(looks.length).toBeGreaterThan(3);
    const all = looks.reduce((sum, { list }) => sum + list.length, 0);
    expect(all).toBeLessThan(300);
  });

  it('is remembered', async () => {
    const { compute, now, looks } = threads(() => 2);
    const calibration = createCalibration(compute, now);
    expect(calibration.known('a')).toBeUndefined();
    const found = await calibration.measure('a', subjectOf(500), PLAN);
    const before = looks.length;
    expect(calibration.known('a')).toEqual({ nanoseconds: found });
    expect(looks.length).toBe(before);
    expect(calibration.known('b')).toBeUndefined();
  });

  it('is looked at all over the grid', async () => {
    const { compute, now, looks } = threads((place) => 0.1 + place / 500);
    const found = await createCalibration(compute, now).measure('a', subjectOf(500), PLAN);
    // From 0.1 to 2.1 ms, on average 1.1.
    expect((found ?? 0) / (1.1e6 / 500)).toBeGreaterThan(0.8);
    expect((found ?? 0) / (1.1e6 / 500)).toBeLessThan(1.25);
    const last = looks.at(-1)?.list ?? [];
    for (const part of [0, 250, 500, 750]) {
      expect(last.some((place) => place >= part && place < part + 250)).toBe(true);
    }
    expect(last.every((place) => place >= 0 && place < 1_000)).toBe(true);
  });

  it('is looked at twice where one takes long, and on a part of long series', async () => {
    const { compute, now, looks } = threads((_place, bars) => bars / 1_000);
    const plan = { ...PLAN, bars: 200_000, seconds: 4_000 };
    const found = await createCalibration(compute, now).measure('a', subjectOf(200_000), plan);
    // 20 ms for 20,000 bars: a microsecond for each.
    expect(found).toBeCloseTo(1_000, 6);
    expect(looks.every(({ bars }) => bars === 20_000)).toBe(true);
    expect(looks.length).toBeGreaterThan(1);
  });

  it('is not looked at where the work is short or follows many averages at once', async () => {
    const { compute, now, looks } = threads(() => 2);
    const calibration = createCalibration(compute, now);
    const short = { ...PLAN, seconds: 1.05 };
    expect(await calibration.measure('a', subjectOf(500), short)).toBeUndefined();
    const together = { ...PLAN, path: 'together' as const };
    expect(await calibration.measure('b', subjectOf(500), together)).toBeUndefined();
    expect(looks).toEqual([]);
    expect(calibration.known('a')).toEqual({ nanoseconds: undefined });
  });

  it('is not told where nothing passes or the strategy fails; cancelling goes through', async () => {
    const none = threads(() => 0, true);
    const nothing = createCalibration(none.compute, none.now);
    expect(await nothing.measure('a', subjectOf(500), PLAN)).toBeUndefined();
    expect(none.looks.length).toBeLessThan(10);
    const failing = (code: 'STRATEGY_FAILED' | 'CANCELLED') =>
      createCalibration({
        run: async () => {
          throw new RenataError(code, 'No.');
        },
      });
    const failed = failing('STRATEGY_FAILED').measure('a', subjectOf(500), PLAN);
    expect(await failed).toBeUndefined();
    const cancelled = failing('CANCELLED').measure('a', subjectOf(500), PLAN);
    await expect(cancelled).rejects.toThrow('No.');
  });
});

describe('the estimate of a walk-forward test', () => {
  it('adds the windows up', () => {
    const windows = [
      { train: { from: 0, to: 500 }, test: { from: 500, to: 600 } },
      { train: { from: 0, to: 600 }, test: { from: 600, to: 700 } },
    ];
    const whole = wholeOf(PLAN, windows, 2);
    // 4 s for 500 bars and no review: 8.8 s for 1,100. A run of 0.01 s for 500 bars: over both training
    // ranges once (1,100 bars) and twice over both tests with the 1,000 bars before them (4,400).
    expect(whole.seconds).toBeCloseTo(8.8 + (0.01 / 500) * 5_500, 9);
    expect(whole.bars).toBe(1_100);
    expect(whole.text).toBe(
      '2 windows of 1,000 combinations, 1,100 bars to choose on: about 8.9 seconds on 2 threads. Because.',
    );
  });
});

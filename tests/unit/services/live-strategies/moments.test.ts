import { describe, expect, it } from 'vitest';
import { MomentGatherer } from '../../../../electron/services/live-strategies/moments.ts';
import type { Bar } from '../../../../engine/domain/bar.ts';

const PATIENCE = 100;

function bar(time: number, price = 1): Bar {
  return { time, open: price, high: price, low: price, close: price, volume: 0 };
}

function waiting(moments: MomentGatherer, now: number) {
  const first = moments.first(now);
  if (first === null) return null;
  const has = first.moment.bars.map((each) => each !== null);
  return [first.moment.time, has, first.waits];
}

describe('moments of several instruments', () => {
  it('are whole when every instrument has told its bar', () => {
    const moments = new MomentGatherer(3, PATIENCE);
    expect(moments.first(0)).toBeNull();
    moments.hear(0, bar(10), 0);
    moments.hear(2, bar(10), 30);
    expect(waiting(moments, 40)).toEqual([10, [true, false, true], 60]);
    moments.hear(1, bar(10), 50);
    expect(waiting(moments, 50)).toEqual([10, [true, true, true], 0]);
  });

  it('are whole when who is missing has told a later one', () => {
    const moments = new MomentGatherer(2, PATIENCE);
    moments.hear(0, bar(10), 0);
    moments.hear(1, bar(20), 1);
    expect(waiting(moments, 1)).toEqual([10, [true, false], 0]);
    expect(moments.count).toBe(2);
  });

  it('are taken without a bar after a while, which is not taken afterwards', () => {
    const moments = new MomentGatherer(2, PATIENCE);
    moments.hear(0, bar(10), 0);
    expect(waiting(moments, 99)).toEqual([10, [true, false], 1]);
    const first = moments.first(100);
    expect(first?.waits).toBe(0);
    if (first !== null) moments.take(first.moment);
    moments.hear(1, bar(10), 101);
    expect(moments.first(101)).toBeNull();
    moments.hear(1, bar(20), 102);
    expect(waiting(moments, 102)).toEqual([20, [false, true], 100]);
  });

  it('come in order, whichever is heard of first, and a bar counts once', () => {
    const moments = new MomentGatherer(2, PATIENCE);
    moments.hear(1, bar(20), 0);
    moments.hear(0, bar(10, 1), 0);
    moments.hear(0, bar(10, 2), 0);
    const first = moments.first(0);
    expect([first?.moment.time, first?.moment.bars[0]?.close, first?.waits]).toEqual([10, 1, 0]);
  });

  it('that were missed wait for nobody', () => {
    const moments = new MomentGatherer(2, PATIENCE);
    moments.hear(0, bar(10), 0, true);
    expect(moments.first(0)).toMatchObject({ waits: 0, moment: { missed: true } });
    moments.clear();
    expect(moments.count).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { buyAndHoldEquity } from '../../../../engine/backtest/benchmark.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import type { StrategyDefinition } from '../../../../engine/backtest/strategy.ts';
import type { AdjustmentEvent } from '../../../../engine/domain/adjustments.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { DAY, flatBars } from './bars.ts';
import { flat, instrument, run } from './markets.ts';

const settings = { ...DEFAULT_SETTINGS, cash: 1_000 };
const dividend = (day: number, amount: number): AdjustmentEvent => ({
  kind: 'dividend',
  day: day * DAY,
  amount,
  referencePrice: null,
});
const split = (day: number, ratio: number): AdjustmentEvent => ({
  kind: 'split',
  day: day * DAY,
  ratio,
});

const idle: StrategyDefinition = {
  id: 'idle',
  title: '',
  description: '',
  parameters: [],
  validate: () => undefined,
  create: () => ({ onBar: () => undefined }),
};

describe('buying and holding raw bars', () => {
  const bars = flatBars([100, 99, 49, 50]);

  it('gets splits and dividends, each on its day', () => {
    // 10 shares; 1 each on the second day; 20 shares from the third; 0.5 each on the fourth.
    const events = [split(2, 2), dividend(1, 1), dividend(3, 0.5)];
    expect([...buyAndHoldEquity(bars, settings, { events })]).toEqual([1_000, 1_000, 990, 1_020]);
    expect([...buyAndHoldEquity(bars, settings)]).toEqual([1_000, 990, 490, 500]);
  });

  it('gets no dividend on the day on which it buys, nor one after the last bar', () => {
    const events = [dividend(0, 5), dividend(9, 5)];
    expect([...buyAndHoldEquity(bars, settings, { events })]).toEqual([1_000, 990, 490, 500]);
  });

  it('is paid for the fraction of a lot', () => {
    const given = { ...settings, lotSize: 1 };
    const prices = flatBars([100, 400, 400]);
    // 10 shares become 2.5: half a share is paid at 4 × 100.
    expect([...buyAndHoldEquity(prices, given, { events: [split(1, 0.25)] })]).toEqual([
      1_000, 1_000, 1_000,
    ]);
  });

  it('is what a run compares itself with, from the end of its warm-up on', () => {
    const statistic = (warmUp: number, events?: AdjustmentEvent[]): number | undefined => {
      const task = { parameters: {}, settings: { ...settings, warmUp }, bars, events };
      return runStrategy(idle, task).statistics.find(({ name }) => name === 'Buy & Hold Return [%]')
        ?.value;
    };
    const events = [split(2, 2), dividend(1, 1), dividend(3, 0.5)];
    expect(statistic(0)).toBeCloseTo(-50, 10);
    expect(statistic(0, events)).toBeCloseTo(2, 10);
    // Bought at 99 on the second day, its dividend is not theirs: 1,000 / 99 × (2 × 50 + 2 × 0.5).
    expect(statistic(1, events)).toBeCloseTo((101 / 99 - 1) * 100, 10);
  });

  it('knows days from the sessions, where bars begin on the evening before', () => {
    const evening = { ...bars, time: bars.time.map((time) => time - DAY / 4) };
    const day = Float64Array.from(bars.time);
    const sessions = { day, first: new Uint8Array(4).fill(1), last: new Uint8Array(4).fill(1) };
    const events = [split(2, 2)];
    const equity = buyAndHoldEquity(evening, settings, { events, sessions });
    expect([...equity]).toEqual([1_000, 990, 980, 1_000]);
    const task = { parameters: {}, settings: { ...settings, warmUp: 1 }, bars: evening };
    const { statistics } = runStrategy(idle, { ...task, events, sessions });
    const held = statistics.find(({ name }) => name === 'Buy & Hold Return [%]')?.value;
    expect(held).toBeCloseTo((100 / 99 - 1) * 100, 10);
  });
});

describe('holding equal parts of a portfolio', () => {
  it('gets splits and dividends, and is told in the base currency', () => {
    const a = instrument('A', [flat(100), flat(98), flat(50)], {
      events: [dividend(1, 2), split(2, 2)],
    });
    const e = instrument('E', [flat(10), flat(10), flat(10)], {
      currency: 'EUR',
      events: [dividend(2, 1)],
    });
    const time = Float64Array.of(0, DAY, 2 * DAY);
    const rates = { EUR: { time, rate: Float64Array.of(1, 1.1, 1.2) } };
    const { benchmark } = run([a, e], {}, { cash: 2_000, rates });
    // A: 10 shares, 20 paid, then 20 shares of 50. E: 100 shares of 10, at 1.1, then at 1.2 with 100 paid.
    expect(benchmark[0]).toBeCloseTo(2_000, 9);
    expect(benchmark[1]).toBeCloseTo(1_000 + 1_100, 9);
    expect(benchmark[2]).toBeCloseTo(1_020 + 1_200 + 120, 9);
  });

  it('keeps the part of an instrument in cash until it has a price and a rate', () => {
    const late = instrument('L', [flat(10), flat(10), flat(20)], { currency: 'EUR' });
    const rates = { EUR: { time: Float64Array.of(DAY), rate: Float64Array.of(2) } };
    const { benchmark } = run([late], {}, { cash: 1_000, rates });
    expect([...benchmark]).toEqual([1_000, 1_000, 2_000]);
  });
});

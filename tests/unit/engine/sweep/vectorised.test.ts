import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { STRATEGIES } from '../../../../engine/backtest/strategies.ts';
import { ColumnCache } from '../../../../engine/sweep/column-cache.ts';
import { METRICS } from '../../../../engine/sweep/metrics.ts';
import { SweepRunner } from '../../../../engine/sweep/run.ts';
import { vectorisable } from '../../../../engine/sweep/vectorised.ts';
import { flatBars, randomWalk } from '../backtest/bars.ts';
import { BARS, tableOf, TASK, whole } from './sweep-task.ts';

describe('what the vectorised engine takes', () => {
  const { settings } = TASK;

  it('is said for each setting', () => {
    expect(vectorisable('sma-cross', settings, BARS)).toBeUndefined();
    expect(vectorisable(null, settings, BARS)).toBeUndefined();
    expect(vectorisable('sma-cross', { ...settings, short: true, slippageBps: 5 })).toBeUndefined();
    expect(vectorisable('atr-stop', settings)).toContain('atr-stop is no rule of signals alone');
    expect(
      vectorisable('sma-cross', { ...settings, size: { kind: 'percent', percent: 50 } }),
    ).toContain('size rule "percent"');
    expect(
      vectorisable('sma-cross', {
        ...settings,
        commission: { percent: 0, perShare: 0, minimum: 1 },
      }),
    ).toContain('least commission');
    expect(vectorisable('sma-cross', { ...settings, lotSize: 10 })).toContain('Whole lots');
    expect(vectorisable('sma-cross', { ...settings, cash: 0 })).toContain('no cash');
  });

  it('is said for what the market has besides bars', () => {
    const events = [{ kind: 'split', day: 0, ratio: 2 }] as const;
    const finer = BARS;
    expect(vectorisable('sma-cross', settings, BARS, { events })).toContain('Splits and dividends');
    expect(vectorisable(null, settings, BARS, { events })).toContain('Splits and dividends');
    expect(vectorisable('sma-cross', settings, BARS, { events: [] })).toBeUndefined();
    // Market orders never ask what came first inside a bar; limit and stop orders do.
    expect(vectorisable('sma-cross', settings, BARS, { finer })).toBeUndefined();
    expect(vectorisable(null, settings, BARS, { finer })).toBeUndefined();
    expect(vectorisable('rsi-reversion', settings, BARS, { finer })).toContain('Finer bars decide');
    expect(vectorisable('bollinger-breakout', settings, BARS, { finer })).toContain('Finer bars');
  });

  it('does not take settings that it does not know', () => {
    const later = { ...settings, newRule: 0.1 };
    expect(vectorisable('sma-cross', later)).toBe(
      'The fast path does not model the setting newRule.',
    );
    const absent = { ...settings, newRule: undefined };
    expect(vectorisable('sma-cross', absent)).toBeUndefined();
  });

  it.each([Number.NaN, 0, -1, Infinity])('does not take a price of %d', (price) => {
    for (const column of ['open', 'high', 'low', 'close'] as const) {
      const bars = flatBars([1, 2, 3, 4]);
      bars[column][2] = price;
      expect(vectorisable('sma-cross', settings, bars)).toBe(
        'Bar 2 has a price that is missing or not above 0; orders wait there.',
      );
    }
  });

  it('runs bars with missing prices event by event', () => {
    const bars = randomWalk(200, 3, 0.02);
    bars.close[100] = Number.NaN;
    const task = { ...TASK, bars, space: { ranges: { fast: '3', slow: '9' } } };
    const runner = new SweepRunner(task);
    expect(runner.reason).toContain('Bar 100');
    const table = tableOf(runner);
    runner.run({ from: 0, to: 1 }, table);
    const definition = STRATEGIES.find(({ id }) => id === 'sma-cross');
    if (definition === undefined) throw new Error('no SMA cross');
    const { statistics } = runStrategy(definition, { ...task, parameters: { fast: 3, slow: 9 } });
    for (const [k, { title }] of METRICS.entries()) {
      expect(table.get(0, 3 + k)).toBe(statistics.find(({ name }) => name === title)?.value);
    }
  });
});

describe('indicator columns', () => {
  it('are kept up to their memory, those used last', () => {
    const cache = new ColumnCache(3 * 80);
    const made: string[] = [];
    const get = (key: string): Float64Array =>
      cache.get(key, () => {
        made.push(key);
        return new Float64Array(10);
      });
    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'c', 'b']) {
      const column = get(key);
      expect(column.length).toBe(10);
      expect(get(key)).toBe(column);
      expect(cache.bytes).toBeLessThanOrEqual(240);
    }
    // The fourth column takes the place of b, which was used longest ago.
    expect(made).toEqual(['a', 'b', 'c', 'd', 'b']);
  });

  it('may be larger than the memory for them', () => {
    const task = {
      ...TASK,
      strategy: 'macd-trend',
      space: { ranges: { fast: '3..6', slow: '9, 12' } },
    };
    const runner = new SweepRunner(task, { cacheBytes: 1 });
    const table = tableOf(runner);
    runner.run({ from: 0, to: runner.space.size }, table);
    expect(table.toChunk()).toEqual(whole(task).toChunk());
  });
});

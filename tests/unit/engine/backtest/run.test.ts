import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { findStrategy, STRATEGIES } from '../../../../engine/backtest/strategies.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { flatBars, randomWalk } from './bars.ts';

const task = {
  strategy: 'sma-cross',
  parameters: {},
  settings: DEFAULT_SETTINGS,
  bars: randomWalk(40_000),
};

function failure(work: () => unknown): RenataError {
  try {
    work();
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a run', () => {
  it('tells its progress and ends at the last bar', () => {
    const told: number[] = [];
    runBacktest(task, { onProgress: (done, total) => told.push(done / total) });
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBe(1);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('stops when it is cancelled', () => {
    let asked = 0;
    const error = failure(() => runBacktest(task, { isCancelled: () => (asked += 1) > 1 }));
    expect(error.code).toBe('CANCELLED');
    expect(asked).toBe(2);
  });

  it('says which strategies there are', () => {
    const error = failure(() => runBacktest({ ...task, strategy: 'sma' }));
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toContain('sma-cross');
  });

  it.each([
    ['sma-cross', { fast: 30, slow: 10 }, 'sma-cross: fast 30 must be less than slow 10.', 'fast'],
    ['sma-cross', { fast: 10, slow: 10 }, 'must be less than', 'fast'],
    ['sma-cross', { fast: 0 }, 'sma-cross fast: 0 must be a whole number from 2', 'fast'],
    ['sma-cross', { fats: 3 }, 'sma-cross has no parameter "fats"; it has fast, slow.', 'fats'],
    ['rsi-reversion', { lower: 70, upper: 30 }, 'lower 70 must be less than upper 30', 'lower'],
    ['macd-trend', { fast: 30 }, 'fast 30 must be less than slow 26', 'fast'],
  ])('of %s refuses %j', (strategy, parameters, message, parameter) => {
    const error = failure(() => runBacktest({ ...task, strategy, parameters }));
    expect(error).toMatchObject({ code: 'BAD_INPUT', details: { parameter } });
    expect(error.message).toContain(message);
  });

  it('draws the averages it used', () => {
    const result = runBacktest({
      ...task,
      bars: flatBars([1, 2, 3, 4]),
      parameters: { fast: 2, slow: 3 },
    });
    expect(result.plots.map(({ name }) => name)).toEqual(['SMA 2', 'SMA 3']);
    expect([...(result.plots[1]?.values ?? [])]).toEqual([Number.NaN, Number.NaN, 2, 3]);
  });
});

describe('strategies', () => {
  it('have names, texts and parameters of their own', () => {
    expect(new Set(STRATEGIES.map(({ id }) => id)).size).toBe(STRATEGIES.length);
    for (const definition of STRATEGIES) {
      expect(findStrategy(definition.id)).toBe(definition);
      expect(definition.description.length).toBeGreaterThan(40);
      definition.validate(
        Object.fromEntries(definition.parameters.map((p) => [p.name, p.default])),
      );
    }
  });

  it.each(STRATEGIES.map(({ id }) => id))('%s trades long and short', (strategy) => {
    const bars = randomWalk(3_000, 9, 0.02);
    const run = (short: boolean) =>
      runBacktest({ strategy, parameters: {}, settings: { ...DEFAULT_SETTINGS, short }, bars });
    expect(run(false).trades.size.every((size) => size > 0)).toBe(true);
    expect(run(false).trades.count).toBeGreaterThan(3);
    expect(run(true).trades.size.some((size) => size < 0)).toBe(true);
  });
});

describe('the generator', () => {
  it('is even over its range and normal where asked', () => {
    const random = new Random(42);
    const uniform = Array.from({ length: 20_000 }, () => random.uniform());
    const average = uniform.reduce((sum, x) => sum + x, 0) / uniform.length;
    expect(Math.abs(average - 0.5)).toBeLessThan(0.01);
    const normal = Array.from({ length: 20_000 }, () => random.normal());
    const variance = normal.reduce((sum, x) => sum + x * x, 0) / normal.length;
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    expect(new Random(1).uint32()).not.toBe(new Random(2).uint32());
  });
});

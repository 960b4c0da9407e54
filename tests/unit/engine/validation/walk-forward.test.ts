import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { walkForwardWindows, type Range } from '../../../../engine/validation/splits.ts';
import { walkForward, type RangeRun } from '../../../../engine/validation/walk-forward.ts';
import { copyBars } from '../../../../engine/validation/audit-lookahead.ts';
import { spx } from '../backtest/bars.ts';

/** Candidates that multiply the money by a fixed factor a bar, which changes half way for some. */
const FACTORS: Readonly<Record<string, (bar: number) => number>> = {
  steady: () => 1.01,
  early: (bar) => (bar < 40 ? 1.03 : 0.98),
  late: (bar) => (bar < 40 ? 0.99 : 1.04),
};

function run(name: string, { from, to }: Range): RangeRun {
  let money = 500;
  const equity = Float64Array.from({ length: to - from }, (_value, i) => {
    money *= FACTORS[name]?.(from + i) ?? 1;
    return money;
  });
  return { capital: 500, equity };
}

const score = (name: string, range: Range): number => {
  const { capital, equity } = run(name, range);
  return (equity.at(-1) ?? 0) / capital - 1;
};

const task = {
  candidates: Object.keys(FACTORS),
  windows: walkForwardWindows(80, { mode: 'rolling' as const, trainBars: 20, testBars: 20 }),
  carry: 'flat' as const,
  capital: 1_000,
  evaluate: (names: readonly string[], range: Range) => names.map((name) => score(name, range)),
  equityOf: run,
};

describe('a walk-forward test', () => {
  it('chooses in sample, trades out of sample and stitches', async () => {
    const { steps, equity, range, efficiency, profitable, stability } = await walkForward(task);
    expect(range).toEqual({ from: 20, to: 80 });
    // Trained on 0-19, 20-39 and 40-59; the change at 40 is found a window too late.
    expect(steps.map(({ chosen }) => task.candidates[chosen])).toEqual(['early', 'early', 'late']);
    expect(steps[0]?.inSampleScore).toBeCloseTo(1.03 ** 20 - 1, 9);
    expect(steps[1]?.outOfSampleScore).toBeCloseTo(0.98 ** 20 - 1, 9);
    expect(equity).toHaveLength(60);
    expect(equity[0]).toBeCloseTo(1_030, 9);
    expect(equity[19]).toBeCloseTo(1_000 * 1.03 ** 20, 9);
    expect(equity[39]).toBeCloseTo(1_000 * (1.03 * 0.98) ** 20, 9);
    expect(equity[59]).toBeCloseTo(1_000 * (1.03 * 0.98 * 1.04) ** 20, 8);
    const inside = (2 * Math.log(1.03) + Math.log(1.04)) / 3;
    const outside = Math.log(1.03 * 0.98 * 1.04) / 3;
    expect(efficiency).toBeCloseTo(outside / inside, 9);
    expect(profitable).toBeCloseTo(2 / 3, 12);
    expect(stability).toBe(0.5);
  });

  it('runs tests as one while the parameters stay, when the position is carried', async () => {
    const ranges: Range[] = [];
    const flat = await walkForward(task);
    const carried = await walkForward({
      ...task,
      carry: 'while-unchanged' as const,
      equityOf: (name: string, range: Range) => {
        ranges.push(range);
        return run(name, range);
      },
    });
    expect(ranges.slice(0, 2)).toEqual([
      { from: 20, to: 60 },
      { from: 60, to: 80 },
    ]);
    // These candidates hold nothing over a border, so that both rules give the same curve.
    carried.equity.forEach((value, i) => expect(value).toBeCloseTo(flat.equity[i] ?? 0, 8));
  });

  it('stays out of the market where no candidate has a score', async () => {
    const { steps, equity, efficiency } = await walkForward({
      ...task,
      evaluate: (names: readonly string[], { from }: Range) =>
        names.map((name, i) =>
          from === 20 ? Number.NaN : i === 0 ? score(name, { from, to: from + 20 }) : Number.NaN,
        ),
    });
    expect(steps.map(({ chosen }) => chosen)).toEqual([0, -1, 0]);
    expect(equity[39]).toBe(equity[19]);
    expect(steps[1]?.outOfSampleGrowth).toBe(0);
    expect(steps[1]?.outOfSampleScore).toBeNaN();
    expect(efficiency).toBeCloseTo(1, 9);
  });

  it('has no efficiency without a gain in sample, and refuses empty input', async () => {
    const loser = await walkForward({
      ...task,
      candidates: ['early'],
      windows: task.windows.slice(2),
    });
    expect(loser.efficiency).toBeNaN();
    expect(loser.stability).toBeNaN();
    await expect(walkForward({ ...task, candidates: [] })).rejects.toThrow(/candidates/);
    await expect(walkForward({ ...task, windows: [] })).rejects.toThrow(/windows/);
    await expect(walkForward({ ...task, evaluate: () => [1] })).rejects.toThrow(/scores/);
    await expect(walkForward(task, { isCancelled: () => true })).rejects.toThrow(/cancelled/);
    await expect(
      walkForward({ ...task, equityOf: () => ({ capital: 1, equity: new Float64Array(1) }) }),
    ).rejects.toThrow(/gave 1 marks/);
  });

  it('runs a built-in strategy over the S&P 500, with warm-up bars before each range', async () => {
    const bars = spx();
    const warmUp = 60;
    const progress: number[] = [];
    const backtest = ({ fast, slow }: { fast: number; slow: number }, { from, to }: Range) => {
      const start = Math.max(0, from - warmUp);
      const { equity } = runBacktest({
        strategy: 'sma-cross',
        parameters: { fast, slow },
        settings: DEFAULT_SETTINGS,
        bars: copyBars(bars, start, to),
      });
      const before = from === start ? DEFAULT_SETTINGS.cash : (equity[from - start - 1] ?? 1);
      return { capital: before, equity: equity.slice(from - start) };
    };
    const result = await walkForward(
      {
        candidates: [5, 10, 20].flatMap((fast) => [30, 60].map((slow) => ({ fast, slow }))),
        windows: walkForwardWindows(bars.time.length, {
          mode: 'anchored',
          trainBars: 1_500,
          testBars: 500,
        }),
        carry: 'flat',
        capital: 100_000,
        evaluate: (all, range) =>
          all.map((one) => backtest(one, range).equity.at(-1) ?? Number.NaN),
        equityOf: backtest,
      },
      { onProgress: (done, total) => progress.push(done / total) },
    );
    expect(result.equity).toHaveLength(bars.time.length - 1_500);
    expect(result.equity.every((value) => value > 0)).toBe(true);
    // The pieces join: the growth of the whole is the product of the growths of the tests.
    const product = result.steps.reduce(
      (sum, { outOfSampleGrowth, window: { test } }) =>
        sum + outOfSampleGrowth * (test.to - test.from),
      0,
    );
    expect(Math.log((result.equity.at(-1) ?? 0) / 100_000)).toBeCloseTo(product, 9);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });
});

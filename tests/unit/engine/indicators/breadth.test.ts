import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { BREADTH } from '../../../../engine/indicators/breadth/index.ts';
import { countIssues } from '../../../../engine/indicators/breadth/issues.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { randomWalk, spx } from '../backtest/bars.ts';
import { fc } from '../../../support/properties.ts';

function run(
  id: string,
  first: readonly number[],
  second: readonly number[],
  parameters: ParameterValues = {},
  output = 0,
): number[] {
  const definition = BREADTH.find((each) => each.id === id);
  if (definition === undefined) throw new Error(`${id} is missing`);
  const inputs = [Float64Array.from(first), Float64Array.from(second)];
  return Array.from(runIndicator(definition, inputs, parameters)[output] ?? []);
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** An exponential average by its weights: the seed and every later value, multiplied out. */
function ema(list: readonly number[], period: number, i: number): number {
  const alpha = 2 / (period + 1);
  let value = mean(list.slice(0, period)) * (1 - alpha) ** (i - period + 1);
  for (let k = period; k <= i; k += 1) value += alpha * (1 - alpha) ** (i - k) * (list[k] ?? 0);
  return value;
}

const UP = Array.from({ length: 120 }, (_, i) => 1_000 + ((i * 731) % 900));
const DOWN = Array.from({ length: 120 }, (_, i) => 900 + ((i * 389) % 1_000));
const none = Number.NaN;

describe('advances and declines', () => {
  it('line, ratio and percent of hand-worked numbers', () => {
    expect(run('ad_line', [5, 2, 4], [3, 6, 0])).toEqual([2, -2, 2]);
    expect(run('ad_ratio', [6, 2, 4], [3, 8, 0])).toEqual([2, 0.25, none]);
    // (6 − 3) / 9, (2 − 8) / 10, nothing moved.
    expect(run('ad_percent', [6, 2, 0], [3, 8, 0])).toEqual([expect.closeTo(100 / 3, 10), -60, 0]);
  });

  it('the Arms index is a ratio of two ratios, as its explanation says', () => {
    // 1,500 up on 300 M, 1,000 down on 400 M: (1.5) / (0.75) = 2.
    const issues = run('ad_ratio', [1_500], [1_000])[0] ?? 0;
    expect(issues / (run('ad_ratio', [300], [400])[0] ?? 0)).toBe(2);
  });

  it('McClellan oscillator and summation by the weights of their averages', () => {
    for (const adjusted of [true, false]) {
      const net = UP.map((a, i) => {
        const d = DOWN[i] ?? 0;
        return adjusted ? (1_000 * (a - d)) / (a + d) : a - d;
      });
      const mine = run('mcclellan', UP, DOWN, { adjusted });
      const summed = run('mcclellan_summation', UP, DOWN, { adjusted });
      expect(mine.findIndex(Number.isFinite)).toBe(38);
      let sum = 0;
      for (let i = 38; i < UP.length; i += 1) {
        const wanted = ema(net, 19, i) - ema(net, 39, i);
        sum += wanted;
        expect(mine[i]).toBeCloseTo(wanted, 8);
        expect(summed[i]).toBeCloseTo(sum, 7);
      }
    }
  });

  it('the 10% and 5% trends of the McClellans are averages of 19 and 39 bars', () => {
    // A jump of net advances by 1000 (adjusted) moves the fast average by 100, the slow by 50.
    const up = [...Array(60).fill(1), 2];
    const down = [...Array(60).fill(1), 0];
    expect(run('mcclellan', up, down).at(-1)).toBeCloseTo(50, 10);
  });

  it('breadth thrust: signal once, only when it comes fast enough', () => {
    const wide = (up: number, bars: number): number[] => Array<number>(bars).fill(up);
    const fast = [...wide(30, 12), ...wide(95, 10)];
    const value = run(
      'breadth_thrust',
      fast,
      fast.map((x) => 100 - x),
    );
    const signal = run(
      'breadth_thrust',
      fast,
      fast.map((x) => 100 - x),
      {},
      1,
    );
    for (let i = 9; i < fast.length; i += 1) {
      expect(value[i]).toBeCloseTo(
        ema(
          fast.map((x) => x / 100),
          10,
          i,
        ),
        12,
      );
    }
    // 0.3 → 0.418 → 0.515 → 0.594 → 0.659: the fourth bar after the fall.
    expect(signal.map((x, i) => (x === 1 ? i : -1)).filter((i) => i >= 0)).toEqual([15]);
    const slow = [...wide(30, 12), ...wide(55, 20), ...wide(95, 10)];
    expect(
      run(
        'breadth_thrust',
        slow,
        slow.map((x) => 100 - x),
        {},
        1,
      ),
    ).not.toContain(1);
    // Nothing moved at all: a half.
    expect(run('breadth_thrust', wide(0, 10), wide(0, 10)).at(-1)).toBe(0.5);
  });

  it('new highs and lows of hand-worked numbers', () => {
    expect(run('new_highs_lows', [80, 10, 0], [20, 30, 0])).toEqual([60, -20, 0]);
    expect(run('new_highs_lows', [80, 10, 0], [20, 30, 0], {}, 1)).toEqual([60, -50, 0]);
    expect(run('new_highs_lows', [80, 10, 0], [20, 30, 0], {}, 2)).toEqual([80, 25, 50]);
    // (80 + 25 + 50) / 3
    expect(run('high_low_index', [80, 10, 0], [20, 30, 0], { timeperiod: 3 })).toEqual([
      none,
      none,
      expect.closeTo(155 / 3, 10),
    ]);
  });
});

describe('against a benchmark', () => {
  const index = Array.from(spx().close.subarray(0, 300));
  const other = Array.from(randomWalk(300, 6).close);

  it('relative strength is rebased to the first bar', () => {
    expect(run('relative_strength', [50, 60, 60], [100, 100, 150])).toEqual([100, 120, 80]);
    expect(run('relative_strength', [50, 60, 60], [100, 100, 150], {}, 1)).toEqual([0.5, 0.6, 0.4]);
    expect(run('relative_strength', [5, 6, 9], [0, 3, 3])).toEqual([none, 100, 150]);
  });

  it('Mansfield is the distance from the average', () => {
    // Ratios 1, 2, 3; mean 2: 3 / 2 − 1 = 50%.
    expect(run('mansfield_rs', [1, 2, 3], [1, 1, 1], { timeperiod: 3 })).toEqual([none, none, 50]);
    const ratio = index.map((x, i) => x / (other[i] ?? 1));
    const mine = run('mansfield_rs', index, other);
    for (let i = 51; i < index.length; i += 1) {
      const wanted = 100 * ((ratio[i] ?? 0) / mean(ratio.slice(i - 51, i + 1)) - 1);
      expect(mine[i]).toBeCloseTo(wanted, 9);
    }
  });

  it('alpha and beta are those of a portfolio made with them', () => {
    const free = 0.04 / 252;
    const daily = 0.0002;
    let price = 100;
    const made = [100];
    for (let i = 1; i < index.length; i += 1) {
      const market = (index[i] ?? 0) / (index[i - 1] ?? 1) - 1;
      price *= 1 + free + daily + 1.3 * (market - free);
      made.push(price);
    }
    const given = { timeperiod: 60, risk_free: 4, periods: 252 };
    for (const alpha of run('jensen_alpha', made, index, given).slice(60)) {
      expect(alpha).toBeCloseTo(100 * 252 * daily, 7);
    }
    for (const beta of run('jensen_alpha', made, index, given, 1).slice(60)) {
      expect(beta).toBeCloseTo(1.3, 9);
    }
  });
});

describe('counting issues', () => {
  it('counts hand-worked instruments, with bars that are missing', () => {
    const closes = [
      Float64Array.of(10, 11, 11, 12, 9),
      Float64Array.of(20, none, 19, 18, 21),
      Float64Array.of(none, none, 5, 5, 6),
    ];
    // First: up, same, up (above 11, 11), down (below 11, 12). Second: down over the gap, down (below
    // 20, 19), up (above 19, 18). Third: same, up (above 5, 5).
    expect(countIssues(closes, 2)).toEqual({
      advancing: Float64Array.of(0, 1, 0, 1, 2),
      declining: Float64Array.of(0, 0, 1, 1, 1),
      unchanged: Float64Array.of(0, 0, 1, 1, 0),
      newHighs: Float64Array.of(0, 0, 0, 1, 2),
      newLows: Float64Array.of(0, 0, 0, 1, 1),
    });
  });

  it('agrees with a search in every instrument, bar by bar', () => {
    const price = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Number.NaN));
    const table = fc.array(fc.array(price, { minLength: 30, maxLength: 30 }), { maxLength: 6 });
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 5 }), (rows, period) => {
        const counts = countIssues(
          rows.map((row) => Float64Array.from(row)),
          period,
        );
        for (let i = 0; i < (rows.length === 0 ? 0 : 30); i += 1) {
          const today = rows.map((row) => {
            const x = row[i] as number;
            const before = row.slice(0, i).filter(Number.isFinite);
            const year = before.slice(-period);
            const ready = Number.isFinite(x) && year.length === period;
            return {
              change:
                Number.isFinite(x) && before.length > 0
                  ? Math.sign(x - (before.at(-1) ?? 0))
                  : none,
              high: ready && x > Math.max(...year),
              low: ready && x < Math.min(...year),
            };
          });
          expect(counts.advancing[i]).toBe(today.filter(({ change }) => change === 1).length);
          expect(counts.declining[i]).toBe(today.filter(({ change }) => change === -1).length);
          expect(counts.unchanged[i]).toBe(today.filter(({ change }) => change === 0).length);
          expect(counts.newHighs[i]).toBe(today.filter(({ high }) => high).length);
          expect(counts.newLows[i]).toBe(today.filter(({ low }) => low).length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses what does not fit', () => {
    expect(() => countIssues([Float64Array.of(1), Float64Array.of(1, 2)])).toThrow(/equal length/u);
    expect(() => countIssues([], 0)).toThrow(/period 0/u);
    expect(countIssues([]).advancing.length).toBe(0);
  });
});

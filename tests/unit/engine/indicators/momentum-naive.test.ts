import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { ADX } from '../../../../engine/indicators/momentum/adx.ts';
import { AROON } from '../../../../engine/indicators/momentum/aroon.ts';
import { CCI } from '../../../../engine/indicators/momentum/cci.ts';
import { IMI } from '../../../../engine/indicators/momentum/imi.ts';
import { MACDFIX } from '../../../../engine/indicators/momentum/macd.ts';
import { MACDEXT } from '../../../../engine/indicators/momentum/macdext.ts';
import { MFI } from '../../../../engine/indicators/momentum/mfi.ts';
import { RSI } from '../../../../engine/indicators/momentum/rsi.ts';
import { STOCH } from '../../../../engine/indicators/momentum/stochastic.ts';
import { TRIX } from '../../../../engine/indicators/momentum/trix.ts';
import { ULTOSC } from '../../../../engine/indicators/momentum/ultosc.ts';
import {
  movingAverageColumn,
  movingAverageLookback,
} from '../../../../engine/indicators/kernels/moving-average.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { spx } from '../backtest/bars.ts';

/** Second implementations, written from the definitions: whole windows over again for every bar. */

const bars = spx();
const N = 500;
const open = Array.from(bars.open.subarray(0, N));
const high = Array.from(bars.high.subarray(0, N));
const low = Array.from(bars.low.subarray(0, N));
const close = Array.from(bars.close.subarray(0, N));
const volume = Array.from(bars.volume.subarray(0, N));
const typical = close.map((x, i) => (x + at(high, i) + at(low, i)) / 3);

function at(column: readonly number[], i: number): number {
  return column[i] ?? Number.NaN;
}
function total(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0);
}
function mean(values: readonly number[]): number {
  return total(values) / values.length;
}
/** The last `period` values of a column at a bar. */
function window(column: readonly number[], period: number, i: number): readonly number[] {
  return column.slice(Math.max(0, i - period + 1), i + 1);
}
/** An exponential average of what is finite, seeded with the mean of the first `period` values. */
function average(column: readonly number[], period: number, weight: number): number[] {
  const begin = column.findIndex(Number.isFinite);
  const out: number[] = column.map(() => Number.NaN);
  if (begin < 0) return out;
  const first = begin + period - 1;
  for (let i = first; i < column.length; i += 1) {
    out[i] =
      i === first
        ? mean(window(column, period, i))
        : weight * at(column, i) + (1 - weight) * at(out, i - 1);
  }
  return out;
}
const ema = (column: readonly number[], period: number) =>
  average(column, period, 2 / (period + 1));
/** Wilder's average. */
const wilder = (column: readonly number[], period: number) => average(column, period, 1 / period);

function check(
  definition: IndicatorDefinition,
  parameters: ParameterValues,
  wanted: readonly (readonly number[])[],
): void {
  const source: Readonly<Record<string, readonly number[]>> = {
    open,
    high,
    low,
    close,
    volume,
    real: close,
  };
  const inputs = definition.inputs.map((input) => Float64Array.from(source[input] ?? []));
  const computed = runIndicator(definition, inputs, parameters);
  const first = definition.lookback(parameters);
  wanted.forEach((column, k) => {
    for (let i = 0; i < N; i += 1) {
      const mine = computed[k]?.[i] ?? Number.NaN;
      if (i < first) expect(mine, `bar ${i}`).toBeNaN();
      else expect(mine, `${definition.id} bar ${i}`).toBeCloseTo(at(column, i), 8);
    }
  });
}

describe('second implementations', () => {
  const each = close.map((_, i) => i);

  it.each([2, 5, 30])('RSI(%i)', (period) => {
    const gains = wilder(
      close.map((x, i) => (i === 0 ? NaN : Math.max(x - at(close, i - 1), 0))),
      period,
    );
    const losses = wilder(
      close.map((x, i) => (i === 0 ? NaN : Math.max(at(close, i - 1) - x, 0))),
      period,
    );
    const wanted = gains.map((gain, i) => 100 - 100 / (1 + gain / at(losses, i)));
    check(RSI, { timeperiod: period }, [wanted]);
  });

  it.each([2, 3, 21])('CCI(%i)', (period) => {
    const wanted = each.map((i) => {
      const middle = mean(window(typical, period, i));
      const usual = mean(window(typical, period, i).map((x) => Math.abs(x - middle)));
      return (at(typical, i) - middle) / (0.015 * usual);
    });
    check(CCI, { timeperiod: period }, [wanted]);
  });

  it.each([2, 9, 40])('IMI(%i)', (period) => {
    const bodies = close.map((x, i) => x - at(open, i));
    const wanted = each.map((i) => {
      const rises = total(window(bodies, period, i).filter((x) => x > 0));
      const falls = -total(window(bodies, period, i).filter((x) => x < 0));
      return (100 * rises) / (rises + falls);
    });
    check(IMI, { timeperiod: period }, [wanted]);
  });

  it.each([2, 9, 40])('MFI(%i)', (period) => {
    const flows = typical.map(
      (x, i) => Math.sign(x - (i === 0 ? x : at(typical, i - 1))) * x * at(volume, i),
    );
    const wanted = each.map((i) => {
      const gains = total(window(flows, period, i).filter((x) => x > 0));
      const all = total(window(flows, period, i).map(Math.abs));
      return (100 * gains) / all;
    });
    check(MFI, { timeperiod: period }, [wanted]);
  });

  it.each([
    [7, 14, 28],
    [3, 1, 2],
    [10, 10, 10],
    [33, 5, 17],
  ])('ULTOSC(%i, %i, %i)', (...periods) => {
    const floors = low.map((x, i) => Math.min(x, i === 0 ? x : at(close, i - 1)));
    const ranges = high.map((x, i) => Math.max(x, i === 0 ? x : at(close, i - 1)) - at(floors, i));
    const pressures = close.map((x, i) => x - at(floors, i));
    const [short = 0, middle = 0, long = 0] = periods.toSorted((a, b) => a - b);
    const share = (period: number, i: number): number =>
      total(window(pressures, period, i)) / total(window(ranges, period, i));
    const wanted = each.map(
      (i) => (100 * (4 * share(short, i) + 2 * share(middle, i) + share(long, i))) / 7,
    );
    const [timeperiod1, timeperiod2, timeperiod3] = periods;
    check(ULTOSC, { timeperiod1, timeperiod2, timeperiod3 }, [wanted]);
  });

  it.each([2, 6, 25])('AROON(%i)', (period) => {
    const age = (column: readonly number[], best: number): number =>
      column.length - 1 - column.lastIndexOf(best);
    const down = each.map((i) => {
      const lows = window(low, period + 1, i);
      return (100 * (period - age(lows, Math.min(...lows)))) / period;
    });
    const up = each.map((i) => {
      const highs = window(high, period + 1, i);
      return (100 * (period - age(highs, Math.max(...highs)))) / period;
    });
    check(AROON, { timeperiod: period }, [down, up]);
  });

  it.each([
    [5, 3, 3],
    [14, 1, 3],
    [1, 2, 2],
    [20, 5, 7],
  ])('STOCH(%i, %i, %i)', (fast, slowK, slowD) => {
    const places = each.map((i) => {
      const bottom = Math.min(...window(low, fast, i));
      const top = Math.max(...window(high, fast, i));
      return (100 * (at(close, i) - bottom)) / (top - bottom);
    });
    const slowk = each.map((i) => mean(window(places, slowK, i)));
    const slowd = each.map((i) => mean(window(slowk, slowD, i)));
    const given = { fastk_period: fast, slowk_period: slowK, slowd_period: slowD };
    check(STOCH, given, [slowk, slowd]);
  });

  it.each([2, 5, 14])('ADX(%i)', (period) => {
    const before = (column: readonly number[], i: number): number => at(column, i - 1);
    const up = high.map((x, i) => x - before(high, i));
    const down = low.map((x, i) => before(low, i) - x);
    const plus = up.map((x, i) => (x > at(down, i) && x > 0 ? x : 0));
    const minus = down.map((x, i) => (x > at(up, i) && x > 0 ? x : 0));
    const range = high.map((x, i) =>
      Math.max(
        x - at(low, i),
        Math.abs(x - before(close, i)),
        Math.abs(at(low, i) - before(close, i)),
      ),
    );
    // Wilder's sum: each of the first n − 1 moves in full, later ones add to (n − 1) / n of the sum.
    const sum = (moves: readonly number[], i: number): number =>
      i === period - 1
        ? total(moves.slice(1, period))
        : sum(moves, i - 1) * (1 - 1 / period) + at(moves, i);
    const index = each.map((i) => {
      if (i < period) return Number.NaN;
      const p = sum(plus, i) / sum(range, i);
      const m = sum(minus, i) / sum(range, i);
      return (100 * Math.abs(p - m)) / (p + m);
    });
    check(ADX, { timeperiod: period }, [wilder(index, period)]);
  });

  it.each([2, 4, 15])('TRIX(%i)', (period) => {
    const smooth = ema(ema(ema(close, period), period), period);
    const wanted = smooth.map((x, i) => (100 * (x - at(smooth, i - 1))) / at(smooth, i - 1));
    check(TRIX, { timeperiod: period }, [wanted]);
  });

  it.each([1, 9])('MACDFIX(%i)', (signalperiod) => {
    // The fast average begins with the last 12 of the first 26 bars.
    const late = close.map((x, i) => (i < 14 ? NaN : x));
    const slow = average(close, 26, 0.075);
    const macd = average(late, 12, 0.15).map((x, i) => x - at(slow, i));
    const signal = ema(macd, signalperiod);
    const hist = macd.map((x, i) => x - at(signal, i));
    check(MACDFIX, { signalperiod }, [macd, signal, hist]);
  });

  it('MACDEXT with any two kinds of average', () => {
    for (let fastmatype = 0; fastmatype <= 8; fastmatype += 1) {
      const slowmatype = 8 - fastmatype;
      const signalmatype = (fastmatype + 3) % 9;
      const [fastperiod, slowperiod, signalperiod] = [5, 8, 4];
      const begin = Math.max(
        movingAverageLookback(fastmatype, fastperiod),
        movingAverageLookback(slowmatype, slowperiod),
      );
      // Each average of just the bars that let it begin at the same time as the other.
      const of = (type: number, period: number): number[] => {
        const start = begin - movingAverageLookback(type, period);
        const out = new Float64Array(N - start);
        movingAverageColumn(type, Float64Array.from(close.slice(start)), period, out);
        return [...Array.from({ length: start }, () => NaN), ...out];
      };
      const slow = of(slowmatype, slowperiod);
      const macd = of(fastmatype, fastperiod).map((x, i) => x - at(slow, i));
      const signals = new Float64Array(N - begin);
      const distances = Float64Array.from(macd.slice(begin));
      movingAverageColumn(signalmatype, distances, signalperiod, signals);
      const signal = [...Array.from({ length: begin }, () => NaN), ...signals];
      const hist = macd.map((x, i) => x - at(signal, i));
      check(
        MACDEXT,
        { fastperiod, slowperiod, signalperiod, fastmatype, slowmatype, signalmatype },
        [macd, signal, hist],
      );
    }
  });
});

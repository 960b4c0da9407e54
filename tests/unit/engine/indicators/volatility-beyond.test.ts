import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import {
  EWMA_VOLATILITY,
  GARMAN_KLASS,
  GARMAN_KLASS_YANG_ZHANG,
  HISTORICAL_VOLATILITY,
  PARKINSON,
  ROGERS_SATCHELL,
  YANG_ZHANG,
} from '../../../../engine/indicators/volatility/realized.ts';
import { spx } from '../backtest/bars.ts';

type Bar = readonly [open: number, high: number, low: number, close: number];

function run(
  definition: IndicatorDefinition,
  bars: readonly Bar[],
  parameters: ParameterValues,
): number[] {
  const place = { open: 0, high: 1, low: 2, close: 3 } as const;
  const inputs = definition.inputs.map((name) =>
    Float64Array.from(bars, (bar) => bar[place[name as keyof typeof place]]),
  );
  return Array.from(runIndicator(definition, inputs, parameters)[0] ?? []);
}

const market = spx();
const BARS = Array.from({ length: 400 }, (_, i): Bar => [
  market.open[i] as number,
  market.high[i] as number,
  market.low[i] as number,
  market.close[i] as number,
]);

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const sampleVariance = (list: readonly number[]): number => {
  const centre = mean(list);
  return list.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (list.length - 1);
};

/** Second implementations, from the papers, over the window that ends with bar i. */
const NAIVE: Record<string, (bars: readonly Bar[], i: number, n: number) => number> = {
  historical_volatility: (bars, i, n) =>
    sampleVariance(
      window(i, n).map((k) => Math.log(at(bars, k)[3]) - Math.log(at(bars, k - 1)[3])),
    ),
  parkinson: (bars, i, n) =>
    mean(window(i, n).map((k) => Math.log(at(bars, k)[1] / at(bars, k)[2]) ** 2)) /
    (4 * Math.log(2)),
  garman_klass: garmanKlass,
  rogers_satchell: (bars, i, n) => mean(window(i, n).map((k) => rogersSatchell(at(bars, k)))),
  garman_klass_yang_zhang: (bars, i, n) =>
    garmanKlass(bars, i, n) +
    mean(window(i, n).map((k) => Math.log(at(bars, k)[0] / at(bars, k - 1)[3]) ** 2)),
  yang_zhang: (bars, i, n) => {
    const overnight = window(i, n).map((k) => Math.log(at(bars, k)[0] / at(bars, k - 1)[3]));
    const day = window(i, n).map((k) => Math.log(at(bars, k)[3] / at(bars, k)[0]));
    const k = 0.34 / (1.34 + (n + 1) / (n - 1));
    const inside = mean(window(i, n).map((j) => rogersSatchell(at(bars, j))));
    return sampleVariance(overnight) + k * sampleVariance(day) + (1 - k) * inside;
  },
};

function garmanKlass(bars: readonly Bar[], i: number, n: number): number {
  return mean(
    window(i, n).map((k) => {
      // Normalised as in the paper: u, d, c are high, low and close over the open.
      const [o, h, l, c] = at(bars, k);
      const u = Math.log(h / o);
      const d = Math.log(l / o);
      return 0.5 * (u - d) ** 2 - (2 * Math.log(2) - 1) * Math.log(c / o) ** 2;
    }),
  );
}

function at(bars: readonly Bar[], k: number): Bar {
  return bars[k] as Bar;
}

function window(i: number, n: number): number[] {
  return Array.from({ length: n }, (_, k) => i - n + 1 + k);
}

function rogersSatchell([o, h, l, c]: Bar): number {
  const u = Math.log(h / o);
  const d = Math.log(l / o);
  const move = Math.log(c / o);
  return u * (u - move) + d * (d - move);
}

describe('realised volatility', () => {
  it.each([
    [HISTORICAL_VOLATILITY],
    [PARKINSON],
    [GARMAN_KLASS],
    [ROGERS_SATCHELL],
    [GARMAN_KLASS_YANG_ZHANG],
    [YANG_ZHANG],
  ])('$id is what its paper defines, at prices of any size', (definition) => {
    for (const [scale, n, periods] of [
      [1, 10, 252],
      [1e-9, 21, 365],
      [1e9, 5, 1],
    ] as const) {
      const bars = BARS.map((bar) => bar.map((x) => x * scale) as unknown as Bar);
      const mine = run(definition, bars, { timeperiod: n, periods });
      const first = definition.lookback({ timeperiod: n });
      for (let i = first; i < bars.length; i += 1) {
        const wanted = 100 * Math.sqrt(periods * (NAIVE[definition.id]?.(bars, i, n) ?? 0));
        expect(Math.abs((mine[i] as number) / wanted - 1)).toBeLessThan(1e-9);
      }
      expect(mine.slice(0, first).every(Number.isNaN)).toBe(true);
    }
  });

  it('reckons a hand-worked bar', () => {
    // open 1, high e^0.2, low e^−0.1, close e^0.1: range 0.3, move 0.1.
    const bar: Bar = [1, Math.exp(0.2), Math.exp(-0.1), Math.exp(0.1)];
    const once = { timeperiod: 1, periods: 1 };
    // 0.09 / (4 × 0.693147) = 0.0324606; root 0.180168 → 18.0168%
    expect(run(PARKINSON, [bar], once)[0]).toBeCloseTo(18.0168, 3);
    // 0.5 × 0.09 − 0.386294 × 0.01 = 0.0411371; root 0.202823
    expect(run(GARMAN_KLASS, [bar], once)[0]).toBeCloseTo(20.2823, 3);
    // (0.2 − 0.1) × 0.2 + (−0.1 − 0.1) × (−0.1) = 0.02 + 0.02 = 0.04; root 0.2
    expect(run(ROGERS_SATCHELL, [bar], once)[0]).toBeCloseTo(20, 10);
  });

  it('reckons hand-worked closes', () => {
    // Returns 0.1, −0.1, 0.1: mean 1/30, sample variance (2 × (1/15)² + (2/15)²) / 2 = 0.0133333.
    const closes = [0, 0.1, 0, 0.1].map(Math.exp);
    const bars = closes.map((c): Bar => [c, c, c, c]);
    const mine = run(HISTORICAL_VOLATILITY, bars, { timeperiod: 3, periods: 252 });
    expect(mine[3]).toBeCloseTo(100 * Math.sqrt((252 * 0.04) / 3), 8);
    // RiskMetrics: 0.01, then 0.5 × 0.01 + 0.5 × 0.01, unchanged.
    expect(run(EWMA_VOLATILITY, bars, { decay: 0.5, periods: 1 })[3]).toBeCloseTo(10, 10);
    const jump = [0, 0.1, 0.3].map((x): Bar => [1, 1, 1, Math.exp(x)]);
    // 0.75 × 0.01 + 0.25 × 0.04 = 0.0175
    expect(run(EWMA_VOLATILITY, jump, { decay: 0.75, periods: 1 })[2]).toBeCloseTo(
      100 * Math.sqrt(0.0175),
      10,
    );
  });

  it('takes a bar that only rises as no volatility, by Rogers and Satchell', () => {
    const rising: Bar[] = [1, 2, 3].map((x) => [x, x + 1, x, x + 1]);
    expect(run(ROGERS_SATCHELL, rising, { timeperiod: 2, periods: 252 }).slice(1)).toEqual([0, 0]);
  });

  it('is exactly zero where nothing moves, also after a bar that did', () => {
    const flat = Array.from({ length: 60 }, (): Bar => [7.3, 7.3, 7.3, 7.3]);
    const bars: Bar[] = [...BARS.slice(0, 20), [7.3e9, 9e9, 1, 7.3], ...flat];
    for (const definition of [HISTORICAL_VOLATILITY, PARKINSON, GARMAN_KLASS, YANG_ZHANG]) {
      const mine = run(definition, bars, { timeperiod: 10, periods: 252 });
      expect(mine.slice(35).every((x) => x === 0)).toBe(true);
    }
  });

  it('has no value while a price that is not positive is in the window, and again after it', () => {
    const bars: Bar[] = BARS.slice(0, 40).map((bar, i) => (i === 20 ? [0, 1, -37, 0] : bar));
    for (const definition of [PARKINSON, GARMAN_KLASS, ROGERS_SATCHELL]) {
      const mine = run(definition, bars, { timeperiod: 5, periods: 252 });
      expect(mine.map(Number.isFinite).indexOf(false, 4)).toBe(20);
      expect(mine.slice(20, 25).every(Number.isNaN)).toBe(true);
      expect(mine.slice(25).every(Number.isFinite)).toBe(true);
    }
    const closes = run(YANG_ZHANG, bars, { timeperiod: 5, periods: 252 });
    expect(closes.slice(20, 26).every(Number.isNaN)).toBe(true);
    expect(closes.slice(26).every(Number.isFinite)).toBe(true);
  });
});

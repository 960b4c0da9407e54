import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { HT_DCPERIOD, HT_PHASOR } from '../../../../engine/indicators/cycle/period.ts';
import { HT_DCPHASE, HT_SINE, HT_TRENDMODE } from '../../../../engine/indicators/cycle/phase.ts';
import { MAMA } from '../../../../engine/indicators/overlap/adaptive-averages.ts';
import { HT_TRENDLINE } from '../../../../engine/indicators/overlap/trendline.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { randomWalk, spx } from '../backtest/bars.ts';

function run(definition: IndicatorDefinition, values: readonly number[]): number[][] {
  return runIndicator(definition, [Float64Array.from(values)]).map((column) => [...column]);
}

interface Cycle {
  readonly smooth: number[];
  readonly inPhase: number[];
  readonly quadrature: number[];
  readonly smoothPeriod: number[];
}

/**
 * Ehlers' formulas as he prints them, over whole histories (Rocket Science for Traders, figure 7.1):
 * nothing is known before bar `from`.
 */
function hilbert(prices: readonly number[], from: number): Cycle {
  const history = (): number[] => prices.map(() => 0);
  const [smooth, detrender, q1, i1] = [history(), history(), history(), history()];
  const [i2, q2, re, im] = [history(), history(), history(), history()];
  const [period, smoothPeriod] = [history(), history()];
  const ago = (series: readonly number[], i: number): number => series[i] ?? 0;
  for (let i = from; i < prices.length; i += 1) {
    const factor = 0.075 * ago(period, i - 1) + 0.54;
    const transform = (series: readonly number[]): number =>
      (0.0962 * ago(series, i) +
        0.5769 * ago(series, i - 2) -
        0.5769 * ago(series, i - 4) -
        0.0962 * ago(series, i - 6)) *
      factor;
    smooth[i] =
      (4 * ago(prices, i) + 3 * ago(prices, i - 1) + 2 * ago(prices, i - 2) + ago(prices, i - 3)) /
      10;
    detrender[i] = transform(smooth);
    q1[i] = transform(detrender);
    i1[i] = ago(detrender, i - 3);
    const i2Now = ago(i1, i) - transform(q1);
    const q2Now = ago(q1, i) + transform(i1);
    i2[i] = 0.2 * i2Now + 0.8 * ago(i2, i - 1);
    q2[i] = 0.2 * q2Now + 0.8 * ago(q2, i - 1);
    re[i] =
      0.2 * (ago(i2, i) * ago(i2, i - 1) + ago(q2, i) * ago(q2, i - 1)) + 0.8 * ago(re, i - 1);
    im[i] =
      0.2 * (ago(i2, i) * ago(q2, i - 1) - ago(q2, i) * ago(i2, i - 1)) + 0.8 * ago(im, i - 1);
    const before = ago(period, i - 1);
    let now = before;
    if (im[i] !== 0 && re[i] !== 0) now = (2 * Math.PI) / Math.atan(ago(im, i) / ago(re, i));
    now = Math.max(Math.min(now, 1.5 * before), 0.67 * before);
    now = Math.min(Math.max(now, 6), 50);
    period[i] = 0.2 * now + 0.8 * before;
    smoothPeriod[i] = 0.33 * ago(period, i) + 0.67 * ago(smoothPeriod, i - 1);
  }
  return { smooth, inPhase: i1, quadrature: q1, smoothPeriod };
}

/** The phase by figure 9.1 of the book, from trigonometry on each bar. */
function phases(prices: readonly number[], from: number): number[] {
  const { smooth, smoothPeriod } = hilbert(prices, from);
  return smooth.map((_, i) => {
    const whole = Math.floor((smoothPeriod[i] ?? 0) + 0.5);
    let real = 0;
    let imaginary = 0;
    for (let k = 0; k < whole; k += 1) {
      real += Math.sin((2 * Math.PI * k) / whole) * (smooth[i - k] ?? 0);
      imaginary += Math.cos((2 * Math.PI * k) / whole) * (smooth[i - k] ?? 0);
    }
    const angle = (Math.atan(real / imaginary) * 180) / Math.PI + (imaginary < 0 ? 180 : 0);
    const phase = angle + 90 + 360 / (smoothPeriod[i] ?? 0);
    return phase > 315 ? phase - 360 : phase;
  });
}

/** Trend or cycle by figure 11.1 of the book, from the columns of its parts. */
function modes(cycle: Cycle, phase: readonly number[], trend: readonly number[]): number[] {
  const ahead = phase.map((degrees, i) => {
    // Where sine and lead sine cross: the sign of their difference changes.
    const turn = (Math.PI / 180) * degrees;
    return i < 37 ? 0 : Math.sin(turn) - Math.sin(turn + Math.PI / 4);
  });
  let crossedAt = 37;
  return phase.map((degrees, i) => {
    if (i < 37) return Number.NaN;
    const now = ahead[i] ?? 0;
    const before = ahead[i - 1] ?? 0;
    const crosses = now * before < 0 || (before === 0 && now !== 0);
    if (crosses) crossedAt = i;
    const period = cycle.smoothPeriod[i] ?? 0;
    const rate = (degrees - (phase[i - 1] ?? 0)) / (360 / period);
    const away = (cycle.smooth[i] ?? 0) / (trend[i] ?? 0) - 1;
    if (Math.abs(away) >= 0.015) return 1;
    if (crosses || i - crossedAt + 1 < period / 2) return 0;
    return rate > 0.67 && rate < 1.5 ? 0 : 1;
  });
}

function expectClose(mine: readonly number[] | undefined, wanted: readonly number[], from: number) {
  const scale = Math.max(...wanted.slice(from).map(Math.abs));
  expect(mine?.slice(0, from).every(Number.isNaN)).toBe(true);
  for (let i = from; i < wanted.length; i += 1) {
    const difference = Math.abs((mine?.[i] ?? Number.NaN) - (wanted[i] ?? 0));
    expect(difference, `bar ${i}`).toBeLessThanOrEqual(1e-9 * scale);
  }
}

const closes = [...randomWalk(700, 21).close];
const wave = (period: number, length = 600): number[] =>
  Array.from({ length }, (_, i) => 100 + 5 * Math.sin((2 * Math.PI * i) / period));

describe('a second implementation from the book agrees', () => {
  it.each([
    ['a random walk', closes],
    ['the S&P 500', [...spx().close.subarray(0, 1_000)]],
    ['a wave', wave(17)],
  ])('on %s', (_name, prices) => {
    const short = hilbert(prices, 12);
    expectClose(run(HT_DCPERIOD, prices)[0], short.smoothPeriod, 32);
    const [inPhase, quadrature] = run(HT_PHASOR, prices);
    expectClose(inPhase, short.inPhase, 32);
    expectClose(quadrature, short.quadrature, 32);
    const phase = phases(prices, 37);
    expectClose(run(HT_DCPHASE, prices)[0], phase, 63);
    const [sine, lead] = run(HT_SINE, prices);
    const radians = phase.map((degrees) => (degrees * Math.PI) / 180);
    expectClose(sine, radians.map(Math.sin), 63);
    expectClose(
      lead,
      radians.map((x) => Math.sin(x + Math.PI / 4)),
      63,
    );
    const { smoothPeriod } = hilbert(prices, 37);
    const means = prices.map((_, i) => {
      const whole = Math.floor((smoothPeriod[i] ?? 0) + 0.5);
      const window = prices.slice(i + 1 - whole, i + 1);
      return i < 37 || whole === 0 ? 0 : window.reduce((sum, x) => sum + x, 0) / whole;
    });
    const trend = means.map(
      (m, i) =>
        (4 * m + 3 * (means[i - 1] ?? 0) + 2 * (means[i - 2] ?? 0) + (means[i - 3] ?? 0)) / 10,
    );
    expectClose(run(HT_TRENDLINE, prices)[0], trend, 63);
    expect(run(HT_TRENDMODE, prices)[0]?.slice(63)).toEqual(
      modes(hilbert(prices, 37), phase, trend).slice(63),
    );
  });

  it('of MAMA and FAMA', () => {
    const { inPhase, quadrature } = hilbert(closes, 12);
    const mama = closes.map(() => 0);
    const fama = closes.map(() => 0);
    let phase = 0;
    for (let i = 12; i < closes.length; i += 1) {
      const now =
        inPhase[i] === 0
          ? 0
          : (Math.atan((quadrature[i] ?? 0) / (inPhase[i] ?? 0)) * 180) / Math.PI;
      const alpha = Math.max(0.5 / Math.max(phase - now, 1), 0.05);
      phase = now;
      mama[i] = alpha * (closes[i] ?? 0) + (1 - alpha) * (mama[i - 1] ?? 0);
      fama[i] = 0.5 * alpha * (mama[i] ?? 0) + (1 - 0.5 * alpha) * (fama[i - 1] ?? 0);
    }
    const [mine, following] = run(MAMA, closes);
    expectClose(mine, mama, 32);
    expectClose(following, fama, 32);
  });
});

describe('on markets that are known', () => {
  it.each([10, 16, 20, 28, 35])(
    'a wave of %i bars has that period, phase and no trend',
    (period) => {
      const prices = wave(period);
      const [measured = []] = run(HT_DCPERIOD, prices);
      const [sine = []] = run(HT_SINE, prices);
      const [mode = []] = run(HT_TRENDMODE, prices);
      const late = measured.slice(300);
      expect(late.reduce((sum, x) => sum + x, 0) / late.length).toBeCloseTo(period, 0);
      // The sine runs with the wave; what is off is what the measured period is off.
      for (let i = 300; i < prices.length; i += 1) {
        const wanted = ((prices[i] ?? 0) - 100) / 5;
        expect(Math.abs((sine[i] ?? 0) - wanted), `bar ${i}`).toBeLessThan(0.25);
      }
      expect(mode.slice(300).every((x) => x === 0 || x === 1)).toBe(true);
    },
  );

  it('a quiet wave is cycling and a straight climb is trending', () => {
    const quiet = wave(20).map((x) => 1_000 + (x - 100) / 5);
    expect(
      run(HT_TRENDMODE, quiet)[0]
        ?.slice(100)
        .every((x) => x === 0),
    ).toBe(true);
    const climb = Array.from({ length: 400 }, (_, i) => 100 * 1.01 ** i);
    expect(
      run(HT_TRENDMODE, climb)[0]
        ?.slice(100)
        .every((x) => x === 1),
    ).toBe(true);
  });

  it('the trend line takes a cycle of its own length out', () => {
    const [line = []] = run(HT_TRENDLINE, wave(20));
    for (const value of line.slice(300)) expect(Math.abs(value - 100)).toBeLessThan(0.8);
  });
});

describe('without movement', () => {
  it.each([5, 100.1, 1e-8])('a price of %f has no phasor, and nothing changes', (price) => {
    const flat = Array.from({ length: 5_000 }, () => price);
    const [inPhase = [], quadrature = []] = run(HT_PHASOR, flat);
    expect([...inPhase.slice(32), ...quadrature.slice(32)].every((x) => x === 0)).toBe(true);
    for (const definition of [HT_DCPERIOD, HT_DCPHASE, HT_SINE, HT_TRENDMODE, HT_TRENDLINE]) {
      for (const column of run(definition, flat)) {
        const late = column.slice(150);
        for (const value of late) expect(Math.abs(value / (late[0] ?? 0) - 1)).toBeLessThan(1e-6);
      }
    }
    expect(run(HT_TRENDMODE, flat)[0]?.at(-1)).toBe(1);
    // The last phase there was, of the jump from nothing to the first price, and no rounding of prices.
    expect(run(HT_DCPHASE, flat)[0]?.at(-1)).toBeCloseTo(98.0529996, 6);
    expect(run(HT_TRENDLINE, flat)[0]?.at(-1)).toBeCloseTo(price, 12);
  });

  it('a market that stops keeps period and phase', () => {
    const halted = [...closes, ...Array.from({ length: 4_000 }, () => 101.37)];
    for (const definition of [HT_DCPERIOD, HT_DCPHASE]) {
      const late = run(definition, halted)[0]?.slice(1_500) ?? [];
      for (const value of late) expect(Math.abs(value / (late[0] ?? 0) - 1)).toBeLessThan(1e-9);
    }
  });

  it('a huge price leaves no trace in the weighted average', () => {
    const spiked = closes.map((x, i) => (i === 100 ? x * 1e15 : x));
    const [mine = []] = run(HT_DCPERIOD, spiked);
    const { smoothPeriod } = hilbert(spiked, 12);
    for (let i = 500; i < spiked.length; i += 1) {
      expect(Math.abs((mine[i] ?? 0) - (smoothPeriod[i] ?? 0)), `bar ${i}`).toBeLessThan(1e-3);
    }
  });
});

describe('wrong calls', () => {
  it('are refused', () => {
    for (const definition of [HT_DCPERIOD, HT_DCPHASE, HT_PHASOR, HT_SINE, HT_TRENDMODE]) {
      expect(() => runIndicator(definition, [new Float64Array(9)], { timeperiod: 5 })).toThrow(
        `${definition.id} has no parameter "timeperiod"`,
      );
      expect(() => runIndicator(definition, [])).toThrow('needs 1 series');
      expect(run(definition, [1, 2, 3])[0]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    }
  });
});

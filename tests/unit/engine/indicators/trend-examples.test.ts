import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { OVERLAP_BEYOND } from '../../../../engine/indicators/overlap/beyond.ts';
import { SAR } from '../../../../engine/indicators/overlap/parabolic.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { TREND } from '../../../../engine/indicators/trend/index.ts';
import { randomWalk, spx } from '../backtest/bars.ts';

const ALL = [...OVERLAP_BEYOND, ...TREND];
const NONE = Number.NaN;

type Columns = Readonly<Record<string, readonly number[]>>;

/** Runs an indicator on columns by name; `real` is the close. */
function run(
  id: string,
  columns: Columns,
  parameters: Readonly<Record<string, number>> = {},
): Record<string, number[]> {
  const definition = ALL.find((each) => each.id === id) as IndicatorDefinition;
  const inputs = definition.inputs.map((name) =>
    Float64Array.from(columns[name === 'real' ? 'close' : name] ?? []),
  );
  const outputs = runIndicator(definition, inputs, parameters);
  return Object.fromEntries(
    definition.outputs.map(({ name }, k) => [name, [...(outputs[k] ?? [])]]),
  );
}

function expectClose(mine: readonly number[] | undefined, wanted: readonly number[]): void {
  expect(mine?.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    if (Number.isNaN(value)) expect(mine?.[i], `bar ${i}`).toBeNaN();
    else expect(mine?.[i], `bar ${i}`).toBeCloseTo(value, 10);
  });
}

describe('averages, worked by hand', () => {
  it('hma(4)', () => {
    // WMA(2): (2×4+2)/3 = 10/3, (2×3+4)/3 = 10/3, (2×8+3)/3 = 19/3, from bar 2 on.
    // WMA(4): bar 3: (1×1+2×2+3×4+4×3)/10 = 2.9; bar 4: (2+2×4+3×3+4×8)/10 = 5.1.
    // Raw: 20/3 − 2.9 = 3.766…; 38/3 − 5.1 = 7.566…; WMA(2) of them: (2×7.566…+3.766…)/3 = 6.3.
    expectClose(run('hma', { close: [1, 2, 4, 3, 8] }, { timeperiod: 4 })['hma'], [
      NONE,
      NONE,
      NONE,
      NONE,
      6.3,
    ]);
  });

  it('alma with its bell in the middle', () => {
    // n = 3, offset 0.5: centre 1; sigma 3: width 1; weights e^−½, 1, e^−½.
    const w = Math.exp(-0.5);
    expectClose(
      run('alma', { close: [1, 5, 3] }, { timeperiod: 3, offset: 0.5, sigma: 3 })['alma'],
      [NONE, NONE, (w * 1 + 5 + w * 3) / (2 * w + 1)],
    );
  });

  it('vwma, also where nothing is traded', () => {
    // (10×1+20×3)/4 = 17.5; (20×3+30×0)/3 = 20; no volume in two bars: none.
    const columns = { close: [10, 20, 30, 40], volume: [1, 3, 0, 0] };
    expectClose(run('vwma', columns, { timeperiod: 2 })['vwma'], [NONE, 17.5, 20, NONE]);
  });

  it('smma(3) and zlema(3)', () => {
    // Mean of 1, 2, 6 is 3; (3×2+9)/3 = 5; (5×2+2)/3 = 4.
    expectClose(run('smma', { close: [1, 2, 6, 9, 2] }, { timeperiod: 3 })['smma'], [
      NONE,
      NONE,
      3,
      5,
      4,
    ]);
    // Lag 1: 2×2−1 = 3, 2×4−2 = 6, 2×5−4 = 6, 2×1−5 = −3; EMA(3): 5, then (−3−5)/2+5 = 1.
    expectClose(run('zlema', { close: [1, 2, 4, 5, 1] }, { timeperiod: 3 })['zlema'], [
      NONE,
      NONE,
      NONE,
      5,
      1,
    ]);
  });

  it('mcginley, and never beyond the price', () => {
    // Seed 10. To 20: ratio 2, divisor 2×16 = 32: 10 + 10/32 = 10.3125. Then 5: the ratio's fourth
    // power is 0.0552…, the divisor below 1: the price itself.
    expectClose(run('mcginley', { close: [10, 10, 20, 5] }, { timeperiod: 2 })['mcginley'], [
      NONE,
      10,
      10.3125,
      5,
    ]);
  });

  it('vidya(3, 2)', () => {
    // Bar 2: moves +2, +2: |CMO| 1, weight ½: 12 + ½(14−12) = 13.
    // Bar 3: moves +2, −1: |CMO| 1/3, weight 1/6: 13 + (13−13)/6 = 13.
    // Bar 4: moves −1, +5: |CMO| 2/3, weight 1/3: 13 + (18−13)/3 = 14.666…
    expectClose(
      run('vidya', { close: [10, 12, 14, 13, 18] }, { timeperiod: 3, cmoperiod: 2 })['vidya'],
      [NONE, NONE, 13, 13, 13 + 5 / 3],
    );
  });

  it('frama follows a straight line at once and a tangle hardly', () => {
    // A line: each half spans the same, both together about twice: D near 1, weight near 1.
    const line = Array.from({ length: 40 }, (_, i) => 100 + i);
    const straight = run('frama', { high: line.map((x) => x + 0.01), low: line }, {});
    expect(Math.abs((straight['frama']?.[39] ?? 0) - 139)).toBeLessThan(0.5);
    // Up and down: each half spans as much as both: D = 2, weight e^−4.6 = 0.01005….
    const high = Array.from({ length: 18 }, (_, i) => (i % 2 === 0 ? 12 : 11));
    const low = high.map((x) => x - 1);
    // Seed at bar 15: 10.5; bar 16: 11.5.
    expect(run('frama', { high, low })['frama']?.[16]).toBeCloseTo(10.5 + Math.exp(-4.6), 12);
  });

  it('median of even and odd counts', () => {
    expectClose(run('median', { close: [5, 1, 4, 4, 9] }, { timeperiod: 3 })['median'], [
      NONE,
      NONE,
      4,
      4,
      4,
    ]);
    expectClose(run('median', { close: [5, 1, 4, 4, 9] }, { timeperiod: 4 })['median'], [
      NONE,
      NONE,
      NONE,
      4,
      4,
    ]);
  });
});

/** Power of a cycle of `period` bars that passes a filter, once it has settled. */
function passes(id: string, parameters: Readonly<Record<string, number>>, period: number): number {
  const length = 40 * period;
  const close = Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * i) / period));
  const value = run(id, { close }, parameters)['value'] ?? [];
  const tail = value.slice(length - 10 * period);
  return (2 * tail.reduce((sum, x) => sum + x * x, 0)) / tail.length;
}

describe('Ehlers’ filters', () => {
  it.each([1, 2, 3, 4])('gaussian of %i poles halves the power of its own cycle', (poles) => {
    expect(passes('gaussian', { timeperiod: 24, poles }, 24)).toBeCloseTo(0.5, 6);
  });

  it('the super smoother passes long cycles, halves its own, and stops short ones', () => {
    expect(passes('super_smoother', { timeperiod: 20 }, 400)).toBeCloseTo(1, 3);
    expect(passes('super_smoother', { timeperiod: 20 }, 20)).toBeCloseTo(0.5, 1);
    expect(passes('super_smoother', { timeperiod: 20 }, 4)).toBeLessThan(0.01);
  });
});

describe('trend, worked by hand', () => {
  it('supertrend turns on a close beyond its line and trails', () => {
    // True ranges from bar 1: 2, 2, 2, 3 (14 − 11), 2, 2; ATR(2) from bar 2: 2, 2, 2.5, 2.25, 2.125.
    // Bar 2: 10 ± 2, begins down at 12. Bar 3: 11 ± 2, but the upper stays 12; close 11: down.
    // Bar 4: 13 ± 2.5, the upper stays 12, close 13.5 > 12: up at 10.5. Bar 5: 12.5 ± 2.25: the close
    // before freed the upper: 14.75; the lower stays 10.5; close 11.5: up.
    // Bar 6: 10.5 ± 2.125: the lower stays 10.5, close 9.5 < 10.5: down at 12.625.
    const columns = {
      high: [11, 11, 11, 12, 14, 13.5, 11.5],
      low: [9, 9, 9, 10, 12, 11.5, 9.5],
      close: [10, 10, 10, 11, 13.5, 11.5, 9.5],
    };
    const { value, direction, up, down } = run('supertrend', columns, {
      timeperiod: 2,
      multiplier: 1,
    });
    expectClose(value, [NONE, NONE, 12, 12, 10.5, 10.5, 12.625]);
    expectClose(direction, [NONE, NONE, -1, -1, 1, 1, -1]);
    expectClose(up, [NONE, NONE, NONE, NONE, 10.5, 10.5, NONE]);
    expectClose(down, [NONE, NONE, 12, 12, NONE, NONE, 12.625]);
  });

  it('ichimoku draws its cloud late and nothing from the future', () => {
    const close = [1, 2, 3, 4, 5, 6];
    const columns = { high: close.map((x) => x + 1), low: close.map((x) => x - 1), close };
    const lines = run('ichimoku', columns, { conversion: 1, base: 2, span: 3, displacement: 2 });
    // mid(1) = close; mid(2) = close − ½; mid(3) = close − 1; span A = (mid 1 + mid 2) / 2 two bars on.
    expectClose(lines['tenkan'], [1, 2, 3, 4, 5, 6]);
    expectClose(lines['kijun'], [NONE, 1.5, 2.5, 3.5, 4.5, 5.5]);
    expectClose(lines['senkou_a'], [NONE, NONE, NONE, 1.75, 2.75, 3.75]);
    expectClose(lines['senkou_b'], [NONE, NONE, NONE, NONE, 2, 3]);
    expectClose(lines['chikou'], [NONE, NONE, 3, 4, 5, 6]);
  });

  it('vortex of two bars', () => {
    // Bar 1: TR 3 (12 − 9), +|12−8| = 4, −|10−10| = 0. Bar 2: TR 3 (11 − 8), +|11−10| = 1,
    // −|8−12| = 4. Sums: TR 6, 5 and 4.
    const columns = { high: [10, 12, 11], low: [8, 10, 8], close: [9, 11, 9] };
    const { plus, minus } = run('vortex', columns, { timeperiod: 2 });
    expectClose(plus, [NONE, NONE, 5 / 6]);
    expectClose(minus, [NONE, NONE, 4 / 6]);
  });

  it('fractals stand at the bar that confirms them', () => {
    const high = [3, 4, 7, 5, 4, 6, 6, 2, 1];
    const { up, down } = run('fractals', { high, low: high.map((x) => -x) });
    // The 7 is known two bars later; the two equal 6 make none.
    expectClose(up, [NONE, NONE, NONE, NONE, 7, NONE, NONE, NONE, NONE]);
    expectClose(down, [NONE, NONE, NONE, NONE, -7, NONE, NONE, NONE, NONE]);
  });

  it('alligator and gator are drawn late', () => {
    const price = [1, 2, 3, 4, 5, 6];
    const parameters = { jaw: 3, jawshift: 2, teeth: 2, teethshift: 1, lips: 1, lipsshift: 0 };
    const columns = { high: price, low: price };
    const { jaw, teeth, lips } = run('alligator', columns, parameters);
    // SMMA(3): 2, 8/3, 31/9 … from bar 2, two bars on; SMMA(2): 1.5, 2.25, 3.125, 4.0625 from bar 1.
    expectClose(jaw, [NONE, NONE, NONE, NONE, 2, 8 / 3]);
    expectClose(teeth, [NONE, NONE, 1.5, 2.25, 3.125, 4.0625]);
    expectClose(lips, price);
    const { upper, lower } = run('gator', columns, parameters);
    expectClose(upper, [NONE, NONE, NONE, NONE, 1.125, 4.0625 - 8 / 3]);
    expectClose(lower, [NONE, NONE, -1.5, -1.75, -1.875, -1.9375]);
  });

  it('chandelier and chande kroll hang from the extremes', () => {
    // Ranges of 2, no gaps: ATR 2.
    const columns = { high: [11, 12, 13, 12], low: [9, 10, 11, 10], close: [10, 11, 12, 11] };
    const { long, short } = run('chandelier', columns, { timeperiod: 2, multiplier: 1 });
    expectClose(long, [NONE, NONE, 11, 11]);
    expectClose(short, [NONE, NONE, 12, 12]);
    const stops = run('chande_kroll', columns, { timeperiod: 2, multiplier: 1, stopperiod: 2 });
    expectClose(stops['short'], [NONE, NONE, NONE, 11]);
    expectClose(stops['long'], [NONE, NONE, NONE, 12]);
  });

  it('elder impulse of a price that speeds up, and of one that slows down', () => {
    const speeding = Array.from({ length: 80 }, (_, i) => 100 + i * i * 0.01);
    expect(run('elder_impulse', { close: speeding })['impulse']?.[79]).toBe(1);
    expect(run('elder_impulse', { close: speeding.map((x) => 300 - x) })['impulse']?.[79]).toBe(-1);
    // Still rising, but slower since five bars: the average rises, the histogram falls.
    const slowing = Array.from({ length: 76 }, (_, i) => (i < 70 ? i : 70 + (i - 70) / 5));
    expect(run('elder_impulse', { close: slowing })['impulse']?.[75]).toBe(0);
  });
});

describe('psar', () => {
  it.each([
    ['S&P 500', spx()],
    ['random walk', randomWalk(3_000, 5, 0.02)],
  ])('is TA-Lib’s SAR with its sides apart, on %s', (_name, { high, low }) => {
    const [sar = new Float64Array(0)] = runIndicator(SAR, [high, low], {
      acceleration: 0.02,
      maximum: 0.2,
    });
    const { long, short, reversal } = run('psar', { high: [...high], low: [...low] });
    let side = 0;
    let turns = 0;
    sar.forEach((wanted, i) => {
      const [l = NONE, s = NONE, r = NONE] = [long?.[i], short?.[i], reversal?.[i]];
      if (Number.isNaN(wanted)) {
        expect([l, s, r]).toEqual([NONE, NONE, NONE]);
        return;
      }
      expect(Number.isNaN(l)).toBe(!Number.isNaN(s));
      const now = Number.isNaN(l) ? -1 : 1;
      const value = now === 1 ? l : s;
      expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-12 * wanted);
      expect(r).toBe(side === 0 || side === now ? 0 : now);
      turns += r === 0 ? 0 : 1;
      side = now;
    });
    expect(turns).toBeGreaterThan(50);
  });

  it('follows Wilder’s rules by hand', () => {
    // Rises from the start: stop 9 at bar 1, extreme 12. Next: 9 + 0.02×(12−9) = 9.06, not above the
    // lows 10 and 10: bar 2 shows 9.06, new extreme 13, factor 0.04: 9.06 + 0.04×3.94 = 9.2176.
    // Bar 3 falls to 9: reversal to the extreme 13, stop not below the highs 13 and 12.
    const columns = { high: [11, 12, 13, 12], low: [9, 10, 11, 9] };
    const { long, short, reversal } = run('psar', columns);
    expectClose(long, [NONE, 9, 9.06, NONE]);
    expectClose(short, [NONE, NONE, NONE, 13]);
    expectClose(reversal, [NONE, 0, 0, -1]);
  });
});

describe('oscillators, worked by hand', () => {
  it('coppock(2; 2, 1)', () => {
    // ROC(2) + ROC(1): bar 2: 21 + 10 = 31 (100, 110, 121); bar 3: 108.9: −1 + −10 = −11.
    // WMA(2): (31 + 2×−11) / 3 = 3.
    expectClose(
      run('coppock', { close: [100, 110, 121, 108.9] }, { wmaperiod: 2, longroc: 2, shortroc: 1 })[
        'coppock'
      ],
      [NONE, NONE, NONE, 3],
    );
  });

  it('dpo(2) uses the average of two bars ago', () => {
    // SMA(2) is 1.5, 3, 6 from bar 1. Two bars later: 8 − 1.5 and 3 − 3.
    expectClose(run('dpo', { close: [1, 2, 4, 8, 3] }, { timeperiod: 2 })['dpo'], [
      NONE,
      NONE,
      NONE,
      6.5,
      0,
    ]);
  });

  it('tsi of a steady rise is 100, of a steady fall −100', () => {
    const close = Array.from({ length: 80 }, (_, i) => 50 + i);
    expect(run('tsi', { close })['tsi']?.[79]).toBeCloseTo(100, 10);
    expect(run('tsi', { close: close.map((x) => 200 - x) })['signal']?.[79]).toBeCloseTo(-100, 10);
  });

  it('trend intensity compares the last closes with today’s average', () => {
    // Average of 1, 2, 3, 8, 6 is 4; of the last three: 3 − 4, 8 − 4, 6 − 4: 6 up, 1 down.
    expectClose(
      run('trend_intensity', { close: [1, 2, 3, 8, 6] }, { timeperiod: 5, deviations: 3 })['tii'],
      [NONE, NONE, NONE, NONE, 600 / 7],
    );
  });

  it('linear regression channel of 1, 3, 2', () => {
    // Slope (−1×1 + 1×2) / 2 = ½; end 2.5; rests −½, 1, −½: Σ² = 1.5; all: 2; r² = ¼.
    const lines = run('linreg_channel', { close: [1, 3, 2] }, { timeperiod: 3, nbdev: 2 });
    expect(lines['middle']?.[2]).toBeCloseTo(2.5, 12);
    expect(lines['slope']?.[2]).toBeCloseTo(0.5, 12);
    expect(lines['r2']?.[2]).toBeCloseTo(0.25, 12);
    expect(lines['upper']?.[2]).toBeCloseTo(2.5 + 2 * Math.SQRT1_2, 12);
    expect(lines['lower']?.[2]).toBeCloseTo(2.5 - 2 * Math.SQRT1_2, 12);
  });

  it('z-score, %b and bandwidth of 2, 4, 9', () => {
    // Mean 5, variance (9 + 1 + 16) / 3 = 26/3.
    const s = Math.sqrt(26 / 3);
    const close = [2, 4, 9];
    expect(run('zscore', { close }, { timeperiod: 3 })['zscore']?.[2]).toBeCloseTo(4 / s, 12);
    const bands = { timeperiod: 3, nbdev: 2 };
    expect(run('bb_percent_b', { close }, bands)['value']?.[2]).toBeCloseTo(
      (9 - (5 - 2 * s)) / (4 * s),
      12,
    );
    expect(run('bb_bandwidth', { close }, bands)['value']?.[2]).toBeCloseTo((400 * s) / 5, 12);
  });
});

describe('where nothing moves', () => {
  // Sums of 0.1 round, so a mean of them is not 0.1: the usual way to divide noise by noise.
  const EXPECTED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    wave_trend: { wt1: 0, wt2: 0 },
    stc: { stc: 50 },
    qqe: { qqe: 50, signal: 50 },
    trend_intensity: { tii: 50 },
    elder_impulse: { impulse: 0 },
    zscore: { zscore: 0 },
    bb_percent_b: { value: 0.5 },
    bb_bandwidth: { value: 0 },
    linreg_channel: { middle: 0.1, upper: 0.1, lower: 0.1, slope: 0, r2: 0 },
    vortex: { plus: 0, minus: 0 },
    choppiness: { chop: 100 },
    mass_index: { mass: 25 },
    vhf: { vhf: 0 },
    rwi: { high: 0, low: 0 },
    tsi: { tsi: 0, signal: 0 },
    coppock: { coppock: 0 },
    kst: { kst: 0, signal: 0 },
    vidya: { vidya: 0.1 },
    frama: { frama: 0.1 },
    squeeze: { on: 0 },
  };

  it.each(Object.keys(EXPECTED))('%s gives its documented value', (id) => {
    const flat = Array.from({ length: 300 }, () => 0.1);
    const outputs = run(id, { high: flat, low: flat, close: flat });
    for (const [name, wanted] of Object.entries(EXPECTED[id] ?? {})) {
      const known = (outputs[name] ?? []).filter((x) => !Number.isNaN(x));
      expect(known.length).toBeGreaterThan(100);
      expect(new Set(known), `${id}.${name}`).toEqual(new Set([wanted]));
    }
  });

  // Not those that keep their last level, nor the mass index, whose two averages fade at two speeds.
  const FADING = new Set(['frama', 'vidya', 'tsi', 'qqe', 'stc', 'mass_index']);

  it.each(Object.keys(EXPECTED).filter((id) => !FADING.has(id)))(
    '%s comes back to it after the market stops',
    (id) => {
      const price = Array.from({ length: 3_000 }, (_, i) =>
        i < 300 ? 0.1 + 0.01 * Math.sin(i) : 0.1,
      );
      const high = price.map((x, i) => (i < 300 ? x + 0.003 : x));
      const outputs = run(id, { high, low: price, close: price });
      for (const [name, wanted] of Object.entries(EXPECTED[id] ?? {})) {
        expect(outputs[name]?.at(-1), `${id}.${name}`).toBeCloseTo(wanted, 9);
      }
    },
  );
});

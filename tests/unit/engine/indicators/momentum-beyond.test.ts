import { describe, expect, it } from 'vitest';
import { CONNORS_RSI } from '../../../../engine/indicators/momentum/connors-rsi.ts';
import {
  DISPARITY_INDEX,
  ELDER_RAY,
  PGO,
  PSYCHOLOGICAL_LINE,
  QSTICK,
} from '../../../../engine/indicators/momentum/distance.ts';
import { FISHER, INVERSE_FISHER_RSI } from '../../../../engine/indicators/momentum/fisher.ts';
import {
  CHAIKIN_VOLATILITY,
  GAPO,
  RELATIVE_VIGOR_INDEX,
  RELATIVE_VOLATILITY_INDEX,
  ULCER_INDEX,
} from '../../../../engine/indicators/momentum/ranges.ts';
import { RCI } from '../../../../engine/indicators/momentum/rank-correlation.ts';
import {
  DERIVATIVE_OSCILLATOR,
  DYNAMIC_MOMENTUM_INDEX,
  LAGUERRE_RSI,
  RMI,
} from '../../../../engine/indicators/momentum/rsi-relatives.ts';
import { PMO, SROC } from '../../../../engine/indicators/momentum/smoothed-rates.ts';
import { SMI, SMI_ERGODIC } from '../../../../engine/indicators/momentum/stochastic-momentum.ts';
import {
  ACCUMULATIVE_SWING_INDEX,
  SWING_INDEX,
} from '../../../../engine/indicators/momentum/swing-index.ts';
import { ACCELERATOR, AWESOME } from '../../../../engine/indicators/momentum/williams.ts';
import { RSI } from '../../../../engine/indicators/momentum/rsi.ts';
import { SPY_2017 } from './beyond-bars.ts';
import { at, firstDifference, randomBars, run } from './beyond-naive.ts';

const NONE = Number.NaN;

/** Figures with four digits, as that project publishes them. */
function four(series: readonly number[] | undefined, ...places: number[]): string[] {
  return places.map((i) => at(series ?? [], i).toFixed(4));
}

describe('against the figures of Stock Indicators', () => {
  it('awesome oscillator, Elder ray and price momentum oscillator', () => {
    const { ao } = run(AWESOME, SPY_2017);
    expect(ao?.[32]).toBeNaN();
    expect(four(ao, 33)).toEqual(['5.4756']);

    const { bull, bear } = run(ELDER_RAY, SPY_2017);
    expect(bull?.[11]).toBeNaN();
    expect(four(bull, 12, 24, 149)).toEqual(['0.7500', '1.4274', '0.9430']);
    expect(four(bear, 12, 24, 149)).toEqual(['-0.5100', '0.5474', '0.4730']);

    const { pmo, signal } = run(PMO, SPY_2017);
    expect(pmo?.[53]).toBeNaN();
    expect(pmo?.[54]).not.toBeNaN();
    expect(signal?.[62]).toBeNaN();
    expect(four(pmo, 92)).toEqual(['0.6159']);
    expect(four(signal, 92)).toEqual(['0.5582']);
  });

  it('Connors RSI', () => {
    const { crsi = [] } = run(CONNORS_RSI, SPY_2017);
    expect(crsi[100]).toBeNaN();
    expect(crsi[101]).not.toBeNaN();
    // 13, 14 and 15 June, 26 July and 7 August 2017
    const wanted = [
      [111, 78.40799111685386],
      [112, 43.36977663061051],
      [113, 29.84989474579736],
      [141, 71.04199681779725],
      [149, 73.55996620343102],
    ] as const;
    for (const [i, value] of wanted) expect(at(crsi, i)).toBeCloseTo(value, 9);
  });

  it('Fisher transform, where that project’s growing first window is forgotten', () => {
    const { fisher, trigger } = run(FISHER, SPY_2017, { timeperiod: 10 });
    expect(fisher?.[8]).toBeNaN();
    expect(trigger?.[9]).toBeNaN();
    expect(four(fisher, 149)).toEqual(['1.0349']);
    expect(four(trigger, 149)).toEqual(['0.7351']);
  });

  it('stochastic momentum index, where that project’s other start is forgotten', () => {
    const periods = { timeperiod: 14, firstperiod: 20, secondperiod: 5, signalperiod: 3 };
    const { smi = [], signal = [] } = run(SMI, SPY_2017, periods);
    expect(smi[35]).toBeNaN();
    expect(at(smi, 150)).toBeCloseTo(65.6692, 2);
    expect(at(signal, 150)).toBeCloseTo(66.3292, 2);
  });

  it('ulcer index', () => {
    const { ui = [] } = run(ULCER_INDEX, SPY_2017);
    expect(ui[12]).toBeNaN();
    const wanted = [
      [13, 0.28442010394064654],
      [20, 0.4583534225033367],
      [57, 1.0292447058061573],
      [125, 0.7797052642106235],
    ] as const;
    for (const [i, value] of wanted) expect(at(ui, i)).toBeCloseTo(value, 12);
  });
});

describe('against other tables', () => {
  it('the ulcer index is that of the ChartSchool', () => {
    // StockCharts ChartSchool, Ulcer Index: 10 to 30 December 2010
    const close = [
      199.29, 199.01, 198.29, 198.4, 200.84, 201.22, 200.5, 198.65, 197.25, 195.7, 197.77, 195.69,
      194.87, 195.08,
    ];
    expect(at(run(ULCER_INDEX, { close })['ui'] ?? [], 13)).toBeCloseTo(1.760895215, 9);
  });
});

describe('by hand', () => {
  it('the swing index', () => {
    // Day 1 opens at 10 and closes at 11. Day 2: open 12, high 14, low 11.5, close 13; limit 3.
    // A = |14 − 11| = 3, B = |11.5 − 11| = 0.5, C = 2.5, D = |11 − 10| = 1. A is the largest:
    // R = 3 − 0.25 + 0.25 = 3, K = 3; (2 + 0.5 + 0.25) = 2.75; SI = 50 × 2.75 / 3 × 3 / 3 = 45.8333.
    const up = { open: [10, 12], high: [11, 14], low: [10, 11.5], close: [11, 13] };
    expect(at(run(SWING_INDEX, up, { limit: 3 })['si'] ?? [], 1)).toBeCloseTo(45.833333333333, 10);
    // The mirror image, where B is the largest: the same with the other sign.
    const down = { open: [30, 28], high: [30, 28.5], low: [29, 26], close: [29, 27] };
    expect(at(run(SWING_INDEX, down, { limit: 3 })['si'] ?? [], 1)).toBeCloseTo(-45.833333333, 8);
    // C the largest: close before 11, high 12, low 10: A = B = 1, C = 2, D = 0; K = 1.
    // SI = 50 × ((11.5 − 11) + (11.5 − 10.5) / 2 + 0) / 2 × 1 / 3 = 8.3333.
    const wide = { open: [11, 10.5], high: [11, 12], low: [11, 10], close: [11, 11.5] };
    expect(at(run(SWING_INDEX, wide, { limit: 3 })['si'] ?? [], 1)).toBeCloseTo(25 / 3, 12);
    const still = { open: [5, 5], high: [5, 5], low: [5, 5], close: [5, 5] };
    expect(run(SWING_INDEX, still)['si']).toEqual([NONE, 0]);
  });

  it('the accumulative swing index is the running sum', () => {
    const bars = randomBars(60, 2);
    const { si = [] } = run(SWING_INDEX, { ...bars });
    let total = 0;
    const wanted = si.map((x, i) => (i === 0 ? NONE : (total += x)));
    expect(firstDifference(run(ACCUMULATIVE_SWING_INDEX, { ...bars })['asi'], wanted)).toBe(
      undefined,
    );
  });

  it('the rank correlation', () => {
    // Ranks of 1, 3, 2, 4 by time 1, 2, 3, 4: d² = 0, 1, 1, 0, so 1 − 6 × 2 / (4 × 15) = 0.8. Then
    // 3, 2, 4, 1 has ranks 3, 2, 4, 1: d² = 4, 0, 1, 9, so 1 − 6 × 14 / 60 = −0.4.
    const { rci = [] } = run(RCI, { close: [1, 3, 2, 4, 1] }, { timeperiod: 4 });
    expect(rci.slice(0, 3)).toEqual([NONE, NONE, NONE]);
    expect(at(rci, 3)).toBeCloseTo(80, 12);
    expect(at(rci, 4)).toBeCloseTo(-40, 12);
    expect(run(RCI, { close: [1, 2, 3, 5, 4, 3, 2] }, { timeperiod: 3 })['rci']?.slice(2)).toEqual([
      100, 100, 50, -100, -100,
    ]);
    expect(run(RCI, { close: [7, 7, 7] }, { timeperiod: 3 })['rci']?.[2]).toBe(0);
    // 5, 5, 6: ranks 1.5, 1.5, 3; Pearson of (−1, 0, 1) and (−0.5, −0.5, 1): 1.5 / √(2 × 1.5)
    const tied = run(RCI, { close: [5, 5, 6] }, { timeperiod: 3 })['rci'] ?? [];
    expect(at(tied, 2)).toBeCloseTo((100 * 1.5) / Math.sqrt(3), 10);
  });

  it('the psychological line, Qstick, disparity and the range index', () => {
    expect(run(PSYCHOLOGICAL_LINE, { close: [1, 2, 2, 3, 1] }, { timeperiod: 3 })['psy']).toEqual([
      NONE,
      NONE,
      NONE,
      200 / 3,
      100 / 3,
    ]);
    const candles = { open: [1, 5, 2], close: [3, 4, 9] };
    expect(run(QSTICK, candles, { timeperiod: 2 })['qstick']).toEqual([NONE, 0.5, 3]);
    // 12 is 20 % above the mean of 8 and 12; the average of 12 and −12 is 0.
    expect(run(DISPARITY_INDEX, { close: [8, 12, -12] }, { timeperiod: 2 })['disparity']).toEqual([
      NONE,
      20,
      NONE,
    ]);
    // The range of 9 − 1 = 8 over two bars: log₂ 8 = 3. Then 4 − 4: no range.
    const range = { high: [9, 4, 4, 4], low: [5, 1, 4, 4] };
    const gapo = run(GAPO, range, { timeperiod: 2 })['gapo'] ?? [];
    expect(at(gapo, 1)).toBeCloseTo(3, 12);
    expect(gapo[3]).toBeNaN();
  });

  it('the Laguerre RSI', () => {
    // γ = 0 makes the four places the last four prices: 1, 4, 3, 6 has rises 3 + 3 and a fall of 1.
    const { lrsi = [] } = run(LAGUERRE_RSI, { close: [1, 4, 3, 6, 6, 6, 6] }, { gamma: 0 });
    expect(at(lrsi, 3)).toBeCloseTo(600 / 7, 10);
    // 3, 6, 6, 6: only a rise; then nothing moves and it stays.
    expect(lrsi.slice(5)).toEqual([100, 100]);
    // γ = 0.5 from 10, then 14: L0 = 12, L1 = −0.5 × 12 + 10 + 5 = 9, L2 = −4.5 + 15 = 10.5,
    // L3 = −5.25 + 15 = 9.75. Again 14: L0 = 13, L1 = −6.5 + 12 + 4.5 = 10, L2 = −5 + 9 + 5.25 = 9.25,
    // L3 = −4.625 + 10.5 + 4.875 = 10.75. Again 14: L0 = 13.5, L1 = −6.75 + 13 + 5 = 11.25,
    // L2 = −5.625 + 10 + 4.625 = 9, L3 = −4.5 + 9.25 + 5.375 = 10.125. Rises 2.25 + 2.25, fall 1.125.
    const damped = run(LAGUERRE_RSI, { close: [10, 14, 14, 14] })['lrsi'] ?? [];
    expect(at(damped, 3)).toBeCloseTo(80, 10);
    expect(run(LAGUERRE_RSI, { close: [5, 5, 5, 5] })['lrsi']?.[3]).toBe(50);
  });

  it('the Fisher transform', () => {
    // Middles 1, 2, 3 over 2 bars: each is the top of its range, so the place is 0.5.
    // Bar 1: v = 0.33, fisher = atanh(0.33) = 0.342828. Bar 2: v = 0.33 + 0.67 × 0.33 = 0.5511,
    // fisher = atanh(0.5511) + 0.342828 / 2.
    const bars = { high: [2, 3, 4], low: [0, 1, 2] };
    const { fisher = [], trigger = [] } = run(FISHER, bars, { timeperiod: 2 });
    expect(at(fisher, 1)).toBeCloseTo(Math.atanh(0.33), 12);
    expect(at(fisher, 2)).toBeCloseTo(Math.atanh(0.5511) + Math.atanh(0.33) / 2, 12);
    expect(trigger).toEqual([NONE, NONE, fisher[1]]);
    const rising = Array.from({ length: 40 }, (_, i) => i);
    const high = run(FISHER, { high: rising, low: rising }, { timeperiod: 2 })['fisher'] ?? [];
    // The value is held at 0.999, so the sum goes to 2 × atanh(0.999).
    expect(at(high, 39)).toBeCloseTo(2 * Math.atanh(0.999), 6);
  });

  it('the dynamic momentum index looks back further when it is calm', () => {
    // Steps of ±1 in turn with a jump at the end. The deviation of the last two values is 0.5 and 4.5,
    // its mean over two bars 2.5: V = 1.8, period = trunc(4 / 1.8) = 2 changes: +9 and −1.
    const close = [5, 6, 5, 6, 5, 6, 5, 14];
    const periods = {
      timeperiod: 4,
      deviationperiod: 2,
      averageperiod: 2,
      minperiod: 1,
      maxperiod: 5,
    };
    const { dymi = [] } = run(DYNAMIC_MOMENTUM_INDEX, { close }, periods);
    expect(dymi[4]).toBeNaN();
    // V = 1: four changes, two up and two down.
    expect(at(dymi, 6)).toBe(50);
    expect(at(dymi, 7)).toBeCloseTo(90, 12);
    const still = run(DYNAMIC_MOMENTUM_INDEX, { close: close.map(() => 3) }, periods)['dymi'];
    expect(still?.[7]).toBe(0);
  });

  it('what never moves has its middle', () => {
    const flat = Array.from({ length: 60 }, () => 4);
    const bars = { open: flat, high: flat, low: flat, close: flat };
    const last = (values: readonly number[] | undefined): number => at(values ?? [], 59);
    expect(last(run(SMI, bars)['smi'])).toBe(0);
    expect(last(run(SMI_ERGODIC, bars)['smi'])).toBe(0);
    expect(last(run(PGO, bars)['pgo'])).toBe(0);
    expect(last(run(FISHER, bars)['fisher'])).toBe(0);
    expect(last(run(RELATIVE_VIGOR_INDEX, bars)['rvgi'])).toBe(0);
    expect(last(run(RELATIVE_VOLATILITY_INDEX, bars)['rvi'])).toBe(50);
    expect(last(run(RMI, bars)['rmi'])).toBe(0);
    expect(last(run(ULCER_INDEX, bars)['ui'])).toBe(0);
    expect(last(run(CHAIKIN_VOLATILITY, bars)['volatility'])).toBeNaN();
  });
});

describe('identities', () => {
  const bars = randomBars(200, 8);

  it('RMI with a momentum of 1 is RSI', () => {
    const rmi = run(RMI, { ...bars }, { momentum: 1, timeperiod: 14 });
    expect(firstDifference(rmi['rmi'], run(RSI, { ...bars })['rsi'] ?? [])).toBe(undefined);
  });

  it('the inverse Fisher transform of RSI without smoothing is tanh of RSI', () => {
    const { rsi = [] } = run(RSI, { ...bars }, { timeperiod: 6 });
    const one = run(INVERSE_FISHER_RSI, { ...bars }, { timeperiod: 6, smoothperiod: 1 });
    const wanted = rsi.map((x) => {
      const power = Math.exp(2 * 0.1 * (x - 50));
      return (power - 1) / (power + 1);
    });
    expect(firstDifference(one['ifish'], wanted)).toBe(undefined);
  });

  it('the accelerator is the awesome oscillator less its mean', () => {
    const { ao = [] } = run(AWESOME, { ...bars });
    const wanted = ao.map(
      (x, i) => x - ao.slice(Math.max(0, i - 4), i + 1).reduce((a, b) => a + b) / 5,
    );
    expect(firstDifference(run(ACCELERATOR, { ...bars })['ac'], wanted)).toBe(undefined);
  });

  it('mirrored prices mirror what measures direction', () => {
    // 100 − price turns up into down.
    const mirror = {
      open: bars.open.map((x) => 200 - x),
      high: bars.low.map((x) => 200 - x),
      low: bars.high.map((x) => 200 - x),
      close: bars.close.map((x) => 200 - x),
    };
    const pairs = [
      [SMI, 'smi', 0],
      [SMI_ERGODIC, 'smi', 0],
      [PGO, 'pgo', 0],
      [RCI, 'rci', 0],
      [FISHER, 'fisher', 0],
      [RELATIVE_VIGOR_INDEX, 'rvgi', 0],
      [RELATIVE_VOLATILITY_INDEX, 'rvi', 100],
      [DERIVATIVE_OSCILLATOR, 'osc', 0],
      [SWING_INDEX, 'si', 0],
    ] as const;
    for (const [definition, output, whole] of pairs) {
      const one = run(definition, { ...bars })[output] ?? [];
      const other = run(definition, mirror)[output] ?? [];
      expect(
        firstDifference(
          one,
          other.map((x) => whole - x),
        ),
        definition.id,
      ).toBe(undefined);
    }
  });

  it('the smoothed rate of change without smoothing is the rate of change', () => {
    const wanted = bars.close.map((x, i) => 100 * (x / at(bars.close, i - 21) - 1));
    expect(firstDifference(run(SROC, { ...bars }, { smoothperiod: 1 })['sroc'], wanted)).toBe(
      undefined,
    );
  });
});

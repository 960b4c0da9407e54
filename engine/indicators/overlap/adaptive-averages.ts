import { EMPTY, integer, line, numberOf, real, type IndicatorDefinition } from '../definition.ts';
import {
  kamaColumn,
  kamaLength,
  kamaStep,
  MAMA_FAST,
  MAMA_FOLLOWING,
  MAMA_LENGTH,
  MAMA_LOOKBACK,
  MAMA_SLOW,
  mamaColumn,
  mamaStep,
} from '../kernels/adaptive-averages.ts';
import { T3_LENGTH, t3Column, t3Step } from '../kernels/chained-averages.ts';

export const T3: IndicatorDefinition = {
  id: 't3',
  aliases: ['tillson_t3'],
  title: 'T3 moving average (Tillson)',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 5, 'Bars of each of the six averages.'),
    real(
      'vfactor',
      'Volume factor',
      0.7,
      'From 0 (smooth: an average of averages) to 1 (fast: DEMA thrice).',
      [0, 1],
      0.05,
    ),
  ],
  outputs: [line('t3', 'T3')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'A generalised double exponential average, applied three times. Smooth with little lag; the volume factor sets how much it answers to moves.',
  formula: 'T3 = GD(GD(GD(x))); GD(x) = EMA(x) × (1 + v) − EMA(EMA(x)) × v',
  source:
    'Tillson, Smoothing Techniques for More Accurate Signals, Stocks & Commodities (January 1998)',
  lookback: (parameters) => 6 * (numberOf(parameters, 'timeperiod') - 1),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    t3Column(input, period, numberOf(parameters, 'vfactor'), output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const volume = numberOf(parameters, 'vfactor');
    const state = new Float64Array(T3_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = t3Step(state, 0, period, volume, inputs[0] as number);
      },
    };
  },
};

export const KAMA: IndicatorDefinition = {
  id: 'kama',
  aliases: ['kaufman_adaptive_moving_average'],
  title: 'Kaufman adaptive moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 30, 'Bars of the efficiency ratio.')],
  outputs: [line('kama', 'KAMA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An exponential average whose speed follows the efficiency of the market: near that of 2 bars in a clean trend, near that of 30 bars in noise. Where nothing moved in the window the efficiency counts as 1.',
  formula:
    'KAMA = KAMA[1] + c² × (x − KAMA[1]); c = E × (2/3 − 2/31) + 2/31; E = |x − x[n]| / Σ|x − x[1]| over n bars; begun at the value before the first one',
  source: 'Kaufman, Smarter Trading (1995)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    kamaColumn(input, numberOf(parameters, 'timeperiod'), output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(kamaLength(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = kamaStep(state, 0, period, inputs[0] as number);
      },
    };
  },
};

export const MAMA: IndicatorDefinition = {
  id: 'mama',
  aliases: ['mesa_adaptive_moving_average'],
  title: 'MESA adaptive moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    real('fastlimit', 'Fast limit', MAMA_FAST, 'Largest weight of a new bar.', [0.01, 0.99], 0.01),
    real('slowlimit', 'Slow limit', MAMA_SLOW, 'Smallest weight of a new bar.', [0.01, 0.99], 0.01),
  ],
  outputs: [line('mama', 'MAMA'), line('fama', 'FAMA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An exponential average whose weight falls with the rate at which the phase of the cycle turns, and a slower one that follows it (FAMA). It moves in steps after the price; where MAMA crosses FAMA a trend may begin. Both start from zero, so that FAMA needs some hundred bars to arrive at the price.',
  formula:
    'MAMA = a × x + (1 − a) × MAMA[1]; FAMA = a/2 × MAMA + (1 − a/2) × FAMA[1]; a = fast limit / Δphase with Δphase ≥ 1, and not below the slow limit',
  source: 'Ehlers, MESA Adaptive Moving Averages, Stocks & Commodities (September 2001)',
  lookback: () => MAMA_LOOKBACK,
  compute([input = EMPTY], parameters, [mama = EMPTY, fama = EMPTY]) {
    const fast = numberOf(parameters, 'fastlimit');
    mamaColumn(input, fast, numberOf(parameters, 'slowlimit'), mama, fama);
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastlimit');
    const slow = numberOf(parameters, 'slowlimit');
    const state = new Float64Array(MAMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const value = mamaStep(state, 0, fast, slow, inputs[0] as number);
        outputs[0] = value;
        outputs[1] = Number.isNaN(value) ? value : (state[MAMA_FOLLOWING] as number);
      },
    };
  },
};

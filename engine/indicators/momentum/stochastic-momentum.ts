import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  histogram,
  integer,
  line,
  numberOf,
  signalPeriod,
  type IndicatorDefinition,
} from '../definition.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';
import { EMA_LENGTH, emaStep } from '../kernels/averages.ts';

/** Two exponential averages, one of the other. */
function twiceStep(
  state: Float64Array,
  at: number,
  first: number,
  second: number,
  x: number,
): number {
  const once = emaStep(state, at, first, x);
  return emaStep(state, at + EMA_LENGTH, second, once);
}

interface SmiPeriods {
  readonly period: number;
  readonly first: number;
  readonly second: number;
  readonly signal: number;
}

function smiPeriods(parameters: ParameterValues): SmiPeriods {
  return {
    period: numberOf(parameters, 'timeperiod'),
    first: numberOf(parameters, 'firstperiod'),
    second: numberOf(parameters, 'secondperiod'),
    signal: numberOf(parameters, 'signalperiod'),
  };
}

/** state: [averages of the distance, averages of the range, signal, highest, lowest] */
const SMI_EXTREMES = 5 * EMA_LENGTH;

/** Takes the close and the extremes of the window; NaN extremes are passed over. */
function smiStep(
  state: Float64Array,
  periods: SmiPeriods,
  close: number,
  top: number,
  bottom: number,
): number {
  const { first, second } = periods;
  const distance = twiceStep(state, 0, first, second, close - (top + bottom) / 2);
  const range = twiceStep(state, 2 * EMA_LENGTH, first, second, top - bottom);
  return range === 0 ? 0 : (200 * distance) / range;
}

export const SMI: IndicatorDefinition = {
  id: 'smi',
  aliases: ['stochastic_momentum_index'],
  title: 'Stochastic momentum index',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod', 'Period', 10, 'Bars of the range.', FROM_ONE),
    integer('firstperiod', 'First smoothing', 3, 'Bars of the first average.', FROM_ONE),
    integer('secondperiod', 'Second smoothing', 3, 'Bars of the second average.', FROM_ONE),
    signalPeriod(3),
  ],
  outputs: [line('smi', 'SMI'), line('signal', 'Signal')],
  pane: 'own',
  levels: [-40, 0, 40],
  unstable: true,
  explanation:
    'Where the close is against the middle of the range of the last bars, twice smoothed, from −100 at the low to 100 at the high. Beyond ±40 the market is stretched; the cross of the signal tells the turn. It is 0 where there was no range.',
  formula:
    'D = close − (highest + lowest) / 2; R = highest − lowest; SMI = 100 × EMA(EMA(D)) / (EMA(EMA(R)) / 2); signal = EMA(SMI)',
  source:
    'Blau, Stochastic Momentum, Technical Analysis of Stocks & Commodities (January 1993); Momentum, Direction and Divergence (1995)',
  lookback: (parameters) => {
    const { period, first, second } = smiPeriods(parameters);
    return period + first + second - 3;
  },
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY],
    parameters,
    [output = EMPTY, signal = EMPTY],
  ) {
    const periods = smiPeriods(parameters);
    const smooth = periods.signal;
    const state = new Float64Array(SMI_EXTREMES);
    // The outputs serve as scratch for the extremes.
    slidingExtreme(high, periods.period, HIGHEST, output);
    slidingExtreme(low, periods.period, LOWEST, signal);
    for (let i = 0; i < close.length; i += 1) {
      const top = output[i] as number;
      const smi = smiStep(state, periods, close[i] as number, top, signal[i] as number);
      output[i] = smi;
      signal[i] = emaStep(state, 4 * EMA_LENGTH, smooth, smi);
    }
  },
  stream(parameters) {
    const periods = smiPeriods(parameters);
    const smooth = periods.signal;
    const { period } = periods;
    const lowest = SMI_EXTREMES + extremeState(period);
    const state = new Float64Array(SMI_EXTREMES + 2 * extremeState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const top = extremeStep(state, SMI_EXTREMES, period, HIGHEST, high);
        const bottom = extremeStep(state, lowest, period, LOWEST, low);
        const smi = smiStep(state, periods, close, top, bottom);
        outputs[0] = smi;
        outputs[1] = emaStep(state, 4 * EMA_LENGTH, smooth, smi);
      },
    };
  },
};

/** state: [averages of the change, averages of its size, signal, whether there was a value, last value] */
const ERGODIC_STATE = 5 * EMA_LENGTH + 2;

function ergodicStep(state: Float64Array, fast: number, slow: number, x: number): number {
  const known = state[ERGODIC_STATE - 2] as number;
  const change = x - (state[ERGODIC_STATE - 1] as number);
  state[ERGODIC_STATE - 2] = 1;
  state[ERGODIC_STATE - 1] = x;
  if (known === 0) return Number.NaN;
  const moved = twiceStep(state, 0, slow, fast, change);
  const size = twiceStep(state, 2 * EMA_LENGTH, slow, fast, Math.abs(change));
  return size === 0 ? 0 : (100 * moved) / size;
}

export const SMI_ERGODIC: IndicatorDefinition = {
  id: 'smi_ergodic',
  aliases: ['smii', 'ergodic_oscillator'],
  title: 'SMI ergodic',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('fastperiod', 'Fast', 5, 'Bars of the second, short average.', FROM_ONE),
    integer('slowperiod', 'Slow', 20, 'Bars of the first, long average.', FROM_ONE),
    signalPeriod(5),
  ],
  outputs: [line('smi', 'SMI'), line('signal', 'Signal'), histogram('Oscillator')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The true strength index with a signal line: how much of all movement went one way, twice smoothed, from −100 to 100. The oscillator is its distance from the signal. TradingView shows the same divided by 100. It is 0 where nothing moved.',
  formula:
    'SMI = 100 × EMA(EMA(close − close[1], slow), fast) / EMA(EMA(|close − close[1]|, slow), fast); signal = EMA(SMI); hist = SMI − signal',
  source: 'Blau, Momentum, Direction and Divergence (1995)',
  lookback: (parameters) =>
    numberOf(parameters, 'slowperiod') + numberOf(parameters, 'fastperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY, signal = EMPTY, hist = EMPTY]) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(ERGODIC_STATE);
    for (let i = 0; i < input.length; i += 1) {
      const smi = ergodicStep(state, fast, slow, input[i] as number);
      const calm = emaStep(state, 4 * EMA_LENGTH, smooth, smi);
      output[i] = smi;
      signal[i] = calm;
      hist[i] = smi - calm;
    }
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(ERGODIC_STATE);
    return {
      state,
      step(inputs, outputs) {
        const smi = ergodicStep(state, fast, slow, inputs[0] as number);
        const calm = emaStep(state, 4 * EMA_LENGTH, smooth, smi);
        outputs[0] = smi;
        outputs[1] = calm;
        outputs[2] = smi - calm;
      },
    };
  },
};

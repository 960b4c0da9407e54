import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST } from '../kernels/extremes.ts';
import { STRENGTH_STATE, strengthColumn, strengthStep } from '../kernels/gains-losses.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageStep,
  WMA_TYPE,
} from '../kernels/moving-average.ts';

// Where things are in the state of the transform.
const VALUE = 0;
const FISHER_BEFORE = 1;
const EXTREMES = 2;

function fisherState(period: number): Float64Array {
  return new Float64Array(EXTREMES + 2 * extremeState(period));
}

/** Takes the middle of a bar; leaves the value in the state. NaN before there are `period` bars. */
function fisherStep(state: Float64Array, period: number, middle: number): number {
  const top = extremeStep(state, EXTREMES, period, HIGHEST, middle);
  const bottom = extremeStep(state, EXTREMES + extremeState(period), period, LOWEST, middle);
  if (top !== top) return top;
  const range = top - bottom;
  const place = range > 0 ? (middle - bottom) / range - 0.5 : 0;
  let value = 0.66 * place + 0.67 * (state[VALUE] as number);
  if (value > 0.99) value = 0.999;
  else if (value < -0.99) value = -0.999;
  const fisher = 0.5 * Math.log((1 + value) / (1 - value)) + 0.5 * (state[FISHER_BEFORE] as number);
  state[VALUE] = value;
  state[FISHER_BEFORE] = fisher;
  return fisher;
}

export const FISHER: IndicatorDefinition = {
  id: 'fisher',
  aliases: ['fisher_transform'],
  title: 'Fisher transform',
  group: 'Momentum Indicators',
  inputs: ['high', 'low'],
  parameters: [integer('timeperiod', 'Period', 9, 'Bars of the range.', [2, 100_000])],
  outputs: [line('fisher', 'Fisher'), line('trigger', 'Trigger')],
  pane: 'own',
  levels: [-1.5, 0, 1.5],
  unstable: true,
  explanation:
    'The place of the price in its range, reshaped so that turns become sharp peaks. A cross of the trigger, which is the value of the bar before, at an extreme marks the turn. A range of zero counts as its middle.',
  formula:
    'p = (high + low) / 2; v = 0.66 × ((p − lowest) / (highest − lowest) − 0.5) + 0.67 × v[1], kept within ±0.999; fisher = 0.5 × ln((1 + v) / (1 − v)) + 0.5 × fisher[1], both from 0; trigger = fisher[1]',
  source:
    'Ehlers, Using the Fisher Transform, Technical Analysis of Stocks & Commodities (November 2002)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [fisher = EMPTY, trigger = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = fisherState(period);
    let before = Number.NaN;
    for (let i = 0; i < high.length; i += 1) {
      const value = fisherStep(state, period, ((high[i] as number) + (low[i] as number)) / 2);
      fisher[i] = value;
      trigger[i] = before;
      before = value;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const own = EXTREMES + 2 * extremeState(period);
    // state: [transform, its last value]
    const state = new Float64Array(own + 1);
    state[own] = Number.NaN;
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const value = fisherStep(state, period, (high + low) / 2);
        outputs[0] = value;
        outputs[1] = state[own] as number;
        state[own] = value;
      },
    };
  },
};

/** RSI on a scale of ±5 becomes a value between −1 and 1. */
function inverse(rsi: number): number {
  return Math.tanh(0.1 * (rsi - 50));
}

export const INVERSE_FISHER_RSI: IndicatorDefinition = {
  id: 'inverse_fisher_rsi',
  aliases: ['ifish_rsi', 'iftrsi'],
  title: 'Inverse Fisher transform of RSI',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'RSI', 5, 'Bars of the RSI.', [2, 100_000]),
    integer('smoothperiod', 'Smoothing', 9, 'Bars of the weighted average of the RSI.', FROM_ONE),
  ],
  outputs: [line('ifish', 'Inverse Fisher')],
  pane: 'own',
  levels: [-0.5, 0.5],
  unstable: true,
  explanation:
    'RSI pushed towards −1 or 1, so that it says yes or no instead of perhaps. A cross of −0.5 upwards is a buy, a cross of 0.5 downwards a sell.',
  formula: 'tanh(WMA(0.1 × (RSI(n) − 50), smoothing))',
  source:
    'Ehlers, The Inverse Fisher Transform, Technical Analysis of Stocks & Commodities (May 2004)',
  lookback: (parameters) =>
    numberOf(parameters, 'timeperiod') + numberOf(parameters, 'smoothperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const smooth = numberOf(parameters, 'smoothperiod');
    const rsi = new Float64Array(input.length);
    strengthColumn(input, period, 0, rsi);
    movingAverageColumn(WMA_TYPE, rsi, smooth, output, period);
    for (let i = 0; i < output.length; i += 1) output[i] = inverse(output[i] as number);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const smooth = numberOf(parameters, 'smoothperiod');
    const own = STRENGTH_STATE;
    const state = new Float64Array(own + movingAverageLength(WMA_TYPE, smooth));
    return {
      state,
      step(inputs, outputs) {
        const rsi = strengthStep(state, 0, period, 0, inputs[0] as number);
        outputs[0] =
          rsi === rsi ? inverse(movingAverageStep(WMA_TYPE, state, own, smooth, rsi)) : rsi;
      },
    };
  },
};

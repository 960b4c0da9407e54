import type { ChoiceParameter } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { EMA_LENGTH, emaColumn, emaStep, smaColumn } from '../kernels/averages.ts';
import { trueRange } from '../kernels/true-range.ts';
import { windowSumAfterLeadIn, windowSumState } from '../kernels/window-sum.ts';

export const ELDER_RAY: IndicatorDefinition = {
  id: 'elder_ray',
  aliases: ['elder_ray_index', 'bull_bear_power'],
  title: 'Elder ray',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 13, 'Bars of the average.', FROM_ONE)],
  outputs: [
    { name: 'bull', label: 'Bull power', kind: 'real', style: 'histogram' },
    { name: 'bear', label: 'Bear power', kind: 'real', style: 'histogram' },
  ],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'How far the bulls could lift the price above its average, and the bears push it below. In a rising market Elder buys when the bear power is below 0 and rises; in a falling one the reverse.',
  formula: 'bull = high − EMA(close, n); bear = low − EMA(close, n)',
  source: 'Elder, Trading for a Living (1993)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [bull = EMPTY, bear = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    emaColumn(close, period, bear);
    for (let i = 0; i < close.length; i += 1) {
      const average = bear[i] as number;
      bull[i] = (high[i] as number) - average;
      bear[i] = (low[i] as number) - average;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const average = emaStep(state, 0, period, close);
        outputs[0] = high - average;
        outputs[1] = low - average;
      },
    };
  },
};

/** state: [whether there was a bar, last close, average of the range, sum of the close] */
function pgoStep(
  state: Float64Array,
  period: number,
  high: number,
  low: number,
  close: number,
): number {
  const known = state[0] as number;
  const range = known === 1 ? trueRange(high, low, state[1] as number) : Number.NaN;
  state[0] = 1;
  state[1] = close;
  const usual = emaStep(state, 2, period, range);
  const mean = windowSumAfterLeadIn(state, 2 + EMA_LENGTH, period, close) / period;
  return usual === 0 ? 0 : (close - mean) / usual;
}

export const PGO: IndicatorDefinition = {
  id: 'pgo',
  aliases: ['pretty_good_oscillator'],
  title: 'Pretty good oscillator',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of both averages.', FROM_ONE)],
  outputs: [line('pgo', 'PGO')],
  pane: 'own',
  levels: [-3, 0, 3],
  unstable: true,
  explanation:
    'How many average true ranges the close is above its moving average. Johnson, who used 89 bars, goes with a break of 3 or −3 until the line is back at 0. It is 0 where nothing has any range.',
  formula: '(close − SMA(close, n)) / EMA(true range, n)',
  source: 'Johnson, the Pretty Good Oscillator (1999)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + EMA_LENGTH + windowSumState(period));
    for (let i = 0; i < close.length; i += 1) {
      output[i] = pgoStep(state, period, high[i] as number, low[i] as number, close[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + EMA_LENGTH + windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        outputs[0] = pgoStep(state, period, high, low, close);
      },
    };
  },
};

const AVERAGE: ChoiceParameter = {
  kind: 'choice',
  name: 'average',
  label: 'Average',
  description: 'Simple, or exponential as some programs have it.',
  default: 'sma',
  choices: ['sma', 'ema'],
};

/** How far a value is from its average in percent; NaN where the average is 0. */
function disparity(x: number, average: number): number {
  return average === 0 ? Number.NaN : (100 * (x - average)) / average;
}

export const DISPARITY_INDEX: IndicatorDefinition = {
  id: 'disparity_index',
  aliases: ['bias', 'kairi', 'kairi_relative_index', 'kri'],
  title: 'Disparity index',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the average.', FROM_ONE), AVERAGE],
  outputs: [line('disparity', 'Disparity')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The distance of the price from its moving average, in percent of it. Far from 0 the price tends to come back. In Japan it is known as kairi, in China as BIAS. Where the average is 0 there is no value.',
  formula: '100 × (close − SMA(close, n)) / SMA(close, n)',
  source: 'Nison, Beyond Candlesticks (1994)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    if (parameters['average'] === 'ema') emaColumn(input, period, output);
    else smaColumn(input, period, output);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = disparity(input[i] as number, output[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const exponential = parameters['average'] === 'ema';
    const state = new Float64Array(exponential ? EMA_LENGTH : windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const average = exponential
          ? emaStep(state, 0, period, x)
          : windowSumAfterLeadIn(state, 0, period, x) / period;
        outputs[0] = disparity(x, average);
      },
    };
  },
};

export const QSTICK: IndicatorDefinition = {
  id: 'qstick',
  aliases: ['quick_stick'],
  title: 'Qstick',
  group: 'Momentum Indicators',
  inputs: ['open', 'close'],
  parameters: [integer('timeperiod', 'Period', 8, 'Bars of the average.', FROM_ONE)],
  outputs: [line('qstick', 'Qstick')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'The mean body of the last candles: above 0 the market has been bought between open and close, below 0 sold.',
  formula: 'SMA(close − open, n)',
  source: 'Chande and Kroll, The New Technical Trader (1994)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([open = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    for (let i = 0; i < close.length; i += 1) {
      output[i] = (close[i] as number) - (open[i] as number);
    }
    smaColumn(output, numberOf(parameters, 'timeperiod'), output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        const body = (inputs[1] as number) - (inputs[0] as number);
        outputs[0] = windowSumAfterLeadIn(state, 0, period, body) / period;
      },
    };
  },
};

/** state: [whether there was a value, last value, count of rises] */
function psychologicalStep(state: Float64Array, period: number, x: number): number {
  const known = state[0] as number;
  const rose = x > (state[1] as number) ? 1 : 0;
  state[0] = 1;
  state[1] = x;
  return known === 0 ? Number.NaN : (100 * windowSumAfterLeadIn(state, 2, period, rose)) / period;
}

export const PSYCHOLOGICAL_LINE: IndicatorDefinition = {
  id: 'psychological_line',
  aliases: ['psy'],
  title: 'Psychological line',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 12, 'Bars that are counted.', FROM_ONE)],
  outputs: [line('psy', 'PSY')],
  pane: 'own',
  levels: [25, 75],
  unstable: false,
  explanation:
    'The share of the last bars that closed higher than the bar before, in percent. Above 75 nearly everybody is in, below 25 nearly everybody is out. An unchanged bar is no rise.',
  formula: '100 × bars where close > close[1] / n',
  source: 'Japanese practice; Nippon Technical Analysts Association',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + windowSumState(period));
    for (let i = 0; i < input.length; i += 1) {
      output[i] = psychologicalStep(state, period, input[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = psychologicalStep(state, period, inputs[0] as number);
      },
    };
  },
};

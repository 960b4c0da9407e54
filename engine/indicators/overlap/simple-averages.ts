import type { ParameterValues } from '../../domain/parameters.ts';
import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { emaColumn, emaStep, smaColumn } from '../kernels/averages.ts';

const EMPTY = new Float64Array(0);
const PERIOD = integer('timeperiod', 'Period', 30, 'Bars of the average.');

function periodOf(parameters: ParameterValues): number {
  return numberOf(parameters, 'timeperiod');
}

export const SMA: IndicatorDefinition = {
  id: 'sma',
  aliases: ['simple_moving_average'],
  title: 'Simple moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [PERIOD],
  outputs: [line('sma', 'SMA')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The mean of the last bars. It shows the direction of the price with a delay of half its period.',
  formula: 'SMA = (x[0] + x[1] + … + x[n-1]) / n',
  source: 'Arithmetic mean; TA-Lib SMA',
  lookback: (parameters) => periodOf(parameters) - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    smaColumn(input, periodOf(parameters), output);
  },
  stream(parameters) {
    const period = periodOf(parameters);
    // state: [bars seen, position, sum, ring]
    const state = new Float64Array(period + 3);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const at = state[1] as number;
        const seen = Math.min((state[0] as number) + 1, period);
        const sum = (state[2] as number) + x;
        state[0] = seen;
        state[3 + at] = x;
        const oldest = at + 1 === period ? 0 : at + 1;
        state[1] = oldest;
        outputs[0] = seen < period ? Number.NaN : sum / period;
        state[2] = seen < period ? sum : sum - (state[3 + oldest] as number);
      },
    };
  },
};

export const EMA: IndicatorDefinition = {
  id: 'ema',
  aliases: ['exponential_moving_average'],
  title: 'Exponential moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [PERIOD],
  outputs: [line('ema', 'EMA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An average that gives recent bars more weight, falling off exponentially. It turns sooner than the simple one.',
  formula: 'EMA = EMA[1] + 2 / (n + 1) × (x − EMA[1]), seeded with the mean of the first n values',
  source: 'TA-Lib EMA, classic seeding',
  lookback: (parameters) => periodOf(parameters) - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    emaColumn(input, periodOf(parameters), output);
  },
  stream(parameters) {
    const period = periodOf(parameters);
    const state = new Float64Array(2);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = emaStep(state, 0, period, inputs[0] as number);
      },
    };
  },
};

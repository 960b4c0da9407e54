import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { momentsColumns, momentsLength, momentsStep } from '../kernels/window-moments.ts';

const PERIOD = integer('timeperiod', 'Period', 20, 'Bars of average and deviation.');
const WIDTH = real('nbdev', 'Width', 2, 'Deviations to each band.', [0.001, 1000]);
const BOOK = 'Bollinger, Bollinger on Bollinger Bands (2001)';

/** A stream of one value made of the input, its mean and its deviation. */
function momentsStream(
  parameters: ParameterValues,
  width: number,
  measure: (x: number, mean: number, deviation: number, width: number) => number,
): StreamKernel {
  const period = numberOf(parameters, 'timeperiod');
  const state = new Float64Array(momentsLength(period));
  return {
    state,
    step(inputs, outputs) {
      const x = inputs[0] as number;
      const deviation = momentsStep(state, 0, period, x);
      outputs[0] = Number.isNaN(deviation)
        ? deviation
        : measure(x, state[0] as number, deviation, width);
    },
  };
}

function percentB(x: number, mean: number, deviation: number, width: number): number {
  return deviation === 0 ? 0.5 : 0.5 + (x - mean) / (2 * width * deviation);
}

export const BB_PERCENT_B: IndicatorDefinition = {
  id: 'bb_percent_b',
  aliases: ['percent_b', 'bbp'],
  title: 'Bollinger %b',
  group: 'Volatility Indicators',
  inputs: ['real'],
  parameters: [PERIOD, WIDTH],
  outputs: [line('value', '%b')],
  pane: 'own',
  levels: [0, 0.5, 1],
  unstable: false,
  explanation:
    'Where the value stands between its Bollinger bands: 0 on the lower one, 1 on the upper one, outside them beyond. Without movement it is 0.5.',
  formula: '%b = (x − lower) / (upper − lower); bands = SMA(n) ± width × σ(n)',
  source: BOOK,
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const width = numberOf(parameters, 'nbdev');
    const means = new Float64Array(input.length);
    momentsColumns(input, period, means, output);
    for (let i = period - 1; i < input.length; i += 1) {
      output[i] = percentB(input[i] as number, means[i] as number, output[i] as number, width);
    }
  },
  stream: (parameters) => momentsStream(parameters, numberOf(parameters, 'nbdev'), percentB),
};

function bandwidth(_x: number, mean: number, deviation: number, width: number): number {
  return mean === 0 ? 0 : (200 * width * deviation) / mean;
}

export const BB_BANDWIDTH: IndicatorDefinition = {
  id: 'bb_bandwidth',
  aliases: ['bandwidth', 'bbw'],
  title: 'Bollinger bandwidth',
  group: 'Volatility Indicators',
  inputs: ['real'],
  parameters: [PERIOD, WIDTH],
  outputs: [line('value', 'Bandwidth')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The distance of the Bollinger bands in percent of their middle. Its lows (a squeeze) are read as rest before a large move. Where the middle is 0 it is 0.',
  formula: 'bandwidth = 100 × (upper − lower) / middle; bands = SMA(n) ± width × σ(n)',
  source: BOOK,
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const width = numberOf(parameters, 'nbdev');
    const means = new Float64Array(input.length);
    momentsColumns(input, period, means, output);
    for (let i = period - 1; i < input.length; i += 1) {
      output[i] = bandwidth(0, means[i] as number, output[i] as number, width);
    }
  },
  stream: (parameters) => momentsStream(parameters, numberOf(parameters, 'nbdev'), bandwidth),
};

function standardScore(x: number, mean: number, deviation: number): number {
  return deviation === 0 ? 0 : (x - mean) / deviation;
}

export const ZSCORE: IndicatorDefinition = {
  id: 'zscore',
  aliases: ['z_score', 'standard_score'],
  title: 'Z-score',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [PERIOD],
  outputs: [line('zscore', 'Z-score')],
  pane: 'own',
  levels: [-2, 0, 2],
  unstable: false,
  explanation:
    'How many deviations (of the population) the value lies from the mean of the last bars, itself among them. Beyond 2 to either side it is unusual. Without movement it is 0.',
  formula: 'z = (x − SMA(n)) / σ(n)',
  source: 'Standard score',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const means = new Float64Array(input.length);
    momentsColumns(input, period, means, output);
    for (let i = period - 1; i < input.length; i += 1) {
      output[i] = standardScore(input[i] as number, means[i] as number, output[i] as number);
    }
  },
  stream: (parameters) => momentsStream(parameters, 1, standardScore),
};

import {
  EMPTY,
  FROM_ONE,
  integer,
  numberOf,
  signalPeriod,
  type IndicatorDefinition,
} from '../definition.ts';
import { smaColumn } from '../kernels/averages.ts';
import { windowSumAfterLeadIn, windowSumColumn, windowSumState } from '../kernels/window-sum.ts';

const FAST = integer('fastperiod', 'Fast', 5, 'Bars of the fast average.', FROM_ONE);
const SLOW = integer('slowperiod', 'Slow', 34, 'Bars of the slow average.', FROM_ONE);

function awesomeState(fast: number, slow: number): number {
  return windowSumState(fast) + windowSumState(slow);
}

/** The distance of two means of the middle of the bar; NaN before there are both. */
function awesomeStep(state: Float64Array, fast: number, slow: number, middle: number): number {
  const quick = windowSumAfterLeadIn(state, 0, fast, middle) / fast;
  return quick - windowSumAfterLeadIn(state, windowSumState(fast), slow, middle) / slow;
}

/** The same for whole columns. @returns a column that is free to use */
function awesomeColumn(
  high: Float64Array,
  low: Float64Array,
  fast: number,
  slow: number,
  output: Float64Array,
): Float64Array {
  for (let i = 0; i < high.length; i += 1) {
    output[i] = ((high[i] as number) + (low[i] as number)) / 2;
  }
  const sums = new Float64Array(high.length);
  windowSumColumn(output, slow, sums);
  windowSumColumn(output, fast, output);
  for (let i = 0; i < high.length; i += 1) {
    output[i] = (output[i] as number) / fast - (sums[i] as number) / slow;
  }
  return sums;
}

export const AWESOME: IndicatorDefinition = {
  id: 'awesome',
  aliases: ['ao', 'awesome_oscillator'],
  title: 'Awesome oscillator',
  group: 'Momentum Indicators',
  inputs: ['high', 'low'],
  parameters: [FAST, SLOW],
  outputs: [{ name: 'ao', label: 'AO', kind: 'real', style: 'histogram' }],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'The momentum of the last five bars against that of the last 34, measured at the middle of the bars. A cross of 0, two peaks on one side of it and a saucer of three bars are the signs that Williams trades.',
  formula: 'AO = SMA((high + low) / 2, 5) − SMA((high + low) / 2, 34)',
  source: 'Williams, New Trading Dimensions (1998)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    awesomeColumn(high, low, fast, slow, output);
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const state = new Float64Array(awesomeState(fast, slow));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        outputs[0] = awesomeStep(state, fast, slow, (high + low) / 2);
      },
    };
  },
};

/** The awesome oscillator less its mean. */
function acceleratorStep(
  state: Float64Array,
  fast: number,
  slow: number,
  signal: number,
  middle: number,
): number {
  const ao = awesomeStep(state, fast, slow, middle);
  return ao - windowSumAfterLeadIn(state, awesomeState(fast, slow), signal, ao) / signal;
}

export const ACCELERATOR: IndicatorDefinition = {
  id: 'accelerator',
  aliases: ['ac', 'accelerator_oscillator'],
  title: 'Accelerator oscillator',
  group: 'Momentum Indicators',
  inputs: ['high', 'low'],
  parameters: [FAST, SLOW, signalPeriod(5, 'Bars of the average that is taken off.')],
  outputs: [{ name: 'ac', label: 'AC', kind: 'real', style: 'histogram' }],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'Whether the momentum of the awesome oscillator speeds up or slows down. It turns before the momentum does, and that before the price.',
  formula: 'AC = AO − SMA(AO, 5)',
  source: 'Williams, New Trading Dimensions (1998)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) +
    numberOf(parameters, 'signalperiod') -
    2,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const signal = numberOf(parameters, 'signalperiod');
    const means = awesomeColumn(high, low, fast, slow, output);
    smaColumn(output, signal, means, Math.max(fast, slow) - 1);
    for (let i = 0; i < output.length; i += 1) {
      output[i] = (output[i] as number) - (means[i] as number);
    }
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const signal = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(awesomeState(fast, slow) + windowSumState(signal));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        outputs[0] = acceleratorStep(state, fast, slow, signal, (high + low) / 2);
      },
    };
  },
};

import {
  EMPTY,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { BARS_A_CALL } from '../kernels/blocks.ts';
import { distanceSum, meanOffset, windowState, windowStep } from '../kernels/mean-distance.ts';
import {
  MEAN_DISTANCE,
  SORTED_FROM,
  sortedStep,
  sortedWindow,
  windowWork,
} from '../kernels/sorted-window.ts';
import { bySteps } from '../kernels/steps.ts';

export const AVGDEV: IndicatorDefinition = {
  id: 'avgdev',
  aliases: ['average_deviation', 'mean_absolute_deviation'],
  title: 'Average deviation',
  group: 'Price Transform',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of mean and deviation.')],
  outputs: [line('avgdev', 'Average deviation')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'How far the last values lie from their mean, on average and in units of the price. It measures dispersion like the standard deviation but gives single far values less weight. Equal values give 0.',
  formula: 'AVGDEV = (|x[0] − m| + … + |x[n-1] − m|) / n; m is the mean of the n values',
  source: 'Mean absolute deviation; TA-Lib AVGDEV',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  work: (parameters) => windowWork(numberOf(parameters, 'timeperiod')),
  compute(inputs, parameters, outputs) {
    const [input = EMPTY] = inputs;
    const [output = EMPTY] = outputs;
    const period = numberOf(parameters, 'timeperiod');
    const length = input.length;
    if (period >= SORTED_FROM && length >= period) {
      LONG.compute(inputs, parameters, outputs);
      return;
    }
    output.fill(Number.NaN, 0, Math.min(period - 1, length));
    for (let from = period - 1; from < length; from += BARS_A_CALL) {
      deviations(input, period, from, Math.min(from + BARS_A_CALL, length), output);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    if (period >= SORTED_FROM) return longStream(period);
    const state = new Float64Array(windowState(period));
    return {
      state,
      step(inputs, outputs) {
        const from = windowStep(state, period, inputs[0] as number);
        outputs[0] = from === 0 ? Number.NaN : deviation(state, from, period);
      },
    };
  },
};

const LONG = bySteps((parameters) => longStream(numberOf(parameters, 'timeperiod')));

function longStream(period: number): StreamKernel {
  const { shape, state } = sortedWindow(period);
  return {
    state,
    step(inputs, outputs) {
      const whole = sortedStep(shape, state, inputs[0] as number);
      outputs[0] = whole ? (state[MEAN_DISTANCE] as number) : Number.NaN;
    },
  };
}

function deviations(
  input: Float64Array,
  period: number,
  from: number,
  to: number,
  output: Float64Array,
): void {
  for (let i = from; i < to; i += 1) output[i] = deviation(input, i - period + 1, period);
}

/** The mean is reckoned from the newest value, so that equal values give exactly 0. */
function deviation(values: Float64Array, from: number, period: number): number {
  const mean = (values[from + period - 1] as number) + meanOffset(values, from, period);
  return distanceSum(values, from, period, mean) / period;
}

import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  runningVariance,
  runningVarianceState,
  runningVarianceStep,
} from '../kernels/running-sums.ts';

export const VAR: IndicatorDefinition = {
  id: 'var',
  aliases: ['variance'],
  title: 'Variance',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 5, 'Bars of the variance.', FROM_ONE),
    real('nbdev', 'Deviations', 1, 'Not used; TA-Lib has it.', [-3e37, 3e37]),
  ],
  outputs: [line('var', 'Variance')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The mean squared distance of the last values from their mean (of the population), in squared units of the price. Equal values give 0 and it is never negative. The arithmetic is TA-Lib’s (running sums), and its rounding with it, down to a variance of 1e-11 of the mean square; below that, where too few digits would be left, it is computed from exact sums of the window.',
  formula:
    'VAR = (x[0]² + … + x[n-1]²) / n − m²; m is the mean of the n values. Below 1e-11 of the mean square: ((x[0] − m)² + … + (x[n-1] − m)²) / n',
  source: 'Variance of a population; TA-Lib VAR',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    runningVariance(input, numberOf(parameters, 'timeperiod'), output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(runningVarianceState(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = runningVarianceStep(state, 0, period, inputs[0] as number);
      },
    };
  },
};

export const STDDEV: IndicatorDefinition = {
  id: 'stddev',
  aliases: ['standard_deviation', 'stdev'],
  title: 'Standard deviation',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 5, 'Bars of the deviation.'),
    real('nbdev', 'Deviations', 1, 'Factor of the deviation.', [-3e37, 3e37]),
  ],
  outputs: [line('stddev', 'Standard deviation')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'How far the last values typically lie from their mean (of the population), in units of the price. It grows with volatility; Bollinger bands are built on it. Equal values give 0. TA-Lib’s variance, and so its rounding, with the same safeguard as VAR; but TA-Lib calls every variance below 1e-14 zero, which would hide all moves of a price of 0.000001.',
  formula: 'STDDEV = nbdev × √VAR(n)',
  source: 'Standard deviation of a population; TA-Lib STDDEV',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const width = numberOf(parameters, 'nbdev');
    runningVariance(input, period, output);
    for (let i = period - 1; i < output.length; i += 1) {
      output[i] = width * Math.sqrt(output[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const width = numberOf(parameters, 'nbdev');
    const state = new Float64Array(runningVarianceState(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = width * Math.sqrt(runningVarianceStep(state, 0, period, inputs[0] as number));
      },
    };
  },
};

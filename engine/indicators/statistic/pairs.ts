import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { returnOf, returnSlopes } from '../kernels/return-slopes.ts';
import { runningPairs, runningPairsState, runningPairsStep } from '../kernels/running-sums.ts';

/** Squared spread of returns that rounding alone can make. */
const ROUNDING = 1e-30;

export const BETA: IndicatorDefinition = {
  id: 'beta',
  aliases: ['beta_coefficient'],
  title: 'Beta',
  group: 'Statistic Functions',
  inputs: ['real0', 'real1'],
  parameters: [integer('timeperiod', 'Period', 5, 'Bars of returns.', FROM_ONE)],
  outputs: [line('beta', 'Beta')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'By how much the second series moves, in percent, where the first moves by one percent: the slope of its returns on those of the first, over the last bars. Above 1 it exaggerates the first, below 0 it moves against it. Give the market first and the stock second. Where the first’s returns are all equal, to rounding, it is 0; a return from a price of 0 counts as 0.',
  formula:
    'BETA = Σ (x − mean x)(y − mean y) / Σ (x − mean x)²; x and y are the returns p / p[1] − 1 of the first and second series',
  source: 'Slope of returns on the market’s, as in Sharpe (1964); TA-Lib BETA',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([first = EMPTY, second = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    returnSlopes(first, second, period, period * ROUNDING, output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [bars seen, last of the first, last of the second, sums]
    const state = new Float64Array(runningPairsState(period) + 3);
    return {
      state,
      step(inputs, outputs) {
        const first = inputs[0] as number;
        const second = inputs[1] as number;
        const x = returnOf(state[1] as number, first);
        const y = returnOf(state[2] as number, second);
        outputs[0] =
          state[0] === 0
            ? Number.NaN
            : runningPairsStep(state, 3, period, 'slope', period * ROUNDING, x, y);
        state[0] = 1;
        state[1] = first;
        state[2] = second;
      },
    };
  },
};

export const CORREL: IndicatorDefinition = {
  id: 'correl',
  aliases: ['correlation', 'pearson'],
  title: 'Correlation coefficient',
  group: 'Statistic Functions',
  inputs: ['real0', 'real1'],
  parameters: [integer('timeperiod', 'Period', 30, 'Bars of the correlation.', FROM_ONE)],
  outputs: [line('correl', 'Correlation')],
  pane: 'own',
  levels: [-1, 0, 1],
  unstable: false,
  explanation:
    'How closely two series have moved together over the last bars, from −1 (exactly opposite) to 1 (exactly alike); near 0 they have nothing to do with each other. Where a series did not move it is 0. The arithmetic is TA-Lib’s (running sums), and its rounding with it, as long as the variance of both series is above 1e-11 of their mean square; below that it is computed from exact sums of the window.',
  formula: 'r = (Σ xy − Σ x Σ y / n) / √((Σ x² − (Σ x)² / n)(Σ y² − (Σ y)² / n)); never beyond ±1',
  source: 'Pearson’s product-moment correlation; TA-Lib CORREL',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([first = EMPTY, second = EMPTY], parameters, [output = EMPTY]) {
    runningPairs(first, second, numberOf(parameters, 'timeperiod'), 'correlation', 0, output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(runningPairsState(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = runningPairsStep(
          state,
          0,
          period,
          'correlation',
          0,
          inputs[0] as number,
          inputs[1] as number,
        );
      },
    };
  },
};

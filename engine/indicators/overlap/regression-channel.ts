import { integer, line, numberOf, real, type IndicatorDefinition } from '../definition.ts';
import {
  LEVEL,
  R_SQUARED,
  regressionColumns,
  regressionLength,
  regressionStep,
  RESIDUAL,
  SLOPE,
} from '../kernels/window-regression.ts';

const EMPTY = new Float64Array(0);

export const LINREG_CHANNEL: IndicatorDefinition = {
  id: 'linreg_channel',
  aliases: ['linear_regression_channel', 'regression_channel'],
  title: 'Linear regression channel',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 100, 'Bars that the line is laid through.'),
    real('nbdev', 'Width', 2, 'Deviations to each side.', [0, 1000]),
  ],
  outputs: [
    line('middle', 'Middle'),
    line('upper', 'Upper'),
    line('lower', 'Lower'),
    line('slope', 'Slope'),
    line('r2', 'R²'),
  ],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The end, at each bar, of the straight line that fits the last bars best, with bands at a number of deviations of the values from that line; the slope of the line a bar; and r², the share of the movement that the line explains, from 0 to 1. Each bar has its own line, so nothing is redrawn. Without movement slope and r² are 0.',
  formula:
    'y = a + b × t by least squares over n bars, t = 0 … n − 1; middle = a + b × (n − 1); upper, lower = middle ± width × √(Σ (x − y)² / n); slope = b; r² = 1 − Σ (x − y)² / Σ (x − mean)²',
  source: 'Least squares; as an indicator: Raff, Trading the Regression Channel (1996)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute(
    [input = EMPTY],
    parameters,
    [middle = EMPTY, upper = EMPTY, lower = EMPTY, slope = EMPTY, r2 = EMPTY],
  ) {
    const width = numberOf(parameters, 'nbdev');
    regressionColumns(input, numberOf(parameters, 'timeperiod'), middle, slope, upper, r2);
    for (let i = 0; i < input.length; i += 1) {
      const centre = middle[i] as number;
      const reach = width * (upper[i] as number);
      upper[i] = centre + reach;
      lower[i] = centre - reach;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const width = numberOf(parameters, 'nbdev');
    const state = new Float64Array(regressionLength(period));
    return {
      state,
      step(inputs, outputs) {
        if (!regressionStep(state, 0, period, inputs[0] as number)) {
          outputs.fill(Number.NaN);
          return;
        }
        const centre = state[LEVEL] as number;
        const reach = width * (state[RESIDUAL] as number);
        outputs[0] = centre;
        outputs[1] = centre + reach;
        outputs[2] = centre - reach;
        outputs[3] = state[SLOPE] as number;
        outputs[4] = state[R_SQUARED] as number;
      },
    };
  },
};

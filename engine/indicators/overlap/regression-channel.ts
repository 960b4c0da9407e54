import { integer, line, numberOf, real, type IndicatorDefinition } from '../definition.ts';
import { bySteps } from '../kernels/steps.ts';
import {
  LINE_MEAN,
  LINE_R_SQUARED,
  LINE_SLOPE,
  lineState,
  lineStep,
  RESIDUAL,
} from '../kernels/window-line.ts';

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
  ...bySteps((parameters) => {
    const period = numberOf(parameters, 'timeperiod');
    const width = numberOf(parameters, 'nbdev');
    const state = new Float64Array(lineState(period));
    return {
      state,
      step(inputs, outputs) {
        if (!lineStep(state, 0, period, inputs[0] as number)) {
          outputs.fill(Number.NaN);
          return;
        }
        const slope = state[LINE_SLOPE] as number;
        const centre = (state[LINE_MEAN] as number) + ((period - 1) / 2) * slope;
        const reach = width * (state[RESIDUAL] as number);
        outputs[0] = centre;
        outputs[1] = centre + reach;
        outputs[2] = centre - reach;
        outputs[3] = slope;
        outputs[4] = state[LINE_R_SQUARED] as number;
      },
    };
  }),
};

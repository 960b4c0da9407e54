import { EMPTY, integer, line, numberOf, real, type IndicatorDefinition } from '../definition.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageLookback,
  movingAverageStep,
  movingAverageType,
  SMA_TYPE,
} from '../kernels/moving-average.ts';
import { momentsColumns, momentsLength, momentsStep } from '../kernels/window-moments.ts';

export const BBANDS: IndicatorDefinition = {
  id: 'bbands',
  aliases: ['bollinger', 'bollinger_bands'],
  title: 'Bollinger bands',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 5, 'Bars of average and deviation.'),
    real('nbdevup', 'Upper width', 2, 'Deviations to the upper band.', [-3e37, 3e37]),
    real('nbdevdn', 'Lower width', 2, 'Deviations to the lower band.', [-3e37, 3e37]),
    movingAverageType('matype', 'Average'),
  ],
  outputs: [line('upper', 'Upper'), line('middle', 'Middle'), line('lower', 'Lower')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'A moving average with bands at a number of standard deviations (of the population) above and below it. The bands widen with volatility; where prices do not move all three lines are one.',
  formula: 'middle = MA(n); upper = middle + up × σ(n); lower = middle − down × σ(n)',
  source: 'Bollinger, Bollinger on Bollinger Bands (2001); TA-Lib BBANDS',
  lookback(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    return Math.max(period - 1, movingAverageLookback(numberOf(parameters, 'matype'), period));
  },
  compute([input = EMPTY], parameters, [upper = EMPTY, middle = EMPTY, lower = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const up = numberOf(parameters, 'nbdevup');
    const down = numberOf(parameters, 'nbdevdn');
    const type = numberOf(parameters, 'matype');
    const length = input.length;
    // The lower column holds the deviation first; with a simple average the mean comes along with it.
    momentsColumns(input, period, type === SMA_TYPE ? middle : upper, lower);
    if (type !== SMA_TYPE) movingAverageColumn(type, input, period, middle);
    const first = Math.max(period - 1, movingAverageLookback(type, period));
    for (const output of [upper, middle, lower]) {
      output.fill(Number.NaN, 0, Math.min(first, length));
    }
    for (let i = first; i < length; i += 1) {
      const width = lower[i] as number;
      const centre = middle[i] as number;
      upper[i] = centre + up * width;
      lower[i] = centre - down * width;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const up = numberOf(parameters, 'nbdevup');
    const down = numberOf(parameters, 'nbdevdn');
    const type = numberOf(parameters, 'matype');
    // state: [mean and deviation, average of another type]
    const at = momentsLength(period);
    const other = type === SMA_TYPE ? 0 : movingAverageLength(type, period);
    const state = new Float64Array(at + other);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const width = momentsStep(state, 0, period, x);
        const average =
          type === SMA_TYPE ? state[0] : movingAverageStep(type, state, at, period, x);
        const centre = Number.isNaN(width) ? width : (average as number);
        outputs[0] = centre + up * width;
        outputs[1] = centre;
        outputs[2] = centre - down * width;
      },
    };
  },
};

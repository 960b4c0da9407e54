import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';
import { EMA_LENGTH, emaColumn, emaStep } from '../kernels/averages.ts';

const PERIODS = [3, 5, 8, 10, 12, 15, 30, 35, 40, 45, 50, 60];

export const GMMA: IndicatorDefinition = {
  id: 'gmma',
  aliases: ['guppy', 'guppy_multiple_moving_average'],
  title: 'Guppy multiple moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [],
  outputs: PERIODS.map((period) => line(`ema${period}`, `EMA ${period}`)),
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Six fast exponential averages for traders (3 to 15 bars) and six slow ones for investors (30 to 60). Narrow groups mean agreement, wide ones a strong trend; the fast group crossing the slow one is read as a change of trend. Each line starts when it has its own number of bars.',
  formula: 'EMA of 3, 5, 8, 10, 12, 15 and of 30, 35, 40, 45, 50, 60 bars',
  source: 'Guppy, Trend Trading (2004)',
  lookback: () => 2,
  compute([input = EMPTY], _parameters, outputs) {
    PERIODS.forEach((period, k) => {
      emaColumn(input, period, outputs[k] ?? EMPTY);
    });
  },
  stream() {
    const state = new Float64Array(PERIODS.length * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        for (let k = 0; k < PERIODS.length; k += 1) {
          outputs[k] = emaStep(state, k * EMA_LENGTH, PERIODS[k] as number, x);
        }
      },
    };
  },
};

import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  AVERAGE_RANGE_LENGTH,
  averageRangeColumn,
  averageRangeStep,
} from '../kernels/true-range.ts';

export const ATR: IndicatorDefinition = {
  id: 'atr',
  aliases: ['average_true_range'],
  title: 'Average true range',
  group: 'Volatility Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the average.', FROM_ONE)],
  outputs: [line('atr', 'ATR')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'How far the price moves in a bar on average, gaps included, in units of the price. It measures the size of moves and not their direction.',
  formula:
    'TR = max(high − low, |high − close[1]|, |low − close[1]|); ATR is the mean of the first n ranges, then (ATR[1] × (n − 1) + TR) / n',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section III',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    averageRangeColumn(high, low, close, numberOf(parameters, 'timeperiod'), output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(AVERAGE_RANGE_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        outputs[0] = averageRangeStep(state, 0, period, high, low, inputs[2] as number);
      },
    };
  },
};

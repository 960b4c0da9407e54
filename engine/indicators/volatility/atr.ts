import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { trueRange } from '../kernels/true-range.ts';

const EMPTY = new Float64Array(0);

export const ATR: IndicatorDefinition = {
  id: 'atr',
  aliases: ['average_true_range'],
  title: 'Average true range',
  group: 'Volatility Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the average.', [1, 100_000])],
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
    const period = numberOf(parameters, 'timeperiod');
    const length = close.length;
    output.fill(Number.NaN, 0, Math.min(period, length));
    if (length <= period) return;
    let value = 0;
    for (let i = 1; i <= period; i += 1) {
      value += trueRange(high[i] as number, low[i] as number, close[i - 1] as number);
    }
    value /= period;
    output[period] = value;
    const kept = period - 1;
    for (let i = period + 1; i < length; i += 1) {
      value =
        (value * kept + trueRange(high[i] as number, low[i] as number, close[i - 1] as number)) /
        period;
      output[i] = value;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [bars seen, last close, sum or average]
    const state = new Float64Array(3);
    return {
      state,
      step(inputs, outputs) {
        const [high = 0, low = 0, close = 0] = inputs;
        const seen = state[0] as number;
        let value = state[2] as number;
        if (seen > 0) {
          const range = trueRange(high, low, state[1] as number);
          if (seen > period) value = (value * (period - 1) + range) / period;
          else value = seen === period ? (value + range) / period : value + range;
        }
        state[0] = Math.min(seen + 1, period + 1);
        state[1] = close;
        state[2] = value;
        outputs[0] = seen < period ? Number.NaN : value;
      },
    };
  },
};

import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { trueRange } from '../kernels/true-range.ts';
import { ATR } from './atr.ts';

export const NATR: IndicatorDefinition = {
  id: 'natr',
  aliases: ['normalized_average_true_range', 'atr_percent'],
  title: 'Normalized average true range',
  group: 'Volatility Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the average.', FROM_ONE)],
  outputs: [line('natr', 'NATR')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'The average true range in percent of the close, so that markets and years of different price levels can be compared. A close of 0 gives 0. With a period of 1 it is the true range in percent of the close (TA-Lib gives the range itself there).',
  formula: 'NATR = 100 × ATR(n) / close',
  source: 'Forman, Cross-Market Evaluations with Normalized Average True Range, TASC (May 2006)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute(inputs, parameters, [output = EMPTY]) {
    const close = inputs[2] ?? EMPTY;
    ATR.compute(inputs, parameters, [output]);
    for (let i = numberOf(parameters, 'timeperiod'); i < close.length; i += 1) {
      output[i] = percent(output[i] as number, close[i] as number);
    }
  },
  stream(parameters) {
    const range = ATR.stream(parameters);
    return {
      state: range.state,
      step(inputs, outputs) {
        range.step(inputs, outputs);
        outputs[0] = percent(outputs[0] as number, inputs[2] as number);
      },
    };
  },
};

/** TA-Lib calls a price this small zero. */
const ZERO = 1e-14;

function percent(range: number, close: number): number {
  // The range minus itself, because a missing range stays missing.
  if (close > -ZERO && close < ZERO) return range - range;
  return (range / close) * 100;
}

export const TRANGE: IndicatorDefinition = {
  id: 'trange',
  aliases: ['true_range'],
  title: 'True range',
  group: 'Volatility Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [],
  outputs: [line('trange', 'True range')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The range of a bar with the gap from the close before it: how far a holder’s position moved at most. Wilder’s measures of volatility and direction are averages of it. A first bar has no close before it and so no value.',
  formula: 'TR = max(high − low, |high − close[1]|, |low − close[1]|)',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section III',
  lookback: () => 1,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], _, [output = EMPTY]) {
    output.fill(Number.NaN, 0, 1);
    for (let i = 1; i < close.length; i += 1) {
      output[i] = trueRange(high[i] as number, low[i] as number, close[i - 1] as number);
    }
  },
  stream() {
    // state: [bars seen, last close]
    const state = new Float64Array(2);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        outputs[0] = state[0] === 0 ? Number.NaN : trueRange(high, low, state[1] as number);
        state[0] = 1;
        state[1] = close;
      },
    };
  },
};

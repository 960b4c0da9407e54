import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { ratioColumn, ratioState, ratioStep } from '../kernels/window-ratio.ts';

/** As in TA-Lib a window in which less than 1 has flowed is one without flow. */
const LEAST = 1 - Number.EPSILON / 2;

export const MFI: IndicatorDefinition = {
  id: 'mfi',
  aliases: ['money_flow_index'],
  title: 'Money flow index',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the sums.')],
  outputs: [line('mfi', 'MFI')],
  pane: 'own',
  levels: [20, 80],
  unstable: false,
  explanation:
    'The share of money that changed hands in rising bars, from 0 to 100: an RSI weighted with volume. Above 80 a market is called overbought, below 20 oversold. Where the flows of the window come to less than 1 (no volume, or a typical price that did not move) it is 0, as in TA-Lib.',
  formula:
    'TP = (high + low + close) / 3; MFI = 100 × P / (P + N); P is the sum of TP × volume of bars with TP > TP[1], N that of bars with TP < TP[1]; 0 where P + N < 1',
  source: 'Quong and Soudack, Stocks & Commodities 7 (1989); TA-Lib MFI',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY],
    parameters,
    [output = EMPTY],
  ) {
    const period = numberOf(parameters, 'timeperiod');
    const length = close.length;
    const gains = new Float64Array(length);
    const flows = new Float64Array(length);
    let before = Number.NaN;
    for (let i = 0; i < length; i += 1) {
      const price = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
      const flow = price * (volume[i] as number);
      const gain = flow * Number(price > before);
      gains[i] = gain;
      flows[i] = gain + flow * Number(price < before);
      before = price;
    }
    output.fill(Number.NaN, 0, 1);
    // The first bar has no change and is in no window.
    ratioColumn(gains.subarray(1), flows.subarray(1), period, 100, LEAST, 0, output.subarray(1));
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [sums, bars seen, last typical price]
    const seenAt = ratioState(period);
    const state = new Float64Array(seenAt + 2);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        const price = (high + low + close) / 3;
        const flow = price * volume;
        const seen = state[seenAt] as number;
        const before = state[seenAt + 1] as number;
        state[seenAt] = 1;
        state[seenAt + 1] = price;
        outputs[0] = Number.NaN;
        if (seen === 0) return;
        const gain = flow * Number(price > before);
        const all = gain + flow * Number(price < before);
        outputs[0] = ratioStep(state, 0, period, 100, LEAST, 0, gain, all);
      },
    };
  },
};

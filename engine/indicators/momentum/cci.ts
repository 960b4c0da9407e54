import {
  EMPTY,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { BARS_A_CALL } from '../kernels/blocks.ts';
import { distanceSum, meanOffset, windowState, windowStep } from '../kernels/mean-distance.ts';
import {
  MEAN_DISTANCE,
  MEAN_OFFSET,
  SORTED_FROM,
  sortedStep,
  sortedWindow,
  windowWork,
} from '../kernels/sorted-window.ts';
import { bySteps } from '../kernels/steps.ts';

export const CCI: IndicatorDefinition = {
  id: 'cci',
  aliases: ['commodity_channel_index'],
  title: 'Commodity channel index',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of mean and deviation.')],
  outputs: [line('cci', 'CCI')],
  pane: 'own',
  levels: [-100, 100],
  unstable: false,
  explanation:
    'How far the typical price is from its mean, measured by its usual distance. Most values are between −100 and 100; beyond, the price is unusually far off, which is read as the start of a trend or as its excess. Where all typical prices are equal it is 0.',
  formula:
    'TP = (high + low + close) / 3; CCI = (TP − SMA(TP, n)) / (0.015 × mean of |TP − SMA(TP, n)|); 0 where that mean is 0',
  source: 'Lambert, Commodity Channel Index, Commodities (October 1980); TA-Lib CCI',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  work: (parameters) => windowWork(numberOf(parameters, 'timeperiod')),
  compute(inputs, parameters, outputs) {
    const [high = EMPTY, low = EMPTY, close = EMPTY] = inputs;
    const [output = EMPTY] = outputs;
    const period = numberOf(parameters, 'timeperiod');
    const length = close.length;
    if (period >= SORTED_FROM && length >= period) {
      LONG.compute(inputs, parameters, outputs);
      return;
    }
    output.fill(Number.NaN, 0, Math.min(period - 1, length));
    // The typical prices of the bars of a call and of the windows that reach back from them.
    const lead = period - 1;
    const prices = new Float64Array(BARS_A_CALL + lead);
    for (let i = 0; i < lead && i < length; i += 1) {
      prices[i] = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
    }
    for (let from = lead; from < length; from += BARS_A_CALL) {
      const to = Math.min(from + BARS_A_CALL, length);
      channelIndices(high, low, close, period, from, to, prices, output);
      prices.copyWithin(0, BARS_A_CALL);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    if (period >= SORTED_FROM) return longStream(period);
    const state = new Float64Array(windowState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const from = windowStep(state, period, (high + low + (inputs[2] as number)) / 3);
        outputs[0] = from === 0 ? Number.NaN : channelIndex(state, from, period);
      },
    };
  },
};

const LONG = bySteps((parameters) => longStream(numberOf(parameters, 'timeperiod')));

function longStream(period: number): StreamKernel {
  const { shape, state } = sortedWindow(period);
  return {
    state,
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      outputs[0] = Number.NaN;
      if (!sortedStep(shape, state, (high + low + (inputs[2] as number)) / 3)) return;
      outputs[0] = indexOf(state[MEAN_OFFSET] as number, state[MEAN_DISTANCE] as number);
    },
  };
}

/** @param prices begins with the typical prices of the `period` − 1 bars before `from` */
function channelIndices(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  period: number,
  from: number,
  to: number,
  prices: Float64Array,
  output: Float64Array,
): void {
  for (let i = from, j = period - 1; i < to; i += 1, j += 1) {
    prices[j] = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
  }
  for (let i = from, j = 0; i < to; i += 1, j += 1) output[i] = channelIndex(prices, j, period);
}

/** All is reckoned from the last price, so that equal prices give exactly zero. */
function channelIndex(prices: Float64Array, from: number, period: number): number {
  const offset = meanOffset(prices, from, period);
  const mean = (prices[from + period - 1] as number) + offset;
  const distance = distanceSum(prices, from, period, mean);
  return indexOf(offset, distance / period);
}

/** @param offset the mean less the last price */
function indexOf(offset: number, distance: number): number {
  return distance === 0 ? 0 : -offset / (0.015 * distance);
}

import {
  EMPTY,
  integer,
  line,
  periodOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { barsACall } from '../kernels/blocks.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST } from '../kernels/extremes.ts';

const PERIOD = integer('timeperiod', 'Period', 14, 'Bars of the window.');

/** The blocks of extremes.ts, for both extremes in one pass. */
function midColumn(
  highs: Float64Array,
  lows: Float64Array,
  period: number,
  output: Float64Array,
): void {
  const length = lows.length;
  // Extremes from a place of the block before to its end.
  const highEnds = new Float64Array(period + 1).fill(-Infinity);
  const lowEnds = new Float64Array(period + 1).fill(Infinity);
  const bars = barsACall(period);
  for (let from = 0; from < length; from += bars) {
    midBlocks(highs, lows, from, Math.min(from + bars, length), period, highEnds, lowEnds, output);
  }
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
}

function midBlocks(
  highs: Float64Array,
  lows: Float64Array,
  from: number,
  length: number,
  period: number,
  highEnds: Float64Array,
  lowEnds: Float64Array,
  output: Float64Array,
): void {
  for (let block = from; block < length; block += period) {
    const end = Math.min(block + period, length);
    let highest = -Infinity;
    let lowest = Infinity;
    for (let i = block, j = 1; i < end; i += 1, j += 1) {
      const high = highs[i] as number;
      const low = lows[i] as number;
      if (high > highest) highest = high;
      if (low < lowest) lowest = low;
      const highEnd = highEnds[j] as number;
      const lowEnd = lowEnds[j] as number;
      output[i] =
        ((highEnd > highest ? highEnd : highest) + (lowEnd < lowest ? lowEnd : lowest)) / 2;
    }
    if (block + period > length) return;
    highest = -Infinity;
    lowest = Infinity;
    for (let j = period - 1; j > 0; j -= 1) {
      const high = highs[block + j] as number;
      const low = lows[block + j] as number;
      if (high > highest) highest = high;
      if (low < lowest) lowest = low;
      highEnds[j] = highest;
      lowEnds[j] = lowest;
    }
  }
}

/** The input at `low` is the one whose lowest value is sought. */
function midStream(period: number, low: 0 | 1): StreamKernel {
  const at = extremeState(period);
  const state = new Float64Array(2 * at);
  return {
    state,
    step(inputs, outputs) {
      const highest = extremeStep(state, 0, period, HIGHEST, inputs[0] as number);
      const lowest = extremeStep(state, at, period, LOWEST, inputs[low] as number);
      outputs[0] = (highest + lowest) / 2;
    },
  };
}

export const MIDPOINT: IndicatorDefinition = {
  id: 'midpoint',
  aliases: ['mid_point'],
  title: 'Midpoint over period',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [PERIOD],
  outputs: [line('midpoint', 'Midpoint')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The middle between the highest and the lowest value of the last bars. Values above it are in the upper half of their range.',
  formula: 'MIDPOINT = (max(x, n) + min(x, n)) / 2',
  source: 'TA-Lib MIDPOINT',
  lookback: (parameters) => periodOf(parameters) - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    midColumn(input, input, periodOf(parameters), output);
  },
  stream: (parameters) => midStream(periodOf(parameters), 0),
};

export const MIDPRICE: IndicatorDefinition = {
  id: 'midprice',
  aliases: ['mid_price'],
  title: 'Midprice over period',
  group: 'Overlap Studies',
  inputs: ['high', 'low'],
  parameters: [PERIOD],
  outputs: [line('midprice', 'Midprice')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The middle between the highest high and the lowest low of the last bars, which is the centre of a Donchian channel and the way in which the lines of Ichimoku are drawn.',
  formula: 'MIDPRICE = (max(high, n) + min(low, n)) / 2',
  source: 'TA-Lib MIDPRICE',
  lookback: (parameters) => periodOf(parameters) - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    midColumn(high, low, periodOf(parameters), output);
  },
  stream: (parameters) => midStream(periodOf(parameters), 1),
};

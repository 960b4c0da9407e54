import { EMPTY, integer, line, periodOf, type IndicatorDefinition } from '../definition.ts';
import { barsACall } from '../kernels/blocks.ts';
import { extremeIndexState, extremeIndexStep, HIGHEST, LOWEST } from '../kernels/extremes.ts';

const PERIOD = integer('timeperiod', 'Period', 14, 'Bars to look back.');
const SOURCE = 'Chande, A Time Price Oscillator, Stocks & Commodities 13 (1995); TA-Lib';

/**
 * Writes on which bar the lowest low and the highest high of the last `window` bars stand, the latest of
 * equal ones, from the first whole window on. It works in blocks, as in extremes.ts, and takes the
 * larger of two by multiplying with 0 and 1, because a branch would often be guessed wrongly.
 */
function lastExtremes(
  high: Float64Array,
  low: Float64Array,
  window: number,
  lowestAt: Float64Array,
  highestAt: Float64Array,
): void {
  const length = high.length;
  // Extremes from bar j of the block before to its end, and where they stand.
  const tops = new Float64Array(window + 1).fill(-Number.MAX_VALUE);
  const bottoms = new Float64Array(window + 1).fill(Number.MAX_VALUE);
  const places = new Int32Array(2 * (window + 1));
  const bars = barsACall(window);
  for (let from = 0; from < length; from += bars) {
    const to = Math.min(from + bars, length);
    extremeBlocks(high, low, from, to, window, tops, bottoms, places, lowestAt, highestAt);
  }
  const lead = Math.min(window - 1, length);
  lowestAt.fill(Number.NaN, 0, lead);
  highestAt.fill(Number.NaN, 0, lead);
}

function extremeBlocks(
  high: Float64Array,
  low: Float64Array,
  from: number,
  length: number,
  window: number,
  tops: Float64Array,
  bottoms: Float64Array,
  places: Int32Array,
  lowestAt: Float64Array,
  highestAt: Float64Array,
): void {
  const under0 = window + 1;
  for (let block = from; block < length; block += window) {
    const end = block + window;
    const to = end < length ? end : length;
    let top = high[block] as number;
    let topAt = block;
    let bottom = low[block] as number;
    let bottomAt = block;
    for (let i = block, j = 1; i < to; i += 1, j += 1) {
      const x = high[i] as number;
      const above = Number(x >= top);
      top = x * above + top * (1 - above);
      topAt += Math.imul(i - topAt, above);
      const older = Number((tops[j] as number) > top);
      highestAt[i] = topAt + Math.imul((places[j] as number) - topAt, older);
      const y = low[i] as number;
      const under = Number(y <= bottom);
      bottom = y * under + bottom * (1 - under);
      bottomAt += Math.imul(i - bottomAt, under);
      const deeper = Number((bottoms[j] as number) < bottom);
      lowestAt[i] = bottomAt + Math.imul((places[under0 + j] as number) - bottomAt, deeper);
    }
    if (end > length) return;
    top = -Number.MAX_VALUE;
    bottom = Number.MAX_VALUE;
    topAt = end - 1;
    bottomAt = end - 1;
    for (let i = end - 1, j = window - 1; j > 0; i -= 1, j -= 1) {
      const x = high[i] as number;
      const above = Number(x > top);
      top = x * above + top * (1 - above);
      topAt += Math.imul(i - topAt, above);
      tops[j] = top;
      places[j] = topAt;
      const y = low[i] as number;
      const under = Number(y < bottom);
      bottom = y * under + bottom * (1 - under);
      bottomAt += Math.imul(i - bottomAt, under);
      bottoms[j] = bottom;
      places[under0 + j] = bottomAt;
    }
  }
}

export const AROON: IndicatorDefinition = {
  id: 'aroon',
  aliases: ['aroon_up_down'],
  title: 'Aroon',
  group: 'Momentum Indicators',
  inputs: ['high', 'low'],
  parameters: [PERIOD],
  outputs: [line('down', 'Aroon down'), line('up', 'Aroon up')],
  pane: 'own',
  levels: [30, 70],
  unstable: false,
  explanation:
    'How lately the highest high (up) and the lowest low (down) of the last bars came: 100 is this bar, 0 the oldest. Up near 100 with down low is a rising trend; lines that fall together show none. Of equal extremes the latest counts, so that both are 100 where nothing moves.',
  formula:
    'up = 100 × (n − bars since the highest high of n + 1 bars) / n; down = 100 × (n − bars since the lowest low of n + 1 bars) / n',
  source: SOURCE,
  lookback: periodOf,
  compute([high = EMPTY, low = EMPTY], parameters, [down = EMPTY, up = EMPTY]) {
    const period = periodOf(parameters);
    const share = 100 / period;
    lastExtremes(high, low, period + 1, down, up);
    for (let i = period; i < down.length; i += 1) {
      const oldest = i - period;
      down[i] = share * ((down[i] as number) - oldest);
      up[i] = share * ((up[i] as number) - oldest);
    }
  },
  stream(parameters) {
    const period = periodOf(parameters);
    const share = 100 / period;
    const upAt = extremeIndexState(period + 1);
    const state = new Float64Array(2 * upAt);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const oldest = (state[0] as number) - period;
        const lowest = extremeIndexStep(state, 0, period + 1, LOWEST, 'latest', low);
        const highest = extremeIndexStep(state, upAt, period + 1, HIGHEST, 'latest', high);
        outputs[0] = share * (lowest - oldest);
        outputs[1] = share * (highest - oldest);
      },
    };
  },
};

export const AROONOSC: IndicatorDefinition = {
  id: 'aroonosc',
  aliases: ['aroon_oscillator'],
  title: 'Aroon oscillator',
  group: 'Momentum Indicators',
  inputs: ['high', 'low'],
  parameters: [PERIOD],
  outputs: [line('aroonosc', 'Aroon oscillator')],
  pane: 'own',
  levels: [-50, 0, 50],
  unstable: false,
  explanation:
    'Aroon up less Aroon down, from −100 to 100: positive where the highest high is later than the lowest low. Far from zero there is a trend, near zero none.',
  formula: 'AROONOSC = up − down of AROON(n)',
  source: SOURCE,
  lookback: periodOf,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    const period = periodOf(parameters);
    const share = 100 / period;
    const lowest = new Float64Array(output.length);
    lastExtremes(high, low, period + 1, lowest, output);
    for (let i = period; i < output.length; i += 1) {
      output[i] = share * ((output[i] as number) - (lowest[i] as number));
    }
  },
  stream(parameters) {
    const period = periodOf(parameters);
    const share = 100 / period;
    const highAt = extremeIndexState(period + 1);
    const state = new Float64Array(2 * highAt);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const lowest = extremeIndexStep(state, 0, period + 1, LOWEST, 'latest', low);
        const highest = extremeIndexStep(state, highAt, period + 1, HIGHEST, 'latest', high);
        outputs[0] = share * (highest - lowest);
      },
    };
  },
};

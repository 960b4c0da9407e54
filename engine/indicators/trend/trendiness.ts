import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { smaColumn, smaLength, smaStep } from '../kernels/averages.ts';
import { BARS_A_CALL } from '../kernels/blocks.ts';
import { trueRange, trueRangeColumn } from '../kernels/true-range.ts';
import { momentsColumns, momentsLength, momentsStep } from '../kernels/window-moments.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

export const VHF: IndicatorDefinition = {
  id: 'vhf',
  aliases: ['vertical_horizontal_filter'],
  title: 'Vertical horizontal filter',
  group: 'Trend',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 28, 'Bars that are measured.')],
  outputs: [line('vhf', 'VHF')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The span of the last values over the way that was walked in it: high in a trend, low in a range. It does not tell the direction; a rising line means a trend that forms. Where nothing moved it is 0.',
  formula: 'VHF = (highest(x, n) − lowest(x, n)) / Σ |x − x[1]| over n bars',
  source: 'White, The Vertical Horizontal Filter, Futures (August 1991)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const length = input.length;
    const moves = new Float64Array(length);
    const ways = new Float64Array(length);
    for (let i = 1; i < length; i += 1) {
      moves[i] = Math.abs((input[i] as number) - (input[i - 1] as number));
    }
    smaColumn(moves, period, ways, 1);
    slidingExtreme(input, period, HIGHEST, output);
    slidingExtreme(input, period, LOWEST, moves);
    for (let i = 0; i < length; i += 1) {
      const way = (ways[i] as number) * period;
      output[i] = way === 0 ? 0 : ((output[i] as number) - (moves[i] as number)) / way;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const tops = 2 + smaLength(period);
    const bottoms = tops + extremeState(period);
    // state: [begun, last value, mean of the moves, extremes]
    const state = new Float64Array(bottoms + extremeState(period));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const before = state[1] as number;
        const top = extremeStep(state, tops, period, HIGHEST, x);
        const bottom = extremeStep(state, bottoms, period, LOWEST, x);
        state[1] = x;
        outputs[0] = Number.NaN;
        if (state[0] === 0) {
          state[0] = 1;
          return;
        }
        const way = smaStep(state, 2, period, Math.abs(x - before)) * period;
        outputs[0] = way === 0 ? 0 : (top - bottom) / way;
      },
    };
  },
};

function roots(period: number): Float64Array {
  return Float64Array.from({ length: period + 1 }, (_, k) => Math.sqrt(k));
}

/** Less than any move. Finite, as it is multiplied with 0. */
const NONE = -Number.MAX_VALUE;

/** The larger, by multiplying with 0 and 1: it cannot be guessed, and wrong guesses cost more. */
function larger(a: number, b: number): number {
  const above = Number(a > b);
  return a * above + b * (1 - above);
}

/** Writes both indices of the bar at i into `rises[a]` and `falls[b]`. */
function walkIndex(
  high: Float64Array,
  low: Float64Array,
  ranges: Float64Array,
  root: Float64Array,
  i: number,
  rises: Float64Array,
  a: number,
  falls: Float64Array,
  b: number,
): void {
  const period = root.length - 1;
  const top = high[i] as number;
  const bottom = low[i] as number;
  let sum = ranges[i - 1] as number;
  // Two of each side by side, of even and odd k: a comparison waits for the one before.
  let rise = NONE;
  let fall = NONE;
  let otherRise = NONE;
  let otherFall = NONE;
  let k = 2;
  for (; k < period; k += 2) {
    const j = i - k;
    sum += ranges[j] as number;
    const first = sum > 0 ? (root[k] as number) / sum : 0;
    sum += ranges[j - 1] as number;
    if (first > 0) {
      rise = larger((top - (low[j] as number)) * first, rise);
      fall = larger(((high[j] as number) - bottom) * first, fall);
    }
    if (sum > 0) {
      const second = (root[k + 1] as number) / sum;
      otherRise = larger((top - (low[j - 1] as number)) * second, otherRise);
      otherFall = larger(((high[j - 1] as number) - bottom) * second, otherFall);
    }
  }
  if (k === period) {
    sum += ranges[i - k] as number;
    if (sum > 0) {
      const scale = (root[k] as number) / sum;
      rise = larger((top - (low[i - k] as number)) * scale, rise);
      fall = larger(((high[i - k] as number) - bottom) * scale, fall);
    }
  }
  rise = larger(rise, otherRise);
  fall = larger(fall, otherFall);
  rises[a] = rise === NONE ? 0 : rise;
  falls[b] = fall === NONE ? 0 : fall;
}

function walkIndices(
  high: Float64Array,
  low: Float64Array,
  ranges: Float64Array,
  root: Float64Array,
  from: number,
  to: number,
  rises: Float64Array,
  falls: Float64Array,
): void {
  for (let i = from; i < to; i += 1) {
    walkIndex(high, low, ranges, root, i, rises, i, falls, i);
  }
}

export const RWI: IndicatorDefinition = {
  id: 'rwi',
  aliases: ['random_walk_index'],
  title: 'Random walk index',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Longest look back that is tried.', [2, 500])],
  outputs: [line('high', 'RWI high'), line('low', 'RWI low')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'The move from the lows (to the highs) of two to n bars ago, over what a random walk of average steps would cover in that time; the largest counts. Above 1 the market moves farther than chance: high for an uptrend, low for a downtrend. Looks back over bars without any range are left out; if all are, it is 0.',
  formula:
    'high = max over k = 2 … n of (high − low[k]) / (mean TR of the k bars before this one × √k); low likewise of (high[k] − low)',
  source: 'Poulos, Of Trends and Random Walks, Stocks & Commodities (February 1991)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') + 1,
  work: (parameters) => 2 * numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [rises = EMPTY, falls = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const root = roots(period);
    const length = close.length;
    const ranges = new Float64Array(length);
    trueRangeColumn(high, low, close, ranges);
    rises.fill(Number.NaN, 0, Math.min(period + 1, length));
    falls.fill(Number.NaN, 0, Math.min(period + 1, length));
    for (let from = period + 1; from < length; from += BARS_A_CALL) {
      const to = Math.min(from + BARS_A_CALL, length);
      walkIndices(high, low, ranges, root, from, to, rises, falls);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const root = roots(period);
    const size = period + 1;
    // state: [bars seen, place, last close, rings of highs, lows and ranges], each ring twice over, so that
    // the last bars are always one stretch
    const state = new Float64Array(3 + 6 * size);
    const highs = state.subarray(3, 3 + 2 * size);
    const lows = state.subarray(3 + 2 * size, 3 + 4 * size);
    const ranges = state.subarray(3 + 4 * size);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const seen = state[0] as number;
        const place = (state[1] as number) | 0;
        const range = seen === 0 ? 0 : trueRange(high, low, state[2] as number);
        const at = place + size;
        highs[place] = high;
        highs[at] = high;
        lows[place] = low;
        lows[at] = low;
        ranges[place] = range;
        ranges[at] = range;
        state[0] = seen > period ? seen : seen + 1;
        state[1] = place === period ? 0 : place + 1;
        state[2] = close;
        if (seen > period) {
          walkIndex(highs, lows, ranges, root, at, outputs, 0, outputs, 1);
        } else {
          outputs[0] = Number.NaN;
          outputs[1] = Number.NaN;
        }
      },
    };
  },
};

export const TREND_INTENSITY: IndicatorDefinition = {
  id: 'trend_intensity',
  aliases: ['tii', 'trend_intensity_index'],
  title: 'Trend intensity index',
  group: 'Trend',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Average', 60, 'Bars of the simple average.'),
    integer('deviations', 'Deviations', 30, 'Bars whose distance from it is counted.', [1, 1000]),
  ],
  outputs: [line('tii', 'TII')],
  pane: 'own',
  levels: [20, 50, 80],
  unstable: false,
  explanation:
    'How much of the recent distance from today’s average lay above it, from 0 to 100: above 80 a strong uptrend, below 20 a strong downtrend. Where all values stand on the average it is 50.',
  formula:
    'm = SMA(x, n) of this bar; TII = 100 × Σ max(x[k] − m, 0) / Σ |x[k] − m|, k = 0 … d − 1',
  source: 'Pee, Trend Intensity Index, Stocks & Commodities (June 2002)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'timeperiod'), numberOf(parameters, 'deviations')) - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const count = numberOf(parameters, 'deviations');
    const length = input.length;
    const means = new Float64Array(length);
    momentsColumns(input, period, means, output);
    const lead = Math.min(Math.max(period, count) - 1, length);
    output.fill(Number.NaN, 0, lead);
    for (let i = lead; i < length; i += 1) {
      const mean = means[i] as number;
      let net = 0;
      let all = 0;
      for (let k = i - count + 1; k <= i; k += 1) {
        const d = (input[k] as number) - mean;
        net += d;
        all += Math.abs(d);
      }
      output[i] = all === 0 ? 50 : 50 + (50 * net) / all;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const count = numberOf(parameters, 'deviations');
    const needed = Math.max(period, count) - 1;
    const moments = 2 + count;
    // state: [bars seen, place of the oldest, ring, moments]
    const state = new Float64Array(moments + momentsLength(period));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const at = state[1] as number;
        const oldest = at + 1 === count ? 0 : at + 1;
        state[0] = Math.min(seen + 1, needed);
        state[1] = oldest;
        state[2 + at] = x;
        momentsStep(state, moments, period, x);
        if (seen < needed) {
          outputs[0] = Number.NaN;
          return;
        }
        const mean = state[moments] as number;
        let net = 0;
        let all = 0;
        for (let k = 0, j = oldest; k < count; k += 1) {
          const d = (state[2 + j] as number) - mean;
          net += d;
          all += Math.abs(d);
          j = j + 1 === count ? 0 : j + 1;
        }
        outputs[0] = all === 0 ? 50 : 50 + (50 * net) / all;
      },
    };
  },
};

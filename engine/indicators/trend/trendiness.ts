import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { smaColumn, smaLength, smaStep } from '../kernels/averages.ts';
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

export const RWI: IndicatorDefinition = {
  id: 'rwi',
  aliases: ['random_walk_index'],
  title: 'Random walk index',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Longest look back that is tried.', [2, 1000])],
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
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [rises = EMPTY, falls = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const root = roots(period);
    const length = close.length;
    const ranges = new Float64Array(length);
    trueRangeColumn(high, low, close, ranges);
    rises.fill(Number.NaN, 0, Math.min(period + 1, length));
    falls.fill(Number.NaN, 0, Math.min(period + 1, length));
    for (let i = period + 1; i < length; i += 1) {
      const top = high[i] as number;
      const bottom = low[i] as number;
      let sum = ranges[i - 1] as number;
      let rise = -Infinity;
      let fall = -Infinity;
      for (let k = 2; k <= period; k += 1) {
        sum += ranges[i - k] as number;
        if (sum > 0) {
          const scale = (root[k] as number) / sum;
          const up = (top - (low[i - k] as number)) * scale;
          const down = ((high[i - k] as number) - bottom) * scale;
          if (up > rise) rise = up;
          if (down > fall) fall = down;
        }
      }
      rises[i] = rise === -Infinity ? 0 : rise;
      falls[i] = fall === -Infinity ? 0 : fall;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const root = roots(period);
    const highs = 3;
    const lows = highs + period;
    const ranges = lows + period;
    // state: [bars seen, place of the oldest, last close, rings of highs, lows and ranges]
    const state = new Float64Array(ranges + period);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const seen = state[0] as number;
        const at = state[1] as number;
        const before = state[2] as number;
        outputs.fill(Number.NaN);
        if (seen > period) {
          let sum = 0;
          let rise = -Infinity;
          let fall = -Infinity;
          for (let k = 1, j = at; k <= period; k += 1) {
            j = j === 0 ? period - 1 : j - 1;
            sum += state[ranges + j] as number;
            if (k > 1 && sum > 0) {
              const scale = (root[k] as number) / sum;
              const up = (high - (state[lows + j] as number)) * scale;
              const down = ((state[highs + j] as number) - low) * scale;
              if (up > rise) rise = up;
              if (down > fall) fall = down;
            }
          }
          outputs[0] = rise === -Infinity ? 0 : rise;
          outputs[1] = fall === -Infinity ? 0 : fall;
        }
        state[highs + at] = high;
        state[lows + at] = low;
        state[ranges + at] = seen === 0 ? 0 : trueRange(high, low, before);
        state[0] = Math.min(seen + 1, period + 1);
        state[1] = at + 1 === period ? 0 : at + 1;
        state[2] = close;
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

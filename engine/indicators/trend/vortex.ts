import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  EMA_LENGTH,
  emaColumn,
  emaStep,
  smaColumn,
  smaLength,
  smaStep,
} from '../kernels/averages.ts';
import { windowSumColumn, windowSumState, windowSumStep } from '../kernels/window-sum.ts';
import { trueRange, trueRangeColumn } from '../kernels/true-range.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

export const VORTEX: IndicatorDefinition = {
  id: 'vortex',
  aliases: ['vortex_indicator'],
  title: 'Vortex indicator',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars that are summed.')],
  outputs: [line('plus', 'VI+'), line('minus', 'VI−')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'How far highs lie from the lows before them, and lows from the highs before, over the true ranges. The greater of the two gives the direction; their crossing is read as its turn. Where nothing moved both are 0.',
  formula: 'VI+ = Σ |high − low[1]| / Σ TR; VI− = Σ |low − high[1]| / Σ TR over n bars',
  source: 'Botes and Siepman, The Vortex Indicator, Stocks & Commodities (January 2010)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [plus = EMPTY, minus = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const length = close.length;
    const moves = new Float64Array(length);
    const ranges = new Float64Array(length);
    trueRangeColumn(high, low, close, moves);
    smaColumn(moves, period, ranges, 1);
    for (let i = 1; i < length; i += 1) {
      moves[i] = Math.abs((high[i] as number) - (low[i - 1] as number));
    }
    smaColumn(moves, period, plus, 1);
    for (let i = 1; i < length; i += 1) {
      moves[i] = Math.abs((low[i] as number) - (high[i - 1] as number));
    }
    smaColumn(moves, period, minus, 1);
    for (let i = 0; i < length; i += 1) {
      const range = ranges[i] as number;
      plus[i] = range === 0 ? 0 : (plus[i] as number) / range;
      minus[i] = range === 0 ? 0 : (minus[i] as number) / range;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const size = smaLength(period);
    // state: [begun, last high, low and close, means of the ranges and of the two moves]
    const state = new Float64Array(4 + 3 * size);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const lastHigh = state[1] as number;
        const lastLow = state[2] as number;
        const lastClose = state[3] as number;
        state[1] = high;
        state[2] = low;
        state[3] = close;
        outputs.fill(Number.NaN);
        if (state[0] === 0) {
          state[0] = 1;
          return;
        }
        const range = smaStep(state, 4, period, trueRange(high, low, lastClose));
        const up = smaStep(state, 4 + size, period, Math.abs(high - lastLow));
        const down = smaStep(state, 4 + 2 * size, period, Math.abs(low - lastHigh));
        outputs[0] = range === 0 ? 0 : up / range;
        outputs[1] = range === 0 ? 0 : down / range;
      },
    };
  },
};

/** `movement` is the mean of the true ranges. */
function choppinessOf(movement: number, top: number, bottom: number, period: number): number {
  const range = top - bottom;
  if (range === 0) return 100;
  return (100 * Math.log((movement * period) / range)) / Math.log(period);
}

export const CHOPPINESS: IndicatorDefinition = {
  id: 'choppiness',
  aliases: ['choppiness_index', 'chop'],
  title: 'Choppiness index',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars that are measured.')],
  outputs: [line('chop', 'Choppiness')],
  pane: 'own',
  levels: [38.2, 61.8],
  unstable: false,
  explanation:
    'How much of the movement of the last bars went to and fro: near 0 in a straight trend, near 100 where the ranges lie on top of each other. It says nothing of direction. Above 61.8 a market is called choppy, below 38.2 trending. Where the bars span no range at all it is 100.',
  formula: 'CHOP = 100 × log(Σ TR / (highest high − lowest low)) / log(n) over n bars',
  source: 'E. W. Dreiss’s choppiness index, in the form of TradingView',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const length = close.length;
    const tops = new Float64Array(length);
    const bottoms = new Float64Array(length);
    trueRangeColumn(high, low, close, tops);
    smaColumn(tops, period, output, 1);
    slidingExtreme(high, period, HIGHEST, tops);
    slidingExtreme(low, period, LOWEST, bottoms);
    for (let i = period; i < length; i += 1) {
      output[i] = choppinessOf(
        output[i] as number,
        tops[i] as number,
        bottoms[i] as number,
        period,
      );
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const highs = 2 + smaLength(period);
    const lows = highs + extremeState(period);
    // state: [begun, last close, mean of the ranges, extremes]
    const state = new Float64Array(lows + extremeState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const before = state[1] as number;
        state[1] = close;
        const top = extremeStep(state, highs, period, HIGHEST, high);
        const bottom = extremeStep(state, lows, period, LOWEST, low);
        outputs[0] = Number.NaN;
        if (state[0] === 0) {
          state[0] = 1;
          return;
        }
        const movement = smaStep(state, 2, period, trueRange(high, low, before));
        if (!Number.isNaN(movement)) outputs[0] = choppinessOf(movement, top, bottom, period);
      },
    };
  },
};

export const MASS_INDEX: IndicatorDefinition = {
  id: 'mass_index',
  aliases: ['mass'],
  title: 'Mass index',
  group: 'Volatility Indicators',
  inputs: ['high', 'low'],
  parameters: [
    integer('timeperiod', 'Period', 25, 'Bars that are summed.', FROM_ONE),
    integer('emaperiod', 'EMA period', 9, 'Bars of the averages of the range.', FROM_ONE),
  ],
  outputs: [line('mass', 'Mass index')],
  pane: 'own',
  levels: [26.5, 27],
  unstable: true,
  explanation:
    'The sum of how far the smoothed range of the bars runs ahead of its own average. A rise above 27 and fall below 26.5 (a bulge) is read as a coming reversal of whatever trend there is. Without any range each bar counts as 1.',
  formula: 'Σ over n bars of EMA(high − low, m) / EMA(EMA(high − low, m), m)',
  source: 'Dorsey, The Mass Index, Stocks & Commodities (June 1992)',
  lookback: (parameters) =>
    2 * (numberOf(parameters, 'emaperiod') - 1) + numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const smooth = numberOf(parameters, 'emaperiod');
    const length = high.length;
    const ratio = new Float64Array(length);
    const single = new Float64Array(length);
    for (let i = 0; i < length; i += 1) ratio[i] = (high[i] as number) - (low[i] as number);
    emaColumn(ratio, smooth, single);
    emaColumn(single, smooth, ratio, smooth - 1);
    for (let i = 2 * (smooth - 1); i < length; i += 1) {
      const twice = ratio[i] as number;
      ratio[i] = twice === 0 ? 1 : (single[i] as number) / twice;
    }
    windowSumColumn(ratio, period, output, 2 * (smooth - 1));
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const smooth = numberOf(parameters, 'emaperiod');
    const state = new Float64Array(2 * EMA_LENGTH + windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        outputs[0] = Number.NaN;
        const single = emaStep(state, 0, smooth, high - low);
        if (Number.isNaN(single)) return;
        const twice = emaStep(state, EMA_LENGTH, smooth, single);
        if (Number.isNaN(twice)) return;
        const ratio = twice === 0 ? 1 : single / twice;
        outputs[0] = windowSumStep(state, 2 * EMA_LENGTH, period, ratio);
      },
    };
  },
};

import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
} from '../definition.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';
import {
  AVERAGE_RANGE_LENGTH,
  averageRangeColumn,
  averageRangeStep,
} from '../kernels/true-range.ts';

export const CHANDELIER: IndicatorDefinition = {
  id: 'chandelier',
  aliases: ['chandelier_exit'],
  title: 'Chandelier exit',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod', 'Period', 22, 'Bars of the extremes and of the average range.', FROM_ONE),
    real('multiplier', 'Multiplier', 3, 'Average ranges to the stop.', [0, 1000]),
  ],
  outputs: [line('long', 'Long exit'), line('short', 'Short exit')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Stops that hang from the highest high (for a long position) or stand on the lowest low (for a short one) at a number of average ranges. A close beyond a stop ends the position.',
  formula:
    'long = highest high(n) − multiplier × ATR(n); short = lowest low(n) + multiplier × ATR(n)',
  source:
    'Charles Le Beau’s chandelier exit, in Elder, Come into My Trading Room (2002); as StockCharts',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [long = EMPTY, short = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const multiplier = numberOf(parameters, 'multiplier');
    const ranges = new Float64Array(close.length);
    averageRangeColumn(high, low, close, period, ranges);
    slidingExtreme(high, period, HIGHEST, long);
    slidingExtreme(low, period, LOWEST, short);
    for (let i = 0; i < close.length; i += 1) {
      const reach = multiplier * (ranges[i] as number);
      long[i] = (long[i] as number) - reach;
      short[i] = (short[i] as number) + reach;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const multiplier = numberOf(parameters, 'multiplier');
    const highs = AVERAGE_RANGE_LENGTH;
    const lows = highs + extremeState(period);
    const state = new Float64Array(lows + extremeState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const reach = multiplier * averageRangeStep(state, 0, period, high, low, close);
        outputs[0] = extremeStep(state, highs, period, HIGHEST, high) - reach;
        outputs[1] = extremeStep(state, lows, period, LOWEST, low) + reach;
      },
    };
  },
};

export const CHANDE_KROLL: IndicatorDefinition = {
  id: 'chande_kroll',
  aliases: ['chande_kroll_stop', 'cksp'],
  title: 'Chande Kroll stop',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod', 'Period', 10, 'Bars of the extremes and of the average range.', FROM_ONE),
    real('multiplier', 'Multiplier', 1, 'Average ranges to the first stop.', [0, 1000]),
    integer('stopperiod', 'Stop period', 9, 'Bars over which the stop is held.', FROM_ONE),
  ],
  outputs: [line('long', 'Stop long'), line('short', 'Stop short')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Stops outside the noise of the last bars, each held at its farthest over some bars more. A price above both is in an uptrend, below both in a downtrend. The names are those of TradingView: the line that is called short hangs from the highs, the one called long stands on the lows.',
  formula:
    'short = highest(highest high(n) − multiplier × ATR(n), m); long = lowest(lowest low(n) + multiplier × ATR(n), m)',
  source: 'Chande and Kroll, The New Technical Trader (1994)',
  lookback: (parameters) =>
    numberOf(parameters, 'timeperiod') + numberOf(parameters, 'stopperiod') - 1,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [long = EMPTY, short = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const held = numberOf(parameters, 'stopperiod');
    const multiplier = numberOf(parameters, 'multiplier');
    const length = close.length;
    const lows = new Float64Array(length);
    const highs = new Float64Array(length);
    averageRangeColumn(high, low, close, period, long);
    slidingExtreme(high, period, HIGHEST, highs);
    slidingExtreme(low, period, LOWEST, lows);
    for (let i = 0; i < length; i += 1) {
      const reach = multiplier * (long[i] as number);
      highs[i] = (highs[i] as number) - reach;
      lows[i] = (lows[i] as number) + reach;
    }
    long.fill(Number.NaN, 0, Math.min(period, length));
    short.fill(Number.NaN, 0, Math.min(period, length));
    if (length <= period) return;
    slidingExtreme(lows.subarray(period), held, LOWEST, long.subarray(period));
    slidingExtreme(highs.subarray(period), held, HIGHEST, short.subarray(period));
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const held = numberOf(parameters, 'stopperiod');
    const multiplier = numberOf(parameters, 'multiplier');
    const highs = AVERAGE_RANGE_LENGTH;
    const lows = highs + extremeState(period);
    const shorts = lows + extremeState(period);
    const longs = shorts + extremeState(held);
    const state = new Float64Array(longs + extremeState(held));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const reach = multiplier * averageRangeStep(state, 0, period, high, low, close);
        const top = extremeStep(state, highs, period, HIGHEST, high) - reach;
        const bottom = extremeStep(state, lows, period, LOWEST, low) + reach;
        outputs.fill(Number.NaN);
        if (Number.isNaN(reach)) return;
        outputs[0] = extremeStep(state, longs, held, LOWEST, bottom);
        outputs[1] = extremeStep(state, shorts, held, HIGHEST, top);
      },
    };
  },
};

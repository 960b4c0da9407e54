import {
  EMPTY,
  FROM_ONE,
  histogram,
  integer,
  line,
  numberOf,
  signalPeriod,
  type IndicatorDefinition,
} from '../definition.ts';
import { EMA_LENGTH, emaColumn, emaStep, emaWeight, smoothStep } from '../kernels/averages.ts';
import { windowSumAfterLeadIn, windowSumState } from '../kernels/window-sum.ts';

/** How far one average is above another, in percent of the other; 0 where that is 0. */
function percentAbove(fast: number, slow: number): number {
  return slow === 0 ? 0 : (100 * (fast - slow)) / slow;
}

export const PVO: IndicatorDefinition = {
  id: 'pvo',
  aliases: ['percentage_volume_oscillator'],
  title: 'Percentage volume oscillator',
  group: 'Volume Indicators',
  inputs: ['volume'],
  parameters: [
    integer('fastperiod', 'Fast', 12, 'Bars of the fast average.', FROM_ONE),
    integer('slowperiod', 'Slow', 26, 'Bars of the slow average.', FROM_ONE),
    signalPeriod(9),
  ],
  outputs: [line('pvo', 'PVO'), line('signal', 'Signal'), histogram()],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'MACD of the volume, in percent: above 0 volume is higher than it used to be. It tells whether a move has participation, not its direction. It is 0 where nothing was traded.',
  formula:
    'PVO = 100 × (EMA(volume, fast) − EMA(volume, slow)) / EMA(volume, slow); signal = EMA(PVO); hist = PVO − signal',
  source: 'StockCharts ChartSchool, Percentage Volume Oscillator',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) - 1,
  compute([volume = EMPTY], parameters, [pvo = EMPTY, signal = EMPTY, hist = EMPTY]) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    emaColumn(volume, fast, hist);
    emaColumn(volume, slow, signal);
    for (let i = 0; i < volume.length; i += 1) {
      pvo[i] = percentAbove(hist[i] as number, signal[i] as number);
    }
    emaColumn(pvo, smooth, signal, Math.max(fast, slow) - 1);
    for (let i = 0; i < volume.length; i += 1) hist[i] = (pvo[i] as number) - (signal[i] as number);
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(3 * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const volume = inputs[0] as number;
        const quick = emaStep(state, 0, fast, volume);
        const calm = emaStep(state, EMA_LENGTH, slow, volume);
        const pvo = percentAbove(quick, calm);
        const signal = emaStep(state, 2 * EMA_LENGTH, smooth, pvo);
        outputs[0] = pvo;
        outputs[1] = signal;
        outputs[2] = pvo - signal;
      },
    };
  },
};

export const VOLUME_OSCILLATOR: IndicatorDefinition = {
  id: 'volume_oscillator',
  aliases: ['volume_osc'],
  title: 'Volume oscillator',
  group: 'Volume Indicators',
  inputs: ['volume'],
  parameters: [
    integer('fastperiod', 'Fast', 5, 'Bars of the fast average.', FROM_ONE),
    integer('slowperiod', 'Slow', 10, 'Bars of the slow average.', FROM_ONE),
  ],
  outputs: [line('osc', 'Volume oscillator')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'How far a short average of the volume is above a longer one, in percent. A move of the price on a rising line has backing. It is 0 where nothing was traded.',
  formula: '100 × (EMA(volume, fast) − EMA(volume, slow)) / EMA(volume, slow)',
  source: 'TradingView, Volume Oscillator; Achelis, Technical Analysis from A to Z (1995)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) - 1,
  compute([volume = EMPTY], parameters, [output = EMPTY]) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const state = new Float64Array(2 * EMA_LENGTH);
    for (let i = 0; i < volume.length; i += 1) {
      const x = volume[i] as number;
      const quick = emaStep(state, 0, fast, x);
      const calm = emaStep(state, EMA_LENGTH, slow, x);
      output[i] = percentAbove(quick, calm);
    }
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const state = new Float64Array(2 * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const quick = emaStep(state, 0, fast, x);
        const calm = emaStep(state, EMA_LENGTH, slow, x);
        outputs[0] = percentAbove(quick, calm);
      },
    };
  },
};

/** An average of the price by volume, both smoothed; NaN before any volume. */
function weightedStep(
  state: Float64Array,
  at: number,
  period: number,
  close: number,
  volume: number,
): number {
  const weight = emaWeight(period);
  const paid = smoothStep(state, at, period, weight, close * volume);
  const traded = smoothStep(state, at + EMA_LENGTH, period, weight, volume);
  return traded === 0 ? Number.NaN : paid / traded;
}

export const VWMACD: IndicatorDefinition = {
  id: 'vwmacd',
  aliases: ['volume_weighted_macd'],
  title: 'Volume-weighted MACD',
  group: 'Volume Indicators',
  inputs: ['close', 'volume'],
  parameters: [
    integer('fastperiod', 'Fast', 12, 'Bars of the fast average.', FROM_ONE),
    integer('slowperiod', 'Slow', 26, 'Bars of the slow average.', FROM_ONE),
    signalPeriod(9),
  ],
  outputs: [line('vwmacd', 'VW-MACD'), line('signal', 'Signal'), histogram()],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'MACD with averages that follow heavy bars more than light ones, so that it turns sooner on moves that volume confirms. It has no value before anything was traded.',
  formula:
    'A(n) = EMA(close × volume, n) / EMA(volume, n); VW-MACD = A(fast) − A(slow); signal = EMA(VW-MACD); hist = VW-MACD − signal',
  source:
    'Hawkins, Volume-Weighted MACD Histogram, Technical Analysis of Stocks & Commodities (October 2009)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) - 1,
  compute(
    [close = EMPTY, volume = EMPTY],
    parameters,
    [output = EMPTY, signal = EMPTY, hist = EMPTY],
  ) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(5 * EMA_LENGTH);
    for (let i = 0; i < close.length; i += 1) {
      const price = close[i] as number;
      const traded = volume[i] as number;
      const distance =
        weightedStep(state, 0, fast, price, traded) -
        weightedStep(state, 2 * EMA_LENGTH, slow, price, traded);
      const calm = emaStep(state, 4 * EMA_LENGTH, smooth, distance);
      output[i] = distance;
      signal[i] = calm;
      hist[i] = distance - calm;
    }
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    // state: averages of price × volume and of volume, fast and slow, and the signal
    const state = new Float64Array(5 * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const close = inputs[0] as number;
        const volume = inputs[1] as number;
        const distance =
          weightedStep(state, 0, fast, close, volume) -
          weightedStep(state, 2 * EMA_LENGTH, slow, close, volume);
        const calm = emaStep(state, 4 * EMA_LENGTH, smooth, distance);
        outputs[0] = distance;
        outputs[1] = calm;
        outputs[2] = distance - calm;
      },
    };
  },
};

/** state: [sum of the bars before (NaN at first), sum] */
function relativeStep(state: Float64Array, period: number, volume: number): number {
  const mean = (state[0] as number) / period;
  state[0] = windowSumAfterLeadIn(state, 1, period, volume);
  return mean === 0 ? Number.NaN : volume / mean;
}

function relativeState(period: number): Float64Array {
  const state = new Float64Array(1 + windowSumState(period));
  state[0] = Number.NaN;
  return state;
}

export const RELATIVE_VOLUME: IndicatorDefinition = {
  id: 'relative_volume',
  aliases: ['rvol', 'volume_ratio'],
  title: 'Relative volume',
  group: 'Volume Indicators',
  inputs: ['volume'],
  parameters: [
    integer('timeperiod', 'Period', 20, 'Bars before this one to compare with.', FROM_ONE),
  ],
  outputs: [{ name: 'rvol', label: 'Relative volume', kind: 'real', style: 'histogram' }],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'The volume of a bar as a multiple of the mean of the bars before it: 2 is twice the usual. The bar itself is not in the mean. Where the bars before had no volume there is no value.',
  formula: 'volume / SMA(volume, n)[1]',
  source: 'Ratio to the simple moving average of the volume',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([volume = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = relativeState(period);
    for (let i = 0; i < volume.length; i += 1) {
      output[i] = relativeStep(state, period, volume[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = relativeState(period);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = relativeStep(state, period, inputs[0] as number);
      },
    };
  },
};

/** The range that one unit of volume moved; NaN without volume. */
function facilitation(high: number, low: number, volume: number): number {
  return volume === 0 ? Number.NaN : (high - low) / volume;
}

export const MARKET_FACILITATION_INDEX: IndicatorDefinition = {
  id: 'market_facilitation_index',
  aliases: ['bw_mfi', 'bwmfi'],
  title: 'Market facilitation index',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'volume'],
  parameters: [],
  outputs: [{ name: 'mfi', label: 'BW MFI', kind: 'real', style: 'histogram' }],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'How far the price moved for each unit of volume. Only its change from bar to bar matters, read together with that of the volume: both up is a move that is joined (green), index up on less volume a move that is faked. A bar without volume has no value.',
  formula: '(high − low) / volume',
  source: 'Williams, Trading Chaos (1995)',
  lookback: () => 0,
  compute([high = EMPTY, low = EMPTY, volume = EMPTY], _parameters, [output = EMPTY]) {
    for (let i = 0; i < high.length; i += 1) {
      output[i] = facilitation(high[i] as number, low[i] as number, volume[i] as number);
    }
  },
  stream() {
    return {
      state: new Float64Array(0),
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const volume = inputs[2] as number;
        outputs[0] = facilitation(high, low, volume);
      },
    };
  },
};

/** state: [whether there was a bar, last close, sum of rising volume, sum of falling volume] */
function upDownStep(state: Float64Array, period: number, close: number, volume: number): number {
  const known = state[0] as number;
  const before = state[1] as number;
  state[0] = 1;
  state[1] = close;
  if (known === 0) return Number.NaN;
  const rising = windowSumAfterLeadIn(state, 2, period, close > before ? volume : 0);
  const at = 2 + windowSumState(period);
  const falling = windowSumAfterLeadIn(state, at, period, close < before ? volume : 0);
  return falling === 0 ? Number.NaN : rising / falling;
}

export const UP_DOWN_VOLUME: IndicatorDefinition = {
  id: 'up_down_volume',
  aliases: ['up_down_volume_ratio', 'udvr'],
  title: 'Up/down volume ratio',
  group: 'Volume Indicators',
  inputs: ['close', 'volume'],
  parameters: [integer('timeperiod', 'Period', 50, 'Bars of the sums.', FROM_ONE)],
  outputs: [line('ratio', 'Up/down volume')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'The volume of bars that closed higher over that of bars that closed lower. Above 1 there is more buying than selling. Unchanged bars count for neither; where none of the bars fell there is no value.',
  formula: 'Σ volume where close > close[1] / Σ volume where close < close[1], over n bars',
  source: 'O’Neil, Investor’s Business Daily, the 50-day up/down volume ratio',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([close = EMPTY, volume = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + 2 * windowSumState(period));
    for (let i = 0; i < close.length; i += 1) {
      output[i] = upDownStep(state, period, close[i] as number, volume[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + 2 * windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = upDownStep(state, period, inputs[0] as number, inputs[1] as number);
      },
    };
  },
};

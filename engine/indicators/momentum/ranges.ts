import type { ChoiceParameter, ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST } from '../kernels/extremes.ts';
import {
  EMA_LENGTH,
  emaColumn,
  emaStep,
  emaWeight,
  smoothStep,
  wilderWeight,
} from '../kernels/averages.ts';
import { momentsLength, momentsStep } from '../kernels/window-moments.ts';
import { windowSumAfterLeadIn, windowSumState } from '../kernels/window-sum.ts';

function gapoStep(state: Float64Array, period: number, high: number, low: number): number {
  const top = extremeStep(state, 0, period, HIGHEST, high);
  const range = top - extremeStep(state, extremeState(period), period, LOWEST, low);
  return range > 0 ? Math.log(range) / Math.log(period) : Number.NaN;
}

export const GAPO: IndicatorDefinition = {
  id: 'gapo',
  aliases: ['gopalakrishnan_range_index'],
  title: 'Gopalakrishnan range index',
  group: 'Volatility Indicators',
  inputs: ['high', 'low'],
  parameters: [integer('timeperiod', 'Period', 5, 'Bars of the range.')],
  outputs: [line('gapo', 'GAPO')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The size of the recent range on a logarithmic scale: high in erratic markets, low in quiet ones. It depends on the unit of the price. A range of zero has no value.',
  formula: 'ln(highest high − lowest low) / ln(n), over n bars',
  source:
    'Gopalakrishnan, Gopalakrishnan Range Index, Technical Analysis of Stocks & Commodities (January 2001)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 * extremeState(period));
    for (let i = 0; i < high.length; i += 1) {
      output[i] = gapoStep(state, period, high[i] as number, low[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 * extremeState(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = gapoStep(state, period, inputs[0] as number, inputs[1] as number);
      },
    };
  },
};

export const CHAIKIN_VOLATILITY: IndicatorDefinition = {
  id: 'chaikin_volatility',
  aliases: ['chaikins_volatility'],
  title: 'Chaikin volatility',
  group: 'Volatility Indicators',
  inputs: ['high', 'low'],
  parameters: [
    integer('smoothperiod', 'Smoothing', 10, 'Bars of the average of the range.', FROM_ONE),
    integer('timeperiod', 'Period', 10, 'Bars over which its change is measured.', FROM_ONE),
  ],
  outputs: [line('volatility', 'Chaikin volatility')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'Whether the bars grow or shrink: the change of their smoothed range in percent. A quick rise often marks a low made in panic, a slow fall a market that goes up calmly. Gaps are not counted. Where the bars before had no range there is no value.',
  formula: '100 × (EMA(high − low, 10) / EMA(high − low, 10)[10] − 1)',
  source: 'Chaikin; Achelis, Technical Analysis from A to Z (1995), Volatility, Chaikin’s',
  lookback: (parameters) =>
    numberOf(parameters, 'smoothperiod') + numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    const smooth = numberOf(parameters, 'smoothperiod');
    const distance = numberOf(parameters, 'timeperiod');
    for (let i = 0; i < high.length; i += 1) output[i] = (high[i] as number) - (low[i] as number);
    emaColumn(output, smooth, output);
    for (let i = high.length - 1; i >= distance; i -= 1) {
      output[i] = growth(output[i] as number, output[i - distance] as number);
    }
    output.fill(Number.NaN, 0, Math.min(distance, high.length));
  },
  stream(parameters) {
    const smooth = numberOf(parameters, 'smoothperiod');
    const distance = numberOf(parameters, 'timeperiod');
    // state: [average, place, ring of averages (NaN until known)]
    const state = new Float64Array(EMA_LENGTH + 1 + distance);
    state.fill(Number.NaN, EMA_LENGTH + 1);
    return {
      state,
      step(inputs, outputs) {
        const range = (inputs[0] as number) - (inputs[1] as number);
        const average = emaStep(state, 0, smooth, range);
        const place = state[EMA_LENGTH] as number;
        const at = EMA_LENGTH + 1 + place;
        outputs[0] = growth(average, state[at] as number);
        state[at] = average;
        state[EMA_LENGTH] = place + 1 === distance ? 0 : place + 1;
      },
    };
  },
};

function growth(now: number, before: number): number {
  return before === 0 ? Number.NaN : (100 * (now - before)) / before;
}

/** state: [values seen, place, ring of values] */
function ulcerStep(state: Float64Array, period: number, x: number): number {
  const seen = Math.min((state[0] as number) + 1, period);
  // A whole number by | 0, so that the loop counts in integers.
  const place = (state[1] as number) | 0;
  state[0] = seen;
  state[2 + place] = x;
  let k = place + 1 === period ? 0 : place + 1;
  state[1] = k;
  if (seen < period) return Number.NaN;
  let top = state[2 + k] as number;
  if (top <= 0) return Number.NaN;
  let squares = 0;
  for (let n = period; n > 0; n -= 1) {
    const value = state[2 + k] as number;
    if (value > top) top = value;
    const down = (100 * (value - top)) / top;
    squares += down * down;
    k = k + 1 === period ? 0 : k + 1;
  }
  return Math.sqrt(squares / period);
}

export const ULCER_INDEX: IndicatorDefinition = {
  id: 'ulcer_index',
  aliases: ['ulcer'],
  title: 'Ulcer index',
  group: 'Volatility Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars that are held.', [1, 2_000])],
  outputs: [line('ui', 'Ulcer index')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'How deep and how long one was under water who bought at the start of the period: volatility that only counts falls. 0 is a market that only rose. A period that starts at a price of 0 or below has no value.',
  formula:
    '√(Σ r² / n) over n bars; r = 100 × (close − highest close so far in the period) / that highest close',
  source: 'Martin and McCann, The Investor’s Guide to Fidelity Funds (1989)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  work: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + period);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = ulcerStep(state, period, input[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 + period);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = ulcerStep(state, period, inputs[0] as number);
      },
    };
  },
};

const VOLATILITY_AVERAGE: ChoiceParameter = {
  kind: 'choice',
  name: 'average',
  label: 'Average',
  description: 'Wilder’s average as in the article, or an exponential one as on TradingView.',
  default: 'wilder',
  choices: ['wilder', 'ema'],
};

/** state: [whether there was a value, last value, rising average, falling average, deviation] */
const VOLATILITY_MOMENTS = 2 + 2 * EMA_LENGTH;

function volatilityStep(
  state: Float64Array,
  deviationPeriod: number,
  period: number,
  weight: number,
  x: number,
): number {
  const before = state[0] === 1 ? (state[1] as number) : x;
  state[0] = 1;
  state[1] = x;
  const deviation = momentsStep(state, VOLATILITY_MOMENTS, deviationPeriod, x);
  if (deviation !== deviation) return deviation;
  const up = smoothStep(state, 2, period, weight, x > before ? deviation : 0);
  const down = smoothStep(state, 2 + EMA_LENGTH, period, weight, x < before ? deviation : 0);
  const sum = up + down;
  return sum === 0 ? 50 : (100 * up) / sum;
}

function volatilityWeight(parameters: ParameterValues): number {
  const period = numberOf(parameters, 'timeperiod');
  return parameters['average'] === 'ema' ? emaWeight(period) : wilderWeight(period);
}

export const RELATIVE_VOLATILITY_INDEX: IndicatorDefinition = {
  id: 'relative_volatility_index',
  aliases: ['rvi', 'dorsey_rvi'],
  title: 'Relative volatility index',
  group: 'Volatility Indicators',
  inputs: ['real'],
  parameters: [
    integer('deviationperiod', 'Deviation', 10, 'Bars of the standard deviation.', [2, 100_000]),
    integer('timeperiod', 'Period', 14, 'Bars of the averages.', FROM_ONE),
    VOLATILITY_AVERAGE,
  ],
  outputs: [line('rvi', 'RVI')],
  pane: 'own',
  levels: [40, 50, 60],
  unstable: true,
  explanation:
    'The direction of volatility, from 0 to 100: RSI with the standard deviation in place of the change. Above 50 the market is restless upwards. Dorsey confirms other signals with it and does not trade it alone. It is 50 where nothing moved.',
  formula:
    'S = stdev(close, 10); U = average of S where the close rose, else 0; D = the same where it fell; RVI = 100 × U / (U + D), averages of 14 bars',
  source:
    'Dorsey, The Relative Volatility Index, Technical Analysis of Stocks & Commodities 11:6 (June 1993)',
  lookback: (parameters) =>
    numberOf(parameters, 'deviationperiod') + numberOf(parameters, 'timeperiod') - 2,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const deviation = numberOf(parameters, 'deviationperiod');
    const period = numberOf(parameters, 'timeperiod');
    const weight = volatilityWeight(parameters);
    const state = new Float64Array(VOLATILITY_MOMENTS + momentsLength(deviation));
    for (let i = 0; i < input.length; i += 1) {
      output[i] = volatilityStep(state, deviation, period, weight, input[i] as number);
    }
  },
  stream(parameters) {
    const deviation = numberOf(parameters, 'deviationperiod');
    const period = numberOf(parameters, 'timeperiod');
    const weight = volatilityWeight(parameters);
    const state = new Float64Array(VOLATILITY_MOMENTS + momentsLength(deviation));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = volatilityStep(state, deviation, period, weight, inputs[0] as number);
      },
    };
  },
};

/** A weighted mean of this value and the three before: 1, 2, 2, 1 sixths. */
function hump(x: number, one: number, two: number, three: number): number {
  return (x + 2 * one + 2 * two + three) / 6;
}

// Where things are in the state of the vigor index: three of each, NaN until known, and two sums.
const VIGOR_BODIES = 0;
const VIGOR_RANGES = 3;
const VIGOR_VALUES = 6;
const VIGOR_SUMS = 9;

function vigorState(period: number): Float64Array {
  const state = new Float64Array(VIGOR_SUMS + 2 * windowSumState(period));
  state.fill(Number.NaN, 0, VIGOR_SUMS);
  return state;
}

/** Hump of a value and the three before it, which are at `at`; NaN until all are known. */
function humpStep(state: Float64Array, at: number, x: number): number {
  const one = state[at] as number;
  const two = state[at + 1] as number;
  const value = hump(x, one, two, state[at + 2] as number);
  state[at] = x;
  state[at + 1] = one;
  state[at + 2] = two;
  return value;
}

function vigorStep(state: Float64Array, period: number, body: number, range: number): number {
  const bodies = windowSumAfterLeadIn(
    state,
    VIGOR_SUMS,
    period,
    humpStep(state, VIGOR_BODIES, body),
  );
  const at = VIGOR_SUMS + windowSumState(period);
  const ranges = windowSumAfterLeadIn(state, at, period, humpStep(state, VIGOR_RANGES, range));
  return ranges === 0 ? 0 : bodies / ranges;
}

export const RELATIVE_VIGOR_INDEX: IndicatorDefinition = {
  id: 'relative_vigor_index',
  aliases: ['rvgi'],
  title: 'Relative vigor index',
  group: 'Momentum Indicators',
  inputs: ['open', 'high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 10, 'Bars of the sums.', FROM_ONE)],
  outputs: [line('rvgi', 'RVGI'), line('signal', 'Signal')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'Markets tend to close above the open when they rise: the bodies of the bars as a share of their ranges. A cross of the signal tells the turn. It is 0 where no bar had a range.',
  formula:
    'W(x) = (x + 2 × x[1] + 2 × x[2] + x[3]) / 6; RVGI = Σ W(close − open) / Σ W(high − low), over n bars; signal = W(RVGI)',
  source: 'Ehlers, Relative Vigor Index, Technical Analysis of Stocks & Commodities (January 2002)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') + 2,
  compute(
    [open = EMPTY, high = EMPTY, low = EMPTY, close = EMPTY],
    parameters,
    [output = EMPTY, signal = EMPTY],
  ) {
    const period = numberOf(parameters, 'timeperiod');
    const state = vigorState(period);
    for (let i = 0; i < close.length; i += 1) {
      const body = (close[i] as number) - (open[i] as number);
      const value = vigorStep(state, period, body, (high[i] as number) - (low[i] as number));
      output[i] = value;
      signal[i] = humpStep(state, VIGOR_VALUES, value);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = vigorState(period);
    return {
      state,
      step(inputs, outputs) {
        const open = inputs[0] as number;
        const high = inputs[1] as number;
        const low = inputs[2] as number;
        const close = inputs[3] as number;
        const value = vigorStep(state, period, close - open, high - low);
        outputs[0] = value;
        outputs[1] = humpStep(state, VIGOR_VALUES, value);
      },
    };
  },
};

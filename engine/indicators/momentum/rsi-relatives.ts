import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  real,
  signalPeriod,
  type IndicatorDefinition,
} from '../definition.ts';
import { EMA_LENGTH, emaColumn, emaStep, smaColumn } from '../kernels/averages.ts';
import { momentsLength, momentsStep } from '../kernels/window-moments.ts';
import { windowSumAfterLeadIn, windowSumState } from '../kernels/window-sum.ts';
import { STRENGTH_STATE, strengthColumn, strengthStep } from '../kernels/gains-losses.ts';

/** Sums this small are rounding, and so zero (as in RSI). */
const ZERO = 1e-14;

/** The share of gains in all movement in percent; 0 where nothing moved. */
function strengthShare(gain: number, loss: number): number {
  const sum = gain + loss;
  return sum < ZERO ? 0 : 100 * (gain / sum);
}

// Where things are in the state of RMI: [values seen, place, rises, falls, ring of values].
const RMI_RISES = 2;
const RMI_FALLS = 3;
const RMI_RING = 4;

function rmiStep(state: Float64Array, distance: number, period: number, x: number): number {
  const seen = state[0] as number;
  const place = state[1] as number;
  const change = x - (state[RMI_RING + place] as number);
  state[RMI_RING + place] = x;
  state[1] = place + 1 === distance ? 0 : place + 1;
  if (seen < distance) {
    state[0] = seen + 1;
    return Number.NaN;
  }
  const up = change > 0 ? change : 0;
  const down = change < 0 ? -change : 0;
  let rises = state[RMI_RISES] as number;
  let falls = state[RMI_FALLS] as number;
  const last = distance + period - 1;
  if (seen > last) {
    rises += (up - rises) / period;
    falls += (down - falls) / period;
  } else {
    rises += up;
    falls += down;
    if (seen === last) {
      rises /= period;
      falls /= period;
    }
    state[0] = seen + 1;
  }
  state[RMI_RISES] = rises;
  state[RMI_FALLS] = falls;
  return seen < last ? Number.NaN : strengthShare(rises, falls);
}

export const RMI: IndicatorDefinition = {
  id: 'rmi',
  aliases: ['relative_momentum_index'],
  title: 'Relative momentum index',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 20, 'Bars of the averages.', [2, 100_000]),
    integer('momentum', 'Momentum', 5, 'Bars over which a change is measured.', FROM_ONE),
  ],
  outputs: [line('rmi', 'RMI')],
  pane: 'own',
  levels: [30, 70],
  unstable: true,
  explanation:
    'RSI of changes over several bars instead of one, which stays longer and swings more evenly between overbought and oversold. With a momentum of 1 it is RSI. Where nothing moved it is 0, as RSI is.',
  formula:
    '100 × U / (U + D); U and D are the rises and falls of close − close[momentum], smoothed by Wilder over n',
  source:
    'Altman, Relative Momentum Index: Modifying RSI, Technical Analysis of Stocks & Commodities 11:2 (February 1993)',
  lookback: (parameters) =>
    numberOf(parameters, 'timeperiod') + numberOf(parameters, 'momentum') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const distance = numberOf(parameters, 'momentum');
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(RMI_RING + distance);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = rmiStep(state, distance, period, input[i] as number);
    }
  },
  stream(parameters) {
    const distance = numberOf(parameters, 'momentum');
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(RMI_RING + distance);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = rmiStep(state, distance, period, inputs[0] as number);
      },
    };
  },
};

interface DynamicPeriods {
  readonly period: number;
  readonly deviation: number;
  readonly average: number;
  readonly shortest: number;
  readonly longest: number;
}

function dynamicPeriods(parameters: ParameterValues): DynamicPeriods {
  const one = numberOf(parameters, 'minperiod');
  const other = numberOf(parameters, 'maxperiod');
  return {
    period: numberOf(parameters, 'timeperiod'),
    deviation: numberOf(parameters, 'deviationperiod'),
    average: numberOf(parameters, 'averageperiod'),
    shortest: Math.min(one, other),
    longest: Math.max(one, other),
  };
}

/** state: [changes seen, place, last value, ring of changes, deviation, its average] */
function dynamicState({ longest, deviation, average }: DynamicPeriods): Float64Array {
  return new Float64Array(3 + longest + momentsLength(deviation) + windowSumState(average));
}

function dynamicStep(state: Float64Array, periods: DynamicPeriods, x: number): number {
  const { longest, shortest } = periods;
  const seen = state[0] as number;
  // A whole number by | 0, so that the loop counts in integers.
  let place = (state[1] as number) | 0;
  if (seen > 0) {
    state[3 + place] = x - (state[2] as number);
    place = place + 1 === longest ? 0 : place + 1;
  }
  state[0] = seen > longest ? seen : seen + 1;
  state[1] = place;
  state[2] = x;
  const at = 3 + longest;
  const sums = at + momentsLength(periods.deviation);
  const deviation = momentsStep(state, at, periods.deviation, x);
  if (deviation !== deviation) return deviation;
  const sum = windowSumAfterLeadIn(state, sums, periods.average, deviation);
  if (sum !== sum || seen < longest) return Number.NaN;
  // A deviation of zero is a market without any volatility: the longest period.
  const wanted = (periods.period * sum) / (periods.average * deviation);
  let length = deviation > 0 ? Math.trunc(wanted) : longest;
  if (length < shortest) length = shortest;
  else if (length > longest) length = longest;
  let gain = 0;
  let loss = 0;
  for (let k = 0; k < length; k += 1) {
    place = place === 0 ? longest - 1 : place - 1;
    // Twice the change or 0, without a branch that would often be guessed wrongly.
    const change = state[3 + place] as number;
    gain += Math.abs(change) + change;
    loss += Math.abs(change) - change;
  }
  return gain + loss === 0 ? 0 : 100 * (gain / (gain + loss));
}

export const DYNAMIC_MOMENTUM_INDEX: IndicatorDefinition = {
  id: 'dynamic_momentum_index',
  aliases: ['dymi', 'dymoi'],
  title: 'Dynamic momentum index',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 14, 'Bars where volatility is usual.', [2, 100_000]),
    integer('deviationperiod', 'Deviation', 5, 'Bars of the standard deviation.', [2, 10_000]),
    integer('averageperiod', 'Average', 10, 'Bars of the mean of the deviation.', [2, 10_000]),
    integer('minperiod', 'Shortest', 3, 'Fewest bars to look back.', [1, 2_000]),
    integer('maxperiod', 'Longest', 30, 'Most bars to look back.', [1, 2_000]),
  ],
  outputs: [line('dymi', 'DYMI')],
  pane: 'own',
  levels: [30, 70],
  unstable: false,
  explanation:
    'RSI whose period follows volatility: short when prices are excited, long when they are calm, so that it is in time for fast moves and not disturbed by small ones. The gains and losses of the period are plainly summed here, as a period that changes cannot be smoothed. Without any deviation the longest period is taken; where nothing moved it is 0.',
  formula:
    'V = stdev(5) / SMA(stdev(5), 10); period = trunc(14 / V), from 3 to 30; 100 × Σ gains / (Σ gains + Σ losses) over that period',
  source: 'Chande and Kroll, The New Technical Trader (1994)',
  lookback: (parameters) => {
    const { deviation, average, longest } = dynamicPeriods(parameters);
    return Math.max(deviation + average - 2, longest);
  },
  work: (parameters) => dynamicPeriods(parameters).longest,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const periods = dynamicPeriods(parameters);
    const state = dynamicState(periods);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = dynamicStep(state, periods, input[i] as number);
    }
  },
  stream(parameters) {
    const periods = dynamicPeriods(parameters);
    const state = dynamicState(periods);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = dynamicStep(state, periods, inputs[0] as number);
      },
    };
  },
};

/** state: [bars seen up to 3, L0, L1, L2, L3, value] */
function laguerreStep(state: Float64Array, gamma: number, x: number): number {
  const seen = state[0] as number;
  if (seen === 0) {
    state.fill(x, 1, 5);
    state[5] = 50;
  }
  const a = state[1] as number;
  const b = state[2] as number;
  const c = state[3] as number;
  const d = state[4] as number;
  const l0 = x + gamma * (a - x);
  const l1 = a + gamma * (b - l0);
  const l2 = b + gamma * (c - l1);
  const l3 = c + gamma * (d - l2);
  state[1] = l0;
  state[2] = l1;
  state[3] = l2;
  state[4] = l3;
  let up = 0;
  let down = 0;
  if (l0 >= l1) up += l0 - l1;
  else down += l1 - l0;
  if (l1 >= l2) up += l1 - l2;
  else down += l2 - l1;
  if (l2 >= l3) up += l2 - l3;
  else down += l3 - l2;
  const sum = up + down;
  if (sum > 0) state[5] = (100 * up) / sum;
  if (seen < 3) {
    state[0] = seen + 1;
    return Number.NaN;
  }
  return state[5] as number;
}

export const LAGUERRE_RSI: IndicatorDefinition = {
  id: 'laguerre_rsi',
  aliases: ['lrsi'],
  title: 'Laguerre RSI',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    real('gamma', 'Gamma', 0.5, 'Damping: 0 is nervous, near 1 is calm.', [0, 0.99], 0.05),
  ],
  outputs: [line('lrsi', 'Laguerre RSI')],
  pane: 'own',
  levels: [20, 80],
  unstable: true,
  explanation:
    'RSI of four values of a Laguerre filter: very short in memory, and yet calm. It often stays at 0 or 100 for long; leaving those is the sign. Here from 0 to 100, in the article from 0 to 1. It begins at 50 with the first price in all four places, and where the four are equal it stays as it was.',
  formula:
    'L0 = (1 − γ) × x + γ × L0[1]; Lk = −γ × L(k−1) + L(k−1)[1] + γ × Lk[1], k = 1 to 3; 100 × U / (U + D), U and D the rises and falls of L(k) to L(k−1)',
  source: 'Ehlers, Cybernetic Analysis for Stocks and Futures (2004), chapter 14',
  lookback: () => 3,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const gamma = numberOf(parameters, 'gamma');
    const state = new Float64Array(6);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = laguerreStep(state, gamma, input[i] as number);
    }
  },
  stream(parameters) {
    const gamma = numberOf(parameters, 'gamma');
    const state = new Float64Array(6);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = laguerreStep(state, gamma, inputs[0] as number);
      },
    };
  },
};

interface DerivativePeriods {
  readonly period: number;
  readonly first: number;
  readonly second: number;
  readonly signal: number;
}

function derivativePeriods(parameters: ParameterValues): DerivativePeriods {
  return {
    period: numberOf(parameters, 'timeperiod'),
    first: numberOf(parameters, 'firstperiod'),
    second: numberOf(parameters, 'secondperiod'),
    signal: numberOf(parameters, 'signalperiod'),
  };
}

export const DERIVATIVE_OSCILLATOR: IndicatorDefinition = {
  id: 'derivative_oscillator',
  aliases: ['derivative_osc'],
  title: 'Derivative oscillator',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'RSI', 14, 'Bars of the RSI.', [2, 100_000]),
    integer('firstperiod', 'First smoothing', 5, 'Bars of the first average.', FROM_ONE),
    integer('secondperiod', 'Second smoothing', 3, 'Bars of the second average.', FROM_ONE),
    signalPeriod(9),
  ],
  outputs: [{ name: 'osc', label: 'Derivative', kind: 'real', style: 'histogram' }],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The distance of a twice smoothed RSI from its own average: a histogram of the RSI as that of MACD is of the price. It changes sign where the momentum of the RSI turns.',
  formula: 'S = EMA(EMA(RSI(14), 5), 3); osc = S − SMA(S, 9)',
  source: 'Brown, Technical Analysis for the Trading Professional (1999)',
  lookback: (parameters) => {
    const { period, first, second, signal } = derivativePeriods(parameters);
    return period + first + second + signal - 3;
  },
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const { period, first, second, signal } = derivativePeriods(parameters);
    const smooth = new Float64Array(input.length);
    strengthColumn(input, period, 0, smooth);
    emaColumn(smooth, first, smooth, period);
    emaColumn(smooth, second, smooth, period + first - 1);
    smaColumn(smooth, signal, output, period + first + second - 2);
    for (let i = 0; i < output.length; i += 1) {
      output[i] = (smooth[i] as number) - (output[i] as number);
    }
  },
  stream(parameters) {
    const { period, first, second, signal } = derivativePeriods(parameters);
    const own = STRENGTH_STATE;
    // state: [RSI, first average, second average, sum of the signal]
    const state = new Float64Array(own + 2 * EMA_LENGTH + windowSumState(signal));
    return {
      state,
      step(inputs, outputs) {
        const rsi = strengthStep(state, 0, period, 0, inputs[0] as number);
        const once = emaStep(state, own, first, rsi);
        const twice = emaStep(state, own + EMA_LENGTH, second, once);
        const sum = windowSumAfterLeadIn(state, own + 2 * EMA_LENGTH, signal, twice);
        outputs[0] = twice - sum / signal;
      },
    };
  },
};

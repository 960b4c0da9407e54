import type { ParameterValues } from '../../domain/parameters.ts';
import {
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { correlationAt, pairsState, pairsStep, slopeAt } from '../kernels/window-pairs.ts';
import { bySteps } from '../kernels/steps.ts';

/** Joint moments of a series with itself `lag` bars before. */
function lagged(n: number, lag: number): { state: Float64Array; moments: number } {
  // state: [values seen, place, ring of the last `lag` values, joint moments]
  return { state: new Float64Array(2 + lag + pairsState(n)), moments: 2 + lag };
}

function laggedStep(state: Float64Array, n: number, lag: number, now: number): boolean {
  const seen = state[0] as number;
  const place = state[1] as number;
  const before = state[2 + place] as number;
  state[2 + place] = now;
  state[1] = place + 1 === lag ? 0 : place + 1;
  if (seen < lag) {
    state[0] = seen + 1;
    return false;
  }
  return pairsStep(state, 2 + lag, n, before, now);
}

export const AUTOCORRELATION: IndicatorDefinition = {
  id: 'autocorrelation',
  aliases: ['autocorr', 'serial_correlation'],
  title: 'Autocorrelation',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 30, 'Pairs in the window.', [2, 100_000]),
    integer('lag', 'Lag', 1, 'Bars between the values of a pair.', [1, 1_000]),
  ],
  outputs: [line('autocorrelation', 'Autocorrelation')],
  pane: 'own',
  levels: [-1, 0, 1],
  unstable: false,
  explanation:
    'How far values go together with those some bars before. Give it returns: above zero moves tend to go on, below zero to be taken back. Of prices themselves it is always near 1. Where the values do not vary there is none.',
  formula: 'Pearson correlation of x and x[lag] over the last n pairs',
  source: 'Box and Jenkins, Time Series Analysis (1970); the estimate by pairs is that of pandas',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') + numberOf(parameters, 'lag') - 1,
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const lag = numberOf(parameters, 'lag');
    const { state, moments } = lagged(n, lag);
    return {
      state,
      step(inputs, outputs) {
        const whole = laggedStep(state, n, lag, inputs[0] as number);
        outputs[0] = whole ? correlationAt(state, moments) : Number.NaN;
      },
    };
  }),
};

export const HALF_LIFE: IndicatorDefinition = {
  id: 'half_life',
  aliases: ['mean_reversion_half_life', 'ou_half_life'],
  title: 'Half-life of mean reversion',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 60, 'Pairs of the regression.', [3, 100_000])],
  outputs: [line('half_life', 'Half-life')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'In how many bars half of a deviation from the mean is expected to be gone, were the series an Ornstein-Uhlenbeck process. Give it a spread. It has no value where the series shows no such return: slope of one or more (a random walk or a trend), or of zero or less (it overshoots within a bar), or no variation. The regression’s slope is too low in small windows, so that half-lives look shorter than they are.',
  formula: 'x = a + b x[1] by least squares over n pairs; half-life = −ln 2 / ln b for 0 < b < 1',
  source:
    'Exact discretisation of Ornstein and Uhlenbeck (1930); use in trading: Chan, Algorithmic Trading (2013), chapter 2',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps(halfLife),
};

/** A slope this near to one is that of a straight line, but for rounding. */
const ROUNDING = 1e-9;

function halfLife(parameters: ParameterValues): StreamKernel {
  const n = numberOf(parameters, 'timeperiod');
  const { state, moments } = lagged(n, 1);
  return {
    state,
    step(inputs, outputs) {
      outputs[0] = Number.NaN;
      if (!laggedStep(state, n, 1, inputs[0] as number)) return;
      const slope = slopeAt(state, moments);
      if (slope > 0 && slope < 1 - ROUNDING) outputs[0] = -Math.LN2 / Math.log(slope);
    },
  };
}

export const R_SQUARED: IndicatorDefinition = {
  id: 'r_squared',
  aliases: ['rsquared', 'coefficient_of_determination'],
  title: 'R squared',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the regression.', [3, 100_000])],
  outputs: [line('r_squared', 'R²')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The share of the variation that a straight line through the window explains: near 1 the series follows a trend, near 0 it has none. It does not tell the direction. Where the values do not vary there is none.',
  formula: 'squared correlation of x and its bar number over n bars',
  source: 'Coefficient of determination; Chande and Kroll, The New Technical Trader (1994)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(1 + pairsState(n));
    return {
      state,
      step(inputs, outputs) {
        const bar = state[0] as number;
        state[0] = bar + 1;
        const whole = pairsStep(state, 1, n, bar, inputs[0] as number);
        const r = whole ? correlationAt(state, 1) : Number.NaN;
        outputs[0] = r * r;
      },
    };
  }),
};

import type { ParameterValues } from '../../domain/parameters.ts';
import {
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { varies } from '../kernels/pair-returns.ts';
import { MEAN, momentsLength, momentsStep, SQUARES } from '../kernels/window-moments.ts';
import { windowSumState, windowSumStep } from '../kernels/window-sum.ts';
import { bySteps } from '../kernels/steps.ts';

function logarithm(x: number): number {
  return x > 0 ? Math.log(x) : Number.NaN;
}

/** Distances over which the Hurst exponent is fitted, and their places on the line's axis. */
const LAGS = [1, 2, 4, 8, 16] as const;
const LONGEST_LAG = 16;

export const HURST: IndicatorDefinition = {
  id: 'hurst',
  aliases: ['hurst_exponent'],
  title: 'Hurst exponent',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 100, 'Values in the window.', [32, 100_000])],
  outputs: [line('hurst', 'Hurst exponent')],
  pane: 'own',
  levels: [0.5],
  unstable: false,
  explanation:
    'How the spread of moves grows with their length: 0.5 like a random walk, above it moves tend to go on (1: a straight line), below it to be taken back. Estimated by the scaling of squared moves of the logarithm over 1, 2, 4, 8 and 16 bars inside the window (not by rescaled range); in small windows it is noisy, a tenth either way means little. No value where moves over one of these lengths are all zero or a value is not above zero.',
  formula:
    'half the least-squares slope of ln(mean (ln x − ln x[k])²) on ln k, k = 1, 2, 4, 8, 16, every mean over the n − k moves inside the last n values',
  source:
    'Generalised Hurst exponent of order 2: Di Matteo, Aste and Dacorogna, Scaling behaviors in differently developed markets, Physica A 324 (2003)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps(hurst),
};

function hurst(parameters: ParameterValues): StreamKernel {
  const n = numberOf(parameters, 'timeperiod');
  const sums = 2 + LONGEST_LAG;
  const starts: number[] = [];
  let size = sums;
  for (const lag of LAGS) {
    starts.push(size);
    size += windowSumState(n - lag);
  }
  // state: [values seen, place, ring of the last 16 logarithms, five sums of squared moves]
  const state = new Float64Array(size);
  // Scratch that every step with a value fills anew.
  const means = new Float64Array(LAGS.length);
  return {
    state,
    step(inputs, outputs) {
      const x = logarithm(inputs[0] as number);
      const seen = state[0] as number;
      const place = (state[1] as number) | 0;
      let positive = true;
      for (let k = 0; k < LAGS.length; k += 1) {
        const lag = LAGS[k] as number;
        if (seen < lag) break;
        const from = place - lag;
        const move = x - (state[2 + (from < 0 ? from + LONGEST_LAG : from)] as number);
        const count = n - lag;
        const sum = windowSumStep(state, starts[k] as number, count, move * move);
        means[k] = sum / count;
        if (!(sum > 0)) positive = false;
      }
      state[2 + place] = x;
      state[1] = place + 1 === LONGEST_LAG ? 0 : place + 1;
      state[0] = Math.min(seen + 1, n);
      outputs[0] = Number.NaN;
      if (seen + 1 < n || !positive) return;
      // The places −2 to 2 of the lags on the axis are ln k in units of ln 2, less their mean: the slope is
      // the sum of these places times the logarithms, over Σ (k − 2)² = 10, as the logarithm of one product.
      const outer = (means[4] as number) / (means[0] as number);
      const inner = (means[3] as number) / (means[1] as number);
      outputs[0] = Math.log(outer * outer * inner) / (20 * Math.LN2);
    },
  };
}

export const VARIANCE_RATIO: IndicatorDefinition = {
  id: 'variance_ratio',
  aliases: ['lo_mackinlay'],
  title: 'Variance ratio',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 60, 'Returns in the window.', [20, 100_000]),
    integer('horizon', 'Horizon', 2, 'Bars of the longer return.', [2, 16]),
  ],
  outputs: [line('ratio', 'Variance ratio'), line('z', 'Z')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'Compares the variance of longer returns with that of one-bar returns: 1 for a random walk, above it moves tend to go on, below it to be taken back. z is the test of Lo and MacKinlay for equal variances; beyond about ±2 a random walk is unlikely. No value where the returns do not vary or a value is not above zero.',
  formula:
    'r = ln(x / x[1]), m their mean over n; Va = Σ (r − m)² / (n − 1); Vc = Σ (ln(x / x[q]) − q m)² / (q (n − q + 1)(1 − q / n)) over the n − q + 1 returns inside the window; ratio = Vc / Va; z = (ratio − 1) / √(2 (2q − 1)(q − 1) / (3 q n))',
  source:
    'Lo and MacKinlay, Stock Market Prices Do Not Follow Random Walks, Review of Financial Studies 1 (1988)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps(varianceRatio),
};

function varianceRatio(parameters: ParameterValues): StreamKernel {
  const n = numberOf(parameters, 'timeperiod');
  const q = numberOf(parameters, 'horizon');
  const count = n - q + 1;
  const short = 2 + q;
  const long = short + momentsLength(n);
  const unbiased = q * count * (1 - q / n);
  const error = Math.sqrt((2 * (2 * q - 1) * (q - 1)) / (3 * q * n));
  // state: [values seen, place, ring of the last q logarithms, moments of short and of long returns]
  const state = new Float64Array(long + momentsLength(count));
  return {
    state,
    step(inputs, outputs) {
      const x = logarithm(inputs[0] as number);
      const seen = state[0] as number;
      const place = state[1] as number;
      const last = place === 0 ? q - 1 : place - 1;
      if (seen > 0) momentsStep(state, short, n, x - (state[2 + last] as number));
      if (seen >= q) momentsStep(state, long, count, x - (state[2 + place] as number));
      state[2 + place] = x;
      state[1] = place + 1 === q ? 0 : place + 1;
      state[0] = Math.min(seen + 1, q);
      outputs.fill(Number.NaN);
      const one = (state[short + SQUARES] as number) / (n - 1);
      const gap = (state[long + MEAN] as number) - q * (state[short + MEAN] as number);
      const several = ((state[long + SQUARES] as number) + count * gap * gap) / unbiased;
      // Neither does anything of the lead-in.
      if (!varies(Math.sqrt(one), x)) return;
      const ratio = several / one;
      outputs[0] = ratio;
      outputs[1] = (ratio - 1) / error;
    },
  };
}

export const EFFICIENCY_RATIO: IndicatorDefinition = {
  id: 'efficiency_ratio',
  aliases: ['kaufman_efficiency_ratio', 'fractal_efficiency'],
  title: 'Efficiency ratio',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 10, 'Changes in the window.', FROM_ONE)],
  outputs: [line('er', 'Efficiency ratio')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The way that the price has come, divided by the way that it has gone: 1 in a straight move, near 0 where it goes to and fro. It does not tell the direction. Where nothing moved it is 0.',
  formula: '|x − x[n]| / Σ |x − x[1]| over n changes',
  source: 'Kaufman, Smarter Trading (1995)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const sum = 2 + n;
    // state: [values seen, place, ring of the last n values, sum of the changes]
    const state = new Float64Array(sum + windowSumState(n));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const place = state[1] as number;
        const before = state[2 + (place === 0 ? n - 1 : place - 1)] as number;
        const oldest = state[2 + place] as number;
        outputs[0] = Number.NaN;
        if (seen > 0) {
          const way = windowSumStep(state, sum, n, Math.abs(x - before));
          if (seen === n) {
            const come = Math.abs(x - oldest);
            // Rounding of the sum must not make it more than 1.
            outputs[0] = way > 0 ? Math.min(come / way, 1) : 0;
          }
        }
        state[2 + place] = x;
        state[1] = place + 1 === n ? 0 : place + 1;
        state[0] = Math.min(seen + 1, n);
      },
    };
  }),
};

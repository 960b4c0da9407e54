import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { change, varies } from '../kernels/pair-returns.ts';
import { MEAN, momentsLength, momentsStep, SQUARES } from '../kernels/window-moments.ts';
import { windowSumState, windowSumStep } from '../kernels/window-sum.ts';
import { extremeState, extremeStep, HIGHEST, slidingExtreme } from '../kernels/extremes.ts';
import { bySteps } from '../kernels/steps.ts';
import { countNotAbove, rankColumn } from '../kernels/window-rank.ts';

const RATIO_PARAMETERS = [
  integer('timeperiod', 'Period', 126, 'Returns in the window.', [2, 100_000]),
  real('periods', 'Bars a year', 252, 'Bars in a year: 252 for days, 52 for weeks.', [1, 1e9], 1),
  real('risk_free', 'Risk-free rate', 0, 'Rate a year in percent.', [-100, 1_000]),
];

export const SHARPE_ROLLING: IndicatorDefinition = {
  id: 'sharpe_rolling',
  aliases: ['rolling_sharpe'],
  title: 'Rolling Sharpe ratio',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: RATIO_PARAMETERS,
  outputs: [line('sharpe', 'Sharpe ratio')],
  pane: 'own',
  levels: [0, 1],
  unstable: false,
  explanation:
    'The mean simple return of the window above the risk-free rate for each unit of its deviation, a year. Above 1 is good and rare over long windows. Where the returns do not vary, or one starts from zero, it has no value.',
  formula:
    '√periods × (mean r − risk_free / 100 / periods) / sample deviation of r, r = x / x[1] − 1 over n returns',
  source: 'Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const periods = numberOf(parameters, 'periods');
    const free = numberOf(parameters, 'risk_free') / 100 / periods;
    // state: [values seen (0 or 1), value before, moments]
    const state = new Float64Array(2 + momentsLength(n));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        if (state[0] === 1) momentsStep(state, 2, n, change(x, state[1] as number));
        state[0] = 1;
        state[1] = x;
        outputs[0] = Number.NaN;
        const deviation = Math.sqrt((state[2 + SQUARES] as number) / (n - 1));
        const mean = state[2 + MEAN] as number;
        const excess = mean - free;
        // Nothing varies in the lead-in either.
        if (varies(deviation, mean)) outputs[0] = (Math.sqrt(periods) * excess) / deviation;
      },
    };
  }),
};

export const SORTINO_ROLLING: IndicatorDefinition = {
  id: 'sortino_rolling',
  aliases: ['rolling_sortino'],
  title: 'Rolling Sortino ratio',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: RATIO_PARAMETERS,
  outputs: [line('sortino', 'Sortino ratio')],
  pane: 'own',
  levels: [0, 1],
  unstable: false,
  explanation:
    'Like the Sharpe ratio, but only returns below the risk-free rate count as risk. Where none of the window is below it, or a return starts from zero, it has no value.',
  formula:
    '√periods × mean(r − f) / √(mean of min(r − f, 0)²), f = risk_free / 100 / periods, r = x / x[1] − 1 over n returns',
  source:
    'Sortino and Price, Performance Measurement in a Downside Risk Framework, Journal of Investing 3 (1994)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps(sortino),
};

function sortino(parameters: ParameterValues): StreamKernel {
  const n = numberOf(parameters, 'timeperiod');
  const periods = numberOf(parameters, 'periods');
  const free = numberOf(parameters, 'risk_free') / 100 / periods;
  const losses = 2 + windowSumState(n);
  // state: [values seen (0 or 1), value before, sum of returns, sum of squared losses]
  const state = new Float64Array(losses + windowSumState(n));
  return {
    state,
    step(inputs, outputs) {
      const x = inputs[0] as number;
      outputs[0] = Number.NaN;
      if (state[0] === 1) {
        const excess = change(x, state[1] as number) - free;
        const sum = windowSumStep(state, 2, n, excess);
        const square = windowSumStep(state, losses, n, excess < 0 ? excess * excess : 0);
        const risk = Math.sqrt(square / n);
        if (varies(risk, 0)) outputs[0] = (Math.sqrt(periods) * (sum / n)) / risk;
      }
      state[0] = 1;
      state[1] = x;
    },
  };
}

export const DRAWDOWN: IndicatorDefinition = {
  id: 'drawdown',
  aliases: ['rolling_drawdown'],
  title: 'Drawdown from rolling high',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 252, 'Bars of which the high is taken.', FROM_ONE)],
  outputs: [{ name: 'drawdown', label: 'Drawdown %', kind: 'real', style: 'area' }],
  pane: 'own',
  levels: [0, -10, -20],
  unstable: false,
  explanation:
    'How far the value is below the highest of the last bars, in percent: 0 at a new high, −20 where a fifth has gone. Where the highest is not above zero it has no value.',
  formula: '100 × (x / highest(x, n) − 1)',
  source: 'Standard definition of drawdown, over a window',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    slidingExtreme(input, numberOf(parameters, 'timeperiod'), HIGHEST, output);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = below(input[i] as number, output[i] as number);
    }
  },
  stream(parameters) {
    const n = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(extremeState(n));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        outputs[0] = below(x, extremeStep(state, 0, n, HIGHEST, x));
      },
    };
  },
};

/** How far below the highest, in percent; NaN where that is not above zero or not known. */
function below(x: number, highest: number): number {
  return highest > 0 ? 100 * (x / highest - 1) : Number.NaN;
}

export const PERCENT_RANK: IndicatorDefinition = {
  id: 'percent_rank',
  aliases: ['percentrank'],
  title: 'Percent rank',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [
    integer(
      'timeperiod',
      'Period',
      100,
      'Values before, with which this one is compared.',
      FROM_ONE,
    ),
  ],
  outputs: [line('rank', 'Percent rank')],
  pane: 'own',
  levels: [20, 50, 80],
  unstable: false,
  explanation:
    'The share of the last values before this one that are not above it, in percent: 100 where it is the highest, 0 where it is lower than all. In a constant series it is 100. Bar by bar the work grows with the period: every value before is compared.',
  formula: '100 × count(x[k] ≤ x, k = 1 … n) / n',
  source: 'Percent rank of a value in a list; as ta.percentrank of Pine Script',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const n = numberOf(parameters, 'timeperiod');
    rankColumn(input, n, output);
    for (let i = n; i < input.length; i += 1) output[i] = (100 * (output[i] as number)) / n;
  },
  stream(parameters) {
    const n = numberOf(parameters, 'timeperiod');
    // state: [values seen, place, ring]
    const state = new Float64Array(2 + n);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const place = (state[1] as number) | 0;
        outputs[0] = seen < n ? Number.NaN : (100 * countNotAbove(state, 2, 2 + n, x)) / n;
        state[2 + place] = x;
        state[1] = place + 1 === n ? 0 : place + 1;
        state[0] = Math.min(seen + 1, n);
      },
    };
  },
};

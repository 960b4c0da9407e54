import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { RETURNS, returnsState, returnsStep } from '../kernels/pair-returns.ts';
import { MEAN_X, MEAN_Y, slopeAt } from '../kernels/window-pairs.ts';
import { windowSumState, windowSumStep } from '../kernels/window-sum.ts';
import { bySteps } from '../kernels/steps.ts';

const ZERO_BEFORE = ' A return from zero has no value, and so no window that holds it.';
const SERIES = ' The first series is the instrument, the second the benchmark.';

function ratio(instrument: number, benchmark: number): number {
  return benchmark === 0 ? Number.NaN : instrument / benchmark;
}

export const RELATIVE_STRENGTH: IndicatorDefinition = {
  id: 'relative_strength',
  aliases: ['price_relative', 'relative_strength_comparative'],
  title: 'Relative strength',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [],
  outputs: [line('rs', 'Relative strength'), line('ratio', 'Ratio')],
  pane: 'own',
  levels: [100],
  unstable: true,
  explanation:
    'The price of the instrument in units of the benchmark: it rises while the instrument does better, whatever the market does. rs is 100 at the first bar of the data, ratio is the plain quotient. A benchmark of zero gives no value; where the first ratio is zero there is no rs.' +
    SERIES,
  formula: 'ratio = real0 / real1; rs = 100 × ratio / first ratio',
  source:
    'Levy, Relative Strength as a Criterion for Investment Selection, Journal of Finance 22 (1967); StockCharts, Price Relative',
  lookback: () => 0,
  ...bySteps(() => {
    // state: [whether the first ratio is known, the first ratio]
    const state = new Float64Array(2);
    return {
      state,
      step(inputs, outputs) {
        const value = ratio(inputs[0] as number, inputs[1] as number);
        if (state[0] === 0 && value - value === 0) {
          state[0] = 1;
          state[1] = value;
        }
        outputs[0] = 100 * ratio(value, state[1] as number);
        outputs[1] = value;
      },
    };
  }),
};

export const MANSFIELD_RS: IndicatorDefinition = {
  id: 'mansfield_rs',
  aliases: ['mansfield_relative_strength', 'mrs'],
  title: 'Mansfield relative strength',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [
    integer('timeperiod', 'Period', 52, 'Bars of the average: 52 for weeks, 200 for days.'),
  ],
  outputs: [line('mansfield', 'Mansfield RS')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'How far the relative strength against a benchmark is from its own average, in percent: above zero the instrument leads. Used on weekly bars in stage analysis. A benchmark of zero inside the window, or an average of zero, gives no value.' +
    SERIES,
  formula: '100 × (ratio / SMA(ratio, n) − 1), ratio = real0 / real1',
  source:
    'Mansfield chart service; Weinstein, Secrets for Profiting in Bull and Bear Markets (1988)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(windowSumState(n));
    return {
      state,
      step(inputs, outputs) {
        const value = ratio(inputs[0] as number, inputs[1] as number);
        const mean = windowSumStep(state, 0, n, value) / n;
        outputs[0] = 100 * (ratio(value, mean) - 1);
      },
    };
  }),
};

export const JENSEN_ALPHA: IndicatorDefinition = {
  id: 'jensen_alpha',
  aliases: ['alpha_beta'],
  title: "Jensen's alpha",
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [
    integer('timeperiod', 'Period', 60, 'Returns in the window.', [2, 100_000]),
    {
      kind: 'real',
      name: 'risk_free',
      label: 'Risk-free rate',
      description: 'Rate a year in percent.',
      default: 0,
      min: -100,
      max: 1_000,
      step: 0.1,
      unit: '%',
    },
    {
      kind: 'real',
      name: 'periods',
      label: 'Bars a year',
      description: 'Bars in a year: 252 for days, 52 for weeks.',
      default: 252,
      min: 1,
      max: 1_000_000_000,
      step: 1,
    },
  ],
  outputs: [line('alpha', 'Alpha %'), line('beta', 'Beta')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'What the first series (the instrument) has earned a year, in percent, beyond what its beta to the second (the benchmark) explains. Above zero it did better than its risk; read it with the length of the window in mind, for it is very uncertain. Where the benchmark does not vary there is no value.' +
    ZERO_BEFORE,
  formula:
    'alpha = 100 × periods × ((mean r0 − f) − beta × (mean r1 − f)), f = risk_free / 100 / periods; beta = covariance(r0, r1) / variance(r1)',
  source:
    'Jensen, The Performance of Mutual Funds in the Period 1945-1964, Journal of Finance 23 (1968)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const periods = numberOf(parameters, 'periods');
    const free = numberOf(parameters, 'risk_free') / 100 / periods;
    const state = returnsState(n);
    return {
      state,
      step(inputs, outputs) {
        outputs.fill(Number.NaN);
        if (!returnsStep(state, n, inputs[0] as number, inputs[1] as number)) return;
        const beta = slopeAt(state, RETURNS);
        const excess = (state[RETURNS + MEAN_Y] as number) - free;
        const market = (state[RETURNS + MEAN_X] as number) - free;
        outputs[0] = 100 * periods * (excess - beta * market);
        outputs[1] = beta;
      },
    };
  }),
};

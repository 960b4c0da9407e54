import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { emaStep } from '../kernels/averages.ts';
import { bySteps } from '../kernels/steps.ts';

const ISSUES =
  ' The first series is the number of advancing issues, the second that of declining ones.';

export const AD_LINE: IndicatorDefinition = {
  id: 'ad_line',
  aliases: ['advance_decline_line', 'advance_decline'],
  title: 'Advance-decline line',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [],
  outputs: [line('ad_line', 'A/D line')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'Running sum of advancing less declining issues. A line that falls while the index rises says that fewer and fewer shares carry it. Its height depends on where the data begin; only its direction means something. With advancing and declining volume it is the volume line.' +
    ISSUES,
  formula: 'AD = AD[1] + advancing − declining, from 0',
  source: 'Ayres, about 1926; Morris, The Complete Guide to Market Breadth Indicators (2006)',
  lookback: () => 0,
  compute([advancing = EMPTY, declining = EMPTY], _parameters, [output = EMPTY]) {
    let sum = 0;
    for (let i = 0; i < output.length; i += 1) {
      sum += (advancing[i] as number) - (declining[i] as number);
      output[i] = sum;
    }
  },
  stream() {
    const state = new Float64Array(1);
    return {
      state,
      step(inputs, outputs) {
        state[0] = (state[0] as number) + ((inputs[0] as number) - (inputs[1] as number));
        outputs[0] = state[0];
      },
    };
  },
};

export const AD_RATIO: IndicatorDefinition = {
  id: 'ad_ratio',
  aliases: ['advance_decline_ratio', 'adr'],
  title: 'Advance-decline ratio',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [],
  outputs: [line('ad_ratio', 'A/D ratio')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'Advancing issues for each declining one: above 1 more rise than fall. Without declining issues it has no value. The Arms index (TRIN) is this ratio of issues divided by the same ratio of their volumes: ad_ratio(advancing, declining) / ad_ratio(advancing volume, declining volume).' +
    ISSUES,
  formula: 'advancing / declining',
  source:
    'Morris, The Complete Guide to Market Breadth Indicators (2006); TRIN: Arms, The Arms Index (1989)',
  lookback: () => 0,
  compute([advancing = EMPTY, declining = EMPTY], _parameters, [output = EMPTY]) {
    for (let i = 0; i < output.length; i += 1) {
      output[i] = ratio(advancing[i] as number, declining[i] as number);
    }
  },
  stream: () => ({
    state: new Float64Array(0),
    step(inputs, outputs) {
      outputs[0] = ratio(inputs[0] as number, inputs[1] as number);
    },
  }),
};

function ratio(advancing: number, declining: number): number {
  return declining === 0 ? Number.NaN : advancing / declining;
}

/** (a − b) / (a + b), 0 where there are none. */
function balance(advancing: number, declining: number): number {
  const sum = advancing + declining;
  return sum === 0 ? 0 : (advancing - declining) / sum;
}

export const AD_PERCENT: IndicatorDefinition = {
  id: 'ad_percent',
  aliases: ['advance_decline_percent'],
  title: 'Advance-decline percent',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [],
  outputs: [{ name: 'ad_percent', label: 'A/D percent', kind: 'real', style: 'histogram' }],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'Advancing less declining issues in percent of both: from −100, all fall, to 100, all rise; 0 where nothing moved. Unlike the difference it can be compared over years in which the number of issues changed.' +
    ISSUES,
  formula: '100 × (advancing − declining) / (advancing + declining)',
  source: 'StockCharts, AD Percent; Morris, The Complete Guide to Market Breadth Indicators (2006)',
  lookback: () => 0,
  compute([advancing = EMPTY, declining = EMPTY], _parameters, [output = EMPTY]) {
    for (let i = 0; i < output.length; i += 1) {
      output[i] = 100 * balance(advancing[i] as number, declining[i] as number);
    }
  },
  stream: () => ({
    state: new Float64Array(0),
    step(inputs, outputs) {
      outputs[0] = 100 * balance(inputs[0] as number, inputs[1] as number);
    },
  }),
};

const MCCLELLAN_PARAMETERS = [
  integer('fastperiod', 'Fast', 19, 'Bars of the fast average (the 10% trend).'),
  integer('slowperiod', 'Slow', 39, 'Bars of the slow average (the 5% trend).'),
  {
    kind: 'boolean',
    name: 'adjusted',
    label: 'Ratio-adjusted',
    description: 'Net advances in thousandths of all issues that moved, not as a plain number.',
    default: true,
  },
] as const;

function mcclellanLookback(parameters: ParameterValues): number {
  return Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) - 1;
}

function mcclellan(parameters: ParameterValues, summed: boolean): StreamKernel {
  const fast = numberOf(parameters, 'fastperiod');
  const slow = numberOf(parameters, 'slowperiod');
  const adjusted = parameters['adjusted'] === true;
  // state: [fast average, slow average, two places each; sum]
  const state = new Float64Array(5);
  return {
    state,
    step(inputs, outputs) {
      const advancing = inputs[0] as number;
      const declining = inputs[1] as number;
      const net = adjusted ? 1_000 * balance(advancing, declining) : advancing - declining;
      const oscillator = emaStep(state, 0, fast, net) - emaStep(state, 2, slow, net);
      outputs[0] = oscillator;
      // Before both averages stand the difference is not a number.
      if (summed && oscillator - oscillator === 0) {
        state[4] = (state[4] as number) + oscillator;
        outputs[0] = state[4];
      }
    },
  };
}

export const MCCLELLAN: IndicatorDefinition = {
  id: 'mcclellan',
  aliases: ['mcclellan_oscillator'],
  title: 'McClellan oscillator',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: MCCLELLAN_PARAMETERS,
  outputs: [line('oscillator', 'McClellan oscillator')],
  pane: 'own',
  levels: [-100, 0, 100],
  unstable: true,
  explanation:
    'Distance of a fast and a slow exponential average of net advances: above zero breadth gains speed, below zero it loses it; far readings tell of a thrust or of exhaustion. Ratio-adjusted, as StockCharts draws it, it stays comparable when the number of issues changes; a bar on which nothing moved counts as 0. Each average starts with the mean of its first values.' +
    ISSUES,
  formula:
    'net = 1000 (A − D) / (A + D), or A − D when not adjusted; EMA(net, fast) − EMA(net, slow)',
  source: 'Sherman and Marian McClellan, Patterns for Profit (1970)',
  lookback: mcclellanLookback,
  ...bySteps((parameters) => mcclellan(parameters, false)),
};

export const MCCLELLAN_SUMMATION: IndicatorDefinition = {
  id: 'mcclellan_summation',
  aliases: ['summation_index'],
  title: 'McClellan summation index',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: MCCLELLAN_PARAMETERS,
  outputs: [line('summation', 'Summation index')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'Running sum of the McClellan oscillator, for the longer trend of breadth: it rises while the oscillator is above zero. Its height depends on where the data begin, as the sum starts at 0 with the first value of the oscillator.' +
    ISSUES,
  formula: 'S = S[1] + McClellan oscillator, from 0',
  source: 'Sherman and Marian McClellan, Patterns for Profit (1970)',
  lookback: mcclellanLookback,
  ...bySteps((parameters) => mcclellan(parameters, true)),
};

const OVERSOLD = 0.4;
const THRUST = 0.615;

export const BREADTH_THRUST: IndicatorDefinition = {
  id: 'breadth_thrust',
  aliases: ['zweig_breadth_thrust', 'zbt'],
  title: 'Zweig breadth thrust',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [integer('timeperiod', 'Period', 10, 'Bars of the average and of the thrust.')],
  outputs: [
    line('thrust', 'Breadth thrust'),
    { name: 'signal', label: 'Thrust', kind: 'integer', style: 'marks' },
  ],
  pane: 'own',
  levels: [OVERSOLD, THRUST],
  unstable: true,
  explanation:
    'Exponential average of the share of advancing issues. A rise from below 0.40 to above 0.615 within ten bars is a thrust (signal 1, else 0), rare and followed by gains in most cases since 1945. A bar on which nothing moved counts as 0.5.' +
    ISSUES,
  formula:
    'EMA(A / (A + D), n), seeded with the mean of the first n; signal: rises above 0.615, at most n bars after the last value below 0.40',
  source: 'Zweig, Winning on Wall Street (1986)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps((parameters) => {
    const period = numberOf(parameters, 'timeperiod');
    // state: [average, two places; bars since it was below 0.40 (at most period + 1); armed]
    const state = new Float64Array(4);
    state[2] = period + 1;
    return {
      state,
      step(inputs, outputs) {
        const share = 0.5 + balance(inputs[0] as number, inputs[1] as number) / 2;
        const value = emaStep(state, 0, period, share);
        outputs[0] = value;
        outputs[1] = Number.NaN;
        if (value - value !== 0) return;
        const since = value < OVERSOLD ? 0 : Math.min((state[2] as number) + 1, period + 1);
        state[2] = since;
        if (value < OVERSOLD) state[3] = 1;
        const thrust = value > THRUST && state[3] === 1;
        // One signal a thrust: it takes a new fall below 0.40 to arm it again.
        outputs[1] = thrust && since <= period ? 1 : 0;
        if (thrust) state[3] = 0;
      },
    };
  }),
};

import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { bySteps } from '../kernels/steps.ts';
import { FOURTH, SECOND, shapeState, shapeStep, THIRD } from '../kernels/window-shape.ts';

export const SKEW: IndicatorDefinition = {
  id: 'skew',
  aliases: ['skewness', 'rolling_skew'],
  title: 'Rolling skew',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 30, 'Values in the window.', [3, 100_000])],
  outputs: [line('skew', 'Skew')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'Whether the values of the window lean: above zero when a few lie far above the rest, below zero when far below. It is the adjusted estimate of a sample, as in spreadsheets and pandas. Where all values are equal it has none. Give it returns to see the shape of a market’s risk.',
  formula: 'n / ((n − 1)(n − 2)) × Σ ((x − mean) / s)³, s the sample deviation',
  source: 'Fisher-Pearson coefficient, adjusted: Joanes and Gill, The Statistician 47 (1998), G1',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(shapeState(n));
    const factor = (n * Math.sqrt(n - 1)) / (n - 2);
    return {
      state,
      step(inputs, outputs) {
        let skew = Number.NaN;
        if (shapeStep(state, 0, n, inputs[0] as number)) {
          const second = state[SECOND] as number;
          if (second > 0) {
            skew = (factor * ((state[THIRD] as number) / second)) / Math.sqrt(second);
          }
        }
        outputs[0] = skew;
      },
    };
  }),
};

export const KURTOSIS: IndicatorDefinition = {
  id: 'kurtosis',
  aliases: ['rolling_kurtosis', 'excess_kurtosis'],
  title: 'Rolling kurtosis',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 30, 'Values in the window.', [4, 100_000])],
  outputs: [line('kurtosis', 'Kurtosis')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'How much of the variation comes from a few far values: above zero the tails are heavier than those of a normal distribution, below zero lighter. It is the adjusted estimate of a sample, as in spreadsheets and pandas. Where all values are equal it has none.',
  formula:
    'n (n + 1) / ((n − 1)(n − 2)(n − 3)) × Σ ((x − mean) / s)⁴ − 3 (n − 1)² / ((n − 2)(n − 3)), s the sample deviation',
  source: 'Adjusted excess kurtosis: Joanes and Gill, The Statistician 47 (1998), G2',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(shapeState(n));
    const factor = (n * (n + 1) * (n - 1)) / ((n - 2) * (n - 3));
    const normal = (3 * (n - 1) * (n - 1)) / ((n - 2) * (n - 3));
    return {
      state,
      step(inputs, outputs) {
        let kurtosis = Number.NaN;
        if (shapeStep(state, 0, n, inputs[0] as number)) {
          const second = state[SECOND] as number;
          if (second > 0) {
            kurtosis = (factor * ((state[FOURTH] as number) / second)) / second - normal;
          }
        }
        outputs[0] = kurtosis;
      },
    };
  }),
};

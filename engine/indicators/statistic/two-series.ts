import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { RETURNS, returnsState, returnsStep } from '../kernels/pair-returns.ts';
import {
  correlationAt,
  MEAN_X,
  MEAN_Y,
  pairsState,
  pairsStep,
  PRODUCTS,
  slopeAt,
  SQUARES_Y,
} from '../kernels/window-pairs.ts';
import { bySteps } from '../kernels/steps.ts';

const ZERO_BEFORE = ' A return from zero has no value, and so no window that holds it.';

/** A measure of the returns of both series over the last bars. */
function ofReturns(
  measure: (state: Float64Array, at: number) => number,
): ReturnType<typeof bySteps> {
  return bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const state = returnsState(n);
    return {
      state,
      step(inputs, outputs) {
        const whole = returnsStep(state, n, inputs[0] as number, inputs[1] as number);
        outputs[0] = whole ? measure(state, RETURNS) : Number.NaN;
      },
    };
  });
}

export const ROLLING_CORRELATION: IndicatorDefinition = {
  id: 'rolling_correlation',
  aliases: ['returns_correlation'],
  title: 'Rolling correlation of returns',
  group: 'Statistic Functions',
  inputs: ['real0', 'real1'],
  parameters: [integer('timeperiod', 'Period', 20, 'Returns in the window.', [2, 100_000])],
  outputs: [line('correlation', 'Correlation')],
  pane: 'own',
  levels: [-1, 0, 1],
  unstable: false,
  explanation:
    'How far the returns of two series go together: 1 always in the same direction and proportion, 0 without relation, −1 opposite. CORREL does the same with the values themselves. Where one of the two does not vary there is no value.' +
    ZERO_BEFORE,
  formula: 'Σ (r0 − mean)(r1 − mean) / √(Σ (r0 − mean)² × Σ (r1 − mean)²), r = x / x[1] − 1',
  source: 'Pearson, product-moment correlation (1895)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...ofReturns(correlationAt),
};

export const ROLLING_BETA: IndicatorDefinition = {
  id: 'rolling_beta',
  aliases: ['market_beta'],
  title: 'Rolling beta',
  group: 'Statistic Functions',
  inputs: ['real0', 'real1'],
  parameters: [integer('timeperiod', 'Period', 60, 'Returns in the window.', [2, 100_000])],
  outputs: [line('beta', 'Beta')],
  pane: 'own',
  levels: [0, 1],
  unstable: false,
  explanation:
    'How much the first series (the instrument) moves for each move of the second (the benchmark): 1 as much, 2 twice as much, below 0 the other way. It is the slope of a regression of simple returns. Where the benchmark does not vary there is no value.' +
    ZERO_BEFORE,
  formula: 'covariance(r0, r1) / variance(r1) over n returns, r = x / x[1] − 1',
  source: 'Sharpe, Capital Asset Prices, Journal of Finance 19 (1964)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...ofReturns(slopeAt),
};

/** A residual this small beside what it is left of is rounding. */
const ROUNDING = 1e-13;

export const COINTEGRATION_ZSCORE: IndicatorDefinition = {
  id: 'cointegration_zscore',
  aliases: ['pairs_zscore', 'spread_zscore'],
  title: 'Pair spread z-score',
  group: 'Statistic Functions',
  inputs: ['real0', 'real1'],
  parameters: [integer('timeperiod', 'Period', 60, 'Bars of the regression.', [3, 100_000])],
  outputs: [line('hedge', 'Hedge ratio'), line('spread', 'Spread'), line('zscore', 'Z-score')],
  pane: 'own',
  levels: [-2, 0, 2],
  unstable: false,
  explanation:
    'For pairs trading: a straight line of the first series on the second over the window gives the hedge ratio (units of the second for each of the first), the spread is the distance of the first from that line, and the z-score puts it in deviations of the window’s residuals. Far from zero the pair is stretched. That a line can be fitted does not show that the pair is cointegrated: test that apart. Without variation in the second series nothing has a value; where the line fits to rounding the z-score has none.',
  formula:
    'real0 = a + hedge × real1 by least squares over n bars; spread = real0 − a − hedge × real1; z-score = spread / √(Σ residual² / (n − 1))',
  source:
    'Engle and Granger, Co-integration and Error Correction, Econometrica 55 (1987); Gatev, Goetzmann and Rouwenhorst, Pairs Trading, Review of Financial Studies 19 (2006)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(pairsState(n));
    return {
      state,
      step(inputs, outputs) {
        const y = inputs[0] as number;
        const x = inputs[1] as number;
        outputs.fill(Number.NaN);
        if (!pairsStep(state, 0, n, x, y)) return;
        const hedge = slopeAt(state, 0);
        const spread = y - (state[MEAN_Y] as number) - hedge * (x - (state[MEAN_X] as number));
        const total = state[SQUARES_Y] as number;
        const left = total - hedge * (state[PRODUCTS] as number);
        outputs[0] = hedge;
        outputs[1] = spread;
        if (left > ROUNDING * total) outputs[2] = spread / Math.sqrt(left / (n - 1));
      },
    };
  }),
};

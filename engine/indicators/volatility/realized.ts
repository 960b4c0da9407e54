import type { ParameterValues } from '../../domain/parameters.ts';
import {
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
  type InputName,
} from '../definition.ts';
import { momentsLength, momentsStep, SQUARES } from '../kernels/window-moments.ts';
import { windowSumState, windowSumStep } from '../kernels/window-sum.ts';
import { bySteps } from '../kernels/steps.ts';

const YEAR = real(
  'periods',
  'Bars a year',
  252,
  'Bars in a year, by which the deviation of a bar becomes that of a year: 252 for days, 52 for weeks, 365 for days of markets that never close; 1 leaves it a bar’s own.',
  [1, 1_000_000_000],
  1,
);
const NOT_POSITIVE =
  ' Where a price in the window is not above zero there is no logarithm and so no value.';

function period(value: number, least: number): ReturnType<typeof integer> {
  return integer('timeperiod', 'Period', value, 'Bars of the estimate.', [least, 100_000]);
}

/** ln(a / b), NaN where a price has no logarithm. */
function logRatio(a: number, b: number): number {
  return a > 0 && b > 0 ? Math.log(a / b) : Number.NaN;
}

/** A variance of a bar as deviation of a year, in percent. Rounding below zero is zero. */
function annual(variance: number, periods: number): number {
  return variance > 0 ? 100 * Math.sqrt(variance * periods) : variance <= 0 ? 0 : Number.NaN;
}

const LN2 = Math.log(2);

/** Variance of a bar from its own four prices. */
type Term = (open: number, high: number, low: number, close: number) => number;

function parkinson(_open: number, high: number, low: number): number {
  const range = logRatio(high, low);
  return (range * range) / (4 * LN2);
}

function garmanKlass(open: number, high: number, low: number, close: number): number {
  const range = logRatio(high, low);
  const move = logRatio(close, open);
  return 0.5 * range * range - (2 * LN2 - 1) * move * move;
}

function rogersSatchell(open: number, high: number, low: number, close: number): number {
  return rangesFrom(open, high, low, logRatio(close, open));
}

/** Rogers and Satchell's term, given ln(close / open): ln(high / close) is what lies between two logarithms. */
function rangesFrom(open: number, high: number, low: number, move: number): number {
  const up = logRatio(high, open);
  const down = logRatio(low, open);
  return up * (up - move) + down * (down - move);
}

/** An estimator that is the root of the mean of one term a bar. */
function meanOfTerms(
  term: Term,
  described: Pick<
    IndicatorDefinition,
    'id' | 'aliases' | 'title' | 'explanation' | 'formula' | 'source'
  >,
): IndicatorDefinition {
  return {
    ...described,
    group: 'Volatility Indicators',
    inputs: ['open', 'high', 'low', 'close'],
    parameters: [period(10, 1), YEAR],
    outputs: [line('volatility', described.title)],
    pane: 'own',
    levels: [],
    unstable: false,
    lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
    ...bySteps((parameters) => {
      const length = numberOf(parameters, 'timeperiod');
      const periods = numberOf(parameters, 'periods');
      const state = new Float64Array(windowSumState(length));
      return {
        state,
        step(inputs, outputs) {
          const variance = term(
            inputs[0] as number,
            inputs[1] as number,
            inputs[2] as number,
            inputs[3] as number,
          );
          outputs[0] = annual(windowSumStep(state, 0, length, variance) / length, periods);
        },
      };
    }),
  };
}

export const PARKINSON = meanOfTerms(parkinson, {
  id: 'parkinson',
  aliases: ['parkinson_volatility', 'high_low_volatility'],
  title: 'Parkinson volatility',
  explanation:
    'The annual deviation of returns, in percent, from the range of each bar. It needs about a fifth of the bars that closing prices need for the same precision, but it takes no gaps between bars and is too low where trading is discrete.' +
    NOT_POSITIVE,
  formula: '100 × √(periods / (4 n ln 2) × Σ ln(high / low)²)',
  source:
    'Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return, Journal of Business 53 (1980)',
});

export const GARMAN_KLASS = meanOfTerms(garmanKlass, {
  id: 'garman_klass',
  aliases: ['garman_klass_volatility'],
  title: 'Garman-Klass volatility',
  explanation:
    'The annual deviation of returns, in percent, from open, high, low and close of each bar; more precise than the range alone when prices have no drift. It takes no gaps between bars.' +
    NOT_POSITIVE,
  formula: '100 × √(periods / n × Σ (½ ln(high / low)² − (2 ln 2 − 1) ln(close / open)²))',
  source:
    'Garman and Klass, On the Estimation of Security Price Volatilities from Historical Data, Journal of Business 53 (1980)',
});

export const ROGERS_SATCHELL = meanOfTerms(rogersSatchell, {
  id: 'rogers_satchell',
  aliases: ['rogers_satchell_volatility'],
  title: 'Rogers-Satchell volatility',
  explanation:
    'The annual deviation of returns, in percent, from open, high, low and close of each bar, right also when the price has a trend: a bar that only rises or falls counts as none. It takes no gaps between bars.' +
    NOT_POSITIVE,
  formula:
    '100 × √(periods / n × Σ (ln(high / close) ln(high / open) + ln(low / close) ln(low / open)))',
  source:
    'Rogers and Satchell, Estimating Variance from High, Low and Closing Prices, Annals of Applied Probability 1 (1991)',
});

const CLOSES: readonly InputName[] = ['close'];

export const HISTORICAL_VOLATILITY: IndicatorDefinition = {
  id: 'historical_volatility',
  aliases: ['close_to_close', 'hist_vol', 'realized_volatility'],
  title: 'Historical volatility',
  group: 'Volatility Indicators',
  inputs: CLOSES,
  parameters: [period(10, 2), YEAR],
  outputs: [line('volatility', 'Historical volatility')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The annual deviation of the returns from close to close, in percent; that of the sample, so divided by n − 1. It is what option traders compare with implied volatility.' +
    NOT_POSITIVE,
  formula: '100 × √(periods) × sample deviation of the last n values of ln(close / close[1])',
  source:
    'Hull, Options, Futures, and Other Derivatives, chapter on the Black-Scholes-Merton model',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps((parameters) => {
    const length = numberOf(parameters, 'timeperiod');
    const periods = numberOf(parameters, 'periods');
    // state: [bars seen (0 or 1), close before, moments]
    const state = new Float64Array(2 + momentsLength(length));
    return {
      state,
      step(inputs, outputs) {
        const close = inputs[0] as number;
        const seen = state[0];
        if (seen === 1) momentsStep(state, 2, length, logRatio(close, state[1] as number));
        state[0] = 1;
        state[1] = close;
        outputs[0] =
          seen === 0 ? Number.NaN : annual((state[2 + SQUARES] as number) / (length - 1), periods);
      },
    };
  }),
};

/** The gap between bars as a term of its own, added to that of Garman and Klass. */
export const GARMAN_KLASS_YANG_ZHANG: IndicatorDefinition = {
  id: 'garman_klass_yang_zhang',
  aliases: ['gkyz'],
  title: 'Garman-Klass-Yang-Zhang volatility',
  group: 'Volatility Indicators',
  inputs: ['open', 'high', 'low', 'close'],
  parameters: [period(10, 1), YEAR],
  outputs: [line('volatility', 'GKYZ volatility')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The estimate of Garman and Klass with the gap from the close before to the open added, as annual deviation in percent. It supposes a price without drift.' +
    NOT_POSITIVE,
  formula:
    '100 × √(periods / n × Σ (ln(open / close[1])² + ½ ln(high / low)² − (2 ln 2 − 1) ln(close / open)²))',
  source:
    'Yang and Zhang, Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices, Journal of Business 73 (2000); formula as in the R package TTR',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps((parameters) => {
    const length = numberOf(parameters, 'timeperiod');
    const periods = numberOf(parameters, 'periods');
    // state: [bars seen (0 or 1), close before, sum]
    const state = new Float64Array(2 + windowSumState(length));
    return {
      state,
      step(inputs, outputs) {
        const open = inputs[0] as number;
        const close = inputs[3] as number;
        let sum = Number.NaN;
        if (state[0] === 1) {
          const gap = logRatio(open, state[1] as number);
          const inside = garmanKlass(open, inputs[1] as number, inputs[2] as number, close);
          sum = windowSumStep(state, 2, length, gap * gap + inside);
        }
        state[0] = 1;
        state[1] = close;
        outputs[0] = annual(sum / length, periods);
      },
    };
  }),
};

export const YANG_ZHANG: IndicatorDefinition = {
  id: 'yang_zhang',
  aliases: ['yang_zhang_volatility'],
  title: 'Yang-Zhang volatility',
  group: 'Volatility Indicators',
  inputs: ['open', 'high', 'low', 'close'],
  parameters: [period(10, 2), YEAR],
  outputs: [line('volatility', 'Yang-Zhang volatility')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The annual deviation of returns, in percent, from gaps, from open to close and from the range inside each bar, weighted for the least error. It is right with drift and with gaps, and the most precise of this family.' +
    NOT_POSITIVE,
  formula:
    '100 × √(periods × (Vo + k Vc + (1 − k) Vrs)); Vo, Vc: sample variances of ln(open / close[1]) and ln(close / open); Vrs: mean of the terms of Rogers and Satchell; k = 0.34 / (1.34 + (n + 1) / (n − 1))',
  source:
    'Yang and Zhang, Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices, Journal of Business 73 (2000)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps(yangZhang),
};

function yangZhang(parameters: ParameterValues): ReturnType<IndicatorDefinition['stream']> {
  const length = numberOf(parameters, 'timeperiod');
  const periods = numberOf(parameters, 'periods');
  const k = 0.34 / (1.34 + (length + 1) / (length - 1));
  const gaps = 2;
  const moves = gaps + momentsLength(length);
  const inside = moves + momentsLength(length);
  // state: [bars seen (0 or 1), close before, moments of gaps, moments of moves, sum of the terms]
  const state = new Float64Array(inside + windowSumState(length));
  return {
    state,
    step(inputs, outputs) {
      const open = inputs[0] as number;
      const high = inputs[1] as number;
      const low = inputs[2] as number;
      const close = inputs[3] as number;
      outputs[0] = Number.NaN;
      if (state[0] === 1) {
        momentsStep(state, gaps, length, logRatio(open, state[1] as number));
        const move = logRatio(close, open);
        momentsStep(state, moves, length, move);
        const sum = windowSumStep(state, inside, length, rangesFrom(open, high, low, move));
        const outer =
          ((state[gaps + SQUARES] as number) + k * (state[moves + SQUARES] as number)) /
          (length - 1);
        outputs[0] = annual(outer + ((1 - k) * sum) / length, periods);
      }
      state[0] = 1;
      state[1] = close;
    },
  };
}

export const EWMA_VOLATILITY: IndicatorDefinition = {
  id: 'ewma_volatility',
  aliases: ['riskmetrics'],
  title: 'EWMA volatility',
  group: 'Volatility Indicators',
  inputs: CLOSES,
  parameters: [
    real('decay', 'Decay', 0.94, 'Share of yesterday’s variance that is kept.', [0, 0.9999], 0.01),
    YEAR,
  ],
  outputs: [line('volatility', 'EWMA volatility')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'The annual deviation of returns, in percent, with weights that fall off exponentially, so that a shock shows at once and fades without an edge. The mean return is taken as zero; the variance starts with the first squared return. A bar without a logarithm of its price leaves the estimate as it was.',
  formula: 'V = decay × V[1] + (1 − decay) × ln(close / close[1])²; 100 × √(periods × V)',
  source: 'J. P. Morgan and Reuters, RiskMetrics Technical Document (1996), chapter 5',
  lookback: () => 1,
  ...bySteps((parameters) => {
    const decay = numberOf(parameters, 'decay');
    const periods = numberOf(parameters, 'periods');
    // state: [bars seen (0 or 1), close before, returns seen (0 or 1), variance]
    const state = new Float64Array(4);
    return {
      state,
      step(inputs, outputs) {
        const close = inputs[0] as number;
        const move = state[0] === 1 ? logRatio(close, state[1] as number) : Number.NaN;
        if (move - move === 0) {
          const square = move * move;
          state[3] = state[2] === 0 ? square : decay * (state[3] as number) + (1 - decay) * square;
          state[2] = 1;
        }
        state[0] = 1;
        state[1] = close;
        outputs[0] = state[2] === 1 ? annual(state[3] as number, periods) : Number.NaN;
      },
    };
  }),
};

import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { STRENGTH_STATE, strengthColumn, strengthStep } from '../kernels/gains-losses.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageLookback,
  movingAverageStep,
  movingAverageType,
} from '../kernels/moving-average.ts';
import { rangePlaceColumn, rangePlaceState, rangePlaceStep } from '../kernels/range-place.ts';

/**
 * A range of RSI values, which go to 100, below this is rounding: where the price rests, RSI keeps its
 * value but for the last digits.
 */
const RESTS = 1e-11;

interface Options {
  readonly period: number;
  readonly window: number;
  readonly fastD: number;
  readonly dType: number;
  /** First bar with %K. */
  readonly begin: number;
  /** First bar with both. */
  readonly first: number;
}

function optionsOf(parameters: ParameterValues): Options {
  const period = numberOf(parameters, 'timeperiod');
  const window = numberOf(parameters, 'fastk_period');
  const fastD = numberOf(parameters, 'fastd_period');
  const dType = numberOf(parameters, 'fastd_matype');
  const begin = period + window - 1;
  const first = begin + movingAverageLookback(dType, fastD);
  return { period, window, fastD, dType, begin, first };
}

export const STOCHRSI: IndicatorDefinition = {
  id: 'stochrsi',
  aliases: ['stoch_rsi', 'stochastic_rsi'],
  title: 'Stochastic RSI',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 14, 'Bars of the RSI.'),
    integer('fastk_period', 'Window', 5, 'Bars of highest and lowest RSI.', FROM_ONE),
    integer('fastd_period', 'Fast %D', 3, 'Bars of the signal line.', FROM_ONE),
    movingAverageType('fastd_matype', 'Fast %D average'),
  ],
  outputs: [line('fastk', '%K'), line('fastd', '%D')],
  pane: 'own',
  levels: [20, 80],
  unstable: true,
  explanation:
    'Where the RSI stands in its own range of the last bars, from 0 to 100, with a signal line. It reaches its ends far more often than the RSI, and is read in the same way: above 80 overbought, below 20 oversold. Where the RSI does not move it is 0.',
  formula:
    'R = RSI(x, n); fastk = 100 × (R − lowest R) / (highest R − lowest R) of the window, 0 where they are equal; fastd = MA(fastk, fast %D)',
  source: 'Chande and Kroll, The New Technical Trader (1994); TA-Lib STOCHRSI',
  lookback: (parameters) => optionsOf(parameters).first,
  compute([input = EMPTY], parameters, [fastk = EMPTY, fastd = EMPTY]) {
    const { period, window, fastD, dType, begin, first } = optionsOf(parameters);
    const length = input.length;
    if (length <= first) {
      fastk.fill(Number.NaN);
      fastd.fill(Number.NaN);
      return;
    }
    // The RSI stands in the signal's column until there is a %K.
    strengthColumn(input, period, 0, fastd);
    const strength = fastd.subarray(period);
    rangePlaceColumn(strength, strength, strength, window, 'low', RESTS, fastk.subarray(period));
    movingAverageColumn(dType, fastk, fastD, fastd, begin);
    fastk.fill(Number.NaN, 0, first);
  },
  stream(parameters) {
    const { period, window, fastD, dType } = optionsOf(parameters);
    // state: [RSI, range of it, signal average]
    const dAt = STRENGTH_STATE + rangePlaceState(window);
    const state = new Float64Array(dAt + movingAverageLength(dType, fastD));
    return {
      state,
      step(inputs, outputs) {
        outputs.fill(Number.NaN);
        const x = strengthStep(state, 0, period, 0, inputs[0] as number);
        if (Number.isNaN(x)) return;
        const fastk = rangePlaceStep(state, STRENGTH_STATE, window, 'low', RESTS, x, x, x);
        if (Number.isNaN(fastk)) return;
        const fastd = movingAverageStep(dType, state, dAt, fastD, fastk);
        if (Number.isNaN(fastd)) return;
        outputs[0] = fastk;
        outputs[1] = fastd;
      },
    };
  },
};

import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageLookback,
  movingAverageStep,
  movingAverageType,
} from '../kernels/moving-average.ts';
import { rangePlaceColumn, rangePlaceState, rangePlaceStep } from '../kernels/range-place.ts';

interface Slow {
  readonly window: number;
  readonly slowK: number;
  readonly kType: number;
  readonly slowD: number;
  readonly dType: number;
  readonly first: number;
}

function slowOf(parameters: ParameterValues): Slow {
  const window = numberOf(parameters, 'fastk_period');
  const slowK = numberOf(parameters, 'slowk_period');
  const kType = numberOf(parameters, 'slowk_matype');
  const slowD = numberOf(parameters, 'slowd_period');
  const dType = numberOf(parameters, 'slowd_matype');
  const first =
    window - 1 + movingAverageLookback(kType, slowK) + movingAverageLookback(dType, slowD);
  return { window, slowK, kType, slowD, dType, first };
}

export const STOCH: IndicatorDefinition = {
  id: 'stoch',
  aliases: ['stochastic', 'slow_stochastic'],
  title: 'Stochastic',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('fastk_period', 'Window', 5, 'Bars of highest high and lowest low.', FROM_ONE),
    integer('slowk_period', 'Slow %K', 3, 'Bars that smooth %K.', FROM_ONE),
    movingAverageType('slowk_matype', 'Slow %K average'),
    integer('slowd_period', 'Slow %D', 3, 'Bars of the signal line.', FROM_ONE),
    movingAverageType('slowd_matype', 'Slow %D average'),
  ],
  outputs: [line('slowk', '%K'), line('slowd', '%D')],
  pane: 'own',
  levels: [20, 80],
  unstable: true,
  explanation:
    'Where the close stands in the range of the last bars, smoothed, from 0 (the low) to 100 (the high), with a signal line. Above 80 a market is called overbought, below 20 oversold; %K crossing %D is the signal. Where there is no range the place is 0.',
  formula:
    'K = 100 × (close − LL) / (HH − LL) of the window, 0 where HH = LL; slowk = MA(K, slow %K); slowd = MA(slowk, slow %D)',
  source: 'Lane, Lane’s Stochastics, Stocks & Commodities 2 (1984); TA-Lib STOCH',
  lookback: (parameters) => slowOf(parameters).first,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [slowk = EMPTY, slowd = EMPTY]) {
    const { window, slowK, kType, slowD, dType, first } = slowOf(parameters);
    const length = close.length;
    rangePlaceColumn(high, low, close, window, 'low', 0, slowd);
    movingAverageColumn(kType, slowd, slowK, slowk, window - 1);
    const start = window - 1 + movingAverageLookback(kType, slowK);
    movingAverageColumn(dType, slowk, slowD, slowd, start);
    slowk.fill(Number.NaN, 0, Math.min(first, length));
  },
  stream(parameters) {
    const { window, slowK, kType, slowD, dType } = slowOf(parameters);
    const kAt = rangePlaceState(window);
    const dAt = kAt + movingAverageLength(kType, slowK);
    const state = new Float64Array(dAt + movingAverageLength(dType, slowD));
    return {
      state,
      step(inputs, outputs) {
        outputs.fill(Number.NaN);
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const fast = rangePlaceStep(state, 0, window, 'low', 0, high, low, close);
        if (Number.isNaN(fast)) return;
        const slowk = movingAverageStep(kType, state, kAt, slowK, fast);
        if (Number.isNaN(slowk)) return;
        const slowd = movingAverageStep(dType, state, dAt, slowD, slowk);
        if (Number.isNaN(slowd)) return;
        outputs[0] = slowk;
        outputs[1] = slowd;
      },
    };
  },
};

const FAST_D = [
  integer('fastd_period', 'Fast %D', 3, 'Bars of the signal line.', FROM_ONE),
  movingAverageType('fastd_matype', 'Fast %D average'),
];

export const STOCHF: IndicatorDefinition = {
  id: 'stochf',
  aliases: ['fast_stochastic'],
  title: 'Fast stochastic',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('fastk_period', 'Window', 5, 'Bars of highest high and lowest low.', FROM_ONE),
    ...FAST_D,
  ],
  outputs: [line('fastk', '%K'), line('fastd', '%D')],
  pane: 'own',
  levels: [20, 80],
  unstable: true,
  explanation:
    'Where the close stands in the range of the last bars, from 0 (the low) to 100 (the high), unsmoothed, with a signal line. It is read like the slow stochastic and gives more, earlier and poorer signals. Where there is no range it is 0.',
  formula:
    'fastk = 100 × (close − LL) / (HH − LL) of the window, 0 where HH = LL; fastd = MA(fastk, fast %D)',
  source: 'Lane, Lane’s Stochastics, Stocks & Commodities 2 (1984); TA-Lib STOCHF',
  lookback: (parameters) =>
    numberOf(parameters, 'fastk_period') -
    1 +
    movingAverageLookback(
      numberOf(parameters, 'fastd_matype'),
      numberOf(parameters, 'fastd_period'),
    ),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [fastk = EMPTY, fastd = EMPTY]) {
    const window = numberOf(parameters, 'fastk_period');
    const fastD = numberOf(parameters, 'fastd_period');
    const dType = numberOf(parameters, 'fastd_matype');
    const length = close.length;
    rangePlaceColumn(high, low, close, window, 'low', 0, fastk);
    movingAverageColumn(dType, fastk, fastD, fastd, window - 1);
    const first = window - 1 + movingAverageLookback(dType, fastD);
    fastk.fill(Number.NaN, 0, Math.min(first, length));
  },
  stream(parameters) {
    const window = numberOf(parameters, 'fastk_period');
    const fastD = numberOf(parameters, 'fastd_period');
    const dType = numberOf(parameters, 'fastd_matype');
    const dAt = rangePlaceState(window);
    const state = new Float64Array(dAt + movingAverageLength(dType, fastD));
    return {
      state,
      step(inputs, outputs) {
        outputs.fill(Number.NaN);
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const fastk = rangePlaceStep(state, 0, window, 'low', 0, high, low, close);
        if (Number.isNaN(fastk)) return;
        const fastd = movingAverageStep(dType, state, dAt, fastD, fastk);
        if (Number.isNaN(fastd)) return;
        outputs[0] = fastk;
        outputs[1] = fastd;
      },
    };
  },
};

export const WILLR: IndicatorDefinition = {
  id: 'willr',
  aliases: ['williams_r', 'williams_percent_r'],
  title: 'Williams %R',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of highest high and lowest low.')],
  outputs: [line('willr', '%R')],
  pane: 'own',
  levels: [-80, -20],
  unstable: false,
  explanation:
    'Where the close stands in the range of the last bars, from −100 (the low) to 0 (the high). Above −20 a market is called overbought, below −80 oversold. Where there is no range it is 0.',
  formula: '%R = −100 × (HH − close) / (HH − LL) of n bars; 0 where HH = LL',
  source:
    'Williams, How I Made One Million Dollars Last Year Trading Commodities (1973); TA-Lib WILLR',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    rangePlaceColumn(high, low, close, period, 'high', 0, output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(rangePlaceState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        outputs[0] = rangePlaceStep(state, 0, period, 'high', 0, high, low, close);
      },
    };
  },
};

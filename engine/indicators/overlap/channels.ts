import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  EMA_LENGTH,
  emaColumn,
  emaStep,
  smaColumn,
  smaLength,
  smaStep,
} from '../kernels/averages.ts';
import {
  AVERAGE_RANGE_LENGTH,
  averageRangeColumn,
  averageRangeStep,
} from '../kernels/true-range.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

const BANDS = [line('upper', 'Upper'), line('middle', 'Middle'), line('lower', 'Lower')];

/** Puts bands `width` times the distance in `upper` around `middle`, from bar `from` on. */
function spread(
  middle: Float64Array,
  upper: Float64Array,
  lower: Float64Array,
  width: number,
  from: number,
): void {
  const length = middle.length;
  const lead = Math.min(from, length);
  middle.fill(Number.NaN, 0, lead);
  upper.fill(Number.NaN, 0, lead);
  lower.fill(Number.NaN, 0, lead);
  for (let i = lead; i < length; i += 1) {
    const centre = middle[i] as number;
    const reach = width * (upper[i] as number);
    upper[i] = centre + reach;
    lower[i] = centre - reach;
  }
}

export const KELTNER: IndicatorDefinition = {
  id: 'keltner',
  aliases: ['keltner_channels', 'kc'],
  title: 'Keltner channels',
  group: 'Volatility Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod', 'Period', 20, 'Bars of the exponential average.', FROM_ONE),
    real('multiplier', 'Multiplier', 2, 'Average ranges to each band.', [0, 1000]),
    integer('atrperiod', 'ATR period', 10, 'Bars of the average range.', FROM_ONE),
  ],
  outputs: BANDS,
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Raschke’s version, which TradingView and StockCharts show: an exponential average of the close with bands at a number of average true ranges. A close outside a band is read as strength in its direction. Keltner’s own used simple averages of ten days.',
  formula: 'middle = EMA(close, n); upper, lower = middle ± multiplier × ATR(m), by Wilder',
  source:
    'Keltner, How to Make Money in Commodities (1960); the version with EMA and ATR by Linda Bradford Raschke',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'timeperiod') - 1, numberOf(parameters, 'atrperiod')),
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY],
    parameters,
    [upper = EMPTY, middle = EMPTY, lower = EMPTY],
  ) {
    const period = numberOf(parameters, 'timeperiod');
    const rangePeriod = numberOf(parameters, 'atrperiod');
    const width = numberOf(parameters, 'multiplier');
    emaColumn(close, period, middle);
    averageRangeColumn(high, low, close, rangePeriod, upper);
    spread(middle, upper, lower, width, Math.max(period - 1, rangePeriod));
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const rangePeriod = numberOf(parameters, 'atrperiod');
    const width = numberOf(parameters, 'multiplier');
    const state = new Float64Array(EMA_LENGTH + AVERAGE_RANGE_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const centre = emaStep(state, 0, period, close);
        const reach = width * averageRangeStep(state, EMA_LENGTH, rangePeriod, high, low, close);
        outputs[0] = centre + reach;
        outputs[1] = Number.isNaN(reach) ? reach : centre;
        outputs[2] = centre - reach;
      },
    };
  },
};

export const ATR_BANDS: IndicatorDefinition = {
  id: 'atr_bands',
  aliases: ['average_true_range_bands'],
  title: 'ATR bands',
  group: 'Volatility Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod', 'Period', 14, 'Bars of the average range.', FROM_ONE),
    real('multiplier', 'Multiplier', 2, 'Average ranges to each band.', [0, 1000]),
  ],
  outputs: [line('upper', 'Upper'), line('lower', 'Lower')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Levels at a number of average true ranges above and below each close: where a stop would lie that ordinary movement should not reach.',
  formula: 'upper, lower = close ± multiplier × ATR(n)',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), average true range',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [upper = EMPTY, lower = EMPTY]) {
    const width = numberOf(parameters, 'multiplier');
    averageRangeColumn(high, low, close, numberOf(parameters, 'timeperiod'), upper);
    for (let i = 0; i < close.length; i += 1) {
      const x = close[i] as number;
      const reach = width * (upper[i] as number);
      upper[i] = x + reach;
      lower[i] = x - reach;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const width = numberOf(parameters, 'multiplier');
    const state = new Float64Array(AVERAGE_RANGE_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const reach = width * averageRangeStep(state, 0, period, high, low, close);
        outputs[0] = close + reach;
        outputs[1] = close - reach;
      },
    };
  },
};

export const DONCHIAN: IndicatorDefinition = {
  id: 'donchian',
  aliases: ['donchian_channels', 'price_channel'],
  title: 'Donchian channels',
  group: 'Volatility Indicators',
  inputs: ['high', 'low'],
  parameters: [
    integer('timeperiod', 'Period', 20, 'Bars of the channel, this one included.', FROM_ONE),
  ],
  outputs: BANDS,
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The highest high and lowest low of the last bars, the current one included, and their middle. To see a breakout, compare a bar with the channel of the bar before.',
  formula: 'upper = highest high(n); lower = lowest low(n); middle = (upper + lower) / 2',
  source: 'Donchian’s four-week rule (1960s), as TradingView’s Donchian Channels',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [upper = EMPTY, middle = EMPTY, lower = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    slidingExtreme(high, period, HIGHEST, upper);
    slidingExtreme(low, period, LOWEST, lower);
    for (let i = 0; i < high.length; i += 1) {
      middle[i] = ((upper[i] as number) + (lower[i] as number)) / 2;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const second = extremeState(period);
    const state = new Float64Array(2 * second);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const top = extremeStep(state, 0, period, HIGHEST, high);
        const bottom = extremeStep(state, second, period, LOWEST, low);
        outputs[0] = top;
        outputs[1] = (top + bottom) / 2;
        outputs[2] = bottom;
      },
    };
  },
};

export const ENVELOPE: IndicatorDefinition = {
  id: 'envelope',
  aliases: ['ma_envelope', 'moving_average_envelope'],
  title: 'Moving average envelope',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 20, 'Bars of the simple average.', FROM_ONE),
    real('percent', 'Percent', 2.5, 'Distance of the bands from the average.', [0, 100]),
  ],
  outputs: BANDS,
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'A simple average with bands a fixed percentage above and below it. Moves to a band are read as stretched in a range, and as strength at the start of a trend.',
  formula: 'middle = SMA(n); upper, lower = middle × (1 ± percent / 100)',
  source: 'Percentage envelope; defaults as StockCharts (20, 2.5)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [upper = EMPTY, middle = EMPTY, lower = EMPTY]) {
    const share = numberOf(parameters, 'percent') / 100;
    smaColumn(input, numberOf(parameters, 'timeperiod'), middle);
    for (let i = 0; i < input.length; i += 1) {
      const centre = middle[i] as number;
      upper[i] = centre * (1 + share);
      lower[i] = centre * (1 - share);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const share = numberOf(parameters, 'percent') / 100;
    const state = new Float64Array(smaLength(period));
    return {
      state,
      step(inputs, outputs) {
        const centre = smaStep(state, 0, period, inputs[0] as number);
        outputs[0] = centre * (1 + share);
        outputs[1] = centre;
        outputs[2] = centre * (1 - share);
      },
    };
  },
};

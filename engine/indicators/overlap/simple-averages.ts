import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import {
  EMA_LENGTH,
  emaColumn,
  emaStep,
  smaColumn,
  smaLength,
  smaStep,
  trimaColumn,
  trimaLength,
  trimaStep,
  wmaColumn,
  wmaLength,
  wmaStep,
} from '../kernels/averages.ts';
import {
  DEMA_LENGTH,
  demaColumn,
  demaStep,
  TEMA_LENGTH,
  temaColumn,
  temaStep,
} from '../kernels/chained-averages.ts';

/** An average of one series that has a period and nothing else, and the kernels that compute it. */
interface PlainAverage extends Pick<
  IndicatorDefinition,
  'id' | 'aliases' | 'title' | 'unstable' | 'explanation' | 'formula' | 'source'
> {
  lookback(period: number): number;
  column(input: Float64Array, period: number, output: Float64Array): void;
  length(period: number): number;
  step(state: Float64Array, at: number, period: number, x: number): number;
}

function plainAverage(average: PlainAverage): IndicatorDefinition {
  const { id, aliases, title, unstable, explanation, formula, source } = average;
  const { lookback, column, length, step } = average;
  return {
    id,
    aliases,
    title,
    group: 'Overlap Studies',
    inputs: ['real'],
    parameters: [integer('timeperiod', 'Period', 30, 'Bars of the average.')],
    outputs: [line(id, id.toUpperCase())],
    pane: 'overlay',
    levels: [],
    unstable,
    explanation,
    formula,
    source,
    lookback: (parameters) => lookback(numberOf(parameters, 'timeperiod')),
    compute([input = EMPTY], parameters, [output = EMPTY]) {
      column(input, numberOf(parameters, 'timeperiod'), output);
    },
    stream(parameters) {
      const period = numberOf(parameters, 'timeperiod');
      const state = new Float64Array(length(period));
      return {
        state,
        step(inputs, outputs) {
          outputs[0] = step(state, 0, period, inputs[0] as number);
        },
      };
    },
  };
}

export const SMA = plainAverage({
  id: 'sma',
  aliases: ['simple_moving_average'],
  title: 'Simple moving average',
  unstable: false,
  explanation:
    'The mean of the last bars. It shows the direction of the price with a delay of half its period.',
  formula: 'SMA = (x[0] + x[1] + … + x[n-1]) / n',
  source: 'Arithmetic mean; TA-Lib SMA',
  lookback: (period) => period - 1,
  column: (input, period, output) => {
    smaColumn(input, period, output);
  },
  length: smaLength,
  step: smaStep,
});

export const EMA = plainAverage({
  id: 'ema',
  aliases: ['exponential_moving_average'],
  title: 'Exponential moving average',
  unstable: true,
  explanation:
    'An average that gives recent bars more weight, falling off exponentially. It turns sooner than the simple one.',
  formula: 'EMA = EMA[1] + 2 / (n + 1) × (x − EMA[1]), seeded with the mean of the first n values',
  source: 'TA-Lib EMA, classic seeding',
  lookback: (period) => period - 1,
  column: (input, period, output) => {
    emaColumn(input, period, output);
  },
  length: () => EMA_LENGTH,
  step: emaStep,
});

export const WMA = plainAverage({
  id: 'wma',
  aliases: ['weighted_moving_average', 'lwma'],
  title: 'Weighted moving average',
  unstable: false,
  explanation:
    'A mean in which the newest bar counts n times and each older one once less. It lags by a third of its period.',
  formula: 'WMA = (n × x[0] + (n − 1) × x[1] + … + 1 × x[n-1]) / (n × (n + 1) / 2)',
  source: 'Linearly weighted mean; TA-Lib WMA',
  lookback: (period) => period - 1,
  column: (input, period, output) => {
    wmaColumn(input, period, output);
  },
  length: wmaLength,
  step: wmaStep,
});

export const TRIMA = plainAverage({
  id: 'trima',
  aliases: ['triangular_moving_average'],
  title: 'Triangular moving average',
  unstable: false,
  explanation:
    'A simple average of a simple average, so that the middle of the window counts most. It is very smooth and lags by half its period.',
  formula: 'TRIMA = SMA(SMA(x, ⌈n / 2⌉), ⌊n / 2⌋ + 1)',
  source: 'Triangularly weighted mean; TA-Lib TRIMA',
  lookback: (period) => period - 1,
  column: (input, period, output) => {
    trimaColumn(input, period, output);
  },
  length: trimaLength,
  step: trimaStep,
});

export const DEMA = plainAverage({
  id: 'dema',
  aliases: ['double_exponential_moving_average'],
  title: 'Double exponential moving average',
  unstable: true,
  explanation:
    'Twice an exponential average less the average of it, which takes most of the lag out. It follows trends closely and overshoots at turns.',
  formula: 'DEMA = 2 × EMA(x) − EMA(EMA(x))',
  source:
    'Mulloy, Smoothing Data with Faster Moving Averages, Stocks & Commodities (February 1994)',
  lookback: (period) => 2 * (period - 1),
  column: (input, period, output) => {
    demaColumn(input, period, output);
  },
  length: () => DEMA_LENGTH,
  step: demaStep,
});

export const TEMA = plainAverage({
  id: 'tema',
  aliases: ['triple_exponential_moving_average'],
  title: 'Triple exponential moving average',
  unstable: true,
  explanation:
    'An exponential average with the lag taken out in two steps: faster than the double one, and with more overshoot at turns.',
  formula: 'TEMA = 3 × EMA(x) − 3 × EMA(EMA(x)) + EMA(EMA(EMA(x)))',
  source: 'Mulloy, Smoothing Data with Less Lag, Stocks & Commodities (March 1994)',
  lookback: (period) => 3 * (period - 1),
  column: (input, period, output) => {
    temaColumn(input, period, output);
  },
  length: () => TEMA_LENGTH,
  step: temaStep,
});

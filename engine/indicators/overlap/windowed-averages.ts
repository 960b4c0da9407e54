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
  smaColumn,
  smaLength,
  smaStep,
  wmaColumn,
  wmaLength,
  wmaStep,
} from '../kernels/averages.ts';

export const HMA: IndicatorDefinition = {
  id: 'hma',
  aliases: ['hull', 'hull_moving_average'],
  title: 'Hull moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 9, 'Bars of the average.')],
  outputs: [line('hma', 'HMA')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'A weighted average that takes most of its own delay out again, and so follows the price closely and still looks smooth. It overshoots after sharp turns. Its slope is read as the trend.',
  formula: 'HMA = WMA(2 × WMA(x, ⌊n / 2⌋) − WMA(x, n), ⌊√n⌋)',
  source: 'Hull, How to reduce lag in a moving average (2005)',
  lookback: (parameters) => {
    const period = numberOf(parameters, 'timeperiod');
    return period - 2 + Math.floor(Math.sqrt(period));
  },
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const raw = new Float64Array(input.length);
    wmaColumn(input, period >> 1, raw);
    wmaColumn(input, period, output);
    for (let i = period - 1; i < input.length; i += 1) {
      raw[i] = 2 * (raw[i] as number) - (output[i] as number);
    }
    wmaColumn(raw, Math.floor(Math.sqrt(period)), output, period - 1);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const half = period >> 1;
    const root = Math.floor(Math.sqrt(period));
    const whole = wmaLength(half);
    const last = whole + wmaLength(period);
    // state: the averages of half the period, of all of it, of the difference
    const state = new Float64Array(last + wmaLength(root));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const quick = wmaStep(state, 0, half, x);
        const slow = wmaStep(state, whole, period, x);
        outputs[0] = Number.isNaN(slow) ? slow : wmaStep(state, last, root, 2 * quick - slow);
      },
    };
  },
};

/** Weights from the oldest value to the newest, their sum 1. */
function almaWeights(period: number, offset: number, sigma: number): Float64Array {
  const centre = offset * (period - 1);
  const width = period / sigma;
  const weights = new Float64Array(period);
  let sum = 0;
  for (let k = 0; k < period; k += 1) {
    const d = k - centre;
    const weight = Math.exp(-(d * d) / (2 * width * width));
    weights[k] = weight;
    sum += weight;
  }
  for (let k = 0; k < period; k += 1) weights[k] = (weights[k] as number) / sum;
  return weights;
}

export const ALMA: IndicatorDefinition = {
  id: 'alma',
  aliases: ['arnaud_legoux', 'arnaud_legoux_moving_average'],
  title: 'Arnaud Legoux moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 9, 'Bars of the average.', [1, 1000]),
    real('offset', 'Offset', 0.85, 'Where the weight is centred: 0 oldest, 1 newest bar.', [0, 1]),
    real('sigma', 'Sigma', 6, 'How narrow the bell of weights is.', [0.1, 100]),
  ],
  outputs: [line('alma', 'ALMA')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'An average whose weights are a bell curve that is centred near the newest bars. The offset trades delay for smoothness, sigma the width of the bell.',
  formula:
    'ALMA = Σ w[k] × x[k] / Σ w[k], k from 0 (oldest) to n − 1; w[k] = exp(−(k − offset × (n − 1))² / (2 × (n / sigma)²))',
  source: 'Legoux and Kouzis-Loukas, ALMA: Arnaud Legoux Moving Average (2009)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const weights = almaWeights(
      period,
      numberOf(parameters, 'offset'),
      numberOf(parameters, 'sigma'),
    );
    output.fill(Number.NaN, 0, Math.min(period - 1, input.length));
    for (let i = period - 1, from = 0; i < input.length; i += 1, from += 1) {
      let sum = 0;
      for (let k = 0; k < period; k += 1) {
        sum += (weights[k] as number) * (input[from + k] as number);
      }
      output[i] = sum;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const weights = almaWeights(
      period,
      numberOf(parameters, 'offset'),
      numberOf(parameters, 'sigma'),
    );
    // state: [bars seen, place of the oldest, ring]
    const state = new Float64Array(period + 2);
    return {
      state,
      step(inputs, outputs) {
        const at = state[1] as number;
        const seen = Math.min((state[0] as number) + 1, period);
        const oldest = at + 1 === period ? 0 : at + 1;
        state[0] = seen;
        state[1] = oldest;
        state[2 + at] = inputs[0] as number;
        let sum = 0;
        let k = 0;
        for (let j = oldest; j < period; j += 1, k += 1) {
          sum += (weights[k] as number) * (state[2 + j] as number);
        }
        for (let j = 0; j < oldest; j += 1, k += 1) {
          sum += (weights[k] as number) * (state[2 + j] as number);
        }
        outputs[0] = seen < period ? Number.NaN : sum;
      },
    };
  },
};

export const VWMA: IndicatorDefinition = {
  id: 'vwma',
  aliases: ['volume_weighted_moving_average'],
  title: 'Volume-weighted moving average',
  group: 'Overlap Studies',
  inputs: ['real', 'volume'],
  parameters: [integer('timeperiod', 'Period', 20, 'Bars of the average.', FROM_ONE)],
  outputs: [line('vwma', 'VWMA')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The mean of the last bars, each counted by its volume. Where it leaves the simple average of the same period, the heavier trading was on its side. It has no value where nothing was traded in all the bars.',
  formula: 'VWMA = Σ (x × volume) / Σ volume over n bars; none where Σ volume is 0',
  source: 'Mean weighted by volume, as TradingView ta.vwma',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY, volume = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const length = input.length;
    const money = new Float64Array(length);
    for (let i = 0; i < length; i += 1) money[i] = (input[i] as number) * (volume[i] as number);
    smaColumn(money, period, output);
    smaColumn(volume, period, money);
    for (let i = 0; i < length; i += 1) {
      const traded = money[i] as number;
      output[i] = traded === 0 ? Number.NaN : (output[i] as number) / traded;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const second = smaLength(period);
    const state = new Float64Array(2 * second);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const volume = inputs[1] as number;
        const money = smaStep(state, 0, period, x * volume);
        const traded = smaStep(state, second, period, volume);
        outputs[0] = traded === 0 ? Number.NaN : money / traded;
      },
    };
  },
};

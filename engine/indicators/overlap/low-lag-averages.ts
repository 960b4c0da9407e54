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
  WILDER_LENGTH,
  wilderColumn,
  wilderStep,
} from '../kernels/averages.ts';
import { delayLength, delayStep } from '../kernels/delay.ts';

export const SMMA: IndicatorDefinition = {
  id: 'smma',
  aliases: ['rma', 'wilders', 'smoothed_moving_average'],
  title: 'Smoothed moving average (Wilder)',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 7, 'Bars of the average.', FROM_ONE)],
  outputs: [line('smma', 'SMMA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An exponential average of weight 1 / n, as Wilder used it in RSI, ATR and ADX. It is as slow as an exponential average of 2n − 1 bars.',
  formula: 'SMMA = SMMA[1] + (x − SMMA[1]) / n, seeded with the mean of the first n values',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    wilderColumn(input, numberOf(parameters, 'timeperiod'), output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(WILDER_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = wilderStep(state, 0, period, inputs[0] as number);
      },
    };
  },
};

export const ZLEMA: IndicatorDefinition = {
  id: 'zlema',
  aliases: ['zero_lag_ema'],
  title: 'Zero-lag exponential moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 20, 'Bars of the average.')],
  outputs: [line('zlema', 'ZLEMA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An exponential average of a price that is first moved ahead by what it gained over the delay of the average. It hugs trends and overshoots at turns.',
  formula: 'ZLEMA = EMA(2 × x − x[⌊(n − 1) / 2⌋], n)',
  source: 'Ehlers and Way, Zero Lag (Well, Almost) (2010), in the common form with de-lagged data',
  lookback: (parameters) => {
    const period = numberOf(parameters, 'timeperiod');
    return ((period - 1) >> 1) + period - 1;
  },
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const lag = (period - 1) >> 1;
    const ahead = new Float64Array(input.length);
    for (let i = lag; i < input.length; i += 1) {
      ahead[i] = 2 * (input[i] as number) - (input[i - lag] as number);
    }
    emaColumn(ahead, period, output, lag);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const lag = (period - 1) >> 1;
    // state: [bars seen, average, delayed prices]
    const state = new Float64Array(1 + EMA_LENGTH + delayLength(lag));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const before = delayStep(state, 1 + EMA_LENGTH, lag, x);
        state[0] = Math.min(seen + 1, lag);
        outputs[0] = seen < lag ? Number.NaN : emaStep(state, 1, period, 2 * x - before);
      },
    };
  },
};

/** One step of McGinley's line; it never passes the price. */
function mcginley(before: number, x: number, speed: number): number {
  if (before === 0) return x;
  const ratio = x / before;
  const divisor = speed * ratio * ratio * ratio * ratio;
  return divisor > 1 ? before + (x - before) / divisor : x;
}

export const MCGINLEY: IndicatorDefinition = {
  id: 'mcginley',
  aliases: ['mcginley_dynamic'],
  title: 'McGinley dynamic',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 14, 'Bars of an average of like speed.', FROM_ONE),
    real('factor', 'Factor', 1, 'Scales the period; McGinley advised 0.6.', [0.01, 10], 0.1),
  ],
  outputs: [line('mcginley', 'McGinley')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'A line that speeds up when the price falls away from it and slows down when the price runs ahead, so that it follows falls sooner than rises. Where the rule would carry it beyond the price (after a fall by about half in a bar), it takes the price.',
  formula:
    'MD = MD[1] + (x − MD[1]) / max(1, factor × n × (x / MD[1])⁴), seeded with the mean of the first n values; MD = x where MD[1] is 0',
  source: 'McGinley, The McGinley Dynamic, Journal of Technical Analysis (1997)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const speed = period * numberOf(parameters, 'factor');
    const length = input.length;
    output.fill(Number.NaN, 0, Math.min(period - 1, length));
    if (length < period) return;
    let value = 0;
    for (let i = 0; i < period; i += 1) value += input[i] as number;
    value /= period;
    output[period - 1] = value;
    for (let i = period; i < length; i += 1) {
      value = mcginley(value, input[i] as number, speed);
      output[i] = value;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const speed = period * numberOf(parameters, 'factor');
    // state: [bars seen, sum or value]
    const state = new Float64Array(2);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const before = state[1] as number;
        let value = seen < period ? before + x : mcginley(before, x, speed);
        if (seen === period - 1) value /= period;
        state[0] = Math.min(seen + 1, period);
        state[1] = value;
        outputs[0] = seen < period - 1 ? Number.NaN : value;
      },
    };
  },
};

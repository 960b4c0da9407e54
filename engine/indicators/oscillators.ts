import { emaColumn, emaStep } from './averages.ts';
import { integer, line, numberOf, type IndicatorDefinition } from './definition.ts';

const EMPTY = new Float64Array(0);

export const RSI: IndicatorDefinition = {
  id: 'rsi',
  aliases: ['relative_strength_index'],
  title: 'Relative strength index',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the averages.')],
  outputs: [line('rsi', 'RSI')],
  pane: 'own',
  levels: [30, 70],
  unstable: true,
  explanation:
    'The share of gains in all recent movement, from 0 to 100. Above 70 a market is called overbought, below 30 oversold. Where nothing moved it is 0.',
  formula:
    'RSI = 100 × G / (G + L); G and L are the gains and losses, smoothed by Wilder: A = (A[1] × (n − 1) + x) / n',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section VI',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    output.fill(Number.NaN, 0, Math.min(period, input.length));
    if (input.length <= period) return;
    let gain = 0;
    let loss = 0;
    let before = input[0] as number;
    for (let i = 1; i <= period; i += 1) {
      const change = (input[i] as number) - before;
      before = input[i] as number;
      if (change < 0) loss -= change;
      else gain += change;
    }
    gain /= period;
    loss /= period;
    output[period] = share(gain, loss);
    const kept = period - 1;
    for (let i = period + 1; i < input.length; i += 1) {
      const now = input[i] as number;
      const change = now - before;
      before = now;
      gain = (gain * kept + (change > 0 ? change : 0)) / period;
      loss = (loss * kept + (change < 0 ? -change : 0)) / period;
      output[i] = share(gain, loss);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [bars seen, last value, gain, loss]
    const state = new Float64Array(4);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const change = seen === 0 ? 0 : x - (state[1] as number);
        const up = change > 0 ? change : 0;
        const down = change < 0 ? -change : 0;
        let gain = state[2] as number;
        let loss = state[3] as number;
        if (seen <= period) {
          gain += up;
          loss += down;
          if (seen === period) {
            gain /= period;
            loss /= period;
          }
        } else {
          gain = (gain * (period - 1) + up) / period;
          loss = (loss * (period - 1) + down) / period;
        }
        state[0] = Math.min(seen + 1, period + 1);
        state[1] = x;
        state[2] = gain;
        state[3] = loss;
        outputs[0] = seen < period ? Number.NaN : share(gain, loss);
      },
    };
  },
};

/** TA-Lib calls a sum this small zero. */
const ZERO = 1e-14;

function share(gain: number, loss: number): number {
  const sum = gain + loss;
  return sum > -ZERO && sum < ZERO ? 0 : (100 * gain) / sum;
}

export const MACD: IndicatorDefinition = {
  id: 'macd',
  aliases: ['moving_average_convergence_divergence'],
  title: 'MACD',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('fastperiod', 'Fast', 12, 'Bars of the fast average.'),
    integer('slowperiod', 'Slow', 26, 'Bars of the slow average.'),
    integer('signalperiod', 'Signal', 9, 'Bars of the signal line.', [1, 100_000]),
  ],
  outputs: [
    line('macd', 'MACD'),
    line('signal', 'Signal'),
    { name: 'hist', label: 'Histogram', kind: 'real', style: 'histogram' },
  ],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The distance of two exponential averages, and a smoothed signal of it. The histogram is their difference; it changes sign where they cross. Fast and slow are swapped when given the wrong way round.',
  formula:
    'MACD = EMA(fast) − EMA(slow); signal = EMA(MACD, signal); hist = MACD − signal. Both averages start with the slow one.',
  source: 'Appel, The Moving Average Convergence-Divergence Trading Method (1985); TA-Lib MACD',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) +
    numberOf(parameters, 'signalperiod') -
    2,
  compute([input = EMPTY], parameters, [macd = EMPTY, signal = EMPTY, hist = EMPTY]) {
    const [fast, slow] = ordered(
      numberOf(parameters, 'fastperiod'),
      numberOf(parameters, 'slowperiod'),
    );
    const smooth = numberOf(parameters, 'signalperiod');
    const first = slow + smooth - 2;
    // signal and hist serve as scratch for the two averages.
    emaColumn(input, fast, signal, slow - fast);
    emaColumn(input, slow, hist);
    for (let i = 0; i < input.length; i += 1) macd[i] = (signal[i] as number) - (hist[i] as number);
    emaColumn(macd, smooth, signal, slow - 1);
    macd.fill(Number.NaN, 0, Math.min(first, input.length));
    for (let i = 0; i < input.length; i += 1) hist[i] = (macd[i] as number) - (signal[i] as number);
  },
  stream(parameters) {
    const [fast, slow] = ordered(
      numberOf(parameters, 'fastperiod'),
      numberOf(parameters, 'slowperiod'),
    );
    const smooth = numberOf(parameters, 'signalperiod');
    // state: [bars seen, fast average, slow average, signal average], two places for each average
    const state = new Float64Array(7);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        state[0] = Math.min(seen + 1, slow);
        const quick = seen >= slow - fast ? emaStep(state, 1, fast, x) : Number.NaN;
        const distance = quick - emaStep(state, 3, slow, x);
        const signal = Number.isNaN(distance) ? distance : emaStep(state, 5, smooth, distance);
        outputs[0] = Number.isNaN(signal) ? signal : distance;
        outputs[1] = signal;
        outputs[2] = distance - signal;
      },
    };
  },
};

function ordered(fast: number, slow: number): readonly [fast: number, slow: number] {
  return slow < fast ? [slow, fast] : [fast, slow];
}

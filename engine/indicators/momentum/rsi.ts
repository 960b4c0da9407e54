import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';

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

import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { emaColumn, emaStep } from '../kernels/averages.ts';

const EMPTY = new Float64Array(0);

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

import type { ParameterValues } from '../../domain/parameters.ts';
import { EMPTY, integer, numberOf, signalPeriod, type IndicatorDefinition } from '../definition.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageLookback,
  movingAverageStep,
  movingAverageType,
} from '../kernels/moving-average.ts';
import { MACD_OUTPUTS } from './macd.ts';

/** The averages, fast and slow in order, and the bars that each waits so that both begin together. */
interface Averages {
  readonly fast: number;
  readonly fastType: number;
  readonly fastStart: number;
  readonly slow: number;
  readonly slowType: number;
  readonly slowStart: number;
  readonly smooth: number;
  readonly smoothType: number;
  /** First bar with both averages. */
  readonly begin: number;
  /** First bar with a signal. */
  readonly first: number;
}

function averagesOf(parameters: ParameterValues): Averages {
  let fast = numberOf(parameters, 'fastperiod');
  let fastType = numberOf(parameters, 'fastmatype');
  let slow = numberOf(parameters, 'slowperiod');
  let slowType = numberOf(parameters, 'slowmatype');
  if (slow < fast) {
    [fast, slow] = [slow, fast];
    [fastType, slowType] = [slowType, fastType];
  }
  const smooth = numberOf(parameters, 'signalperiod');
  const smoothType = numberOf(parameters, 'signalmatype');
  const fastLookback = movingAverageLookback(fastType, fast);
  const slowLookback = movingAverageLookback(slowType, slow);
  const begin = Math.max(fastLookback, slowLookback);
  return {
    fast,
    fastType,
    fastStart: begin - fastLookback,
    slow,
    slowType,
    slowStart: begin - slowLookback,
    smooth,
    smoothType,
    begin,
    first: begin + movingAverageLookback(smoothType, smooth),
  };
}

export const MACDEXT: IndicatorDefinition = {
  id: 'macdext',
  aliases: ['macd_extended'],
  title: 'MACD with any averages',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('fastperiod', 'Fast', 12, 'Bars of the fast average.'),
    movingAverageType('fastmatype', 'Fast average'),
    integer('slowperiod', 'Slow', 26, 'Bars of the slow average.'),
    movingAverageType('slowmatype', 'Slow average'),
    signalPeriod(9),
    movingAverageType('signalmatype', 'Signal average'),
  ],
  outputs: MACD_OUTPUTS,
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The MACD with a choice of averages: the distance of a fast and a slow one, a smoothed signal of it and their difference. It is read like the MACD. Fast and slow are swapped, with their kinds, when given the wrong way round.',
  formula:
    'MACD = MA(fast) − MA(slow); signal = MA(MACD, signal); hist = MACD − signal. Both averages have their first value on the same bar.',
  source: 'Appel, The Moving Average Convergence-Divergence Trading Method (1985); TA-Lib MACDEXT',
  lookback: (parameters) => averagesOf(parameters).first,
  compute([input = EMPTY], parameters, [macd = EMPTY, signal = EMPTY, hist = EMPTY]) {
    const use = averagesOf(parameters);
    const length = input.length;
    // The averages stand in the other two columns until the signal is made.
    movingAverageColumn(use.fastType, input, use.fast, signal, use.fastStart);
    movingAverageColumn(use.slowType, input, use.slow, hist, use.slowStart);
    for (let i = 0; i < length; i += 1) macd[i] = (signal[i] as number) - (hist[i] as number);
    movingAverageColumn(use.smoothType, macd, use.smooth, signal, use.begin);
    macd.fill(Number.NaN, 0, Math.min(use.first, length));
    for (let i = 0; i < length; i += 1) hist[i] = (macd[i] as number) - (signal[i] as number);
  },
  stream(parameters) {
    const use = averagesOf(parameters);
    // state: [bars seen, fast average, slow average, signal average]
    const slowAt = 1 + movingAverageLength(use.fastType, use.fast);
    const smoothAt = slowAt + movingAverageLength(use.slowType, use.slow);
    const state = new Float64Array(smoothAt + movingAverageLength(use.smoothType, use.smooth));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        state[0] = Math.min(seen + 1, use.begin);
        let distance = 0;
        if (seen >= use.fastStart) {
          distance = movingAverageStep(use.fastType, state, 1, use.fast, x);
        }
        if (seen >= use.slowStart) {
          distance -= movingAverageStep(use.slowType, state, slowAt, use.slow, x);
        }
        let signal = Number.NaN;
        if (seen >= use.begin) {
          signal = movingAverageStep(use.smoothType, state, smoothAt, use.smooth, distance);
        }
        outputs[0] = Number.isNaN(signal) ? signal : distance;
        outputs[1] = signal;
        outputs[2] = distance - signal;
      },
    };
  },
};

import type { ParameterValues } from '../../domain/parameters.ts';
import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { smaColumn } from '../kernels/averages.ts';
import { BARS_A_CALL } from '../kernels/blocks.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageLookback,
  movingAverageStep,
  movingAverageType,
  SMA_TYPE,
} from '../kernels/moving-average.ts';

/** Averages this small are zero as a denominator (as in TA-Lib). */
const ZERO = 1e-14;

interface Averages {
  readonly type: number;
  readonly fast: number;
  readonly slow: number;
}

function averagesOf(parameters: ParameterValues): Averages {
  const given = [numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')] as const;
  return {
    type: numberOf(parameters, 'matype'),
    fast: Math.min(...given),
    slow: Math.max(...given),
  };
}

/** The distance of two averages as it is, or in percent of the slow one. */
function distance(fast: number, slow: number, percent: boolean): number {
  if (!percent) return fast - slow;
  return Math.abs(slow) < ZERO ? 0 : ((fast - slow) / slow) * 100;
}

/** Puts distances in the place of the slow averages; in the lead-in of these they are NaN. */
function distances(
  fast: Float64Array,
  shift: number,
  slow: Float64Array,
  percent: boolean,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i += 1) {
    slow[i] = distance(fast[i - shift] as number, slow[i] as number, percent);
  }
}

/** Bars of which the fast simple averages are reckoned at once. */
const CHUNK = 4_096;

/**
 * The same where the fast average is a simple one. It needs no column of its own: it is reckoned anew from
 * every few thousand bars on, at a block's beginning (see blocks.ts), so that its sums are the same.
 */
function distancesOfSimple(
  input: Float64Array,
  period: number,
  percent: boolean,
  slow: Float64Array,
): void {
  const { length } = input;
  const size = Math.max(((CHUNK / period) | 0) * period, period);
  const fast = new Float64Array(Math.min(size + period, length));
  for (let from = 0; from < length; from += size) {
    const to = Math.min(from + size, length);
    const start = Math.max(from - period, 0);
    smaColumn(input.subarray(start, to), period, fast.subarray(0, to - start));
    distances(fast, start, slow, percent, from, to);
  }
}

function oscillator(
  id: string,
  alias: string,
  title: string,
  percent: boolean,
  explanation: string,
  formula: string,
): IndicatorDefinition {
  return {
    id,
    aliases: [alias],
    title,
    group: 'Momentum Indicators',
    inputs: ['real'],
    parameters: [
      integer('fastperiod', 'Fast', 12, 'Bars of the fast average.'),
      integer('slowperiod', 'Slow', 26, 'Bars of the slow average.'),
      movingAverageType('matype', 'Average'),
    ],
    outputs: [line(id, id.toUpperCase())],
    pane: 'own',
    levels: [0],
    unstable: true,
    explanation,
    formula,
    source: `Appel, The Moving Average Convergence-Divergence Trading Method (1985), for the distance of two averages; TA-Lib ${id.toUpperCase()}`,
    lookback: (parameters) => {
      const { type, slow } = averagesOf(parameters);
      return movingAverageLookback(type, slow);
    },
    compute([input = EMPTY], parameters, [output = EMPTY]) {
      const { type, fast, slow } = averagesOf(parameters);
      movingAverageColumn(type, input, slow, output);
      if (type === SMA_TYPE) {
        distancesOfSimple(input, fast, percent, output);
        return;
      }
      const quick = new Float64Array(input.length);
      movingAverageColumn(type, input, fast, quick);
      for (let from = 0; from < output.length; from += BARS_A_CALL) {
        const to = Math.min(from + BARS_A_CALL, output.length);
        distances(quick, 0, output, percent, from, to);
      }
    },
    stream(parameters) {
      const { type, fast, slow } = averagesOf(parameters);
      const slowAt = movingAverageLength(type, fast);
      const state = new Float64Array(slowAt + movingAverageLength(type, slow));
      return {
        state,
        step(inputs, outputs) {
          const x = inputs[0] as number;
          const quick = movingAverageStep(type, state, 0, fast, x);
          outputs[0] = distance(quick, movingAverageStep(type, state, slowAt, slow, x), percent);
        },
      };
    },
  };
}

export const APO = oscillator(
  'apo',
  'absolute_price_oscillator',
  'Absolute price oscillator',
  false,
  'The distance of a fast and a slow average, in units of the price: above zero the recent price is the higher one. Fast and slow are swapped when given the wrong way round.',
  'APO = MA(fast) − MA(slow)',
);

export const PPO = oscillator(
  'ppo',
  'percentage_price_oscillator',
  'Percentage price oscillator',
  true,
  'The distance of a fast and a slow average in percent of the slow one, so that it compares between markets and times. Fast and slow are swapped when given the wrong way round. Where the slow average is zero it is 0.',
  'PPO = 100 × (MA(fast) − MA(slow)) / MA(slow); 0 where MA(slow) is 0',
);

import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { smaColumn, smaLength, smaStep } from '../kernels/averages.ts';
import { delayLength, delayStep } from '../kernels/delay.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

/** |CMO|: the net move over all movement, 0 to 1. */
function momentumShare(move: number, movement: number): number {
  if (movement === 0) return 0;
  const share = Math.abs(move) / movement;
  return share < 1 ? share : 1;
}

export const VIDYA: IndicatorDefinition = {
  id: 'vidya',
  aliases: ['variable_index_dynamic_average'],
  title: 'Variable index dynamic average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 12, 'Bars of the average at full speed.', FROM_ONE),
    integer('cmoperiod', 'CMO period', 9, 'Bars of the momentum that sets the speed.'),
  ],
  outputs: [line('vidya', 'VIDYA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An exponential average whose weight grows with the strength of momentum: fast in a trend, almost still when the price goes sideways. Where nothing moves it stays where it is.',
  formula:
    'VIDYA = VIDYA[1] + 2 / (n + 1) × |CMO(m)| / 100 × (x − VIDYA[1]), begun at the value before the first CMO',
  source:
    'Chande, Adapting Moving Averages to Market Volatility, Stocks & Commodities (March 1992); with CMO: Identifying Powerful Breakouts Early (October 1995)',
  lookback: (parameters) => numberOf(parameters, 'cmoperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const weight = 2 / (numberOf(parameters, 'timeperiod') + 1);
    const window = numberOf(parameters, 'cmoperiod');
    const length = input.length;
    const moves = new Float64Array(length);
    for (let i = 1; i < length; i += 1) {
      moves[i] = Math.abs((input[i] as number) - (input[i - 1] as number));
    }
    smaColumn(moves, window, output, 1);
    if (length <= window) {
      output.fill(Number.NaN);
      return;
    }
    let value = input[window - 1] as number;
    for (let i = window; i < length; i += 1) {
      const x = input[i] as number;
      const move = x - (input[i - window] as number);
      const share = momentumShare(move, (output[i] as number) * window);
      value += weight * share * (x - value);
      output[i] = value;
    }
  },
  stream(parameters) {
    const weight = 2 / (numberOf(parameters, 'timeperiod') + 1);
    const window = numberOf(parameters, 'cmoperiod');
    const movement = 3 + delayLength(window);
    // state: [bars seen, last value, average, delayed values, mean of the moves]
    const state = new Float64Array(movement + smaLength(window));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const before = state[1] as number;
        const past = delayStep(state, 3, window, x);
        const mean = seen === 0 ? 0 : smaStep(state, movement, window, Math.abs(x - before));
        state[0] = Math.min(seen + 1, window);
        state[1] = x;
        outputs[0] = Number.NaN;
        if (seen < window) {
          state[2] = x;
          return;
        }
        let value = state[2] as number;
        value += weight * momentumShare(x - past, mean * window) * (x - value);
        state[2] = value;
        outputs[0] = value;
      },
    };
  },
};

/** Ehlers' weight for a fractal dimension. */
function fractalWeight(dimension: number): number {
  return Math.min(1, Math.max(0.01, Math.exp(-4.6 * (dimension - 1))));
}

export const FRAMA: IndicatorDefinition = {
  id: 'frama',
  aliases: ['fractal_adaptive_moving_average'],
  title: 'Fractal adaptive moving average',
  group: 'Overlap Studies',
  inputs: ['high', 'low'],
  parameters: [
    integer('timeperiod', 'Period', 16, 'Bars of the fractal dimension; even, rounded up if odd.'),
  ],
  outputs: [line('frama', 'FRAMA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An exponential average of the bar’s middle whose weight follows the fractal dimension of the price: near a straight line it is fast, in a tangle it stands almost still. Without range in either half the dimension before is kept.',
  formula:
    'R1, R2, R = (highest high − lowest low) / bars for the newer half, the older half and all n bars; D = log₂((R1 + R2) / R); α = exp(−4.6 × (D − 1)), from 0.01 to 1; FRAMA = FRAMA[1] + α × ((high + low) / 2 − FRAMA[1])',
  source: 'Ehlers, FRAMA: Fractal Adaptive Moving Average, Stocks & Commodities (October 2005)',
  lookback: (parameters) => 2 * ((numberOf(parameters, 'timeperiod') + 1) >> 1),
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    const half = (numberOf(parameters, 'timeperiod') + 1) >> 1;
    const period = 2 * half;
    const length = high.length;
    const tops = new Float64Array(length);
    const bottoms = new Float64Array(length);
    output.fill(Number.NaN, 0, Math.min(period, length));
    if (length <= period) return;
    slidingExtreme(high, half, HIGHEST, tops);
    slidingExtreme(low, half, LOWEST, bottoms);
    let value = ((high[period - 1] as number) + (low[period - 1] as number)) / 2;
    // A dimension of 0 has weight 1.
    let weight = 1;
    for (let i = period; i < length; i += 1) {
      const top = tops[i] as number;
      const bottom = bottoms[i] as number;
      const olderTop = tops[i - half] as number;
      const olderBottom = bottoms[i - half] as number;
      const ranges = top - bottom + (olderTop - olderBottom);
      if (top > bottom && olderTop > olderBottom) {
        const all = Math.max(top, olderTop) - Math.min(bottom, olderBottom);
        weight = fractalWeight(Math.log2((2 * ranges) / all));
      }
      value += weight * (((high[i] as number) + (low[i] as number)) / 2 - value);
      output[i] = value;
    }
  },
  stream(parameters) {
    const half = (numberOf(parameters, 'timeperiod') + 1) >> 1;
    const period = 2 * half;
    const lows = 3 + extremeState(half);
    const tops = lows + extremeState(half);
    const bottoms = tops + delayLength(half);
    // state: [bars seen, value, weight, extremes of high and low, those of half a period ago]
    const state = new Float64Array(bottoms + delayLength(half));
    state[2] = 1;
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const seen = state[0] as number;
        state[0] = Math.min(seen + 1, period);
        const top = extremeStep(state, 3, half, HIGHEST, high);
        const bottom = extremeStep(state, lows, half, LOWEST, low);
        const known = seen >= half - 1;
        const olderTop = known ? delayStep(state, tops, half, top) : 0;
        const olderBottom = known ? delayStep(state, bottoms, half, bottom) : 0;
        const middle = (high + low) / 2;
        if (seen < period) {
          state[1] = middle;
          outputs[0] = Number.NaN;
          return;
        }
        const ranges = top - bottom + (olderTop - olderBottom);
        if (top > bottom && olderTop > olderBottom) {
          const all = Math.max(top, olderTop) - Math.min(bottom, olderBottom);
          state[2] = fractalWeight(Math.log2((2 * ranges) / all));
        }
        let value = state[1] as number;
        value += (state[2] as number) * (middle - value);
        state[1] = value;
        outputs[0] = value;
      },
    };
  },
};

import type { ParameterValues } from '../../domain/parameters.ts';
import {
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { bySteps } from '../kernels/steps.ts';

/** −share × log2(share) for each count out of `total`; 0 for a class that does not occur. */
function bitsOf(total: number): Float64Array {
  return Float64Array.from({ length: total + 1 }, (_, count) => {
    const share = count / total;
    return count === 0 ? 0 : -share * Math.log2(share);
  });
}

export const ENTROPY: IndicatorDefinition = {
  id: 'entropy',
  aliases: ['shannon_entropy'],
  title: 'Entropy of signs',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 20, 'Changes in the window.')],
  outputs: [line('entropy', 'Entropy')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'How mixed rises, falls and unchanged bars are: 0 when all changes of the window are of one kind, 1 bit when rises and falls are even, at most 1.58 (three kinds even). Low values go with one-sided markets. It looks at directions only, not at sizes.',
  formula: '−Σ p log2 p over the shares of rises, falls and unchanged values among n changes',
  source:
    'Shannon, A Mathematical Theory of Communication, Bell System Technical Journal 27 (1948)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const bits = bitsOf(n);
    // state: [values seen, value before, place, rises, falls, ring of signs]
    const state = new Float64Array(5 + n);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        outputs[0] = Number.NaN;
        if (seen > 0) {
          const before = state[1] as number;
          const place = state[2] as number;
          const left = seen > n ? (state[5 + place] as number) : 0;
          const sign = x > before ? 1 : x < before ? -1 : 0;
          state[5 + place] = sign;
          state[2] = place + 1 === n ? 0 : place + 1;
          const rises = (state[3] as number) + (sign === 1 ? 1 : 0) - (left === 1 ? 1 : 0);
          const falls = (state[4] as number) + (sign === -1 ? 1 : 0) - (left === -1 ? 1 : 0);
          state[3] = rises;
          state[4] = falls;
          if (seen >= n) {
            // 0 + keeps a negative zero from the output.
            const same = n - rises - falls;
            outputs[0] =
              0 + (bits[rises] as number) + (bits[falls] as number) + (bits[same] as number);
          }
        }
        state[0] = Math.min(seen + 1, n + 1);
        state[1] = x;
      },
    };
  }),
};

/** Largest order: 5! = 120 patterns are counted in the state. */
const LARGEST_ORDER = 5;

export const PERMUTATION_ENTROPY: IndicatorDefinition = {
  id: 'permutation_entropy',
  aliases: [],
  title: 'Permutation entropy',
  group: 'Statistic Functions',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 50, 'Patterns in the window.'),
    integer('order', 'Order', 3, 'Values in a pattern.', [2, LARGEST_ORDER]),
  ],
  outputs: [line('entropy', 'Permutation entropy')],
  pane: 'own',
  levels: [1],
  unstable: false,
  explanation:
    'How evenly the orders occur in which neighbouring values rank: 1 for a series without any order (noise), 0 when every pattern is the same (a straight trend). Of equal values the earlier ranks lower, so that a constant series counts as rising and gives 0.',
  formula:
    '−Σ p log p / log(order!) over the shares p of the rank patterns of `order` consecutive values, n patterns in the window',
  source:
    'Bandt and Pompe, Permutation Entropy: A Natural Complexity Measure for Time Series, Physical Review Letters 88 (2002)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') + numberOf(parameters, 'order') - 2,
  ...bySteps(permutationEntropy),
};

function permutationEntropy(parameters: ParameterValues): StreamKernel {
  const n = numberOf(parameters, 'timeperiod');
  const order = numberOf(parameters, 'order');
  let patterns = 1;
  for (let k = 2; k <= order; k += 1) patterns *= k;
  const most = Math.log2(patterns);
  const bits = bitsOf(n);
  const counts = 2 + order;
  const ring = counts + patterns;
  // state: [values seen, place, last values (newest last), counts of patterns, ring of patterns]
  const state = new Float64Array(ring + n);
  return {
    state,
    step(inputs, outputs) {
      const seen = state[0] as number;
      state.copyWithin(2, 3, 2 + order);
      state[1 + order] = inputs[0] as number;
      outputs[0] = Number.NaN;
      if (seen + 1 >= order) {
        const place = state[1] as number;
        if (seen + 1 >= order + n) {
          const left = counts + (state[ring + place] as number);
          state[left] = (state[left] as number) - 1;
        }
        const pattern = patternOf(state, 2, order);
        state[ring + place] = pattern;
        state[counts + pattern] = (state[counts + pattern] as number) + 1;
        state[1] = place + 1 === n ? 0 : place + 1;
        if (seen + 2 >= order + n) {
          let sum = 0;
          for (let k = counts; k < ring; k += 1) sum += bits[state[k] as number] as number;
          outputs[0] = sum / most;
        }
      }
      state[0] = Math.min(seen + 1, order + n);
    },
  };
}

/** Number of a rank pattern: for each value, how many before it are larger, in mixed radix. */
function patternOf(state: Float64Array, at: number, order: number): number {
  let number = 0;
  for (let k = 1; k < order; k += 1) {
    const x = state[at + k] as number;
    let larger = 0;
    for (let m = 0; m < k; m += 1) if ((state[at + m] as number) > x) larger += 1;
    number = number * (k + 1) + larger;
  }
  return number;
}

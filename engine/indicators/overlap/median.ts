import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';

/**
 * Takes the value that leaves out of a sorted stretch of `state` and puts the new one in, by moving what
 * lies between one place.
 */
function replaceSorted(
  state: Float64Array,
  at: number,
  length: number,
  leaving: number,
  x: number,
): void {
  let low = at;
  let high = at + length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((state[middle] as number) < leaving) low = middle + 1;
    else high = middle;
  }
  let k = low;
  const last = at + length - 1;
  while (k < last && (state[k + 1] as number) < x) {
    state[k] = state[k + 1] as number;
    k += 1;
  }
  while (k > at && (state[k - 1] as number) > x) {
    state[k] = state[k - 1] as number;
    k -= 1;
  }
  state[k] = x;
}

/** state: [bars seen, place, ring, sorted values] */
function medianStep(state: Float64Array, period: number, x: number): number {
  const seen = state[0] as number;
  const at = state[1] as number;
  const sorted = 2 + period;
  if (seen < period) {
    let k = sorted + seen;
    while (k > sorted && (state[k - 1] as number) > x) {
      state[k] = state[k - 1] as number;
      k -= 1;
    }
    state[k] = x;
    state[0] = seen + 1;
  } else {
    replaceSorted(state, sorted, period, state[2 + at] as number, x);
  }
  state[2 + at] = x;
  state[1] = at + 1 === period ? 0 : at + 1;
  if (seen < period - 1) return Number.NaN;
  const half = sorted + (period >> 1);
  const upper = state[half] as number;
  return period % 2 === 1 ? upper : ((state[half - 1] as number) + upper) / 2;
}

export const MEDIAN: IndicatorDefinition = {
  id: 'median',
  aliases: ['rolling_median', 'moving_median'],
  title: 'Moving median',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 3, 'Bars of the median.', [1, 2_000])],
  outputs: [line('median', 'Median')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The middle one of the last values in order of size. Single bad or wild values do not move it, and it keeps steps sharp where an average would smear them.',
  formula: 'middle value of the last n in order; the mean of the two middle ones when n is even',
  source: 'Tukey, Exploratory Data Analysis (1977), running medians',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  work: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 * period + 2);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = medianStep(state, period, input[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 * period + 2);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = medianStep(state, period, inputs[0] as number);
      },
    };
  },
};

import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';

const EMPTY = new Float64Array(0);

export const AVGDEV: IndicatorDefinition = {
  id: 'avgdev',
  aliases: ['average_deviation', 'mean_absolute_deviation'],
  title: 'Average deviation',
  group: 'Price Transform',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of mean and deviation.')],
  outputs: [line('avgdev', 'Average deviation')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'How far the last values lie from their mean, on average and in units of the price. It measures dispersion like the standard deviation but gives single far values less weight. Equal values give 0.',
  formula: 'AVGDEV = (|x[0] − m| + … + |x[n-1] − m|) / n; m is the mean of the n values',
  source: 'Mean absolute deviation; TA-Lib AVGDEV',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const length = input.length;
    output.fill(Number.NaN, 0, Math.min(period - 1, length));
    for (let i = period - 1; i < length; i += 1) {
      output[i] = deviation(input, i - period + 1, period);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [bars seen, position, two rings alike, so that the window is one stretch of them]
    const state = new Float64Array(2 * period + 2);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = Math.min((state[0] as number) + 1, period);
        const at = state[1] as number;
        const oldest = at + 1 === period ? 0 : at + 1;
        state[0] = seen;
        state[1] = oldest;
        state[2 + at] = x;
        state[2 + at + period] = x;
        outputs[0] = seen < period ? Number.NaN : deviation(state, 3 + at, period);
      },
    };
  },
};

/**
 * Mean distance from the mean of `period` values. The mean is reckoned from the newest of them, so that
 * equal values give exactly 0. Four sums at once, because each addition waits for the one before.
 */
function deviation(values: Float64Array, from: number, period: number): number {
  const to = from + period;
  const fours = to - (period % 4);
  const anchor = values[to - 1] as number;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = from; k < fours; k += 4) {
    a += (values[k] as number) - anchor;
    b += (values[k + 1] as number) - anchor;
    c += (values[k + 2] as number) - anchor;
    d += (values[k + 3] as number) - anchor;
  }
  for (let k = fours; k < to; k += 1) a += (values[k] as number) - anchor;
  const mean = anchor + (a + b + (c + d)) / period;
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  for (let k = from; k < fours; k += 4) {
    a += Math.abs((values[k] as number) - mean);
    b += Math.abs((values[k + 1] as number) - mean);
    c += Math.abs((values[k + 2] as number) - mean);
    d += Math.abs((values[k + 3] as number) - mean);
  }
  for (let k = fours; k < to; k += 1) a += Math.abs((values[k] as number) - mean);
  return (a + b + (c + d)) / period;
}

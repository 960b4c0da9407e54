import { integer, line, numberOf, real, type IndicatorDefinition } from '../definition.ts';
import { smaColumn } from '../kernels/averages.ts';

const EMPTY = new Float64Array(0);

/** Variances this small are rounding, and so zero (as in TA-Lib). */
const ZERO = 1e-14;

export const BBANDS: IndicatorDefinition = {
  id: 'bbands',
  aliases: ['bollinger', 'bollinger_bands'],
  title: 'Bollinger bands',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 5, 'Bars of average and deviation.'),
    real('nbdevup', 'Upper width', 2, 'Deviations to the upper band.', [-3e37, 3e37]),
    real('nbdevdn', 'Lower width', 2, 'Deviations to the lower band.', [-3e37, 3e37]),
  ],
  outputs: [line('upper', 'Upper'), line('middle', 'Middle'), line('lower', 'Lower')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'A moving average with bands at a number of standard deviations (of the population) above and below it. The bands widen with volatility.',
  formula: 'middle = SMA(n); upper = middle + up × σ(n); lower = middle − down × σ(n)',
  source: 'Bollinger, Bollinger on Bollinger Bands (2001); TA-Lib BBANDS',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [upper = EMPTY, middle = EMPTY, lower = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const up = numberOf(parameters, 'nbdevup');
    const down = numberOf(parameters, 'nbdevdn');
    const length = input.length;
    const lead = Math.min(period - 1, length);
    smaColumn(input, period, middle);
    upper.fill(Number.NaN, 0, lead);
    lower.fill(Number.NaN, 0, lead);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < lead; i += 1) {
      const x = input[i] as number;
      sum += x;
      squares += x * x;
    }
    for (let i = period - 1; i < length; i += 1) {
      const x = input[i] as number;
      const leaving = input[i - period + 1] as number;
      sum += x;
      squares += x * x;
      const width = deviationOf(sum, squares, period);
      sum -= leaving;
      squares -= leaving * leaving;
      const centre = middle[i] as number;
      upper[i] = centre + up * width;
      lower[i] = centre - down * width;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const up = numberOf(parameters, 'nbdevup');
    const down = numberOf(parameters, 'nbdevdn');
    // state: [bars seen, position, sum, sum of squares, ring]
    const state = new Float64Array(period + 4);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const at = state[1] as number;
        const seen = Math.min((state[0] as number) + 1, period);
        let sum = (state[2] as number) + x;
        let squares = (state[3] as number) + x * x;
        const oldest = at + 1 === period ? 0 : at + 1;
        state[0] = seen;
        state[1] = oldest;
        state[4 + at] = x;
        outputs.fill(Number.NaN);
        if (seen === period) {
          const centre = sum / period;
          const width = deviationOf(sum, squares, period);
          outputs[0] = centre + up * width;
          outputs[1] = centre;
          outputs[2] = centre - down * width;
          const leaving = state[4 + oldest] as number;
          sum -= leaving;
          squares -= leaving * leaving;
        }
        state[2] = sum;
        state[3] = squares;
      },
    };
  },
};

function deviationOf(sum: number, squares: number, period: number): number {
  const centre = sum / period;
  const variance = squares / period - centre * centre;
  return variance < ZERO ? 0 : Math.sqrt(variance);
}

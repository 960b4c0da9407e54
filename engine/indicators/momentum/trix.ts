import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { EMA_LENGTH, emaStep } from '../kernels/averages.ts';

export const TRIX: IndicatorDefinition = {
  id: 'trix',
  aliases: ['triple_exponential_rate_of_change'],
  title: 'TRIX',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 30, 'Bars of each average.', FROM_ONE)],
  outputs: [line('trix', 'TRIX')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The change from bar to bar, in percent, of a price that has been smoothed three times. Cycles shorter than the period hardly show. It crosses zero where the smoothed price turns. Where that price was zero it is 0.',
  formula: 'E = EMA(EMA(EMA(x, n), n), n); TRIX = 100 × (E − E[1]) / E[1]; 0 where E[1] is 0',
  source: 'Hutson, Good TRIX, Stocks & Commodities 1 (1983); TA-Lib TRIX',
  lookback: (parameters) => 3 * (numberOf(parameters, 'timeperiod') - 1) + 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const lead = period - 1;
    const length = input.length;
    output.fill(Number.NaN, 0, Math.min(3 * lead + 1, length));
    if (length <= 3 * lead + 1) return;
    const weight = 2 / (period + 1);
    let i = 0;
    // Each average is seeded with the mean of the first values of the one before it.
    let one = 0;
    for (; i <= lead; i += 1) one += input[i] as number;
    one /= period;
    let two = one;
    for (; i <= 2 * lead; i += 1) {
      one = ((input[i] as number) - one) * weight + one;
      two += one;
    }
    two /= period;
    let three = two;
    for (; i <= 3 * lead; i += 1) {
      one = ((input[i] as number) - one) * weight + one;
      two = (one - two) * weight + two;
      three += two;
    }
    three /= period;
    for (; i < length; i += 1) {
      one = ((input[i] as number) - one) * weight + one;
      two = (one - two) * weight + two;
      const before = three;
      three = (two - three) * weight + three;
      output[i] = before === 0 ? 0 : (three / before - 1) * 100;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [three averages, begun, the last of them a bar ago]
    const state = new Float64Array(3 * EMA_LENGTH + 2);
    const begun = 3 * EMA_LENGTH;
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = Number.NaN;
        const one = emaStep(state, 0, period, inputs[0] as number);
        if (Number.isNaN(one)) return;
        const two = emaStep(state, EMA_LENGTH, period, one);
        if (Number.isNaN(two)) return;
        const three = emaStep(state, 2 * EMA_LENGTH, period, two);
        if (Number.isNaN(three)) return;
        const before = state[begun + 1] as number;
        if (state[begun] === 1) {
          outputs[0] = before === 0 ? 0 : (three / before - 1) * 100;
        }
        state[begun] = 1;
        state[begun + 1] = three;
      },
    };
  },
};

import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { smaColumn, smaLength, smaStep } from '../kernels/averages.ts';

/** Four times the range over the sum of high and low; zero where that sum is. */
function acceleration(high: number, low: number): number {
  const sum = high + low;
  return sum === 0 ? 0 : (4 * (high - low)) / sum;
}

export const ACCBANDS: IndicatorDefinition = {
  id: 'accbands',
  aliases: ['acceleration_bands'],
  title: 'Acceleration bands',
  group: 'Overlap Studies',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 20, 'Bars of the averages.')],
  outputs: [line('upper', 'Upper'), line('middle', 'Middle'), line('lower', 'Lower')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'An average of the close between averages of highs and lows that are pushed apart by the range of each bar. Closes outside the bands show a market that accelerates. Where high and low sum to zero they are averaged as they are.',
  formula:
    'a = 4 × (high − low) / (high + low); upper = SMA(high × (1 + a)); middle = SMA(close); lower = SMA(low × (1 − a))',
  source: 'Headley, Big Trends in Trading (2002); TA-Lib ACCBANDS',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY],
    parameters,
    [upper = EMPTY, middle = EMPTY, lower = EMPTY],
  ) {
    const period = numberOf(parameters, 'timeperiod');
    const length = close.length;
    // The middle column holds what the other two average, and gets its own values last.
    for (let i = 0; i < length; i += 1) {
      const top = high[i] as number;
      middle[i] = top * (1 + acceleration(top, low[i] as number));
    }
    smaColumn(middle, period, upper);
    for (let i = 0; i < length; i += 1) {
      const bottom = low[i] as number;
      middle[i] = bottom * (1 - acceleration(high[i] as number, bottom));
    }
    smaColumn(middle, period, lower);
    smaColumn(close, period, middle);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const length = smaLength(period);
    const state = new Float64Array(3 * length);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const push = acceleration(high, low);
        outputs[0] = smaStep(state, 0, period, high * (1 + push));
        outputs[1] = smaStep(state, length, period, close);
        outputs[2] = smaStep(state, 2 * length, period, low * (1 - push));
      },
    };
  },
};

import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';

export const BOP: IndicatorDefinition = {
  id: 'bop',
  aliases: ['balance_of_power'],
  title: 'Balance of power',
  group: 'Momentum Indicators',
  inputs: ['open', 'high', 'low', 'close'],
  parameters: [],
  outputs: [line('bop', 'BOP')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'How much of a bar’s range its body takes: 1 when it opens at the low and closes at the high, −1 the other way round. It shows who had the upper hand in the bar, and is usually read smoothed. A bar without range gives 0.',
  formula: 'BOP = (close − open) / (high − low); 0 where high = low',
  source: 'Livshin, Balance of Market Power, Stocks & Commodities 19 (2001); TA-Lib BOP',
  lookback: () => 0,
  compute([open = EMPTY, high = EMPTY, low = EMPTY, close = EMPTY], _parameters, [output = EMPTY]) {
    for (let i = 0; i < output.length; i += 1) {
      const range = (high[i] as number) - (low[i] as number);
      output[i] = range > 0 ? ((close[i] as number) - (open[i] as number)) / range : 0;
    }
  },
  stream() {
    return {
      state: new Float64Array(0),
      step(inputs, outputs) {
        const open = inputs[0] as number;
        const high = inputs[1] as number;
        const low = inputs[2] as number;
        const close = inputs[3] as number;
        const range = high - low;
        outputs[0] = range > 0 ? (close - open) / range : 0;
      },
    };
  },
};

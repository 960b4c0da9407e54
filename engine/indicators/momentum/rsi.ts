import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { STRENGTH_STATE, strengthColumn, strengthStep } from '../kernels/gains-losses.ts';

export const RSI: IndicatorDefinition = {
  id: 'rsi',
  aliases: ['relative_strength_index'],
  title: 'Relative strength index',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the averages.')],
  outputs: [line('rsi', 'RSI')],
  pane: 'own',
  levels: [30, 70],
  unstable: true,
  explanation:
    'The share of gains in all recent movement, from 0 to 100. Above 70 a market is called overbought, below 30 oversold. Where nothing moved it is 0.',
  formula:
    'RSI = 100 × G / (G + L); G and L are the gains and losses, smoothed by Wilder: A = (A[1] × (n − 1) + x) / n',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section VI',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    strengthColumn(input, numberOf(parameters, 'timeperiod'), 0, output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(STRENGTH_STATE);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = strengthStep(state, 0, period, 0, inputs[0] as number);
      },
    };
  },
};

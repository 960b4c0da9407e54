import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { STRENGTH_STATE, strengthColumn, strengthStep } from '../kernels/gains-losses.ts';

export const CMO: IndicatorDefinition = {
  id: 'cmo',
  aliases: ['chande_momentum_oscillator'],
  title: 'Chande momentum oscillator',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the averages.')],
  outputs: [line('cmo', 'CMO')],
  pane: 'own',
  levels: [-50, 0, 50],
  unstable: true,
  explanation:
    'Gains less losses as a share of all movement, from −100 (only losses) to 100 (only gains). Beyond ±50 a market is called overbought or oversold. As in TA-Lib gains and losses have Wilder’s smoothing, so that it is 2 × RSI − 100; Chande himself took plain sums. Where nothing moved it is 0.',
  formula:
    'CMO = 100 × (G − L) / (G + L); G and L are the gains and losses, smoothed by Wilder: A = (A[1] × (n − 1) + x) / n',
  source: 'Chande and Kroll, The New Technical Trader (1994); smoothing of TA-Lib CMO',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    strengthColumn(input, numberOf(parameters, 'timeperiod'), 1, output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(STRENGTH_STATE);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = strengthStep(state, 0, period, 1, inputs[0] as number);
      },
    };
  },
};

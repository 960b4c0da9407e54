import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { ratioColumn, ratioState, ratioStep } from '../kernels/window-ratio.ts';

export const IMI: IndicatorDefinition = {
  id: 'imi',
  aliases: ['intraday_momentum_index'],
  title: 'Intraday momentum index',
  group: 'Momentum Indicators',
  inputs: ['open', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the sums.')],
  outputs: [line('imi', 'IMI')],
  pane: 'own',
  levels: [30, 70],
  unstable: false,
  explanation:
    'The share of rising bodies in all bodies, from 0 to 100: an RSI of the way from open to close. Above 70 a market is called overbought, below 30 oversold. Where no bar of the window has a body there is no value.',
  formula:
    'IMI = 100 × U / (U + D); U is the sum of close − open of rising bars, D that of open − close of the others; NaN where both are 0',
  source: 'Chande and Kroll, The New Technical Trader (1994); TA-Lib IMI',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([open = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const length = output.length;
    const rises = new Float64Array(length);
    const bodies = new Float64Array(length);
    for (let i = 0; i < length; i += 1) {
      const body = (close[i] as number) - (open[i] as number);
      bodies[i] = Math.abs(body);
      // Exactly the body or 0, without a branch that would often be guessed wrongly.
      rises[i] = (Math.abs(body) + body) * 0.5;
    }
    ratioColumn(rises, bodies, period, 100, 0, Number.NaN, output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(ratioState(period));
    return {
      state,
      step(inputs, outputs) {
        const open = inputs[0] as number;
        const close = inputs[1] as number;
        const size = Math.abs(close - open);
        const rise = (size + (close - open)) * 0.5;
        outputs[0] = ratioStep(state, 0, period, 100, 0, Number.NaN, rise, size);
      },
    };
  },
};

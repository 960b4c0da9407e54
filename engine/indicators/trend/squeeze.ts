import { EMPTY, integer, numberOf, real, type IndicatorDefinition } from '../definition.ts';
import {
  smaColumn,
  smaLength,
  smaStep,
  wmaColumn,
  wmaLength,
  wmaStep,
} from '../kernels/averages.ts';
import { trueRange, trueRangeColumn } from '../kernels/true-range.ts';
import { momentsColumns, momentsLength, momentsStep } from '../kernels/window-moments.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

/** The close less the mean of its average and of the middle of the range. */
function stretch(close: number, mean: number, top: number, bottom: number): number {
  return close - ((top + bottom) / 2 + mean) / 2;
}

export const SQUEEZE: IndicatorDefinition = {
  id: 'squeeze',
  aliases: ['ttm_squeeze', 'squeeze_momentum'],
  title: 'Squeeze momentum',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod', 'Period', 20, 'Bars of both bands and of the momentum.'),
    real('nbdev', 'Bollinger width', 2, 'Deviations to the Bollinger bands.', [0, 1000]),
    real('multiplier', 'Keltner width', 1.5, 'Mean ranges to the Keltner channels.', [0, 1000]),
  ],
  outputs: [
    { name: 'momentum', label: 'Momentum', kind: 'real', style: 'histogram' },
    { name: 'on', label: 'Squeeze', kind: 'integer', style: 'marks' },
  ],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'Carter’s squeeze with the momentum of LazyBear’s script. It is on (1) while the Bollinger bands lie inside the Keltner channels, which is when the market rests, else off (0). The momentum at its end gives the side of the expected move. LazyBear’s script passes the Keltner width to the Bollinger bands too; set both widths to 1.5 for its signals.',
  formula:
    'on = nbdev × σ(close, n) < multiplier × SMA(TR, n); momentum = end of the regression line through the last n of close − ((highest high(n) + lowest low(n)) / 2 + SMA(close, n)) / 2',
  source: 'Carter, Mastering the Trade (2005); momentum as LazyBear’s Squeeze Momentum Indicator',
  lookback: (parameters) => 2 * (numberOf(parameters, 'timeperiod') - 1),
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [momentum = EMPTY, on = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const narrow = numberOf(parameters, 'nbdev');
    const wide = numberOf(parameters, 'multiplier');
    const length = close.length;
    const lead = Math.min(2 * (period - 1), length);
    const stretched = new Float64Array(length);
    const deviation = new Float64Array(length);
    const scratch = new Float64Array(length);
    momentsColumns(close, period, stretched, deviation);
    slidingExtreme(high, period, HIGHEST, momentum);
    slidingExtreme(low, period, LOWEST, scratch);
    for (let i = 0; i < length; i += 1) {
      stretched[i] = stretch(
        close[i] as number,
        stretched[i] as number,
        momentum[i] as number,
        scratch[i] as number,
      );
    }
    trueRangeColumn(high, low, close, scratch);
    smaColumn(scratch, period, on, 1);
    on.fill(Number.NaN, 0, lead);
    for (let i = lead; i < length; i += 1) {
      on[i] = narrow * (deviation[i] as number) < wide * (on[i] as number) ? 1 : 0;
    }
    // The end of a regression line is three weighted averages less two simple ones.
    smaColumn(stretched, period, scratch, period - 1);
    wmaColumn(stretched, period, momentum, period - 1);
    for (let i = lead; i < length; i += 1) {
      momentum[i] = 3 * (momentum[i] as number) - 2 * (scratch[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const narrow = numberOf(parameters, 'nbdev');
    const wide = numberOf(parameters, 'multiplier');
    const ranges = 2 + momentsLength(period);
    const highs = ranges + smaLength(period);
    const lows = highs + extremeState(period);
    const simple = lows + extremeState(period);
    const weighted = simple + smaLength(period);
    // state: [begun, last close, moments, mean range, extremes, averages of the stretch]
    const state = new Float64Array(weighted + wmaLength(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const before = state[1] as number;
        const begun = state[0] === 1;
        state[0] = 1;
        state[1] = close;
        outputs.fill(Number.NaN);
        const deviation = momentsStep(state, 2, period, close);
        const top = extremeStep(state, highs, period, HIGHEST, high);
        const bottom = extremeStep(state, lows, period, LOWEST, low);
        const range = begun ? smaStep(state, ranges, period, trueRange(high, low, before)) : 0;
        if (Number.isNaN(deviation)) return;
        const x = stretch(close, state[2] as number, top, bottom);
        const mean = smaStep(state, simple, period, x);
        const level = 3 * wmaStep(state, weighted, period, x) - 2 * mean;
        if (Number.isNaN(level)) return;
        outputs[0] = level;
        outputs[1] = narrow * deviation < wide * range ? 1 : 0;
      },
    };
  },
};

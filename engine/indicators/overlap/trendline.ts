import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';
import {
  CYCLE_LOOKBACK,
  CYCLE_STATE,
  cycleIsReady,
  cycleStep,
  trendlineStep,
} from '../kernels/dominant-cycle.ts';

function step(state: Float64Array, price: number): number {
  if (!cycleStep(state, price)) return Number.NaN;
  const value = trendlineStep(state);
  return cycleIsReady(state) ? value : Number.NaN;
}

export const HT_TRENDLINE: IndicatorDefinition = {
  id: 'ht_trendline',
  aliases: ['instantaneous_trendline'],
  title: 'Hilbert transform: instantaneous trendline',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [],
  outputs: [line('trendline', 'Trendline')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'The mean of the price over one dominant cycle, smoothed: the cycle is averaged out and the trend is left. A price that stays on one side of it for more than half a cycle is trending.',
  formula:
    'T = (4 × m + 3 × m[1] + 2 × m[2] + m[3]) / 10; m is the mean of the last dominant cycle',
  source: 'Ehlers, Rocket Science for Traders (2001), chapter 10; TA-Lib HT_TRENDLINE',
  lookback: () => CYCLE_LOOKBACK,
  compute([input = EMPTY], _parameters, [output = EMPTY]) {
    const state = new Float64Array(CYCLE_STATE);
    for (let i = 0; i < input.length; i += 1) output[i] = step(state, input[i] as number);
  },
  stream() {
    const state = new Float64Array(CYCLE_STATE);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = step(state, inputs[0] as number);
      },
    };
  },
};

import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';
import {
  CYCLE_LOOKBACK,
  CYCLE_STATE,
  cycleIsReady,
  cycleStep,
  PHASE,
  phaseStep,
  trendlineStep,
} from '../kernels/dominant-cycle.ts';
import { SMOOTH_PERIOD, SMOOTHED_PRICE } from '../kernels/hilbert.ts';

const RADIANS = Math.PI / 180;

/** Takes one price. @returns whether there is a phase to give out. */
function step(state: Float64Array, price: number): boolean {
  if (!cycleStep(state, price)) return false;
  phaseStep(state);
  return cycleIsReady(state);
}

export const HT_DCPHASE: IndicatorDefinition = {
  id: 'ht_dcphase',
  aliases: ['dominant_cycle_phase'],
  title: 'Hilbert transform: dominant cycle phase',
  group: 'Cycle Indicators',
  inputs: ['real'],
  parameters: [],
  outputs: [line('phase', 'Phase')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'Where in its dominant cycle the price stands, in degrees from −45 to 315. It rises evenly while the market cycles and stalls in a trend; where the price has not moved for a whole cycle it keeps its last value.',
  formula:
    'phase = arctan(Σ sin(360°·i / n) × p[i] / Σ cos(360°·i / n) × p[i]) + 90° + 360° / period; p is the weighted price, n the whole dominant cycle',
  source: 'Ehlers, Rocket Science for Traders (2001), chapter 8; TA-Lib HT_DCPHASE',
  lookback: () => CYCLE_LOOKBACK,
  compute([input = EMPTY], _parameters, [output = EMPTY]) {
    const state = new Float64Array(CYCLE_STATE);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = step(state, input[i] as number) ? (state[PHASE] as number) : Number.NaN;
    }
  },
  stream() {
    const state = new Float64Array(CYCLE_STATE);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = step(state, inputs[0] as number) ? (state[PHASE] as number) : Number.NaN;
      },
    };
  },
};

export const HT_SINE: IndicatorDefinition = {
  id: 'ht_sine',
  aliases: ['sine_wave'],
  title: 'Hilbert transform: sine wave',
  group: 'Cycle Indicators',
  inputs: ['real'],
  parameters: [],
  outputs: [line('sine', 'Sine'), line('leadsine', 'Lead sine')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The sine of the phase of the dominant cycle, and the same 45 degrees ahead. In a cycling market the lead sine crosses below the sine at tops and above it at bottoms; in a trend the two run side by side without crossing.',
  formula: 'sine = sin(phase); leadsine = sin(phase + 45°)',
  source: 'Ehlers, Rocket Science for Traders (2001), chapter 9; TA-Lib HT_SINE',
  lookback: () => CYCLE_LOOKBACK,
  compute([input = EMPTY], _parameters, [sine = EMPTY, lead = EMPTY]) {
    const state = new Float64Array(CYCLE_STATE);
    for (let i = 0; i < input.length; i += 1) {
      const ready = step(state, input[i] as number);
      const phase = state[PHASE] as number;
      sine[i] = ready ? Math.sin(phase * RADIANS) : Number.NaN;
      lead[i] = ready ? Math.sin((phase + 45) * RADIANS) : Number.NaN;
    }
  },
  stream() {
    const state = new Float64Array(CYCLE_STATE);
    return {
      state,
      step(inputs, outputs) {
        const ready = step(state, inputs[0] as number);
        const phase = state[PHASE] as number;
        outputs[0] = ready ? Math.sin(phase * RADIANS) : Number.NaN;
        outputs[1] = ready ? Math.sin((phase + 45) * RADIANS) : Number.NaN;
      },
    };
  },
};

// The trend mode keeps behind the cycle: sine and lead sine of the bar before, bars since they crossed.
const SINE = CYCLE_STATE;
const LEAD = CYCLE_STATE + 1;
const DAYS = CYCLE_STATE + 2;
const MODE_STATE = CYCLE_STATE + 3;

/** Distance of the weighted price from the trend line that alone makes a trend. */
const FAR = 0.015;

function trendMode(state: Float64Array, price: number): number {
  if (!cycleStep(state, price)) return Number.NaN;
  const phaseBefore = state[PHASE] as number;
  const phase = phaseStep(state);
  const sineBefore = state[SINE] as number;
  const leadBefore = state[LEAD] as number;
  const sine = Math.sin(phase * RADIANS);
  const lead = Math.sin((phase + 45) * RADIANS);
  state[SINE] = sine;
  state[LEAD] = lead;
  const line = trendlineStep(state);
  const crossed =
    (sine > lead && sineBefore <= leadBefore) || (sine < lead && sineBefore >= leadBefore);
  const days = (crossed ? 0 : (state[DAYS] as number)) + 1;
  state[DAYS] = days;
  const period = state[SMOOTH_PERIOD] as number;
  const turned = phase - phaseBefore;
  const even = 360 / period;
  let trend = crossed || days < 0.5 * period ? 0 : 1;
  if (turned > 0.67 * even && turned < 1.5 * even) trend = 0;
  const away = (state[SMOOTHED_PRICE] as number) - line;
  if (line !== 0 && Math.abs(away / line) >= FAR) trend = 1;
  return cycleIsReady(state) ? trend : Number.NaN;
}

export const HT_TRENDMODE: IndicatorDefinition = {
  id: 'ht_trendmode',
  aliases: ['trend_mode'],
  title: 'Hilbert transform: trend or cycle mode',
  group: 'Cycle Indicators',
  inputs: ['real'],
  parameters: [],
  outputs: [{ name: 'trendmode', label: 'Trend mode', kind: 'integer', style: 'histogram' }],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'Says whether the market trends (1) or cycles (0), and so whether to follow averages or oscillators. A market without any movement counts as trending.',
  formula:
    '0 for half a cycle after sine and lead sine cross, and while the phase turns at 0.67 to 1.5 times the rate of the dominant cycle; else, and wherever the price is 1.5% or more from the trend line, 1',
  source: 'Ehlers, Rocket Science for Traders (2001), chapter 11; TA-Lib HT_TRENDMODE',
  lookback: () => CYCLE_LOOKBACK,
  compute([input = EMPTY], _parameters, [output = EMPTY]) {
    const state = new Float64Array(MODE_STATE);
    for (let i = 0; i < input.length; i += 1) output[i] = trendMode(state, input[i] as number);
  },
  stream() {
    const state = new Float64Array(MODE_STATE);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = trendMode(state, inputs[0] as number);
      },
    };
  },
};

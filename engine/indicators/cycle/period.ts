import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';
import {
  HILBERT_STATE,
  HILBERT_WARMUP_SHORT,
  hilbertStep,
  IN_PHASE,
  QUADRATURE,
  SMOOTH_PERIOD,
} from '../kernels/hilbert.ts';

const LOOKBACK = 32;

// state: [Hilbert transform, bars seen]
const SEEN = HILBERT_STATE;
const STATE = HILBERT_STATE + 1;

/** Takes one price. @returns whether there is a value. */
function step(state: Float64Array, price: number): boolean {
  hilbertStep(state, price, HILBERT_WARMUP_SHORT);
  const seen = state[SEEN] as number;
  if (seen < LOOKBACK) state[SEEN] = seen + 1;
  return seen === LOOKBACK;
}

export const HT_DCPERIOD: IndicatorDefinition = {
  id: 'ht_dcperiod',
  aliases: ['dominant_cycle_period'],
  title: 'Hilbert transform: dominant cycle period',
  group: 'Cycle Indicators',
  inputs: ['real'],
  parameters: [],
  outputs: [line('period', 'Period')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'The length in bars of the cycle that moves the price most, between 6 and 50. It sets the period of other indicators, and is worth trusting only while the market does cycle; where prices stop moving it keeps its value.',
  formula:
    'period = 360° / Δphase of the phasor (in-phase, quadrature), held to changes of −33% to +50% a bar and smoothed twice',
  source: 'Ehlers, Rocket Science for Traders (2001), chapter 7; TA-Lib HT_DCPERIOD',
  lookback: () => LOOKBACK,
  compute([input = EMPTY], _parameters, [output = EMPTY]) {
    const state = new Float64Array(STATE);
    for (let i = 0; i < input.length; i += 1) {
      const ready = step(state, input[i] as number);
      output[i] = ready ? (state[SMOOTH_PERIOD] as number) : Number.NaN;
    }
  },
  stream() {
    const state = new Float64Array(STATE);
    return {
      state,
      step(inputs, outputs) {
        const ready = step(state, inputs[0] as number);
        outputs[0] = ready ? (state[SMOOTH_PERIOD] as number) : Number.NaN;
      },
    };
  },
};

export const HT_PHASOR: IndicatorDefinition = {
  id: 'ht_phasor',
  aliases: ['phasor_components'],
  title: 'Hilbert transform: phasor components',
  group: 'Cycle Indicators',
  inputs: ['real'],
  parameters: [],
  outputs: [line('inphase', 'In phase'), line('quadrature', 'Quadrature')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The cycle as a turning pointer: the detrended price, and the same a quarter of a cycle ahead. The quadrature crosses the in-phase part before turns of the cycle; both are zero where prices do not move.',
  formula:
    'detrender and quadrature by a Hilbert transform of (4x + 3x[1] + 2x[2] + x[3]) / 10; inphase = detrender[3]',
  source: 'Ehlers, Rocket Science for Traders (2001), chapter 6; TA-Lib HT_PHASOR',
  lookback: () => LOOKBACK,
  compute([input = EMPTY], _parameters, [inPhase = EMPTY, quadrature = EMPTY]) {
    const state = new Float64Array(STATE);
    for (let i = 0; i < input.length; i += 1) {
      const ready = step(state, input[i] as number);
      inPhase[i] = ready ? (state[IN_PHASE] as number) : Number.NaN;
      quadrature[i] = ready ? (state[QUADRATURE] as number) : Number.NaN;
    }
  },
  stream() {
    const state = new Float64Array(STATE);
    return {
      state,
      step(inputs, outputs) {
        const ready = step(state, inputs[0] as number);
        outputs[0] = ready ? (state[IN_PHASE] as number) : Number.NaN;
        outputs[1] = ready ? (state[QUADRATURE] as number) : Number.NaN;
      },
    };
  },
};

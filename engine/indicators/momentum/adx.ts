import { EMPTY, integer, line, periodOf, type IndicatorDefinition } from '../definition.ts';
import {
  directionalIndex,
  directionalColumn,
  DIRECTIONAL_STATE,
  directionalStep,
  MINUS,
  PLUS,
  RANGE,
} from '../kernels/directional-movement.ts';

const PERIOD = integer('timeperiod', 'Period', 14, 'Bars of the smoothing.');

/** DX of the next bar: NaN in the lead-in and where there was no range or no movement. */
function nextIndex(state: Float64Array, period: number, inputs: Float64Array): number {
  const high = inputs[0] as number;
  const low = inputs[1] as number;
  const close = inputs[2] as number;
  const seen = directionalStep(state, period, high, low, close);
  if (seen < period) return Number.NaN;
  return directionalIndex(state[PLUS] as number, state[MINUS] as number, state[RANGE] as number);
}

export const DX: IndicatorDefinition = {
  id: 'dx',
  aliases: ['directional_movement_index'],
  title: 'Directional movement index',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [PERIOD],
  outputs: [line('dx', 'DX')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'How one-sided the movement is, from 0 (both sides alike) to 100 (one side only), whichever side it is. Where there was no range or no movement it keeps its last value, and is 0 before it had one.',
  formula: 'DX = 100 × |+DI − −DI| / (+DI + −DI)',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section IV; TA-Lib DX',
  lookback: periodOf,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const period = periodOf(parameters);
    directionalColumn(high, low, close, period, 'index', output);
    let last = 0;
    for (let i = period; i < output.length; i += 1) {
      const index = output[i] as number;
      if (Number.isNaN(index)) output[i] = last;
      else last = index;
    }
  },
  stream(parameters) {
    const period = periodOf(parameters);
    // state: [sums, last index, lead-in is over]
    const state = new Float64Array(DIRECTIONAL_STATE + 1);
    return {
      state,
      step(inputs, outputs) {
        const begun = (state[0] as number) >= period;
        const index = nextIndex(state, period, inputs);
        if (!Number.isNaN(index)) state[DIRECTIONAL_STATE] = index;
        outputs[0] = begun ? (state[DIRECTIONAL_STATE] as number) : Number.NaN;
      },
    };
  },
};

// Places of the average behind the sums of the movement.
const AVERAGED = DIRECTIONAL_STATE;
const AVERAGE = DIRECTIONAL_STATE + 1;
const ADX_STATE = DIRECTIONAL_STATE + 2;

/** ADX of the next bar, NaN in the lead-in. */
function nextAverage(state: Float64Array, period: number, inputs: Float64Array): number {
  const begun = (state[0] as number) >= period;
  const index = nextIndex(state, period, inputs);
  if (!begun) return Number.NaN;
  const averaged = state[AVERAGED] as number;
  let average = state[AVERAGE] as number;
  if (averaged < period) {
    state[AVERAGED] = averaged + 1;
    if (!Number.isNaN(index)) average += index;
    if (averaged + 1 === period) average /= period;
  } else if (!Number.isNaN(index)) {
    average += (index - average) * (1 / period);
  }
  state[AVERAGE] = average;
  return averaged + 1 < period ? Number.NaN : average;
}

function averageColumn(
  [high = EMPTY, low = EMPTY, close = EMPTY]: readonly Float64Array[],
  period: number,
  output: Float64Array,
): void {
  directionalColumn(high, low, close, period, 'index', output);
  const first = 2 * period - 1;
  const length = output.length;
  if (length <= first) {
    output.fill(Number.NaN);
    return;
  }
  let average = 0;
  for (let i = period; i <= first; i += 1) {
    const index = output[i] as number;
    if (!Number.isNaN(index)) average += index;
    output[i] = Number.NaN;
  }
  average /= period;
  output[first] = average;
  const weight = 1 / period;
  for (let i = first + 1; i < length; i += 1) {
    const index = output[i] as number;
    if (!Number.isNaN(index)) average += (index - average) * weight;
    output[i] = average;
  }
}

export const ADX: IndicatorDefinition = {
  id: 'adx',
  aliases: ['average_directional_index', 'average_directional_movement_index'],
  title: 'Average directional movement index',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [PERIOD],
  outputs: [line('adx', 'ADX')],
  pane: 'own',
  levels: [20, 25],
  unstable: true,
  explanation:
    'How strong the trend is, whichever way it goes: below about 20 there is none, above 25 there is one, and a rising line says that it gathers. Bars without a directional index (no range, no movement) are passed over.',
  formula: 'ADX is the mean of the first n DX, then (ADX[1] × (n − 1) + DX) / n',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section IV; TA-Lib ADX',
  lookback: (parameters) => 2 * periodOf(parameters) - 1,
  compute(inputs, parameters, [output = EMPTY]) {
    averageColumn(inputs, periodOf(parameters), output);
  },
  stream(parameters) {
    const period = periodOf(parameters);
    const state = new Float64Array(ADX_STATE);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = nextAverage(state, period, inputs);
      },
    };
  },
};

export const ADXR: IndicatorDefinition = {
  id: 'adxr',
  aliases: ['average_directional_movement_rating'],
  title: 'Average directional movement rating',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [PERIOD],
  outputs: [line('adxr', 'ADXR')],
  pane: 'own',
  levels: [20, 25],
  unstable: true,
  explanation:
    'The mean of the average directional index now and one period ago. It rates how well a market suits the following of trends: above 25 well, below 20 badly.',
  formula: 'ADXR = (ADX + ADX[n − 1]) / 2',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section IV; TA-Lib ADXR',
  lookback: (parameters) => 3 * periodOf(parameters) - 2,
  compute(inputs, parameters, [output = EMPTY]) {
    const period = periodOf(parameters);
    averageColumn(inputs, period, output);
    const back = period - 1;
    // From the end, so that the earlier average is still there.
    for (let i = output.length - 1; i >= back; i -= 1) {
      output[i] = ((output[i] as number) + (output[i - back] as number)) / 2;
    }
    output.fill(Number.NaN, 0, Math.min(back, output.length));
  },
  stream(parameters) {
    const period = periodOf(parameters);
    // state: [ADX, position, ring of the averages before]
    const state = new Float64Array(ADX_STATE + 1 + period - 1);
    const ring = ADX_STATE + 1;
    state.fill(Number.NaN, ring);
    return {
      state,
      step(inputs, outputs) {
        const average = nextAverage(state, period, inputs);
        const at = state[ADX_STATE] as number;
        outputs[0] = (average + (state[ring + at] as number)) / 2;
        state[ring + at] = average;
        state[ADX_STATE] = at + 1 === period - 1 ? 0 : at + 1;
      },
    };
  },
};

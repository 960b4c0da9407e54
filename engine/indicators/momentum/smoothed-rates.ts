import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  signalPeriod,
  type IndicatorDefinition,
} from '../definition.ts';
import { EMA_LENGTH, emaColumn, emaStep, smoothStep } from '../kernels/averages.ts';

/** Change in percent; NaN from 0. */
function percentChange(now: number, before: number): number {
  return before === 0 ? Number.NaN : (100 * (now - before)) / before;
}

/** state: [average, place, ring of averages (NaN until known)] */
function srocState(distance: number): Float64Array {
  const state = new Float64Array(EMA_LENGTH + 1 + distance);
  state.fill(Number.NaN, EMA_LENGTH + 1);
  return state;
}

export const SROC: IndicatorDefinition = {
  id: 'sroc',
  aliases: ['s_roc', 'smoothed_rate_of_change'],
  title: 'Smoothed rate of change',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('smoothperiod', 'Smoothing', 13, 'Bars of the average.', FROM_ONE),
    integer('timeperiod', 'Period', 21, 'Bars over which its change is measured.', FROM_ONE),
  ],
  outputs: [line('sroc', 'S-RoC')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The change of an exponential average instead of the price, in percent, so that a single wild bar is not counted twice: when it comes and when it leaves. Its turns show turns of mass psychology. Where the average was 0 there is no value.',
  formula: '100 × (EMA(close, 13) / EMA(close, 13)[21] − 1)',
  source: 'Schutzman, in Elder, Trading for a Living (1993)',
  lookback: (parameters) =>
    numberOf(parameters, 'smoothperiod') + numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const smooth = numberOf(parameters, 'smoothperiod');
    const distance = numberOf(parameters, 'timeperiod');
    emaColumn(input, smooth, output);
    for (let i = input.length - 1; i >= distance; i -= 1) {
      output[i] = percentChange(output[i] as number, output[i - distance] as number);
    }
    output.fill(Number.NaN, 0, Math.min(distance, input.length));
  },
  stream(parameters) {
    const smooth = numberOf(parameters, 'smoothperiod');
    const distance = numberOf(parameters, 'timeperiod');
    const state = srocState(distance);
    return {
      state,
      step(inputs, outputs) {
        const average = emaStep(state, 0, smooth, inputs[0] as number);
        const place = state[EMA_LENGTH] as number;
        const at = EMA_LENGTH + 1 + place;
        outputs[0] = percentChange(average, state[at] as number);
        state[at] = average;
        state[EMA_LENGTH] = place + 1 === distance ? 0 : place + 1;
      },
    };
  },
};

/** state: [first average, second average, signal, whether there was a value, last value] */
const PMO_STATE = 3 * EMA_LENGTH + 2;

function pmoStep(state: Float64Array, first: number, second: number, x: number): number {
  const known = state[PMO_STATE - 2] as number;
  const before = state[PMO_STATE - 1] as number;
  state[PMO_STATE - 2] = 1;
  state[PMO_STATE - 1] = x;
  if (known === 0) return Number.NaN;
  const change = before === 0 ? 0 : (100 * (x - before)) / before;
  const once = smoothStep(state, 0, first, 2 / first, change);
  return smoothStep(state, EMA_LENGTH, second, 2 / second, 10 * once);
}

export const PMO: IndicatorDefinition = {
  id: 'pmo',
  aliases: ['price_momentum_oscillator', 'decisionpoint_pmo'],
  title: 'Price momentum oscillator',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('firstperiod', 'First smoothing', 35, 'Bars of the first average.'),
    integer('secondperiod', 'Second smoothing', 20, 'Bars of the second average.'),
    signalPeriod(10),
  ],
  outputs: [line('pmo', 'PMO'), line('signal', 'Signal')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The daily change in percent, smoothed twice: a momentum that can be compared between markets. A cross of its signal while it is far from 0 is the sign. Its averages weigh the last bar by 2 / n, not 2 / (n + 1). A change from a price of 0 counts as none.',
  formula:
    'A(x, n) += 2 / n × (x − A), from the mean of the first n; PMO = A(10 × A(100 × (close / close[1] − 1), 35), 20); signal = EMA(PMO, 10)',
  source:
    'Swenlin, DecisionPoint; StockCharts ChartSchool, DecisionPoint Price Momentum Oscillator',
  lookback: (parameters) =>
    numberOf(parameters, 'firstperiod') + numberOf(parameters, 'secondperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY, signal = EMPTY]) {
    const first = numberOf(parameters, 'firstperiod');
    const second = numberOf(parameters, 'secondperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(PMO_STATE);
    for (let i = 0; i < input.length; i += 1) {
      const pmo = pmoStep(state, first, second, input[i] as number);
      output[i] = pmo;
      signal[i] = emaStep(state, 2 * EMA_LENGTH, smooth, pmo);
    }
  },
  stream(parameters) {
    const first = numberOf(parameters, 'firstperiod');
    const second = numberOf(parameters, 'secondperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(PMO_STATE);
    return {
      state,
      step(inputs, outputs) {
        const pmo = pmoStep(state, first, second, inputs[0] as number);
        outputs[0] = pmo;
        outputs[1] = emaStep(state, 2 * EMA_LENGTH, smooth, pmo);
      },
    };
  },
};

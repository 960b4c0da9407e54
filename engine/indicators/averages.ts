import type { ParameterValues } from '../domain/parameters.ts';
import { integer, line, numberOf, type IndicatorDefinition } from './definition.ts';

const EMPTY = new Float64Array(0);
const PERIOD = integer('timeperiod', 'Period', 30, 'Bars of the average.');

function periodOf(parameters: ParameterValues): number {
  return numberOf(parameters, 'timeperiod');
}

/** Simple moving average by a running sum; `output` may be the input of nothing else. */
export function smaColumn(input: Float64Array, period: number, output: Float64Array): void {
  const length = input.length;
  output.fill(Number.NaN, 0, Math.min(period - 1, length));
  let sum = 0;
  for (let i = 0; i < period - 1 && i < length; i += 1) sum += input[i] as number;
  for (let i = period - 1; i < length; i += 1) {
    sum += input[i] as number;
    output[i] = sum / period;
    sum -= input[i - period + 1] as number;
  }
}

/** Exponential moving average, seeded with the simple one, from `start` on. */
export function emaColumn(
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  const length = input.length;
  const first = start + period - 1;
  output.fill(Number.NaN, 0, Math.min(first, length));
  if (first >= length) return;
  let value = 0;
  for (let i = start; i <= first; i += 1) value += input[i] as number;
  value /= period;
  output[first] = value;
  const weight = 2 / (period + 1);
  for (let i = first + 1; i < length; i += 1) {
    value = ((input[i] as number) - value) * weight + value;
    output[i] = value;
  }
}

/** A running exponential average: [bars seen, sum or value]. */
export function emaStep(state: Float64Array, at: number, period: number, x: number): number {
  const seen = (state[at] as number) + 1;
  state[at] = Math.min(seen, period + 1);
  if (seen < period) {
    state[at + 1] = (state[at + 1] as number) + x;
    return Number.NaN;
  }
  const before = state[at + 1] as number;
  const value =
    seen === period ? (before + x) / period : (x - before) * (2 / (period + 1)) + before;
  state[at + 1] = value;
  return value;
}

export const SMA: IndicatorDefinition = {
  id: 'sma',
  aliases: ['simple_moving_average'],
  title: 'Simple moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [PERIOD],
  outputs: [line('sma', 'SMA')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The mean of the last bars. It shows the direction of the price with a delay of half its period.',
  formula: 'SMA = (x[0] + x[1] + … + x[n-1]) / n',
  source: 'Arithmetic mean; TA-Lib SMA',
  lookback: (parameters) => periodOf(parameters) - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    smaColumn(input, periodOf(parameters), output);
  },
  stream(parameters) {
    const period = periodOf(parameters);
    // state: [bars seen, position, sum, ring]
    const state = new Float64Array(period + 3);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const at = state[1] as number;
        const seen = Math.min((state[0] as number) + 1, period);
        const sum = (state[2] as number) + x;
        state[0] = seen;
        state[3 + at] = x;
        const oldest = at + 1 === period ? 0 : at + 1;
        state[1] = oldest;
        outputs[0] = seen < period ? Number.NaN : sum / period;
        state[2] = seen < period ? sum : sum - (state[3 + oldest] as number);
      },
    };
  },
};

export const EMA: IndicatorDefinition = {
  id: 'ema',
  aliases: ['exponential_moving_average'],
  title: 'Exponential moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [PERIOD],
  outputs: [line('ema', 'EMA')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'An average that gives recent bars more weight, falling off exponentially. It turns sooner than the simple one.',
  formula: 'EMA = EMA[1] + 2 / (n + 1) × (x − EMA[1]), seeded with the mean of the first n values',
  source: 'TA-Lib EMA, classic seeding',
  lookback: (parameters) => periodOf(parameters) - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    emaColumn(input, periodOf(parameters), output);
  },
  stream(parameters) {
    const period = periodOf(parameters);
    const state = new Float64Array(2);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = emaStep(state, 0, period, inputs[0] as number);
      },
    };
  },
};

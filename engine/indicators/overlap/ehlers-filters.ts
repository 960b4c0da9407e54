import type { ParameterValues } from '../../domain/parameters.ts';
import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';

export const SUPER_SMOOTHER: IndicatorDefinition = {
  id: 'super_smoother',
  aliases: ['ehlers_super_smoother', 'supersmoother'],
  title: 'Ehlers super smoother',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 10, 'Cycles shorter than this are taken out.')],
  outputs: [line('value', 'Super smoother')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'A two-pole low-pass filter: cycles shorter than its period disappear, longer ones pass with little delay. It is read as a moving average with less wobble.',
  formula:
    'y = c1 × (x + x[1]) / 2 + c2 × y[1] + c3 × y[2]; a = exp(−√2 π / n), c2 = 2a × cos(√2 π / n), c3 = −a², c1 = 1 − c2 − c3; the first two y are x',
  source:
    'Ehlers, Cycle Analytics for Traders (2013), chapter 3 (which rounds √2 to 1.414); Predictive and Successful Indicators, Stocks & Commodities (January 2014)',
  lookback: () => 2,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const [c1, c2, c3] = smootherWeights(parameters);
    const length = input.length;
    output.fill(Number.NaN, 0, Math.min(2, length));
    if (length < 3) return;
    let older = input[0] as number;
    let old = input[1] as number;
    let before = old;
    for (let i = 2; i < length; i += 1) {
      const x = input[i] as number;
      const value = c1 * ((x + before) / 2) + c2 * old + c3 * older;
      before = x;
      older = old;
      old = value;
      output[i] = value;
    }
  },
  stream(parameters) {
    const [c1, c2, c3] = smootherWeights(parameters);
    // state: [bars seen, last input, last value, the one before]
    const state = new Float64Array(4);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const old = state[2] as number;
        const value =
          seen < 2
            ? x
            : c1 * ((x + (state[1] as number)) / 2) + c2 * old + c3 * (state[3] as number);
        state[0] = Math.min(seen + 1, 2);
        state[1] = x;
        state[2] = value;
        state[3] = old;
        outputs[0] = seen < 2 ? Number.NaN : value;
      },
    };
  },
};

function smootherWeights(
  parameters: ParameterValues,
): readonly [input: number, last: number, older: number] {
  const angle = (Math.SQRT2 * Math.PI) / numberOf(parameters, 'timeperiod');
  const a = Math.exp(-angle);
  const c2 = 2 * a * Math.cos(angle);
  const c3 = -a * a;
  return [1 - c2 - c3, c2, c3];
}

export const GAUSSIAN: IndicatorDefinition = {
  id: 'gaussian',
  aliases: ['gaussian_filter'],
  title: 'Ehlers Gaussian filter',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 20, 'Cycles of this length lose half their power.'),
    integer('poles', 'Poles', 4, 'Stages of smoothing.', [1, 4]),
  ],
  outputs: [line('value', 'Gaussian')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'One to four equal exponential averages in a row, their weight chosen so that the whole filter halves the power of cycles of its period. More poles cut short cycles off more sharply and delay a little more.',
  formula:
    'β = (1 − cos(2π / n)) / (2^(1 / poles) − 1); α = −β + √(β² + 2β); y = y[1] + α × (x − y[1]), repeated for each pole and begun at the first x',
  source: 'Ehlers, Gaussian and Other Low Lag Filters',
  lookback: () => 0,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const weight = gaussianWeight(parameters);
    const poles = numberOf(parameters, 'poles');
    if (input.length === 0) return;
    let a = input[0] as number;
    let b = a;
    let c = a;
    let d = a;
    for (let i = 0; i < input.length; i += 1) {
      a += weight * ((input[i] as number) - a);
      let value = a;
      if (poles > 1) {
        b += weight * (a - b);
        value = b;
      }
      if (poles > 2) {
        c += weight * (b - c);
        value = c;
      }
      if (poles > 3) {
        d += weight * (c - d);
        value = d;
      }
      output[i] = value;
    }
  },
  stream(parameters) {
    const weight = gaussianWeight(parameters);
    const poles = numberOf(parameters, 'poles');
    // state: [begun, the stages]
    const state = new Float64Array(1 + poles);
    return {
      state,
      step(inputs, outputs) {
        let x = inputs[0] as number;
        if (state[0] === 0) state.fill(x, 1);
        state[0] = 1;
        for (let k = 1; k <= poles; k += 1) {
          const before = state[k] as number;
          x = before + weight * (x - before);
          state[k] = x;
        }
        outputs[0] = x;
      },
    };
  },
};

function gaussianWeight(parameters: ParameterValues): number {
  const turn = (2 * Math.PI) / numberOf(parameters, 'timeperiod');
  const beta = (1 - Math.cos(turn)) / (2 ** (1 / numberOf(parameters, 'poles')) - 1);
  return Math.sqrt(beta * beta + 2 * beta) - beta;
}

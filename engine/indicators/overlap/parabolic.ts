import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  numberOf,
  real,
  type IndicatorDefinition,
  type OutputDefinition,
  type StreamKernel,
} from '../definition.ts';
import { BARS_A_CALL } from '../kernels/blocks.ts';

/** How a parabolic stop moves; the rules of a short position mirror those of a long one. */
interface Rules {
  /** 0: from the first two bars; otherwise the first stop, negative for a short start. */
  readonly start: number;
  /** Share by which a new stop is set further away after a reversal. */
  readonly offset: number;
  readonly long: Acceleration;
  readonly short: Acceleration;
  /** Whether stops of short positions are given as negative numbers. */
  readonly signed: boolean;
}

interface Acceleration {
  readonly first: number;
  readonly step: number;
  readonly most: number;
}

function acceleration(first: number, step: number, most: number): Acceleration {
  return { first: Math.min(first, most), step: Math.min(step, most), most };
}

// Where things are in the state.
const SEEN = 0;
const SIDE = 1; // 1 long, -1 short
const FACTOR = 2;
const EXTREME = 3;
const STOP = 4; // for the next bar
const HIGH = 5;
const LOW = 6;
const STATE = 7;

/** Sets the first trade up at the second bar. */
function begin(state: Float64Array, rules: Rules, high: number, low: number): void {
  const highBefore = state[HIGH] as number;
  const lowBefore = state[LOW] as number;
  const down = lowBefore - low;
  const falls = down > 0 && down > high - highBefore;
  const long = rules.start === 0 ? !falls : rules.start > 0;
  const stop = long ? lowBefore : highBefore;
  state[SIDE] = long ? 1 : -1;
  state[FACTOR] = long ? rules.long.first : rules.short.first;
  state[EXTREME] = long ? high : low;
  state[STOP] = rules.start === 0 ? stop : Math.abs(rules.start);
}

/**
 * Takes the bars from `from` on, before `to`, and writes the stop that stood for each, NaN for the very first.
 * @param shift where the first low stands in `lows`, so that a stream can give both in one array
 */
function parabolic(
  state: Float64Array,
  rules: Rules,
  highs: Float64Array,
  lows: Float64Array,
  shift: number,
  from: number,
  to: number,
  output: Float64Array,
): void {
  let i = from;
  if (state[SEEN] === 0 && i < to) {
    state[HIGH] = highs[i] as number;
    state[LOW] = lows[i + shift] as number;
    state[SEEN] = 1;
    output[i] = Number.NaN;
    i += 1;
  }
  if (state[SEEN] === 1 && i < to) {
    begin(state, rules, highs[i] as number, lows[i + shift] as number);
    // The second bar's own range bounds the stop, not that of the first.
    state[HIGH] = highs[i] as number;
    state[LOW] = lows[i + shift] as number;
    state[SEEN] = 2;
  }
  const { offset, signed } = rules;
  const { first: longFirst, step: longStep, most: longMost } = rules.long;
  const { first: shortFirst, step: shortStep, most: shortMost } = rules.short;
  let long = state[SIDE] === 1;
  let factor = state[FACTOR] as number;
  let extreme = state[EXTREME] as number;
  let stop = state[STOP] as number;
  let highBefore = state[HIGH] as number;
  let lowBefore = state[LOW] as number;
  for (; i < to; i += 1) {
    const high = highs[i] as number;
    const low = lows[i + shift] as number;
    // The lower low and the higher high by multiplying with 0 and 1, as they cannot be guessed.
    const lower = Number(low < lowBefore);
    const floor = lower * low + (1 - lower) * lowBefore;
    const higher = Number(high > highBefore);
    const ceiling = higher * high + (1 - higher) * highBefore;
    highBefore = high;
    lowBefore = low;
    if (long) {
      if (low > stop) {
        output[i] = stop;
        if (high > extreme) {
          extreme = high;
          factor = Math.min(factor + longStep, longMost);
        }
        stop = Math.min(stop + factor * (extreme - stop), floor);
        continue;
      }
      stop = Math.max(extreme, ceiling);
      stop += stop * offset;
      output[i] = signed ? -stop : stop;
      long = false;
      extreme = low;
      factor = shortFirst;
      stop = Math.max(stop + factor * (extreme - stop), ceiling);
    } else {
      if (high < stop) {
        output[i] = signed ? -stop : stop;
        if (low < extreme) {
          extreme = low;
          factor = Math.min(factor + shortStep, shortMost);
        }
        stop = Math.max(stop + factor * (extreme - stop), ceiling);
        continue;
      }
      stop = Math.min(extreme, floor);
      stop -= stop * offset;
      output[i] = stop;
      long = true;
      extreme = high;
      factor = longFirst;
      stop = Math.min(stop + factor * (extreme - stop), floor);
    }
  }
  if (state[SEEN] === 2) {
    state[SIDE] = long ? 1 : -1;
    state[FACTOR] = factor;
    state[EXTREME] = extreme;
    state[STOP] = stop;
    state[HIGH] = highBefore;
    state[LOW] = lowBefore;
  }
}

function parabolicColumn(
  high: Float64Array,
  low: Float64Array,
  rules: Rules,
  output: Float64Array,
): void {
  const state = new Float64Array(STATE);
  const length = high.length;
  for (let from = 0; from < length; from += BARS_A_CALL) {
    const to = Math.min(from + BARS_A_CALL, length);
    parabolic(state, rules, high, low, 0, from, to, output);
  }
}

function parabolicStream(rules: Rules): StreamKernel {
  const state = new Float64Array(STATE);
  return {
    state,
    step(inputs, outputs) {
      parabolic(state, rules, inputs, inputs, 1, 0, 1, outputs);
    },
  };
}

function dots(name: string, label: string): OutputDefinition {
  return { name, label, kind: 'real', style: 'dots' };
}

function sarRules(parameters: ParameterValues): Rules {
  const step = numberOf(parameters, 'acceleration');
  const both = acceleration(step, step, numberOf(parameters, 'maximum'));
  return { start: 0, offset: 0, long: both, short: both, signed: false };
}

const ANY: readonly [min: number, max: number] = [0, 3e37];

export const SAR: IndicatorDefinition = {
  id: 'sar',
  aliases: ['parabolic_sar'],
  title: 'Parabolic SAR',
  group: 'Overlap Studies',
  inputs: ['high', 'low'],
  parameters: [
    real('acceleration', 'Step', 0.02, 'First factor, and what each new extreme adds.', ANY, 0.01),
    real('maximum', 'Maximum', 0.2, 'Largest factor.', ANY, 0.01),
  ],
  outputs: [dots('sar', 'SAR')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'A stop that follows the price and draws closer with each new extreme: below the price while long, above it while short. Where the price touches it, position and stop change sides. The first side is short where the second bar moves down further than up, and long otherwise.',
  formula:
    'SAR = SAR[1] + AF × (EP − SAR[1]), never inside the last two bars; EP is the extreme of the trade, AF grows by the step with each new one up to the maximum',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section II; TA-Lib SAR',
  lookback: () => 1,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    parabolicColumn(high, low, sarRules(parameters), output);
  },
  stream: (parameters) => parabolicStream(sarRules(parameters)),
};

function extendedRules(parameters: ParameterValues): Rules {
  const side = (name: 'long' | 'short'): Acceleration =>
    acceleration(
      numberOf(parameters, `accelerationinit${name}`),
      numberOf(parameters, `acceleration${name}`),
      numberOf(parameters, `accelerationmax${name}`),
    );
  return {
    start: numberOf(parameters, 'startvalue'),
    offset: numberOf(parameters, 'offsetonreverse'),
    long: side('long'),
    short: side('short'),
    signed: true,
  };
}

export const SAREXT: IndicatorDefinition = {
  id: 'sarext',
  aliases: ['parabolic_sar_extended'],
  title: 'Parabolic SAR, extended',
  group: 'Overlap Studies',
  inputs: ['high', 'low'],
  parameters: [
    real(
      'startvalue',
      'Start',
      0,
      'First stop: above 0 long, below 0 short, 0 finds the side.',
      [-3e37, 3e37],
      1,
    ),
    real('offsetonreverse', 'Offset', 0, 'Share added to the stop on a reversal.', ANY, 0.01),
    real('accelerationinitlong', 'First, long', 0.02, 'First factor of a long.', ANY, 0.01),
    real('accelerationlong', 'Step, long', 0.02, 'What a new high adds to it.', ANY, 0.01),
    real('accelerationmaxlong', 'Maximum, long', 0.2, 'Largest factor of a long.', ANY, 0.01),
    real('accelerationinitshort', 'First, short', 0.02, 'First factor of a short.', ANY, 0.01),
    real('accelerationshort', 'Step, short', 0.02, 'What a new low adds to it.', ANY, 0.01),
    real('accelerationmaxshort', 'Maximum, short', 0.2, 'Largest factor of a short.', ANY, 0.01),
  ],
  outputs: [dots('sarext', 'SAR')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The parabolic stop with a start, factors for each side and an offset on reversals of its own. As in TA-Lib the stops of short positions are given as negative numbers, so that the sign tells the side; it is therefore drawn in a pane below the price.',
  formula: 'As SAR; on a reversal the new stop is moved away by offset × stop; −SAR while short',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978), section II; TA-Lib SAREXT',
  lookback: () => 1,
  compute([high = EMPTY, low = EMPTY], parameters, [output = EMPTY]) {
    parabolicColumn(high, low, extendedRules(parameters), output);
  },
  stream: (parameters) => parabolicStream(extendedRules(parameters)),
};

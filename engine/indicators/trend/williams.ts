import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { delayLength, delayStep } from '../kernels/delay.ts';
import { WILDER_LENGTH, wilderColumn, wilderStep } from '../kernels/averages.ts';

const SOURCE = 'Williams, New Trading Dimensions (1998)';

const ALLIGATOR_PARAMETERS = [
  integer('jaw', 'Jaw', 13, 'Bars of the jaw.', FROM_ONE),
  integer('jawshift', 'Jaw shift', 8, 'Bars that the jaw is drawn late.', [0, 10_000]),
  integer('teeth', 'Teeth', 8, 'Bars of the teeth.', FROM_ONE),
  integer('teethshift', 'Teeth shift', 5, 'Bars that the teeth are drawn late.', [0, 10_000]),
  integer('lips', 'Lips', 5, 'Bars of the lips.', FROM_ONE),
  integer('lipsshift', 'Lips shift', 3, 'Bars that the lips are drawn late.', [0, 10_000]),
];

/** Smooths the bars' middles in `middles` and moves the result to the right. */
function lateAverage(
  middles: Float64Array,
  period: number,
  shift: number,
  output: Float64Array,
): void {
  const lead = Math.min(shift, output.length);
  wilderColumn(middles, period, output);
  output.copyWithin(lead, 0, output.length - lead);
  output.fill(Number.NaN, 0, lead);
}

function lateAverageLength(shift: number): number {
  return WILDER_LENGTH + 1 + delayLength(shift);
}

/** state: [average, averages given, delay] */
function lateAverageStep(
  state: Float64Array,
  at: number,
  period: number,
  shift: number,
  x: number,
): number {
  const average = wilderStep(state, at, period, x);
  if (Number.isNaN(average)) return average;
  const given = state[at + WILDER_LENGTH] as number;
  const late = delayStep(state, at + WILDER_LENGTH + 1, shift, average);
  if (given >= shift) return late;
  state[at + WILDER_LENGTH] = given + 1;
  return Number.NaN;
}

export const ALLIGATOR: IndicatorDefinition = {
  id: 'alligator',
  aliases: ['williams_alligator'],
  title: 'Alligator',
  group: 'Trend',
  inputs: ['high', 'low'],
  parameters: ALLIGATOR_PARAMETERS,
  outputs: [line('jaw', 'Jaw'), line('teeth', 'Teeth'), line('lips', 'Lips')],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Three smoothed averages of the bars’ middles, each drawn some bars late; a bar has the values that are drawn at it. Lines wound together: the alligator sleeps, no trend. Lips above teeth above jaw: an uptrend; the other way round: a downtrend.',
  formula:
    'jaw = SMMA(m, 13)[8]; teeth = SMMA(m, 8)[5]; lips = SMMA(m, 5)[3]; m = (high + low) / 2',
  source: SOURCE,
  lookback: (parameters) =>
    Math.min(
      numberOf(parameters, 'jaw') + numberOf(parameters, 'jawshift'),
      numberOf(parameters, 'teeth') + numberOf(parameters, 'teethshift'),
      numberOf(parameters, 'lips') + numberOf(parameters, 'lipsshift'),
    ) - 1,
  compute([high = EMPTY, low = EMPTY], parameters, [jaw = EMPTY, teeth = EMPTY, lips = EMPTY]) {
    const middles = new Float64Array(high.length);
    for (let i = 0; i < high.length; i += 1) {
      middles[i] = ((high[i] as number) + (low[i] as number)) / 2;
    }
    lateAverage(middles, numberOf(parameters, 'jaw'), numberOf(parameters, 'jawshift'), jaw);
    lateAverage(middles, numberOf(parameters, 'teeth'), numberOf(parameters, 'teethshift'), teeth);
    lateAverage(middles, numberOf(parameters, 'lips'), numberOf(parameters, 'lipsshift'), lips);
  },
  stream(parameters) {
    const jaw = numberOf(parameters, 'jaw');
    const jawShift = numberOf(parameters, 'jawshift');
    const teeth = numberOf(parameters, 'teeth');
    const teethShift = numberOf(parameters, 'teethshift');
    const lips = numberOf(parameters, 'lips');
    const lipsShift = numberOf(parameters, 'lipsshift');
    const second = lateAverageLength(jawShift);
    const third = second + lateAverageLength(teethShift);
    const state = new Float64Array(third + lateAverageLength(lipsShift));
    return {
      state,
      step(inputs, outputs) {
        const middle = ((inputs[0] as number) + (inputs[1] as number)) / 2;
        outputs[0] = lateAverageStep(state, 0, jaw, jawShift, middle);
        outputs[1] = lateAverageStep(state, second, teeth, teethShift, middle);
        outputs[2] = lateAverageStep(state, third, lips, lipsShift, middle);
      },
    };
  },
};

export const GATOR: IndicatorDefinition = {
  id: 'gator',
  aliases: ['gator_oscillator'],
  title: 'Gator oscillator',
  group: 'Trend',
  inputs: ['high', 'low'],
  parameters: ALLIGATOR_PARAMETERS,
  outputs: [
    { name: 'upper', label: 'Jaw to teeth', kind: 'real', style: 'histogram' },
    { name: 'lower', label: 'Teeth to lips', kind: 'real', style: 'histogram' },
  ],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'How far the lines of the alligator lie apart: jaw to teeth above zero, teeth to lips below it. Growing bars mean an opening mouth, a trend; shrinking ones its end.',
  formula: 'upper = |jaw − teeth|; lower = −|teeth − lips| of the alligator',
  source: SOURCE,
  lookback: (parameters) => {
    const teeth = numberOf(parameters, 'teeth') + numberOf(parameters, 'teethshift');
    const jaw = numberOf(parameters, 'jaw') + numberOf(parameters, 'jawshift');
    const lips = numberOf(parameters, 'lips') + numberOf(parameters, 'lipsshift');
    return Math.max(teeth, Math.min(jaw, lips)) - 1;
  },
  compute(inputs, parameters, [upper = EMPTY, lower = EMPTY]) {
    const teeth = new Float64Array(upper.length);
    ALLIGATOR.compute(inputs, parameters, [upper, teeth, lower]);
    for (let i = 0; i < upper.length; i += 1) {
      const middle = teeth[i] as number;
      upper[i] = Math.abs((upper[i] as number) - middle);
      lower[i] = -Math.abs(middle - (lower[i] as number));
    }
  },
  stream(parameters) {
    const { state, step } = ALLIGATOR.stream(parameters);
    const lines = new Float64Array(3);
    return {
      state,
      step(inputs, outputs) {
        step(inputs, lines);
        const teeth = lines[1] as number;
        outputs[0] = Math.abs((lines[0] as number) - teeth);
        outputs[1] = -Math.abs(teeth - (lines[2] as number));
      },
    };
  },
};

export const FRACTALS: IndicatorDefinition = {
  id: 'fractals',
  aliases: ['williams_fractals'],
  title: 'Williams fractals',
  group: 'Trend',
  inputs: ['high', 'low'],
  parameters: [integer('bars', 'Bars', 2, 'Lower (higher) bars to each side.', [1, 100])],
  outputs: [
    { name: 'up', label: 'Top', kind: 'real', style: 'dots' },
    { name: 'down', label: 'Bottom', kind: 'real', style: 'dots' },
  ],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'A top is a high above those of the bars on both sides, a bottom a low below them. It is known only when the bars after it are there, so its price stands at the bar that confirms it, two bars late by default, and nothing is drawn back. All other bars have no value. Equal highs (lows) make none.',
  formula:
    'up = high[n] where high[n] > high[k], down = low[n] where low[n] < low[k], k = 0 … 2n but n',
  source: SOURCE,
  lookback: (parameters) => 2 * numberOf(parameters, 'bars'),
  compute([high = EMPTY, low = EMPTY], parameters, [up = EMPTY, down = EMPTY]) {
    const side = numberOf(parameters, 'bars');
    up.fill(Number.NaN);
    down.fill(Number.NaN);
    for (let i = 2 * side; i < high.length; i += 1) {
      const top = high[i - side] as number;
      const bottom = low[i - side] as number;
      let highest = true;
      let lowest = true;
      for (let k = 0; k < side && (highest || lowest); k += 1) {
        highest &&= top > (high[i - k] as number) && top > (high[i - 2 * side + k] as number);
        lowest &&= bottom < (low[i - k] as number) && bottom < (low[i - 2 * side + k] as number);
      }
      if (highest) up[i] = top;
      if (lowest) down[i] = bottom;
    }
  },
  stream(parameters) {
    const side = numberOf(parameters, 'bars');
    const size = 2 * side + 1;
    // state: [bars seen, ring of highs, ring of lows], the newest at `bars seen` modulo the size
    const state = new Float64Array(1 + 2 * size);
    return {
      state,
      step(inputs, outputs) {
        const seen = state[0] as number;
        const at = seen % size;
        state[0] = seen + 1 === 2 * size ? size : seen + 1;
        state[1 + at] = inputs[0] as number;
        state[1 + size + at] = inputs[1] as number;
        outputs.fill(Number.NaN);
        if (seen < 2 * side) return;
        const middle = at >= side ? at - side : at - side + size;
        const top = state[1 + middle] as number;
        const bottom = state[1 + size + middle] as number;
        let highest = true;
        let lowest = true;
        for (let k = 0; k < size; k += 1) {
          if (k === middle) continue;
          highest &&= top > (state[1 + k] as number);
          lowest &&= bottom < (state[1 + size + k] as number);
        }
        if (highest) outputs[0] = top;
        if (lowest) outputs[1] = bottom;
      },
    };
  },
};

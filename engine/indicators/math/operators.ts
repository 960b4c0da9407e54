import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { windowSumColumn, windowSumState, windowSumStep } from '../kernels/window-sum.ts';
import { finite } from './finite.ts';

/** What the four operations on two series share. */
const PAIR = {
  aliases: [],
  group: 'Math Operators',
  inputs: ['real0', 'real1'],
  parameters: [],
  pane: 'own',
  levels: [],
  unstable: false,
  lookback: () => 0,
} as const;

export const ADD: IndicatorDefinition = {
  ...PAIR,
  id: 'add',
  title: 'Addition',
  outputs: [line('add', 'Sum')],
  explanation:
    'The first series plus the second, bar by bar: a basket of two, say. A result beyond the largest number there is gives NaN.',
  formula: 'ADD = x + y',
  source: 'Arithmetic; TA-Lib ADD',
  compute([first = EMPTY, second = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < first.length; i += 1) {
      output[i] = finite((first[i] as number) + (second[i] as number));
    }
  },
  stream: () => ({
    state: EMPTY,
    step(inputs, outputs) {
      outputs[0] = finite((inputs[0] as number) + (inputs[1] as number));
    },
  }),
};

export const SUB: IndicatorDefinition = {
  ...PAIR,
  id: 'sub',
  title: 'Subtraction',
  outputs: [line('sub', 'Difference')],
  levels: [0],
  explanation:
    'The first series minus the second, bar by bar: the spread of two prices, say. A result beyond the largest number there is gives NaN.',
  formula: 'SUB = x − y',
  source: 'Arithmetic; TA-Lib SUB',
  compute([first = EMPTY, second = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < first.length; i += 1) {
      output[i] = finite((first[i] as number) - (second[i] as number));
    }
  },
  stream: () => ({
    state: EMPTY,
    step(inputs, outputs) {
      outputs[0] = finite((inputs[0] as number) - (inputs[1] as number));
    },
  }),
};

export const MULT: IndicatorDefinition = {
  ...PAIR,
  id: 'mult',
  title: 'Multiplication',
  outputs: [line('mult', 'Product')],
  explanation:
    'The first series times the second, bar by bar: a price in another currency, say. A result beyond the largest number there is gives NaN.',
  formula: 'MULT = x × y',
  source: 'Arithmetic; TA-Lib MULT',
  compute([first = EMPTY, second = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < first.length; i += 1) {
      output[i] = finite((first[i] as number) * (second[i] as number));
    }
  },
  stream: () => ({
    state: EMPTY,
    step(inputs, outputs) {
      outputs[0] = finite((inputs[0] as number) * (inputs[1] as number));
    },
  }),
};

export const DIV: IndicatorDefinition = {
  ...PAIR,
  id: 'div',
  title: 'Division',
  outputs: [line('div', 'Quotient')],
  explanation:
    'The first series divided by the second, bar by bar: the strength of one market in terms of another, say. Division by 0, and a result beyond the largest number there is, give NaN.',
  formula: 'DIV = x / y, y ≠ 0',
  source: 'Arithmetic; TA-Lib DIV',
  compute([first = EMPTY, second = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < first.length; i += 1) {
      output[i] = finite((first[i] as number) / (second[i] as number));
    }
  },
  stream: () => ({
    state: EMPTY,
    step(inputs, outputs) {
      outputs[0] = finite((inputs[0] as number) / (inputs[1] as number));
    },
  }),
};

export const SUM: IndicatorDefinition = {
  id: 'sum',
  aliases: ['rolling_sum'],
  title: 'Summation',
  group: 'Math Operators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 30, 'Bars that are added up.')],
  outputs: [line('sum', 'Sum')],
  pane: 'own',
  levels: [],
  unstable: false,
  explanation:
    'The sum of the last values. It does not drift however long the series is, and a huge value leaves no trace once it is out of the window.',
  formula: 'SUM = x[0] + x[1] + … + x[n-1]',
  source: 'Arithmetic; TA-Lib SUM',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    windowSumColumn(input, numberOf(parameters, 'timeperiod'), output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = windowSumStep(state, 0, period, inputs[0] as number);
      },
    };
  },
};

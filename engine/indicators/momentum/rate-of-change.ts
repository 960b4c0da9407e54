import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  periodOf,
  type IndicatorDefinition,
} from '../definition.ts';

const PERIOD = integer('timeperiod', 'Period', 10, 'Bars to look back.', FROM_ONE);

/** A ring of the last values: [bars seen, position, ring]. @returns the value `period` bars ago. */
function exchange(state: Float64Array, period: number, x: number): number {
  const seen = state[0] as number;
  const at = state[1] as number;
  const before = state[2 + at] as number;
  state[0] = Math.min(seen + 1, period);
  state[1] = at + 1 === period ? 0 : at + 1;
  state[2 + at] = x;
  return seen < period ? Number.NaN : before;
}

export const MOM: IndicatorDefinition = {
  id: 'mom',
  aliases: ['momentum'],
  title: 'Momentum',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [PERIOD],
  outputs: [line('mom', 'Momentum')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'The change over a number of bars, in units of the price. Above zero the price is higher than it was then; a turn of the line often comes before one of the price.',
  formula: 'MOM = x − x[n]',
  source: 'Murphy, Technical Analysis of the Financial Markets (1999), chapter 10; TA-Lib MOM',
  lookback: periodOf,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = periodOf(parameters);
    output.fill(Number.NaN, 0, Math.min(period, input.length));
    for (let i = period; i < input.length; i += 1) {
      output[i] = (input[i] as number) - (input[i - period] as number);
    }
  },
  stream(parameters) {
    const period = periodOf(parameters);
    const state = new Float64Array(period + 2);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        outputs[0] = x - exchange(state, period, x);
      },
    };
  },
};

interface Rate {
  readonly id: string;
  readonly alias: string;
  readonly title: string;
  readonly label: string;
  readonly level: number;
  readonly explanation: string;
  readonly formula: string;
  readonly form: Form;
}

/**
 * All four are `((x − before × x[n]) / x[n] − after) × scale`. To take 1 away before the division or
 * after it is the same but for rounding, in which each agrees with TA-Lib.
 */
interface Form {
  readonly before: 0 | 1;
  readonly after: 0 | 1;
  readonly scale: 1 | 100;
}

function rateOf(x: number, old: number, { before, after, scale }: Form): number {
  return old === 0 ? 0 : ((x - before * old) / old - after) * scale;
}

function rate({ form, ...what }: Rate): IndicatorDefinition {
  return {
    id: what.id,
    aliases: [what.alias],
    title: what.title,
    group: 'Momentum Indicators',
    inputs: ['real'],
    parameters: [PERIOD],
    outputs: [line(what.id, what.label)],
    pane: 'own',
    levels: [what.level],
    unstable: false,
    explanation: what.explanation,
    formula: what.formula,
    source: `Murphy, Technical Analysis of the Financial Markets (1999), chapter 10; TA-Lib ${what.label}`,
    lookback: periodOf,
    compute([input = EMPTY], parameters, [output = EMPTY]) {
      const period = periodOf(parameters);
      output.fill(Number.NaN, 0, Math.min(period, input.length));
      for (let i = period; i < input.length; i += 1) {
        output[i] = rateOf(input[i] as number, input[i - period] as number, form);
      }
    },
    stream(parameters) {
      const period = periodOf(parameters);
      const state = new Float64Array(period + 2);
      return {
        state,
        step(inputs, outputs) {
          const x = inputs[0] as number;
          outputs[0] = rateOf(x, exchange(state, period, x), form);
        },
      };
    },
  };
}

export const ROC = rate({
  id: 'roc',
  alias: 'rate_of_change',
  title: 'Rate of change',
  label: 'ROC',
  level: 0,
  explanation:
    'The change over a number of bars, in percent. Above zero the price is higher than it was then. Where the earlier value is zero it is 0.',
  formula: 'ROC = 100 × (x − x[n]) / x[n]; 0 where x[n] is 0',
  form: { before: 0, after: 1, scale: 100 },
});

export const ROCP = rate({
  id: 'rocp',
  alias: 'rate_of_change_percentage',
  title: 'Rate of change, as a fraction',
  label: 'ROCP',
  level: 0,
  explanation:
    'The change over a number of bars as a fraction: 0.05 is a rise of five percent. Where the earlier value is zero it is 0.',
  formula: 'ROCP = (x − x[n]) / x[n]; 0 where x[n] is 0',
  form: { before: 1, after: 0, scale: 1 },
});

export const ROCR = rate({
  id: 'rocr',
  alias: 'rate_of_change_ratio',
  title: 'Rate of change, as a ratio',
  label: 'ROCR',
  level: 1,
  explanation:
    'The value as a multiple of what it was a number of bars ago: 1.05 is a rise of five percent, 1 no change. Where the earlier value is zero it is 0.',
  formula: 'ROCR = x / x[n]; 0 where x[n] is 0',
  form: { before: 0, after: 0, scale: 1 },
});

export const ROCR100 = rate({
  id: 'rocr100',
  alias: 'rate_of_change_ratio_100',
  title: 'Rate of change, as a ratio in percent',
  label: 'ROCR100',
  level: 100,
  explanation:
    'The value in percent of what it was a number of bars ago: 105 is a rise of five percent, 100 no change. Where the earlier value is zero it is 0.',
  formula: 'ROCR100 = 100 × x / x[n]; 0 where x[n] is 0',
  form: { before: 0, after: 0, scale: 100 },
});

import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';
import { finite } from './finite.ts';

type Column = (input: Float64Array, output: Float64Array) => void;

/**
 * A function of one value. `column` is a loop of its own for each, because a loop that calls a function
 * it is given costs several times as much.
 */
function transform(
  id: string,
  title: string,
  use: string,
  formula: string,
  of: (x: number) => number,
  column: Column,
  aliases: readonly string[] = [],
): IndicatorDefinition {
  return {
    id,
    aliases,
    title,
    group: 'Math Transform',
    inputs: ['real'],
    parameters: [],
    outputs: [line(id, title)],
    pane: 'own',
    levels: [],
    unstable: false,
    explanation: use,
    formula,
    source: `Elementary function; TA-Lib ${id.toUpperCase()}`,
    lookback: () => 0,
    compute: ([input = EMPTY], _, [output = EMPTY]) => column(input, output),
    stream: () => ({
      state: EMPTY,
      step(inputs, outputs) {
        outputs[0] = of(inputs[0] as number);
      },
    }),
  };
}

export const ACOS = transform(
  'acos',
  'Arc cosine',
  'The angle in radians, from 0 to π, whose cosine each value is. Values below −1 or above 1 have none and give NaN.',
  'ACOS = arccos(x)',
  Math.acos,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.acos(input[i] as number);
  },
);

export const ASIN = transform(
  'asin',
  'Arc sine',
  'The angle in radians, from −π/2 to π/2, whose sine each value is. Values below −1 or above 1 have none and give NaN.',
  'ASIN = arcsin(x)',
  Math.asin,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.asin(input[i] as number);
  },
);

export const ATAN = transform(
  'atan',
  'Arc tangent',
  'The angle in radians, between −π/2 and π/2, whose tangent each value is. It squeezes any series into a fixed range.',
  'ATAN = arctan(x)',
  Math.atan,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.atan(input[i] as number);
  },
);

export const CEIL = transform(
  'ceil',
  'Ceiling',
  'Each value rounded up to a whole number, towards plus infinity.',
  'CEIL = the smallest whole number ≥ x',
  Math.ceil,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.ceil(input[i] as number);
  },
);

export const COS = transform(
  'cos',
  'Cosine',
  'The cosine of each value, taken as an angle in radians. It serves formulas on cycles and phases.',
  'COS = cos(x)',
  Math.cos,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.cos(input[i] as number);
  },
);

export const COSH = transform(
  'cosh',
  'Hyperbolic cosine',
  'The hyperbolic cosine of each value. Beyond ±710.47 it exceeds the largest number there is and gives NaN.',
  'COSH = (eˣ + e⁻ˣ) / 2',
  (x) => finite(Math.cosh(x)),
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = finite(Math.cosh(input[i] as number));
  },
);

export const EXP = transform(
  'exp',
  'Exponential',
  'e to the power of each value; it undoes LN. Above 709.78 it exceeds the largest number there is and gives NaN.',
  'EXP = eˣ',
  (x) => finite(Math.exp(x)),
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = finite(Math.exp(input[i] as number));
  },
);

export const FLOOR = transform(
  'floor',
  'Floor',
  'Each value rounded down to a whole number, towards minus infinity.',
  'FLOOR = the largest whole number ≤ x',
  Math.floor,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.floor(input[i] as number);
  },
);

export const LN = transform(
  'ln',
  'Natural logarithm',
  'The logarithm of each value to the base e: equal percentages become equal distances. Values of 0 and below have none and give NaN.',
  'LN = ln(x), x > 0',
  (x) => finite(Math.log(x)),
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = finite(Math.log(input[i] as number));
  },
  ['natural_log'],
);

export const LOG10 = transform(
  'log10',
  'Common logarithm',
  'The logarithm of each value to the base 10, a distance of 1 for each tenfold. Values of 0 and below have none and give NaN.',
  'LOG10 = log₁₀(x), x > 0',
  (x) => finite(Math.log10(x)),
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = finite(Math.log10(input[i] as number));
  },
);

export const SIN = transform(
  'sin',
  'Sine',
  'The sine of each value, taken as an angle in radians. It serves formulas on cycles and phases.',
  'SIN = sin(x)',
  Math.sin,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.sin(input[i] as number);
  },
);

export const SINH = transform(
  'sinh',
  'Hyperbolic sine',
  'The hyperbolic sine of each value. Beyond ±710.47 it exceeds the largest number there is and gives NaN.',
  'SINH = (eˣ − e⁻ˣ) / 2',
  (x) => finite(Math.sinh(x)),
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = finite(Math.sinh(input[i] as number));
  },
);

export const SQRT = transform(
  'sqrt',
  'Square root',
  'The square root of each value. Values below 0 have none and give NaN.',
  'SQRT = √x, x ≥ 0',
  Math.sqrt,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.sqrt(input[i] as number);
  },
  ['square_root'],
);

export const TAN = transform(
  'tan',
  'Tangent',
  'The tangent of each value, taken as an angle in radians. Near odd multiples of π/2 it is very large, but no number meets one exactly.',
  'TAN = sin(x) / cos(x)',
  Math.tan,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.tan(input[i] as number);
  },
);

export const TANH = transform(
  'tanh',
  'Hyperbolic tangent',
  'The hyperbolic tangent of each value, between −1 and 1. It squeezes any series into that range and leaves small values nearly as they are.',
  'TANH = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)',
  Math.tanh,
  (input, output) => {
    for (let i = 0; i < input.length; i += 1) output[i] = Math.tanh(input[i] as number);
  },
);

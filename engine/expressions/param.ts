import { missingArgument, placeArguments } from './arguments.ts';
import { expressionError } from './failure.ts';
import type { ExpressionParameter } from './graph.ts';
import type { Call, Span, Syntax } from './syntax.ts';

const SIGNATURE = 'param("name", default, low..high)';

/**
 * Reads a `param("fast", 10, 5..50)` or `param("level", 1.5, 0.5..3:0.25)`. Without a range the
 * parameter may take any value.
 * @param constantValue evaluates the default, which must be constant
 */
export function readParam(
  syntax: Call,
  constantValue: (value: Syntax) => number,
): ExpressionParameter {
  const slots = placeArguments('param', SIGNATURE, ['name', 'default', 'range'], syntax);
  const [name, initial, range] = slots;
  if (name?.kind !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(name.value)) {
    throw expressionError(`param needs a name in quotes; ${SIGNATURE}`, name?.span ?? syntax.span);
  }
  if (initial === undefined) throw missingArgument(SIGNATURE, 'default', syntax);
  const value = constantValue(initial);
  if (range === undefined) {
    return { name: name.value, default: value, low: -Infinity, high: Infinity, step: 1 };
  }
  if (range.kind !== 'range') {
    throw expressionError('the third argument of param is a range such as 5..50', range.span);
  }
  const { low, high } = range;
  if (low > high || value < low || value > high) {
    throw expressionError(
      `param ${name.value}: the default ${value} must lie in its range ${low}..${high}`,
      syntax.span,
    );
  }
  const whole = [low, high, value].every((number) => Number.isInteger(number));
  const step = range.step ?? (whole ? 1 : (high - low) / 10);
  if (!(step > 0) && low !== high) {
    throw expressionError(`param ${name.value}: the step must be greater than 0`, range.span);
  }
  return { name: name.value, default: value, low, high, step };
}

/** The value to compile with: the given one, checked against the range, or the default. */
export function chosenValue(
  description: ExpressionParameter,
  values: Readonly<Record<string, number>>,
  span: Span,
): number {
  if (!Object.hasOwn(values, description.name)) return description.default;
  const given = values[description.name] as number;
  if (!Number.isFinite(given) || given < description.low || given > description.high) {
    throw expressionError(
      `param ${description.name}: ${given} is outside its range ${description.low}..${description.high}`,
      span,
    );
  }
  return given;
}

import { RenataError } from './errors.ts';

/**
 * Describes one parameter of a strategy or indicator. The same description makes the form in the
 * window, the flags of the command line and the search space of a sweep.
 */
export interface NumberParameter {
  readonly kind: 'integer' | 'real';
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Unit shown beside the field: `bars`, `%`, … */
  readonly unit?: string;
}

export interface ChoiceParameter {
  readonly kind: 'choice';
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly default: string;
  readonly choices: readonly string[];
}

export interface BooleanParameter {
  readonly kind: 'boolean';
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly default: boolean;
}

export type Parameter = NumberParameter | ChoiceParameter | BooleanParameter;
export type ParameterValue = number | string | boolean;
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/**
 * Fills defaults in and checks every given value against its description.
 * @param owner the strategy or indicator named in messages
 * @throws RenataError BAD_INPUT naming the parameter, the value and what is allowed.
 */
export function resolveParameters(
  owner: string,
  parameters: readonly Parameter[],
  given: ParameterValues,
): Record<string, ParameterValue> {
  const known = new Set(parameters.map((parameter) => parameter.name));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      throw bad(
        name,
        `${owner} has no parameter "${name}"; it has ${[...known].join(', ') || 'none'}.`,
      );
    }
  }
  const values: Record<string, ParameterValue> = {};
  for (const parameter of parameters) {
    values[parameter.name] = checkValue(owner, parameter, given[parameter.name]);
  }
  return values;
}

function checkValue(
  owner: string,
  parameter: Parameter,
  value: ParameterValue | undefined,
): ParameterValue {
  if (value === undefined) return parameter.default;
  const where = `${owner} ${parameter.name}`;
  switch (parameter.kind) {
    case 'integer':
    case 'real': {
      const wholeNumber = parameter.kind === 'integer';
      const fits =
        typeof value === 'number' &&
        Number.isFinite(value) &&
        value >= parameter.min &&
        value <= parameter.max &&
        (!wholeNumber || Number.isInteger(value));
      if (!fits) {
        const kind = wholeNumber ? 'a whole number' : 'a number';
        throw bad(
          parameter.name,
          `${where}: ${String(value)} must be ${kind} from ${parameter.min} to ${parameter.max}.`,
        );
      }
      return value;
    }
    case 'choice':
      if (typeof value !== 'string' || !parameter.choices.includes(value)) {
        throw bad(
          parameter.name,
          `${where}: ${String(value)} must be one of ${parameter.choices.join(', ')}.`,
        );
      }
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') {
        throw bad(parameter.name, `${where}: ${String(value)} must be true or false.`);
      }
      return value;
  }
}

function bad(parameter: string, message: string): RenataError {
  return new RenataError('BAD_INPUT', message, { details: { parameter } });
}

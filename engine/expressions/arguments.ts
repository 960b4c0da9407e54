import { RenataError } from '../domain/errors.ts';
import { resolveParameters, type ParameterValue } from '../domain/parameters.ts';
import { demandsOf, type IndicatorDefinition, type InputName } from '../indicators/definition.ts';
import { expressionError, nearest } from './failure.ts';
import type { BuiltIn } from './functions.ts';
import type { ColumnName, GraphNode } from './graph.ts';
import type { Argument, Call, Span, Syntax } from './syntax.ts';

/** Argument names of a built-in function, read from its signature. */
export function signatureNames(definition: BuiltIn): string[] {
  const inside = definition.signature.slice(definition.name.length + 1, -1);
  return inside.split(',').map((part) => (part.split('=')[0] ?? '').trim());
}

/** Puts positional and named arguments into the slots of a signature. */
export function placeArguments(
  name: string,
  signature: string,
  names: readonly string[],
  syntax: Call,
): (Syntax | undefined)[] {
  const slots: (Syntax | undefined)[] = names.map(() => undefined);
  let position = 0;
  for (const argument of syntax.args) {
    const index = argument.name === null ? position : names.indexOf(argument.name.toLowerCase());
    if (index < 0) {
      throw expressionError(
        `${name} has no argument ${argument.name}; ${signature}`,
        argument.value.span,
        nearest(argument.name ?? '', names),
      );
    }
    if (index >= names.length) {
      throw expressionError(`${name} has too many arguments; ${signature}`, argument.value.span);
    }
    if (slots[index] !== undefined) {
      throw expressionError(`${name}: ${names[index]} is given twice`, argument.value.span);
    }
    slots[index] = argument.value;
    if (argument.name === null) position += 1;
  }
  return slots;
}

export function missingArgument(signature: string, name: string, syntax: Call): RenataError {
  return expressionError(`${name} is missing; ${signature}`, {
    start: syntax.span.end - 1,
    end: syntax.span.end,
  });
}

/**
 * The value of an indicator's parameter, checked here so that an error points at it and not at the call.
 * @param node what the argument compiled to; a text (a choice) has none
 */
export function parameterValue(
  { id: owner, parameters }: IndicatorDefinition,
  name: string,
  node: GraphNode | null,
  syntax: Syntax,
): ParameterValue {
  const value = constantArgument(owner, node, syntax);
  const own = parameters.filter((parameter) => parameter.name === name);
  atPlace(syntax.span, () => resolveParameters(owner, own, { [name]: value }));
  return value;
}

function constantArgument(owner: string, node: GraphNode | null, syntax: Syntax): ParameterValue {
  if (syntax.kind === 'string') return syntax.value;
  if (node?.kind !== 'constant') {
    throw expressionError(
      `${owner}: parameters must be constant numbers or param(…), not series`,
      syntax.span,
    );
  }
  return node.type === 'boolean' ? node.value === 1 : node.value;
}

/** Runs a check of ours and points its error at the place in the source. */
export function atPlace<Result>(span: Span, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RenataError) || error.details?.['column'] !== undefined) throw error;
    throw expressionError(error.message.replace(/\.$/, ''), span);
  }
}

/** @throws RenataError where the indicator demands a series that no argument names */
export function checkDemands(
  definition: IndicatorDefinition,
  named: readonly Argument[],
  span: Span,
): void {
  const given = new Set(named.map(({ name }) => name?.toLowerCase()));
  if (demandsOf(definition).every((input) => given.has(input))) return;
  throw expressionError(`${definition.id} needs its series: ${definition.inputs.join(', ')}`, span);
}

/** The column that an input reads unless it is given; of one that is demanded only a place-holder. */
export function usualColumn(input: InputName): ColumnName {
  switch (input) {
    case 'real':
    case 'real0':
    case 'real1':
    case 'periods':
      return 'close';
    case 'session':
      return 'session_day';
    case 'open':
    case 'high':
    case 'low':
    case 'close':
    case 'volume':
    case 'time':
      return input;
  }
}

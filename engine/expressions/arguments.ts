import { RenataError } from '../domain/errors.ts';
import { expressionError, nearest } from './failure.ts';
import type { BuiltIn } from './functions.ts';
import type { Call, Span, Syntax } from './syntax.ts';

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

/** Runs a check of ours and points its error at the place in the source. */
export function atPlace<Result>(span: Span, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RenataError) || error.details?.['column'] !== undefined) throw error;
    throw expressionError(error.message.replace(/\.$/, ''), span);
  }
}

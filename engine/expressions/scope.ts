import { timeframe } from '../domain/timeframe.ts';
import { atPlace, missingArgument, placeArguments } from './arguments.ts';
import { expressionError } from './failure.ts';
import type { Scope } from './graph.ts';
import type { Call, Syntax } from './syntax.ts';

const SYMBOL = /^[A-Z0-9][A-Z0-9._/=^:-]{0,47}$/;

/**
 * Reads a `tf("1h", …)` or `on("SPY", …)`.
 * @param current the scope that the call changes one part of
 * @returns whose bars the expression inside reads, and that expression
 */
export function readScope(
  syntax: Call,
  name: 'tf' | 'on',
  current: Scope,
): { readonly inner: Scope; readonly body: Syntax } {
  const what = name === 'tf' ? 'timeframe' : 'symbol';
  const signature = `${name}("${name === 'tf' ? '1h' : 'SPY'}", expression)`;
  const [key, body] = placeArguments(name, signature, [what, 'expression'], syntax);
  if (key?.kind !== 'string') {
    throw expressionError(
      `${name} needs a ${what} in quotes; ${signature}`,
      key?.span ?? syntax.span,
    );
  }
  if (body === undefined) throw missingArgument(signature, 'expression', syntax);
  if (name === 'tf') {
    const length = atPlace(key.span, () => timeframe(key.value));
    return { inner: { ...current, timeframe: length }, body };
  }
  const instrument = key.value.trim().toUpperCase();
  if (!SYMBOL.test(instrument)) throw expressionError(`"${key.value}" is not a symbol`, key.span);
  return { inner: { ...current, instrument }, body };
}

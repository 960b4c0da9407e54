import { RenataError } from '../domain/errors.ts';
import type { Span } from './syntax.ts';

/** An error in an expression: says what is wrong and at which column, with a suggestion where one is near. */
export function expressionError(message: string, span: Span, suggestion?: string): RenataError {
  const hint = suggestion === undefined ? '' : `: did you mean ${suggestion}?`;
  const text = `column ${span.start}: ${message}${hint}`;
  return new RenataError('BAD_INPUT', text.endsWith('?') ? text : `${text}.`, {
    details: {
      parameter: 'expression',
      column: span.start,
      endColumn: span.end,
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  });
}

/** The known name that is nearest to a mistyped one, or `undefined` when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Optimal string alignment distance (swaps of neighbours count once), cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(
        (last[j] ?? limit) + 1,
        (row[j - 1] ?? limit) + 1,
        (last[j - 1] ?? limit) + cost,
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) value = Math.min(value, (beforeLast[j - 2] ?? limit) + 1);
      row.push(value);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? limit;
}

import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import './expression.css';

interface ExpressionProblemProps {
  readonly expression: string;
  readonly error: ErrorPayload;
  /** Takes the expression with the suggested name in place of the wrong one. */
  readonly onMend?: (expression: string) => void;
}

/** Where in a text of several lines an error lies. */
export interface ProblemPlace {
  /** The line that holds it. */
  readonly line: string;
  /** Spaces before the first marked character, and how many are marked. */
  readonly before: number;
  readonly length: number;
  /** The whole text with the suggestion put in; `null` where there is none. */
  readonly mended: string | null;
}

/** Characters of a long line that are shown around the place. */
const AROUND = 60;

/** Finds the place of an error that counts columns from 1 over the whole text. */
export function placeOf(expression: string, error: ErrorPayload): ProblemPlace | null {
  const { column, endColumn, suggestion } = error.details ?? {};
  if (typeof column !== 'number') return null;
  const start = Math.min(Math.max(0, column - 1), expression.length);
  const end = typeof endColumn === 'number' ? Math.max(start, endColumn - 1) : start;
  const lineStart = expression.lastIndexOf('\n', start - 1) + 1;
  const nextBreak = expression.indexOf('\n', start);
  const lineEnd = nextBreak < 0 ? expression.length : nextBreak;
  const from = Math.max(lineStart, start - AROUND);
  const to = Math.min(lineEnd, start + AROUND);
  const quoted = /^["']/.test(expression.slice(start));
  const text = quoted ? `"${String(suggestion)}"` : String(suggestion);
  return {
    line: expression.slice(from, to),
    before: start - from,
    length: Math.max(1, Math.min(end, to) - start),
    mended:
      suggestion === undefined
        ? null
        : `${expression.slice(0, start)}${text}${expression.slice(end)}`,
  };
}

/** The message, the line with a caret below the place, and a button that puts the suggestion in. */
export function ExpressionProblem({ expression, error, onMend }: ExpressionProblemProps) {
  const place = placeOf(expression, error);
  const mended = place?.mended ?? null;
  return (
    <div className="expression-problem" data-testid="expression-problem">
      {place === null ? null : (
        <pre aria-hidden>
          {place.line}
          {'\n'}
          {' '.repeat(place.before)}
          <span>{'^'.repeat(place.length)}</span>
        </pre>
      )}
      <p>
        {error.message}{' '}
        {mended === null || onMend === undefined ? null : (
          <button type="button" className="button" onClick={() => onMend(mended)}>
            Use {String(error.details?.['suggestion'])}
          </button>
        )}
      </p>
    </div>
  );
}

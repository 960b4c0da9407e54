import { Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import { workstation } from '../../client/store.ts';
import { ExpressionEditor } from '../../components/expression/expression-editor.tsx';
import { useKnownNames } from '../../components/expression/use-known-names.ts';
import type { StudyResult } from './study-look.ts';
import { barsOf, type BarsQuery } from './use-computed.ts';

export interface ExpressionTabProps {
  /** The bars that the chart shows; `null` while there are none. */
  readonly query: BarsQuery | null;
  readonly onAdd: (expression: string) => void;
}

const CHECK_DELAY_MS = 200;

const EXAMPLES: readonly (readonly [expression: string, what: string])[] = [
  ['crossover(sma(close, 10), sma(close, 30)) and rsi(14) < 70', 'marks the bars of a signal'],
  ['sma(close, param("length", 50, 5..200))', 'a line with a parameter to edit'],
  ['tf("1w", macd(12, 26, 9))', 'an indicator of weekly bars, without a look ahead'],
  ['close / highest(close, 252) - 1', 'distance from the year’s high'],
  ['(close - sma(close, 20)) / atr(14)', 'distance from the mean in ranges'],
  ['count(close > open, 10)', 'bars up among the last ten'],
];

type Check =
  | { readonly state: 'empty' | 'checking' }
  | { readonly state: 'wrong'; readonly checked: string; readonly payload: ErrorPayload }
  | { readonly state: 'right'; readonly checked: string; readonly result: StudyResult };

/** An editor that checks what is typed against the chart's own bars. */
export function ExpressionTab({ query, onAdd }: ExpressionTabProps) {
  const [expression, setExpression] = useState('');
  const [check, setCheck] = useState<Check>({ state: 'empty' });
  /** The expression for which Enter was pressed before its check had come back. */
  const [awaited, setAwaited] = useState<string | null>(null);
  const known = useKnownNames();
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (expression.trim() === '' || query === null) {
      setCheck({ state: 'empty' });
      return undefined;
    }
    let current = true;
    const timer = setTimeout(() => {
      setCheck((before) => (before.state === 'wrong' ? before : { state: 'checking' }));
      workstation()
        .call('studies.compute', {
          expression,
          parameters: {},
          ...barsOf(query),
          start: null,
          end: null,
          maxPoints: 1,
          slot: 'expression-check',
        })
        .then((result) => current && setCheck({ state: 'right', checked: expression, result }))
        .catch((thrown: unknown) => {
          const payload = toErrorPayload(thrown);
          if (current) setCheck({ state: 'wrong', checked: expression, payload });
        });
    }, CHECK_DELAY_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [expression, query]);

  const right = check.state === 'right' && check.checked === expression;
  const wrong = check.state === 'wrong' && check.checked === expression;
  useEffect(() => {
    if (!right || awaited !== expression) return;
    setAwaited(null);
    onAdd(expression);
  }, [right, awaited, expression, onAdd]);

  return (
    <div ref={place} className="expression">
      <ExpressionEditor
        label="Expression"
        testId="expression-text"
        value={expression}
        known={known}
        error={check.state === 'wrong' ? check : undefined}
        placeholder="close > sma(close, 200) and rsi(14) < 30"
        focus
        onChange={setExpression}
        onEnter={() => {
          if (right) onAdd(expression);
          else if (!wrong) setAwaited(expression);
        }}
      />
      <div className="expression-note" aria-live="polite">
        <CheckNote check={check} />
      </div>
      <div className="row">
        <button
          type="button"
          className="button primary"
          disabled={!right}
          data-testid="expression-add"
          onClick={() => onAdd(expression)}
        >
          <Plus size={13} aria-hidden /> Add to the chart <kbd>Enter</kbd>
        </button>
        <span className="muted">
          {query === null ? (
            'Open a dataset first.'
          ) : (
            <>
              <kbd>Ctrl Space</kbd> names · <kbd>Shift Enter</kbd> new line
            </>
          )}
        </span>
      </div>
      <h4>Examples</h4>
      <ul className="examples">
        {EXAMPLES.map(([example, what]) => (
          <li key={example}>
            <button
              type="button"
              className="list-row"
              onClick={() => {
                setExpression(example);
                place.current?.querySelector('textarea')?.focus();
              }}
            >
              <code className="clip">{example}</code>
              <span className="muted clip">{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function CheckNote({ check }: { readonly check: Check }) {
  switch (check.state) {
    case 'empty':
      return (
        <p className="muted">
          Any indicator by name, prices, <code>and or not</code>, <code>[1]</code> for the bar
          before, <code>tf(&quot;1w&quot;, …)</code> and <code>on(&quot;SPY&quot;, …)</code>. A
          condition marks its bars; a number is drawn as a line.
        </p>
      );
    case 'checking':
      return <p className="muted">Checking …</p>;
    // The editor says it at its place.
    case 'wrong':
      return null;
    case 'right': {
      const { outputs, pane, lookback, parameters } = check.result;
      const last = outputs.map(({ name, values, kind }) => {
        const value = values.at(-1) ?? Number.NaN;
        const text =
          kind === 'boolean' ? (value === 1 ? 'yes' : value === 0 ? 'no' : 'n/a') : String(value);
        return outputs.length > 1 ? `${name} ${text}` : text;
      });
      return (
        <p data-testid="expression-right">
          <span className="up">✓</span> {pane === 'own' ? 'In a pane of its own' : 'On the price'},{' '}
          {lookback} bars lead-in
          {parameters.length > 0
            ? `, with ${parameters.map(({ name }) => name).join(', ')} to edit`
            : ''}
          . Last bar: <strong>{last.join(', ')}</strong>
        </p>
      );
    }
  }
}

import { Plus } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import { workstation } from '../../client/store.ts';
import { ExpressionProblem } from '../../components/expression/expression-problem.tsx';
import type { StudyResult } from './study-look.ts';
import type { BarsQuery } from './use-computed.ts';

export interface ExpressionTabProps {
  /** The bars that the chart shows; `null` while there are none. */
  readonly query: BarsQuery | null;
  readonly onAdd: (expression: string) => void;
}

const CHECK_DELAY_MS = 200;
const MAX_LENGTH = 10_000;

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
  | { readonly state: 'wrong'; readonly expression: string; readonly error: ErrorPayload }
  | { readonly state: 'right'; readonly result: StudyResult };

/** An editor line that checks what is typed against the chart's own bars. */
export function ExpressionTab({ query, onAdd }: ExpressionTabProps) {
  const [expression, setExpression] = useState('');
  const [check, setCheck] = useState<Check>({ state: 'empty' });
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // A click on the tab moves the keyboard to the tab after this.
    const frame = requestAnimationFrame(() => field.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);

  useEffect(() => {
    if (expression.trim() === '' || query === null) {
      setCheck({ state: 'empty' });
      return undefined;
    }
    let current = true;
    const timer = setTimeout(() => {
      const { datasetId, adjustment } = query;
      setCheck((before) => (before.state === 'wrong' ? before : { state: 'checking' }));
      workstation()
        .call('studies.compute', {
          expression,
          parameters: {},
          datasetId,
          adjustment,
          start: null,
          end: null,
          maxPoints: 1,
          slot: 'expression-check',
        })
        .then((result) => current && setCheck({ state: 'right', result }))
        .catch((thrown: unknown) => {
          if (current) setCheck({ state: 'wrong', expression, error: toErrorPayload(thrown) });
        });
    }, CHECK_DELAY_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [expression, query]);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    if (check.state === 'right') onAdd(expression);
  }

  return (
    <div className="expression">
      <label htmlFor="expression-text">Expression</label>
      <textarea
        ref={field}
        id="expression-text"
        className="mono"
        rows={3}
        spellCheck={false}
        maxLength={MAX_LENGTH}
        placeholder="close > sma(close, 200) and rsi(14) < 30"
        aria-invalid={check.state === 'wrong'}
        aria-describedby="expression-note"
        data-testid="expression-text"
        value={expression}
        onChange={(event) => setExpression(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div id="expression-note" className="expression-note" aria-live="polite">
        <CheckNote
          check={check}
          onMend={(mended) => {
            setExpression(mended);
            field.current?.focus();
          }}
        />
      </div>
      <div className="row">
        <button
          type="button"
          className="button primary"
          disabled={check.state !== 'right'}
          data-testid="expression-add"
          onClick={() => onAdd(expression)}
        >
          <Plus size={13} aria-hidden /> Add to the chart <kbd>Enter</kbd>
        </button>
        {query === null ? <span className="muted">Open a dataset first.</span> : null}
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
                field.current?.focus();
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

function CheckNote({
  check,
  onMend,
}: {
  readonly check: Check;
  readonly onMend: (expression: string) => void;
}) {
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
    case 'wrong':
      return (
        <ExpressionProblem expression={check.expression} error={check.error} onMend={onMend} />
      );
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

import { useWorkstation } from '../../client/store.ts';
import { isEditable, type Opened, type View } from './editor-state.ts';
import { focusField } from './rows.tsx';
import type { Check } from './use-check.ts';

interface CheckStatusProps {
  readonly opened: Opened;
  readonly check: Check | null;
  readonly onView: (view: View) => void;
}

/** What the last check found, in one line; a problem leads to its field. */
export function CheckStatus({ opened, check, onView }: CheckStatusProps) {
  const pending = check?.text !== opened.text;
  return (
    <footer
      className="check-status"
      role="status"
      aria-busy={pending}
      data-testid="strategy-status"
      data-state={pending ? 'checking' : stateOf(opened, check)}
    >
      <Text opened={opened} check={check} onView={onView} />
    </footer>
  );
}

function stateOf(opened: Opened, check: Check | null): string {
  if (opened.problem !== null || check?.failure !== null) return 'unreadable';
  return check.problems.length > 0 ? 'wrong' : 'right';
}

function Text({ opened, check, onView }: CheckStatusProps) {
  const datasets = useWorkstation((state) => state.datasets);
  const datasetId = useWorkstation((state) => state.datasetId);
  if (opened.problem !== null) {
    const { line, message } = opened.problem;
    return (
      <>
        <span className="wrong">✗ {line === null ? 'Text' : `Line ${line}`}</span>
        <span className="clip">{message}</span>
      </>
    );
  }
  if (opened.id === null && opened.text === opened.saved) {
    return (
      <span className="muted">
        Write an entry rule to begin. <kbd>Ctrl Space</kbd> shows every name.
      </span>
    );
  }
  if (check === null) return <span className="muted">Checking …</span>;
  if (check.failure !== null) return <span className="wrong">✗ {check.failure.message}</span>;
  const { problems, parameterCount, lookback } = check;
  const [first] = problems;
  if (first !== undefined) {
    const where = first.path === '' ? first.field : first.path;
    return (
      <>
        <button
          type="button"
          className="link wrong"
          data-testid="strategy-first-problem"
          onClick={() => {
            onView('form');
            focusField(first.field);
          }}
        >
          ✗ {problems.length === 1 ? '1 problem' : `${problems.length} problems`}
        </button>
        <span className="clip">
          {where}: {first.message}
        </span>
      </>
    );
  }
  const bars = datasets?.find(({ id }) => id === datasetId);
  const short = lookback !== null && bars !== undefined && bars.current.barCount <= lookback;
  return (
    <>
      <span className="up">✓ No problems</span>
      <span className="muted">
        {parameterCount === 1 ? '1 parameter' : `${parameterCount} parameters`}
        {lookback === null ? '' : `, first rule known after ${lookback + 1} bars`}
      </span>
      {short ? (
        <span className="warning">
          ! {bars.symbol} has {bars.current.barCount} bars only
        </span>
      ) : null}
      {isEditable(opened) ? null : (
        <span className="muted clip">Read-only: duplicate it to change</span>
      )}
    </>
  );
}

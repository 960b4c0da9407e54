import { Copy, Play, Save, Trash2 } from 'lucide-react';
import type { Strategy } from '../../client/store.ts';
import { isEditable, VIEWS, type Opened, type View } from './editor-state.ts';
import type { Check } from './use-check.ts';
import type { Editor } from './use-editor.ts';

interface StrategyHeadProps {
  readonly editor: Editor;
  readonly opened: Opened;
  readonly entry: Strategy | undefined;
  readonly check: Check | null;
  readonly onBacktest: () => void;
  readonly onDelete: () => void;
  readonly onDuplicate: () => void;
}

const TITLES: Readonly<Record<View, string>> = { form: 'Form', yaml: 'YAML', json: 'JSON' };

/** Name, state and actions of the strategy that is open. */
export function StrategyHead(props: StrategyHeadProps) {
  const { editor, opened, entry, check } = props;
  const { dirty, busy, state } = editor;
  const document = opened.language !== null;
  const editable = isEditable(opened);
  const wrong = opened.problem !== null || (check?.problems.length ?? 0) > 0;
  const title = document ? opened.draft.name : (entry?.title ?? opened.id);
  const runnable = document ? !wrong : entry?.error === null;
  return (
    <header className="toolbar strategy-head">
      <h3 className="clip" title={title ?? ''}>
        {title === null || title === '' ? 'New strategy' : title}
      </h3>
      <StateBadge opened={opened} dirty={dirty} />
      {document ? (
        <div className="tabs" role="tablist" aria-label="View of the strategy">
          {VIEWS.map((view) => (
            <button
              key={view}
              type="button"
              role="tab"
              className="tab"
              aria-selected={state.view === view}
              data-testid={`strategy-${view}`}
              onClick={() => editor.setView(view)}
            >
              {TITLES[view]}
            </button>
          ))}
        </div>
      ) : null}
      <span className="spacer" />
      {document ? (
        <button
          type="button"
          className="icon-button"
          aria-label="Duplicate this strategy"
          title="Duplicate"
          data-testid="strategy-duplicate"
          disabled={opened.problem !== null}
          onClick={props.onDuplicate}
        >
          <Copy size={13} aria-hidden />
        </button>
      ) : null}
      {editable ? (
        <>
          <button
            type="button"
            className="button"
            aria-label="Save"
            title="Save (Ctrl+S)"
            data-testid="strategy-save"
            disabled={!dirty || wrong || busy}
            onClick={() => void editor.save()}
          >
            <Save size={13} aria-hidden /> <span className="button-text">Save</span>
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label="Delete this strategy"
            title="Delete"
            data-testid="strategy-delete"
            onClick={props.onDelete}
          >
            <Trash2 size={14} aria-hidden />
          </button>
        </>
      ) : null}
      <button
        type="button"
        className="button primary"
        title={dirty ? 'Save and backtest (Ctrl+Enter)' : 'Backtest (Ctrl+Enter)'}
        data-testid="strategy-backtest"
        disabled={!runnable || busy}
        onClick={props.onBacktest}
      >
        <Play size={13} aria-hidden /> Backtest
      </button>
    </header>
  );
}

function StateBadge({ opened, dirty }: { opened: Opened; dirty: boolean }) {
  if (dirty) return <span className="badge warning">not saved</span>;
  if (opened.origin === 'user') return null;
  return <span className="badge">{opened.origin}</span>;
}

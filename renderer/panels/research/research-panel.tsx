import { List, PanelLeft, Trash2 } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { useSaved } from '../../client/saved.ts';
import { EmptyState, Loading } from '../../components/states.tsx';
import { AuditView } from './audit-view.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { CrossValidationView } from './cross-validation-view.tsx';
import { MonteCarloView } from './monte-carlo-view.tsx';
import { Progress } from './progress.tsx';
import { RandomEntryView } from './random-entry-view.tsx';
import { RealityCheckView } from './reality-check-view.tsx';
import { deleteResearch, ResearchList } from './research-list.tsx';
import { Setup } from './setup.tsx';
import { SweepView } from './sweep-view.tsx';
import { KIND_TITLES, STATE_TITLES } from './texts.ts';
import { useFollowedResearch, useResearch } from './use-research.ts';
import { INITIAL_VIEW, parseView, type ViewState } from './view-state.ts';
import { WalkForwardView } from './walk-forward-view.tsx';
import './sweep.css';
import './outcomes.css';
import './validation.css';
import './research.css';

/** Sweeps, walk-forward tests, simulations and audits: set up on the left, read on the right. */
export function ResearchPanel() {
  useFollowedResearch();
  const items = useResearch((state) => state.items);
  const versions = useResearch((state) => state.versions);
  const [view, setView, loaded] = useSaved<ViewState>('research.view', INITIAL_VIEW, parseView);
  const [deleting, setDeleting] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  // What is told while a call is on its way must not undo what was told since.
  const latest = useRef(view);
  useEffect(() => {
    latest.current = view;
  }, [view]);
  const onView = useCallback(
    (part: Partial<ViewState>) => {
      latest.current = { ...latest.current, ...part };
      setView(latest.current);
    },
    [setView],
  );
  const open = items?.find(({ id }) => id === view.open);
  const openId = open?.id;
  useEffect(() => setFailure(null), [openId]);

  if (!loaded) return <Loading label="Reading the workspace …" />;

  async function remove(id: string): Promise<void> {
    setFailure(await deleteResearch(id));
    onView({ open: null });
  }

  return (
    <section
      className={view.setup ? 'panel research' : 'panel research no-setup'}
      aria-label="Research"
      data-testid="research-panel"
    >
      <div className="toolbar">
        <button
          type="button"
          className="icon-button"
          aria-label="Set-up"
          title="Show or hide the form"
          aria-pressed={view.setup}
          data-testid="research-setup-toggle"
          onClick={() => onView({ setup: !view.setup })}
        >
          <PanelLeft size={14} aria-hidden />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label="All research"
          title="All research"
          aria-pressed={open === undefined}
          data-testid="research-all"
          onClick={() => onView({ open: null })}
        >
          <List size={14} aria-hidden />
        </button>
        <select
          aria-label="Open research"
          data-testid="research-open"
          value={openId ?? ''}
          onChange={(event) => onView({ open: event.target.value || null })}
        >
          <option value="">
            {items === null ? 'Reading …' : `All research (${items.length})`}
          </option>
          {items?.map((item) => (
            <option key={item.id} value={item.id}>
              {optionText(item)}
            </option>
          ))}
        </select>
        <span className="spacer" />
        {open === undefined ? null : (
          <button
            type="button"
            className="icon-button"
            aria-label="Delete this research"
            disabled={open.state === 'running'}
            onClick={() => setDeleting(true)}
          >
            <Trash2 size={14} aria-hidden />
          </button>
        )}
      </div>
      <div className="research-split">
        {view.setup ? <Setup onStarted={(id) => onView({ open: id })} /> : null}
        <div className="research-results">
          {failure === null ? null : (
            <p className="note wrong" role="alert">
              {failure}
            </p>
          )}
          {open === undefined ? (
            view.open !== null && items === null ? (
              <Loading label="Reading the research …" />
            ) : (
              <ResearchList onOpen={(id) => onView({ open: id })} />
            )
          ) : (
            <>
              <Progress key={open.id} item={open} onDelete={() => void remove(open.id)} />
              <Results
                key={`view-${open.id}`}
                item={open}
                version={versions[open.id] ?? 0}
                view={view}
                onView={onView}
              />
            </>
          )}
        </div>
      </div>
      <ConfirmDialog
        open={deleting && open !== undefined}
        title={`Delete "${open?.title ?? ''}"?`}
        text="Its results are deleted for good; the trials stay counted."
        action="Delete"
        onClose={() => setDeleting(false)}
        onConfirm={() => {
          setDeleting(false);
          if (open !== undefined) void remove(open.id);
        }}
      />
    </section>
  );
}

interface ResultsProps {
  readonly item: ResearchItem;
  readonly version: number;
  readonly view: ViewState;
  readonly onView: (part: Partial<ViewState>) => void;
}

function Results({ item, version, view, onView }: ResultsProps) {
  if (item.state === 'failed' && item.rows === 0 && item.kind !== 'sweep') {
    return (
      <EmptyState
        title={`${KIND_TITLES[item.kind]} failed`}
        hint={item.message ?? 'Start it again from the form.'}
      />
    );
  }
  switch (item.kind) {
    case 'sweep':
      return <SweepView item={item} version={version} view={view} onView={onView} />;
    case 'walk-forward':
      return <WalkForwardView item={item} version={version} />;
    case 'cross-validation':
      return <CrossValidationView item={item} version={version} />;
    case 'reality-check':
      return <RealityCheckView item={item} version={version} />;
    case 'random-entry':
      return <RandomEntryView item={item} version={version} />;
    case 'monte-carlo':
      return <MonteCarloView item={item} version={version} view={view} onView={onView} />;
    case 'audit':
      return <AuditView item={item} version={version} />;
  }
}

function optionText({ title, state, createdAt }: ResearchItem): string {
  const clock = new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ');
  const mark = state === 'done' ? '' : ` · ${STATE_TITLES[state].toLowerCase()}`;
  return `${title} · ${clock}${mark}`;
}

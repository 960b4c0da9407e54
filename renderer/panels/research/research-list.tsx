import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { useWorkstation, workstation } from '../../client/store.ts';
import { formatCount, formatTime } from '../../components/format.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { KIND_TITLES, STATE_TITLES, trialsText } from './texts.ts';
import { refreshResearch, useAnswer, useResearch } from './use-research.ts';

interface ResearchListProps {
  readonly onOpen: (id: string) => void;
}

/** Deletes research. @returns what went wrong */
export async function deleteResearch(researchId: string): Promise<string | null> {
  try {
    await workstation().call('research.delete', { researchId });
    return null;
  } catch (error) {
    return toErrorPayload(error).message;
  } finally {
    await refreshResearch();
  }
}

/** Past and present research, newest first, and how often each dataset was tried. */
export function ResearchList({ onOpen }: ResearchListProps) {
  const items = useResearch((state) => state.items);
  const error = useResearch((state) => state.error);
  const datasets = useWorkstation((state) => state.datasets);
  const [deleting, setDeleting] = useState<ResearchItem | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const trials = useAnswer('trials.count', { datasetId: null }, items?.length ?? 0);
  if (items === null) {
    return error === null ? (
      <Loading label="Reading the research …" />
    ) : (
      <ErrorState error={error} onRetry={() => void refreshResearch()} />
    );
  }
  const symbolOf = (id: string): string =>
    datasets?.find((each) => each.id === id)?.symbol ?? id.split('@')[0] ?? id;
  return (
    <div className="research-list" data-testid="research-list">
      {failure === null ? null : (
        <p className="note wrong" role="alert">
          {failure}
        </p>
      )}
      {items.length === 0 ? (
        <EmptyState
          title="No research yet"
          hint="Give a parameter a range on the left and run it: its map, rows and what they are worth appear here."
        />
      ) : (
        <ul className="research-items" aria-label="Research">
          {items.map((item) => (
            <li key={item.id}>
              <button
                type="button"
                className="research-item"
                data-testid={`research-open-${item.kind}`}
                onClick={() => onOpen(item.id)}
              >
                <span className="clip">{item.title}</span>
                <span className="muted clip">
                  {KIND_TITLES[item.kind]} · {symbolOf(item.datasetId)} · begun{' '}
                  {formatTime(item.createdAt)}
                  {item.rows === 0 ? '' : ` · ${formatCount(item.rows)} results`}
                  {item.message === null ? '' : ` · ${item.message}`}
                </span>
              </button>
              {item.state === 'done' || item.total === 0 ? null : (
                <span className="muted">{Math.floor((item.done / item.total) * 100)} %</span>
              )}
              <span className={`badge state-${item.state}`}>{STATE_TITLES[item.state]}</span>
              <button
                type="button"
                className="cell-button"
                aria-label={`Delete ${item.title}`}
                disabled={item.state === 'running'}
                onClick={() => setDeleting(item)}
              >
                <Trash2 size={12} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      {trials.data === null || trials.data.length === 0 ? null : (
        <section className="trials">
          <h4>Trials on each dataset</h4>
          <ul>
            {trials.data.map((totals) => (
              <li key={totals.dataset}>
                <strong>{totals.dataset}</strong> {trialsText(totals)}
                <span className="muted">
                  {' '}
                  {Object.entries(totals.sources)
                    .map(([source, count]) => `${source} ${formatCount(count)}`)
                    .join(', ')}
                </span>
              </li>
            ))}
          </ul>
          <p className="muted">
            The more was tried on the same data, the more a good result owes to choice.
          </p>
        </section>
      )}
      <ConfirmDialog
        open={deleting !== null}
        title={`Delete "${deleting?.title ?? ''}"?`}
        text={`Its ${formatCount(deleting?.rows ?? 0)} results are deleted for good; the trials stay counted.`}
        action="Delete"
        onClose={() => setDeleting(null)}
        onConfirm={() => {
          const id = deleting?.id;
          setDeleting(null);
          if (id !== undefined) void deleteResearch(id).then(setFailure);
        }}
      />
    </div>
  );
}

import { Pause, Play, X } from 'lucide-react';
import { useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { workstation } from '../../client/store.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { progressText, STATE_TITLES } from './texts.ts';
import { refreshResearch } from './use-research.ts';

/** Kinds whose work goes on where it was paused. */
const RESUMED = new Set<ResearchItem['kind']>(['sweep', 'walk-forward']);

/** How far the open research is, and what can be done about it. */
export function Progress({ item, onDelete }: { item: ResearchItem; onDelete: () => void }) {
  const [failure, setFailure] = useState<string | null>(null);
  const [cancelling, setCancelling] = useState(false);
  const { id, state, done, total, kind } = item;
  const percent = total === 0 ? 0 : Math.min(100, (done / total) * 100);
  const act = async (name: 'research.pause' | 'research.resume'): Promise<void> => {
    try {
      await workstation().call(name, { researchId: id });
      setFailure(null);
    } catch (error) {
      setFailure(toErrorPayload(error).message);
    }
    await refreshResearch();
  };
  if (state === 'done') return null;
  return (
    <div className={`progress ${state}`} data-testid="research-progress">
      <span className={`badge state-${state}`} data-testid="research-state">
        {STATE_TITLES[state]}
      </span>
      <div
        className="bar"
        role="progressbar"
        aria-label={item.title}
        aria-valuenow={Math.round(percent)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      <span className="progress-text">{progressText(item)}</span>
      {item.message === null ? null : <span className="clip warning">{item.message}</span>}
      {failure === null ? null : (
        <span className="clip note wrong" role="alert" title={failure}>
          {failure}
        </span>
      )}
      {state === 'running' && RESUMED.has(kind) ? (
        <button
          type="button"
          className="button"
          data-testid="research-pause"
          onClick={() => void act('research.pause')}
        >
          <Pause size={12} aria-hidden /> Pause
        </button>
      ) : null}
      {state === 'paused' || (state === 'failed' && RESUMED.has(kind)) ? (
        <button
          type="button"
          className="button primary"
          data-testid="research-resume"
          onClick={() => void act('research.resume')}
        >
          <Play size={12} aria-hidden /> Resume
        </button>
      ) : null}
      {state === 'running' ? (
        <button
          type="button"
          className="button"
          data-testid="research-cancel"
          onClick={() => setCancelling(true)}
        >
          <X size={12} aria-hidden /> Cancel
        </button>
      ) : null}
      <ConfirmDialog
        open={cancelling}
        title="Cancel this research?"
        text="Its results so far are deleted; the trials stay counted. Pause keeps them and goes on later."
        action="Cancel and delete"
        onClose={() => setCancelling(false)}
        onConfirm={() => {
          setCancelling(false);
          void act('research.pause').then(onDelete);
        }}
      />
    </div>
  );
}

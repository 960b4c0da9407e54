import { Activity, Database, Plug, RotateCcw, X } from 'lucide-react';
import { dismissFailure, reconnect, useWorkstation, workstation } from '../client/store.ts';
import { formatBytes } from '../components/format.ts';
import { JobProgress } from '../components/job-progress.tsx';
import { KillSwitch, SessionMode, TradingStatus } from './trading-status.tsx';

const CONNECTION = {
  connecting: 'Connecting',
  open: 'Connected',
  lost: 'Connection lost',
  ended: 'Session ended',
} as const;

interface StatusBarProps {
  /** Whether the kill switch asks. */
  readonly killing: boolean;
  readonly onKilling: (killing: boolean) => void;
}

export function StatusBar({ killing, onKilling }: StatusBarProps) {
  const connection = useWorkstation((state) => state.connection);
  const health = useWorkstation((state) => state.health);
  const info = useWorkstation((state) => state.info);
  const jobs = useWorkstation((state) => state.jobs);
  const failure = useWorkstation((state) => state.failure);
  const active = jobs.find(({ state }) => state === 'running' || state === 'queued');
  return (
    <footer className="status-bar" aria-label="Status">
      <SessionMode />
      <span className={connection === 'open' ? '' : 'warning'} data-testid="connection">
        <Plug size={12} aria-hidden /> {CONNECTION[connection]}
      </span>
      {info === null ? null : (
        <span className="muted">
          <Database size={12} aria-hidden />{' '}
          {info.store.state === 'ready' ? 'Store ready' : 'Store recovered'} · {info.runtime}
        </span>
      )}
      <TradingStatus />
      <span className="spacer" />
      {failure === null ? null : (
        <span role="alert" className="clip">
          <button type="button" className="status-failure" onClick={dismissFailure} title="Dismiss">
            {failure.message} <X size={12} aria-hidden />
          </button>
        </span>
      )}
      {active === undefined ? null : (
        <span className="status-job">
          <JobProgress job={active} />
          <button
            type="button"
            className="icon-button"
            aria-label={`Cancel ${active.title}`}
            onClick={() =>
              void workstation()
                .call('jobs.cancel', { jobId: active.id })
                .catch(() => undefined)
            }
          >
            <X size={12} aria-hidden />
          </button>
        </span>
      )}
      {health === null ? null : (
        <span className="muted" title="99th percentile of the main thread's delay, and its memory">
          <Activity size={12} aria-hidden /> {health.eventLoopDelayP99.toFixed(1)} ms ·{' '}
          {formatBytes(health.memoryBytes)}
        </span>
      )}
      <KillSwitch open={killing} onOpenChange={onKilling} />
    </footer>
  );
}

/** Tells that the workstation was started again and does not know this window any more. */
export function SessionNotice() {
  const connection = useWorkstation((state) => state.connection);
  if (connection !== 'ended') return null;
  return (
    <div className="notice" role="alert" data-testid="session-notice">
      <span>
        The session has ended, because Renata was started again. A new link is printed in the
        terminal where it runs; press <kbd>n</kbd> there for another, open it, then retry here.
      </span>
      <button type="button" className="button" data-testid="session-retry" onClick={reconnect}>
        <RotateCcw size={13} aria-hidden /> Retry
      </button>
    </div>
  );
}

/** Tells that a damaged store was set aside, and offers the backups. */
export function StoreNotice() {
  const info = useWorkstation((state) => state.info);
  if (info?.store.state !== 'recovered') return null;
  const { keptAs, reason, backups } = info.store;
  return (
    <div className="notice" role="alert" data-testid="store-notice">
      <span>
        The store was damaged ({reason}). It is kept as {keptAs}, and a new one was opened.
      </span>
      {backups.slice(0, 3).map(({ name, time }) => (
        <button
          key={name}
          type="button"
          className="button"
          onClick={() =>
            void workstation()
              .call('store.restore', { backup: name })
              .catch(() => undefined)
          }
        >
          Restore the backup of {new Date(time).toISOString().slice(0, 16).replace('T', ' ')}
        </button>
      ))}
      {backups.length === 0 ? <span className="muted">There is no backup yet.</span> : null}
    </div>
  );
}

import { AlertTriangle, Copy, RotateCcw } from 'lucide-react';
import { Component, useEffect, useState, type ReactNode } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../engine/domain/errors.ts';
import { copyText } from './clipboard.ts';

/** An empty panel: what it is for and the one thing to do next. */
export function EmptyState({
  title,
  hint,
  children,
}: {
  title: string;
  hint: string;
  children?: ReactNode;
}) {
  return (
    <div className="state" role="status">
      <h3>{title}</h3>
      <p>{hint}</p>
      {children}
    </div>
  );
}

const SKELETON_DELAY_MS = 150;

/** Grey bars that appear only when loading takes long enough to be noticed. */
export function Loading({ label }: { label: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SKELETON_DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return <div className="state" aria-busy="true" />;
  return (
    <div className="state" role="status" aria-busy="true" aria-label={label}>
      <div className="skeleton" />
      <div className="skeleton short" />
      <div className="skeleton" />
      <p>{label}</p>
    </div>
  );
}

/** What failed and what to do about it. */
export function ErrorState({ error, onRetry }: { error: ErrorPayload; onRetry?: () => void }) {
  const details = JSON.stringify(error, null, 2);
  return (
    <div className="state error" role="alert">
      <AlertTriangle size={20} aria-hidden />
      <p>{error.message}</p>
      <div className="row">
        {onRetry === undefined ? null : (
          <button type="button" className="button" onClick={onRetry}>
            <RotateCcw size={13} aria-hidden /> Retry
          </button>
        )}
        <button type="button" className="button" onClick={() => void copyText(details)}>
          <Copy size={13} aria-hidden /> Copy details
        </button>
      </div>
    </div>
  );
}

interface BoundaryState {
  readonly error: ErrorPayload | null;
}

/** Keeps a defect of one panel from taking the window down. */
export class PanelBoundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: toErrorPayload(error) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return <ErrorState error={error} onRetry={() => this.setState({ error: null })} />;
  }
}

import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react';
import { useEffect } from 'react';
import type { Notice } from '../client/trading-state.ts';
import { dismissNotice, useTrading } from '../client/trading-store.ts';
import { clockText } from '../components/trading/words.ts';
import './toasts.css';

const ICONS = { info: Info, warning: TriangleAlert, error: CircleAlert } as const;
/** Good news goes by itself; what is wrong stays until it was put away. */
const GOES_MS = { info: 6_000, warning: 15_000 } as const;

/** What the user must see at once: a rejection, an order of unknown outcome, a lost connection. */
export function Toasts() {
  const notices = useTrading((state) => state.notices);
  return (
    <ol className="toasts" aria-label="Notices">
      {notices.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </ol>
  );
}

function Toast({ notice }: { readonly notice: Notice }) {
  const { id, level, title, text, time } = notice;
  useEffect(() => {
    if (level === 'error') return undefined;
    const timer = setTimeout(() => dismissNotice(id), GOES_MS[level]);
    return () => clearTimeout(timer);
  }, [id, level]);
  const Icon = ICONS[level];
  return (
    <li
      className={`toast ${level}`}
      role={level === 'info' ? 'status' : 'alert'}
      data-testid="toast"
    >
      <Icon size={14} aria-hidden />
      <div>
        <strong>{title}</strong>
        <p>{text}</p>
      </div>
      <span className="muted">{clockText(time, Date.now())}</span>
      <button
        type="button"
        className="icon-button"
        aria-label={`Put away: ${title}`}
        onClick={() => dismissNotice(id)}
      >
        <X size={12} aria-hidden />
      </button>
    </li>
  );
}

import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { workstation } from '../../client/store.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { groupedWords } from '../../components/trading/decimals.ts';
import { StateChip } from '../../components/trading/state-chip.tsx';
import { orderText } from './order-rows.ts';

type Told = CallOutput<'orders.history'>;

interface HistoryDrawerProps {
  readonly clientOrderId: string;
  /** Rises when something has happened to the order. */
  readonly version: number;
  readonly onClose: () => void;
}

/** The life of one order, line by line as the journal has it. */
export function HistoryDrawer({ clientOrderId, version, onClose }: HistoryDrawerProps) {
  const [told, setTold] = useState<Told | null>(null);
  const [failure, setFailure] = useState<ErrorPayload | null>(null);
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let current = true;
    setFailure(null);
    workstation()
      .call('orders.history', { clientOrderId })
      .then((answer) => current && setTold(answer))
      .catch((error: unknown) => current && setFailure(toErrorPayload(error)));
    return () => {
      current = false;
    };
  }, [clientOrderId, version, again]);
  const shown = told?.order.clientOrderId === clientOrderId ? told : null;
  return (
    <aside className="history" aria-label="History of the order" data-testid="order-history">
      <header className="history-head">
        <strong className="clip">{shown === null ? 'History' : orderText(shown.order)}</strong>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <X size={12} aria-hidden />
        </button>
      </header>
      {failure !== null ? (
        <ErrorState error={failure} onRetry={() => setAgain(again + 1)} />
      ) : shown === null ? (
        <Loading label="Reading the journal …" />
      ) : (
        <ol className="history-lines">
          <li className="muted mono">
            {[
              shown.order.clientOrderId,
              ...(shown.order.venueOrderId === null ? [] : [`venue ${shown.order.venueOrderId}`]),
              ...(shown.order.reasonCode === '' ? [] : [shown.order.reasonCode]),
            ].join(' · ')}
          </li>
          {shown.lines.map((line) => (
            <li key={line.sequence}>
              <span className="mono muted" title={`Entry ${line.sequence} of the journal`}>
                {new Date(line.time).toISOString().slice(11, 23)}
              </span>
              <StateChip state={line.state} />
              <span className="muted">{line.source}</span>
              <span className="history-text">
                {line.text === '' ? line.type : groupedWords(line.text)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </aside>
  );
}

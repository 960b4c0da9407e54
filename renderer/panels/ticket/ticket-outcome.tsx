import { openPanel } from '../../client/store.ts';
import { useTrading } from '../../client/trading-store.ts';
import { groupedWords } from '../../components/trading/decimals.ts';
import { StateChip } from '../../components/trading/state-chip.tsx';
import type { Outcome } from './use-sending.ts';

/** What became of the order that was sent last, as it goes on. */
export function TicketOutcome({ outcome }: { readonly outcome: Outcome | null }) {
  const order = useTrading(({ orders }) =>
    outcome?.kind === 'order' ? orders?.get(outcome.clientOrderId) : undefined,
  );
  if (outcome === null) return null;
  if (outcome.kind === 'failure') {
    return (
      <p className="denial" role="alert" data-testid="ticket-failure">
        {outcome.text}
      </p>
    );
  }
  return (
    <p className="ticket-outcome" role="status" data-testid="ticket-outcome">
      {order === undefined ? null : <StateChip state={order.state} />}
      <button type="button" className="link clip" onClick={() => openPanel('orders')}>
        {outcome.sentence}
      </button>
      {order === undefined || order.reason === '' ? null : (
        <span className="ticket-reason">{groupedWords(order.reason)}</span>
      )}
    </p>
  );
}

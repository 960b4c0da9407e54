import { useEffect, useState } from 'react';
import type { AlgorithmView } from '../../../engine/protocol/execution-schemas.ts';
import { openPanel, workstation } from '../../client/store.ts';
import { useTrading } from '../../client/trading-store.ts';
import { groupedWords } from '../../components/trading/decimals.ts';
import { Chip, StateChip } from '../../components/trading/state-chip.tsx';
import { standingOf } from '../../components/trading/algorithm-standing.ts';
import type { Outcome } from './use-sending.ts';

/** What became of what was sent last, as it goes on. */
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
  if (outcome.kind === 'algorithm') return <AlgorithmOutcome key={outcome.view.id} {...outcome} />;
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

function AlgorithmOutcome({ view, sentence }: { view: AlgorithmView; sentence: string }) {
  const [now, setNow] = useState(view);
  useEffect(
    () =>
      workstation().on('algorithms.changed', ({ algorithms }) => {
        const changed = algorithms.find(({ id }) => id === view.id);
        if (changed !== undefined) setNow(changed);
      }),
    [view.id],
  );
  const { name, tone } = standingOf(now);
  return (
    <p className="ticket-outcome" role="status" data-testid="ticket-outcome">
      <Chip tone={tone}>{name}</Chip>
      <button type="button" className="link clip" onClick={() => openPanel('algorithms')}>
        {sentence}
      </button>
      {now.reason === '' ? null : <span className="ticket-reason">{groupedWords(now.reason)}</span>}
    </p>
  );
}

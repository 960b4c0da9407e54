import { useRef, useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { Ticket } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import { tellOrders } from '../../client/trading-store.ts';
import { newRequestId } from '../../components/trading/words.ts';

/** What became of the last order of this ticket. */
export type Outcome =
  | { readonly kind: 'order'; readonly clientOrderId: string; readonly sentence: string }
  | { readonly kind: 'failure'; readonly text: string };

/**
 * Sends tickets. A request whose answer never came keeps its name for as long as the ticket stays the
 * same: sent again it gives the orders that there are, and never a second one.
 */
export function useSending(onPlaced: () => void) {
  const [sending, setSending] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const open = useRef<{ readonly id: string; readonly key: string }>(undefined);
  const busy = useRef(false);

  async function send(ticket: Ticket, sentence: string): Promise<void> {
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    setOutcome(null);
    const key = JSON.stringify(ticket);
    const requestId = open.current?.key === key ? open.current.id : newRequestId();
    open.current = { id: requestId, key };
    try {
      const { orders } = await workstation().call('orders.place', { requestId, ticket });
      open.current = undefined;
      tellOrders(orders);
      const [first] = orders;
      if (first !== undefined)
        setOutcome({ kind: 'order', clientOrderId: first.clientOrderId, sentence });
      if (first?.state !== 'Denied') onPlaced();
    } catch (error) {
      const { code, message } = toErrorPayload(error);
      // Only a lost connection leaves open what became of it.
      if (code !== 'UNAVAILABLE') open.current = undefined;
      setOutcome({
        kind: 'failure',
        text:
          code === 'UNAVAILABLE'
            ? `${message} Whether the order was taken is not known here: look in Orders. Sending this same ticket again does not place it twice.`
            : message,
      });
    } finally {
      busy.current = false;
      setSending(false);
    }
  }

  return { sending, outcome, send, forget: () => setOutcome(null) };
}

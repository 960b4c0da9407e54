import { useRef, useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { AlgorithmTicket, AlgorithmView } from '../../../engine/protocol/execution-schemas.ts';
import type { Ticket } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import { tellOrders } from '../../client/trading-store.ts';
import { newRequestId } from '../../components/trading/words.ts';

/** What became of what this ticket sent last. */
export type Outcome =
  | { readonly kind: 'order'; readonly clientOrderId: string; readonly sentence: string }
  | { readonly kind: 'algorithm'; readonly view: AlgorithmView; readonly sentence: string }
  | { readonly kind: 'failure'; readonly text: string };

interface Sent {
  readonly outcome: Outcome | null;
  /** Nothing was placed: it was denied. */
  readonly denied: boolean;
}

/** How something is sent, under the name of its request. */
export interface Way<Wish> {
  readonly place: (requestId: string, wish: Wish, sentence: string) => Promise<Sent>;
  /** What is not known here after an answer was lost, and where to look. */
  readonly doubt: string;
}

export const ORDERS: Way<Ticket> = {
  async place(requestId, ticket, sentence) {
    const { orders } = await workstation().call('orders.place', { requestId, ticket });
    tellOrders(orders);
    const [first] = orders;
    if (first === undefined) return { outcome: null, denied: false };
    const { clientOrderId, state } = first;
    return { outcome: { kind: 'order', clientOrderId, sentence }, denied: state === 'Denied' };
  },
  doubt:
    'Whether the order was taken is not known here: look in Orders. Sending this same ticket again does not place it twice.',
};

export const ALGORITHMS: Way<AlgorithmTicket> = {
  async place(requestId, ticket, sentence) {
    const { algorithm } = await workstation().call('algorithms.start', { requestId, ticket });
    return { outcome: { kind: 'algorithm', view: algorithm, sentence }, denied: algorithm.denied };
  },
  doubt:
    'Whether it was begun is not known here: look in Algorithms. Starting this same ticket again does not begin it twice.',
};

/**
 * Sends tickets. A request whose answer never came keeps its name for as long as the ticket stays the
 * same: sent again it gives what there is, and never a second one.
 */
export function useSending<Wish>(way: Way<Wish>, onPlaced: () => void) {
  const [sending, setSending] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const open = useRef<{ readonly id: string; readonly key: string }>(undefined);
  const busy = useRef(false);

  async function send(wish: Wish, sentence: string): Promise<void> {
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    setOutcome(null);
    const key = JSON.stringify(wish);
    const requestId = open.current?.key === key ? open.current.id : newRequestId();
    open.current = { id: requestId, key };
    try {
      const sent = await way.place(requestId, wish, sentence);
      open.current = undefined;
      if (sent.outcome !== null) setOutcome(sent.outcome);
      if (!sent.denied) onPlaced();
    } catch (error) {
      const { code, message } = toErrorPayload(error);
      // Only a lost connection leaves open what became of it.
      if (code !== 'UNAVAILABLE') open.current = undefined;
      setOutcome({
        kind: 'failure',
        text: code === 'UNAVAILABLE' ? `${message} ${way.doubt}` : message,
      });
    } finally {
      busy.current = false;
      setSending(false);
    }
  }

  return { sending, outcome, send, forget: () => setOutcome(null) };
}

import { useEffect, useRef, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { OrderCheck, Ticket } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';

/** What the workstation said of a ticket, last. */
export interface Checked {
  readonly ticket: Ticket | undefined;
  readonly check: OrderCheck | undefined;
  readonly error: ErrorPayload | undefined;
  /** Whether it was said of the ticket as it is now. */
  readonly fresh: boolean;
}

/** After the last key. */
const TYPING_MS = 180;
/** Prices, rates and other orders move on: what was said a while ago is asked again. */
const AGAIN_MS = 3_000;

interface Answer {
  readonly key: string;
  readonly ticket: Ticket;
  readonly check?: OrderCheck;
  readonly error?: ErrorPayload;
}

/** Has a ticket checked when it has changed, and again as time goes by. */
export function useCheck(ticket: Ticket | undefined): Checked {
  const key = ticket === undefined ? '' : JSON.stringify(ticket);
  const [answer, setAnswer] = useState<Answer>();
  const latest = useRef(key);
  useEffect(() => {
    latest.current = key;
    if (key === '') return undefined;
    const asked = JSON.parse(key) as Ticket;
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const ask = async (): Promise<void> => {
      let told: Answer;
      try {
        const check = await workstation().call('orders.check', { ticket: asked });
        told = { key, ticket: asked, check };
      } catch (error) {
        told = { key, ticket: asked, error: toErrorPayload(error) };
      }
      if (ended || latest.current !== key) return;
      setAnswer(told);
      timer = setTimeout(() => void ask(), AGAIN_MS);
    };
    timer = setTimeout(() => void ask(), TYPING_MS);
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [key]);
  const fresh = answer !== undefined && key !== '' && answer.key === key;
  return {
    ticket: fresh ? answer.ticket : undefined,
    check: key === '' ? undefined : answer?.check,
    error: fresh ? answer.error : undefined,
    fresh,
  };
}

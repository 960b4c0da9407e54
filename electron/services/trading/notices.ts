import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Mark } from '../../../engine/risk/view.ts';

/** What the user is told at once, beside what panels show. */
export interface Notice {
  readonly level: 'info' | 'warning' | 'error';
  readonly title: string;
  readonly text: string;
  readonly subject: string;
}

/** What the state of an order makes known; null when it is nothing to be told loudly. */
export function noticeOf({ state, instrument, reason, clientOrderId }: OrderRecord): Notice | null {
  if (state === 'Rejected') {
    return {
      level: 'error',
      title: 'Order rejected',
      text: `${instrument}: ${reason}`,
      subject: clientOrderId,
    };
  }
  if (state === 'Unknown') {
    return {
      level: 'warning',
      title: 'Outcome unknown',
      text: `${instrument}: ${reason} The venue is being asked; do not send it again.`,
      subject: clientOrderId,
    };
  }
  return null;
}

/** A stop that does not stand, so that a position is bare. */
export function unprotectedNotice(
  { instrument, account, clientOrderId }: OrderRecord,
  why: string,
): Notice {
  return {
    level: 'error',
    title: 'Position without protection',
    text: `${instrument} in ${account}: its stop does not stand (${why}). Place another now.`,
    subject: clientOrderId,
  };
}

export function stopNotice({ clientOrderId }: OrderRecord, text: string): Notice {
  return { level: 'warning', title: 'Stop reached', text, subject: clientOrderId };
}

export function adoptedNotice({ account, terms, instrument, clientOrderId }: OrderRecord): Notice {
  return {
    level: 'info',
    title: 'Order found at the venue',
    text: `${account}: ${terms.side} ${terms.quantity} ${instrument} was placed outside of Renata and is followed now.`,
    subject: clientOrderId,
  };
}

/** No source has an instrument any more that is held: what the risk gate takes it to be worth. */
export function valuedAtLastNotice(
  account: AccountId,
  instrument: InstrumentId,
  mark: Mark | null,
): Notice {
  const worth =
    mark === null
      ? 'its price was never known, so limits on exposure refuse orders'
      : `risk values it at its last known price, ${mark.last} of ${new Date(mark.time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return {
    level: 'warning',
    title: 'Position without prices',
    text: `${instrument} in ${account}: no source knows it now; ${worth}. New orders in it are refused until a source has it.`,
    subject: instrument,
  };
}

/** What became of orders that the kill switch could not reach when it was used. */
export function laterCanceledNotice(account: AccountId, left: number): Notice {
  const text = `${account}: what the kill switch could not reach before is cancelled now`;
  return {
    level: left === 0 ? 'warning' : 'error',
    title: 'Kill switch: the venue is connected again',
    text:
      left === 0
        ? `${text}.`
        : `${text}, but ${left} still ${left === 1 ? 'works' : 'work'}; it is tried again.`,
    subject: 'kill',
  };
}

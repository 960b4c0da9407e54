import type { ReactNode } from 'react';
import type { OrderSide } from '../../../engine/domain/order.ts';
import type { OrderCheck } from '../../../engine/protocol/live-schemas.ts';
import { Denial } from './preview.tsx';
import { TicketOutcome } from './ticket-outcome.tsx';
import type { Outcome } from './use-sending.ts';

interface TicketFootProps {
  readonly side: OrderSide;
  readonly online: boolean;
  /** What the gate says of the ticket as it stands; undefined while it has not said so. */
  readonly check: OrderCheck | undefined;
  /** What is wrong beside no field. */
  readonly refusal: string | undefined;
  readonly lotSize: string | undefined;
  readonly outcome: Outcome | null;
  readonly sending: boolean;
  readonly canSend: boolean;
  readonly words: {
    readonly sending: string;
    /** Names the action, once it is known. */
    readonly action: string;
    /** What is still to be given. */
    readonly next: string;
  };
  /** The keys that it is used with. */
  readonly children: ReactNode;
  readonly onTake: (size: string) => void;
}

/** What is wrong, what became of the last one, and the one button that names the action. */
export function TicketFoot({
  side,
  online,
  check,
  refusal,
  lotSize,
  outcome,
  sending,
  canSend,
  words,
  children,
  onTake,
}: TicketFootProps) {
  let label = check === undefined ? words.next : words.action;
  if (!online) label = 'Connection lost';
  if (sending) label = words.sending;
  return (
    <>
      {refusal === undefined ? null : (
        <p className="note wrong" role="alert" data-testid="ticket-error">
          {refusal}
        </p>
      )}
      {check?.allowed === false ? <Denial check={check} lotSize={lotSize} onTake={onTake} /> : null}
      <TicketOutcome outcome={outcome} />
      <button
        type="submit"
        className={`button transmit ${side}`}
        data-testid="ticket-send"
        disabled={!canSend}
      >
        {label}
      </button>
      <p className="foot-text">{children}</p>
    </>
  );
}

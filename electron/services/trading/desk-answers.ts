import { add, compare, isZero, type Quantity } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderFact, Step } from '../../../engine/orders/facts.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Decision } from '../../../engine/risk/check.ts';

/** A decision on what is left of an order, said of the whole of it. */
export function ofWhole(decision: Decision, filled: Quantity): Decision {
  if (isZero(filled)) return decision;
  const whole = (units: Quantity | null): Quantity | null =>
    units === null || isZero(units) ? units : (add(units, filled) as Quantity);
  const each = (checks: Decision['checks']) =>
    checks.map((check) => ({ ...check, largest: whole(check.largest) }));
  const { allowed, checks, denials, largest } = decision;
  return { allowed, checks: each(checks), denials: each(denials), largest: whole(largest) };
}

/** What the gate has refused, as the order is told it. */
export function denial({ denials }: Decision): OrderFact {
  const [first] = denials;
  return {
    type: 'denied',
    code: first?.code ?? 'TRADING_HALTED',
    reason: denials.map(({ message }) => message).join(' '),
  };
}

/** What a failure of the venue says of an order: only a definite one is an answer. */
export function refused(error: VenueError, step: Step): OrderFact {
  const { code, message } = error;
  if (!error.definite) return { type: 'outcome-unknown', step, reason: message };
  switch (step) {
    case 'submit':
      return error.failure === 'not-sent'
        ? { type: 'denied', code: 'NOT_SENT', reason: message }
        : { type: 'rejected', code: code === '' ? error.failure : code, reason: message };
    case 'amend':
      return { type: 'amend-refused', code, reason: message };
    case 'cancel':
      return { type: 'cancel-refused', code, reason: message };
  }
}

/**
 * Whether an order can be changed now.
 * @throws RenataError CONFLICT for one that is closed, on its way or being changed
 */
export function requireSettled(order: OrderRecord): void {
  const { clientOrderId, state } = order;
  if (isClosed(order)) {
    throw new RenataError(
      'CONFLICT',
      `The order ${clientOrderId} is ${state} and cannot be changed.`,
    );
  }
  if (state === 'Unknown') {
    throw new RenataError(
      'CONFLICT',
      `What became of the order ${clientOrderId} is not known yet; wait until the venue has been asked.`,
      { retryable: true },
    );
  }
  if (
    order.pending !== null ||
    order.marks.canceling ||
    (state === 'Submitted' && isZero(order.filledQuantity))
  ) {
    throw new RenataError(
      'CONFLICT',
      `The order ${clientOrderId} waits for the venue's answer (${state}); try again when it has come.`,
      { retryable: true },
    );
  }
}

/**
 * Whether a changed quantity leaves something to work, and closes no more than the entry has opened.
 * @throws RenataError BAD_INPUT
 */
export function requireSize(
  { quantity }: OrderTerms,
  order: OrderRecord,
  entry: OrderRecord | undefined,
): void {
  // An exit is free of the limits on positions because it closes no more than its entry opens.
  if (entry !== undefined && compare(quantity, entry.terms.quantity) > 0) {
    throw new RenataError(
      'BAD_INPUT',
      `quantity: ${quantity} is more than the ${entry.terms.quantity} of the entry that this order closes.`,
      { details: { parameter: 'quantity' } },
    );
  }
  if (compare(quantity, order.filledQuantity) <= 0) {
    throw new RenataError(
      'BAD_INPUT',
      `quantity: ${quantity} is not more than the ${order.filledQuantity} that are filled; cancel the order instead.`,
      { details: { parameter: 'quantity' } },
    );
  }
}

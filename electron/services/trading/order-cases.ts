import type { OrderEvent } from '../../../engine/orders/facts.ts';
import type { Anomaly, OrderRecord } from '../../../engine/orders/record.ts';
import type { OrderReport } from '../../../engine/ports/execution-client.ts';
import type { CaseDraft } from './cases.ts';

type Proposal = CaseDraft['proposals'][number];

const ASK_AGAIN: Proposal = {
  id: 'again',
  label: 'Ask again',
  effect: 'Asks the venue once more; changes nothing else.',
};

/** A case about an order: what the venue says of it, beside how it stands here. */
function orderCase(
  { account, clientOrderId }: OrderRecord,
  draft: Omit<CaseDraft, 'account' | 'subject'>,
): CaseDraft {
  return { ...draft, account, subject: clientOrderId };
}

/** A report that cannot be of an order as we know it. */
export function anomalyCase(anomaly: Anomaly, order: OrderRecord, event: OrderEvent): CaseDraft {
  return orderCase(order, {
    kind: 'order-anomaly',
    venueSays: `${event.fact.type} (${anomaly})`,
    weSay: standsAs(order),
    evidence: [{ time: event.venueTime, text: JSON.stringify(event.fact).slice(0, 1000) }],
    proposals: [
      { id: 'seen', label: 'I have looked', effect: 'Closes the case; changes nothing.' },
    ],
  });
}

/** An order that is over here, and works at the venue. */
export function revenantCase(order: OrderRecord, report: OrderReport): CaseDraft {
  return orderCase(order, {
    kind: 'order-anomaly',
    venueSays: saidOf(report),
    weSay: standsAs(order),
    evidence: [
      { time: report.venueTime, text: `Among the open orders as ${report.venueOrderId}.` },
    ],
    proposals: [{ ...ASK_AGAIN, effect: `${ASK_AGAIN.effect} Cancel the order at the venue.` }],
  });
}

/** Whether a case is of an order that is over here and works there; it ends when it does not any more. */
export function isRevenant({ weSay }: { readonly weSay: string }): boolean {
  return /^(Filled|Canceled|Expired|Rejected|Denied),/.test(weSay);
}

/** The venue has filled more than its fills explain, and does not tell them. */
export function fillsMissingCase(order: OrderRecord, report: OrderReport): CaseDraft {
  return orderCase(order, {
    kind: 'order-anomaly',
    venueSays: saidOf(report),
    weSay: filledOf(order),
    evidence: [
      {
        time: report.venueTime,
        text: 'The venue was asked for its fills and does not have those that are missing.',
      },
    ],
    proposals: [
      {
        id: 'cancelled',
        label: 'It is over',
        effect: 'Marks the order as ended here; sends nothing. Compare the position afterwards.',
      },
      ASK_AGAIN,
    ],
  });
}

/** The venue had an order and does not know it any more. */
export function vanishedCase(order: OrderRecord): CaseDraft {
  return orderCase(order, {
    kind: 'order-missing-at-venue',
    venueSays: 'no such order',
    weSay: standsAs(order),
    evidence: [
      {
        time: order.changedAt,
        text: `Accepted as ${order.venueOrderId ?? 'an order without a name'}.`,
      },
    ],
    proposals: [
      {
        id: 'cancelled',
        label: 'It is cancelled',
        effect: 'Marks the order as cancelled here; sends nothing.',
      },
      ASK_AGAIN,
    ],
  });
}

/** What the venue says of an order, in a few words. */
function saidOf({ status, filledQuantity, terms }: OrderReport): string {
  return `${status}, ${filledQuantity} of ${terms.quantity} filled`;
}

const filledOf = ({ filledQuantity, terms }: OrderRecord): string =>
  `${filledQuantity} of ${terms.quantity} filled`;

const standsAs = (order: OrderRecord): string => `${order.state}, ${filledOf(order)}`;

import { compare } from '../domain/decimal.ts';
import type { Fill } from '../domain/live-order.ts';
import type { FillReport, OrderReport, RefusalReport } from '../ports/execution-client.ts';
import type { OrderFact } from './facts.ts';
import { isClosed, type OrderRecord } from './record.ts';

/** What a report of a venue means for an order that we know. */
export interface Reading {
  readonly facts: readonly OrderFact[];
  /** The venue has filled more than was told trade by trade: ask for the fills. Fills are never invented. */
  readonly fillsMissing: boolean;
}

/**
 * Reads a report as facts. A report may be older than what is known; then its facts change nothing.
 * @param asked whether the venue was asked for it, so that it is newer than everything before
 */
export function readOrderReport(order: OrderRecord, report: OrderReport, asked: boolean): Reading {
  const facts: OrderFact[] = [];
  const { status } = report;
  if (status === 'rejected') {
    facts.push({ type: 'rejected', code: '', reason: report.reason });
  } else {
    facts.push({ type: 'accepted', venueOrderId: report.venueOrderId });
  }
  if (status === 'triggered') facts.push({ type: 'triggered' });
  if (termsTold(order, report, asked)) {
    facts.push({ type: 'amended', terms: report.terms, venueOrderId: report.venueOrderId });
  }
  if (status === 'canceled') facts.push({ type: 'canceled', reason: report.reason });
  if (status === 'expired') facts.push({ type: 'expired', reason: report.reason });
  const waiting = status === 'pending-update' || status === 'pending-cancel';
  if (asked && !waiting) facts.push({ type: 'confirmed' });
  return {
    facts,
    fillsMissing: compare(report.filledQuantity, order.filledQuantity) > 0,
  };
}

/**
 * Whether the terms of a report are to be taken. What was asked for is newer than what we know; a report
 * that came by itself counts when it shows the change that we wait for, or one that we did not make.
 */
function termsTold(order: OrderRecord, report: OrderReport, asked: boolean): boolean {
  if (report.status === 'rejected' || report.status === 'pending-update') return false;
  const { pending, terms } = order;
  if (asked) return true;
  if (isClosed(order)) return false;
  if (pending === null) return false;
  const wanted = { ...terms, ...pending };
  return (
    report.terms.quantity === wanted.quantity &&
    report.terms.limitPrice === wanted.limitPrice &&
    report.terms.stopPrice === wanted.stopPrice &&
    report.terms.trailAmount === wanted.trailAmount &&
    report.terms.trailPercent === wanted.trailPercent
  );
}

/** The fill of a report as it is booked for this order. */
export function readFillReport(order: OrderRecord, report: FillReport): readonly OrderFact[] {
  if (report.busted === true) return [{ type: 'busted', tradeId: report.tradeId }];
  const fill: Fill = {
    tradeId: report.tradeId,
    clientOrderId: order.clientOrderId,
    venueOrderId: report.venueOrderId,
    account: report.account,
    instrument: report.instrument,
    side: report.side,
    quantity: report.quantity,
    price: report.price,
    commission: report.commission,
    commissionCurrency: report.commissionCurrency,
    liquidity: report.liquidity,
    venueTime: report.venueTime,
    receivedTime: report.receivedTime,
  };
  return [{ type: 'filled', fill }];
}

/** A refusal says that an order, an amendment or a cancellation was not done. */
export function readRefusal(report: RefusalReport): readonly OrderFact[] {
  const { code, reason } = report;
  switch (report.what) {
    case 'submit':
      return [{ type: 'rejected', code, reason }];
    case 'amend':
      return [{ type: 'amend-refused', code, reason }];
    case 'cancel':
      return [{ type: 'cancel-refused', code, reason }];
  }
}

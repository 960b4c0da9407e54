import { compare, decimal, isNegative, isPositive, type Decimal } from '../domain/decimal.ts';
import { LIQUIDITY, type Fill, type OrderTerms } from '../domain/live-order.ts';
import { ORDER_SIDES, ORDER_TYPES, TIMES_IN_FORCE } from '../domain/order.ts';
import type {
  ExecutionReport,
  FillReport,
  OrderReport,
  RefusalReport,
  VenueOrderStatus,
} from '../ports/execution-client.ts';
import type { OrderFact } from './facts.ts';
import { isClosed, tradeNameAt, type OrderRecord } from './record.ts';

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
    facts.push({
      type: 'amended',
      terms: keptHere(order.terms, report.terms),
      venueOrderId: report.venueOrderId,
    });
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
  const { status } = report;
  if (status === 'rejected' || status === 'pending-update') return false;
  // What an order said that ended early changes nothing any more, and some venues do not tell it whole.
  if (status === 'canceled' || status === 'expired') return false;
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

/** A venue that has no word for "reduce only" does not tell it either: then it is kept here. */
function keptHere(ours: OrderTerms, theirs: OrderTerms): OrderTerms {
  return ours.reduceOnly === undefined || theirs.reduceOnly !== undefined
    ? theirs
    : { ...theirs, reduceOnly: ours.reduceOnly };
}

/** The fill of a report as it is booked for this order. */
export function readFillReport(order: OrderRecord, report: FillReport): readonly OrderFact[] {
  if (report.busted === true) return [bustOf(order, report)];
  const fill: Fill = {
    tradeId: tradeNameAt(order, report.tradeId, report.venueTime),
    clientOrderId: order.clientOrderId,
    venueOrderId: report.venueOrderId,
    account: report.account,
    instrument: report.instrument,
    side: report.side,
    quantity: report.quantity,
    price: report.price,
    commission: report.commission,
    commissionCurrency: report.commissionCurrency,
    ...(report.unitsCharged === undefined ? {} : { unitsCharged: report.unitsCharged }),
    liquidity: report.liquidity,
    venueTime: report.venueTime,
    receivedTime: report.receivedTime,
    ...(report.marketTime === undefined ? {} : { marketTime: report.marketTime }),
  };
  return [{ type: 'filled', fill }];
}

/** A trade that is taken back anew is one of its name that was traded since; else it is told again. */
function bustOf(order: OrderRecord, { tradeId: told, bustedTime: at }: FillReport): OrderFact {
  if (at === undefined) return { type: 'busted', tradeId: told };
  const name = tradeNameAt(order, told, at);
  const booked = name === told || order.fills.some(({ tradeId }) => tradeId === name);
  return { type: 'busted', tradeId: booked ? name : told, at };
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

const STATUSES: Readonly<Record<VenueOrderStatus, true>> = {
  accepted: true,
  triggered: true,
  'partially-filled': true,
  filled: true,
  canceled: true,
  expired: true,
  rejected: true,
  'pending-update': true,
  'pending-cancel': true,
  held: true,
};

/**
 * What about a report cannot be, in a few words; null when nothing. Adapters check what venues send; this
 * is the last look before money is booked, so that a slip of theirs never becomes a wrong state.
 */
export function faultOf(report: ExecutionReport): string | null {
  if (typeof report !== 'object' || report === null) return 'it is none';
  // Nearly all reports are sound: nothing is put together for those.
  const faults: string[] = [];
  need(faults, isText(report.account), 'account');
  switch (report.kind) {
    case 'order': {
      const { terms, filledQuantity } = report;
      if (typeof terms !== 'object' || terms === null) return 'it has no terms';
      need(faults, isText(report.venueOrderId), 'venueOrderId');
      need(faults, report.clientOrderId === null || isText(report.clientOrderId), 'clientOrderId');
      need(faults, isText(report.instrument), 'instrument');
      need(faults, Object.hasOwn(STATUSES, report.status), 'status');
      need(faults, ORDER_SIDES.includes(terms.side), 'side');
      need(faults, ORDER_TYPES.includes(terms.type), 'type');
      need(faults, TIMES_IN_FORCE.includes(terms.timeInForce), 'timeInForce');
      need(faults, isDecimal(terms.quantity) && isPositive(terms.quantity), 'quantity');
      need(faults, isDecimal(filledQuantity) && !isNegative(filledQuantity), 'filledQuantity');
      need(
        faults,
        isDecimalOrAbsent(terms.limitPrice) &&
          isDecimalOrAbsent(terms.stopPrice) &&
          isDecimalOrAbsent(terms.trailAmount) &&
          isDecimalOrAbsent(terms.trailPercent) &&
          isDecimalOrAbsent(terms.limitOffset),
        'prices',
      );
      need(faults, report.averagePrice === null || isDecimal(report.averagePrice), 'averagePrice');
      need(faults, isDecimalOrAbsent(terms.displayQuantity), 'displayQuantity');
      need(faults, terms.goodTill === undefined || Number.isFinite(terms.goodTill), 'goodTill');
      need(faults, typeof report.reason === 'string', 'reason');
      need(faults, Number.isFinite(report.venueTime), 'venueTime');
      break;
    }
    case 'fill':
      need(faults, isText(report.tradeId), 'tradeId');
      need(faults, isText(report.venueOrderId), 'venueOrderId');
      need(faults, report.clientOrderId === null || isText(report.clientOrderId), 'clientOrderId');
      need(faults, isText(report.instrument), 'instrument');
      need(faults, ORDER_SIDES.includes(report.side), 'side');
      need(faults, isDecimal(report.quantity) && isPositive(report.quantity), 'quantity');
      need(faults, isDecimal(report.price), 'price');
      need(faults, report.commission === null || isDecimal(report.commission), 'commission');
      need(faults, typeof report.commissionCurrency === 'string', 'commissionCurrency');
      need(
        faults,
        report.unitsCharged === undefined || isPart(report.unitsCharged, report.quantity),
        'unitsCharged',
      );
      need(faults, LIQUIDITY.includes(report.liquidity), 'liquidity');
      // What takes a trade back must not be taken for the trade.
      need(faults, report.busted === undefined || typeof report.busted === 'boolean', 'busted');
      need(
        faults,
        report.bustedTime === undefined || Number.isFinite(report.bustedTime),
        'bustedTime',
      );
      need(
        faults,
        report.marketTime === undefined || Number.isFinite(report.marketTime),
        'marketTime',
      );
      need(faults, Number.isFinite(report.venueTime), 'venueTime');
      need(faults, Number.isFinite(report.receivedTime), 'receivedTime');
      break;
    case 'refusal':
      need(faults, ['submit', 'amend', 'cancel'].includes(report.what), 'what');
      need(faults, report.venueOrderId === null || isText(report.venueOrderId), 'venueOrderId');
      need(faults, report.clientOrderId === null || isText(report.clientOrderId), 'clientOrderId');
      need(faults, typeof report.reason === 'string' && typeof report.code === 'string', 'reason');
      break;
    case 'balance':
      need(faults, isText(report.currency), 'currency');
      need(
        faults,
        [report.equity, report.buyingPower, report.initialMargin, report.maintenanceMargin].every(
          (each) => each === null || isDecimal(each),
        ),
        'amounts',
      );
      need(
        faults,
        Array.isArray(report.cash) &&
          report.cash.every((each) => isText(each?.currency) && isDecimal(each.amount)),
        'cash',
      );
      break;
    case 'position':
      need(faults, isText(report.instrument), 'instrument');
      need(faults, isDecimal(report.quantity), 'quantity');
      need(faults, report.averagePrice === null || isDecimal(report.averagePrice), 'averagePrice');
      break;
    default:
      return 'its kind is not known';
  }
  return faults.length === 0 ? null : `${faults.join(', ')} cannot be read`;
}

function need(faults: string[], sound: boolean, what: string): void {
  if (!sound) faults.push(what);
}

/** Whether a figure is a part of another one, from nothing to all of it. */
const isPart = (value: unknown, whole: Decimal): boolean =>
  isDecimal(value) &&
  isDecimal(whole) &&
  !isNegative(value as Decimal) &&
  compare(value as Decimal, whole) <= 0;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isDecimalOrAbsent = (value: unknown): boolean => value === undefined || isDecimal(value);

/** Canonical text: figures are compared as text in places. */
function isDecimal(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    return decimal(value) === value;
  } catch {
    return false;
  }
}

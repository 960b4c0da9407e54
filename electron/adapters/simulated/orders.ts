import {
  decimalOf,
  divide,
  isPositive,
  type Decimal,
  type Price,
  type Quantity,
  ZERO,
} from '../../../engine/domain/decimal.ts';
import { venueOrderId, type AccountId } from '../../../engine/domain/identifiers.ts';
import type { Fill, OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../../engine/domain/order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type {
  ExecutionCapabilities,
  FillReport,
  OrderReport,
  VenueOrderStatus,
} from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';

/** An order as the paper venue keeps it. */
export interface PaperOrder {
  readonly number: number;
  readonly intent: OrderIntent;
  terms: OrderTerms;
  status: VenueOrderStatus;
  filled: Quantity;
  value: Decimal;
  reason: string;
  stopPrice: number | null;
  triggered: boolean;
  time: UnixMillis;
}

/** Lines of the venue's own record. */
export type Line =
  | {
      readonly kind: 'order';
      readonly number: number;
      readonly intent: OrderIntent;
      readonly time: UnixMillis;
      /** Its rules at that time; absent in records of earlier versions. */
      readonly instrument?: TradableInstrument;
    }
  | {
      readonly kind: 'state';
      readonly number: number;
      readonly status: VenueOrderStatus;
      readonly terms: OrderTerms;
      readonly reason: string;
    }
  | {
      readonly kind: 'stop';
      readonly number: number;
      readonly stopPrice: number;
      readonly triggered: boolean;
    }
  | { readonly kind: 'fill'; readonly number: number; readonly fill: FillReport };

export const CAPABILITIES: ExecutionCapabilities = {
  orderTypes: ORDER_TYPES,
  timesInForce: TIMES_IN_FORCE,
  groups: ['bracket', 'oco', 'oto'],
  amend: 'in-place',
  fractional: true,
  short: true,
  extendedHours: true,
  reduceOnly: true,
  postOnly: true,
  iceberg: false,
  whatIf: true,
  lookupByClientId: true,
  fillHistory: 10 * 365 * 86_400_000,
  rateLimits: [],
};

/** @throws VenueError for orders that were given before, and what this venue does not do */
export function checkNew(
  intents: readonly OrderIntent[],
  known: ReadonlyMap<string, PaperOrder>,
): void {
  for (const { clientOrderId, terms } of intents) {
    if (known.has(clientOrderId)) {
      throw new VenueError('rejected', `The order ${clientOrderId} was given before.`, {
        code: 'DUPLICATE',
      });
    }
    if (terms.displayQuantity !== undefined)
      throw new VenueError('not-sent', 'The paper venue has no iceberg orders.');
  }
}

/** A new order of the venue. */
export function paperOrder(number: number, intent: OrderIntent, time: UnixMillis): PaperOrder {
  return {
    number,
    intent,
    terms: intent.terms,
    status: 'accepted',
    filled: ZERO as Quantity,
    value: ZERO,
    reason: '',
    stopPrice: null,
    triggered: false,
    time,
  };
}

export function reportOf(order: PaperOrder, account: AccountId, now: UnixMillis): OrderReport {
  const { intent, number, status, terms, filled, value, reason } = order;
  return {
    kind: 'order',
    account,
    venueOrderId: venueOrderId(`S${number}`),
    clientOrderId: intent.clientOrderId,
    instrument: intent.instrument,
    status,
    terms,
    filledQuantity: filled,
    averagePrice: isPositive(filled) ? (divide(value, filled, 12, 'half-even') as Price) : null,
    reason,
    venueTime: now,
    receivedTime: now,
  };
}

export function isLive(status: VenueOrderStatus): boolean {
  return status === 'accepted' || status === 'partially-filled' || status === 'triggered';
}

export function asFill(report: FillReport, intent: OrderIntent): Fill {
  const { kind: _kind, busted: _busted, ...rest } = report;
  return { ...rest, clientOrderId: intent.clientOrderId };
}

export function money(value: number): Decimal {
  return decimalOf(Math.round(value * 10_000) / 10_000);
}

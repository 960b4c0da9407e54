import {
  compare,
  decimalOf,
  isPositive,
  ZERO,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import {
  accountId,
  clientOrderId,
  venueOrderId,
  type ClientOrderId,
} from '../../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { OrderReport, VenueOrderStatus } from '../../../engine/ports/execution-client.ts';
import type { KnownContract } from './contracts.ts';
import { isKnownType, isStopType, readTerms } from './order-words.ts';
import type { OrderStateTold, OrderTold } from './schemas.ts';

/** What TWS says of an order apart from its terms. */
export interface StatusTold {
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly status: string;
  readonly filled: number;
  readonly average: number;
  readonly whyHeld: string;
}

export interface TrackedOrder {
  permId: number;
  /** Number under which its program placed it; 0 for orders of TWS that are not bound. */
  orderId: number;
  clientId: number;
  readonly ref: ClientOrderId | null;
  readonly contract: KnownContract;
  told: OrderTold;
  terms: OrderTerms;
  status: string;
  filled: Quantity;
  average: Price | null;
  whyHeld: string;
  /** What TWS said when it refused or cancelled it. */
  reason: string;
  refused: boolean;
  /** Whether it waited for its stop at some time. */
  waited: boolean;
}

const ENDED: ReadonlySet<string> = new Set(['Filled', 'Cancelled', 'ApiCancelled']);

/** Orders as TWS last told them, by their permanent numbers and by those of the programs that placed them. */
export class OrderBook {
  readonly #byPermId = new Map<number, TrackedOrder>();
  readonly #byOrderId = new Map<string, TrackedOrder>();
  readonly #byRef = new Map<string, TrackedOrder>();
  /** Told before the order itself was. */
  readonly #early = new Map<string, StatusTold>();

  byOrderId(clientId: number, orderId: number): TrackedOrder | undefined {
    return orderId === 0 ? undefined : this.#byOrderId.get(`${clientId} ${orderId}`);
  }

  byPermId(permId: number): TrackedOrder | undefined {
    return permId === 0 ? undefined : this.#byPermId.get(permId);
  }

  byRef(account: string, ref: string): TrackedOrder | undefined {
    return this.#byRef.get(`${account} ${ref}`);
  }

  find(clientId: number, orderId: number, permId: number): TrackedOrder | undefined {
    return this.byPermId(permId) ?? this.byOrderId(clientId, orderId);
  }

  /** Takes an order as it is told. @throws RenataError for numbers that are none */
  take(told: OrderTold, state: OrderStateTold, contract: KnownContract): TrackedOrder {
    const { orderId = 0, clientId = 0, permId = 0 } = told;
    const terms = readTerms(told, contract.zone);
    let order = this.find(clientId, orderId, permId);
    if (order === undefined) {
      order = {
        permId,
        orderId,
        clientId,
        ref: refOf(told.orderRef),
        contract,
        told,
        terms,
        status: state.status,
        filled: ZERO as Quantity,
        average: null,
        whyHeld: '',
        reason: '',
        refused: false,
        waited: false,
      };
    } else {
      order.told = told;
      order.terms = terms;
      if (orderId !== 0) {
        order.orderId = orderId;
        order.clientId = clientId;
      }
    }
    if (permId !== 0) order.permId = permId;
    this.#index(order);
    this.#setStatus(order, state.status);
    if (state.warningText !== undefined && state.warningText !== '' && order.reason === '') {
      order.reason = state.warningText.slice(0, 300);
    }
    const early = this.#early.get(earlyKey(clientId, orderId, permId));
    if (early !== undefined) {
      this.#early.delete(earlyKey(clientId, orderId, permId));
      this.#applyStatus(order, early);
    }
    return order;
  }

  /** @returns the order; undefined when it is not known yet, and the status is kept for it */
  takeStatus(told: StatusTold): TrackedOrder | undefined {
    const order = this.find(told.clientId, told.orderId, told.permId);
    if (order === undefined) {
      if (this.#early.size > 10_000) this.#early.clear();
      this.#early.set(earlyKey(told.clientId, told.orderId, told.permId), told);
      return undefined;
    }
    this.#applyStatus(order, told);
    return order;
  }

  /** What has filled of an ended order, which is told without its price. */
  takeFilled(order: TrackedOrder, filled: number): void {
    const units = decimalOf(filled) as Quantity;
    if (compare(units, order.filled) > 0) order.filled = units;
  }

  #applyStatus(order: TrackedOrder, told: StatusTold): void {
    if (told.permId !== 0 && order.permId === 0) {
      order.permId = told.permId;
      this.#index(order);
    }
    const filled = decimalOf(told.filled) as Quantity;
    // Reports overtake one another: what has filled stays filled.
    if (compare(filled, order.filled) >= 0) {
      order.filled = filled;
      order.average = isPositive(filled) ? (decimalOf(told.average) as Price) : null;
    }
    order.whyHeld = told.whyHeld;
    this.#setStatus(order, told.status);
  }

  #setStatus(order: TrackedOrder, status: string): void {
    if (status === '' || status === 'Unknown') return;
    if (ENDED.has(order.status) && status !== 'Filled') return;
    if (order.status === 'Filled') return;
    if (status === 'PreSubmitted' && isStopType(order.terms.type)) order.waited = true;
    order.status = status;
  }

  #index(order: TrackedOrder): void {
    if (order.permId !== 0) this.#byPermId.set(order.permId, order);
    if (order.orderId !== 0) this.#byOrderId.set(`${order.clientId} ${order.orderId}`, order);
    if (order.ref !== null) this.#byRef.set(`${order.told.account} ${order.ref}`, order);
  }
}

export const isEnded = (order: TrackedOrder): boolean => ENDED.has(order.status) || order.refused;

/** null as long as TWS has not named it. */
export function reportOf(
  order: TrackedOrder,
  venueTime: UnixMillis,
  receivedTime: UnixMillis,
): OrderReport | null {
  if (order.permId === 0) return null;
  const { orderType } = order.told;
  return {
    kind: 'order',
    account: accountId(order.told.account),
    venueOrderId: venueOrderId(String(order.permId)),
    clientOrderId: order.ref,
    instrument: order.contract.instrument.id,
    status: statusOf(order),
    terms: order.terms,
    filledQuantity: order.filled,
    averagePrice: order.average,
    reason:
      order.reason !== '' ? order.reason : isKnownType(orderType) ? '' : `Placed as ${orderType}.`,
    venueTime,
    receivedTime,
  };
}

function statusOf(order: TrackedOrder): VenueOrderStatus {
  const { status, filled, whyHeld, refused, reason } = order;
  switch (status) {
    case 'Filled':
      return 'filled';
    case 'Cancelled':
    case 'ApiCancelled':
      if (refused && !isPositive(filled)) return 'rejected';
      return /\bexpired\b/i.test(reason) ? 'expired' : 'canceled';
    case 'PendingCancel':
      return 'pending-cancel';
    case 'Inactive':
      return refused && !isPositive(filled) ? 'rejected' : 'held';
    default:
  }
  if (isPositive(filled)) return 'partially-filled';
  if (status === 'PreSubmitted') return /child|locate/i.test(whyHeld) ? 'held' : 'accepted';
  return status === 'Submitted' && order.waited && isStopType(order.terms.type)
    ? 'triggered'
    : 'accepted';
}

/** Our identifier, where the reference could be one. */
export function refOf(text: string | undefined): ClientOrderId | null {
  if (text === undefined || text === '') return null;
  try {
    return clientOrderId(text);
  } catch {
    return null;
  }
}

const earlyKey = (clientId: number, orderId: number, permId: number): string =>
  permId === 0 ? `${clientId} ${orderId}` : String(permId);

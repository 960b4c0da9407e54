import {
  add,
  compare,
  divide,
  greatest,
  isPositive,
  multiply,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../domain/decimal.ts';
import { tradeId, type TradeId, type VenueOrderId } from '../domain/identifiers.ts';
import type { Fill, LiveOrder, OrderAmendment, OrderIntent } from '../domain/live-order.ts';
import type { OrderState } from '../domain/order.ts';
import type { UnixMillis } from '../domain/time.ts';
import type { OrderEvent, Step } from './facts.ts';

/**
 * An order as its facts make it. Most facts are marks that are set once and never taken back, and the
 * state is read from the marks: so facts may come twice, late or in any order, and the same ones give the
 * same state.
 */
export interface OrderRecord extends LiveOrder {
  readonly marks: OrderMarks;
  /** Booked fills, in the order they were told; busted ones are not among them. */
  readonly fills: readonly Fill[];
  /** Trades that were taken back; a fill of one of them is not booked again. */
  readonly busted: readonly TradeId[];
  /** When they were taken back, of those whose name the venue may give again. */
  readonly bustedAt: ReadonlyMap<TradeId, UnixMillis>;
  /** What those trades were, as far as it was told: taken back, but not to be filled again. */
  readonly undone: readonly Fill[];
  /** Every name that the venue gave to it, the present one last. */
  readonly venueOrderIds: readonly VenueOrderId[];
}

export interface OrderMarks {
  readonly submitted: boolean;
  readonly accepted: boolean;
  readonly triggered: boolean;
  readonly denied: boolean;
  readonly rejected: boolean;
  readonly canceled: boolean;
  readonly expired: boolean;
  readonly canceling: boolean;
  /** What was under way when its outcome was lost; null when nothing is unknown. */
  readonly unknown: Step | null;
}

const NO_MARKS: OrderMarks = {
  submitted: false,
  accepted: false,
  triggered: false,
  denied: false,
  rejected: false,
  canceled: false,
  expired: false,
  canceling: false,
  unknown: null,
};

/** Facts that contradict each other; each becomes a case for the user. */
export type Anomaly =
  | 'fill-after-refusal' // a fill of an order that was denied or rejected
  | 'overfill' // more was filled than ordered
  | 'fill-differs' // a trade was told twice with different figures, or is none of this order
  | 'accepted-after-refusal'; // it works, though the venue had said that it never arrived

/** Code of the refusal that we conclude, because the venue does not know the order. */
export const NEVER_ARRIVED = 'NEVER_ARRIVED';

export interface Applied {
  readonly order: OrderRecord;
  /** False for a fact that was known already. */
  readonly changed: boolean;
  readonly anomaly: Anomaly | null;
}

const AVERAGE_PLACES = 12;
const NEVER_BUSTED: OrderRecord['bustedAt'] = new Map();

/** A new order, before any fact but its intent. */
export function openRecord(intent: OrderIntent, time: UnixMillis): OrderRecord {
  return {
    ...intent,
    venueOrderId: null,
    state: 'Initialized',
    filledQuantity: ZERO as Quantity,
    averagePrice: null,
    pending: null,
    reason: '',
    reasonCode: '',
    lastEvent: 0,
    createdAt: time,
    changedAt: time,
    marks: NO_MARKS,
    fills: [],
    busted: [],
    bustedAt: NEVER_BUSTED,
    undone: [],
    venueOrderIds: [],
  };
}

/** The order after one more fact. Pure; facts that say nothing new leave it as it is. */
export function applyFact(order: OrderRecord, event: OrderEvent): Applied {
  const { fact } = event;
  switch (fact.type) {
    case 'initialized':
      return same(order);
    case 'denied':
      return marked(order, event, { denied: true }, fact);
    case 'submitted':
      return marked(order, event, { submitted: true });
    case 'accepted':
      return accepted(order, event, fact.venueOrderId);
    case 'rejected':
      // What the venue has had cannot have got lost on the way.
      if (fact.code === NEVER_ARRIVED && order.marks.accepted) return same(order);
      // The venue's own refusal takes the place of our conclusion.
      return arrivedLate(order) !== null && fact.code !== NEVER_ARRIVED
        ? changed(order, event, { reason: fact.reason, reasonCode: fact.code })
        : marked(order, event, { rejected: true, unknown: null }, fact);
    case 'triggered':
      return triggered(order, event);
    case 'filled':
      return filled(order, event, fact.fill);
    case 'commission':
      return commission(order, event, fact.tradeId, fact.commission, fact.currency);
    case 'busted':
      return busted(order, event, fact.tradeId, fact.at);
    case 'amend-requested':
      return changed(order, event, { pending: fact.change });
    case 'amended':
      return amended(order, event, fact.terms, fact.venueOrderId);
    case 'amend-refused':
      return order.pending === null && order.marks.unknown !== 'amend'
        ? same(order)
        : changed(order, event, {
            pending: null,
            marks: { ...order.marks, ...settled(order, 'amend') },
            reason: fact.reason,
            reasonCode: fact.code,
          });
    case 'cancel-requested':
      return marked(order, event, { canceling: true });
    case 'cancel-refused':
      return marked(order, event, { canceling: false, ...settled(order, 'cancel') }, fact);
    case 'canceled':
      return marked(
        order,
        event,
        { canceled: true, canceling: false, unknown: null, ...arrivedLate(order)?.marks },
        { code: '', reason: fact.reason },
      );
    case 'expired':
      return marked(
        order,
        event,
        { expired: true, canceling: false, unknown: null, ...arrivedLate(order)?.marks },
        { code: '', reason: fact.reason },
      );
    case 'outcome-unknown':
      return marked(order, event, { unknown: fact.step }, { code: '', reason: fact.reason });
    case 'confirmed':
      return order.marks.unknown === null && order.pending === null && !order.marks.canceling
        ? same(order)
        : changed(order, event, {
            marks: { ...order.marks, unknown: null, canceling: false },
            pending: null,
            reason: '',
          });
  }
}

/** State that marks and fills mean; the first that holds, from the surest evidence down. */
export function stateOf(
  order: Pick<
    OrderRecord,
    'marks' | 'terms' | 'filledQuantity' | 'pending' | 'undone' | 'fills' | 'busted'
  >,
): OrderState {
  const { marks, terms, filledQuantity, pending } = order;
  const some = isPositive(filledQuantity);
  // While a larger quantity may have been taken, the order may still work.
  const most = greatest(terms.quantity, pending?.quantity ?? ZERO);
  if (some && compare(filledQuantity, most) >= 0) return 'Filled';
  if (order.undone.length > 0) {
    // Filled once, and taken back: it does not work any more.
    const ever = order.undone.reduce<Decimal>(
      (sum, { quantity, tradeId }) => (isRefilled(order, tradeId) ? sum : add(sum, quantity)),
      filledQuantity,
    );
    if (compare(ever, terms.quantity) >= 0) return 'Canceled';
  }
  // A fill outranks a refusal: what was filled has been in the market.
  if (!some && marks.denied) return 'Denied';
  if (!some && marks.rejected) return 'Rejected';
  if (marks.canceled || marks.denied || marks.rejected) return 'Canceled';
  if (marks.expired) return 'Expired';
  if (marks.unknown !== null) return 'Unknown';
  if (marks.canceling) return 'PendingCancel';
  if (pending !== null) return 'PendingUpdate';
  if (some) return 'PartiallyFilled';
  if (marks.triggered) return 'Triggered';
  if (marks.accepted) return 'Accepted';
  return marks.submitted ? 'Submitted' : 'Initialized';
}

/** Whether facts have closed the order; a late fill may still come. */
export function isClosed(order: OrderRecord): boolean {
  const { state } = order;
  return (
    state === 'Filled' ||
    state === 'Canceled' ||
    state === 'Expired' ||
    state === 'Rejected' ||
    state === 'Denied'
  );
}

function same(order: OrderRecord, anomaly: Anomaly | null = null): Applied {
  return { order, changed: false, anomaly };
}

function changed(
  order: OrderRecord,
  event: OrderEvent,
  change: Partial<OrderRecord>,
  anomaly: Anomaly | null = null,
): Applied {
  const next: { -readonly [Key in keyof OrderRecord]: OrderRecord[Key] } = {
    ...order,
    ...change,
    changedAt: event.time,
  };
  next.state = stateOf(next);
  return { order: next, changed: true, anomaly };
}

/** Sets marks; the reason changes only with them. */
function marked(
  order: OrderRecord,
  event: OrderEvent,
  marks: Partial<OrderMarks>,
  why?: { readonly code: string; readonly reason: string },
): Applied {
  const known = (Object.keys(marks) as (keyof OrderMarks)[]).every(
    (name) => order.marks[name] === marks[name],
  );
  if (known) return same(order);
  // Once an order is closed, what comes late does not change why.
  const reasoned =
    why === undefined || (isClosed(order) && marks.rejected !== false)
      ? {}
      : { reason: why.reason, reasonCode: why.code };
  return changed(order, event, { marks: { ...order.marks, ...marks }, ...reasoned });
}

/** Takes the doubt away that evidence of this step settles. */
function settled(order: OrderRecord, step: Step): Partial<OrderMarks> {
  return order.marks.unknown === step ? { unknown: null } : {};
}

function accepted(order: OrderRecord, event: OrderEvent, venueOrderId: VenueOrderId): Applied {
  const named = withName(order, venueOrderId);
  const { marks } = order;
  if (marks.accepted && marks.unknown !== 'submit' && named === null) return same(order);
  const late = arrivedLate(order);
  return changed(
    order,
    event,
    {
      marks: { ...marks, accepted: true, ...settled(order, 'submit'), ...late?.marks },
      ...late?.reasons,
      ...named,
    },
    late === null ? null : 'accepted-after-refusal',
  );
}

function triggered(order: OrderRecord, event: OrderEvent): Applied {
  const { marks } = order;
  if (marks.triggered && marks.accepted && marks.unknown !== 'submit') return same(order);
  const late = arrivedLate(order);
  return changed(
    order,
    event,
    {
      marks: {
        ...marks,
        triggered: true,
        accepted: true,
        ...settled(order, 'submit'),
        ...late?.marks,
      },
      ...late?.reasons,
    },
    late === null ? null : 'accepted-after-refusal',
  );
}

/** We concluded that it never arrived, and the venue has it after all: the conclusion falls. */
function arrivedLate(order: OrderRecord): {
  readonly marks: Pick<OrderMarks, 'rejected'>;
  readonly reasons: Pick<OrderRecord, 'reason' | 'reasonCode'>;
} | null {
  return order.marks.rejected && order.reasonCode === NEVER_ARRIVED
    ? { marks: { rejected: false }, reasons: { reason: '', reasonCode: '' } }
    : null;
}

/** The venue's name for an order, when it is a new one. An old name that comes late stays an old one. */
function withName(
  order: OrderRecord,
  id: VenueOrderId | null,
): Pick<OrderRecord, 'venueOrderId' | 'venueOrderIds'> | null {
  if (id === null || order.venueOrderIds.includes(id)) return null;
  return { venueOrderId: id, venueOrderIds: [...order.venueOrderIds, id] };
}

function filled(order: OrderRecord, event: OrderEvent, fill: Fill): Applied {
  const alien =
    fill.account !== order.account ||
    fill.instrument !== order.instrument ||
    fill.side !== order.terms.side;
  if (alien) return same(order, 'fill-differs');
  const before = order.fills.find(({ tradeId }) => tradeId === fill.tradeId);
  if (before !== undefined) {
    const differs = before.quantity !== fill.quantity || before.price !== fill.price;
    if (differs) return same(order, 'fill-differs');
    return before.commission === null && fill.commission !== null
      ? commission(order, event, fill.tradeId, fill.commission, fill.commissionCurrency)
      : same(order);
  }
  if (order.busted.includes(fill.tradeId)) {
    const known = order.undone.some(({ tradeId }) => tradeId === fill.tradeId);
    return known ? same(order) : changed(order, event, { undone: [...order.undone, free(fill)] });
  }
  const late = arrivedLate(order);
  const fills = [...order.fills, fill];
  const sums = totals(fills);
  const refused = order.marks.denied || order.marks.rejected;
  // More than was ordered shows that the larger quantity that was asked for has been taken.
  const asked = order.pending?.quantity;
  const taken =
    asked !== undefined &&
    compare(sums.filledQuantity, order.terms.quantity) > 0 &&
    compare(sums.filledQuantity, asked) <= 0;
  const terms =
    taken && order.pending !== null ? changedTerms(order.terms, order.pending) : order.terms;
  const over = compare(sums.filledQuantity, terms.quantity) > 0;
  return changed(
    order,
    event,
    {
      fills,
      ...sums,
      ...withName(order, fill.venueOrderId),
      ...(taken ? { terms, pending: null } : {}),
      marks: {
        ...order.marks,
        accepted: true,
        ...settled(order, taken ? 'amend' : 'submit'),
        ...late?.marks,
      },
      ...late?.reasons,
    },
    refused ? 'fill-after-refusal' : over ? 'overfill' : null,
  );
}

function totals(fills: readonly Fill[]): Pick<OrderRecord, 'filledQuantity' | 'averagePrice'> {
  let units: Decimal = ZERO;
  let value: Decimal = ZERO;
  for (const { quantity, price } of fills) {
    units = add(units, quantity);
    value = add(value, multiply(quantity, price));
  }
  return {
    filledQuantity: units as Quantity,
    averagePrice:
      units === ZERO ? null : (divide(value, units, AVERAGE_PLACES, 'half-even') as Price),
  };
}

function commission(
  order: OrderRecord,
  event: OrderEvent,
  tradeId: TradeId,
  amount: Decimal,
  currency: string,
): Applied {
  const at = order.fills.findIndex((fill) => fill.tradeId === tradeId);
  const fill = order.fills[at];
  if (fill === undefined) return same(order);
  if (fill.commission === amount && fill.commissionCurrency === currency) return same(order);
  const fills = order.fills.with(at, { ...fill, commission: amount, commissionCurrency: currency });
  return changed(order, event, { fills });
}

/** A trade that was taken back costs nothing. */
const free = (fill: Fill): Fill => ({ ...fill, commission: null });

function busted(
  order: OrderRecord,
  event: OrderEvent,
  tradeId: TradeId,
  at: UnixMillis | undefined,
): Applied {
  if (order.busted.includes(tradeId)) return same(order);
  const fills = order.fills.filter((fill) => fill.tradeId !== tradeId);
  const undone = order.fills.filter((fill) => fill.tradeId === tradeId).map(free);
  return changed(order, event, {
    fills,
    ...totals(fills),
    busted: [...order.busted, tradeId],
    ...(at === undefined ? {} : { bustedAt: new Map([...order.bustedAt, [tradeId, at]]) }),
    undone: [...order.undone, ...undone],
  });
}

/**
 * The name under which a trade of an order is booked. A venue may fill what it has taken back under the same
 * name again: what was traded after the trade of that name had been taken back is another one.
 * @param time when it was traded, or taken back
 */
export function tradeNameAt(order: OrderRecord, told: TradeId, time: UnixMillis): TradeId {
  let name = told;
  for (;;) {
    const at = order.bustedAt.get(name);
    if (at === undefined || time <= at) return name;
    name = refillOf(name);
  }
}

const refillOf = (name: TradeId): TradeId => tradeId(`${name}:2`);

/** Whether what was taken back has been traded again under its name. */
function isRefilled({ fills, busted: gone }: Pick<OrderRecord, 'fills' | 'busted'>, name: TradeId) {
  const next = refillOf(name);
  return gone.includes(next) || fills.some((fill) => fill.tradeId === next);
}

function amended(
  order: OrderRecord,
  event: OrderEvent,
  terms: OrderRecord['terms'],
  venueOrderId: VenueOrderId | null,
): Applied {
  const named = withName(order, venueOrderId);
  const known = sameTerms(order.terms, terms) && order.pending === null && named === null;
  if (known && order.marks.unknown !== 'amend') return same(order);
  return changed(order, event, {
    terms,
    pending: null,
    marks: { ...order.marks, ...settled(order, 'amend') },
    ...named,
  });
}

export function sameTerms(a: OrderRecord['terms'], b: OrderRecord['terms']): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof OrderRecord['terms']>;
  return [...names].every((name) => a[name] === b[name]);
}

/** Terms with a change made. */
export function changedTerms(
  terms: OrderRecord['terms'],
  change: OrderAmendment,
): OrderRecord['terms'] {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return {
    ...terms,
    ...(Object.fromEntries(given) as OrderAmendment),
    quantity: change.quantity ?? terms.quantity,
  };
}

import type { WorkingOrder } from '../backtest/matching/working-order.ts';
import type { OwnFill, Wanted, WantedTerms } from './types.ts';

/** A place at the venue in which one order of the strategy works after another. */
export interface Slot {
  readonly id: number;
  /** The strategy's order that works in it. */
  order: OwnedOrder;
  attempt: number;
  /** Units that the present attempt has filled. */
  filled: number;
  partner: Slot | null;
  /** The strategy does not want it any more. */
  dropped: boolean;
  /** The venue's order is being taken away to make room for another one. */
  replacing: boolean;
  /** Its last order at the venue has ended, or there was none. */
  ended: boolean;
  /** Bars that have to be there before it is tried again. */
  notBefore: number;
  readonly trades: Set<string>;
}

/** An order of the strategy with its place. */
export interface OwnedOrder {
  readonly working: WorkingOrder;
  /** Row of the bar on which, or during which, it was given. */
  readonly bar: number;
  readonly decisionPrice: number;
  slot: Slot;
  readonly fills: OwnFill[];
  reason: string;
}

export function newSlot(id: number, order: Omit<OwnedOrder, 'slot'>): OwnedOrder {
  const owned = order as OwnedOrder;
  owned.slot = {
    id,
    order: owned,
    attempt: 0,
    filled: 0,
    partner: null,
    dropped: false,
    replacing: false,
    ended: false,
    notBefore: 0,
    trades: new Set(),
  };
  return owned;
}

/** The venue's order is over and another one may follow in the slot. */
export function nextAttempt(slot: Slot): void {
  slot.attempt += 1;
  slot.filled = 0;
  slot.replacing = false;
}

/** Whether the order of a slot may become the other: what the venue can change is all that differs. */
export function canBecome(slot: Slot, next: WorkingOrder): boolean {
  const now = slot.order.working;
  return (
    !slot.ended &&
    slot.filled === 0 &&
    now.waiting === next.waiting &&
    now.type === next.type &&
    next.type !== 'market' &&
    now.side === next.side &&
    now.reduceOnly === next.reduceOnly &&
    now.timeInForce === next.timeInForce &&
    Object.is(now.goodTill, next.goodTill) &&
    now.limitOffset === next.limitOffset
  );
}

/** Two exits that were given together, one at a stop and one at a limit: one takes the other away. */
export function belongTogether(a: WorkingOrder, b: WorkingOrder): boolean {
  const exits = a.reduceOnly && b.reduceOnly && a.side === b.side && a.parent === b.parent;
  const loose = a.group === 0 && b.group === 0 && a.waiting === b.waiting;
  return exits && loose && a.stops !== b.stops && (a.type === 'limit' || b.type === 'limit');
}

/**
 * @param remaining units that are still to be filled; 0 for nothing
 * @param entry the slot of the order that it hangs on, while that one works
 */
export function wantedOf(slot: Slot, remaining: number, entry: Slot | null): Wanted {
  const { id, attempt, order, partner } = slot;
  const { working, decisionPrice } = order;
  return {
    slot: id,
    attempt,
    terms: remaining > 0 ? termsOf(working, slot.filled + remaining) : null,
    dropped: slot.dropped,
    side: working.side,
    exit: working.reduceOnly,
    partner: partner === null || !isPair(slot, partner) ? null : partner.id,
    entry: entry?.id ?? null,
    waits: working.waiting,
    decisionPrice,
    tag: working.tag,
  };
}

/** Exits that were refused as a pair are given one by one: not every venue takes every pair. */
function isPair(a: Slot, b: Slot): boolean {
  return !b.ended && !b.dropped && a.notBefore === 0 && b.notBefore === 0;
}

function termsOf(order: WorkingOrder, quantity: number): WantedTerms {
  const { side, type, timeInForce, goodTill, limitPrice, stopPrice } = order;
  const { trailAmount, trailPercent, limitOffset } = order;
  const known = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
  return {
    side,
    type,
    quantity,
    limitPrice: known(limitPrice),
    // Where a stop that trails stands is known to who keeps it.
    stopPrice: order.trails ? undefined : known(stopPrice),
    trailAmount: known(trailAmount),
    trailPercent: known(trailPercent),
    limitOffset: type === 'trailing_stop_limit' ? limitOffset : undefined,
    timeInForce,
    goodTill: known(goodTill),
  };
}

import {
  absolute,
  add,
  compare,
  decimalOf,
  greatest,
  isNegative,
  isPositive,
  multiply,
  negate,
  subtract,
  ZERO,
  type Decimal,
} from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/identifiers.ts';
import type { OrderIntent } from '../domain/live-order.ts';
import type { OrderSide } from '../domain/order.ts';
import type { Mark, RiskBook, RiskView, Working } from './view.ts';

/** What one unit is worth in the account's currency; null without a price or a rate. */
export function unitValue(view: RiskView, id: InstrumentId, price: Decimal | null): Decimal | null {
  const instrument = view.units?.(id) ?? view.instrument(id);
  const rate = instrument.currency === view.account.currency ? '1' : view.rate(instrument.currency);
  if (price === null || rate === null) return null;
  return multiply(multiply(absolute(price), instrument.multiplier), rate as Decimal);
}

/** The price that an order of this side would meet in the market; null when there is none. */
export function marketPrice(mark: Mark | null, side: OrderSide): Decimal | null {
  if (mark === null) return null;
  const near = side === 'buy' ? mark.ask : mark.bid;
  return positivePrice(near) ?? positivePrice(mark.last);
}

/** Middle price of holdings. */
export function markPrice(mark: Mark | null): Decimal | null {
  if (mark === null) return null;
  return positivePrice(mark.last) ?? positivePrice((mark.bid + mark.ask) / 2);
}

export function positivePrice(value: number): Decimal | null {
  return value > 0 && Number.isFinite(value) ? decimalOf(Number(value.toPrecision(15))) : null;
}

/** How far a position can go when everything fills that may: in units, by direction. */
export interface Reach {
  readonly held: Decimal;
  /** Held, and all buys. */
  readonly up: Decimal;
  /** Held, less all sells. */
  readonly down: Decimal;
}

const NOTHING: Reach = { held: ZERO, up: ZERO, down: ZERO };
/** A book does not change, and is asked for the same instruments by many limits. */
const REACHES = new WeakMap<RiskBook, ReadonlyMap<InstrumentId, Reach>>();
/** The one that was asked for last, where not all have been asked for. */
const SINGLE = new WeakMap<RiskBook, { readonly id: InstrumentId; readonly reach: Reach }>();

export function reachOf(book: RiskBook, id: InstrumentId): Reach {
  const all = REACHES.get(book);
  if (all !== undefined) return all.get(id) ?? NOTHING;
  const known = SINGLE.get(book);
  if (known?.id === id) return known.reach;
  // Most orders meet no limit that asks for the other instruments.
  const about = <Each extends { readonly instrument: InstrumentId }>(each: Each): boolean =>
    each.instrument === id;
  const own = reachesOver(book.holdings.filter(about), book.working.filter(about));
  const reach = own.get(id) ?? NOTHING;
  SINGLE.set(book, { id, reach });
  return reach;
}

/** Of every instrument that is held or worked on. */
function reachesOf(book: RiskBook): ReadonlyMap<InstrumentId, Reach> {
  const known = REACHES.get(book);
  if (known !== undefined) return known;
  const reaches = reachesOver(book.holdings, book.working);
  REACHES.set(book, reaches);
  return reaches;
}

function reachesOver(
  holdings: RiskBook['holdings'],
  working: readonly Working[],
): ReadonlyMap<InstrumentId, Reach> {
  const reaches = new Map<InstrumentId, { held: Decimal; up: Decimal; down: Decimal }>();
  const at = (id: InstrumentId) => {
    const found = reaches.get(id) ?? { held: ZERO, up: ZERO, down: ZERO };
    reaches.set(id, found);
    return found;
  };
  for (const { instrument, quantity } of holdings) {
    const reach = at(instrument);
    reach.held = add(reach.held, quantity);
    reach.up = add(reach.up, quantity);
    reach.down = add(reach.down, quantity);
  }
  for (const order of counted(working)) {
    const reach = at(order.instrument);
    if (order.side === 'buy') reach.up = add(reach.up, order.ready);
    else reach.down = subtract(reach.down, order.ready);
  }
  return reaches;
}

/** The larger of both directions. */
export function furthest({ up, down }: Reach): Decimal {
  return greatest(absolute(up), absolute(down));
}

/**
 * Of a group whose venue lets one alone fill only the larger of a side counts, and so of exits, which at worst
 * turn the position around and make it no larger. Others count one by one: all of them may fill.
 */
function counted(working: readonly Working[]): readonly Working[] {
  const largest = new Map<string, Working>();
  const found: Working[] = [];
  for (const order of working) {
    if (!countsOnce(order) || order.group === null) {
      found.push(order);
      continue;
    }
    const key = `${order.group}|${order.instrument}|${order.side}`;
    const known = largest.get(key);
    if (known === undefined || compare(order.ready, known.ready) > 0) largest.set(key, order);
  }
  return [...found, ...largest.values()];
}

const countsOnce = ({ linked, reduceOnly }: Working): boolean => linked || reduceOnly;

/**
 * Units by which an order could only make the position smaller, whatever else of its side fills before it.
 * Orders that are being cancelled do not count, but for those that close the position already. What the
 * workstation sends to close a position is held up by nothing else than these.
 */
export function reducible(book: RiskBook, intent: OrderIntent): Decimal {
  const { instrument: id, group, source } = intent;
  const { side } = intent.terms;
  const { held } = reachOf(book, id);
  const towardsZero = side === 'sell' ? isPositive(held) : isNegative(held);
  if (!towardsZero) return ZERO;
  const rescue = source.kind === 'protection';
  const others = book.working.filter(
    (order) =>
      order.instrument === id &&
      order.side === side &&
      (order.group === null || order.group !== group?.id || !countsOnce(order)) &&
      (order.closing || (!rescue && !order.leaving)),
  );
  let room = absolute(held);
  for (const { ready } of counted(others)) room = subtract(room, ready);
  return greatest(room, ZERO);
}

/** Whether an order can only make the position smaller. */
export function reduces(book: RiskBook, intent: OrderIntent): boolean {
  const room = reducible(book, intent);
  return isPositive(room) && compare(intent.terms.quantity, room) <= 0;
}

export interface Exposure {
  readonly gross: Decimal;
  readonly netUp: Decimal;
  readonly netDown: Decimal;
  /** Instruments that could not be valued. */
  readonly unvalued: readonly InstrumentId[];
}

/** Exposure of a book when everything fills that may, without the instrument that is looked at. */
export function exposureOf(view: RiskView, book: RiskBook, except: InstrumentId): Exposure {
  let gross: Decimal = ZERO;
  let netUp: Decimal = ZERO;
  let netDown: Decimal = ZERO;
  const unvalued: InstrumentId[] = [];
  for (const [id, reach] of reachesOf(book)) {
    if (id === except) continue;
    if (reach.up === ZERO && reach.down === ZERO) continue;
    const value = unitValue(view, id, markPrice(view.mark(id)) ?? workingPrice(book, id));
    if (value === null) {
      unvalued.push(id);
      continue;
    }
    gross = add(gross, multiply(furthest(reach), value));
    netUp = add(netUp, multiply(reach.up, value));
    netDown = add(netDown, multiply(reach.down, value));
  }
  return { gross, netUp, netDown, unvalued };
}

/** Highest price among working orders, where the market says none. */
function workingPrice(book: RiskBook, id: InstrumentId): Decimal | null {
  let highest: Decimal | null = null;
  for (const { instrument, price } of book.working) {
    if (instrument !== id || price === null) continue;
    highest = highest === null ? price : greatest(highest, price);
  }
  return highest;
}

export const signed = (side: OrderSide, quantity: Decimal): Decimal =>
  side === 'buy' ? quantity : negate(quantity);

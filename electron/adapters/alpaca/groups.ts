import { clientOrderId, type ClientOrderId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { bodyOf, isFractional, notSent, type TermsBody } from './words.ts';

/**
 * Names of orders at Alpaca. A group is one request and its legs get names of Alpaca's own, so the names
 * that we gave to the legs travel in that of the first order: `ENTRY~sSTOP~tTARGET`. A replacement needs
 * a name of its own: `ORDER~r1abc`. None of our names holds a "~".
 */
export interface ParsedName {
  readonly ours: ClientOrderId | null;
  readonly stop: ClientOrderId | null;
  readonly target: ClientOrderId | null;
  readonly replacement: boolean;
}

const MOST_CHARACTERS = 128;

export function parseName(text: string): ParsedName {
  const [first = '', ...rest] = text.split('~');
  const part = (letter: string): ClientOrderId | null =>
    idOrNull(rest.find((each) => each.startsWith(letter))?.slice(1) ?? '');
  return {
    ours: idOrNull(first),
    stop: part('s'),
    target: part('t'),
    replacement: rest.some((each) => each.startsWith('r')),
  };
}

/** The name of the order that takes the place of one of this name. */
export function replacementName(name: string, now: number): string {
  const kept = name.split('~').filter((part, i) => i === 0 || !part.startsWith('r'));
  return checked(`${kept.join('~')}~r${now.toString(36)}`);
}

function idOrNull(text: string): ClientOrderId | null {
  try {
    return clientOrderId(text);
  } catch {
    return null;
  }
}

function checked(name: string): string {
  if (name.length > MOST_CHARACTERS)
    throw notSent(`The name ${name.slice(0, 40)}… is too long for Alpaca.`);
  return name;
}

export interface OrderBody extends TermsBody {
  readonly symbol: string;
  readonly client_order_id: string;
  readonly order_class?: 'bracket' | 'oco' | 'oto';
  readonly take_profit?: { readonly limit_price: string };
  readonly stop_loss?: { readonly stop_price: string; readonly limit_price?: string };
}

/** One request for orders that belong together. */
export interface GroupRequest {
  readonly body: OrderBody;
  /** The order that the request itself is. */
  readonly first: OrderIntent;
  readonly stop: OrderIntent | null;
  readonly target: OrderIntent | null;
}

/** @throws VenueError `not-sent` with a sentence for what Alpaca does not hold */
export function requestOf(symbol: string, orders: readonly OrderIntent[]): GroupRequest {
  const [first, ...others] = orders;
  if (first === undefined) throw notSent('There is no order to send.');
  if (others.length === 0) {
    const body = { symbol, client_order_id: first.clientOrderId, ...bodyOf(first.terms) };
    return { body, first, stop: null, target: null };
  }
  if (orders.some(({ terms }) => isFractional(terms.quantity)))
    throw notSent('Alpaca holds groups of whole shares alone.');
  if (orders.some(({ terms }) => terms.extendedHours === true))
    throw notSent('Alpaca holds no groups outside of regular hours.');
  if (orders.some(({ terms }) => terms.quantity !== first.terms.quantity))
    throw notSent('At Alpaca all orders of a group have one quantity.');
  return first.group?.kind === 'oco' ? pair(symbol, orders) : bracket(symbol, first, others);
}

function bracket(symbol: string, first: OrderIntent, exits: readonly OrderIntent[]): GroupRequest {
  const stop = exits.find(({ group }) => group?.role === 'stop-loss') ?? null;
  const target = exits.find(({ group }) => group?.role === 'take-profit') ?? null;
  if (exits.length !== (stop === null ? 0 : 1) + (target === null ? 0 : 1))
    throw notSent('Alpaca takes one stop loss and one take profit for an entry.');
  if (exits.some(({ terms }) => terms.side === first.terms.side))
    throw notSent('Exits must have the other side of their entry.');
  const timeInForce = oneTime(first, exits);
  return {
    body: {
      symbol,
      client_order_id: nameOf(first, stop, target),
      ...bodyOf({ ...first.terms, timeInForce }),
      order_class: stop !== null && target !== null ? 'bracket' : 'oto',
      ...legsOf(stop, target),
    },
    first,
    stop,
    target,
  };
}

/** Two exits of which one takes the other away: the one at a limit is the order, the stop its leg. */
function pair(symbol: string, orders: readonly OrderIntent[]): GroupRequest {
  const target = orders.find(({ terms }) => terms.type === 'limit');
  const stop = orders.find(({ terms }) => terms.type === 'stop' || terms.type === 'stop_limit');
  if (orders.length !== 2 || target === undefined || stop === undefined)
    throw notSent('Alpaca takes a limit and a stop or stop-limit order as an OCO pair.');
  if (target.terms.side !== stop.terms.side)
    throw notSent('At Alpaca both orders of an OCO pair close a position: they have one side.');
  const timeInForce = oneTime(target, [stop]);
  const { limit_price: limit, ...rest } = bodyOf({ ...target.terms, timeInForce });
  return {
    body: {
      symbol,
      client_order_id: nameOf(target, stop, null),
      ...rest,
      order_class: 'oco',
      take_profit: { limit_price: limit as string },
      ...legsOf(stop, null),
    },
    first: target,
    stop,
    target: null,
  };
}

/** Alpaca gives all orders of a group the time in force of the first. */
function oneTime(first: OrderIntent, others: readonly OrderIntent[]): 'day' | 'gtc' {
  const times = new Set(others.map(({ terms }) => terms.timeInForce));
  const [time] = times;
  if (times.size !== 1 || (time !== 'day' && time !== 'gtc'))
    throw notSent('At Alpaca the exits of a group are both for the day or both gtc.');
  const own = first.terms.timeInForce;
  // A market entry fills at once, or at the next open: either time means the same to it.
  if (own !== time && !(first.terms.type === 'market' && (own === 'day' || own === 'gtc'))) {
    throw notSent(
      `Alpaca gives all orders of a group one time in force: choose ${time} for the entry as for its exits.`,
    );
  }
  return time;
}

function legsOf(
  stop: OrderIntent | null,
  target: OrderIntent | null,
): Pick<OrderBody, 'take_profit' | 'stop_loss'> {
  if (stop !== null && stop.terms.type !== 'stop' && stop.terms.type !== 'stop_limit')
    throw notSent(`Alpaca takes no ${stop.terms.type} order as the stop of a group.`);
  if (target !== null && target.terms.type !== 'limit')
    throw notSent(`Alpaca takes no ${target.terms.type} order as the target of a group.`);
  const limit = stop?.terms.limitPrice;
  return {
    ...(target === null ? {} : { take_profit: { limit_price: target.terms.limitPrice as string } }),
    ...(stop === null
      ? {}
      : {
          stop_loss: {
            stop_price: stop.terms.stopPrice as string,
            ...(limit === undefined ? {} : { limit_price: limit }),
          },
        }),
  };
}

function nameOf(first: OrderIntent, stop: OrderIntent | null, target: OrderIntent | null): string {
  const parts: string[] = [first.clientOrderId];
  if (stop !== null) parts.push(`s${stop.clientOrderId}`);
  if (target !== null) parts.push(`t${target.clientOrderId}`);
  return checked(parts.join('~'));
}

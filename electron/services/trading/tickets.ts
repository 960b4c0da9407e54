import { hash } from 'node:crypto';
import {
  absolute,
  add,
  compare,
  decimal,
  divide,
  isPositive,
  multiply,
  subtract,
  toFixed,
  toNumber,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import {
  accountId,
  strategyId,
  type AccountId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type {
  OrderGroup,
  OrderIntent,
  OrderSource,
  OrderTerms,
} from '../../../engine/domain/live-order.ts';
import type { OrderType, TimeInForce } from '../../../engine/domain/order.ts';
import { isoTime, type UnixMillis } from '../../../engine/domain/time.ts';
import { checkTerms, unitsFor, type TermsText } from '../../../engine/orders/check-terms.ts';
import type { ExecutionCapabilities } from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { Ticket } from '../../../engine/protocol/live-schemas.ts';
import { marketPrice, markPrice } from '../../../engine/risk/valuation.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import { HELD_TYPES } from './held-stops.ts';
import { newClientOrderId, newId } from './identifiers.ts';

export interface TicketContext {
  readonly instrument: TradableInstrument;
  readonly capabilities: ExecutionCapabilities;
  readonly mark: Mark | null;
  readonly source: OrderSource;
  readonly strategy: string | null;
  readonly now: UnixMillis;
}

/** Hash of what a ticket asks for: the same request may come twice, another one under its name may not. */
export function ticketHash(ticket: Ticket, source: OrderSource): string {
  return hash('sha256', JSON.stringify([ticket, source]));
}

/**
 * The orders of a ticket, the entry first, checked field by field.
 * @throws RenataError BAD_INPUT naming the field, what is wrong and what would be right
 */
export function readTicket(ticket: Ticket, context: TicketContext): readonly OrderIntent[] {
  const { instrument, mark, now, source } = context;
  const quantity = quantityOf(ticket, context);
  const check = (terms: TermsText): OrderTerms =>
    checkTerms(terms, instrument, context.capabilities, now);
  // Where the venue keeps neither the group nor the type, the stop is kept here.
  const { capabilities } = context;
  const kept = capabilities.groups.includes('bracket') ? [] : HELD_TYPES;
  const checkStop = (own: TermsText): OrderTerms =>
    checkTerms(
      own,
      instrument,
      { ...capabilities, orderTypes: [...capabilities.orderTypes, ...kept] },
      now,
    );
  const terms = check({ ...ticket.terms, quantity } as TermsText);
  const exits = exitTerms(ticket, terms);
  if (ticket.oco !== undefined && exits.length > 0) {
    throw bad(
      'oco',
      'and exits cannot be given together; place the exits as an OCO pair once the entry has filled',
    );
  }
  const decided =
    ticket.decisionPrice === undefined ? null : decimal(ticket.decisionPrice, 'decisionPrice');
  const seen = markPrice(mark);
  const common = {
    account: accountId(ticket.account),
    instrument: instrument.id,
    source,
    strategy: context.strategy === null ? null : strategyId(context.strategy),
    decidedAt: now,
    decisionPrice: (decided ?? seen) as Price | null,
    tag: ticket.tag ?? '',
  };
  const entryId = newClientOrderId(now);
  if (ticket.oco !== undefined) {
    const other = check(ticket.oco as TermsText);
    const id = newId('G', now);
    const leg = (own: OrderTerms, clientOrderId: OrderIntent['clientOrderId']): OrderIntent => ({
      ...common,
      clientOrderId,
      terms: own,
      group: { id, kind: 'oco', role: 'leg' },
      parent: null,
    });
    return [leg(terms, entryId), leg(other, newClientOrderId(now))];
  }
  const groupId = exits.length === 0 ? null : newId('G', now);
  const group = (role: OrderGroup['role']): OrderGroup | null =>
    groupId === null ? null : { id: groupId, kind: 'bracket', role };
  checkExits(
    terms,
    exits.map(({ terms: own }) => own),
    mark,
  );
  return [
    { ...common, clientOrderId: entryId, terms, group: group('entry'), parent: null },
    ...exits.map(({ role, terms: own }): OrderIntent => ({
      ...common,
      clientOrderId: newClientOrderId(now),
      terms: role === 'stop-loss' ? checkStop(own as TermsText) : check(own as TermsText),
      group: group(role),
      parent: entryId,
    })),
  ];
}

function quantityOf(ticket: Ticket, { instrument, mark }: TicketContext): string {
  const { quantity, side, limitPrice, stopPrice } = ticket.terms;
  if (quantity !== undefined) {
    if (ticket.notional !== undefined)
      throw bad('notional', 'and quantity were given; give one of the two');
    return quantity;
  }
  if (ticket.notional === undefined)
    throw bad('quantity', 'is missing; give units, or money as notional');
  const notional = decimal(ticket.notional, 'notional');
  if (!isPositive(notional)) throw bad('notional', `is ${notional}; it must be more than 0`);
  // Money is spent at the price that the order names: a stop is filled there, not at the market of now.
  const price =
    limitPrice !== undefined
      ? decimal(limitPrice, 'limitPrice')
      : stopPrice !== undefined
        ? decimal(stopPrice, 'stopPrice')
        : marketPrice(mark, side);
  return unitsFor(notional, price === null ? Number.NaN : toNumber(price), instrument);
}

interface Exit {
  readonly role: 'stop-loss' | 'take-profit';
  readonly terms: OrderTerms;
}

/** Exits are good till cancelled: a protection that ends with the day would be none. */
function exitTerms({ takeProfit, stopLoss }: Ticket, entry: OrderTerms): readonly Exit[] {
  const side = entry.side === 'buy' ? 'sell' : 'buy';
  const common = { side, quantity: entry.quantity, timeInForce: 'gtc', reduceOnly: true } as const;
  const exits: Exit[] = [];
  if (stopLoss !== undefined) {
    const { stopPrice, limitPrice, trailAmount, trailPercent } = stopLoss;
    const trails = trailAmount !== undefined || trailPercent !== undefined;
    let type: OrderType = 'stop';
    if (trails) type = limitPrice === undefined ? 'trailing_stop' : 'trailing_stop_limit';
    else if (limitPrice !== undefined) type = 'stop_limit';
    if (!trails && stopPrice === undefined)
      throw bad('stopLoss', 'needs a stopPrice, trailAmount or trailPercent');
    exits.push({
      role: 'stop-loss',
      terms: {
        ...common,
        type,
        ...(stopPrice === undefined ? {} : { stopPrice: stopPrice as Price }),
        ...(limitPrice === undefined ? {} : { limitPrice: limitPrice as Price }),
        ...(trailAmount === undefined ? {} : { trailAmount: trailAmount as Price }),
        ...(trailPercent === undefined ? {} : { trailPercent: trailPercent as Decimal }),
      },
    });
  }
  if (takeProfit !== undefined) {
    exits.push({
      role: 'take-profit',
      terms: { ...common, type: 'limit', limitPrice: takeProfit.limitPrice as Price },
    });
  }
  return exits;
}

/** Exits on the wrong side would fill at once. */
function checkExits(entry: OrderTerms, exits: readonly OrderTerms[], mark: Mark | null): void {
  const anchor = entry.limitPrice ?? entry.stopPrice ?? marketPrice(mark, entry.side);
  if (anchor === null) return;
  const long = entry.side === 'buy';
  for (const { type, stopPrice, limitPrice } of exits) {
    const target = type === 'limit';
    const value = target ? limitPrice : stopPrice;
    if (value === undefined) continue;
    const price = decimal(value, target ? 'takeProfit' : 'stopLoss');
    const above = compare(price, anchor) > 0;
    if (above !== (long === target)) {
      const where = long === target ? 'above' : 'below';
      throw bad(
        target ? 'takeProfit.limitPrice' : 'stopLoss.stopPrice',
        `${price} must be ${where} the entry at ${anchor} of a ${long ? 'long' : 'short'} position`,
      );
    }
  }
}

/** What the button says, so that nobody is mistaken about what it does. */
export function sentenceOf(
  intents: readonly OrderIntent[],
  instrument: TradableInstrument,
  live: boolean,
): string {
  const [entry, ...others] = intents;
  if (entry === undefined) return '';
  const exits =
    others.length === 0
      ? ''
      : others.every(({ parent }) => parent !== null)
        ? ` + ${others.map(exitText).join(' + ')}`
        : ` or ${termsText(others[0]?.terms as OrderTerms)}`;
  const side = entry.terms.side === 'buy' ? 'Buy' : 'Sell';
  return `${side} ${entry.terms.quantity} ${instrument.symbol} ${termsText(entry.terms)}${exits} - ${live ? 'LIVE' : 'PAPER'}`;
}

const TYPE_TEXT: Readonly<Record<OrderType, string>> = {
  market: 'MKT',
  limit: 'LMT',
  stop: 'STP',
  stop_limit: 'STP LMT',
  trailing_stop: 'TRAIL',
  trailing_stop_limit: 'TRAIL LMT',
  market_if_touched: 'MIT',
  limit_if_touched: 'LIT',
  market_on_open: 'MOO',
  market_on_close: 'MOC',
  limit_on_open: 'LOO',
  limit_on_close: 'LOC',
};

export function termsText(terms: OrderTerms): string {
  const { type, limitPrice, stopPrice, trailAmount, trailPercent, timeInForce, goodTill } = terms;
  const parts: string[] = [];
  if (limitPrice !== undefined) parts.push(`@ ${limitPrice}`);
  if (stopPrice !== undefined) parts.push(`stop ${stopPrice}`);
  if (trailAmount !== undefined) parts.push(`trail ${trailAmount}`);
  if (trailPercent !== undefined) parts.push(`trail ${trailPercent} %`);
  parts.push(TYPE_TEXT[type], timeInForce.toUpperCase());
  if (goodTill !== undefined) parts.push(isoTime(goodTill).slice(0, 16).replace('T', ' '));
  if (terms.extendedHours === true) parts.push('EXT');
  if (terms.reduceOnly === true) parts.push('reduce only');
  if (terms.postOnly === true) parts.push('post only');
  return parts.join(' ');
}

function exitText({ terms, group }: OrderIntent): string {
  const { limitPrice, stopPrice, trailAmount, trailPercent } = terms;
  if (group?.role === 'take-profit') return `TP ${limitPrice ?? ''}`;
  if (trailAmount !== undefined) return `SL trail ${trailAmount}`;
  if (trailPercent !== undefined) return `SL trail ${trailPercent} %`;
  return `SL ${stopPrice ?? ''}`;
}

/** Money that is lost between entry and stop loss; null without one, or without a price. */
export function riskAtStop(
  intents: readonly OrderIntent[],
  price: Decimal | null,
  unit: Decimal | null,
): Decimal | null {
  const stop = intents.find(({ group }) => group?.role === 'stop-loss')?.terms;
  const quantity = intents[0]?.terms.quantity;
  if (
    stop === undefined ||
    price === null ||
    unit === null ||
    quantity === undefined ||
    price === '0'
  )
    return null;
  const distance = distanceOf(stop, price);
  if (distance === null) return null;
  // `unit` is money for `price`, so money for the distance is in proportion.
  return decimal(
    toFixed(
      divide(multiply(multiply(distance, unit), quantity), absolute(price), 8, 'half-even'),
      2,
    ),
  );
}

function distanceOf(stop: OrderTerms, price: Decimal): Decimal | null {
  if (stop.stopPrice !== undefined) return absolute(subtract(price, stop.stopPrice));
  if (stop.trailAmount !== undefined) return stop.trailAmount;
  if (stop.trailPercent !== undefined)
    return divide(multiply(absolute(price), stop.trailPercent), decimal('100'), 8, 'half-even');
  return null;
}

/** A market order that closes what is held; used to flatten and reverse. */
export function closingIntent(
  held: Decimal,
  where: { readonly account: AccountId; readonly instrument: InstrumentId },
  context: {
    readonly source: OrderSource;
    readonly now: UnixMillis;
    readonly mark: Mark | null;
    readonly tag: string;
    readonly extra?: Decimal;
    /** What the venue has, where it is known. */
    readonly timesInForce?: readonly TimeInForce[];
  },
): OrderIntent {
  const size = add(absolute(held), context.extra ?? decimal('0')) as Quantity;
  const has = context.timesInForce ?? ['day'];
  const lasting = (['day', 'gtc', 'ioc'] as const).find((each) => has.includes(each));
  return {
    clientOrderId: newClientOrderId(context.now),
    ...where,
    terms: {
      side: isPositive(held) ? 'sell' : 'buy',
      type: 'market',
      quantity: size,
      timeInForce: lasting ?? 'day',
      ...(context.extra === undefined ? { reduceOnly: true } : {}),
    },
    source: context.source,
    strategy: null,
    group: null,
    parent: null,
    decidedAt: context.now,
    decisionPrice: markPrice(context.mark) as Price | null,
    tag: context.tag,
  };
}

function bad(field: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${field}: ${what}.`, { details: { parameter: field } });
}

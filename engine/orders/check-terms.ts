import {
  absolute,
  compare,
  decimal,
  isMultiple,
  isPositive,
  isZero,
  multiply,
  roundToStep,
  toNumber,
  type Decimal,
  type Price,
  type Quantity,
} from '../domain/decimal.ts';
import { RenataError } from '../domain/errors.ts';
import type { OrderTerms } from '../domain/live-order.ts';
import { ORDER_SIDES, ORDER_TYPES, TIMES_IN_FORCE, type OrderType } from '../domain/order.ts';
import { isoTime, unixMillis, type UnixMillis } from '../domain/time.ts';
import type { ExecutionCapabilities } from '../ports/execution-client.ts';
import type { TradableInstrument } from '../ports/instruments.ts';

/** Terms as they came over a border: numbers are text. */
export type TermsText = {
  readonly [Key in keyof OrderTerms]?: OrderTerms[Key] extends string | undefined
    ? string | undefined
    : OrderTerms[Key];
};

const LIMIT: ReadonlySet<OrderType> = new Set<OrderType>([
  'limit',
  'stop_limit',
  'limit_if_touched',
  'limit_on_open',
  'limit_on_close',
]);
const STOP: ReadonlySet<OrderType> = new Set<OrderType>([
  'stop',
  'stop_limit',
  'market_if_touched',
  'limit_if_touched',
]);
const TRAIL: ReadonlySet<OrderType> = new Set<OrderType>(['trailing_stop', 'trailing_stop_limit']);
const PRICES = ['limitPrice', 'stopPrice', 'trailAmount', 'limitOffset'] as const;

/** Beyond this nothing is meant: a slip of the keyboard, or a number that was never one. */
const MOST = decimal('1e12');

/**
 * Reads terms and checks every field by itself, against the instrument and against what the venue can do.
 * @throws RenataError BAD_INPUT naming the field, what is wrong and what would be right
 */
export function checkTerms(
  text: TermsText,
  instrument: TradableInstrument,
  capabilities: ExecutionCapabilities,
  now: UnixMillis,
): OrderTerms {
  const terms = readTerms(text);
  checkInstrument(instrument, now);
  checkShape(terms, now);
  checkVenue(terms, capabilities);
  checkSigns(terms, instrument);
  checkSteps(terms, instrument);
  checkSize(terms.quantity, terms.limitPrice ?? terms.stopPrice, instrument);
  return terms;
}

function readTerms(text: TermsText): OrderTerms {
  if (text.quantity === undefined) throw bad('quantity', 'is missing; give the number of units');
  const signed = (name: 'limitPrice' | 'stopPrice' | 'limitOffset'): Price | undefined => {
    const value = text[name];
    return value === undefined ? undefined : (bounded(name, value) as Price);
  };
  const above0 = (
    name: 'trailAmount' | 'trailPercent' | 'displayQuantity',
  ): Decimal | undefined => {
    const value = text[name];
    return value === undefined ? undefined : positive(name, value);
  };
  return present({
    side: oneOf('side', text.side, ORDER_SIDES),
    type: oneOf('type', text.type, ORDER_TYPES),
    quantity: positive('quantity', text.quantity) as Quantity,
    limitPrice: signed('limitPrice'),
    stopPrice: signed('stopPrice'),
    trailAmount: above0('trailAmount') as Price | undefined,
    trailPercent: above0('trailPercent'),
    limitOffset: signed('limitOffset'),
    timeInForce: oneOf('timeInForce', text.timeInForce, TIMES_IN_FORCE),
    goodTill: text.goodTill === undefined ? undefined : unixMillis(text.goodTill),
    extendedHours: text.extendedHours,
    reduceOnly: text.reduceOnly,
    postOnly: text.postOnly,
    displayQuantity: above0('displayQuantity') as Quantity | undefined,
  });
}

/** Without the fields that are not there, so that equal terms are equal whatever way they came. */
function present(terms: OrderTerms): OrderTerms {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(terms) as (keyof OrderTerms)[]) {
    if (terms[name] !== undefined) found[name] = terms[name];
  }
  return found as unknown as OrderTerms;
}

function oneOf<Choice extends string>(
  name: string,
  value: string | undefined,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    const given = value === undefined ? 'nothing' : `"${value.slice(0, 32)}"`;
    throw bad(name, `must be one of ${choices.join(', ')}, not ${given}`);
  }
  return found;
}

function bounded(name: string, text: string): Decimal {
  const value = decimal(text, name);
  if (compare(absolute(value), MOST) > 0) throw bad(name, `is ${value}, more than ${MOST}`);
  return value;
}

function positive(name: string, text: string): Decimal {
  const value = bounded(name, text);
  if (!isPositive(value)) throw bad(name, `is ${value}; it must be more than 0`);
  return value;
}

function checkInstrument(instrument: TradableInstrument, now: UnixMillis): void {
  if (instrument.expiry !== null && instrument.expiry <= now) {
    throw bad('instrument', `${instrument.symbol} expired at ${isoTime(instrument.expiry)}`);
  }
  if (!instrument.tradable) {
    throw bad('instrument', `${instrument.symbol} cannot be traded at this venue now`);
  }
}

/** Whether the fields of the terms belong together. */
function checkShape(terms: OrderTerms, now: UnixMillis): void {
  const { type } = terms;
  const wants = (name: keyof OrderTerms, wanted: boolean, why: string): void => {
    const has = terms[name] !== undefined;
    if (wanted && !has) throw bad(name, `is missing; a ${type} order needs it`);
    if (!wanted && has) throw bad(name, `does not belong to a ${type} order${why}`);
  };
  wants('limitPrice', LIMIT.has(type), '; leave it out or choose a limit type');
  // A trailing stop may say where it begins.
  if (!TRAIL.has(type)) wants('stopPrice', STOP.has(type), '; leave it out or choose a stop type');
  if (TRAIL.has(type)) {
    const both = (terms.trailAmount === undefined) === (terms.trailPercent === undefined);
    if (both) throw bad('trailAmount', `or trailPercent: a ${type} order needs one of the two`);
    if (terms.trailPercent !== undefined && compare(terms.trailPercent, decimal('100')) >= 0) {
      throw bad('trailPercent', `is ${terms.trailPercent}; it must be less than 100`);
    }
  } else {
    wants('trailAmount', false, '; choose trailing_stop');
    wants('trailPercent', false, '; choose trailing_stop');
  }
  if (type !== 'trailing_stop_limit') wants('limitOffset', false, '');
  if (terms.timeInForce === 'gtd') {
    if (terms.goodTill === undefined) throw bad('goodTill', 'is missing; a gtd order needs it');
    if (terms.goodTill <= now) throw bad('goodTill', `${isoTime(terms.goodTill)} has passed`);
  } else if (terms.goodTill !== undefined) {
    throw bad('goodTill', 'belongs to orders with the time in force gtd alone');
  }
  if (terms.postOnly === true && type !== 'limit')
    throw bad('postOnly', 'belongs to limit orders alone');
  const { displayQuantity } = terms;
  if (displayQuantity !== undefined) {
    if (!LIMIT.has(type)) throw bad('displayQuantity', 'belongs to limit orders alone');
    if (compare(displayQuantity, terms.quantity) > 0) {
      throw bad(
        'displayQuantity',
        `is ${displayQuantity}, more than the quantity of ${terms.quantity}`,
      );
    }
  }
}

function checkVenue(terms: OrderTerms, can: ExecutionCapabilities): void {
  if (!can.orderTypes.includes(terms.type)) {
    throw bad(
      'type',
      `${terms.type} is not known to this venue; it has ${can.orderTypes.join(', ')}`,
    );
  }
  if (!can.timesInForce.includes(terms.timeInForce)) {
    throw bad(
      'timeInForce',
      `${terms.timeInForce} is not known to this venue; it has ${can.timesInForce.join(', ')}`,
    );
  }
  if (terms.extendedHours === true && !can.extendedHours) {
    throw bad('extendedHours', 'is not possible at this venue; leave it out');
  }
  // A reduce-only order is kept so by the risk gate where the venue does not do it.
  if (terms.postOnly === true && !can.postOnly)
    throw bad('postOnly', 'is not possible at this venue');
  if (terms.displayQuantity !== undefined && !can.iceberg) {
    throw bad('displayQuantity', 'is not possible at this venue; use the iceberg algorithm');
  }
}

/** What is owned costs something; only of contracts such as futures a price may be 0 or less. */
function checkSigns(terms: OrderTerms, { assetClass, symbol }: TradableInstrument): void {
  if (assetClass === 'future') return;
  for (const name of ['limitPrice', 'stopPrice'] as const) {
    const value = terms[name];
    if (value !== undefined && !isPositive(value))
      throw bad(name, `is ${value}; a price of ${symbol} must be more than 0`);
  }
}

function checkSteps(terms: OrderTerms, instrument: TradableInstrument): void {
  for (const name of PRICES) {
    const value = terms[name];
    if (value === undefined || isZero(value)) continue;
    const tick = tickAt(instrument, value);
    if (!isMultiple(value, tick)) {
      const low = roundToStep(value, tick, 'towards-zero');
      const high = roundToStep(value, tick, 'away-from-zero');
      throw bad(name, `${value} is not on a tick of ${tick}; use ${low} or ${high}`);
    }
  }
  const { quantity, displayQuantity } = terms;
  for (const [name, value] of [
    ['quantity', quantity],
    ['displayQuantity', displayQuantity],
  ] as const) {
    if (value === undefined || isMultiple(value, instrument.lotSize)) continue;
    const low = roundToStep(value, instrument.lotSize, 'towards-zero');
    throw bad(
      name,
      `${value} is not a multiple of ${instrument.lotSize}; the next lower is ${low}`,
    );
  }
}

/** The price step that holds at a price. */
export function tickAt(instrument: TradableInstrument, value: Decimal): Decimal {
  const size = absolute(value);
  let tick = (instrument.ticks[0] as { tickSize: Decimal }).tickSize;
  for (const band of instrument.ticks) {
    if (compare(size, band.from) >= 0) tick = band.tickSize;
  }
  return tick;
}

function checkSize(
  quantity: Quantity,
  price: Price | undefined,
  instrument: TradableInstrument,
): void {
  const { minQuantity, maxQuantity, minNotional, maxNotional, symbol } = instrument;
  if (compare(quantity, minQuantity) < 0) {
    throw bad('quantity', `${quantity} is less than ${minQuantity}, the least for ${symbol}`);
  }
  if (maxQuantity !== null && compare(quantity, maxQuantity) > 0) {
    throw bad('quantity', `${quantity} is more than ${maxQuantity}, the most for ${symbol}`);
  }
  if (price === undefined) return;
  const value = multiply(multiply(quantity, absolute(price)), instrument.multiplier);
  if (minNotional !== null && compare(value, minNotional) < 0) {
    throw bad(
      'quantity',
      `the order is worth ${value}, less than ${minNotional}, the least for ${symbol}`,
    );
  }
  if (maxNotional !== null && compare(value, maxNotional) > 0) {
    throw bad(
      'quantity',
      `the order is worth ${value}, more than ${maxNotional}, the most for ${symbol}`,
    );
  }
}

/**
 * Units that an amount of money buys at a price, in whole lots, rounded down.
 * @throws RenataError BAD_INPUT when it buys none, or the price is not positive
 */
export function unitsFor(
  notional: Decimal,
  price: number,
  instrument: TradableInstrument,
): Quantity {
  if (!(price > 0))
    throw bad('notional', `cannot be turned into units without a price of ${instrument.symbol}`);
  const raw = toNumber(notional) / (price * toNumber(instrument.multiplier));
  const lots = Math.floor(raw / toNumber(instrument.lotSize) + 1e-9);
  const units = multiply(decimal(lots.toFixed(0)), instrument.lotSize);
  if (!isPositive(units)) {
    throw bad(
      'notional',
      `${notional} buys less than one lot of ${instrument.lotSize} ${instrument.symbol}`,
    );
  }
  return units as Quantity;
}

function bad(field: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${field}: ${what}.`, { details: { parameter: field } });
}

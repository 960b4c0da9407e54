import {
  absolute,
  compare,
  decimal,
  decimalOf,
  multiply,
  roundToStep,
  subtract,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import type { OrderAmendment, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { Wanted, WantedTerms } from '../../../engine/live/types.ts';
import { tickAt } from '../../../engine/orders/check-terms.ts';
import type { ExecutionCapabilities } from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { OrderTermsText } from '../../../engine/protocol/live-schemas.ts';

/** A price that is off its tick by less than this part of it was meant to be on it. */
const NEARLY = decimal('0.000001');

/**
 * What is wanted as the venue takes it: whole lots, and prices on the tick that asks for no more, as in a
 * backtest with ticks. Orders at the market are for the day, since none of them waits.
 */
export function venueTerms(
  wanted: WantedTerms,
  instrument: TradableInstrument,
  { timesInForce }: ExecutionCapabilities,
): OrderTermsText {
  const { side, type, limitPrice, stopPrice, trailAmount, trailPercent, limitOffset } = wanted;
  const buys = side === 'buy';
  const units = roundToStep(exact(wanted.quantity), instrument.lotSize, 'towards-zero');
  const price = (value: number, up: boolean): string => onTick(exact(value), instrument, up);
  const trails = trailAmount !== undefined || trailPercent !== undefined;
  const market = type === 'market' && wanted.timeInForce === 'gtc';
  const asked = market ? 'day' : wanted.timeInForce;
  const timeInForce = timesInForce.includes(asked) ? asked : market ? 'gtc' : 'day';
  return {
    side,
    type,
    quantity: units,
    timeInForce,
    ...(wanted.goodTill === undefined || timeInForce !== 'gtd'
      ? {}
      : { goodTill: wanted.goodTill }),
    ...(limitPrice === undefined || trails ? {} : { limitPrice: price(limitPrice, !buys) }),
    ...(stopPrice === undefined || trails ? {} : { stopPrice: price(stopPrice, buys) }),
    ...(trailAmount === undefined ? {} : { trailAmount: price(trailAmount, true) }),
    ...(trailPercent === undefined ? {} : { trailPercent: exact(trailPercent) }),
    ...(limitOffset === undefined ? {} : { limitOffset: price(limitOffset, true) }),
  };
}

/** What has to be changed of an order that works; null where it is as it is wanted. */
export function changeOf(now: OrderTerms, wanted: OrderTermsText): OrderAmendment | null {
  const change: Record<string, string> = {};
  for (const name of [
    'quantity',
    'limitPrice',
    'stopPrice',
    'trailAmount',
    'trailPercent',
  ] as const) {
    const to = wanted[name];
    if (to !== undefined && now[name] !== to) change[name] = to;
  }
  return Object.keys(change).length === 0 ? null : change;
}

/** Whether an order could have been filled within these prices. */
export function inReach(
  { terms }: Wanted,
  { high, low }: { readonly high: number; readonly low: number },
): boolean {
  if (terms === null) return false;
  const { type, side, limitPrice, stopPrice } = terms;
  if (type === 'market') return true;
  const buys = side === 'buy';
  if (type === 'limit' && limitPrice !== undefined)
    return buys ? low <= limitPrice : high >= limitPrice;
  if (stopPrice === undefined) return false;
  return buys ? high >= stopPrice : low <= stopPrice;
}

function onTick(value: Decimal, instrument: TradableInstrument, up: boolean): Decimal {
  const tick = tickAt(instrument, value);
  const near = roundToStep(value, tick, 'half-even');
  if (compare(absolute(subtract(near, value)), multiply(tick, NEARLY)) <= 0) return near;
  const away = up !== value.startsWith('-');
  return roundToStep(value, tick, away ? 'away-from-zero' : 'towards-zero');
}

/** A double without what computing left of it beyond twelve digits. */
function exact(value: number): Decimal {
  return decimalOf(Number(value.toPrecision(12)));
}

import { absolute, decimal, negate, multiply } from '../../../engine/domain/decimal.ts';
import type { LiveOrderView, PositionView } from '../../../engine/protocol/live-schemas.ts';
import { onTick, quotedPrice, type Tick } from '../../components/trading/decimals.ts';
import { isOpenOrder, symbolOf } from '../../components/trading/words.ts';
import type { TicketWish } from '../../client/trading-state.ts';

export type PositionDeed = 'flatten' | 'reverse';

export const keyOf = ({ account, instrument }: PositionView): string => `${account}|${instrument}`;

export const isHeld = ({ quantity }: PositionView): boolean => quantity !== '0';

/** What will be done, for the question that comes first. */
export function deedText(
  deed: PositionDeed,
  position: PositionView,
  orders: Iterable<LiveOrderView>,
): { readonly title: string; readonly text: string; readonly action: string } {
  const size = absolute(decimal(position.quantity));
  const symbol = symbolOf(position.instrument);
  const long = !position.quantity.startsWith('-');
  const side = long ? 'Sell' : 'Buy';
  const units = deed === 'flatten' ? size : multiply(size, decimal('2'));
  const working = [...orders].filter(
    (order) =>
      isOpenOrder(order) &&
      order.account === position.account &&
      order.instrument === position.instrument,
  ).length;
  const first =
    working === 0
      ? ''
      : `${working} open ${working === 1 ? 'order' : 'orders'} of ${symbol} ${working === 1 ? 'is' : 'are'} cancelled first. `;
  const after =
    deed === 'flatten'
      ? 'The position is flat then.'
      : `The position is ${long ? 'short' : 'long'} ${size} ${symbol} then.`;
  return {
    title: deed === 'flatten' ? `Flatten ${symbol}?` : `Reverse ${symbol}?`,
    text: `${first}${after} Market order in ${position.account}; the price is what the market gives.`,
    action: `${side} ${units} ${symbol} MKT`,
  };
}

/** How far from the last price a stop is proposed; the ticket shows it before anything is sent. */
const STOP_DISTANCE = decimal('0.02');

/** A ticket for a stop that protects a position. */
export function stopWish(position: PositionView, ticks: readonly Tick[]): TicketWish {
  const long = !position.quantity.startsWith('-');
  const mark = quotedPrice(position.mark, ticks);
  const distance = mark === undefined ? undefined : multiply(absolute(mark), STOP_DISTANCE);
  const price =
    mark === undefined || distance === undefined
      ? undefined
      : onTick(
          decimal((Number(mark) + Number(long ? negate(distance) : distance)).toFixed(10)),
          ticks,
        );
  return {
    instrument: position.instrument,
    account: position.account,
    side: long ? 'sell' : 'buy',
    quantity: absolute(decimal(position.quantity)),
    type: 'stop',
    reduceOnly: true,
    ...(price === undefined ? {} : { price }),
  };
}

export interface Totals {
  readonly currency: string;
  readonly value: number;
  readonly unrealized: number;
  readonly realized: number;
}

/** Sums of the positions by currency: what is in different money cannot be added. */
export function totalsOf(positions: readonly PositionView[]): readonly Totals[] {
  const sums = new Map<string, Totals>();
  for (const { currency, value, unrealized, realizedToday } of positions) {
    const before = sums.get(currency) ?? { currency, value: 0, unrealized: 0, realized: 0 };
    sums.set(currency, {
      currency,
      value: before.value + Math.abs(value ?? 0),
      unrealized: before.unrealized + (unrealized ?? 0),
      realized: before.realized + Number(realizedToday),
    });
  }
  return [...sums.values()].toSorted((a, b) => b.value - a.value);
}

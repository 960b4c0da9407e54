import type {
  FillView,
  LiveOrderView,
  PositionView,
} from '../../../../engine/protocol/live-schemas.ts';
import { groupDigits } from '../../../components/trading/decimals.ts';
import { isOpenOrder, TYPE_SHORT } from '../../../components/trading/words.ts';

/** A price that the account has to do with, as a line across the chart. */
export interface TradingLine {
  readonly key: string;
  readonly price: number;
  /** Side, quantity and kind; the price stands on the axis. */
  readonly title: string;
  readonly tone: 'buy' | 'sell' | 'position' | 'doubt';
  readonly style: 'solid' | 'dashed' | 'dotted';
}

export interface FillMark {
  readonly time: number;
  readonly buy: boolean;
  readonly text: string;
}

/** Fills that are marked, and of those the newest that are named. */
const MOST_FILLS = 30;
const MOST_NAMED = 6;

interface Held {
  readonly account: string;
  readonly instrument: string;
}

const belongsTo =
  ({ account, instrument }: Held) =>
  (each: Held): boolean =>
    each.account === account && each.instrument === instrument;

/** Open orders with a price of their own, and what the position has cost. */
export function tradingLines(
  orders: Iterable<LiveOrderView>,
  positions: readonly PositionView[],
  of: Held,
): readonly TradingLine[] {
  const own = belongsTo(of);
  const lines = [...orders].filter((order) => own(order) && isOpenOrder(order)).flatMap(linesOf);
  const held = positions.find((each) => own(each) && each.quantity !== '0');
  if (held?.averagePrice === null || held === undefined) return lines;
  const short = held.quantity.startsWith('-');
  const size = groupDigits(held.quantity.replace('-', ''));
  return [
    {
      key: 'position',
      price: Number(held.averagePrice),
      title: `${short ? 'Short' : 'Long'} ${size} average`,
      tone: 'position',
      style: 'solid',
    },
    ...lines,
  ];
}

function linesOf(order: LiveOrderView): readonly TradingLine[] {
  const { clientOrderId, terms, state, filledQuantity, group } = order;
  const left = Number(terms.quantity) - Number(filledQuantity);
  const size = groupDigits(String(Number(left.toPrecision(12))));
  const side = terms.side === 'buy' ? 'Buy' : 'Sell';
  const role = group?.role === 'stop-loss' ? 'SL ' : group?.role === 'take-profit' ? 'TP ' : '';
  const mark = state === 'Unknown' ? '? ' : state === 'Initialized' ? '◌ ' : '';
  const line = (part: 'limit' | 'stop', text: string | undefined): readonly TradingLine[] => {
    const price = Number(text);
    if (text === undefined || !Number.isFinite(price)) return [];
    return [
      {
        key: `${clientOrderId} ${part}`,
        price,
        title: `${mark}${role}${side} ${size} ${wordOf(terms.type, part)}`,
        tone: state === 'Unknown' ? 'doubt' : terms.side,
        style: part === 'limit' ? 'dashed' : 'dotted',
      },
    ];
  };
  return [...line('stop', terms.stopPrice), ...line('limit', terms.limitPrice)];
}

/** A stop-limit order has two lines, each with its own word. */
function wordOf(type: LiveOrderView['terms']['type'], part: 'limit' | 'stop'): string {
  if (type === 'stop_limit') return part === 'stop' ? 'STP' : 'LMT';
  return TYPE_SHORT[type];
}

/** The last fills, in the order of the market, which may be played again. @param fills newest first */
export function fillMarks(fills: readonly FillView[], of: Held): readonly FillMark[] {
  const own = belongsTo(of);
  return fills
    .filter(own)
    .slice(0, MOST_FILLS)
    .map(({ side, quantity, price, venueTime, marketTime }, i) => ({
      time: marketTime ?? venueTime,
      buy: side === 'buy',
      text:
        i < MOST_NAMED
          ? `${side === 'buy' ? 'Buy' : 'Sell'} ${groupDigits(quantity)} @ ${groupDigits(price)}`
          : '',
    }))
    .toReversed()
    .toSorted((a, b) => a.time - b.time);
}

/**
 * The bar that a time lies in: the last that starts by then.
 * @param length milliseconds of a bar; what is later than the end of the last one lies in none
 */
export function barAt(times: ArrayLike<number>, time: number, length: number): number | undefined {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  const start = times[low - 1];
  if (start === undefined) return undefined;
  return low === times.length && time >= start + length ? undefined : start;
}

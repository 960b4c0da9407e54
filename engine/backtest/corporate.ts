import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { OrderType } from '../domain/order.ts';
import type { Desk } from './desk.ts';
import { orderFrom } from './matching/requests.ts';
import type { WorkingOrder } from './matching/working-order.ts';

/**
 * Splits and dividends on a position and its resting orders, before the first bar of the ex-date.
 * Orders follow FINRA rule 5330: a split changes size and prices; a reverse split takes those away that
 * wait for a price; a dividend of a cent or more lowers buys that wait below the market and sells that
 * wait to stop a loss.
 */

/** By day; of one day dividends first, since their amounts are for the shares of before. */
export function inBookingOrder(events: readonly AdjustmentEvent[]): readonly AdjustmentEvent[] {
  const late = ({ kind }: AdjustmentEvent): number => Number(kind === 'split');
  return events.toSorted((a, b) => a.day - b.day || late(a) - late(b));
}

/**
 * Money that the event moves, in the instrument's money: to the account when above 0.
 * @param mark the last close, already in the units of after a split: orders that end tell the strategy,
 *   which then looks at its equity
 */
export function applyEvent(desk: Desk, event: AdjustmentEvent, mark: number): number {
  return event.kind === 'split'
    ? applySplit(desk, event.ratio, mark)
    : applyDividend(desk, event.amount);
}

const UNPRICED: ReadonlySet<OrderType> = new Set(['market', 'market_on_open', 'market_on_close']);

/** Fractions of a lot that a split leaves are paid out at the last close. */
function applySplit(desk: Desk, ratio: number, mark: number): number {
  const { position, book, costs, bar } = desk;
  position.split(bar, ratio);
  // Orders that trail and are given from here on begin at a price of after.
  book.last /= ratio;
  const resting = book.orders.slice();
  for (const order of resting) splitOrder(desk, order, ratio);
  for (const order of resting) {
    if (!order.working || ratio >= 1) continue;
    // A market order is not bound to a price of before: without it a position would stay that was to go.
    const atMarket = UNPRICED.has(order.type) || (order.triggered && !order.limited);
    const nothing = order.left() <= 0 && !order.follows;
    if (!atMarket || nothing) desk.end(order, 'Canceled');
  }
  const whole = costs.lots(Math.abs(position.units));
  const rest = Math.abs(position.units) - whole;
  if (!(costs.terms.lotSize > 0) || rest <= whole * 1e-9) return 0;
  return payOut(desk, rest, mark);
}

/** Pays out units that no order can trade; the money they are worth, for the account. */
function payOut({ position, bar, costs }: Desk, quantity: number, price: number): number {
  const change = position.units > 0 ? -quantity : quantity;
  const order = orderFrom(-1, { side: change > 0 ? 'buy' : 'sell', tag: 'fraction' });
  position.change(order, change, price, 0, 'open', bar);
  return -change * price * costs.terms.multiplier;
}

/** Every order that is alive is shown in the units of after, those that the split ends as well. */
function splitOrder(desk: Desk, order: WorkingOrder, ratio: number): void {
  const left = order.left() * ratio;
  // What was filled before counts in the units of after.
  order.filled *= ratio;
  if (!Number.isNaN(left)) order.quantity = order.filled + desk.costs.lots(left);
  order.limitPrice /= ratio;
  order.stopPrice /= ratio;
  order.trailAmount /= ratio;
  order.limitOffset /= ratio;
  desk.changed(order);
  desk.log.restate(order);
}

/** Long positions are paid, short ones pay. */
function applyDividend(desk: Desk, amount: number): number {
  const { position, costs, book } = desk;
  const paid = position.units * amount * costs.terms.multiplier;
  position.trades.addCarry(paid);
  if (amount < 0.01) return paid;
  for (const order of book.orders) {
    if (!order.working) continue;
    const buysBelow = order.buys && (order.type === 'limit' || order.type === 'limit_if_touched');
    const stopsLoss = !order.buys && (order.stops || order.stopsLimited);
    if (!buysBelow && !stopsLoss && !(order.buys && order.type === 'market_if_touched')) continue;
    order.limitPrice -= amount;
    order.stopPrice -= amount;
    desk.changed(order);
  }
  return paid;
}

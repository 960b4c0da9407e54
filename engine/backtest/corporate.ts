import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { Desk } from './desk.ts';
import type { WorkingOrder } from './matching/working-order.ts';

/**
 * Splits and dividends on a position and its resting orders, before the first bar of the ex-date.
 * Orders follow FINRA rule 5330: a split changes size and prices; a reverse split takes them away; a
 * dividend of a cent or more lowers buys that wait below the market and sells that wait to stop a loss.
 */

/** Money that the event moves, in the instrument's money: to the account when above 0. */
export function applyEvent(desk: Desk, event: AdjustmentEvent, mark: number): number {
  return event.kind === 'split'
    ? applySplit(desk, event.ratio, mark)
    : applyDividend(desk, event.amount);
}

/** Fractions of a lot that a split leaves are paid out at the last close. */
function applySplit(desk: Desk, ratio: number, mark: number): number {
  const { position, book, costs, bar } = desk;
  position.split(bar, ratio);
  for (const order of book.orders.slice()) {
    if (!order.working) continue;
    if (ratio < 1) desk.end(order, 'Canceled');
    else splitOrder(desk, order, ratio);
  }
  const whole = costs.lots(Math.abs(position.units));
  const rest = Math.abs(position.units) - whole;
  if (!(costs.terms.lotSize > 0) || rest <= whole * 1e-9) return 0;
  return desk.payOut(rest, mark / ratio);
}

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

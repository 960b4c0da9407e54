import type { SizeRule } from '../domain/backtest.ts';
import type { Costs } from './costs/costs.ts';
import type { WorkingOrder } from './matching/working-order.ts';

/** Units of an entry by the size rule, before rounding to lots and never more than the equity buys. */
export function entryUnits(
  rule: SizeRule,
  costs: Costs,
  equity: number,
  price: number,
  bar: number,
  sells: boolean,
): number {
  switch (rule.kind) {
    case 'all':
      return costs.affordable(equity, price, bar, sells);
    case 'percent':
      return Math.min(
        costs.affordable(equity, price, bar, sells),
        costs.affordable((equity * rule.percent) / 100, price, bar, sells),
      );
    case 'quantity':
      return rule.quantity;
    case 'notional':
      return rule.notional / (price * costs.terms.multiplier);
  }
}

/**
 * Units of a fill, before volume and money: what is left of what was asked for, or the rule's entry after
 * closing what is held `against` the order.
 * @param equity what the account is worth at `price`
 */
export function orderUnits(
  order: WorkingOrder,
  rule: SizeRule,
  costs: Costs,
  equity: () => number,
  price: number,
  bar: number,
  against: number,
): number {
  const left = order.left();
  if (order.reduceOnly) return Number.isNaN(left) ? against : Math.min(left, against);
  if (!Number.isNaN(left)) return costs.lots(left);
  const leaving = against > 0 ? costs.leaving(order, against, price, bar) : 0;
  const units = entryUnits(rule, costs, equity() - leaving, price, bar, !order.buys);
  const entry = costs.lots(units);
  return entry > 0 || against > 0 ? against + Math.max(entry, 0) : 0;
}

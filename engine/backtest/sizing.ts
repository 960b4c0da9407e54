import type { SizeRule } from '../domain/backtest.ts';
import type { Costs } from './costs/costs.ts';

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

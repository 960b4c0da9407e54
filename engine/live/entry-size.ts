import type { Costs } from '../backtest/costs/costs.ts';
import type { WorkingOrder } from '../backtest/matching/working-order.ts';
import { orderUnits } from '../backtest/sizing.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import type { Purse } from './purse.ts';

/** A fill may exceed the money by this part of it: rounding only, as in a backtest. */
export const ROUNDING = 1e-9;

/** What the size of an entry goes by. */
export interface SizeFacts {
  readonly settings: BacktestSettings;
  readonly costs: Costs;
  readonly purse: Purse;
  /** Signed units. */
  readonly held: number;
  readonly lastClose: number;
  readonly bar: number;
}

/**
 * Units by the size rule or as asked for, at the close that gave the order.
 * @returns with why a backtest would deny it; empty where it would not
 */
export function entrySize(
  order: WorkingOrder,
  { settings, costs, purse, held, lastClose, bar }: SizeFacts,
): { readonly units: number; readonly reason: string } {
  const anchor = Number.isNaN(order.stopPrice) ? lastClose : order.stopPrice;
  const price = order.limited ? order.limitPrice : costs.slipped(anchor, order.buys, 0, bar);
  const { multiplier } = costs.terms;
  const direction = order.buys ? 1 : -1;
  const against = held * direction < 0 ? Math.abs(held) : 0;
  const equity = (): number => purse.cash + purse.beside() + held * price * multiplier;
  const units = orderUnits(order, settings.size, costs, equity, price, bar, against);
  const after = held + direction * units;
  if (!(units > 0)) return { units, reason: 'The money does not buy a lot.' };
  if (after < 0 && !settings.short && after < -Math.abs(held) * ROUNDING) {
    return { units, reason: 'The run allows no short positions.' };
  }
  if (Math.abs(after) > Math.abs(held) || after * held < 0) {
    const fee = costs.fee(order, units, price, bar, false);
    const needed = Math.abs(after) * price * multiplier * (settings.margin?.initial ?? 1);
    if (needed + purse.needed() > (equity() - fee) * (1 + ROUNDING)) {
      return { units, reason: 'It needs more money than there is.' };
    }
  }
  return { units, reason: '' };
}

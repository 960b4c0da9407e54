import { RenataError } from '../domain/errors.ts';
import type { TargetOptions } from './portfolio-types.ts';

/** Difference of units, as a part of those held, that is no difference. */
const ROUNDING = 1e-12;

/** What is known of an instrument that has a target. */
export interface TargetMarket {
  readonly symbol: string;
  readonly position: { readonly units: number };
  /** Last close; NaN before the first. */
  readonly mark: number;
  readonly multiplier: number;
  /** Base currency for one unit of its money. */
  readonly rate: number;
  readonly desk: { readonly costs: { lots(quantity: number): number } };
}

/** Units to trade of one instrument to reach its target; signed. */
export interface TargetTrade<Market extends TargetMarket> {
  readonly market: Market;
  readonly change: number;
  /** Makes the position smaller, and with that money or margin free. */
  readonly reduces: boolean;
}

/**
 * Trades that bring positions to parts of the equity at their last closes, those that reduce first.
 * Instruments without a price or a rate yet are left out.
 * @throws RenataError STRATEGY_FAILED for a weight that is no number, or below 0 without permission
 */
export function targetTrades<Market extends TargetMarket>(
  markets: readonly Market[],
  equity: number,
  weights: ReadonlyMap<string, number>,
  options: TargetOptions,
  shortAllowed: boolean,
): TargetTrade<Market>[] {
  const least = Math.max(
    options.minTradeNotional ?? 0,
    (options.minTradeWeight ?? 0) * Math.abs(equity),
  );
  const trades: TargetTrade<Market>[] = [];
  for (const market of markets) {
    const named = weights.get(market.symbol);
    if (named === undefined && options.keepOthers === true) continue;
    const weight = named ?? 0;
    if (!Number.isFinite(weight) || (weight < 0 && !shortAllowed)) {
      throw new RenataError(
        'STRATEGY_FAILED',
        `The target ${weight} of ${market.symbol} is not possible; short positions need the run's permission.`,
      );
    }
    const held = market.position.units;
    const worth = market.mark * market.multiplier * market.rate;
    if (weight === 0 && held === 0) continue;
    if (!(worth > 0)) continue;
    const wanted = (weight * equity) / worth;
    const units = Math.sign(wanted) * market.desk.costs.lots(Math.abs(wanted));
    const change = units - held;
    const closes = units === 0 && held !== 0;
    // What rounding makes of a target that is held already is no trade.
    const same = !closes && Math.abs(change) <= ROUNDING * Math.abs(held);
    if (same || change === 0 || (!closes && Math.abs(change) * worth < least)) continue;
    const reduces = held !== 0 && Math.abs(units) < Math.abs(held) && units * held >= 0;
    trades.push({ market, change, reduces });
  }
  return trades.toSorted((a, b) => Number(b.reduces) - Number(a.reduces));
}

import { buyAndHoldEquity } from '../../engine/backtest/benchmark.ts';
import type { BacktestSettings } from '../../engine/domain/backtest.ts';
import type { HeldBars } from '../../engine/protocol/research-tasks.ts';
import { returnsOf } from '../../engine/stats/moments.ts';
import { marketOf } from '../market.ts';

/** Returns of all bars of a run: that of the first is on the capital, as in its statistics. */
export function returnsWith(capital: number, equity: Float64Array): Float64Array {
  const curve = new Float64Array(equity.length + 1);
  curve[0] = capital;
  curve.set(equity, 1);
  return returnsOf(curve);
}

/** Returns of at most so many stretches of equal numbers of bars. */
export function gathered(returns: Float64Array, most: number): Float64Array {
  if (returns.length <= most) return returns;
  const sums = new Float64Array(most).fill(1);
  for (let i = 0; i < returns.length; i += 1) {
    const stretch = Math.floor((i * most) / returns.length);
    sums[stretch] = (sums[stretch] as number) * (1 + (returns[i] as number));
  }
  return sums.map((growth) => growth - 1);
}

/** Equity of buying and holding, with splits and dividends as a run books them. */
export function heldEquity({ base, events }: HeldBars, settings: BacktestSettings): Float64Array {
  return buyAndHoldEquity(base.bars, settings, marketOf(base, { events }));
}

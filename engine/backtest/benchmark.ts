import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { affordable, commissionOf, roundToLots, slipped } from './costs.ts';

/**
 * Equity of buying with all cash on the first bar and holding to the end, under the run's costs, fill
 * timing and lots: bought at the first open or, with fills at the same close, at the first close. One
 * value a bar, in quote currency.
 */
export function buyAndHoldEquity(bars: BarColumns, settings: BacktestSettings): Float64Array {
  const { open, close } = bars;
  const equity = new Float64Array(close.length).fill(settings.cash);
  const first = close.findIndex((price, i) => Number.isFinite(price) && Number.isFinite(open[i]));
  if (first < 0) return equity;
  const asked = (settings.fill === 'same-close' ? close[first] : open[first]) as number;
  const price = slipped(asked, 'buy', settings.slippageBps);
  const quantity = roundToLots(
    affordable(settings.commission, settings.cash, price),
    settings.lotSize,
  );
  if (!(quantity > 0)) return equity;
  const left =
    settings.cash - quantity * price - commissionOf(settings.commission, quantity, price);
  let mark = close[first] as number;
  for (let i = first; i < equity.length; i += 1) {
    const now = close[i] as number;
    if (Number.isFinite(now)) mark = now;
    equity[i] = left + quantity * mark;
  }
  return equity;
}

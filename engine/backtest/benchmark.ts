import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { Costs } from './costs/costs.ts';
import { orderFrom } from './matching/requests.ts';

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
  const terms = { multiplier: 1, lotSize: settings.lotSize, tickSize: 0 };
  const costs = new Costs(settings, bars, terms);
  let price = costs.slipped(asked, true, 0, first);
  let quantity = costs.lots(costs.affordable(settings.cash, price, first));
  if (costs.sized) {
    price = costs.slipped(asked, true, quantity, first);
    quantity = costs.lots(costs.affordable(settings.cash, price, first));
  }
  if (!(quantity > 0)) return equity;
  const order = orderFrom(0, { side: 'buy' });
  const fee = costs.fee(order, quantity, price, first, false);
  const left = settings.cash - quantity * price - fee;
  let mark = close[first] as number;
  for (let i = first; i < equity.length; i += 1) {
    const now = close[i] as number;
    if (Number.isFinite(now)) mark = now;
    equity[i] = left + quantity * mark;
  }
  return equity;
}

import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { Costs } from './costs/costs.ts';
import { orderFrom } from './matching/requests.ts';

/** Bars in one call. */
const BLOCK = 8_192;

/**
 * Equity of buying with all cash on the first bar and holding to the end, under the run's costs, fill
 * timing and lots: bought at the first open or, with fills at the same close, at the first close. One
 * value a bar, in quote currency.
 */
export function buyAndHoldEquity(bars: BarColumns, settings: BacktestSettings): Float64Array {
  const { open, close } = bars;
  const equity = new Float64Array(close.length);
  const first = firstPriced(open, close);
  equity.fill(settings.cash, 0, first < 0 ? equity.length : first);
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
  if (!(quantity > 0)) return equity.fill(settings.cash);
  const order = orderFrom(0, { side: 'buy' });
  const fee = costs.fee(order, quantity, price, first, false);
  const left = settings.cash - quantity * price - fee;
  let mark = close[first] as number;
  for (let from = first; from < equity.length; from += BLOCK) {
    const to = Math.min(from + BLOCK, equity.length);
    mark = markBars(close, mark, left, quantity, equity, from, to);
  }
  return equity;
}

function firstPriced(open: Float64Array, close: Float64Array): number {
  for (let i = 0; i < close.length; i += 1) {
    if (Number.isFinite(close[i]) && Number.isFinite(open[i])) return i;
  }
  return -1;
}

/** Marks bars at their closes, or at the last one that was a number. @returns the last mark */
function markBars(
  close: Float64Array,
  before: number,
  cash: number,
  units: number,
  out: Float64Array,
  from: number,
  to: number,
): number {
  let mark = before;
  for (let i = from; i < to; i += 1) {
    const now = close[i] as number;
    if (now - now === 0) mark = now;
    out[i] = cash + units * mark;
  }
  return mark;
}

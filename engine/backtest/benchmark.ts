import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { BacktestSettings, SessionColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { inBookingOrder } from './corporate.ts';
import { Costs } from './costs/costs.ts';
import { orderFrom } from './matching/requests.ts';

/** Bars in one call. */
const BLOCK = 8_192;

/** What a benchmark has to know of raw bars: what happened to the instrument, and on which day a bar lies. */
export interface HeldMarket {
  readonly events?: readonly AdjustmentEvent[] | undefined;
  readonly sessions?: SessionColumns | undefined;
}

/** What is held. */
interface Holding {
  cash: number;
  units: number;
  /** Last close that was a number. */
  mark: number;
  /** Money for a price of 1 of one unit. */
  readonly multiplier: number;
}

/**
 * Equity of buying with all cash on the first bar and holding to the end, under the run's costs, fill
 * timing and lots: bought at the first open or, with fills at the same close, at the first close. Splits
 * and dividends are booked as in the run; dividends stay in cash. One value a bar, in quote currency.
 */
export function buyAndHoldEquity(
  bars: BarColumns,
  settings: BacktestSettings,
  { events = [], sessions }: HeldMarket = {},
): Float64Array {
  const { open, close } = bars;
  const equity = new Float64Array(close.length);
  const first = firstPriced(open, close);
  equity.fill(settings.cash, 0, first < 0 ? equity.length : first);
  if (first < 0) return equity;
  const asked = (settings.fill === 'same-close' ? close[first] : open[first]) as number;
  const { multiplier = 1 } = settings;
  const terms = { multiplier, lotSize: settings.lotSize, tickSize: 0 };
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
  const held: Holding = {
    cash: settings.cash - quantity * price * multiplier - fee,
    units: quantity,
    mark: close[first] as number,
    multiplier,
  };
  let from = first;
  if (events.length > 0) {
    const day = (bar: number): number =>
      sessions?.day[bar] ?? Math.floor((bars.time[bar] as number) / MS_PER_DAY) * MS_PER_DAY;
    // Who buys on an ex-date has no part in what belongs to the day before.
    const later = inBookingOrder(events).filter((event) => event.day > day(first));
    for (const event of later) {
      let to = from;
      while (to < equity.length && day(to) < event.day) to += 1;
      if (to === equity.length) break;
      markAll(close, held, equity, from, to);
      from = to;
      book(held, event, costs);
    }
  }
  markAll(close, held, equity, from, equity.length);
  return equity;
}

function firstPriced(open: Float64Array, close: Float64Array): number {
  for (let i = 0; i < close.length; i += 1) {
    if (Number.isFinite(close[i]) && Number.isFinite(open[i])) return i;
  }
  return -1;
}

/** Fractions of a lot that a split leaves are paid out at the last close. */
function book(held: Holding, event: AdjustmentEvent, costs: Costs): void {
  if (event.kind === 'dividend') {
    held.cash += held.units * event.amount * costs.terms.multiplier;
    return;
  }
  held.units *= event.ratio;
  held.mark /= event.ratio;
  const whole = costs.lots(held.units);
  const rest = held.units - whole;
  if (!(costs.terms.lotSize > 0) || rest <= whole * 1e-9) return;
  held.units = whole;
  held.cash += rest * held.mark * costs.terms.multiplier;
}

function markAll(
  close: Float64Array,
  held: Holding,
  out: Float64Array,
  from: number,
  to: number,
): void {
  for (let at = from; at < to; at += BLOCK) {
    held.mark = markBars(
      close,
      held.mark,
      held.cash,
      held.units * held.multiplier,
      out,
      at,
      Math.min(at + BLOCK, to),
    );
  }
}

/** Marks bars at their closes, or at the last one that was a number. @param worth money for a price of 1 @returns the last mark */
function markBars(
  close: Float64Array,
  before: number,
  cash: number,
  worth: number,
  out: Float64Array,
  from: number,
  to: number,
): number {
  let mark = before;
  for (let i = from; i < to; i += 1) {
    const now = close[i] as number;
    if (now - now === 0) mark = now;
    out[i] = cash + worth * mark;
  }
  return mark;
}

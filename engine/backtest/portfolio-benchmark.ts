import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { inBookingOrder } from './corporate.ts';
import { Rate } from './portfolio-market.ts';
import { momentOfBars, momentsOf } from './portfolio-moments.ts';
import type { PortfolioInstrument, PortfolioSettings, PortfolioTask } from './portfolio-types.ts';

/**
 * Equity of putting an equal part into each instrument at its first close and holding it, without costs,
 * in base currency. Splits and dividends are booked as in the run; dividends stay in cash.
 * @param moments for each instrument the moment of each of its bars
 */
export function equalParts(
  { instruments, settings }: PortfolioTask,
  moments: readonly Int32Array[],
  time: Float64Array,
): Float64Array {
  const part = settings.cash / instruments.length;
  const equity = new Float64Array(time.length);
  for (const [row, instrument] of instruments.entries()) {
    addHolding(instrument, settings, moments[row] as Int32Array, time, part, equity);
  }
  return equity;
}

/**
 * One instrument in the place of several, for what reads the bars of a run as if they were of one: an equal
 * part of each, worth 1 at first, at the closes of every moment. No one volume is that of all.
 */
export function equalPartsBars({ instruments, settings }: PortfolioTask): BarColumns {
  const time = momentsOf(instruments.map(({ bars }) => bars.time));
  const moments = instruments.map(({ bars }) => momentOfBars(time, bars.time));
  const one = { ...settings, cash: 1 };
  const close = equalParts({ instruments, settings: one }, moments, time);
  const volume = new Float64Array(time.length).fill(Number.NaN);
  return { time, open: close, high: close, low: close, close, volume };
}

function addHolding(
  { bars, currency, events: given = [], sessions }: PortfolioInstrument,
  settings: PortfolioSettings,
  moments: Int32Array,
  time: Float64Array,
  part: number,
  equity: Float64Array,
): void {
  const events = inBookingOrder(given);
  const rates = Rate.of(currency, settings);
  let next = 0;
  let bar = 0;
  let money = part;
  let units = 0;
  let mark = Number.NaN;
  for (let moment = 0; moment < time.length; moment += 1) {
    const at = time[moment] as number;
    const rate = rates === null ? 1 : rates.at(at).rate;
    if (moments[bar] === moment) {
      const day = next < events.length ? (sessions?.day[bar] ?? dayOf(at)) : 0;
      for (let event = events[next]; event !== undefined && event.day <= day;) {
        if (event.kind === 'split') {
          units *= event.ratio;
          mark /= event.ratio;
        } else if (units > 0) {
          money += units * event.amount * rate;
        }
        next += 1;
        event = events[next];
      }
      const price = bars.close[bar] as number;
      bar += 1;
      if (Number.isFinite(price)) {
        mark = price;
        if (units === 0 && price * rate > 0) {
          units = part / (price * rate);
          money -= part;
        }
      }
    }
    equity[moment] = (equity[moment] as number) + money + (units === 0 ? 0 : units * mark * rate);
  }
}

function dayOf(time: number): number {
  return Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
}

import type { AdjustmentEvent } from '../../../../../engine/domain/adjustments.ts';
import type {
  PortfolioInstrument,
  PortfolioResult,
  PortfolioSettings,
} from '../../../../../engine/backtest/portfolio-types.ts';

const DAY = 86_400_000;

/** What a ledger knows of one instrument. */
export interface Page {
  readonly row: number;
  readonly instrument: PortfolioInstrument;
  units: number;
  /** Last close. */
  mark: number;
  /** Index of its bar at this moment; -1 without. */
  bar: number;
  rate: number;
}

/** What is left of a moment for a check: prices, and the ledger before and after it. */
export interface Entry {
  readonly moment: number;
  readonly cash: number;
  readonly equity: number;
  readonly pages: readonly Page[];
  readonly before: readonly Page[];
  readonly cashBefore: number;
  readonly fills: readonly number[];
}

/**
 * A second set of books: from the fills of a run, the bars, the rates and what happened to the instruments
 * alone, cash and positions are counted anew, moment by moment.
 */
export function ledgerOf(
  instruments: readonly PortfolioInstrument[],
  settings: PortfolioSettings,
  { time, fills, orders }: Pick<PortfolioResult, 'time' | 'fills' | 'orders'>,
): Entry[] {
  let cash = settings.cash;
  let pages = instruments.map((instrument, row): Page => ({
    row,
    instrument,
    units: 0,
    mark: Number.NaN,
    bar: -1,
    rate: 1,
  }));
  const entries: Entry[] = [];
  for (let moment = 0; moment < time.length; moment += 1) {
    const now = time[moment] ?? 0;
    const days = moment === 0 ? 0 : (now - (time[moment - 1] ?? 0)) / DAY;
    if (cash < 0) cash += (cash * (settings.debitRate ?? 0) * days) / 360;
    pages = pages.map((page) => ({
      ...page,
      bar: page.instrument.bars.time.indexOf(now),
      rate: rateAt(page.instrument, settings, now),
    }));
    for (const page of pages) {
      const { instrument, units, mark, rate } = page;
      const lent = instrument.borrowRate ?? settings.borrowRate ?? 0;
      if (units < 0)
        cash += (units * mark * (instrument.multiplier ?? 1) * rate * lent * days) / 360;
    }
    for (const page of pages) {
      if (page.bar >= 0) cash += happened(page, settings, now);
    }
    const before = pages.map((page) => ({ ...page }));
    const cashBefore = cash;
    const mine: number[] = [];
    for (let fill = 0; fill < fills.count; fill += 1) {
      if (fills.bar[fill] !== moment) continue;
      mine.push(fill);
      const order = fills.order[fill] ?? 0;
      const page = pages[orders.instrument?.[order] ?? 0] as Page;
      const change = (orders.side[order] === 'buy' ? 1 : -1) * (fills.quantity[fill] ?? 0);
      const money = change * (fills.price[fill] ?? 0) * (page.instrument.multiplier ?? 1);
      cash -= (money + (fills.commission[fill] ?? 0)) * page.rate;
      const held = Math.abs(page.units);
      page.units += change;
      if (Math.abs(page.units) <= held * 1e-12) page.units = 0;
    }
    let equity = cash;
    for (const page of pages) {
      const close =
        page.bar < 0 ? Number.NaN : (page.instrument.bars.close[page.bar] ?? Number.NaN);
      if (Number.isFinite(close)) page.mark = close;
      if (page.units !== 0) equity += page.units * page.mark * worthOf(page);
    }
    entries.push({
      moment,
      cash,
      equity,
      pages: pages.map((page) => ({ ...page })),
      before,
      cashBefore,
      fills: mine,
    });
  }
  return entries;
}

export const worthOf = ({ instrument, rate }: Page): number => (instrument.multiplier ?? 1) * rate;

/** Last rate of the instrument's currency that is known. */
function rateAt(
  { currency }: PortfolioInstrument,
  { currency: base, rates }: PortfolioSettings,
  now: number,
): number {
  if (currency === undefined || currency === base) return 1;
  const series = rates?.[currency];
  const last = series?.time.findLastIndex((at) => at <= now) ?? -1;
  return series?.rate[last] ?? Number.NaN;
}

/** Dividends and splits of the days since the bar before; the money they move. */
function happened(page: Page, settings: PortfolioSettings, now: number): number {
  const { instrument } = page;
  const day = Math.floor(now / DAY) * DAY;
  const past = page.bar === 0 ? -Infinity : (instrument.bars.time[page.bar - 1] ?? 0);
  const from = Math.floor(past / DAY) * DAY;
  const due = (instrument.events ?? []).filter((event) => event.day > from && event.day <= day);
  const rank = (event: AdjustmentEvent): number => event.day + (event.kind === 'split' ? 1 : 0);
  let money = 0;
  for (const event of due.toSorted((a, b) => rank(a) - rank(b))) {
    if (page.units === 0) continue;
    if (event.kind === 'dividend') {
      money += page.units * event.amount * worthOf(page);
      continue;
    }
    page.units *= event.ratio;
    page.mark /= event.ratio;
    const lot = instrument.lotSize ?? settings.lotSize;
    if (lot === 0) continue;
    const whole = Math.sign(page.units) * Math.floor(Math.abs(page.units) / lot + 5e-10) * lot;
    if (Math.abs(page.units - whole) <= 1e-9 * Math.abs(whole)) continue;
    money += (page.units - whole) * page.mark * worthOf(page);
    page.units = whole;
  }
  return money;
}

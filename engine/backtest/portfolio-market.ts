import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { MarginRule } from '../domain/backtest.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import type { Account } from './account.ts';
import { applyEvent, inBookingOrder } from './corporate.ts';
import { Costs } from './costs/costs.ts';
import type { FeeMeter } from './costs/fees.ts';
import { Desk } from './desk.ts';
import type { OrderLog } from './order-log.ts';
import type { PortfolioInstrument, PortfolioSettings, RateSeries } from './portfolio-types.ts';
import { Position } from './position.ts';
import { TradedBars } from './traded-bars.ts';
import { ColumnView, type Clock } from './view.ts';

const NO_RATES: RateSeries = { time: new Float64Array(0), rate: new Float64Array(0) };

/** Exchange rate of a currency, read forward in time. */
export class Rate {
  private readonly series: RateSeries;
  private next = 0;

  private constructor(series: RateSeries) {
    this.series = series;
  }

  /** That of an instrument's currency; null for the base currency. */
  static of(
    currency: string | undefined,
    { currency: base, rates }: PortfolioSettings,
  ): Rate | null {
    if (currency === undefined || currency === base) return null;
    return new Rate(rates?.[currency] ?? NO_RATES);
  }

  /** Last rate at or before a time, NaN before the first; and its age. */
  at(time: number): { readonly rate: number; readonly age: number } {
    const { time: times, rate } = this.series;
    while (this.next < times.length && (times[this.next] as number) <= time) this.next += 1;
    const found = this.next - 1;
    if (found < 0) return { rate: Number.NaN, age: Number.POSITIVE_INFINITY };
    return { rate: rate[found] as number, age: time - (times[found] as number) };
  }
}

/** One instrument of a running portfolio: its desk, where it is in its bars, and what it is worth. */
export class Market {
  readonly symbol: string;
  readonly row: number;
  readonly desk: Desk;
  readonly position: Position;
  readonly time: Float64Array;
  readonly multiplier: number;
  readonly margin: MarginRule;
  readonly borrowRate: number;
  readonly clock: Clock = { index: -1 };
  readonly open: ColumnView;
  readonly high: ColumnView;
  readonly low: ColumnView;
  readonly close: ColumnView;
  readonly volume: ColumnView;
  /** For each bar the moment it belongs to. */
  readonly moments: Int32Array;
  /** The first bar that has not been reached. */
  next = 0;
  /** Last close that was a number. */
  mark = Number.NaN;
  /** What a unit is worth at present: the last close, or the open while opens are matched. */
  private worth = Number.NaN;
  /** Base currency for one unit of its money. */
  rate = 1;
  /** It has a bar with prices, and a rate that is not too old, at this moment. */
  tradable = false;
  /** A target of its waits that makes the position smaller. */
  reducing = false;
  /** Order that liquidates it as soon as it is traded again; -1 without. */
  liquidation = -1;
  private readonly spec: PortfolioInstrument;
  private readonly rates: Rate | null;
  private readonly maxRateAge: number;
  private readonly traded: TradedBars;
  private readonly events: readonly AdjustmentEvent[];
  private nextEvent = 0;
  private rateAge = 0;

  constructor(
    account: Account,
    spec: PortfolioInstrument,
    row: number,
    settings: PortfolioSettings,
    log: OrderLog,
    meter: FeeMeter | null,
  ) {
    const { bars } = spec;
    this.spec = spec;
    this.symbol = spec.symbol;
    this.row = row;
    this.time = bars.time;
    this.traded = new TradedBars(bars);
    this.moments = new Int32Array(bars.time.length);
    this.multiplier = spec.multiplier ?? 1;
    this.margin = spec.margin ?? settings.margin ?? { initial: 1, maintenance: 0 };
    this.borrowRate = spec.borrowRate ?? settings.borrowRate ?? 0;
    this.maxRateAge = settings.maxRateAge ?? 7 * MS_PER_DAY;
    this.events = inBookingOrder(spec.events ?? []);
    this.rates = Rate.of(spec.currency, settings);
    if (this.rates !== null) this.rate = Number.NaN;
    this.position = new Position(bars, {
      multiplier: this.multiplier,
      rate: () => this.rate,
    });
    const lotSize = spec.lotSize ?? settings.lotSize;
    const terms = { multiplier: this.multiplier, lotSize, tickSize: spec.tickSize ?? 0 };
    const costs = new Costs(settings, bars, terms, meter);
    const { size } = settings;
    this.desk = new Desk(
      account,
      { bars, settings, size, costs, sessions: spec.sessions, instrument: row },
      log,
      this.position,
    );
    const view = (column: Float64Array): ColumnView => new ColumnView(column, this.clock);
    this.open = view(bars.open);
    this.high = view(bars.high);
    this.low = view(bars.low);
    this.close = view(bars.close);
    this.volume = view(bars.volume);
  }

  /** Value of the position at its last price, in base currency. */
  get value(): number {
    const { units } = this.position;
    return units === 0 ? 0 : units * this.worth * this.multiplier * this.rate;
  }

  /** Base currency for a price of 1 of one unit. */
  get unitWorth(): number {
    return this.multiplier * this.rate;
  }

  /** The furthest price of its bar against the position, from the last known one on. */
  get worst(): number {
    const { high, low } = this.spec.bars;
    const { bar, book } = this.desk;
    return this.position.units > 0
      ? Math.min(book.last, low[bar] as number)
      : Math.max(book.last, high[bar] as number);
  }

  /** Begins a moment; true when the instrument has a bar at it. */
  begin(time: number, moment: number): boolean {
    this.tradable = false;
    this.desk.stamp = moment;
    this.updateRate(time);
    if (this.time[this.next] !== time) return false;
    const bar = this.next;
    this.next += 1;
    this.moments[bar] = moment;
    this.desk.begin(bar, moment);
    const traded = this.traded.at(bar);
    this.tradable = traded && this.rate > 0 && this.rateAge <= this.maxRateAge;
    return true;
  }

  /** What happened to the instrument before its bar; `pay` gets the money it moves, in base currency. */
  takeEvents(pay: (amount: number) => void): void {
    const bar = this.next - 1;
    const time = this.time[bar] as number;
    const day = this.spec.sessions?.day[bar] ?? Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
    for (; this.nextEvent < this.events.length; this.nextEvent += 1) {
      const event = this.events[this.nextEvent] as AdjustmentEvent;
      if (event.day > day) break;
      if (event.kind === 'split') {
        this.mark /= event.ratio;
        this.worth /= event.ratio;
      }
      const paid = applyEvent(this.desk, event, this.mark);
      if (paid !== 0) pay(paid * this.rate);
    }
    // All opens are known together, so positions are worth them while they are matched.
    if (this.tradable) this.worth = this.spec.bars.open[bar] as number;
  }

  /** The bar is over: its close is known. */
  end(): void {
    const bar = this.next - 1;
    this.clock.index = bar;
    const close = this.spec.bars.close[bar] as number;
    if (close - close !== 0) return;
    this.mark = close;
    this.worth = close;
    this.desk.mark(close);
  }

  private updateRate(time: number): void {
    if (this.rates === null) return;
    const { rate, age } = this.rates.at(time);
    this.rate = rate;
    this.rateAge = age;
  }
}

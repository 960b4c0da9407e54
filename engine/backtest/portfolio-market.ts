import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { MarginRule } from '../domain/backtest.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import type { Account } from './account.ts';
import { applyEvent } from './corporate.ts';
import { Costs } from './costs/costs.ts';
import type { FeeMeter } from './costs/fees.ts';
import { Desk } from './desk.ts';
import type { OrderLog } from './order-log.ts';
import type { PortfolioInstrument, PortfolioSettings, RateSeries } from './portfolio-types.ts';
import { Position } from './position.ts';
import { TradedBars } from './traded-bars.ts';
import { ColumnView, type Clock } from './view.ts';

/** Exchange rate of a currency, read forward in time. */
class Rate {
  private readonly series: RateSeries | null;
  private next = 0;

  constructor(series: RateSeries | null) {
    this.series = series;
  }

  /** Last rate at or before a time, NaN before the first; and its age. */
  at(time: number): { readonly rate: number; readonly age: number } {
    if (this.series === null) return { rate: 1, age: 0 };
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
  private readonly spec: PortfolioInstrument;
  private readonly rates: Rate;
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
    this.events = (spec.events ?? []).toSorted((a, b) => a.day - b.day);
    const foreign = spec.currency !== undefined && spec.currency !== settings.currency;
    const none: RateSeries = { time: new Float64Array(0), rate: new Float64Array(0) };
    this.rates = new Rate(foreign ? (settings.rates?.[spec.currency ?? ''] ?? none) : null);
    if (foreign) this.rate = Number.NaN;
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

  /** What happened to the instrument before its bar; the money it moves, in base currency. */
  takeEvents(): number {
    let moved = 0;
    const bar = this.next - 1;
    const time = this.time[bar] as number;
    const day = this.spec.sessions?.day[bar] ?? Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
    for (; this.nextEvent < this.events.length; this.nextEvent += 1) {
      const event = this.events[this.nextEvent] as AdjustmentEvent;
      if (event.day > day) break;
      const paid = applyEvent(this.desk, event, this.mark);
      if (paid !== 0) moved += paid * this.rate;
      if (event.kind === 'split') {
        this.mark /= event.ratio;
        this.worth /= event.ratio;
      }
    }
    // All opens are known together, so positions are worth them while they are matched.
    if (this.tradable) this.worth = this.spec.bars.open[bar] as number;
    return moved;
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
    const { rate, age } = this.rates.at(time);
    this.rate = rate;
    this.rateAge = age;
  }
}

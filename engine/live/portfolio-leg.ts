import { Costs } from '../backtest/costs/costs.ts';
import type { InstrumentSide } from '../backtest/portfolio-context.ts';
import { TradedBars } from '../backtest/traded-bars.ts';
import type { SeriesView, Strategy } from '../backtest/strategy.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import type { Bar } from '../domain/bar.ts';
import { BarStore } from './bar-store.ts';
import { LiveBook } from './book.ts';
import type { LiveInstrument } from './portfolio-types.ts';
import type { Purse } from './purse.ts';

/** The money that the books of a run share. */
export interface SharedMoney {
  cash: number;
}

/** One instrument of a run: its bars, its own book, and what a unit of it is worth. */
export class LiveLeg implements InstrumentSide {
  readonly symbol: string;
  readonly row: number;
  readonly instrument: LiveInstrument;
  readonly settings: BacktestSettings;
  readonly multiplier: number;
  readonly bars = new BarStore();
  readonly open: SeriesView = this.bars.view('open');
  readonly high: SeriesView = this.bars.view('high');
  readonly low: SeriesView = this.bars.view('low');
  readonly close: SeriesView = this.bars.view('close');
  readonly volume: SeriesView = this.bars.view('volume');
  readonly book: LiveBook;
  readonly costs: Costs;
  /** The moment of each bar. */
  readonly moments: number[] = [];
  /** It has a bar with prices at this moment. */
  tradable = false;
  readonly #traded: TradedBars;

  constructor(
    row: number,
    instrument: LiveInstrument,
    given: BacktestSettings,
    money: SharedMoney,
    legs: readonly LiveLeg[],
    strategy: Strategy,
  ) {
    this.row = row;
    this.instrument = instrument;
    this.symbol = instrument.symbol;
    const lotSize = Math.max(given.lotSize, instrument.lotSize);
    this.multiplier = instrument.multiplier ?? 1;
    const { multiplier } = this;
    this.settings = { ...given, lotSize, ...(multiplier === 1 ? {} : { multiplier }) };
    const terms = { multiplier, lotSize, tickSize: 0 };
    this.costs = new Costs(this.settings, this.bars, terms);
    this.#traded = new TradedBars(this.bars);
    const others = (of: (leg: LiveLeg) => number): number =>
      legs.reduce((sum, leg) => (leg === this ? sum : sum + of(leg)), 0);
    const purse: Purse = {
      get cash() {
        return money.cash;
      },
      set cash(value) {
        money.cash = value;
      },
      beside: () => others((leg) => leg.value),
      needed: () => others((leg) => leg.needed),
    };
    this.book = new LiveBook(this.settings, this.bars, strategy, purse);
  }

  get index(): number {
    return this.bars.length - 1;
  }

  get price(): number {
    return this.book.lastClose;
  }

  get position(): number {
    return this.book.position;
  }

  get entryPrice(): number {
    return this.book.entryPrice;
  }

  /** Of the position, at the last close. */
  get value(): number {
    const { position, lastClose } = this.book;
    return position === 0 ? 0 : position * lastClose * this.multiplier;
  }

  /** What the position needs to be held. */
  get needed(): number {
    return Math.abs(this.value) * (this.settings.margin?.initial ?? 1);
  }

  take(bar: Bar, moment: number): void {
    this.bars.push(bar);
    this.moments.push(moment);
    if (bar.close - bar.close === 0) this.book.lastClose = bar.close;
    this.tradable = this.#traded.at(this.bars.length - 1);
  }

  /** The moment to which a row of its bars belongs; `now` for one that has not closed. */
  momentOf(row: number, now: number): number {
    return this.moments[row] ?? now;
  }
}

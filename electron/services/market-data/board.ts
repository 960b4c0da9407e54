import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { BookSnapshot, DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { BookView, QuoteView } from '../../../engine/protocol/live-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import { timeOf } from './cleaning.ts';

/** Levels of a book that are shown on each side. */
const LEVELS = 50;

/** Open, high, low and volume of the present session, and the close before it. NaN: not known. */
export interface DayFigures {
  /** Date of the session, midnight UTC. */
  day: number;
  open: number;
  high: number;
  low: number;
  volume: number;
  /** Last price of the session so far, which the next one calls the previous close. */
  close: number;
  previousClose: number;
  /** Trades before this are in the figures already. */
  reached: number;
  /** The source tells them itself by its daily bar; trades then add nothing. */
  told: boolean;
}

/** A trade that came before the figures of its session were known. */
interface Early {
  readonly time: number;
  readonly price: number;
  readonly size: number;
  readonly regular: boolean;
}
const EARLY = 20_000;

/** What is known of one instrument, from the source of each kind. Prices that are not known are NaN. */
export class InstrumentState {
  readonly id: InstrumentId;
  source = '';
  /** The source that serves each kind: it stays so while the kind is watched there. */
  readonly serving = new Map<DataKind, string>();
  bid = Number.NaN;
  ask = Number.NaN;
  bidSize = Number.NaN;
  askSize = Number.NaN;
  last = Number.NaN;
  lastSize = Number.NaN;
  halted = false;
  book: BookSnapshot | null = null;
  stale = false;
  /** History was asked for the figures of the session. */
  figuresAsked = false;
  /** When anything came, as the clock measures intervals. */
  heardAt = Number.NEGATIVE_INFINITY;
  figures: DayFigures = emptyFigures(Number.NaN);
  /** A market of the past that is played again: prices are as old as the moment they were heard. */
  replayed = false;
  #quoteTime = Number.NaN;
  #quoteReceived = Number.NaN;
  #lastTime = Number.NaN;
  #lastReceived = Number.NaN;
  #early: Early[] | undefined = [];
  /** Date of the session that a time lies in, midnight UTC; NaN outside of regular hours. */
  readonly #dayOf: (time: number) => number;

  constructor(id: InstrumentId, dayOf: (time: number) => number) {
    this.id = id;
    this.#dayOf = dayOf;
  }

  /** Whether anything was heard that can be shown. */
  get known(): boolean {
    return !Number.isNaN(this.#quoteReceived) || !Number.isNaN(this.#lastReceived);
  }

  apply(datum: MarketDatum): void {
    if (datum.kind === 'quote') {
      this.bid = datum.bid;
      this.ask = datum.ask;
      this.bidSize = datum.bidSize;
      this.askSize = datum.askSize;
      this.#quoteTime = timeOf(datum);
      this.#quoteReceived = datum.receivedTime;
    } else if (datum.kind === 'trade') {
      const time = timeOf(datum);
      if (datum.regular && !(time < this.#lastTime)) {
        this.last = datum.price;
        this.lastSize = datum.size;
        this.#lastTime = time;
        this.#lastReceived = datum.receivedTime;
      }
      if (this.#early !== undefined && this.#early.length < EARLY) {
        this.#early.push({ time, price: datum.price, size: datum.size, regular: datum.regular });
      }
      this.#count(time, datum.price, datum.size, datum.regular);
    } else if (datum.kind === 'book') {
      this.book = datum;
    } else if (datum.kind === 'status') {
      this.halted = datum.status === 'halted';
    } else {
      if (datum.timeframe === '1d') this.#dailyBar(datum);
      const time = timeOf(datum);
      // Where the source tells no trades, its newest bar holds the last price.
      if (!(time < this.#lastTime)) {
        this.last = datum.close;
        this.lastSize = Number.NaN;
        this.#lastTime = time;
        this.#lastReceived = datum.receivedTime;
      }
    }
  }

  /**
   * Takes the figures of the session up to `reached` from history; trades heard since then are added.
   * @param final no better ones will come
   */
  setFigures(figures: DayFigures, final: boolean): void {
    const before = this.figures;
    if (before.day > figures.day || (before.told && before.day === figures.day)) {
      if (Number.isNaN(before.previousClose) && before.day === figures.day) {
        before.previousClose = figures.previousClose;
      }
      return;
    }
    this.figures = figures;
    const early = this.#early ?? [];
    if (final) this.#early = undefined;
    for (const { time, price, size, regular } of early) this.#count(time, price, size, regular);
  }

  /** What a stream told is not carried on once nobody hears it. */
  forget(kind: DataKind): void {
    if (kind === 'quote') {
      this.bid = Number.NaN;
      this.ask = Number.NaN;
      this.bidSize = Number.NaN;
      this.askSize = Number.NaN;
      this.#quoteTime = Number.NaN;
    } else if (kind === 'book') {
      this.book = null;
    } else if (kind === 'status') {
      this.halted = false;
    }
  }

  /** The time of a mark is never newer than its bid and ask, nor than the venue says. */
  mark(): Mark | null {
    if (!this.known) return null;
    const { bid, ask, last } = this;
    const quoted = !Number.isNaN(this.#quoteTime);
    const told = quoted ? this.#quoteTime : this.#lastTime;
    const heard = quoted ? this.#quoteReceived : this.#lastReceived;
    const time = this.replayed ? heard : Math.min(told, heard);
    return Number.isNaN(time) ? null : { bid, ask, last, time: unixMillis(Math.floor(time)) };
  }

  quote(): QuoteView | null {
    if (!this.known) return null;
    const quoteNewer = !(this.#quoteReceived < this.#lastReceived);
    const venueTime =
      quoteNewer && !Number.isNaN(this.#quoteTime) ? this.#quoteTime : this.#lastTime;
    const receivedTime = Math.max(
      Number.isNaN(this.#quoteReceived) ? 0 : this.#quoteReceived,
      Number.isNaN(this.#lastReceived) ? 0 : this.#lastReceived,
    );
    const { open, high, low, previousClose, volume } = this.figures;
    return {
      instrument: this.id,
      bid: known(this.bid),
      ask: known(this.ask),
      bidSize: known(this.bidSize),
      askSize: known(this.askSize),
      last: known(this.last),
      lastSize: known(this.lastSize),
      open: known(open),
      high: known(high),
      low: known(low),
      previousClose: known(previousClose),
      volume: known(volume),
      venueTime: Math.floor(Number.isNaN(venueTime) ? receivedTime : venueTime),
      receivedTime: Math.floor(receivedTime),
      stale: this.stale,
      source: this.source,
      halted: this.halted,
    };
  }

  bookView(): BookView | null {
    const { book } = this;
    if (book === null) return null;
    return {
      instrument: this.id,
      bids: book.bids.slice(0, LEVELS).map(({ price, size }) => ({ price, size })),
      asks: book.asks.slice(0, LEVELS).map(({ price, size }) => ({ price, size })),
      venueTime: Math.floor(timeOf(book)),
    };
  }

  #count(time: number, price: number, size: number, regular: boolean): void {
    const day = this.#dayOf(time);
    if (Number.isNaN(day)) return;
    this.#turnTo(day);
    const { figures } = this;
    if (figures.day !== day) return;
    if (regular) figures.close = price;
    if (figures.told || time < figures.reached) return;
    // Without the session's beginning its open and volume are not known, and trades do not make them so.
    if (!Number.isNaN(figures.volume) && size > 0) figures.volume += size;
    if (!regular || Number.isNaN(figures.high)) return;
    if (Number.isNaN(figures.open)) figures.open = price;
    if (price > figures.high) figures.high = price;
    if (price < figures.low) figures.low = price;
  }

  #dailyBar(bar: Extract<MarketDatum, { kind: 'bar' }>): void {
    if (bar.start < this.figures.day) return;
    this.#turnTo(bar.start);
    Object.assign(this.figures, {
      close: bar.close,
      open: bar.open,
      high: bar.high,
      low: bar.low,
      volume: bar.volume,
      told: true,
    });
  }

  /** A new session begins with nothing but the close before it. */
  #turnTo(day: number): void {
    const { figures } = this;
    if (figures.day >= day) return;
    const first = Number.isNaN(figures.day);
    const next = emptyFigures(day);
    next.previousClose = first ? figures.previousClose : figures.close;
    if (!first && !figures.told) {
      // It was heard from its first trade on.
      next.high = Number.NEGATIVE_INFINITY;
      next.low = Number.POSITIVE_INFINITY;
      next.volume = 0;
    }
    this.figures = next;
  }
}

export function emptyFigures(day: number): DayFigures {
  return {
    day,
    open: Number.NaN,
    high: Number.NaN,
    low: Number.NaN,
    volume: Number.NaN,
    close: Number.NaN,
    previousClose: Number.NaN,
    reached: Number.NEGATIVE_INFINITY,
    told: false,
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

import { Random } from '../../../engine/backtest/random.ts';
import { hashOf, MOST_MINUTES, roundedPrice, walkDeviation } from './price-model.ts';

const MINUTE = 60_000;
/** So far goes the past back, in bars: each hangs on all that are newer. */
const MOST_BARS = 50_000;
/** Steps that a bar of the past is made of. */
const STEPS = 8;

export interface MadeUpRange {
  readonly timeframe: string;
  /** Milliseconds of a bar: whole minutes. */
  readonly length: number;
  /** Start of the first bar, on the grid. */
  readonly first: number;
  /** Start of the bar after the last one. */
  readonly end: number;
}

type Row = [time: number, open: number, high: number, low: number, close: number, volume: number];

/**
 * Bars of one made-up instrument. Those from before the market began are a random walk that ends at its
 * first price, each of a seed of its own: the same bar comes out whatever range is asked for. From then on
 * they are made of its trades, as anybody else would make them.
 */
export class MadeUpBars {
  readonly #symbol: string;
  readonly #seed: number;
  readonly #volatility: number;
  readonly #price: number;
  readonly #begun: number;
  readonly #minutes: Row[] = [];

  /** @param price the first price of the market @param begun when it was */
  constructor(
    symbol: string,
    seed: number,
    start: { readonly price: number; readonly volatility: number; readonly begun: number },
  ) {
    this.#symbol = symbol;
    this.#seed = seed;
    this.#volatility = start.volatility;
    this.#price = start.price;
    this.#begun = Math.floor(start.begun / MINUTE) * MINUTE;
  }

  trade(time: number, price: number, size: number): void {
    const minute = Math.floor(time / MINUTE) * MINUTE;
    const last = this.#minutes.at(-1);
    if (last !== undefined && last[0] === minute) add(last, price, price, price, size);
    else this.#minutes.push([minute, price, price, price, price, size]);
    if (this.#minutes.length > MOST_MINUTES) this.#minutes.shift();
  }

  rows(range: MadeUpRange): readonly Row[] {
    return [...this.#past(range), ...this.#since(range)];
  }

  #past({ timeframe, length, first, end }: MadeUpRange): readonly Row[] {
    const deviation = walkDeviation(this.#volatility, length / 1000 / STEPS);
    const rows: Row[] = [];
    let close = this.#price;
    const newest = this.#beginningOf(length) - length;
    const oldest = Math.max(first, newest - (MOST_BARS - 1) * length);
    for (let time = newest; time >= oldest; time -= length) {
      const name = `${this.#symbol}/${timeframe}/${time / length}`;
      const random = new Random((this.#seed ^ hashOf(name)) >>> 0);
      // From the end backwards: where it led to is known, where it came from is made up.
      let [high, low, at] = [close, close, close];
      for (let step = 0; step < STEPS; step += 1) {
        at /= Math.exp(deviation * random.normal());
        high = Math.max(high, at);
        low = Math.min(low, at);
      }
      const volume = Math.round(20 + 180 * random.uniform()) * STEPS;
      if (time < end) {
        const [open, top, bottom, last] = [at, high, low, close].map(roundedPrice);
        rows.push([time, open as number, top as number, bottom as number, last as number, volume]);
      }
      close = at;
    }
    return rows.toReversed();
  }

  #since({ length, first, end }: MadeUpRange): readonly Row[] {
    const from = Math.max(first, this.#beginningOf(length));
    const rows: Row[] = [];
    for (const [minute, open, high, low, close, volume] of this.#minutes) {
      const time = Math.floor(minute / length) * length;
      if (time < from || time >= end) continue;
      const last = rows.at(-1);
      if (last !== undefined && last[0] === time) add(last, high, low, close, volume);
      else rows.push([time, open, high, low, close, volume]);
    }
    return rows;
  }

  /** Start of the bar in which the market began. */
  #beginningOf(length: number): number {
    return Math.floor(this.#begun / length) * length;
  }
}

function add(row: Row, high: number, low: number, close: number, volume: number): void {
  row[2] = Math.max(row[2], high);
  row[3] = Math.min(row[3], low);
  row[4] = close;
  row[5] += volume;
}

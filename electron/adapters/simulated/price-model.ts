import { Random } from '../../../engine/backtest/random.ts';

/** One moment of a simulated market. */
export interface SimulatedTick {
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
  /** A trade at bid or ask; null when nobody traded. */
  readonly trade: { readonly price: number; readonly size: number; readonly buys: boolean } | null;
}

const TICK = 0.01;
const YEAR_SECONDS = 252 * 6.5 * 3600;

/** Minutes of trades that are kept of an instrument: a week. */
export const MOST_MINUTES = 10_080;

/** Deviation of the logarithm of a price after so many seconds. */
export function walkDeviation(volatility: number, seconds: number): number {
  return volatility * Math.sqrt(seconds / YEAR_SECONDS);
}

/**
 * Prices of one made-up instrument: a geometric random walk of its own yearly volatility, with a spread of
 * a few ticks and trades that hit one side. The same seed and symbol give the same prices.
 */
export class PriceModel {
  readonly symbol: string;
  readonly #random: Random;
  readonly #volatility: number;
  readonly #lot: number;
  #mid: number;

  constructor(symbol: string, seed: number) {
    this.symbol = symbol;
    this.#random = new Random((seed ^ hashOf(symbol)) >>> 0);
    this.#mid = 20 * Math.exp(this.#random.uniform() * 3);
    this.#volatility = 0.15 + 0.35 * this.#random.uniform();
    this.#lot = 100;
  }

  /** Between bid and ask, before rounding. */
  get middle(): number {
    return this.#mid;
  }

  /** Of a year. */
  get volatility(): number {
    return this.#volatility;
  }

  /** @param seconds since the last tick */
  next(seconds: number): SimulatedTick {
    const random = this.#random;
    const deviation = walkDeviation(this.#volatility, seconds);
    this.#mid *= Math.exp(deviation * random.normal() - (deviation * deviation) / 2);
    const half = Math.max(1, Math.round(this.#mid / 100 / 2 + random.uniform())) * (TICK / 2);
    const bid = Math.max(TICK, Math.floor((this.#mid - half) / TICK) * TICK);
    const ask = Math.max(bid + TICK, Math.ceil((this.#mid + half) / TICK) * TICK);
    const size = (): number => this.#lot * (1 + Math.floor(random.uniform() * 9));
    const traded = random.uniform() < 0.4;
    const buys = random.uniform() < 0.5;
    return {
      bid: round(bid),
      ask: round(ask),
      bidSize: size(),
      askSize: size(),
      trade: traded
        ? { price: round(buys ? ask : bid), size: 1 + Math.floor(random.uniform() * 300), buys }
        : null,
    };
  }

  /** Levels behind the best ones, thicker further away. */
  depth({ bid, ask, bidSize, askSize }: SimulatedTick, levels: number) {
    const side = (best: number, first: number, way: 1 | -1) =>
      Array.from({ length: levels }, (_, i) => ({
        price: round(best + way * i * TICK),
        size: i === 0 ? first : this.#lot * (1 + i + Math.floor(this.#random.uniform() * 12)),
      })).filter(({ price }) => price > 0);
    return { bids: side(bid, bidSize, -1), asks: side(ask, askSize, 1) };
  }
}

/** A price in whole cents, one at least. */
export function roundedPrice(value: number): number {
  return Math.max(TICK, round(value));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  }
  return hash >>> 0;
}

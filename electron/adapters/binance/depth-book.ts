import type { BookLevel } from '../../../engine/domain/market-data.ts';
import type { DepthChange, Level } from './ticks.ts';

/** Levels of a side that are kept; what is further away says nothing of trading. */
const MOST_LEVELS = 4000;

/** One side of a book: levels in order, the best first. */
class Side {
  readonly #best: 'highest' | 'lowest';
  readonly #prices: number[] = [];
  readonly #sizes: number[] = [];

  constructor(best: 'highest' | 'lowest') {
    this.#best = best;
  }

  set(price: number, size: number): void {
    let low = 0;
    let high = this.#prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#prices[middle] as number;
      if (this.#best === 'highest' ? at > price : at < price) low = middle + 1;
      else high = middle;
    }
    const there = this.#prices[low] === price;
    if (size === 0) {
      // A level that is taken away may never have been told.
      if (!there) return;
      this.#prices.splice(low, 1);
      this.#sizes.splice(low, 1);
    } else if (there) this.#sizes[low] = size;
    else if (low < MOST_LEVELS) {
      this.#prices.splice(low, 0, price);
      this.#sizes.splice(low, 0, size);
      if (this.#prices.length > MOST_LEVELS) {
        this.#prices.pop();
        this.#sizes.pop();
      }
    }
  }

  top(count: number): readonly BookLevel[] {
    return this.#prices
      .slice(0, count)
      .map((price, i) => ({ price, size: this.#sizes[i] as number }));
  }
}

/**
 * A book made of a snapshot and the changes after it. Changes are numbered: the first one to be taken begins
 * no later than one after the snapshot, and each further one follows the one before.
 */
export class DepthBook {
  readonly #bids = new Side('highest');
  readonly #asks = new Side('lowest');
  #last: number;

  constructor(lastUpdateId: number, bids: readonly Level[], asks: readonly Level[]) {
    this.#last = lastUpdateId;
    for (const [price, size] of bids) this.#bids.set(price, size);
    for (const [price, size] of asks) this.#asks.set(price, size);
  }

  /** Number of the last change. */
  get last(): number {
    return this.#last;
  }

  /** `old`: it is in the book already. `gap`: changes before it were missed, and the book is no more right. */
  apply(change: DepthChange): 'applied' | 'old' | 'gap' {
    if (change.last <= this.#last) return 'old';
    if (change.first > this.#last + 1) return 'gap';
    for (const [price, size] of change.bids) this.#bids.set(price, size);
    for (const [price, size] of change.asks) this.#asks.set(price, size);
    this.#last = change.last;
    return 'applied';
  }

  bids(count: number): readonly BookLevel[] {
    return this.#bids.top(count);
  }

  asks(count: number): readonly BookLevel[] {
    return this.#asks.top(count);
  }
}

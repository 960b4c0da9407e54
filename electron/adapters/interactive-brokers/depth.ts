import type { BookLevel } from '../../../engine/domain/market-data.ts';

interface Level {
  readonly price: number;
  readonly size: number;
}

const INSERT = 0;
const UPDATE = 1;
const DELETE = 2;
const ASK = 0;

/** The book of one instrument, kept by the changes that TWS tells: rows by their place. */
export class DepthRows {
  readonly #bids: Level[] = [];
  readonly #asks: Level[] = [];
  sequence = 0;

  /** @returns false for a change that does not fit the rows: some were missed */
  take(position: number, operation: number, side: number, price: number, size: number): boolean {
    const rows = side === ASK ? this.#asks : this.#bids;
    if (!Number.isInteger(position) || position < 0) return false;
    if (operation !== DELETE && !(Number.isFinite(price) && size >= 0)) return false;
    switch (operation) {
      case INSERT:
        if (position > rows.length) return false;
        rows.splice(position, 0, { price, size });
        break;
      case UPDATE:
        // TWS fills empty places by updates as well.
        if (position > rows.length) return false;
        rows[position] = { price, size };
        break;
      case DELETE:
        if (position >= rows.length) return false;
        rows.splice(position, 1);
        break;
      default:
        return false;
    }
    this.sequence += 1;
    return true;
  }

  clear(): void {
    this.#bids.length = 0;
    this.#asks.length = 0;
    this.sequence += 1;
  }

  /** Several exchanges may stand at one price: their sizes add up. */
  levels(): { readonly bids: readonly BookLevel[]; readonly asks: readonly BookLevel[] } {
    return { bids: merged(this.#bids, -1), asks: merged(this.#asks, 1) };
  }
}

function merged(rows: readonly Level[], direction: 1 | -1): readonly BookLevel[] {
  const sizes = new Map<number, number>();
  for (const { price, size } of rows) {
    if (size > 0) sizes.set(price, (sizes.get(price) ?? 0) + size);
  }
  return [...sizes]
    .map(([price, size]) => ({ price, size }))
    .toSorted((a, b) => direction * (a.price - b.price));
}

/** Units bought or sold at one price. */
interface Lot {
  size: number;
  readonly price: number;
}

/** What a position was entered at: fills that open, closed oldest first, as a backtest counts them. */
export class Lots {
  readonly #lots: Lot[] = [];

  /** Average entry price of what is held; NaN when flat. */
  get average(): number {
    let units = 0;
    let cost = 0;
    for (const { size, price } of this.#lots) {
      units += size;
      cost += size * price;
    }
    return units === 0 ? Number.NaN : cost / units;
  }

  /** Books a fill of signed units. @param flat whether nothing is held after it */
  book(units: number, price: number, flat: boolean): void {
    let left = units;
    while (left !== 0) {
      const lot = this.#lots[0];
      if (lot === undefined || lot.size * left > 0) {
        this.#lots.push({ size: left, price });
        break;
      }
      if (Math.abs(lot.size) > Math.abs(left) * (1 + 1e-12)) {
        lot.size += left;
        break;
      }
      // What rounding leaves of a lot is nothing.
      left = Math.abs(left + lot.size) <= Math.abs(left) * 1e-12 ? 0 : left + lot.size;
      this.#lots.shift();
    }
    if (flat) this.#lots.length = 0;
  }
}

import type { TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { GrowableFloats, GrowableInts } from './growable.ts';

/** A part of the position that one fill opened and that later fills close, oldest first. */
interface Lot {
  size: number;
  readonly bar: number;
  readonly price: number;
  /** Commission of the entry for each unit. */
  readonly costPerUnit: number;
  readonly tag: string;
  /** Whether the range of the entry bar came after the entry. */
  readonly wholeBar: boolean;
}

/**
 * Round trips, first in first out. A fill that closes several lots makes a trade of each; a lot that is
 * closed in parts makes a trade of each part.
 */
export class TradeLog {
  private readonly bars: BarColumns;
  private readonly lots: Lot[] = [];
  private readonly size = new GrowableFloats();
  private readonly entryBar = new GrowableInts();
  private readonly exitBar = new GrowableInts();
  private readonly entryPrice = new GrowableFloats();
  private readonly exitPrice = new GrowableFloats();
  private readonly pnl = new GrowableFloats();
  private readonly commission = new GrowableFloats();
  private readonly mae = new GrowableFloats();
  private readonly mfe = new GrowableFloats();
  private readonly entryTag: string[] = [];
  private readonly exitTag: string[] = [];
  private openFrom = -1;

  constructor(bars: BarColumns) {
    this.bars = bars;
  }

  /** Average entry price of the open lots; NaN when there are none. */
  averageEntry(): number {
    let units = 0;
    let cost = 0;
    for (const lot of this.lots) {
      units += lot.size;
      cost += lot.size * lot.price;
    }
    return units === 0 ? Number.NaN : cost / units;
  }

  /** Books a fill that opens or adds. `size` is signed. */
  open(
    bar: number,
    size: number,
    price: number,
    commission: number,
    tag: string,
    atClose: boolean,
  ): void {
    const costPerUnit = commission / Math.abs(size);
    this.lots.push({ size, bar, price, costPerUnit, tag, wholeBar: !atClose });
  }

  /** Books a fill that closes `quantity` units, oldest lots first. */
  close(
    bar: number,
    quantity: number,
    price: number,
    commission: number,
    tag: string,
    atOpen: boolean,
  ): void {
    const costPerUnit = commission / quantity;
    let left = quantity;
    while (left > 0 && this.lots.length > 0) {
      const lot = this.lots[0] as Lot;
      const held = Math.abs(lot.size);
      // A remainder of rounding is closed with its lot.
      const part = left >= held * (1 - 1e-12) ? held : left;
      const size = lot.size > 0 ? part : -part;
      this.record(lot, size, bar, price, part * (lot.costPerUnit + costPerUnit), tag, atOpen);
      if (part === held) this.lots.shift();
      else lot.size -= size;
      left -= part;
      if (left < quantity * 1e-12) left = 0;
    }
  }

  /** Lists what is still open at the last close. */
  finish(): void {
    this.openFrom = this.size.length;
    const last = this.bars.time.length - 1;
    const price = this.lots.length === 0 ? Number.NaN : this.lastClose();
    for (const lot of this.lots) {
      this.record(lot, lot.size, last, price, Math.abs(lot.size) * lot.costPerUnit, '', false);
    }
  }

  /** The last close that is a number: the one that the equity is marked at. */
  private lastClose(): number {
    return this.bars.close.findLast((price) => Number.isFinite(price)) ?? Number.NaN;
  }

  private record(
    lot: Lot,
    size: number,
    bar: number,
    price: number,
    commission: number,
    tag: string,
    atOpen: boolean,
  ): void {
    this.size.push(size);
    this.entryBar.push(lot.bar);
    this.exitBar.push(bar);
    this.entryPrice.push(lot.price);
    this.exitPrice.push(price);
    this.pnl.push(size * (price - lot.price) - commission);
    this.commission.push(commission);
    this.entryTag.push(lot.tag);
    this.exitTag.push(tag);
    this.recordExcursions(lot, size > 0, bar, price, atOpen);
  }

  private recordExcursions(
    lot: Lot,
    long: boolean,
    exitBar: number,
    exitPrice: number,
    atOpen: boolean,
  ): void {
    const { high, low } = this.bars;
    let most = exitPrice > lot.price ? exitPrice : lot.price;
    let least = exitPrice < lot.price ? exitPrice : lot.price;
    const from = lot.wholeBar ? lot.bar : lot.bar + 1;
    const to = atOpen ? exitBar - 1 : exitBar;
    for (let i = from; i <= to; i += 1) {
      const h = high[i] as number;
      const l = low[i] as number;
      // A bar whose price is infinite is a bar without a price.
      if (h > most && h < Infinity) most = h;
      if (l < least && l > -Infinity) least = l;
    }
    const up = (most - lot.price) / lot.price;
    const down = (lot.price - least) / lot.price;
    this.mae.push(long ? down : up);
    this.mfe.push(long ? up : down);
  }

  toColumns(): TradeColumns {
    const count = this.size.length;
    const size = this.size.toArray();
    const entryBar = this.entryBar.toArray();
    const exitBar = this.exitBar.toArray();
    const entryPrice = this.entryPrice.toArray();
    const pnl = this.pnl.toArray();
    const time = this.bars.time;
    const open = new Uint8Array(count);
    if (this.openFrom >= 0) open.fill(1, this.openFrom);
    return {
      count,
      size,
      entryBar,
      exitBar,
      entryTime: Float64Array.from(entryBar, (bar) => time[bar] as number),
      exitTime: Float64Array.from(exitBar, (bar) => time[bar] as number),
      entryPrice,
      exitPrice: this.exitPrice.toArray(),
      pnl,
      returnFraction: pnl.map(
        (value, i) => value / Math.abs((size[i] as number) * (entryPrice[i] as number)),
      ),
      commission: this.commission.toArray(),
      mae: this.mae.toArray(),
      mfe: this.mfe.toArray(),
      open,
      entryTag: this.entryTag,
      exitTag: this.exitTag,
    };
  }
}

import type { TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { GrowableFloats, GrowableInts } from './growable.ts';

/** A part of the position that one fill opened and that later fills close, oldest first. */
interface Lot {
  size: number;
  readonly bar: number;
  readonly order: number;
  price: number;
  /** Base currency for one unit of the instrument's money at the entry. */
  readonly rate: number;
  /** Commission of the entry for each unit. */
  costPerUnit: number;
  /** Dividends less borrow fees and interest for each unit so far. */
  carryPerUnit: number;
  readonly tag: string;
  /** Whether the range of the entry bar came after the entry. */
  readonly wholeBar: boolean;
  /** Prices met before a split, in the units after it, and the bar from which they are looked up. */
  most: number;
  least: number;
  seenTo: number;
}

/** Sums of the money of trades, for engines that keep several instruments or currencies. */
export interface TradeTerms {
  /** Value of a price step of 1 for one unit: 50 for a future of 50 dollars a point. */
  readonly multiplier: number;
  /** Base currency for one unit of the instrument's money, now. */
  rate(): number;
}

const PLAIN: TradeTerms = { multiplier: 1, rate: () => 1 };

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
  readonly entryOrder = new GrowableInts();
  readonly exitOrder = new GrowableInts();
  private readonly carry = new GrowableFloats();
  /** Base currency for a price of 1 of one unit, at the entry. */
  private readonly worth = new GrowableFloats();
  private readonly exitWorth = new GrowableFloats();
  private carried = false;
  private openFrom = -1;
  private readonly terms: TradeTerms;

  constructor(bars: BarColumns, terms: TradeTerms = PLAIN) {
    this.bars = bars;
    this.terms = terms;
  }

  get count(): number {
    return this.size.length;
  }

  /** Base currency for a price of 1 of one unit of a trade, at its end. */
  worthOf(trade: number): number {
    return this.exitWorth.get(trade);
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
    order: number,
  ): void {
    this.lots.push({
      size,
      bar,
      order,
      price,
      rate: this.terms.rate(),
      costPerUnit: (commission * this.terms.rate()) / Math.abs(size),
      carryPerUnit: 0,
      tag,
      wholeBar: !atClose,
      most: price,
      least: price,
      seenTo: bar,
    });
  }

  /** Spreads money that the position has earned or cost over the units held. */
  addCarry(amount: number): void {
    let units = 0;
    for (const lot of this.lots) units += Math.abs(lot.size);
    if (units === 0 || amount === 0) return;
    this.carried = true;
    for (const lot of this.lots) lot.carryPerUnit += (amount * this.terms.rate()) / units;
  }

  /** A split before `bar`: as many more units, at prices as much smaller. */
  split(bar: number, ratio: number): void {
    for (const lot of this.lots) {
      this.look(lot, bar - 1);
      lot.size *= ratio;
      lot.price /= ratio;
      lot.most /= ratio;
      lot.least /= ratio;
      lot.costPerUnit /= ratio;
      lot.carryPerUnit /= ratio;
      lot.seenTo = bar;
    }
  }

  /** Books a fill that closes `quantity` units, oldest lots first; `all` leaves no rest of rounding. */
  close(
    bar: number,
    quantity: number,
    price: number,
    commission: number,
    tag: string,
    atOpen: boolean,
    order: number,
    all: boolean,
  ): void {
    // Lots that are all closed share the fee among them, whatever rounding has made of their sum.
    const units = all ? this.lots.reduce((sum, { size }) => sum + Math.abs(size), 0) : quantity;
    const costPerUnit = (commission * this.terms.rate()) / units;
    let left = quantity;
    while ((all || left > 0) && this.lots.length > 0) {
      const lot = this.lots[0] as Lot;
      const held = Math.abs(lot.size);
      // A remainder of rounding is closed with its lot.
      const part = all || left >= held * (1 - 1e-12) ? held : left;
      const size = lot.size > 0 ? part : -part;
      const cost = part * (lot.costPerUnit + costPerUnit);
      this.record(lot, size, bar, price, cost, tag, atOpen, order);
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
      const cost = Math.abs(lot.size) * lot.costPerUnit;
      this.record(lot, lot.size, last, price, cost, '', false, -1);
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
    order: number,
  ): void {
    const { multiplier } = this.terms;
    const rate = this.terms.rate();
    this.size.push(size);
    this.entryBar.push(lot.bar);
    this.exitBar.push(bar);
    this.entryPrice.push(lot.price);
    this.exitPrice.push(price);
    // Ones change nothing, to the bit.
    const gain = size * (price * rate - lot.price * lot.rate) * multiplier - commission;
    const carry = lot.carryPerUnit * Math.abs(size);
    this.pnl.push(carry === 0 ? gain : gain + carry);
    this.carry.push(carry);
    this.worth.push(lot.rate * multiplier);
    this.exitWorth.push(rate * multiplier);
    this.entryOrder.push(lot.order);
    this.exitOrder.push(order);
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
    const { most, least } = lot;
    this.look(lot, atOpen ? exitBar - 1 : exitBar);
    const top = exitPrice > lot.most ? exitPrice : lot.most;
    const bottom = exitPrice < lot.least ? exitPrice : lot.least;
    // What is left of the lot looks again: an exit at the open had not seen the whole bar.
    lot.most = most;
    lot.least = least;
    const up = (top - lot.price) / lot.price;
    const down = (lot.price - bottom) / lot.price;
    this.mae.push(long ? down : up);
    this.mfe.push(long ? up : down);
  }

  /** Takes the highs and lows up to a bar into what a lot has met. */
  private look(lot: Lot, to: number): void {
    const { high, low } = this.bars;
    let { most, least } = lot;
    const from = lot.seenTo === lot.bar && !lot.wholeBar ? lot.bar + 1 : lot.seenTo;
    for (let i = from; i <= to; i += 1) {
      const h = high[i] as number;
      const l = low[i] as number;
      // A bar whose price is infinite is a bar without a price.
      if (h > most && h < Infinity) most = h;
      if (l < least && l > -Infinity) least = l;
    }
    lot.most = most;
    lot.least = least;
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
      entryTime: timesOf(entryBar, time),
      exitTime: timesOf(exitBar, time),
      entryPrice,
      exitPrice: this.exitPrice.toArray(),
      pnl,
      returnFraction: this.returnFractions(pnl, size, entryPrice),
      commission: this.commission.toArray(),
      mae: this.mae.toArray(),
      mfe: this.mfe.toArray(),
      open,
      entryTag: this.entryTag,
      exitTag: this.exitTag,
      ...(this.carried ? { carry: this.carry.toArray() } : {}),
    };
  }

  private returnFractions(
    pnl: Float64Array,
    size: Float64Array,
    price: Float64Array,
  ): Float64Array {
    const fractions = new Float64Array(pnl.length);
    for (let i = 0; i < fractions.length; i += 1) {
      const paid = Math.abs((size[i] as number) * (price[i] as number) * this.worth.get(i));
      fractions[i] = (pnl[i] as number) / paid;
    }
    return fractions;
  }
}

function timesOf(bars: Int32Array, time: Float64Array): Float64Array {
  const times = new Float64Array(bars.length);
  for (let i = 0; i < times.length; i += 1) times[i] = time[bars[i] as number] as number;
  return times;
}

import type { FeeModel } from '../../domain/backtest.ts';
import { RenataError } from '../../domain/errors.ts';
import { MS_PER_DAY } from '../../domain/time.ts';
import {
  ALPACA,
  BINANCE,
  IBKR,
  SEC_FEE,
  TAF_FEE,
  type DatedRate,
  type VenueLevel,
} from './fee-tables.ts';

/** A fill to be charged. */
export interface ChargedFill {
  readonly order: number;
  /** UnixMillis. */
  readonly time: number;
  readonly sells: boolean;
  readonly quantity: number;
  readonly price: number;
  /** It had waited in the market for its price. */
  readonly maker: boolean;
}

/** What was charged for an order so far. */
interface Charged {
  quantity: number;
  notional: number;
  /** By the rates alone, before minimum and maximum. */
  raw: number;
  commission: number;
  taf: number;
}

const NOTHING: Charged = { quantity: 0, notional: 0, raw: 0, commission: 0, taf: 0 };

/**
 * Charges fills by a published table. Minimum and maximum are those of an order, so that one filled in
 * pieces costs as much as one filled whole; tiers count the shares of a month.
 */
export class FeeMeter {
  private readonly model: FeeModel;
  private readonly orders = new Map<number, Charged>();
  private month = Number.NaN;
  private monthShares = 0;
  private day = Number.NaN;
  /** Exact sums of a day, of which whole cents were charged. */
  private readonly daySums = { sec: 0, taf: 0, cat: 0 };

  /** @throws RenataError BAD_INPUT for a tier that the table does not have */
  constructor(model: FeeModel) {
    const tiers = model.table === 'binance-spot' ? BINANCE.levels[0].levels.length : 1;
    const tier = model.tier ?? 0;
    if (!Number.isInteger(tier) || tier < 0 || tier >= tiers) {
      throw new RenataError(
        'BAD_INPUT',
        `fees: ${model.table} has no tier ${tier}; give 0 to ${tiers - 1}.`,
        { details: { parameter: 'fees' } },
      );
    }
    this.model = model;
  }

  /** Fee of a fill as if its order began with it; changes nothing. */
  estimate(fill: ChargedFill): number {
    return this.cost(fill, NOTHING, false);
  }

  /** Fee of a fill, counted from here on. */
  charge(fill: ChargedFill): number {
    const before = this.orders.get(fill.order) ?? { ...NOTHING };
    this.orders.set(fill.order, before);
    return this.cost(fill, before, true);
  }

  /** The order is done. */
  forget(order: number): void {
    this.orders.delete(order);
  }

  private cost(fill: ChargedFill, before: Charged, counted: boolean): number {
    switch (this.model.table) {
      case 'binance-spot':
        return this.binance(fill);
      case 'alpaca':
        return this.alpaca(fill, counted);
      case 'ibkr-fixed':
      case 'ibkr-tiered':
        return this.ibkr(fill, before, counted);
    }
  }

  private binance({ time, quantity, price, maker }: ChargedFill): number {
    const { levels } = BINANCE.levels.findLast(({ from }) => from <= time) ?? BINANCE.levels[0];
    const level = levels[this.model.tier ?? 0] as VenueLevel;
    const part = maker ? level.maker : level.taker;
    const discount = this.model.payWithBnb === true ? rateAt(BINANCE.bnbDiscount, time).rate : 0;
    return quantity * price * part * (1 - discount);
  }

  private alpaca(fill: ChargedFill, counted: boolean): number {
    const day = Math.floor(fill.time / MS_PER_DAY);
    const sums = day === this.day ? this.daySums : { sec: 0, taf: 0, cat: 0 };
    const sec = sums.sec + secFee(fill);
    const taf = sums.taf + tafFee(fill);
    const cat = sums.cat + catFee(fill, ALPACA.cat);
    const cost =
      cents(sec) -
      cents(sums.sec) +
      (cents(taf) - cents(sums.taf)) +
      (cents(cat) - cents(sums.cat));
    if (counted) {
      this.day = day;
      Object.assign(this.daySums, { sec, taf, cat });
    }
    return cost;
  }

  private ibkr(fill: ChargedFill, before: Charged, counted: boolean): number {
    const { quantity, price } = fill;
    const notional = quantity * price;
    const total = before.quantity + quantity;
    const value = before.notional + notional;
    const tiered = this.model.table === 'ibkr-tiered';
    const raw = before.raw + (tiered ? this.tieredRaw(fill) : quantity * IBKR.fixed.perShare);
    const whole = tiered ? IBKR.tiered.minimum : IBKR.fixed.minimum;
    const minimum = total < 1 ? IBKR.minimumFractional : whole;
    const most = rateAt(IBKR.most, fill.time).rate * value;
    const commission = Math.min(Math.max(raw, minimum), most);
    const due = commission - before.commission;
    // The cap of the activity fee is that of the whole sale.
    const rate = rateAt(TAF_FEE.rates, fill.time);
    const taf = fill.sells ? Math.min(rate.rate * total, rate.cap) : 0;
    let cost = due + secFee(fill) + (taf - before.taf) + catFee(fill, IBKR.cat);
    if (tiered) {
      const { clearingPerShare, clearingMost, nysePassThrough, takerPerShare } = IBKR.tiered;
      const finraPassThrough = rateAt(IBKR.tiered.finraPassThrough, fill.time).rate;
      cost += Math.min(clearingPerShare * quantity, clearingMost * notional);
      cost += due * (nysePassThrough + finraPassThrough);
      if (!fill.maker) cost += takerPerShare * quantity;
    }
    if (counted) {
      Object.assign(before, { quantity: total, notional: value, raw, commission, taf });
      this.count(fill);
    }
    return cost;
  }

  /** Shares fall into the tiers of the month one after the other. */
  private tieredRaw({ time, quantity }: ChargedFill): number {
    let done = monthOf(time) === this.month ? this.monthShares : 0;
    let left = quantity;
    let cost = 0;
    for (const { upTo, perShare } of IBKR.tiered.tiers) {
      const part = Math.min(left, Math.max(0, upTo - done));
      cost += part * perShare;
      done += part;
      left -= part;
    }
    return cost;
  }

  private count({ time, quantity }: ChargedFill): void {
    const month = monthOf(time);
    if (month !== this.month) this.monthShares = 0;
    this.month = month;
    this.monthShares += quantity;
  }
}

/** Before the first date that is known its rate is taken: some fee is nearer the truth than none. */
function rateAt(rates: readonly DatedRate[], time: number): DatedRate {
  return rates.findLast((rate) => rate.from <= time) ?? (rates[0] as DatedRate);
}

function secFee({ sells, time, quantity, price }: ChargedFill): number {
  return sells ? rateAt(SEC_FEE.rates, time).rate * quantity * price : 0;
}

function tafFee({ sells, time, quantity }: ChargedFill): number {
  const rate = rateAt(TAF_FEE.rates, time);
  return sells ? Math.min(rate.rate * quantity, rate.cap) : 0;
}

/** Before its first date there was no such fee. */
function catFee({ time, quantity }: ChargedFill, rates: readonly DatedRate[]): number {
  return (rates.findLast(({ from }) => from <= time)?.rate ?? 0) * quantity;
}

/** Whole cents, rounded up; what rounding errors add is forgiven. */
function cents(amount: number): number {
  return Math.ceil(amount * 100 - 1e-9) / 100;
}

/** Months since 1970, UTC. */
function monthOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

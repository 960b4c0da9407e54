import type { BacktestSettings } from '../../domain/backtest.ts';
import type { BarColumns } from '../../domain/bar.ts';
import { affordable, commissionOf, roundToLots } from '../costs.ts';
import type { WorkingOrder } from '../matching/working-order.ts';
import { FeeMeter } from './fees.ts';
import { Slippage } from './slippage.ts';

/** Steps in which the units that money buys are found where fees are no straight line. */
const STEPS = 8;

/** What a unit is, for money and rounding. */
export interface UnitTerms {
  /** Money for a price of 1 of one unit. */
  readonly multiplier: number;
  readonly lotSize: number;
  /** Smallest price step; 0 allows any price. */
  readonly tickSize: number;
}

/** Everything that trading costs: the one model of every engine. */
export class Costs {
  readonly sized: boolean;
  readonly terms: UnitTerms;
  private readonly settings: BacktestSettings;
  private readonly bars: BarColumns;
  private readonly slippage: Slippage;
  private readonly meter: FeeMeter | null;

  /** @param meter shared by the instruments of an account, whose volumes count together */
  constructor(
    settings: BacktestSettings,
    bars: BarColumns,
    terms: UnitTerms,
    meter: FeeMeter | null = settings.fees === undefined ? null : new FeeMeter(settings.fees),
  ) {
    this.settings = settings;
    this.bars = bars;
    this.terms = terms;
    this.slippage = new Slippage(settings, bars);
    this.sized = this.slippage.sized;
    this.meter = meter;
  }

  /** Price that an order which takes liquidity pays, on a tick: rounded against the order. */
  slipped(price: number, buys: boolean, quantity: number, bar: number): number {
    const paid = this.slippage.price(price, buys, quantity, bar);
    return paid === price ? paid : onTick(paid, this.terms.tickSize, buys);
  }

  lots(quantity: number): number {
    return roundToLots(quantity, this.terms.lotSize);
  }

  /** Fee of a fill, as if its order began with it. */
  fee(order: WorkingOrder, quantity: number, price: number, bar: number, maker: boolean): number {
    return this.cost(order, quantity, price, bar, maker, false);
  }

  /** Fee of a fill that is booked. */
  charge(
    order: WorkingOrder,
    quantity: number,
    price: number,
    bar: number,
    maker: boolean,
  ): number {
    return this.cost(order, quantity, price, bar, maker, true);
  }

  forget(order: number): void {
    this.meter?.forget(order);
  }

  /** What closing a part of an order costs at most, before the rest of it opens a position. */
  leaving(order: WorkingOrder, quantity: number, price: number, bar: number): number {
    if (this.meter !== null) return this.fee(order, quantity, price, bar, false);
    const worth = price * this.terms.multiplier;
    // The minimum is that of the whole fill.
    return commissionOf({ ...this.settings.commission, minimum: 0 }, quantity, worth);
  }

  /** Units that money opens, long or short, the fee paid out of the same money. */
  affordable(money: number, price: number, bar: number, sells = false): number {
    const worth = price * this.terms.multiplier;
    const { meter } = this;
    if (meter === null) return affordable(this.settings.commission, money, worth);
    const fill = { order: -1, time: this.bars.time[bar] as number, sells, maker: false };
    let quantity = money / worth;
    for (let step = 0; step < STEPS; step += 1) {
      quantity = (money - meter.estimate({ ...fill, quantity, price: worth })) / worth;
      if (!(quantity > 0)) return 0;
    }
    return quantity;
  }

  private cost(
    order: WorkingOrder,
    quantity: number,
    price: number,
    bar: number,
    maker: boolean,
    counted: boolean,
  ): number {
    const worth = price * this.terms.multiplier;
    const { meter } = this;
    if (meter === null) return commissionOf(this.settings.commission, quantity, worth);
    const time = this.bars.time[bar] as number;
    const fill = { order: order.id, time, sells: !order.buys, quantity, price: worth, maker };
    return counted ? meter.charge(fill) : meter.estimate(fill);
  }
}

/** Rounds up or down to a tick; what rounding errors add is forgiven. */
export function onTick(price: number, tick: number, up: boolean): number {
  if (!(tick > 0)) return price;
  const ticks = price / tick;
  return (up ? Math.ceil(ticks - 1e-9) : Math.floor(ticks + 1e-9)) * tick;
}

/** Prices that do not lie on a tick are moved to the next one that asks for no more than was given. */
export function putOnTicks(order: WorkingOrder, tick: number): void {
  if (!(tick > 0)) return;
  order.limitPrice = onTick(order.limitPrice, tick, !order.buys);
  order.stopPrice = onTick(order.stopPrice, tick, order.buys);
}

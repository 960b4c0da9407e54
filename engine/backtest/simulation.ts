import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import type { OrderSide, OrderState, OrderType } from '../domain/order.ts';
import { commissionOf, roundToLots, sizeOf, slipped } from './costs.ts';
import { OrderLog } from './order-log.ts';
import { Random } from './random.ts';
import type { OrderRequest, Strategy, StrategyContext } from './strategy.ts';
import { TradeLog } from './trade-log.ts';
import { ColumnView, type Clock } from './view.ts';

/** An order that waits for its price. */
interface WorkingOrder {
  readonly id: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  /** NaN: the size rule decides at the fill. */
  readonly quantity: number;
  readonly limitPrice: number;
  readonly stopPrice: number;
  readonly reduceOnly: boolean;
  readonly tag: string;
  /** A stop-limit whose stop has been reached. */
  triggered: boolean;
  /** Not filled, denied or cancelled yet. A strategy may cancel orders while they are being matched. */
  working: boolean;
}

/** At what moment of a bar something is filled. */
type Moment = 'open' | 'inside' | 'close';

/** A fill may exceed the buying power by this part of it: rounding only. */
const ROUNDING = 1e-9;

/**
 * The event-driven simulator: matches orders against bars by the rules of docs/fill-rules.md and keeps
 * the books. One instance is one run.
 */
export class Simulation implements StrategyContext {
  readonly time: ColumnView;
  readonly open: ColumnView;
  readonly high: ColumnView;
  readonly low: ColumnView;
  readonly close: ColumnView;
  readonly volume: ColumnView;
  readonly clock: Clock = { index: -1 };
  readonly orders = new OrderLog();
  readonly trades: TradeLog;
  readonly shortAllowed: boolean;
  position = 0;
  cash: number;
  /** Sum of all commissions, in quote currency. */
  commissionPaid = 0;

  private readonly bars: BarColumns;
  private readonly settings: BacktestSettings;
  private readonly sameClose: boolean;
  private readonly generator: Random;
  private strategy: Strategy | undefined;
  private working: WorkingOrder[] = [];
  /** The bar that is being matched; the clock, and with it the strategy, is a bar behind until its close. */
  private bar = -1;
  /** Last close that was a number; NaN before the first. */
  private mark = Number.NaN;

  constructor(bars: BarColumns, settings: BacktestSettings) {
    this.bars = bars;
    this.settings = settings;
    this.sameClose = settings.fill === 'same-close';
    this.shortAllowed = settings.short;
    this.cash = settings.cash;
    this.generator = new Random(settings.seed);
    this.trades = new TradeLog(bars);
    const view = (column: Float64Array): ColumnView => new ColumnView(column, this.clock);
    this.time = view(bars.time);
    this.open = view(bars.open);
    this.high = view(bars.high);
    this.low = view(bars.low);
    this.close = view(bars.close);
    this.volume = view(bars.volume);
  }

  get index(): number {
    return this.clock.index;
  }

  /** Cash and position at the last close that the strategy can see. */
  get equity(): number {
    return this.position === 0 ? this.cash : this.cash + this.position * this.mark;
  }

  get entryPrice(): number {
    return this.trades.averageEntry();
  }

  /** Runs one bar: fills what was working, asks the strategy, fills at the close when that is the rule. */
  step(index: number, strategy: Strategy): void {
    this.strategy = strategy;
    this.bar = index;
    // A bar without prices fills nothing and tells nothing: the market is taken as closed.
    const tradable = this.tradable(index);
    if (tradable && this.working.length > 0) this.matchBar(index);
    this.clock.index = index;
    const close = this.bars.close[index] as number;
    if (close - close === 0) this.mark = close;
    if (!tradable) return;
    strategy.onBar(this);
    if (this.sameClose && this.working.length > 0) this.matchClose(index);
  }

  random(): number {
    return this.generator.uniform();
  }

  buy(tag = ''): number {
    return this.order({ side: 'buy', tag });
  }

  sell(tag = ''): number {
    if (this.position > 0 && !this.shortAllowed) return this.exit(tag);
    return this.shortAllowed ? this.order({ side: 'sell', tag }) : -1;
  }

  exit(tag = ''): number {
    if (this.position === 0) return -1;
    return this.order({ side: this.position > 0 ? 'sell' : 'buy', reduceOnly: true, tag });
  }

  order(request: OrderRequest): number {
    const { side, type = 'market', reduceOnly = false, tag = '' } = request;
    const quantity = request.quantity ?? Number.NaN;
    const limitPrice = request.limitPrice ?? Number.NaN;
    const stopPrice = request.stopPrice ?? Number.NaN;
    checkRequest(request, type);
    const id = this.orders.add(this.bar, side, type, quantity, limitPrice, stopPrice, tag);
    this.working.push({
      id,
      side,
      type,
      quantity,
      limitPrice,
      stopPrice,
      reduceOnly,
      tag,
      triggered: false,
      working: true,
    });
    return id;
  }

  cancel(order: number): void {
    const found = this.working.find(({ id }) => id === order);
    if (found === undefined) return;
    this.remove(found);
    this.end(found, 'Canceled');
  }

  cancelAll(): void {
    for (const order of this.working.slice()) this.cancel(order.id);
  }

  private tradable(index: number): boolean {
    const { open, high, low, close } = this.bars;
    const sum =
      (open[index] as number) +
      (high[index] as number) +
      (low[index] as number) +
      (close[index] as number);
    return sum - sum === 0;
  }

  /** Fills at the open first, then inside the bar: orders that cost money before those that earn it. */
  private matchBar(index: number): void {
    const open = this.bars.open[index] as number;
    for (const order of this.working.slice()) {
      const price = order.working ? this.priceAtOpen(order, open) : undefined;
      if (price !== undefined) this.fill(order, price, 'open');
    }
    if (this.working.length === 0) return;
    const high = this.bars.high[index] as number;
    const low = this.bars.low[index] as number;
    // What is given on a fill inside the bar works from the next one on, because the path after the fill
    // is not known; what was given on a fill at the open has the whole bar before it.
    const waiting = this.working.slice();
    for (const order of waiting) {
      if (order.working && order.type === 'stop' && reachesStop(order, high, low)) {
        this.fill(order, order.stopPrice, 'inside');
      }
    }
    for (const order of waiting) {
      const limit = order.working && (order.type === 'limit' || order.triggered);
      if (limit && reachesLimit(order, high, low)) this.fill(order, order.limitPrice, 'inside');
    }
    // The same holds after a trigger inside the bar: the limit works from the next bar on.
    for (const order of waiting) {
      if (order.type === 'stop_limit' && reachesStop(order, high, low)) order.triggered = true;
    }
  }

  private matchClose(index: number): void {
    const close = this.bars.close[index] as number;
    for (const order of this.working.slice()) {
      if (order.working && order.type === 'market') this.fill(order, close, 'close');
    }
  }

  private priceAtOpen(order: WorkingOrder, open: number): number | undefined {
    const buys = order.side === 'buy';
    switch (order.type) {
      case 'market':
        return open;
      case 'stop':
        return (buys ? open >= order.stopPrice : open <= order.stopPrice) ? open : undefined;
      case 'stop_limit':
        if (!order.triggered && (buys ? open >= order.stopPrice : open <= order.stopPrice)) {
          order.triggered = true;
        }
        if (!order.triggered) return undefined;
        return (buys ? open <= order.limitPrice : open >= order.limitPrice) ? open : undefined;
      case 'limit':
        return (buys ? open <= order.limitPrice : open >= order.limitPrice) ? open : undefined;
    }
  }

  private fill(order: WorkingOrder, price: number, moment: Moment): void {
    this.remove(order);
    const limited = order.type === 'limit' || order.type === 'stop_limit';
    const paid = limited ? price : slipped(price, order.side, this.settings.slippageBps);
    const direction = order.side === 'buy' ? 1 : -1;
    const against = this.position * direction < 0 ? Math.abs(this.position) : 0;
    if (order.reduceOnly && against === 0) {
      this.end(order, 'Canceled');
      return;
    }
    const quantity = this.quantityOf(order, paid, against);
    if (!(quantity > 0) || !this.allowed(direction * quantity, paid)) {
      this.end(order, 'Denied');
      return;
    }
    const commission = commissionOf(this.settings.commission, quantity, paid);
    this.book(order, direction * quantity, paid, commission, moment);
    this.orders.fill(order.id, this.bar, quantity, paid, commission);
    this.tell(order, 'Filled', quantity, paid);
  }

  /** Units to fill: what was asked for, or the size rule's entry after closing what is held against it. */
  private quantityOf(order: WorkingOrder, price: number, against: number): number {
    const { settings } = this;
    if (order.reduceOnly) {
      return Number.isNaN(order.quantity) ? against : Math.min(order.quantity, against);
    }
    if (!Number.isNaN(order.quantity)) return roundToLots(order.quantity, settings.lotSize);
    let equity = this.cash + this.position * price;
    if (against > 0) {
      equity -= commissionOf({ ...settings.commission, minimum: 0 }, against, price);
    }
    const entry = roundToLots(sizeOf(settings.size, settings, equity, price), settings.lotSize);
    return entry > 0 || against > 0 ? against + Math.max(entry, 0) : 0;
  }

  /** No leverage: what a fill leaves may not be worth more than the equity, and shorts must be allowed. */
  private allowed(change: number, price: number): boolean {
    const after = this.position + change;
    if (after < 0 && !this.shortAllowed && after < -Math.abs(this.position) * ROUNDING)
      return false;
    if (Math.abs(after) <= Math.abs(this.position) && after * this.position >= 0) return true;
    const commission = commissionOf(this.settings.commission, Math.abs(change), price);
    const equity = this.cash + this.position * price - commission;
    return Math.abs(after) * price <= equity * (1 + ROUNDING);
  }

  private book(
    order: WorkingOrder,
    change: number,
    price: number,
    commission: number,
    moment: Moment,
  ): void {
    const quantity = Math.abs(change);
    const held = Math.abs(this.position);
    const closes = this.position * change < 0 ? Math.min(held, quantity) : 0;
    const opens = quantity - closes;
    const { bar } = this;
    if (closes > 0) {
      const share = (commission * closes) / quantity;
      this.trades.close(bar, closes, price, share, order.tag, moment === 'open');
    }
    this.cash -= change * price + commission;
    this.commissionPaid += commission;
    this.position += change;
    if (closes === held && opens <= held * 1e-12) {
      this.position = 0;
    } else if (opens > 0) {
      const share = (commission * opens) / quantity;
      const signed = change > 0 ? opens : -opens;
      this.trades.open(bar, signed, price, share, order.tag, moment === 'close');
    }
  }

  private end(order: WorkingOrder, state: OrderState): void {
    this.orders.end(order.id, this.bar, state);
    this.tell(order, state, 0, Number.NaN);
  }

  private tell(order: WorkingOrder, state: OrderState, quantity: number, price: number): void {
    const { strategy } = this;
    if (strategy?.onOrder === undefined) return;
    const { id, side, tag } = order;
    strategy.onOrder({ order: id, state, side, quantity, price, tag }, this);
  }

  private remove(order: WorkingOrder): void {
    order.working = false;
    const at = this.working.indexOf(order);
    if (at >= 0) this.working.splice(at, 1);
  }
}

function reachesStop(order: WorkingOrder, high: number, low: number): boolean {
  return order.side === 'buy' ? high >= order.stopPrice : low <= order.stopPrice;
}

function reachesLimit(order: WorkingOrder, high: number, low: number): boolean {
  return order.side === 'buy' ? low <= order.limitPrice : high >= order.limitPrice;
}

function checkRequest(request: OrderRequest, type: OrderType): void {
  const wrong = (what: string): never => {
    throw new RenataError(
      'STRATEGY_FAILED',
      `The strategy gave an order that cannot work: ${what}.`,
    );
  };
  const { quantity, limitPrice, stopPrice } = request;
  if (quantity !== undefined && !(quantity > 0 && Number.isFinite(quantity))) {
    wrong(`quantity ${quantity} must be a number above 0`);
  }
  const needsLimit = type === 'limit' || type === 'stop_limit';
  const needsStop = type === 'stop' || type === 'stop_limit';
  if (needsLimit && !Number.isFinite(limitPrice)) wrong(`a ${type} order needs a limit price`);
  if (needsStop && !Number.isFinite(stopPrice)) wrong(`a ${type} order needs a stop price`);
}

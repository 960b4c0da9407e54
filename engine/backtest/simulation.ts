import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { BacktestSettings, SessionColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import type { Account } from './account.ts';
import { StrategyFacade } from './context.ts';
import { applyEvent, inBookingOrder } from './corporate.ts';
import { Costs } from './costs/costs.ts';
import { Desk } from './desk.ts';
import { FinerBars } from './finer-bars.ts';
import { borrowFee, debitInterest, liquidationPrice } from './margin.ts';
import type { Moment } from './matching/working-order.ts';
import { OrderLog } from './order-log.ts';
import { Position } from './position.ts';
import { Random } from './random.ts';
import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderEvent,
  OrderRequest,
  Strategy,
} from './strategy.ts';
import type { TradeLog } from './trade-log.ts';
import { TradedBars } from './traded-bars.ts';
import { ColumnView, type Clock } from './view.ts';

/** A fill may exceed the buying power by this part of it: rounding only. */
const ROUNDING = 1e-9;

/** What a run may know besides its bars. */
export interface SimulationExtras {
  readonly finer?: BarColumns | undefined;
  readonly events?: readonly AdjustmentEvent[] | undefined;
  readonly sessions?: SessionColumns | undefined;
}

/**
 * The event-driven simulator of one instrument: one desk and the money it trades with. One instance is
 * one run.
 */
export class Simulation implements Account {
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
  readonly desk: Desk;
  cash: number;

  private readonly bars: BarColumns;
  private readonly settings: BacktestSettings;
  private readonly sameClose: boolean;
  private readonly generator: Random;
  private readonly facade: StrategyFacade;
  private readonly holding: Position;
  private readonly warmUp: number;
  /** Money for a price of 1 of one unit. */
  private readonly multiplier: number;
  private readonly traded: TradedBars;
  private readonly finer: FinerBars | undefined;
  private readonly events: readonly AdjustmentEvent[];
  private readonly sessionDays: Float64Array | undefined;
  /** The run has events, borrow fees, interest or margin to look after before a bar. */
  private readonly tended: boolean;
  private nextEvent = 0;
  /** Bar at whose close the equity was gone; -1 while it is not. */
  private ruinBar = -1;
  private strategy: Strategy | undefined;
  /** Last close that was a number; NaN before the first. */
  private lastClose = Number.NaN;

  constructor(bars: BarColumns, settings: BacktestSettings, extras: SimulationExtras = {}) {
    this.bars = bars;
    this.settings = settings;
    this.sameClose = settings.fill === 'same-close';
    this.shortAllowed = settings.short;
    this.cash = settings.cash;
    this.warmUp = settings.warmUp ?? 0;
    this.multiplier = settings.multiplier ?? 1;
    this.generator = new Random(settings.seed);
    this.traded = new TradedBars(bars);
    const { multiplier } = this;
    this.holding = new Position(bars, { multiplier, rate: () => 1 });
    this.trades = this.holding.trades;
    this.finer = extras.finer === undefined ? undefined : new FinerBars(bars.time, extras.finer);
    this.events = inBookingOrder(extras.events ?? []);
    this.sessionDays = this.events.length === 0 ? undefined : extras.sessions?.day;
    this.tended =
      this.events.length > 0 ||
      settings.margin !== undefined ||
      (settings.borrowRate ?? 0) !== 0 ||
      (settings.debitRate ?? 0) !== 0;
    const terms = { multiplier, lotSize: settings.lotSize, tickSize: 0 };
    this.desk = new Desk(
      this,
      {
        bars,
        settings,
        size: settings.size,
        costs: new Costs(settings, bars, terms),
        sessions: extras.sessions,
        instrument: 0,
      },
      this.orders,
      this.holding,
    );
    const view = (column: Float64Array): ColumnView => new ColumnView(column, this.clock);
    this.time = view(bars.time);
    this.open = view(bars.open);
    this.high = view(bars.high);
    this.low = view(bars.low);
    this.close = view(bars.close);
    this.volume = view(bars.volume);
    this.facade = new StrategyFacade(this);
  }

  get index(): number {
    return this.clock.index;
  }

  get position(): number {
    return this.holding.units;
  }

  /** Sum of all commissions, in quote currency. */
  get commissionPaid(): number {
    return this.desk.commissionPaid;
  }

  /** Cash and position at the last close that the strategy can see. */
  get equity(): number {
    const { units } = this.holding;
    return units === 0 ? this.cash : this.cash + units * this.lastClose * this.multiplier;
  }

  get entryPrice(): number {
    return this.trades.averageEntry();
  }

  get warmingUp(): boolean {
    return this.clock.index < this.warmUp;
  }

  /** Bar at whose close equity was 0 or below, after which no order is taken; undefined without. */
  get ruinedAt(): number | undefined {
    return this.ruinBar < 0 ? undefined : this.ruinBar;
  }

  /** Whether the strategy's orders are left alone. */
  private get refuses(): boolean {
    return this.ruinBar >= 0 || this.warmingUp;
  }

  /** Runs one bar: fills what was working, asks the strategy, fills at the close when that is the rule. */
  step(index: number, strategy: Strategy): void {
    const { desk } = this;
    this.strategy = strategy;
    desk.begin(index, index);
    // A bar that nobody traded fills nothing and tells nothing: the market is taken as closed.
    const tradable = this.traded.at(index);
    if (this.tended) this.tend(index);
    if (tradable && (desk.book.count > 0 || (this.tended && this.holding.units !== 0))) {
      this.matchBar(index);
    }
    this.clock.index = index;
    const close = this.bars.close[index] as number;
    if (close - close === 0) {
      this.lastClose = close;
      desk.mark(close);
    }
    if (!tradable) return;
    desk.matchSessionClose();
    if (this.equity <= 0) this.ruin();
    strategy.onBar(this.facade);
    if (!this.sameClose) return;
    desk.matchClose();
    // What fills at the close may cost the rest of the equity; the position goes at that close too.
    if (this.ruinBar < 0 && this.equity <= 0) {
      this.ruin();
      desk.matchClose();
    }
  }

  /** The equity is gone: everything is closed at the next price there is, and nothing is opened again. */
  private ruin(): void {
    if (this.ruinBar >= 0) return;
    this.ruinBar = this.clock.index;
    this.desk.abandon('ruin');
  }

  random(): number {
    return this.generator.uniform();
  }

  order(request: OrderRequest): number {
    return this.refuses ? -1 : this.desk.submit(request);
  }

  bracket(request: BracketRequest): Bracket {
    if (this.refuses) return { entry: -1, stopLoss: -1, takeProfit: -1 };
    return this.desk.bracket(request);
  }

  amend(order: number, change: OrderChange): boolean {
    return this.ruinBar < 0 && this.desk.amend(order, change);
  }

  cancel(order: number): void {
    if (this.ruinBar < 0) this.desk.cancel(order);
  }

  cancelAll(): void {
    if (this.ruinBar < 0) this.desk.cancelAll();
  }

  equityAt(_desk: Desk, price: number): number {
    return this.cash + this.holding.units * price * this.multiplier;
  }

  /** What a fill leaves may not need more than the equity, and shorts must be allowed. */
  permits(_desk: Desk, change: number, price: number, commission: number): boolean {
    const held = this.holding.units;
    const after = held + change;
    if (after < 0 && !this.shortAllowed && after < -Math.abs(held) * ROUNDING) return false;
    if (Math.abs(after) <= Math.abs(held) && after * held >= 0) return true;
    const { multiplier } = this;
    const equity = this.cash + held * price * multiplier - commission;
    const needed = Math.abs(after) * price * multiplier * (this.settings.margin?.initial ?? 1);
    return needed <= equity * (1 + ROUNDING);
  }

  most(): number {
    // Nothing here asks for less than it wants.
    return Number.POSITIVE_INFINITY;
  }

  settle(_desk: Desk, change: number, price: number, commission: number): void {
    this.cash -= change * price * this.multiplier + commission;
  }

  tell(_desk: Desk, event: OrderEvent): void {
    const { strategy } = this;
    if (strategy?.onOrder !== undefined) strategy.onOrder(event, this.facade);
  }

  reached(_desk: Desk, high: number, low: number): void {
    this.callMargin(high, low, 'inside');
  }

  /**
   * Liquidates where the prices reach that of it: there, or at the last known price when that is beyond
   * it already, as an open may be.
   */
  private callMargin(high: number, low: number, moment: Moment): void {
    const { margin } = this.settings;
    const { units } = this.holding;
    if (margin === undefined || units === 0) return;
    const price = liquidationPrice(this.cash, units * this.multiplier, margin.maintenance);
    const { last } = this.desk.book;
    if (units > 0 && low <= price) {
      this.desk.liquidate(Math.min(last, price), moment, 'liquidation');
    } else if (units < 0 && high >= price) {
      this.desk.liquidate(Math.max(last, price), moment, 'liquidation');
    }
  }

  private matchBar(index: number): void {
    const { desk, bars, finer } = this;
    desk.expire();
    desk.matchOpen();
    if (this.settings.margin !== undefined) {
      const open = bars.open[index] as number;
      this.callMargin(open, open, 'open');
    }
    if (desk.book.count === 0) {
      // Without orders nothing is matched inside the bar, and so nothing asks for this.
      this.callMargin(bars.high[index] as number, bars.low[index] as number, 'inside');
      return;
    }
    if (finer === undefined) desk.matchInside();
    else {
      const [from, to] = finer.of(index);
      desk.matchInside(finer.bars, from, to);
    }
  }

  /** Pays for the time since the bar before, then takes over what happened to the instrument. */
  private tend(index: number): void {
    const { settings, bars, holding, desk } = this;
    const time = bars.time[index] as number;
    const before = index === 0 ? time : (bars.time[index - 1] as number);
    const days = (time - before) / MS_PER_DAY;
    // One after the other, as in a portfolio, whose single instrument then has the same cash to the bit.
    const interest = debitInterest(this.cash, settings.debitRate ?? 0, days);
    const value = holding.units * this.lastClose * this.multiplier;
    const fee = borrowFee(value, settings.borrowRate ?? 0, days);
    this.cash -= interest;
    this.cash -= fee;
    if (interest + fee !== 0) this.trades.addCarry(-(interest + fee));
    const day = this.sessionDays?.[index] ?? Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
    for (; this.nextEvent < this.events.length; this.nextEvent += 1) {
      const event = this.events[this.nextEvent] as AdjustmentEvent;
      if (event.day > day) return;
      if (event.kind === 'split') this.lastClose /= event.ratio;
      this.cash += applyEvent(desk, event, this.lastClose);
    }
  }
}

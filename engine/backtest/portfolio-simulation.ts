import { RenataError } from '../domain/errors.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import type { Account } from './account.ts';
import { FeeMeter } from './costs/fees.ts';
import type { Desk } from './desk.ts';
import { borrowFee, debitInterest } from './margin.ts';
import type { WorkingOrder } from './matching/working-order.ts';
import { OrderLog } from './order-log.ts';
import { PortfolioFacade } from './portfolio-context.ts';
import { callMargin } from './portfolio-margin.ts';
import { Market } from './portfolio-market.ts';
import { targetTrades } from './portfolio-targets.ts';
import type {
  PortfolioSettings,
  PortfolioStrategy,
  PortfolioTask,
  TargetOptions,
} from './portfolio-types.ts';
import { Random } from './random.ts';
import type { Bracket, BracketRequest, OrderChange, OrderEvent, OrderRequest } from './strategy.ts';

/** A fill may exceed the buying power by this part of it: rounding only. */
const ROUNDING = 1e-9;

/** Many instruments on shared cash, moment by moment. One instance is one run. */
export class PortfolioSimulation implements Account {
  readonly markets: readonly Market[];
  readonly orders = new OrderLog(true);
  cash: number;
  /** Number and time of the moment that the strategy sees. */
  moment = -1;
  time = Number.NaN;
  /** Paid on money that was owed. */
  interest = 0;
  private readonly settings: PortfolioSettings;
  private readonly bySymbol: ReadonlyMap<string, Market>;
  private readonly facade: PortfolioFacade;
  private readonly generator: Random;
  private readonly warmUp: number;
  private readonly margined: boolean;
  /** Moment at whose closes the equity was gone; -1 while it is not. */
  private ruinMoment = -1;
  private strategy: PortfolioStrategy | undefined;
  /** Moment that is being matched. */
  private now = -1;
  private before = Number.NaN;
  /** Takes the money that splits and dividends move. */
  private readonly pay = (amount: number): void => {
    this.cash += amount;
  };
  /** Instruments with a bar at this moment. */
  private present: Market[] = [];

  /** @throws RenataError BAD_INPUT for a symbol given twice, or a currency without rates */
  constructor({ instruments, settings }: PortfolioTask) {
    this.settings = settings;
    this.cash = settings.cash;
    this.warmUp = settings.warmUp ?? 0;
    this.generator = new Random(settings.seed);
    const meter = settings.fees === undefined ? null : new FeeMeter(settings.fees);
    this.markets = instruments.map(
      (spec, row) => new Market(this, spec, row, settings, this.orders, meter),
    );
    this.bySymbol = new Map(this.markets.map((market) => [market.symbol, market]));
    if (this.bySymbol.size < instruments.length) {
      throw new RenataError('BAD_INPUT', 'A symbol is in the portfolio twice; give each once.', {
        details: { parameter: 'instruments' },
      });
    }
    for (const { currency, symbol } of instruments) {
      if (currency === undefined || currency === settings.currency) continue;
      if (settings.rates?.[currency] !== undefined) continue;
      throw new RenataError(
        'BAD_INPUT',
        `${symbol} is traded in ${currency} and there are no rates of ${currency} in ${settings.currency}; give them in rates.`,
        { details: { parameter: 'rates' } },
      );
    }
    this.margined =
      settings.margin !== undefined || instruments.some(({ margin }) => margin !== undefined);
    this.facade = new PortfolioFacade(this);
  }

  get equity(): number {
    let equity = this.cash;
    for (const market of this.markets) equity += market.value;
    return equity;
  }

  get gross(): number {
    let gross = 0;
    for (const market of this.markets) gross += Math.abs(market.value);
    return gross;
  }

  get warmingUp(): boolean {
    return this.moment < this.warmUp;
  }

  get shortAllowed(): boolean {
    return this.settings.short;
  }

  /** Moment at whose closes equity was 0 or below, after which no order is taken; undefined without. */
  get ruinedAt(): number | undefined {
    return this.ruinMoment < 0 ? undefined : this.ruinMoment;
  }

  /** Whether the strategy's orders are left alone. */
  private get refuses(): boolean {
    return this.ruinMoment >= 0 || this.warmingUp;
  }

  /** Runs one moment: all bars that begin at `time`. */
  step(time: number, strategy: PortfolioStrategy): void {
    this.strategy = strategy;
    this.now += 1;
    this.present = [];
    for (const market of this.markets) {
      if (market.begin(time, this.now)) this.present.push(market);
    }
    this.tend(time);
    const open = this.present.filter((market) => market.tradable);
    // What frees money goes before what needs it.
    const inTurn = open.toSorted((a, b) => Number(b.reducing) - Number(a.reducing));
    for (const { desk } of inTurn) desk.expire();
    for (const market of inTurn) market.desk.matchOpen();
    this.callMargin('open');
    for (const { desk } of open) desk.matchStops();
    this.callMargin('inside');
    for (const { desk } of open) desk.matchRest();
    this.callMargin('inside');
    for (const market of this.present) market.end();
    this.moment = this.now;
    this.time = time;
    this.before = time;
    for (const { desk } of open) desk.matchSessionClose();
    if (open.length === 0) return;
    if (this.ruinMoment < 0 && this.equity <= 0) this.ruin();
    strategy.onBar(this.facade);
    if (this.settings.fill !== 'same-close') return;
    const closing = open.toSorted((a, b) => Number(b.reducing) - Number(a.reducing));
    for (const { desk } of closing) desk.matchClose();
    // What fills at the closes may cost the rest of the equity; positions go at these closes too.
    if (this.ruinMoment < 0 && this.equity <= 0) {
      this.ruin();
      for (const { desk } of closing) desk.matchClose();
    }
  }

  /** The equity is gone: everything is closed at the next price there is, and nothing is opened again. */
  private ruin(): void {
    this.ruinMoment = this.moment;
    for (const { desk } of this.markets) desk.abandon('ruin');
  }

  random(): number {
    return this.generator.uniform();
  }

  /** @throws RenataError STRATEGY_FAILED when there is none */
  market(symbol: string): Market {
    const market = this.bySymbol.get(symbol);
    if (market !== undefined) return market;
    throw new RenataError(
      'STRATEGY_FAILED',
      `The strategy asked for ${symbol}, which is not in the portfolio.`,
    );
  }

  order(symbol: string, request: OrderRequest): number {
    const market = this.market(symbol);
    return this.refuses ? -1 : market.desk.submit(request);
  }

  bracket(symbol: string, request: BracketRequest): Bracket {
    const market = this.market(symbol);
    if (this.refuses) return { entry: -1, stopLoss: -1, takeProfit: -1 };
    return market.desk.bracket(request);
  }

  amend(order: number, change: OrderChange): boolean {
    return this.ruinMoment < 0 && this.markets.some(({ desk }) => desk.amend(order, change));
  }

  cancel(order: number): void {
    if (this.ruinMoment >= 0) return;
    for (const { desk } of this.markets) desk.cancel(order);
  }

  cancelAll(symbol?: string): void {
    const markets = symbol === undefined ? this.markets : [this.market(symbol)];
    if (this.ruinMoment >= 0) return;
    for (const { desk } of markets) desk.cancelAll();
  }

  setTargets(weights: Readonly<Record<string, number>>, options: TargetOptions): void {
    const targets = new Map(Object.entries(weights));
    for (const symbol of targets.keys()) this.market(symbol);
    if (this.refuses) return;
    for (const market of this.markets) {
      market.reducing = false;
      for (const order of market.desk.book.orders.slice()) {
        if (order.trimmed && order.working) market.desk.end(order, 'Canceled');
      }
    }
    const trades = targetTrades(this.markets, this.equity, targets, options, this.settings.short);
    for (const { market, change, reduces } of trades) {
      market.reducing = reduces;
      const side = change > 0 ? 'buy' : 'sell';
      const tag = options.tag ?? 'target';
      market.desk.submit({ side, quantity: Math.abs(change), tag }, true);
    }
  }

  equityAt(desk: Desk, price: number): number {
    const market = this.markets[desk.instrument] as Market;
    let equity = this.cash + market.position.units * price * market.unitWorth;
    for (const other of this.markets) if (other !== market) equity += other.value;
    return equity / market.rate;
  }

  /** What all positions need, this one at `price` with `units`, in base currency. */
  private needed(market: Market, units: number, price: number): number {
    let needed = Math.abs(units * price * market.multiplier * market.rate) * market.margin.initial;
    for (const other of this.markets) {
      if (other !== market) needed += Math.abs(other.value) * other.margin.initial;
    }
    return needed;
  }

  permits(desk: Desk, change: number, price: number, commission: number): boolean {
    const market = this.markets[desk.instrument] as Market;
    const held = market.position.units;
    const after = held + change;
    if (after < 0 && !this.settings.short && after < -Math.abs(held) * ROUNDING) return false;
    if (Math.abs(after) <= Math.abs(held) && after * held >= 0) return true;
    const equity = this.equityAt(desk, price) * market.rate - commission * market.rate;
    return this.needed(market, after, price) <= equity * (1 + ROUNDING);
  }

  most(desk: Desk, order: WorkingOrder, price: number): number {
    const market = this.markets[desk.instrument] as Market;
    const { units } = market.position;
    // A position on the other side is closed first, which frees what it needs.
    const against = market.position.against(order);
    const equity = this.equityAt(desk, price) * market.rate;
    const needed = this.needed(market, against > 0 ? 0 : units, price);
    const free = Math.max(0, equity - needed) / market.margin.initial;
    const money = free / market.rate;
    return against + Math.max(0, desk.costs.affordable(money, price, desk.bar, !order.buys));
  }

  settle(desk: Desk, change: number, price: number, commission: number): void {
    const market = this.markets[desk.instrument] as Market;
    this.cash -= (change * price * market.multiplier + commission) * market.rate;
    market.reducing = false;
  }

  private callMargin(moment: 'open' | 'inside'): void {
    if (!this.margined) return;
    const rule = this.settings.liquidation ?? 'all';
    callMargin(this.markets, () => this.cash, rule, moment);
  }

  tell(desk: Desk, event: OrderEvent): void {
    const { strategy } = this;
    if (strategy?.onOrder === undefined) return;
    const { symbol } = this.markets[desk.instrument] as Market;
    strategy.onOrder({ ...event, symbol }, this.facade);
  }

  reached(): void {
    // The margin of a portfolio is looked at for all its instruments together, in `step`.
  }

  /** Pays for the time since the moment before, then takes over splits and dividends. */
  private tend(time: number): void {
    const days = this.now === 0 ? 0 : (time - this.before) / MS_PER_DAY;
    const interest = debitInterest(this.cash, this.settings.debitRate ?? 0, days);
    this.cash -= interest;
    this.interest += interest;
    for (const market of this.markets) {
      if (market.borrowRate === 0 || !(market.value < 0)) continue;
      const fee = borrowFee(market.value, market.borrowRate, days);
      this.cash -= fee;
      market.position.trades.addCarry(-fee / market.rate);
    }
    for (const market of this.present) market.takeEvents(this.pay);
  }
}

/**
 * Types of strategies in TypeScript. Renata writes this file into the strategies folder; it changes with
 * the program, so do not edit it. docs/strategies.md explains what everything does.
 */
declare module 'renata/strategy' {
  /** A column, read from the current bar backwards. */
  export interface Series {
    /** Value `ago` bars before the current one; NaN before the first bar. */
    at(ago?: number): number;
  }

  export type Side = 'buy' | 'sell';

  export type OrderType =
    | 'market'
    | 'limit'
    | 'stop'
    | 'stop_limit'
    | 'trailing_stop'
    | 'trailing_stop_limit'
    | 'market_if_touched'
    | 'limit_if_touched'
    | 'market_on_open'
    | 'market_on_close'
    | 'limit_on_open'
    | 'limit_on_close';

  export interface OrderRequest {
    readonly side: Side;
    /** `market` when absent. */
    readonly type?: OrderType;
    /** Units; the run's size rule when absent. With `reduceOnly` the whole position when absent. */
    readonly quantity?: number;
    readonly limitPrice?: number;
    readonly stopPrice?: number;
    /** Distance of a trailing stop, in price units or in percent: one of the two. */
    readonly trailAmount?: number;
    readonly trailPercent?: number;
    readonly limitOffset?: number;
    readonly timeInForce?: 'gtc' | 'day' | 'gtd' | 'ioc' | 'fok';
    /** With `gtd`: ms since 1970. */
    readonly goodTill?: number;
    /** Works once this order is filled. */
    readonly parent?: number;
    /** Of the two, one takes the other away. */
    readonly oco?: number;
    /** Only makes the position smaller. */
    readonly reduceOnly?: boolean;
    readonly tag?: string;
  }

  export type OrderChange = Partial<
    Pick<
      OrderRequest,
      'quantity' | 'limitPrice' | 'stopPrice' | 'trailAmount' | 'trailPercent' | 'limitOffset'
    >
  >;

  export interface BracketRequest {
    readonly entry: OrderRequest;
    readonly stopLoss?: Omit<OrderRequest, 'side' | 'parent' | 'oco' | 'reduceOnly'>;
    readonly takeProfit?: { readonly limitPrice: number; readonly tag?: string };
  }

  export interface OrderEvent {
    readonly order: number;
    readonly state: 'Filled' | 'PartiallyFilled' | 'Canceled' | 'Denied' | 'Expired' | 'Triggered';
    readonly side: Side;
    /** Units of this fill; 0 when nothing was filled. */
    readonly quantity: number;
    /** NaN when nothing was filled. */
    readonly price: number;
    readonly tag: string;
  }

  /** The current bar and the account. Nothing later can be read. */
  export interface Bar {
    /** Number of the bar, from 0. */
    readonly index: number;
    readonly time: Series;
    readonly open: Series;
    readonly high: Series;
    readonly low: Series;
    readonly close: Series;
    readonly volume: Series;
    /** Signed units held. */
    readonly position: number;
    readonly cash: number;
    readonly equity: number;
    /** Average entry price; NaN when flat. */
    readonly entryPrice: number;
    readonly shortAllowed: boolean;
    /** True on the bars of a warm-up: orders are not taken. */
    readonly warmingUp: boolean;
    /** Uniform from 0 to 1, by the run's seed; Math.random is the same. */
    random(): number;
    /** Gives an order; the number identifies it. */
    order(request: OrderRequest): number;
    /** Market orders by the run's size rule. */
    buy(tag?: string): number;
    sell(tag?: string): number;
    /** Closes the position at the market. */
    exit(tag?: string): number;
    bracket(request: BracketRequest): {
      readonly entry: number;
      readonly stopLoss: number;
      readonly takeProfit: number;
    };
    amend(order: number, change: OrderChange): boolean;
    cancel(order: number): void;
    cancelAll(): void;
  }

  export interface Setup {
    /** Bars of a backtest; live it is not known, and reading it throws. */
    readonly barCount: number;
    /** One output of an indicator of the catalogue; its first when none is named. */
    indicator(
      id: string,
      parameters?: Readonly<Record<string, number | string | boolean>>,
      output?: string,
    ): Series;
    /** Any expression: other timeframes `tf("1w", …)` and instruments `on("QQQ", …)` as well. */
    series(expression: string): Series;
    /** Draws a series beside the result. */
    plot(name: string, series: Series): void;
  }

  interface Described {
    readonly label?: string;
    readonly description?: string;
  }
  export interface NumberSpec extends Described {
    readonly default: number;
    readonly min: number;
    readonly max: number;
    /** Whole numbers all through make a whole parameter. */
    readonly step?: number;
    readonly unit?: string;
  }
  export interface ChoiceSpec extends Described {
    readonly default: string;
    readonly choices: readonly string[];
  }
  export interface BooleanSpec extends Described {
    readonly default: boolean;
  }
  export type Spec = NumberSpec | ChoiceSpec | BooleanSpec;
  export type Specs = Readonly<Record<string, Spec>>;

  /** Values of parameters, typed by their description. */
  export type Values<P extends Specs> = {
    readonly [Name in keyof P]: P[Name] extends NumberSpec
      ? number
      : P[Name] extends ChoiceSpec
        ? string
        : boolean;
  };

  export interface Strategy {
    /** Called on the close of every bar. */
    onBar(bar: Bar): void;
    /** Called when an order was filled, cancelled, denied or has expired. */
    onOrder?(event: OrderEvent, bar: Bar): void;
  }

  /** What a file exports: `export const strategy: StrategyModule<typeof parameters> = { … }`. */
  export interface StrategyModule<P extends Specs = Specs> {
    readonly title: string;
    readonly description: string;
    readonly source?: string;
    /** Instruments that it reads by `on(…)`; their bars are loaded before it runs. */
    readonly instruments?: readonly string[];
    readonly timeframe?: string;
    readonly parameters: P;
    /** What is wrong with these values, or nothing. */
    validate?(parameters: Values<P>): string | undefined;
    create(parameters: Values<P>, setup: Setup): Strategy;
  }

  /** One instrument of a portfolio, at its latest bar. Nothing later can be read. */
  export interface Instrument {
    readonly symbol: string;
    /** Number of its latest bar, from 0; -1 before its first. */
    readonly index: number;
    readonly open: Series;
    readonly high: Series;
    readonly low: Series;
    readonly close: Series;
    readonly volume: Series;
    /** Whether it has a bar with prices at this moment. */
    readonly tradable: boolean;
    /** Last close; NaN before the first. */
    readonly price: number;
    /** Signed units held. */
    readonly position: number;
    /** Average entry price; NaN when flat. */
    readonly entryPrice: number;
    /** Value of the position as a part of the equity. */
    readonly weight: number;
  }

  export interface TargetOptions {
    /** Positions that are not named stay; without it they are closed. */
    readonly keepOthers?: boolean;
    /** Trades smaller than this part of the equity are left out, except those that close a position. */
    readonly minTradeWeight?: number;
    /** The same in money. */
    readonly minTradeNotional?: number;
    readonly tag?: string;
  }

  /** Several instruments on one account, at the close of all bars that began together. */
  export interface Portfolio {
    /** Number of the moment, from 0. */
    readonly index: number;
    /** When its bars began, ms since 1970. */
    readonly time: number;
    /** In the order in which they were named. */
    readonly symbols: readonly string[];
    readonly cash: number;
    readonly equity: number;
    readonly shortAllowed: boolean;
    /** True on the moments of a warm-up: orders are not taken. */
    readonly warmingUp: boolean;
    random(): number;
    /** Throws for a symbol that is not in the run. */
    instrument(symbol: string): Instrument;
    order(symbol: string, request: OrderRequest): number;
    bracket(
      symbol: string,
      request: BracketRequest,
    ): {
      readonly entry: number;
      readonly stopLoss: number;
      readonly takeProfit: number;
    };
    amend(order: number, change: OrderChange): boolean;
    cancel(order: number): void;
    /** Of one instrument, or of all. */
    cancelAll(symbol?: string): void;
    /**
     * Orders what makes the positions these parts of the equity: sells before buys. Negative parts need
     * short positions to be allowed. Targets given before and not filled yet are taken back.
     */
    setTargets(weights: Readonly<Record<string, number>>, options?: TargetOptions): void;
  }

  export interface InstrumentSetup {
    readonly symbol: string;
    readonly barCount: number;
    indicator(
      id: string,
      parameters?: Readonly<Record<string, number | string | boolean>>,
      output?: string,
    ): Series;
    /** Any expression over its bars: other timeframes `tf("1w", …)`, and `on("QQQ", …)` of the run. */
    series(expression: string): Series;
  }

  export interface PortfolioSetup {
    readonly symbols: readonly string[];
    instrument(symbol: string): InstrumentSetup;
  }

  export interface PortfolioEvent extends OrderEvent {
    readonly symbol: string;
  }

  export interface PortfolioStrategy {
    /** Called on the close of every moment at which an instrument has a bar with prices. */
    onBar(portfolio: Portfolio): void;
    onOrder?(event: PortfolioEvent, portfolio: Portfolio): void;
  }

  /** A file whose strategy trades several instruments. */
  export interface PortfolioModule<P extends Specs = Specs> {
    readonly title: string;
    readonly description: string;
    readonly source?: string;
    readonly portfolio: true;
    /** What it trades where a run does not say. */
    readonly instruments?: readonly string[];
    readonly timeframe?: string;
    readonly parameters: P;
    validate?(parameters: Values<P>): string | undefined;
    create(parameters: Values<P>, setup: PortfolioSetup): PortfolioStrategy;
  }
}

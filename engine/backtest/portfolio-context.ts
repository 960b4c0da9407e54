import type { Market } from './portfolio-market.ts';
import type { PortfolioSimulation } from './portfolio-simulation.ts';
import type { InstrumentContext, PortfolioContext, TargetOptions } from './portfolio-types.ts';
import type { Bracket, BracketRequest, OrderChange, OrderRequest, SeriesView } from './strategy.ts';

/** What a strategy is handed of one instrument; the market itself is out of its reach. */
export class InstrumentFacade implements InstrumentContext {
  readonly symbol: string;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  readonly #market: Market;
  readonly #run: PortfolioSimulation;

  constructor(market: Market, run: PortfolioSimulation) {
    this.#market = market;
    this.#run = run;
    this.symbol = market.symbol;
    this.open = market.open;
    this.high = market.high;
    this.low = market.low;
    this.close = market.close;
    this.volume = market.volume;
    Object.freeze(this);
  }

  get index(): number {
    return this.#market.clock.index;
  }

  get tradable(): boolean {
    return this.#market.tradable;
  }

  get price(): number {
    return this.#market.mark;
  }

  get position(): number {
    return this.#market.position.units;
  }

  get entryPrice(): number {
    return this.#market.position.trades.averageEntry();
  }

  get weight(): number {
    return this.#market.value / this.#run.equity;
  }
}

/** What a portfolio strategy is handed: the interface and nothing behind it. */
export class PortfolioFacade implements PortfolioContext {
  readonly symbols: readonly string[];
  readonly #run: PortfolioSimulation;
  readonly #instruments: ReadonlyMap<string, InstrumentFacade>;

  constructor(run: PortfolioSimulation) {
    this.#run = run;
    this.symbols = Object.freeze(run.markets.map(({ symbol }) => symbol));
    this.#instruments = new Map(
      run.markets.map((market) => [market.symbol, new InstrumentFacade(market, run)]),
    );
    Object.freeze(this);
  }

  get index(): number {
    return this.#run.moment;
  }

  get time(): number {
    return this.#run.time;
  }

  get cash(): number {
    return this.#run.cash;
  }

  get equity(): number {
    return this.#run.equity;
  }

  get shortAllowed(): boolean {
    return this.#run.shortAllowed;
  }

  get warmingUp(): boolean {
    return this.#run.warmingUp;
  }

  random(): number {
    return this.#run.random();
  }

  instrument(symbol: string): InstrumentContext {
    // Asking the run tells of a symbol that there is not.
    return this.#instruments.get(symbol) ?? (this.#run.market(symbol) as never);
  }

  order(symbol: string, request: OrderRequest): number {
    return this.#run.order(symbol, { ...request });
  }

  bracket(symbol: string, request: BracketRequest): Bracket {
    const { entry, stopLoss, takeProfit } = request;
    return this.#run.bracket(symbol, {
      entry: { ...entry },
      ...(stopLoss === undefined ? {} : { stopLoss: { ...stopLoss } }),
      ...(takeProfit === undefined ? {} : { takeProfit: { ...takeProfit } }),
    });
  }

  amend(order: number, change: OrderChange): boolean {
    return this.#run.amend(order, { ...change });
  }

  cancel(order: number): void {
    this.#run.cancel(order);
  }

  cancelAll(symbol?: string): void {
    this.#run.cancelAll(symbol);
  }

  setTargets(weights: Readonly<Record<string, number>>, options: TargetOptions = {}): void {
    this.#run.setTargets({ ...weights }, { ...options });
  }
}

Object.freeze(InstrumentFacade.prototype);
Object.freeze(PortfolioFacade.prototype);

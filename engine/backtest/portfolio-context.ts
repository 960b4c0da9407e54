import type { Market } from './portfolio-market.ts';
import type { PortfolioSimulation } from './portfolio-simulation.ts';
import type { InstrumentContext, PortfolioContext, TargetOptions } from './portfolio-types.ts';
import type { Bracket, BracketRequest, OrderChange, OrderRequest, SeriesView } from './strategy.ts';

/** One instrument of a run, as the facade before it asks for it. */
export interface InstrumentSide extends Omit<InstrumentContext, 'weight'> {
  /** Of the position, in the currency of the cash. */
  readonly value: number;
}

/** A run of several instruments, in a backtest or live, as the facade before it asks for it. */
export interface PortfolioSide extends Omit<
  PortfolioContext,
  'index' | 'symbols' | 'instrument' | 'setTargets'
> {
  readonly moment: number;
  setTargets(weights: Readonly<Record<string, number>>, options: TargetOptions): void;
}

/** What a strategy is handed of one instrument; what lies behind it is out of its reach. */
class InstrumentFacade implements InstrumentContext {
  readonly symbol: string;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  readonly #side: InstrumentSide;
  readonly #run: PortfolioSide;

  constructor(side: InstrumentSide, run: PortfolioSide) {
    this.#side = side;
    this.#run = run;
    this.symbol = side.symbol;
    this.open = side.open;
    this.high = side.high;
    this.low = side.low;
    this.close = side.close;
    this.volume = side.volume;
    Object.freeze(this);
  }

  get index(): number {
    return this.#side.index;
  }

  get tradable(): boolean {
    return this.#side.tradable;
  }

  get price(): number {
    return this.#side.price;
  }

  get position(): number {
    return this.#side.position;
  }

  get entryPrice(): number {
    return this.#side.entryPrice;
  }

  get weight(): number {
    return this.#side.value / this.#run.equity;
  }
}

/** What a strategy of several instruments is handed: the interface and nothing behind it. */
export class RunFacade implements PortfolioContext {
  readonly symbols: readonly string[];
  readonly #run: PortfolioSide;
  readonly #instruments: ReadonlyMap<string, InstrumentFacade>;
  readonly #require: (symbol: string) => unknown;

  /** @param require throws for a symbol that there is not */
  constructor(
    run: PortfolioSide,
    sides: readonly InstrumentSide[],
    require: (symbol: string) => unknown,
  ) {
    this.#run = run;
    this.#require = require;
    this.symbols = Object.freeze(sides.map(({ symbol }) => symbol));
    this.#instruments = new Map(
      sides.map((side) => [side.symbol, new InstrumentFacade(side, run)]),
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
    return this.#instruments.get(symbol) ?? (this.#require(symbol) as never);
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

/** What a strategy is handed in a backtest. */
export class PortfolioFacade extends RunFacade {
  constructor(run: PortfolioSimulation) {
    super(run, run.markets.map(sideOf), (symbol) => run.market(symbol));
  }
}

function sideOf(market: Market): InstrumentSide {
  const { symbol, open, high, low, close, volume } = market;
  return {
    symbol,
    open,
    high,
    low,
    close,
    volume,
    get index() {
      return market.clock.index;
    },
    get tradable() {
      return market.tradable;
    },
    get price() {
      return market.mark;
    },
    get position() {
      return market.position.units;
    },
    get entryPrice() {
      return market.position.trades.averageEntry();
    },
    get value() {
      return market.value;
    },
  };
}

Object.freeze(InstrumentFacade.prototype);
Object.freeze(RunFacade.prototype);
Object.freeze(PortfolioFacade.prototype);

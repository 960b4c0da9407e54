import type {
  InstrumentContext,
  PortfolioContext,
  TargetOptions,
} from '../backtest/portfolio-types.ts';
import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderRequest,
  SeriesView,
} from '../backtest/strategy.ts';
import type { PortfolioBooks } from './portfolio-books.ts';
import type { LiveLeg } from './portfolio-leg.ts';

/** What a strategy sees of one instrument while it runs live: the same as in a backtest. */
class LiveInstrumentContext implements InstrumentContext {
  readonly symbol: string;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  readonly #leg: LiveLeg;
  readonly #books: PortfolioBooks;

  constructor(leg: LiveLeg, books: PortfolioBooks) {
    this.#leg = leg;
    this.#books = books;
    this.symbol = leg.symbol;
    this.open = leg.bars.view('open');
    this.high = leg.bars.view('high');
    this.low = leg.bars.view('low');
    this.close = leg.bars.view('close');
    this.volume = leg.bars.view('volume');
    Object.freeze(this);
  }

  get index(): number {
    return this.#leg.bars.length - 1;
  }

  get tradable(): boolean {
    return this.#leg.tradable;
  }

  get price(): number {
    return this.#leg.book.lastClose;
  }

  get position(): number {
    return this.#leg.book.position;
  }

  get entryPrice(): number {
    return this.#leg.book.entryPrice;
  }

  get weight(): number {
    return this.#leg.value / this.#books.equity;
  }
}

/** What a strategy of several instruments is handed while it runs live, and nothing behind it. */
export class LivePortfolioContext implements PortfolioContext {
  readonly symbols: readonly string[];
  readonly shortAllowed: boolean;
  readonly #books: PortfolioBooks;
  readonly #instruments: ReadonlyMap<string, LiveInstrumentContext>;

  constructor(books: PortfolioBooks, shortAllowed: boolean) {
    this.#books = books;
    this.shortAllowed = shortAllowed;
    this.symbols = Object.freeze(books.legs.map(({ symbol }) => symbol));
    this.#instruments = new Map(
      books.legs.map((leg) => [leg.symbol, new LiveInstrumentContext(leg, books)]),
    );
    Object.freeze(this);
  }

  get index(): number {
    return this.#books.moment;
  }

  get time(): number {
    return this.#books.time;
  }

  get cash(): number {
    return this.#books.cash;
  }

  get equity(): number {
    return this.#books.equity;
  }

  get warmingUp(): boolean {
    return this.#books.mode !== 'live';
  }

  random(): number {
    return this.#books.random();
  }

  instrument(symbol: string): InstrumentContext {
    // Asking the books tells of a symbol that there is not.
    return this.#instruments.get(symbol) ?? (this.#books.leg(symbol) as never);
  }

  order(symbol: string, request: OrderRequest): number {
    return this.#books.order(symbol, { ...request });
  }

  bracket(symbol: string, request: BracketRequest): Bracket {
    const { entry, stopLoss, takeProfit } = request;
    return this.#books.bracket(symbol, {
      entry: { ...entry },
      ...(stopLoss === undefined ? {} : { stopLoss: { ...stopLoss } }),
      ...(takeProfit === undefined ? {} : { takeProfit: { ...takeProfit } }),
    });
  }

  amend(order: number, change: OrderChange): boolean {
    return this.#books.amend(order, { ...change });
  }

  cancel(order: number): void {
    this.#books.cancel(order);
  }

  cancelAll(symbol?: string): void {
    this.#books.cancelAll(symbol);
  }

  setTargets(weights: Readonly<Record<string, number>>, options: TargetOptions = {}): void {
    this.#books.setTargets({ ...weights }, { ...options });
  }
}

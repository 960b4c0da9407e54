import type { Simulation } from './simulation.ts';
import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderRequest,
  SeriesView,
  StrategyContext,
} from './strategy.ts';

/**
 * What a strategy is handed: the interface and nothing behind it. The run is in a private field, which
 * no code outside this class can read, so that a strategy reaches neither later bars nor the books.
 */
export class StrategyFacade implements StrategyContext {
  readonly time: SeriesView;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  readonly shortAllowed: boolean;
  readonly #run: Simulation;

  constructor(run: Simulation) {
    this.#run = run;
    this.time = run.time;
    this.open = run.open;
    this.high = run.high;
    this.low = run.low;
    this.close = run.close;
    this.volume = run.volume;
    this.shortAllowed = run.shortAllowed;
    Object.freeze(this);
  }

  get index(): number {
    return this.#run.index;
  }

  get position(): number {
    return this.#run.position;
  }

  get cash(): number {
    return this.#run.cash;
  }

  get equity(): number {
    return this.#run.equity;
  }

  get entryPrice(): number {
    return this.#run.entryPrice;
  }

  get warmingUp(): boolean {
    return this.#run.warmingUp;
  }

  random(): number {
    return this.#run.random();
  }

  order(request: OrderRequest): number {
    // Copied once: what was checked has to be what is used.
    return this.#run.order({ ...request });
  }

  buy(tag = ''): number {
    return this.#run.order({ side: 'buy', tag });
  }

  sell(tag = ''): number {
    const { position, shortAllowed } = this.#run;
    if (position > 0 && !shortAllowed) return this.exit(tag);
    return shortAllowed ? this.#run.order({ side: 'sell', tag }) : -1;
  }

  exit(tag = ''): number {
    const { position } = this.#run;
    if (position === 0) return -1;
    return this.#run.order({ side: position > 0 ? 'sell' : 'buy', reduceOnly: true, tag });
  }

  bracket(request: BracketRequest): Bracket {
    const { entry, stopLoss, takeProfit } = request;
    return this.#run.bracket({
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

  cancelAll(): void {
    this.#run.cancelAll();
  }
}

Object.freeze(StrategyFacade.prototype);

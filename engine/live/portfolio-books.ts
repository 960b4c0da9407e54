import { RunFacade, type PortfolioSide } from '../backtest/portfolio-context.ts';
import { targetTrades } from '../backtest/portfolio-targets.ts';
import type { TargetOptions } from '../backtest/portfolio-types.ts';
import { Random } from '../backtest/random.ts';
import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderEvent,
  OrderRequest,
} from '../backtest/strategy.ts';
import { RenataError } from '../domain/errors.ts';
import type { OrderState } from '../domain/order.ts';
import { PortfolioAims, type Aim } from './portfolio-aims.ts';
import { LiveLeg } from './portfolio-leg.ts';
import type {
  LivePortfolioSetup,
  PortfolioEvent,
  PortfolioMissed,
  PortfolioOrder,
  RunningPortfolio,
} from './portfolio-types.ts';
import type { BarMode } from './types.ts';

/** Rounds in which what one order leads to leads to another. */
const MOST_ROUNDS = 1_000;

/** An order as the strategy calls it: that of a book, or one that was never given to it. */
interface Numbered {
  readonly leg: LiveLeg;
  /** Of the book; -1 for one that it was not given. */
  readonly order: number;
}

/**
 * The books of one running strategy of several instruments, on one account: it decides as the portfolio
 * backtest does, each book keeps the orders and the position of its instrument, and all share the money.
 */
export class PortfolioBooks implements PortfolioSide {
  readonly legs: readonly LiveLeg[];
  readonly missed: PortfolioMissed[] = [];
  readonly shortAllowed: boolean;
  mode: BarMode = 'warm-up';
  /** Number and time of the moment that the strategy sees. */
  moment = -1;
  time = Number.NaN;
  readonly #money: { cash: number };
  readonly #strategy: RunningPortfolio;
  readonly #context: RunFacade;
  readonly #random: Random;
  readonly #bySymbol: ReadonlyMap<string, LiveLeg>;
  readonly #aims: PortfolioAims;
  readonly #numbers: Numbered[] = [];
  readonly #numberOf = new Map<string, number>();
  /** Orders towards targets that work. */
  readonly #towards = new Set<number>();
  /** The moment on which, or during which, an order was given. */
  readonly #stamps = new Map<string, number>();
  readonly #stamped: number[];
  /** During which a fill was told. */
  readonly #fills = new Map<string, number>();
  /** Orders that no book was given. */
  readonly #dropped: PortfolioOrder[] = [];
  #between = false;
  #over = false;
  #stirred = false;

  constructor({ instruments, settings, strategy }: LivePortfolioSetup) {
    this.#strategy = strategy;
    this.#money = { cash: settings.cash };
    this.#random = new Random(settings.seed);
    const legs: LiveLeg[] = [];
    for (const [row, instrument] of instruments.entries()) {
      const hear = (event: OrderEvent): void => this.#hear(row, event);
      const told = { onBar: () => undefined, onOrder: hear };
      legs.push(new LiveLeg(row, instrument, settings, this.#money, legs, told));
    }
    this.legs = legs;
    this.#stamped = legs.map(() => 0);
    this.#bySymbol = new Map(legs.map((leg) => [leg.symbol, leg]));
    this.#aims = new PortfolioAims(legs, () => this.#money.cash);
    this.shortAllowed = settings.short;
    this.#context = new RunFacade(this, this.legs, (symbol) => this.leg(symbol));
  }

  get warmingUp(): boolean {
    return this.mode !== 'live';
  }

  get cash(): number {
    return this.#money.cash;
  }

  get equity(): number {
    let equity = this.#money.cash;
    for (const leg of this.legs) equity += leg.value;
    return equity;
  }

  /** Orders that wait for the money of others. */
  get waiting(): readonly Aim[] {
    return this.#aims.waiting;
  }

  /** Asks the strategy at the close of a moment at which something was traded. */
  close(mode: BarMode): void {
    this.mode = mode;
    for (const { book } of this.legs) {
      book.mode = mode;
      // Closes everything when the equity of all is gone; the strategy itself is asked below.
      book.close();
    }
    if (mode !== 'warm-up' && this.equity <= 0) this.#end('The equity is gone.');
    this.#strategy.onBar(this.#context);
    this.#settle();
  }

  tell(event: PortfolioEvent): void {
    this.#between = true;
    if (event.kind === 'give-up') {
      this.#giveUp(event.reason);
    } else if (event.kind === 'close') {
      this.#end('The run ended.');
      for (const { book } of this.legs) book.tell(event);
    } else {
      const { instrument, event: told } = event;
      if (told.kind === 'fill') {
        const key = `${instrument} ${told.trade}`;
        if (!this.#fills.has(key)) this.#fills.set(key, this.moment + 1);
      }
      this.legs[instrument]?.book.tell(told);
    }
    this.#settle();
    this.#between = false;
  }

  /** What the strategy gave, with numbers of moments for bars; those of no book last. */
  orders(): PortfolioOrder[] {
    const all = this.legs.flatMap(({ book, row }) =>
      book.orders().map((order) => ({
        ...order,
        instrument: row,
        bar: this.#stamps.get(`${row}.${order.id}`) ?? order.bar,
        fills: order.fills.map((fill) => ({
          ...fill,
          bar: this.#fills.get(`${row} ${fill.trade}`) ?? fill.bar,
        })),
      })),
    );
    return [...all, ...this.#dropped];
  }

  random(): number {
    return this.#random.uniform();
  }

  /** @throws RenataError STRATEGY_FAILED when there is none */
  leg(symbol: string): LiveLeg {
    const leg = this.#bySymbol.get(symbol);
    if (leg !== undefined) return leg;
    throw new RenataError(
      'STRATEGY_FAILED',
      `The strategy asked for ${symbol}, which is not in the portfolio.`,
    );
  }

  order(symbol: string, request: OrderRequest): number {
    const leg = this.leg(symbol);
    const local = (order: number | undefined): number | undefined => {
      if (order === undefined || order < 0) return order;
      const known = this.#numbers[order];
      return known?.leg === leg ? known.order : undefined;
    };
    const { parent, oco, ...rest } = request;
    const own = {
      ...rest,
      ...(parent === undefined ? {} : { parent: local(parent) ?? Number.MAX_SAFE_INTEGER }),
      ...(oco === undefined ? {} : { oco: local(oco) ?? Number.MAX_SAFE_INTEGER }),
    };
    const order = this.#give(leg, own);
    return order < 0 ? -1 : this.#number(leg, order);
  }

  bracket(symbol: string, request: BracketRequest): Bracket {
    const leg = this.leg(symbol);
    const { entry, stopLoss, takeProfit } = this.#doing(leg, () => leg.book.bracket(request));
    const number = (order: number): number => (order < 0 ? -1 : this.#number(leg, order));
    return {
      entry: number(entry),
      stopLoss: number(stopLoss),
      takeProfit: number(takeProfit),
    };
  }

  amend(order: number, change: OrderChange): boolean {
    const known = this.#numbers[order];
    this.#stirred = true;
    return known?.leg.book.amend(known.order, change) ?? false;
  }

  cancel(order: number): void {
    const known = this.#numbers[order];
    this.#stirred = true;
    known?.leg.book.cancel(known.order);
  }

  cancelAll(symbol?: string): void {
    const legs = symbol === undefined ? this.legs : [this.leg(symbol)];
    if (this.#over) return;
    this.#stirred = true;
    this.#withdraw((aim) => legs.includes(aim.leg), 'The strategy took it back.');
    for (const { book } of legs) book.cancelAll();
  }

  setTargets(weights: Readonly<Record<string, number>>, options: TargetOptions): void {
    const targets = new Map(Object.entries(weights));
    for (const symbol of targets.keys()) this.leg(symbol);
    if (this.mode === 'warm-up' || this.#over) return;
    this.#withdraw(() => true, 'Other targets took its place.');
    for (const order of Array.from(this.#towards)) this.cancel(order);
    const markets = this.legs.map((leg) => ({
      leg,
      symbol: leg.symbol,
      position: { units: leg.book.position },
      mark: leg.book.lastClose,
      multiplier: leg.multiplier,
      rate: 1,
      desk: leg,
    }));
    const trades = targetTrades(markets, this.equity, targets, options, this.shortAllowed);
    const tag = options.tag ?? 'target';
    for (const { market, change, reduces } of trades) {
      const side = change > 0 ? 'buy' : 'sell';
      const quantity = Math.abs(change);
      const { leg } = market;
      if (reduces) {
        const order = this.#give(leg, { side, quantity, tag, reduceOnly: true });
        if (order >= 0) this.#towards.add(this.#number(leg, order));
      } else if (this.mode === 'live') {
        const moment = this.#between ? this.moment + 1 : this.moment;
        this.#aims.add({ leg, side, quantity, tag, moment });
      } else {
        this.#give(leg, { side, quantity, tag });
      }
    }
    this.#stirred = true;
  }

  /** @returns the number of the book's order; -1 for one that was not taken */
  #give(leg: LiveLeg, request: OrderRequest, stamp = this.moment + Number(this.#between)): number {
    const order = this.#doing(leg, () => leg.book.order(request), stamp);
    if (order >= 0) this.#stamps.set(`${leg.row}.${order}`, stamp);
    return order;
  }

  /** Gives a book something, and takes over what it says was missed. */
  #doing<Result>(
    { book, row }: LiveLeg,
    work: () => Result,
    stamp = this.moment + Number(this.#between),
  ): Result {
    const before = book.missed.length;
    this.#stirred = true;
    const result = work();
    for (const missed of book.missed.slice(before)) {
      this.missed.push({ ...missed, bar: stamp, instrument: row });
    }
    return result;
  }

  /** What was given and cancelled takes effect, and aims whose money has come are given. */
  #settle(): void {
    let rounds = 0;
    do {
      this.#stirred = false;
      for (const { book } of this.legs) book.settle();
      this.#release();
      rounds += 1;
      if (rounds > MOST_ROUNDS) {
        throw new RenataError(
          'STRATEGY_FAILED',
          'The strategy answers every order with another one without end.',
        );
      }
    } while (this.#stirred);
    this.#stamp();
  }

  #release(): void {
    // What was decided before a pause is given all the same; who missed bars gives it up.
    if (this.#over) return;
    for (let next = this.#aims.next(); next !== undefined; next = this.#aims.next()) {
      const { aim, request } = next;
      const { leg } = aim;
      const { mode } = leg.book;
      leg.book.mode = 'live';
      const order = this.#give(leg, request, aim.moment);
      leg.book.mode = mode;
      if (order < 0) continue;
      this.#towards.add(this.#number(leg, order));
      this.#aims.given(leg, order, request);
      leg.book.settle();
    }
  }

  /** Orders of the books' own, such as those that close a position, belong to the present. */
  #stamp(): void {
    for (const { book, row } of this.legs) {
      for (let order = this.#stamped[row] as number; order < book.given; order += 1) {
        const key = `${row}.${order}`;
        if (!this.#stamps.has(key)) {
          this.#stamps.set(key, this.moment + Number(this.#between));
        }
      }
      this.#stamped[row] = book.given;
    }
  }

  #giveUp(reason: string): void {
    this.#withdraw(() => true, reason);
  }

  #end(reason: string): void {
    this.#over = true;
    this.#withdraw(() => true, reason);
  }

  /** Takes back what waits; the strategy is told as of an order that was cancelled. */
  #withdraw(which: (aim: Aim) => boolean, reason: string): void {
    const all = this.#aims.clear();
    for (const aim of all) {
      if (!which(aim)) {
        this.#aims.add(aim);
        continue;
      }
      const { leg, side, tag, moment } = aim;
      const id = this.#numbers.push({ leg, order: -1 }) - 1;
      this.#dropped.push({
        id,
        instrument: leg.row,
        bar: moment,
        side,
        type: 'market',
        tag,
        fills: [],
        slot: -1,
        attempt: 0,
        reason,
      });
      this.#say(leg, { order: id, state: 'Canceled', side, quantity: 0, price: Number.NaN, tag });
    }
  }

  #number(leg: LiveLeg, order: number): number {
    const key = `${leg.row}.${order}`;
    const known = this.#numberOf.get(key);
    if (known !== undefined) return known;
    const number = this.#numbers.push({ leg, order }) - 1;
    this.#numberOf.set(key, number);
    return number;
  }

  #hear(row: number, event: OrderEvent): void {
    const leg = this.legs[row] as LiveLeg;
    this.#aims.hear(leg, event);
    const order = this.#number(leg, event.order);
    if (isOver(event.state)) this.#towards.delete(order);
    this.#say(leg, { ...event, order });
  }

  #say({ symbol }: LiveLeg, event: OrderEvent): void {
    this.#strategy.onOrder?.({ ...event, symbol }, this.#context);
  }
}

function isOver(state: OrderState): boolean {
  return state !== 'PartiallyFilled';
}

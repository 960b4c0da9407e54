import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderEvent,
  OrderRequest,
  SeriesView,
  StrategyContext,
} from '../backtest/strategy.ts';
import type { OrderSide } from '../domain/order.ts';
import { RenataError } from '../domain/errors.ts';
import type { RunningStrategy } from './program.ts';

/** One thing that a strategy did, and what it was answered: the number of an order, or whether it worked. */
export type Command =
  | { readonly kind: 'order'; readonly request: OrderRequest; readonly answer: number }
  | { readonly kind: 'bracket'; readonly request: BracketRequest; readonly answer: Bracket }
  | {
      readonly kind: 'amend';
      readonly order: number;
      readonly change: OrderChange;
      readonly answer: boolean;
    }
  | {
      readonly kind: 'buy' | 'sell' | 'exit';
      readonly tag: string;
      readonly answer: number;
    }
  | { readonly kind: 'cancel'; readonly order: number }
  | { readonly kind: 'cancelAll' };

/** A call of the strategy and what it did in it. Calls that one causes in another come after it. */
export interface Call {
  /** What it was called for: a bar, or the number of an order and its state. */
  readonly on: string;
  readonly commands: readonly Command[];
}

/** Writes down what a strategy does, call by call, while it does so. */
export class Recorder implements RunningStrategy {
  readonly #strategy: RunningStrategy;
  #calls: Call[] = [];
  /** What the calls that are running have done: one that the strategy causes itself is inside another. */
  readonly #running: Command[][] = [];
  /** Calls that were over when the present outermost one began. */
  #whole = 0;
  #watched: { readonly inner: StrategyContext; readonly context: StrategyContext } | undefined;

  constructor(strategy: RunningStrategy) {
    this.#strategy = strategy;
  }

  take(...given: Parameters<RunningStrategy['take']>): void {
    this.#strategy.take(...given);
  }

  onBar(context: StrategyContext): void {
    this.#during('bar', () => this.#strategy.onBar(this.#watch(context)));
  }

  onOrder(event: OrderEvent, context: StrategyContext): void {
    this.#during(reasonOf(event), () => this.#strategy.onOrder?.(event, this.#watch(context)));
  }

  /** The calls since it was last asked. Of one that failed nothing is left. */
  taken(): readonly Call[] {
    const calls = this.#calls.slice(0, this.#whole);
    this.#calls = [];
    this.#whole = 0;
    return calls;
  }

  #during(on: string, work: () => void): void {
    const commands: Command[] = [];
    this.#calls.push({ on, commands });
    this.#running.push(commands);
    try {
      work();
      if (this.#running.length === 1) this.#whole = this.#calls.length;
    } finally {
      this.#running.pop();
    }
  }

  #watch(inner: StrategyContext): StrategyContext {
    if (this.#watched?.inner === inner) return this.#watched.context;
    const context = new WatchedContext(inner, (command) => this.#running.at(-1)?.push(command));
    this.#watched = { inner, context };
    return context;
  }
}

function reasonOf({ order, state }: OrderEvent): string {
  return `${order} ${state}`;
}

/** The context of a strategy, with a note of everything that is done through it. */
export class WatchedContext implements StrategyContext {
  readonly #inner: StrategyContext;
  readonly #note: (command: Command) => void;

  constructor(inner: StrategyContext, note: (command: Command) => void) {
    this.#inner = inner;
    this.#note = note;
  }

  get index(): number {
    return this.#inner.index;
  }

  get time(): SeriesView {
    return this.#inner.time;
  }

  get open(): SeriesView {
    return this.#inner.open;
  }

  get high(): SeriesView {
    return this.#inner.high;
  }

  get low(): SeriesView {
    return this.#inner.low;
  }

  get close(): SeriesView {
    return this.#inner.close;
  }

  get volume(): SeriesView {
    return this.#inner.volume;
  }

  get position(): number {
    return this.#inner.position;
  }

  get cash(): number {
    return this.#inner.cash;
  }

  get equity(): number {
    return this.#inner.equity;
  }

  get shortAllowed(): boolean {
    return this.#inner.shortAllowed;
  }

  get entryPrice(): number {
    return this.#inner.entryPrice;
  }

  get warmingUp(): boolean {
    return this.#inner.warmingUp;
  }

  random(): number {
    return this.#inner.random();
  }

  order(request: OrderRequest): number {
    const answer = this.#inner.order(request);
    this.#note({ kind: 'order', request, answer });
    return answer;
  }

  bracket(request: BracketRequest): Bracket {
    const answer = this.#inner.bracket(request);
    this.#note({ kind: 'bracket', request, answer });
    return answer;
  }

  buy(tag = ''): number {
    const answer = this.#inner.buy(tag);
    this.#note({ kind: 'buy', tag, answer });
    return answer;
  }

  sell(tag = ''): number {
    const answer = this.#inner.sell(tag);
    this.#note({ kind: 'sell', tag, answer });
    return answer;
  }

  exit(tag = ''): number {
    const answer = this.#inner.exit(tag);
    this.#note({ kind: 'exit', tag, answer });
    return answer;
  }

  amend(order: number, change: OrderChange): boolean {
    const answer = this.#inner.amend(order, change);
    this.#note({ kind: 'amend', order, change, answer });
    return answer;
  }

  cancel(order: number): void {
    this.#inner.cancel(order);
    this.#note({ kind: 'cancel', order });
  }

  cancelAll(): void {
    this.#inner.cancelAll();
    this.#note({ kind: 'cancelAll' });
  }
}

/** Orders of a strategy that may open a position. */
export class Entries {
  readonly #sides = new Map<number, OrderSide>();

  note(command: Command): void {
    if (command.kind === 'order') {
      const { request, answer } = command;
      if (request.reduceOnly !== true) this.#add(answer, request.side);
    } else if (command.kind === 'bracket') {
      this.#add(command.answer.entry, command.request.entry.side);
    } else if (command.kind === 'buy' || command.kind === 'sell') {
      this.#add(command.answer, command.kind);
    }
  }

  hear({ order, state }: OrderEvent): void {
    if (DONE.has(state)) this.#sides.delete(order);
  }

  /** Takes away what could open a position or make it larger. */
  withdraw(context: StrategyContext): void {
    for (const [order, side] of Array.from(this.#sides)) {
      const { position } = context;
      const against = side === 'buy' ? position < 0 : position > 0;
      if (!against) context.cancel(order);
    }
  }

  #add(order: number, side: OrderSide): void {
    if (order >= 0) this.#sides.set(order, side);
  }
}

/**
 * Does what a strategy did elsewhere, call by call, with a book of its own that was told the same. Once the
 * strategy has ended for good nothing is decided any more: what could open a position is taken away, and
 * what makes it smaller stays.
 */
export class ScriptedStrategy implements RunningStrategy {
  readonly #calls: Call[] = [];
  readonly #entries = new Entries();
  #next = 0;
  #ended = false;

  /** What the strategy does next. */
  add(calls: readonly Call[]): void {
    for (const call of calls) this.#calls.push(call);
  }

  /** After the calls that are known there are no others. */
  end(): void {
    this.#ended = true;
  }

  take(): void {
    // Its series are where the strategy is.
  }

  onBar(context: StrategyContext): void {
    this.#play('bar', context);
  }

  onOrder(event: OrderEvent, context: StrategyContext): void {
    this.#play(reasonOf(event), context);
    this.#entries.hear(event);
  }

  #play(on: string, context: StrategyContext): void {
    const call = this.#calls[this.#next];
    if (call === undefined && this.#ended) {
      this.#entries.withdraw(context);
      return;
    }
    if (call?.on !== on) throw apart(on, call?.on ?? 'nothing');
    this.#next += 1;
    if (this.#next === this.#calls.length) {
      this.#calls.length = 0;
      this.#next = 0;
    }
    for (const command of call.commands) {
      this.#do(command, context);
      this.#entries.note(command);
    }
  }

  #do(command: Command, context: StrategyContext): void {
    switch (command.kind) {
      case 'order': {
        const { request, answer } = command;
        same(answer, context.order(request));
        return;
      }
      case 'bracket': {
        const { request, answer } = command;
        const given = context.bracket(request);
        same(answer.entry, given.entry);
        same(answer.stopLoss, given.stopLoss);
        same(answer.takeProfit, given.takeProfit);
        return;
      }
      case 'buy':
      case 'sell': {
        same(command.answer, context[command.kind](command.tag));
        return;
      }
      case 'exit':
        same(command.answer, context.exit(command.tag));
        return;
      case 'amend':
        same(Number(command.answer), Number(context.amend(command.order, command.change)));
        return;
      case 'cancel':
        context.cancel(command.order);
        return;
      case 'cancelAll':
        context.cancelAll();
    }
  }
}

const DONE: ReadonlySet<OrderEvent['state']> = new Set([
  'Filled',
  'Canceled',
  'Expired',
  'Rejected',
  'Denied',
]);

function same(expected: number, given: number): void {
  if (!Object.is(expected, given)) throw apart(String(given), String(expected));
}

/** What must not be: nothing more is done then. */
function apart(here: string, there: string): RenataError {
  return new RenataError(
    'INTERNAL',
    `The run and its strategy have come apart: ${here} here is ${there} there.`,
  );
}

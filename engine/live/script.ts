import type {
  Bracket,
  BracketRequest,
  OrderChange,
  OrderEvent,
  OrderRequest,
  SeriesView,
  StrategyContext,
} from '../backtest/strategy.ts';
import type { Bar } from '../domain/bar.ts';
import { Player, Recorder, same, sameBracket, type CallOf, type Language } from './player.ts';
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

export type Call = CallOf<Command>;

/** The context of a strategy, with a note of everything that is done through it. */
class WatchedContext implements StrategyContext {
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

/** What strategies of one instrument can do. */
export const ONE: Language<StrategyContext, OrderEvent, Command> = {
  close: 'bar',
  reasonOf: ({ order, state }) => `${order} ${state}`,
  watched: (context, note) => new WatchedContext(context, note),
  perform(command, context) {
    switch (command.kind) {
      case 'order':
        same(command.answer, context.order(command.request));
        return;
      case 'bracket':
        sameBracket(command.answer, context.bracket(command.request));
        return;
      case 'buy':
      case 'sell':
      case 'exit':
        same(command.answer, context[command.kind](command.tag));
        return;
      case 'amend':
        same(command.answer, context.amend(command.order, command.change));
        return;
      case 'cancel':
        context.cancel(command.order);
        return;
      case 'cancelAll':
        context.cancelAll();
    }
  },
  entryOf(command) {
    const { kind } = command;
    if (kind === 'buy' || kind === 'sell') {
      return { order: command.answer, side: kind, symbol: '' };
    }
    if (kind === 'bracket') {
      return { order: command.answer.entry, side: command.request.entry.side, symbol: '' };
    }
    if (kind !== 'order' || command.request.reduceOnly === true) return null;
    return { order: command.answer, side: command.request.side, symbol: '' };
  },
  positionOf: ({ position }) => position,
};

/** Writes down what a strategy does, for another place where it is done again. */
export function recorded(
  strategy: RunningStrategy,
): Recorder<StrategyContext, OrderEvent, Command, Bar> {
  return new Recorder(strategy, ONE);
}

/** Does what a strategy did in another place. */
export function scripted(): Player<StrategyContext, OrderEvent, Command> {
  return new Player(ONE);
}

import type {
  PortfolioContext,
  PortfolioEvent,
  PortfolioStrategy,
  TargetOptions,
} from '../backtest/portfolio-types.ts';
import type { Bracket, BracketRequest, OrderChange, OrderRequest } from '../backtest/strategy.ts';
import type { Bar } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import type { RunningPortfolio } from './portfolio-types.ts';

/** One thing that a strategy of several instruments did, and what it was answered. */
export type PortfolioCommand =
  | {
      readonly kind: 'order';
      readonly symbol: string;
      readonly request: OrderRequest;
      readonly answer: number;
    }
  | {
      readonly kind: 'bracket';
      readonly symbol: string;
      readonly request: BracketRequest;
      readonly answer: Bracket;
    }
  | {
      readonly kind: 'amend';
      readonly order: number;
      readonly change: OrderChange;
      readonly answer: boolean;
    }
  | { readonly kind: 'cancel'; readonly order: number }
  | { readonly kind: 'cancelAll'; readonly symbol: string | null }
  | {
      readonly kind: 'targets';
      readonly weights: Readonly<Record<string, number>>;
      readonly options: TargetOptions;
    };

/** A call of the strategy and what it did in it. Calls that one causes in another come after it. */
export interface PortfolioCall {
  /** What it was called for: a moment, or an order of an instrument and its state. */
  readonly on: string;
  readonly commands: readonly PortfolioCommand[];
}

/** Writes down what a strategy does, call by call, while it does so. */
export class PortfolioRecorder implements RunningPortfolio {
  readonly #strategy: RunningPortfolio;
  #calls: PortfolioCall[] = [];
  readonly #running: PortfolioCommand[][] = [];
  /** Calls that were over when the present outermost one began. */
  #whole = 0;
  /** At the place in the order of things where it is done. */
  readonly #note = (command: PortfolioCommand): void => {
    this.#running.at(-1)?.push(command);
  };

  constructor(strategy: RunningPortfolio) {
    this.#strategy = strategy;
  }

  take(bars: readonly (Bar | null)[]): void {
    this.#strategy.take(bars);
  }

  onBar(context: PortfolioContext): void {
    this.#during('moment', () => this.#strategy.onBar(watched(context, this.#note)));
  }

  onOrder(event: PortfolioEvent, context: PortfolioContext): void {
    this.#during(reasonOf(event), () =>
      this.#strategy.onOrder?.(event, watched(context, this.#note)),
    );
  }

  /** The calls since it was last asked. Of one that failed nothing is left. */
  taken(): readonly PortfolioCall[] {
    const calls = this.#calls.slice(0, this.#whole);
    this.#calls = [];
    this.#whole = 0;
    return calls;
  }

  #during(on: string, work: () => void): void {
    const commands: PortfolioCommand[] = [];
    this.#calls.push({ on, commands });
    this.#running.push(commands);
    try {
      work();
      if (this.#running.length === 1) this.#whole = this.#calls.length;
    } finally {
      this.#running.pop();
    }
  }
}

/** The context with a note of what is done through it. */
export function watched(
  inner: PortfolioContext,
  note: (command: PortfolioCommand) => void,
): PortfolioContext {
  return {
    get index() {
      return inner.index;
    },
    get time() {
      return inner.time;
    },
    get cash() {
      return inner.cash;
    },
    get equity() {
      return inner.equity;
    },
    get warmingUp() {
      return inner.warmingUp;
    },
    symbols: inner.symbols,
    shortAllowed: inner.shortAllowed,
    random: () => inner.random(),
    instrument: (symbol) => inner.instrument(symbol),
    order(symbol, request) {
      const answer = inner.order(symbol, request);
      note({ kind: 'order', symbol, request: { ...request }, answer });
      return answer;
    },
    bracket(symbol, request) {
      const answer = inner.bracket(symbol, request);
      note({ kind: 'bracket', symbol, request, answer });
      return answer;
    },
    amend(order, change) {
      const answer = inner.amend(order, change);
      note({ kind: 'amend', order, change: { ...change }, answer });
      return answer;
    },
    cancel(order) {
      note({ kind: 'cancel', order });
      inner.cancel(order);
    },
    cancelAll(symbol) {
      note({ kind: 'cancelAll', symbol: symbol ?? null });
      inner.cancelAll(symbol);
    },
    setTargets(weights, options = {}) {
      note({ kind: 'targets', weights: { ...weights }, options: { ...options } });
      inner.setTargets(weights, options);
    },
  };
}

/** An order that may open a position. */
interface Entry {
  readonly symbol: string;
  readonly buys: boolean;
}

/** The orders of a strategy that may open positions, as it gives them. */
export class PortfolioEntries {
  readonly #open = new Map<number, Entry>();

  note(command: PortfolioCommand): void {
    if (command.kind === 'order' && command.request.reduceOnly !== true) {
      this.#add(command.answer, command.symbol, command.request);
    } else if (command.kind === 'bracket') {
      this.#add(command.answer.entry, command.symbol, command.request.entry);
    }
  }

  hear({ order, state }: PortfolioEvent): void {
    if (state !== 'PartiallyFilled') this.#open.delete(order);
  }

  /** Takes away what could open a position or make it larger. */
  withdraw(context: PortfolioContext): void {
    for (const [order, { symbol, buys }] of Array.from(this.#open)) {
      const { position } = context.instrument(symbol);
      if (buys ? position >= 0 : position <= 0) context.cancel(order);
    }
  }

  #add(order: number, symbol: string, { side }: OrderRequest): void {
    if (order >= 0) this.#open.set(order, { symbol, buys: side === 'buy' });
  }
}

/**
 * Does in one place what a strategy has done in another. Once the strategy has ended for good nothing is
 * decided any more: what could open a position is taken away, and what makes it smaller stays.
 */
export class ScriptedPortfolio implements PortfolioStrategy, RunningPortfolio {
  readonly #calls: PortfolioCall[] = [];
  readonly #entries = new PortfolioEntries();
  #ended = false;

  /** Calls that follow. */
  add(calls: readonly PortfolioCall[]): void {
    this.#calls.push(...calls);
  }

  /** After the calls that are known there are no others. */
  end(): void {
    this.#ended = true;
  }

  take(): void {
    // Its series are where the strategy is.
  }

  onBar(context: PortfolioContext): void {
    this.#play('moment', context);
  }

  onOrder(event: PortfolioEvent, context: PortfolioContext): void {
    this.#play(reasonOf(event), context);
    this.#entries.hear(event);
  }

  #play(on: string, context: PortfolioContext): void {
    const call = this.#calls.shift();
    if (call === undefined && this.#ended) {
      this.#entries.withdraw(context);
      return;
    }
    if (call?.on !== on) throw apart(on, call?.on ?? 'nothing');
    for (const command of call.commands) {
      perform(command, context);
      this.#entries.note(command);
    }
  }
}

function perform(command: PortfolioCommand, context: PortfolioContext): void {
  switch (command.kind) {
    case 'order':
      same(command.answer, context.order(command.symbol, command.request));
      return;
    case 'bracket': {
      const { symbol, request, answer } = command;
      const given = context.bracket(symbol, request);
      same(answer.entry, given.entry);
      same(answer.stopLoss, given.stopLoss);
      same(answer.takeProfit, given.takeProfit);
      return;
    }
    case 'amend':
      same(Number(command.answer), Number(context.amend(command.order, command.change)));
      return;
    case 'cancel':
      context.cancel(command.order);
      return;
    case 'cancelAll':
      context.cancelAll(command.symbol ?? undefined);
      return;
    case 'targets':
      context.setTargets(command.weights, command.options);
  }
}

function reasonOf({ symbol, order, state }: PortfolioEvent): string {
  return `${symbol} ${order} ${state}`;
}

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

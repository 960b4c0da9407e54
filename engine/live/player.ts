import type { Bracket } from '../backtest/strategy.ts';
import type { CodeFailure } from '../domain/twin.ts';
import type { OrderSide, OrderState } from '../domain/order.ts';
import { RenataError } from '../domain/errors.ts';

/** A call of the strategy and what it did in it. Calls that one causes in another come after it. */
export interface CallOf<Command> {
  /** What it was called for: the close of its bars, or an order and its state. */
  readonly on: string;
  readonly commands: readonly Command[];
}

/** A strategy of one instrument or of several, as it is called. */
export interface Called<Context, Event> {
  onBar(context: Context): void;
  onOrder?(event: Event, context: Context): void;
}

/** An order that may open a position. */
export interface Entry {
  readonly order: number;
  readonly side: OrderSide;
  /** Of which instrument; empty where there is one only. */
  readonly symbol: string;
}

interface Decides {
  readonly index: number;
  cancel(order: number): void;
}

interface Told {
  readonly order: number;
  readonly state: OrderState;
}

/** What strategies of a kind can do, and how that is written down and done again. */
export interface Language<Context extends Decides, Event extends Told, Command> {
  /** What the close of bars is called. */
  readonly close: string;
  reasonOf(event: Event): string;
  /** The context, with a note of everything that is done through it. */
  watched(context: Context, note: (command: Command) => void): Context;
  /** @throws RenataError INTERNAL where it is answered otherwise than before */
  perform(command: Command, context: Context): void;
  /** The order of a command that may open a position; null where it gives none. */
  entryOf(command: Command): Entry | null;
  positionOf(context: Context, symbol: string): number;
}

/** Writes down what a strategy does, call by call, while it does so. */
export class Recorder<Context extends Decides, Event extends Told, Command, Bars> {
  readonly #strategy: Called<Context, Event> & { take(bars: Bars): void };
  readonly #language: Language<Context, Event, Command>;
  #calls: CallOf<Command>[] = [];
  /** What the calls that are running have done: one that the strategy causes itself is inside another. */
  readonly #running: Command[][] = [];
  /** Calls that were over when the present outermost one began. */
  #whole = 0;
  #watched: { readonly inner: Context; readonly context: Context } | undefined;

  constructor(
    strategy: Called<Context, Event> & { take(bars: Bars): void },
    language: Language<Context, Event, Command>,
  ) {
    this.#strategy = strategy;
    this.#language = language;
  }

  take(bars: Bars): void {
    this.#strategy.take(bars);
  }

  onBar(context: Context): void {
    this.#during(this.#language.close, () => this.#strategy.onBar(this.#watch(context)));
  }

  onOrder(event: Event, context: Context): void {
    const on = this.#language.reasonOf(event);
    this.#during(on, () => this.#strategy.onOrder?.(event, this.#watch(context)));
  }

  /** The calls since it was last asked. Of one that failed nothing is left. */
  taken(): readonly CallOf<Command>[] {
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

  #watch(inner: Context): Context {
    if (this.#watched?.inner === inner) return this.#watched.context;
    const note = (command: Command): void => void this.#running.at(-1)?.push(command);
    const context = this.#language.watched(inner, note);
    this.#watched = { inner, context };
    return context;
  }
}

/** Orders of a strategy that may open a position, as it gives them. */
class Entries<Context extends Decides, Event extends Told, Command> {
  readonly #language: Language<Context, Event, Command>;
  readonly #open = new Map<number, Entry>();

  constructor(language: Language<Context, Event, Command>) {
    this.#language = language;
  }

  note(command: Command): void {
    const entry = this.#language.entryOf(command);
    if (entry !== null && entry.order >= 0) this.#open.set(entry.order, entry);
  }

  hear({ order, state }: Event): void {
    if (DONE.has(state)) this.#open.delete(order);
  }

  /** Takes away what could open a position or make it larger. */
  withdraw(context: Context): void {
    for (const { order, side, symbol } of Array.from(this.#open.values())) {
      const position = this.#language.positionOf(context, symbol);
      const against = side === 'buy' ? position < 0 : position > 0;
      if (!against) context.cancel(order);
    }
  }
}

/**
 * Does what a strategy did elsewhere, call by call, with books of its own that were told the same. Once the
 * strategy has ended for good nothing is decided any more: what could open a position is taken away, and
 * what makes it smaller stays.
 */
export class Player<Context extends Decides, Event extends Told, Command> {
  readonly #language: Language<Context, Event, Command>;
  readonly #entries: Entries<Context, Event, Command>;
  readonly #calls: CallOf<Command>[] = [];
  #next = 0;
  #ended = false;

  constructor(language: Language<Context, Event, Command>) {
    this.#language = language;
    this.#entries = new Entries(language);
  }

  /** What the strategy does next. */
  add(calls: readonly CallOf<Command>[]): void {
    for (const call of calls) this.#calls.push(call);
  }

  /** After the calls that are known there are no others. */
  end(): void {
    this.#ended = true;
  }

  take(): void {
    // Its series are where the strategy is.
  }

  onBar(context: Context): void {
    this.#play(this.#language.close, context);
  }

  onOrder(event: Event, context: Context): void {
    this.#play(this.#language.reasonOf(event), context);
    this.#entries.hear(event);
  }

  #play(on: string, context: Context): void {
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
      this.#language.perform(command, context);
      this.#entries.note(command);
    }
  }
}

/** A strategy that decides nothing more from where the code of its run has failed, for its twin. */
export class Mortal<Context extends Decides, Event extends Told, Command> {
  readonly #strategy: Called<Context, Event>;
  readonly #failed: CodeFailure;
  readonly #language: Language<Context, Event, Command>;
  readonly #entries: Entries<Context, Event, Command>;
  #dead = false;

  constructor(
    strategy: Called<Context, Event>,
    failed: CodeFailure,
    language: Language<Context, Event, Command>,
  ) {
    this.#strategy = strategy;
    this.#failed = failed;
    this.#language = language;
    this.#entries = new Entries(language);
  }

  onBar(context: Context): void {
    const { bar, on } = this.#failed;
    if (context.index > bar || (on === 'bar' && context.index === bar)) this.#dead = true;
    if (this.#dead) this.#entries.withdraw(context);
    else this.#strategy.onBar(this.#watch(context));
  }

  onOrder(event: Event, context: Context): void {
    const { bar, on } = this.#failed;
    if (on === 'order' && context.index >= bar) this.#dead = true;
    if (this.#dead) this.#entries.withdraw(context);
    else this.#strategy.onOrder?.(event, this.#watch(context));
    this.#entries.hear(event);
  }

  #watch(context: Context): Context {
    return this.#language.watched(context, (command) => this.#entries.note(command));
  }
}

const DONE: ReadonlySet<OrderState> = new Set([
  'Filled',
  'Canceled',
  'Expired',
  'Rejected',
  'Denied',
]);

/** The answers to the same command, there and here. @throws RenataError INTERNAL where they differ */
export function same(expected: number | boolean, given: number | boolean): void {
  if (!Object.is(expected, given)) throw apart(String(given), String(expected));
}

export function sameBracket(expected: Bracket, given: Bracket): void {
  same(expected.entry, given.entry);
  same(expected.stopLoss, given.stopLoss);
  same(expected.takeProfit, given.takeProfit);
}

/** What must not be: nothing more is done then. */
function apart(here: string, there: string): RenataError {
  return new RenataError(
    'INTERNAL',
    `The run and its strategy have come apart: ${here} here is ${there} there.`,
  );
}

import type {
  PortfolioContext,
  PortfolioEvent,
  TargetOptions,
} from '../backtest/portfolio-types.ts';
import type { Bracket, BracketRequest, OrderChange, OrderRequest } from '../backtest/strategy.ts';
import type { Bar } from '../domain/bar.ts';
import { Player, Recorder, same, sameBracket, type CallOf, type Language } from './player.ts';
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

export type PortfolioCall = CallOf<PortfolioCommand>;

/** The context with a note of what is done through it. */
function watched(
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

/** What strategies of several instruments can do. */
export const SEVERAL: Language<PortfolioContext, PortfolioEvent, PortfolioCommand> = {
  close: 'moment',
  reasonOf: ({ symbol, order, state }) => `${symbol} ${order} ${state}`,
  watched,
  perform(command, context) {
    switch (command.kind) {
      case 'order':
        same(command.answer, context.order(command.symbol, command.request));
        return;
      case 'bracket':
        sameBracket(command.answer, context.bracket(command.symbol, command.request));
        return;
      case 'amend':
        same(command.answer, context.amend(command.order, command.change));
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
  },
  entryOf(command) {
    if (command.kind === 'bracket') {
      const { answer, symbol, request } = command;
      return { order: answer.entry, side: request.entry.side, symbol };
    }
    if (command.kind !== 'order' || command.request.reduceOnly === true) return null;
    return { order: command.answer, side: command.request.side, symbol: command.symbol };
  },
  positionOf: (context, symbol) => context.instrument(symbol).position,
};

type SeveralBars = readonly (Bar | null)[];

/** Writes down what a strategy does, for another place where it is done again. */
export function recordedPortfolio(
  strategy: RunningPortfolio,
): Recorder<PortfolioContext, PortfolioEvent, PortfolioCommand, SeveralBars> {
  return new Recorder(strategy, SEVERAL);
}

/** Does what a strategy did in another place. */
export function scriptedPortfolio(): Player<PortfolioContext, PortfolioEvent, PortfolioCommand> {
  return new Player(SEVERAL);
}

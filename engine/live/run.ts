import { TradedBars } from '../backtest/traded-bars.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import type { Bar, BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import { barOfRow } from '../series/live-bars.ts';
import { BarStore } from './bar-store.ts';
import { LiveBook } from './book.ts';
import type { CodeInput, LiveCore } from './code.ts';
import {
  liveSettings,
  parametersOf,
  startStrategy,
  type LiveMarket,
  type LiveProgram,
  type RunningStrategy,
} from './program.ts';
import type { BarMode, LiveEvent, MissedDecision, OwnOrder, Wanted } from './types.ts';

export interface LiveRunSetup {
  readonly program: LiveProgram;
  readonly parameters: ParameterValues;
  /** As of a backtest; lots are those that the venue trades at least. */
  readonly settings: BacktestSettings;
  readonly market: LiveMarket;
}

/**
 * A strategy at work, without clock, venue or disk: bars and what happened to its orders go in, the orders
 * that should work come out. The same inputs in the same order give the same orders, so a run that was
 * ended goes on where it was by taking them again.
 */
export class LiveRun implements LiveCore {
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly bars = new BarStore();
  /** How each bar was taken. */
  readonly modes: BarMode[] = [];
  /** Bars that have to be known before the first decision. */
  readonly lookback: number;
  readonly setup: LiveRunSetup;
  /** Orders of one instrument wait for nobody's money. */
  readonly waiting: readonly never[] = [];
  readonly #strategy: RunningStrategy;
  readonly #book: LiveBook;
  readonly #traded: TradedBars;

  /** @throws RenataError BAD_INPUT for wrong parameters, and for settings that cannot be live */
  constructor(setup: LiveRunSetup) {
    this.setup = setup;
    const { program, market } = setup;
    this.parameters = parametersOf(program, setup.parameters);
    this.settings = liveSettings(program, this.parameters, setup.settings);
    requireLive(this.settings);
    const { strategy, lookback } = startStrategy(program, this.parameters, market);
    this.#strategy = strategy;
    this.lookback = lookback;
    this.#book = new LiveBook(this.settings, this.bars, strategy);
    this.#traded = new TradedBars(this.bars);
  }

  /** Bars that were taken before the run itself. */
  get warmUp(): number {
    const first = this.modes.findIndex((mode) => mode !== 'warm-up');
    return first < 0 ? this.modes.length : first;
  }

  get lastTime(): number {
    return this.bars.length === 0 ? Number.NEGATIVE_INFINITY : (this.bars.time.at(-1) as number);
  }

  get barsToGo(): number {
    return Math.max(0, this.lookback + 1 - this.bars.length);
  }

  get account(): Pick<
    LiveBook,
    'held' | 'position' | 'cash' | 'equity' | 'entryPrice' | 'lastClose'
  > {
    return this.#book;
  }

  get missed(): readonly MissedDecision[] {
    return this.#book.missed;
  }

  orders(): OwnOrder[] {
    return this.#book.orders();
  }

  /** Bars of the past, so that indicators are known; nothing is decided on them. */
  warm(bars: BarColumns): void {
    for (let i = 0; i < bars.time.length; i += 1) this.bar(barOfRow(bars, i), 'warm-up');
  }

  /** A bar that has closed. One that is not after the last is left out. */
  bar(bar: Bar, mode: BarMode): void {
    if (!(bar.time > this.lastTime)) return;
    this.bars.push(bar);
    this.modes.push(mode);
    this.#strategy.take(bar);
    if (bar.close - bar.close === 0) this.#book.lastClose = bar.close;
    if (!this.#traded.at(this.bars.length - 1)) return;
    this.#book.mode = mode;
    this.#book.close();
  }

  tell(event: LiveEvent): void {
    this.#book.tell(event);
  }

  wanted(): Wanted[] {
    return this.#book.wanted();
  }

  release(slot: number): void {
    this.#book.release(slot);
  }

  /** An input as one of several instruments has it, of which this is the only one. */
  take(input: CodeInput): void {
    if (input.kind === 'release') this.release(input.slot);
    else if (input.kind === 'moments') {
      for (const { bars } of input.moments) if (bars[0]) this.bar(bars[0], input.mode);
    } else if (input.event.kind === 'order') this.tell(input.event.event);
    else if (input.event.kind === 'close') this.tell(input.event);
  }

  wantedOf(): Wanted[] {
    return this.wanted();
  }
}

/** @throws RenataError BAD_INPUT for what a live run cannot do */
export function requireLive({ fill, volumeLimit }: BacktestSettings): void {
  if (fill !== 'next-open') {
    throw bad('fill', `${fill} cannot be live: a close is known when it is over; use next-open`);
  }
  if (volumeLimit !== undefined) {
    throw bad('volume-limit', 'is of backtests alone; set a limit of the strategy in Risk instead');
  }
}

function bad(parameter: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${what}.`, { details: { parameter } });
}

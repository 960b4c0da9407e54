import type { Bar } from '../../../engine/domain/bar.ts';
import { RenataError, type ErrorPayload } from '../../../engine/domain/errors.ts';
import {
  accountId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import { timeframe, timeframeMillis } from '../../../engine/domain/timeframe.ts';
import type { LiveInput } from '../../../engine/live/code.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { PortfolioEvent } from '../../../engine/live/portfolio-types.ts';
import type { BarMode } from '../../../engine/live/types.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  LiveRunState,
  LiveStrategyView,
  OnExit,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { Notice, Trading } from '../trading/trading.ts';
import type { CodeMind } from './code-mind.ts';
import { Hands, type OrderEvent } from './hands.ts';
import { MomentGatherer, type HeardMoment } from './moments.ts';
import { instrumentsOf, stateDraft, type AnyStart, type RunBody } from './records.ts';
import { leftOver, viewOf } from './run-view.ts';
import { draftOf, endedAfter, isInput, placeOf, type Sent, type Written } from './written.ts';

export interface StrategyRunOptions {
  readonly id: string;
  readonly body: RunBody;
  /** Where its strategy thinks, when that is code; null when the core itself does. */
  readonly mind: CodeMind | null;
  readonly trading: Trading;
  readonly clock: Clock;
  readonly mark: (id: InstrumentId) => Mark | null;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  /** When the bars that begin at a time are complete, by the market's time. */
  readonly closing: (time: number) => number;
  readonly onChange: () => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Longest that a moment waits for the bar of its last instrument; half a bar where that is less. */
export const BAR_PATIENCE = 5_000;
/** Longest that a bar waits for fills that must have happened before its close. */
const FILL_PATIENCE = 2_000;
/** Longest that an ending run waits for its orders. */
const END_PATIENCE = 30_000;
/** How often an ending run looks whether they are over, and how often it asks again for a refused exit. */
const END_LOOK = 20;
const END_RETRY = 5_000;

/**
 * One strategy at work, on one instrument or on several: takes its bars and what happens to its orders one
 * after the other, journals each before the strategy hears of it, and makes the venue's orders what the
 * strategy wants. Begun anew with the same journal it is where it was.
 */
export class StrategyRun {
  readonly id: string;
  readonly body: RunBody;
  readonly mind: CodeMind | null;
  readonly account: AccountId;
  readonly instruments: readonly TradableInstrument[];
  readonly hands: Hands;
  state: LiveRunState = 'running';
  reason = '';
  /** The market when an order left, by its place. */
  readonly arrivals = new Map<string, Arrival | null>();
  readonly #options: StrategyRunOptions;
  readonly #moments: MomentGatherer;
  /** Settles when everything that was begun is done. */
  #doing: Promise<void> | null = null;
  #begun = false;
  #again = false;
  #closed = false;
  #fillsUntil = Number.NaN;
  #cancelLook: (() => void) | undefined;
  /** Settles when the input that is being taken has been. */
  #turn: Promise<void> = Promise.resolve();
  /** Why the venue or the gate has last refused an order while the run ends. */
  #refusal = '';

  constructor(options: StrategyRunOptions) {
    const { id, body, mind, trading, mark, session } = options;
    const { request } = body.start;
    this.#options = options;
    this.id = id;
    this.body = body;
    this.mind = mind;
    this.account = accountId(request.account);
    this.instruments = instrumentsOf(body.start);
    this.hands = new Hands({
      trading,
      core: body.core,
      strategy: request.strategy,
      account: this.account,
      instruments: this.instruments,
      names: this.instruments.map((_, row) => (body.several ? `${id}-${row}` : id)),
      mark,
      session,
      state: () => this.state,
      onEvent: (instrument, event) => this.#order(instrument, event),
      onSent: (sent) => this.#sent(sent),
      onRelease: (instrument, slot) => this.#release(instrument, slot),
      onPause: (reason) => this.#pause(reason),
      onNotice: (level, what, text) => this.#notice(level, what, text),
      onWait: (milliseconds) => this.#lookAgain(milliseconds),
    });
    const patience = Math.min(BAR_PATIENCE, timeframeMillis(timeframe(request.timeframe)) / 2);
    this.#moments = new MomentGatherer(this.instruments.length, patience);
  }

  get start(): AnyStart {
    return this.body.start;
  }

  get working(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  /** Takes what it has written, as it did when it wrote it. */
  async replay(written: readonly Written[]): Promise<void> {
    const { mind } = this;
    for (const [at, each] of written.entries()) {
      if (each.kind === 'sent') this.arrivals.set(placeOf(each), each.arrival);
      if (!isInput(each)) continue;
      if (mind !== null) {
        const ended = endedAfter(written, at);
        // What ended it then need not do so again; what was done is what counts.
        if (ended === null) await mind.hear(each);
        else mind.end(each, ended);
      }
      this.#apply(each);
    }
  }

  /** Bars of one instrument that have closed. Of several moments only the last is decided on. */
  hear(row: number, bars: readonly Bar[]): void {
    const now = this.#options.clock.elapsed();
    for (const bar of bars) this.#moments.hear(row, bar, now);
    this.poke();
  }

  /**
   * Begins to work, with what was heard since it was made.
   * @param missed bars of each instrument that closed while nobody listened
   */
  begin(missed: readonly (readonly Bar[])[] = []): void {
    const now = this.#options.clock.elapsed();
    for (const [row, bars] of missed.entries()) {
      for (const bar of bars) this.#moments.hear(row, bar, now, true);
    }
    this.#begun = true;
    this.poke();
  }

  /** Something may have changed about an order. @returns whether it is one of this run */
  touch(id: ClientOrderId): boolean {
    return this.hands.touch(id);
  }

  /** Something may have changed: sees what is to be done. */
  poke(): void {
    this.#again = true;
    if (this.#doing !== null || this.#closed || !this.#begun) return;
    this.#doing = this.#work().finally(() => {
      this.#doing = null;
      if (this.#again) this.poke();
    });
  }

  /** Settles when nothing is being done; for tests and for the end. */
  async idle(): Promise<void> {
    while (this.#doing !== null) await this.#doing;
  }

  /** Leaves everything as it is; the journal has it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    await this.#doing;
    await this.mind?.close();
  }

  /**
   * What was decided on closes that are over, and that nobody sent because the program ended before: it is
   * not sent now. Protection is.
   */
  async giveUpOld(reason: string): Promise<void> {
    for (const [row, hand] of this.hands.all.entries()) {
      for (const { slot, attempt, terms, exit, waits } of this.body.core.wantedOf(row)) {
        if (terms === null || waits || hand.order(slot, attempt) !== undefined) continue;
        if (exit && terms.type !== 'market') continue;
        await this.#order(row, { kind: 'end', slot, attempt, state: 'Canceled', reason });
      }
    }
    await this.#giveUp(reason);
  }

  async setState(state: LiveRunState, reason: string): Promise<void> {
    this.state = state;
    this.reason = reason;
    const { clock, trading, onChange } = this.#options;
    onChange();
    const over = state === 'stopped' || state === 'failed';
    const view = over ? { view: this.view() } : {};
    const time = clock.now();
    await trading.log.write([stateDraft({ id: this.id, state, reason, time, ...view })]);
  }

  /** Ends the run, for all its instruments. */
  async stop(onExit: OnExit, reason: string): Promise<void> {
    if (this.state === 'stopped') return;
    await this.setState('stopping', reason);
    await this.idle();
    this.#moments.clear();
    this.#refusal = '';
    try {
      if (onExit !== 'keep') {
        await this.#tell({ kind: 'close', flatten: onExit === 'flatten' });
        this.poke();
        await this.#rest();
      }
    } finally {
      // One that has failed meanwhile says so.
      const why = this.#hasFailed ? this.reason : reason;
      await this.setState('stopped', leftOver(this, why, this.#refusal));
      await this.close();
    }
  }

  view(): LiveStrategyView {
    return viewOf(this);
  }

  async #work(): Promise<void> {
    try {
      while (this.#again && this.#goesOn) {
        this.#again = false;
        while (this.#goesOn && (await this.#step()));
      }
    } catch (error) {
      await this.#failed(error);
    }
  }

  get #hasFailed(): boolean {
    return this.state === 'failed';
  }

  get #goesOn(): boolean {
    return !this.#closed && (this.working || this.state === 'stopping');
  }

  /** One thing: what has happened, what is to be done, or the next moment. @returns whether there was one */
  async #step(): Promise<boolean> {
    const untold = this.hands.untold();
    if (untold !== null) {
      await this.#order(untold.row, untold.event);
      return true;
    }
    const next = this.#moments.first(this.#options.clock.elapsed());
    // Bars that nobody heard in time come first: nothing is sent on what is over.
    const over = next !== null && (next.moment.missed || this.#moments.count > 1);
    if (!over && (await this.hands.act())) return true;
    if (next === null) return false;
    if (next.waits > 0) {
      this.#lookAgain(next.waits);
      return false;
    }
    if (!this.#ready(next.moment)) return false;
    this.#moments.take(next.moment);
    await this.#take(next.moment, over);
    return true;
  }

  async #take({ time, bars }: HeardMoment, missed: boolean): Promise<void> {
    const { core, start } = this.body;
    if (!(time > core.lastTime)) return;
    let mode: BarMode = this.state === 'paused' ? 'paused' : 'live';
    if (missed) mode = 'missed';
    if (core.barsToGo > 1) mode = 'warm-up';
    // A target that still waits for money was decided on prices that are over.
    if (missed) await this.#giveUp('The bar had closed before it was heard.');
    await this.#input({ kind: 'moments', moments: [{ time, bars }], mode });
    const { closing, onChange, onDefect } = this.#options;
    onChange();
    const { end, onExit } = start.request;
    if (end === null || closing(time) < end) return;
    this.stop(onExit, 'Its end has come.').catch((error: unknown) => onDefect(error, 'strategy'));
  }

  async #order(instrument: number, event: OrderEvent): Promise<void> {
    await this.#tell({ kind: 'order', instrument, event });
    if (event.kind !== 'end' || (event.state !== 'Denied' && event.state !== 'Rejected')) return;
    this.#refusal = event.reason;
    const what = this.body.several ? ` of ${this.instruments[instrument]?.symbol}` : '';
    this.#notice('warning', `: order${what} ${event.state.toLowerCase()}`, event.reason);
  }

  async #tell(event: PortfolioEvent): Promise<void> {
    await this.#input({ kind: 'event', event });
    this.#options.onChange();
  }

  async #giveUp(reason: string): Promise<void> {
    if (this.body.core.waiting.length > 0) await this.#tell({ kind: 'give-up', reason });
  }

  #apply(input: LiveInput): void {
    if (input.kind === 'moments') this.hands.renew();
    else this.hands.heard(input.event);
    this.body.core.take(input);
  }

  /**
   * Takes an input: it is on the disk before the strategy hears of it, and the strategy has thought about it
   * before the run does what follows. One is taken after the other.
   */
  async #input(input: LiveInput): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    let ended: ErrorPayload | null = null;
    try {
      await this.#write([input]);
      ended = await this.#think(input);
      this.#apply(input);
    } finally {
      resolve();
    }
    if (ended !== null) await this.pauseForGood(ended);
  }

  /** @returns why the strategy has ended with this input; null where it goes on, and where it had before */
  async #think(input: LiveInput): Promise<ErrorPayload | null> {
    const answer = (await this.mind?.hear(input)) ?? null;
    if (answer === null || answer.ended === null) return null;
    await this.#write([{ kind: 'ended', calls: answer.calls, why: answer.ended }]);
    return answer.ended;
  }

  /** The strategy's code has ended: nothing is decided any more, and what protects positions stays. */
  async pauseForGood({ message }: ErrorPayload): Promise<void> {
    const reason = `${message} Nothing is decided any more: orders that could open a position are taken away, stops and targets stay. Stop the run to end it.`;
    await this.#giveUp(message);
    if (this.state !== 'stopping') await this.setState('paused', reason);
    this.#notice('error', ' is paused: its code has failed', reason);
  }

  async #pause(reason: string): Promise<void> {
    await this.setState('paused', reason);
    this.#notice('error', ' is paused', reason);
  }

  /** Whether everything that must have happened before the closes of a moment has been heard. */
  #ready(moment: HeardMoment): boolean {
    const pending = this.hands.pending(moment);
    const now = this.#options.clock.elapsed();
    if (pending && Number.isNaN(this.#fillsUntil)) this.#fillsUntil = now + FILL_PATIENCE;
    if (!pending || now >= this.#fillsUntil) {
      this.#fillsUntil = Number.NaN;
      return true;
    }
    this.#lookAgain(this.#fillsUntil - now);
    return false;
  }

  #lookAgain(milliseconds: number): void {
    this.#cancelLook?.();
    this.#cancelLook = this.#options.clock.after(Math.max(1, milliseconds), () => this.poke());
  }

  /** Comes back when nothing is wanted any more, or when that has taken too long. */
  async #rest(): Promise<void> {
    const { clock } = this.#options;
    const limit = clock.elapsed() + END_PATIENCE;
    let retry = clock.elapsed() + END_RETRY;
    while (this.state === 'stopping' && this.#wants() && clock.elapsed() < limit) {
      const { promise, resolve } = Promise.withResolvers<void>();
      clock.after(END_LOOK, () => resolve());
      await promise;
      if (clock.elapsed() < retry) continue;
      retry = clock.elapsed() + END_RETRY;
      await this.#retry();
    }
  }

  #wants(): boolean {
    return this.instruments.some((_, row) => this.body.core.wantedOf(row).length > 0);
  }

  /** Asks again for what was refused: an ending run has no next bar on which it would do so. */
  async #retry(): Promise<void> {
    this.hands.renew();
    for (const row of this.instruments.keys()) {
      for (const { slot, attempt, terms, exit, dropped } of this.body.core.wantedOf(row)) {
        if (exit && !dropped && terms === null) {
          await this.#order(row, { kind: 'retry', slot, attempt });
        }
      }
    }
    this.poke();
  }

  async #failed(error: unknown): Promise<void> {
    const { onDefect, trading } = this.#options;
    if (!(error instanceof RenataError)) onDefect(error, 'strategy');
    const message = error instanceof Error ? error.message : String(error);
    this.state = 'failed';
    this.reason = `${message} Orders that work stay at the venue.`;
    this.#notice('error', ' has stopped', this.reason);
    this.#options.onChange();
    if (trading.log.failed) return;
    try {
      await this.setState('failed', this.reason);
    } catch {
      // A journal that has failed is told by itself.
    }
  }

  #release(instrument: number, slot: number): void {
    const input = { kind: 'release', instrument, slot } as const;
    this.mind?.release(input);
    this.body.core.take(input);
  }

  /** @param what follows the strategy's name */
  #notice(level: Notice['level'], what: string, text: string): void {
    const title = `${this.start.request.strategy}${what}`;
    this.#options.onNotice({ level, title, text, subject: this.id });
  }

  async #sent(sent: readonly Sent[]): Promise<void> {
    for (const each of sent) this.arrivals.set(placeOf(each), each.arrival);
    await this.#write(sent.map((each) => ({ kind: 'sent', ...each })));
  }

  async #write(written: readonly Written[]): Promise<void> {
    const { several } = this.body;
    await this.#options.trading.log.write(written.map((each) => draftOf(this.id, several, each)));
  }
}

import type { Bar } from '../../../engine/domain/bar.ts';
import { toNumber, ZERO } from '../../../engine/domain/decimal.ts';
import { RenataError, type ErrorPayload } from '../../../engine/domain/errors.ts';
import {
  accountId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { LiveRun } from '../../../engine/live/run.ts';
import type { BarMode, LiveEvent, Wanted } from '../../../engine/live/types.ts';
import type { CodeInput } from '../../../engine/live/code.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type {
  LiveRunState,
  LiveStrategyView,
  OnExit,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { Notice, Trading } from '../trading/trading.ts';
import type { CodeMind } from './code-mind.ts';
import { Hand, type Action } from './hand.ts';
import { rowOf, runDraft, stateDraft, type RunEntry, type StartRecord } from './records.ts';
import { arrivalOf, viewOf } from './run-view.ts';
import { inReach } from './venue-terms.ts';

export interface StrategyRunOptions {
  readonly id: string;
  readonly start: StartRecord;
  readonly core: LiveRun;
  /** Where its strategy thinks, when that is code; null when the core itself does. */
  readonly mind: CodeMind | null;
  readonly trading: Trading;
  readonly clock: Clock;
  readonly mark: (id: InstrumentId) => Mark | null;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  /** When a bar is complete, by the market's time. */
  readonly closing: (time: number) => number;
  readonly onChange: () => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Longest that a bar waits for fills that must have happened before its close. */
const PATIENCE = 2_000;
/** How often an order at the market is looked at that waits for the session. */
const LOOK = 1_000;
/** Things done at the venue between two bars; more are a defect that has to end before it costs. */
const MOST_ACTIONS = 500;
/** Longest that an ending run waits for its orders. */
const END_PATIENCE = 30_000;

/**
 * One strategy at work: takes its bars and what happens to its orders one after the other, journals each
 * before the strategy hears of it, and makes the venue's orders what the strategy wants. Begun anew with
 * the same journal it is where it was.
 */
export class StrategyRun {
  readonly id: string;
  readonly start: StartRecord;
  readonly core: LiveRun;
  readonly hand: Hand;
  readonly mind: CodeMind | null;
  readonly account: AccountId;
  state: LiveRunState = 'running';
  reason = '';
  /** The market when an order left, by slot and attempt. */
  readonly arrivals = new Map<string, Arrival | null>();
  readonly #options: StrategyRunOptions;
  #bars: { readonly bar: Bar; readonly missed: boolean }[] = [];
  #busy = false;
  #begun = false;
  #again = false;
  #waitsUntil = Number.NaN;
  #actions = 0;
  #cancelLook: (() => void) | undefined;
  #closed = false;
  #idle: Promise<void> = Promise.resolve();
  /** Settles when the input that is being taken has been. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: StrategyRunOptions) {
    const { id, start, core, mind, trading } = options;
    this.#options = options;
    this.mind = mind;
    this.id = id;
    this.start = start;
    this.core = core;
    this.account = accountId(start.request.account);
    this.hand = new Hand({
      trading,
      run: id,
      strategy: start.request.strategy,
      account: this.account,
      instrument: start.instrument,
    });
  }

  get working(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  get #acts(): boolean {
    return this.working || this.state === 'stopping';
  }

  /** Takes an entry of the journal, as it was written when the run first took it. */
  replay(entry: RunEntry, barOf: (entry: RunEntry & { type: 'bar' }) => Bar): void {
    if (entry.type === 'bar') this.core.bar(barOf(entry), entry.mode);
    else if (entry.type === 'event') {
      this.hand.heard(entry.event);
      this.core.tell(entry.event);
    } else if (entry.type === 'sent') this.#noteSent(entry.slot, entry.attempt, entry.arrival);
  }

  /** Bars that have closed. Of several only the last is decided on: the others are over. */
  hear(bars: readonly Bar[]): void {
    for (const bar of bars) this.#bars.push({ bar, missed: false });
    this.poke();
  }

  /**
   * Begins to work, with what was heard since it was made.
   * @param missed bars that closed while nobody listened
   */
  begin(missed: readonly Bar[] = []): void {
    const heard = this.#bars[0]?.bar.time ?? Number.POSITIVE_INFINITY;
    const before = missed.filter(({ time }) => time < heard);
    this.#bars.unshift(...before.map((bar) => ({ bar, missed: true })));
    this.#begun = true;
    this.poke();
  }

  /** Something may have changed about an order. @returns whether it is one of this run */
  touch(id: ClientOrderId): boolean {
    return this.hand.touch(id);
  }

  /** Something may have changed: sees what is to be done. */
  poke(): void {
    this.#again = true;
    if (this.#busy || this.#closed || !this.#begun) return;
    this.#busy = true;
    this.#idle = this.#work().finally(() => {
      this.#busy = false;
      if (this.#again && !this.#closed) this.poke();
    });
  }

  /** Settles when nothing is being done; for tests and for the end. */
  async idle(): Promise<void> {
    while (this.#busy) await this.#idle;
  }

  /** Leaves everything as it is; the journal has it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    await this.#idle;
    await this.mind?.close();
  }

  /**
   * Orders of a close that nobody acted on, because the program ended before: they are not sent now.
   * Protection is.
   */
  async giveUpOld(reason: string): Promise<void> {
    for (const wanted of this.core.wanted()) {
      const { slot, attempt, terms, exit, waits } = wanted;
      if (terms === null || waits || this.hand.order(slot, attempt) !== undefined) continue;
      if (exit && terms.type !== 'market') continue;
      await this.#tell({ kind: 'end', slot, attempt, state: 'Canceled', reason });
    }
  }

  async setState(state: LiveRunState, reason: string): Promise<void> {
    this.state = state;
    this.reason = reason;
    const { clock, trading, onChange } = this.#options;
    onChange();
    await trading.log.write([stateDraft({ id: this.id, state, reason, time: clock.now() })]);
  }

  /** Ends the run. */
  async stop(onExit: OnExit, reason: string): Promise<void> {
    if (this.state === 'stopped') return;
    await this.setState('stopping', reason);
    await this.idle();
    this.#bars = [];
    try {
      if (onExit !== 'keep') {
        await this.#tell({ kind: 'close', flatten: onExit === 'flatten' });
        this.poke();
        await this.#until(() => this.core.wanted().length === 0);
      }
    } finally {
      await this.setState('stopped', this.#leftOver(reason));
      await this.close();
    }
  }

  view(): LiveStrategyView {
    return viewOf(this);
  }

  /** Bars that are missing before the first decision. */
  get barsToGo(): number {
    return Math.max(0, this.core.lookback + 1 - this.core.bars.length);
  }

  async #work(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        while (!this.#closed && this.#acts && (await this.#step()));
      }
    } catch (error) {
      await this.#failed(error);
    }
  }

  /** One thing: what has happened, what is to be done, or the next bar. @returns whether there was one */
  async #step(): Promise<boolean> {
    const [event] = this.hand.untold();
    if (event !== undefined) {
      await this.#tell(event);
      return true;
    }
    // Bars that nobody heard in time come first: nothing is sent on what is over.
    const next = this.#bars[0];
    const missed = next?.missed === true || this.#bars.length > 1;
    if (!missed && (await this.#act())) return true;
    if (next === undefined || !this.#ready(next.bar)) return false;
    this.#bars.shift();
    await this.#take(next.bar, missed);
    return true;
  }

  async #take(bar: Bar, missed: boolean): Promise<void> {
    if (!(bar.time > this.core.lastTime)) return;
    const mode: BarMode =
      this.barsToGo > 1
        ? 'warm-up'
        : missed
          ? 'missed'
          : this.state === 'paused'
            ? 'paused'
            : 'live';
    await this.#input({ type: 'bar', bar: rowOf(bar), mode }, { kind: 'bar', bar, mode }, () => {
      this.hand.renew();
      this.#actions = 0;
      this.core.bar(bar, mode);
    });
    this.#options.onChange();
    const { end, onExit } = this.start.request;
    if (end !== null && this.#options.closing(bar.time) >= end) {
      void this.stop(onExit, 'Its end has come.').catch((error: unknown) =>
        this.#options.onDefect(error, 'strategy'),
      );
    }
  }

  async #tell(event: LiveEvent): Promise<void> {
    await this.#input({ type: 'event', event }, { kind: 'event', event }, () => {
      this.hand.heard(event);
      this.core.tell(event);
    });
    const { onNotice, onChange } = this.#options;
    onChange();
    if (event.kind === 'end' && (event.state === 'Denied' || event.state === 'Rejected')) {
      onNotice({
        level: 'warning',
        title: `${this.start.request.strategy}: order ${event.state.toLowerCase()}`,
        text: event.reason,
        subject: this.id,
      });
    }
  }

  /**
   * Takes an input: it is on the disk before the strategy hears of it, and the strategy has thought about it
   * before the run does what follows. One is taken after the other.
   */
  async #input(entry: RunEntry, input: CodeInput, take: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#turn;
    this.#turn = promise;
    await before;
    try {
      await this.#write([entry]);
      const ended = await this.#think(input);
      take();
      if (ended !== null) await this.pauseForGood(ended);
    } finally {
      resolve();
    }
  }

  /** @returns why the strategy has ended with this input; null where it goes on, and where it had before */
  async #think(input: CodeInput): Promise<ErrorPayload | null> {
    if (this.mind === null || this.mind.ended !== null) return null;
    const { calls, ended } = await this.mind.hear(input);
    if (ended !== null) await this.#write([{ type: 'code-ended', calls, why: ended }]);
    return ended;
  }

  /** The strategy's code has ended: nothing is decided any more, and what protects the position stays. */
  async pauseForGood({ message }: ErrorPayload): Promise<void> {
    const reason = `${message} Nothing is decided any more: orders that could open a position are taken away, stops and targets stay. Stop the run to end it.`;
    if (this.state !== 'stopping') await this.setState('paused', reason);
    this.#options.onNotice({
      level: 'error',
      title: `${this.start.request.strategy} is paused: its code has failed`,
      text: reason,
      subject: this.id,
    });
  }

  /** Does the next thing at the venue. @returns whether there was one */
  async #act(): Promise<boolean> {
    const { trading } = this.#options;
    if (trading.log.failed || trading.venues.find(this.account) === undefined) return false;
    const action = this.hand.next(this.core.wanted());
    if (action === null) return false;
    this.#actions += 1;
    if (this.#actions > MOST_ACTIONS) {
      throw new RenataError('INTERNAL', 'The orders of the run do not come to rest.');
    }
    switch (action.kind) {
      case 'release':
        this.mind?.release(action.wanted.slot);
        this.core.release(action.wanted.slot);
        return true;
      case 'refuse':
        await this.#deny(action.wanted, action.reason);
        return true;
      case 'place':
        return this.#place(action);
      case 'cancel':
      case 'replace': {
        const { slot, attempt } = action.wanted;
        // Without this the strategy would be told of a cancellation that it did not ask for.
        await this.#tell({ kind: 'replace', slot, attempt });
        await this.hand.cancel(action.order.clientOrderId);
        return true;
      }
      case 'amend': {
        const why = await this.hand.amend(action.order.clientOrderId, action.change);
        if (why !== null) {
          this.#options.onNotice({
            level: 'warning',
            title: `${this.start.request.strategy}: change refused`,
            text: why,
            subject: this.id,
          });
        }
        return true;
      }
    }
  }

  async #place(action: Action & { readonly kind: 'place' }): Promise<boolean> {
    const { session, mark, trading } = this.#options;
    const { instrument } = this.start;
    const { wanted, terms, others } = action;
    if (terms.type === 'market' && session(instrument.id) !== 'regular') {
      // It is meant for the next price of the session.
      this.#lookAgain(LOOK);
      return false;
    }
    if (wanted.exit && this.#nothingToClose(terms.side)) {
      if (this.state !== 'running') return false;
      await this.setState(
        'paused',
        `The account holds nothing of ${instrument.symbol} that could be closed: somebody else has done so. Look at the position, then stop the run.`,
      );
      this.#options.onNotice({
        level: 'error',
        title: `${this.start.request.strategy} is paused`,
        text: this.reason,
        subject: this.id,
      });
      return false;
    }
    const arrival = arrivalOf(mark(instrument.id));
    const all = [wanted, ...others.map((other) => other.wanted)];
    for (const { slot, attempt } of all) this.#noteSent(slot, attempt, arrival);
    const sent = all.map(
      ({ slot, attempt }) => ({ type: 'sent', slot, attempt, arrival }) as const,
    );
    const noted = this.#write(sent);
    try {
      await this.hand.place(action);
    } catch (error) {
      if (!(error instanceof RenataError) || trading.log.failed) throw error;
      for (const each of all) await this.#deny(each, error.message);
    }
    await noted;
    return true;
  }

  async #deny({ slot, attempt }: Wanted, reason: string): Promise<void> {
    await this.#tell({ kind: 'end', slot, attempt, state: 'Denied', reason });
  }

  #nothingToClose(side: 'buy' | 'sell'): boolean {
    const { log } = this.#options.trading;
    const held = log.positions.get(this.account, this.start.instrument.id)?.quantity ?? ZERO;
    const units = toNumber(held);
    return side === 'sell' ? units <= 0 : units >= 0;
  }

  /** Whether everything that must have happened before the close of a bar has been heard. */
  #ready(bar: Bar): boolean {
    const { clock } = this.#options;
    const pending = this.core.wanted().some((wanted) => {
      const order = this.hand.order(wanted.slot, wanted.attempt);
      const works = order !== undefined && !isClosed(order) && !wanted.waits;
      return works && inReach(wanted, bar);
    });
    if (!pending) {
      this.#waitsUntil = Number.NaN;
      return true;
    }
    const now = clock.elapsed();
    if (Number.isNaN(this.#waitsUntil)) this.#waitsUntil = now + PATIENCE;
    if (now >= this.#waitsUntil) {
      this.#waitsUntil = Number.NaN;
      return true;
    }
    this.#lookAgain(this.#waitsUntil - now);
    return false;
  }

  #lookAgain(milliseconds: number): void {
    this.#cancelLook?.();
    this.#cancelLook = this.#options.clock.after(Math.max(1, milliseconds), () => this.poke());
  }

  /** Comes back when it is so, or when it has taken too long. */
  async #until(done: () => boolean): Promise<void> {
    const { clock } = this.#options;
    const limit = clock.elapsed() + END_PATIENCE;
    while (!done() && clock.elapsed() < limit) {
      const { promise, resolve } = Promise.withResolvers<void>();
      clock.after(20, () => resolve());
      await promise;
    }
  }

  /** Why it ended, and what it leaves behind. */
  #leftOver(reason: string): string {
    const open = this.hand.open().length;
    const { held } = this.core.account;
    const parts = [reason];
    if (open > 0) parts.push(`${open} of its orders still ${open === 1 ? 'works' : 'work'}.`);
    if (held !== ZERO) parts.push(`Its position of ${held} is still there.`);
    return parts.filter((part) => part !== '').join(' ');
  }

  async #failed(error: unknown): Promise<void> {
    const { onNotice, onDefect, trading } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof RenataError)) onDefect(error, 'strategy');
    this.state = 'failed';
    this.reason = `${message} Orders that work stay at the venue.`;
    onNotice({
      level: 'error',
      title: `${this.start.request.strategy} has stopped`,
      text: this.reason,
      subject: this.id,
    });
    this.#options.onChange();
    if (trading.log.failed) return;
    try {
      await this.setState('failed', this.reason);
    } catch {
      // The journal has failed meanwhile; that is told by itself.
    }
  }

  #noteSent(slot: number, attempt: number, arrival: Arrival | null): void {
    this.arrivals.set(`${slot}.${attempt}`, arrival);
  }

  async #write(entries: readonly RunEntry[]): Promise<void> {
    await this.#options.trading.log.write(entries.map((entry) => runDraft(this.id, entry)));
  }
}

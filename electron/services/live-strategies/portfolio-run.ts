import type { Bar } from '../../../engine/domain/bar.ts';
import { toNumber, ZERO } from '../../../engine/domain/decimal.ts';
import { RenataError, type ErrorPayload } from '../../../engine/domain/errors.ts';
import {
  accountId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import { timeframeMillis } from '../../../engine/domain/timeframe.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { PortfolioInput } from '../../../engine/live/portfolio-code.ts';
import type { LivePortfolioRun } from '../../../engine/live/portfolio-run.ts';
import type { PortfolioEvent } from '../../../engine/live/portfolio-types.ts';
import type { BarMode, LiveEvent, Wanted } from '../../../engine/live/types.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  LiveRunState,
  LiveStrategyView,
  OnExit,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { Notice, Trading } from '../trading/trading.ts';
import { Hand, type Action } from './hand.ts';
import { MomentGatherer, type HeardMoment } from './portfolio-moments.ts';
import type { PortfolioMind } from './portfolio-mind.ts';
import {
  inputOfEntry,
  momentRow,
  placeOf,
  portfolioDraft,
  type PortfolioEnded,
  type PortfolioEntry,
  type PortfolioStartRecord,
} from './portfolio-records.ts';
import { portfolioView } from './portfolio-view.ts';
import { arrivalOf } from './run-view.ts';
import { inReach } from './venue-terms.ts';

export interface PortfolioRunOptions {
  readonly id: string;
  /** Its instruments are in the order of the core's. */
  readonly start: PortfolioStartRecord;
  readonly core: LivePortfolioRun;
  /** Where its strategy thinks, when that is code; null when the core itself does. */
  readonly mind: PortfolioMind | null;
  readonly trading: Trading;
  readonly clock: Clock;
  readonly mark: (id: InstrumentId) => Mark | null;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  /** How the run ends with a moment; null while it goes on. Without an end when absent. */
  readonly ends?: (moment: HeardMoment) => OnExit | null;
  /** Writes down that the run stands otherwise. */
  readonly onState: (state: LiveRunState, reason: string) => Promise<void>;
  readonly onChange: () => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Longest that a moment waits for the bar of its last instrument; half a bar where that is less. */
export const BAR_PATIENCE = 5_000;
/** Longest that a moment waits for fills that must have happened before its closes. */
const FILL_PATIENCE = 2_000;
/** How often an order at the market is looked at that waits for the session. */
const LOOK = 1_000;
/** Things done at the venue for one instrument between two moments; more are a defect. */
const MOST_ACTIONS = 500;
/** Longest that an ending run waits for its orders. */
const END_PATIENCE = 30_000;

/** What is to be done next, and for which instrument. */
interface Task {
  readonly row: number;
  readonly hand: Hand;
  readonly action: Action;
}

/**
 * One strategy of several instruments at work, as `StrategyRun` is one of a single one: moments and what
 * happens to its orders are journaled before the strategy hears of them, and each instrument has a hand
 * that makes the venue's orders what is wanted of it.
 */
export class PortfolioRun {
  readonly id: string;
  readonly start: PortfolioStartRecord;
  readonly core: LivePortfolioRun;
  readonly mind: PortfolioMind | null;
  readonly account: AccountId;
  readonly hands: readonly Hand[];
  state: LiveRunState = 'running';
  reason = '';
  /** The market when an order left, by instrument, slot and attempt. */
  readonly arrivals = new Map<string, Arrival | null>();
  readonly #options: PortfolioRunOptions;
  readonly #moments: MomentGatherer;
  /** Settles when everything that was begun is done. */
  #working: Promise<void> | null = null;
  #begun = false;
  #again = false;
  #closed = false;
  #fillsUntil = Number.NaN;
  #actions = 0;
  #cancelLook: (() => void) | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: PortfolioRunOptions) {
    const { id, start, core, mind, trading } = options;
    const { instruments, request } = start;
    const account = accountId(request.account);
    this.#options = options;
    this.id = id;
    this.start = start;
    this.core = core;
    this.mind = mind;
    this.account = account;
    this.hands = instruments.map(
      (instrument, row) =>
        new Hand({
          trading,
          run: `${id}-${row}`,
          strategy: request.strategy,
          account,
          instrument,
        }),
    );
    const lengths = core.legs.map((leg) => timeframeMillis(leg.instrument.market.timeframe));
    const patience = Math.min(BAR_PATIENCE, ...lengths.map((length) => length / 2));
    this.#moments = new MomentGatherer(instruments.length, patience);
  }

  get working(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  /** Takes the entries of the journal, as they were written when the run first took them. */
  async replay(entries: readonly PortfolioEntry[]): Promise<void> {
    const { mind } = this;
    for (const [at, entry] of entries.entries()) {
      const input = inputOfEntry(entry);
      if (mind !== null && input !== null) {
        const ended = endedAfter(entries, at);
        // What ended it then need not do so again; what was done is what counts.
        if (ended === null) await mind.hear(input);
        else mind.end(input, ended.calls, ended.why);
      }
      if (input !== null) this.#apply(input);
      else if (entry.type === 'portfolio-sent') {
        this.arrivals.set(placeOf(entry.instrument, entry), entry.arrival);
      }
    }
  }

  /** Bars of one instrument that have closed. */
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
    return this.hands.map((hand) => hand.touch(id)).includes(true);
  }

  /** Sees what is to be done. */
  poke(): void {
    this.#again = true;
    if (this.#working !== null || this.#closed || !this.#begun) return;
    this.#working = this.#work().finally(() => {
      this.#working = null;
      if (this.#again) this.poke();
    });
  }

  /** Settles when nothing is being done. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** Leaves everything as it is; the journal has it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    await this.#working;
    await this.mind?.close();
  }

  /** What was decided on closes that are over, and was not sent, is not traded. Protection is. */
  async giveUpOld(reason: string): Promise<void> {
    for (const { instrument, wanted } of this.core.wanted()) {
      const { slot, attempt, terms, exit, waits } = wanted;
      const sent = this.hands[instrument]?.order(slot, attempt) !== undefined;
      if (terms === null || waits || sent || (exit && terms.type !== 'market')) continue;
      await this.#order(instrument, { kind: 'end', slot, attempt, state: 'Canceled', reason });
    }
    if (this.core.waiting.length > 0) await this.#tell({ kind: 'give-up', reason });
  }

  async setState(state: LiveRunState, reason: string): Promise<void> {
    this.state = state;
    this.reason = reason;
    this.#options.onChange();
    await this.#options.onState(state, reason);
  }

  /** Ends the run, for all its instruments. */
  async stop(onExit: OnExit, reason: string): Promise<void> {
    if (this.state === 'stopped') return;
    await this.setState('stopping', reason);
    await this.idle();
    this.#moments.clear();
    try {
      if (onExit !== 'keep') {
        await this.#tell({ kind: 'close', flatten: onExit === 'flatten' });
        this.poke();
        await this.#rest();
      }
    } finally {
      await this.setState('stopped', this.#leftOver(reason));
      await this.close();
    }
  }

  view(): LiveStrategyView {
    return portfolioView(this);
  }

  async #work(): Promise<void> {
    try {
      do {
        this.#again = false;
        while (this.#goesOn && (await this.#step()));
      } while (this.#again && this.#goesOn);
    } catch (error) {
      await this.#failed(error);
    }
  }

  get #goesOn(): boolean {
    return !this.#closed && (this.working || this.state === 'stopping');
  }

  /** One thing: what has happened, what is to be done, or the next moment. @returns whether there was one */
  async #step(): Promise<boolean> {
    for (const [row, hand] of this.hands.entries()) {
      const [event] = hand.untold();
      if (event === undefined || event.kind === 'close') continue;
      await this.#order(row, event);
      return true;
    }
    const next = this.#moments.first(this.#options.clock.elapsed());
    // On what is over nothing is sent.
    const over = next !== null && (next.moment.missed || this.#moments.count > 1);
    if (!over && (await this.#act())) return true;
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

  async #take(moment: HeardMoment, missed: boolean): Promise<void> {
    const { core } = this;
    const { time, bars } = moment;
    if (!(time > core.lastTime)) return;
    let mode: BarMode = this.state === 'paused' ? 'paused' : 'live';
    if (missed) mode = 'missed';
    if (core.barsToGo > 1) mode = 'warm-up';
    // A target that still waits for money was decided on prices that are over.
    if (missed && core.waiting.length > 0) {
      await this.#tell({ kind: 'give-up', reason: 'The bar had closed before it was heard.' });
    }
    await this.#input({ type: 'moments', moments: [momentRow(time, bars)], mode });
    const { ends, onChange, onDefect } = this.#options;
    onChange();
    const onExit = ends?.(moment) ?? null;
    if (onExit === null) return;
    this.stop(onExit, 'Its end has come.').catch((error: unknown) => onDefect(error, 'strategy'));
  }

  async #order(
    instrument: number,
    event: Exclude<LiveEvent, { readonly kind: 'close' }>,
  ): Promise<void> {
    await this.#tell({ kind: 'order', instrument, event });
    if (event.kind !== 'end' || (event.state !== 'Denied' && event.state !== 'Rejected')) return;
    const { instruments, request } = this.start;
    this.#options.onNotice({
      level: 'warning',
      title: `${request.strategy}: order of ${instruments[instrument]?.symbol} ${event.state.toLowerCase()}`,
      text: event.reason,
      subject: this.id,
    });
  }

  async #tell(event: PortfolioEvent): Promise<void> {
    await this.#input({ type: 'portfolio-event', event });
    this.#options.onChange();
  }

  #apply(input: PortfolioInput): void {
    if (input.kind === 'moments') {
      for (const hand of this.hands) hand.renew();
      this.#actions = 0;
      for (const { time, bars } of input.moments) this.core.moment(time, bars, input.mode);
    } else if (input.kind === 'event') {
      const { event } = input;
      if (event.kind === 'order') this.hands[event.instrument]?.heard(event.event);
      else if (event.kind === 'close') for (const hand of this.hands) hand.heard(event);
      this.core.tell(event);
    }
  }

  /**
   * Takes an input: it is on the disk before the strategy hears of it, and the strategy has thought about it
   * before the run does what follows. One is taken after the other.
   */
  async #input(entry: PortfolioEntry): Promise<void> {
    const input = inputOfEntry(entry);
    if (input === null) return;
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    let ended: ErrorPayload | null = null;
    try {
      await this.#write([entry]);
      ended = await this.#think(input);
      this.#apply(input);
    } finally {
      resolve();
    }
    if (ended !== null) await this.pauseForGood(ended);
  }

  /** @returns why the strategy has ended with this input; null where it goes on, and where it had before */
  async #think(input: PortfolioInput): Promise<ErrorPayload | null> {
    const answer = await this.mind?.hear(input);
    const why = answer?.ended ?? null;
    if (answer === undefined || answer === null || why === null) return null;
    await this.#write([{ type: 'portfolio-ended', calls: answer.calls, why }]);
    return why;
  }

  /** The strategy's code has ended: nothing is decided any more, and what protects positions stays. */
  async pauseForGood({ message }: ErrorPayload): Promise<void> {
    const reason = `${message} Nothing is decided any more: orders that could open a position are taken away, stops and targets stay. Stop the run to end it.`;
    if (this.core.waiting.length > 0) await this.#tell({ kind: 'give-up', reason: message });
    if (this.state !== 'stopping') await this.setState('paused', reason);
    this.#warn('is paused: its code has failed', reason);
  }

  /** Does the next thing at the venue: changes first, then sales, then what needs money. */
  async #act(): Promise<boolean> {
    const { trading } = this.#options;
    if (trading.log.failed || trading.venues.find(this.account) === undefined) return false;
    const places: Task[] = [];
    for (const [row, hand] of this.hands.entries()) {
      const action = hand.next(this.core.legs[row]?.book.wanted() ?? []);
      if (action === null) continue;
      if (action.kind !== 'place') return this.#do({ row, hand, action });
      places.push({ row, hand, action });
    }
    const inTurn = places.toSorted((a, b) => Number(exits(b)) - Number(exits(a)));
    for (const task of inTurn) if (await this.#do(task)) return true;
    return false;
  }

  async #do({ row, hand, action }: Task): Promise<boolean> {
    this.#actions += 1;
    if (this.#actions > MOST_ACTIONS * this.hands.length) {
      throw new RenataError('INTERNAL', 'The orders of the run do not come to rest.');
    }
    const { slot, attempt } = action.wanted;
    switch (action.kind) {
      case 'release':
        this.mind?.release(row, slot);
        this.core.release(row, slot);
        return true;
      case 'refuse':
        await this.#deny(row, action.wanted, action.reason);
        return true;
      case 'place':
        return this.#place(row, hand, action);
      case 'amend': {
        const why = await hand.amend(action.order.clientOrderId, action.change);
        if (why !== null) this.#warn('change refused', why);
        return true;
      }
      default:
        // Without this the strategy would be told of a cancellation that it did not ask for.
        await this.#order(row, { kind: 'replace', slot, attempt });
        await hand.cancel(action.order.clientOrderId);
        return true;
    }
  }

  async #place(
    row: number,
    hand: Hand,
    action: Action & { readonly kind: 'place' },
  ): Promise<boolean> {
    const { session, mark, trading } = this.#options;
    const { id, symbol } = this.start.instruments[row] as TradableInstrument;
    const { wanted, terms, others } = action;
    if (terms.type === 'market' && session(id) !== 'regular') {
      // It is meant for the next price of the session.
      this.#actions -= 1;
      this.#lookAgain(LOOK);
      return false;
    }
    if (wanted.exit && this.#nothingToClose(id, terms.side)) {
      this.#actions -= 1;
      if (this.state !== 'running') return false;
      await this.setState(
        'paused',
        `The account holds nothing of ${symbol} that could be closed: somebody else has done so. Look at the positions, then stop the run.`,
      );
      this.#warn('is paused', this.reason);
      return false;
    }
    const arrival = arrivalOf(mark(id));
    const all = [wanted, ...others.map((other) => other.wanted)];
    const noted = this.#write(
      all.map(({ slot, attempt }) => {
        this.arrivals.set(placeOf(row, { slot, attempt }), arrival);
        return { type: 'portfolio-sent', instrument: row, slot, attempt, arrival };
      }),
    );
    try {
      await hand.place(action);
    } catch (error) {
      if (!(error instanceof RenataError) || trading.log.failed) throw error;
      for (const each of all) await this.#deny(row, each, error.message);
    }
    await noted;
    return true;
  }

  async #deny(row: number, { slot, attempt }: Wanted, reason: string): Promise<void> {
    await this.#order(row, { kind: 'end', slot, attempt, state: 'Denied', reason });
  }

  #nothingToClose(id: InstrumentId, side: 'buy' | 'sell'): boolean {
    const { log } = this.#options.trading;
    const units = toNumber(log.positions.get(this.account, id)?.quantity ?? ZERO);
    return side === 'sell' ? units <= 0 : units >= 0;
  }

  /** Whether everything that must have happened before the closes of a moment has been heard. */
  #ready({ bars }: HeardMoment): boolean {
    const pending = this.core.wanted().some(({ instrument, wanted }) => {
      const bar = bars[instrument] ?? null;
      const order = this.hands[instrument]?.order(wanted.slot, wanted.attempt);
      const open = order !== undefined && !isClosed(order) && !wanted.waits;
      return bar !== null && open && inReach(wanted, bar);
    });
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
    while (this.core.wanted().length > 0 && clock.elapsed() < limit) {
      const { promise, resolve } = Promise.withResolvers<void>();
      clock.after(20, () => resolve());
      await promise;
    }
  }

  /** Why it ended, and what it leaves behind. */
  #leftOver(reason: string): string {
    const open = this.hands.reduce((sum, hand) => sum + hand.open().length, 0);
    const held = this.core.legs
      .filter(({ book }) => book.held !== ZERO)
      .map(({ book, symbol }) => `${book.held} ${symbol}`);
    const orders = `${open} of its orders still ${open === 1 ? 'works' : 'work'}.`;
    const positions = `Its positions are still there: ${held.join(', ')}.`;
    return [reason, open > 0 ? orders : '', held.length > 0 ? positions : '']
      .filter((part) => part !== '')
      .join(' ');
  }

  async #failed(error: unknown): Promise<void> {
    const { onDefect, trading } = this.#options;
    if (!(error instanceof RenataError)) onDefect(error, 'strategy');
    const message = error instanceof Error ? error.message : String(error);
    this.state = 'failed';
    this.reason = `${message} Orders that work stay at the venue.`;
    this.#warn('has stopped', this.reason);
    this.#options.onChange();
    if (trading.log.failed) return;
    try {
      await this.setState('failed', this.reason);
    } catch {
      // A journal that has failed is told by itself.
    }
  }

  #warn(what: string, text: string): void {
    const { strategy } = this.start.request;
    const level = what === 'change refused' ? 'warning' : 'error';
    const title = level === 'warning' ? `${strategy}: ${what}` : `${strategy} ${what}`;
    this.#options.onNotice({ level, title, text, subject: this.id });
  }

  async #write(entries: readonly PortfolioEntry[]): Promise<void> {
    await this.#options.trading.log.write(entries.map((each) => portfolioDraft(this.id, each)));
  }
}

/** Whether the strategy's code ended with an entry; orders that left meanwhile may lie between. */
function endedAfter(entries: readonly PortfolioEntry[], at: number): PortfolioEnded | null {
  for (let next = at + 1; next < entries.length; next += 1) {
    const entry = entries[next] as PortfolioEntry;
    // JSON has no NaN.
    if (entry.type === 'portfolio-ended') return JSON.parse(JSON.stringify(entry), withNaN);
    if (entry.type !== 'portfolio-sent') return null;
  }
  return null;
}

function withNaN(_key: string, value: unknown): unknown {
  return value === null ? Number.NaN : value;
}

function exits({ action }: Task): boolean {
  return action.wanted.exit;
}

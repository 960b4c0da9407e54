import type { Bar } from '../../../engine/domain/bar.ts';
import { toNumber } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { timeframe as parseTimeframe } from '../../../engine/domain/timeframe.ts';
import type { LiveProgram } from '../../../engine/live/program.ts';
import { LiveRun } from '../../../engine/live/run.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type {
  DriftReportView,
  LiveStrategyRequest,
  LiveStrategyView,
  OnExit,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import { ClosingTimes } from '../../../engine/series/closing-times.ts';
import { barOfRow, columnsOf } from '../../../engine/series/live-bars.ts';
import type { Watch } from '../market-data/types.ts';
import { newId } from '../trading/identifiers.ts';
import { readHistory, readNewest } from './bar-history.ts';
import {
  checkAccount,
  checkInstrument,
  conflict,
  hasFailed,
  otherText,
  programOf,
  type LoadedProgram,
} from './checks.ts';
import type { CodeMind } from './code-mind.ts';
import { reportOf } from './drift-report.ts';
import { listenTo } from './listen.ts';
import type { LiveStrategiesOptions } from './options.ts';
import { PortfolioDesk } from './portfolio-desk.ts';
import { readPortfolioEntry, readStart, type PortfolioStartRecord } from './portfolio-records.ts';
import { PortfolioRun } from './portfolio-run.ts';
import { remember } from './replay.ts';
import {
  barOf,
  columnsOfRows,
  readEntry,
  readStates,
  runDraft,
  RUNS,
  stateDraft,
  warmUpDrafts,
  type RunRecord,
  type StartRecord,
} from './records.ts';
import { StrategyRun } from './strategy-run.ts';

/** Changes are gathered for so long before they are told. */
const GATHER = 100;
/** Entries between an input and the end of the code that it was the last of: orders that left meanwhile. */
const AHEAD = 32;
/** More entries than a run can have. */
const ALL = 1_000_000_000;

/** A run of one instrument, or of several. */
type AnyRun = StrategyRun | PortfolioRun;

interface Held {
  readonly run: AnyRun;
  readonly watches: readonly Watch[];
}

/**
 * Strategies at work, live and on paper. Their bars are those of the market data service, their orders go
 * through the one order path. A run that the end of the program has interrupted waits until it is resumed:
 * nothing trades by itself because Renata was started.
 */
export class LiveStrategies {
  readonly #options: LiveStrategiesOptions;
  readonly #runs = new Map<string, Held>();
  /** Runs that are not at work, as the journal has them. */
  readonly #states: Map<string, RunRecord>;
  /** How runs that are not at work stand. */
  readonly #views = new Map<string, LiveStrategyView>();
  readonly #starting = new Set<string>();
  readonly #changed = new Set<AnyRun>();
  readonly #portfolios: PortfolioDesk;
  #cancelTell: (() => void) | undefined;
  #closed = false;

  private constructor(options: LiveStrategiesOptions, states: Map<string, RunRecord>) {
    this.#options = options;
    this.#states = states;
    this.#portfolios = new PortfolioDesk(options, (run) => this.#tell(run));
  }

  static async open(options: LiveStrategiesOptions): Promise<LiveStrategies> {
    return new LiveStrategies(options, readStates(await options.journal.about(RUNS, ALL)));
  }

  /** @throws RenataError in one sentence for whatever stands against the run */
  async start(request: LiveStrategyRequest): Promise<LiveStrategyView> {
    checkAccount(this.#options.trading, request);
    const loaded = programOf(request, await this.#options.load(request));
    const id = newId('L', this.#options.clock.now());
    const { run, watches } =
      loaded.portfolio === null
        ? await this.#startOne(id, request, loaded)
        : await this.#portfolios.start(id, request, loaded);
    this.#keep(run, watches);
    run.begin();
    return run.view();
  }

  async #startOne(
    runId: string,
    request: LiveStrategyRequest,
    { program, mind, title, text, hash }: LoadedProgram,
  ): Promise<{ readonly run: StrategyRun; readonly watches: readonly Watch[] }> {
    const { clock, trading, market } = this.#options;
    const instrument = await market.instrument(request.instrument as InstrumentId);
    checkInstrument(instrument);
    const now = clock.now();
    const start: StartRecord = { request, title, instrument, text, hash, time: now };
    const core = this.#core(start, program);
    const run = this.#make(runId, start, core, mind);
    const watches: Watch[] = [];
    try {
      await mind?.open(this.#options.code, core);
      // Bars that close while the past is read are heard as well; those that are in both count once.
      watches.push(...(await this.#listen(run)));
      const history = this.#history(start);
      const past = await readNewest(history, request.warmUp, now);
      const bars = past ?? columnsOf([]);
      await mind?.hear({ kind: 'warm', bars });
      mind?.requireAlive();
      await trading.log.write([
        runDraft(runId, { type: 'start', start }),
        ...warmUpDrafts(runId, bars),
        stateDraft({ id: runId, state: 'running', reason: '', time: now }),
      ]);
      core.warm(bars);
      return { run, watches };
    } catch (error) {
      for (const watch of watches) watch.end();
      await mind?.close();
      throw error;
    }
  }

  /**
   * Goes on with a run that was paused, or interrupted by the end of the program: it takes up where it was.
   * Bars that closed meanwhile are taken, what was decided on them is not traded.
   * @throws RenataError NOT_FOUND, CONFLICT for one that has ended
   */
  async resume(id: string): Promise<LiveStrategyView> {
    const held = this.#runs.get(id);
    if (held !== undefined) {
      const { run } = held;
      if (run.state !== 'paused') throw conflict(id, run.state, 'resumed');
      if ((run.mind?.ended ?? null) !== null) throw hasFailed(id);
      checkAccount(this.#options.trading, run.start.request);
      await run.setState('running', '');
      run.poke();
      return run.view();
    }
    const record = this.#require(id);
    if (record.state !== 'running' && record.state !== 'paused') {
      throw conflict(id, record.state, 'resumed');
    }
    if (this.#starting.has(id)) throw conflict(id, 'starting', 'resumed');
    this.#starting.add(id);
    try {
      return (await this.#revive(id)).view();
    } finally {
      this.#starting.delete(id);
    }
  }

  async pause(id: string, reason = ''): Promise<LiveStrategyView> {
    const { run } = this.#working(id, 'paused');
    if (run.state === 'running') await run.setState('paused', reason);
    return run.view();
  }

  /** Ends a run for good. One that was interrupted ends where it was left. */
  async stop(id: string, onExit: OnExit): Promise<LiveStrategyView> {
    if (!this.#runs.has(id)) {
      const record = this.#require(id);
      if (record.state === 'stopped') throw conflict(id, 'stopped', 'stopped');
      if (record.state === 'failed' && onExit === 'keep') throw conflict(id, 'failed', 'stopped');
      // Its orders are its own again before they are taken away.
      await this.#revive(id);
    }
    const { run } = this.#working(id, 'stopped');
    await run.stop(onExit, 'Stopped by the user.');
    this.#end(id);
    return run.view();
  }

  /** Every run that is known, the newest first. */
  async list(): Promise<readonly LiveStrategyView[]> {
    const views: LiveStrategyView[] = [];
    for (const id of this.#states.keys()) {
      try {
        views.push(await this.get(id));
      } catch (error) {
        // One that cannot be read does not hide the others.
        this.#options.onDefect(error, `run ${id}`);
      }
    }
    return views.toReversed();
  }

  async get(id: string): Promise<LiveStrategyView> {
    const run = this.#runs.get(id)?.run;
    if (run !== undefined) return run.view();
    const view = this.#views.get(id) ?? (await this.#look(id, async (run) => run.view()));
    this.#views.set(id, view);
    return view;
  }

  /** The run beside its twin and beside the backtest over what history has now. */
  async report(id: string): Promise<DriftReportView> {
    const run = this.#runs.get(id)?.run;
    return run === undefined ? this.#look(id, (read) => this.#reportOn(read)) : this.#reportOn(run);
  }

  async #reportOn(run: AnyRun): Promise<DriftReportView> {
    if (run instanceof PortfolioRun) return this.#portfolios.report(run);
    const { bars, warmUp } = run.core;
    const from = bars.time[warmUp];
    const now = from === undefined ? null : await this.#span(run, from, run.core.lastTime);
    return reportOf(run, {
      history: now,
      played: await run.mind?.play(this.#options.code, run.core, now),
      calendar: this.#options.calendar(run.start.instrument.calendar),
      ledger: this.#options.trading.log.ledger,
    });
  }

  /** Something about an order has changed. */
  onOrder(order: Pick<OrderRecord, 'source' | 'clientOrderId'>): void {
    if (order.source.kind !== 'strategy') return;
    for (const { run } of this.#runs.values()) {
      run.touch(order.clientOrderId);
      run.poke();
    }
  }

  onFill(): void {
    for (const { run } of this.#runs.values()) run.poke();
  }

  /** Trading was halted: the kill switch ends runs, everything else pauses them. */
  onRisk(): void {
    const { state, by, reason } = this.#options.trading.risk.state;
    if (state !== 'halted') return;
    for (const { run } of this.#runs.values()) {
      if (run.state !== 'running' && !(by === 'kill-switch' && run.state === 'paused')) continue;
      const why = `Trading was halted${reason === '' ? '' : ` (${reason})`}.`;
      const work =
        by === 'kill-switch'
          ? run.stop('keep', why).then(() => this.#end(run.id))
          : run.setState('paused', why);
      work.catch((error: unknown) => this.#options.onDefect(error, 'strategy'));
    }
  }

  /** Settles when no run has anything to do. */
  async idle(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ run }) => run.idle()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTell?.();
    for (const { run, watches } of this.#runs.values()) {
      for (const watch of watches) watch.end();
      await run.close();
    }
    this.#runs.clear();
  }

  #core({ request, instrument }: StartRecord, program: LiveProgram): LiveRun {
    const { parameters, settings } = request;
    return new LiveRun({
      program,
      parameters,
      settings: {
        ...settings,
        lotSize: Math.max(settings.lotSize, toNumber(instrument.lotSize)),
        // As a backtest has it where nothing is multiplied.
        ...(instrument.multiplier === '1' ? {} : { multiplier: toNumber(instrument.multiplier) }),
      },
      market: {
        timeframe: parseTimeframe(request.timeframe),
        calendar: this.#options.calendar(instrument.calendar),
        hours: 'regular',
      },
    });
  }

  #make(id: string, start: StartRecord, core: LiveRun, mind: CodeMind | null): StrategyRun {
    const { trading, market, clock, session, onNotice, onDefect } = this.#options;
    const { timeframe, calendar, hours } = core.setup.market;
    const closings = new ClosingTimes(timeframe, { calendar, hours });
    const run: StrategyRun = new StrategyRun({
      id,
      start,
      core,
      mind,
      trading,
      clock,
      session,
      mark: (each) => market.mark(each),
      closing: (time) => closings.of(time),
      onChange: () => this.#tell(run),
      onNotice,
      onDefect,
    });
    return run;
  }

  #keep(run: AnyRun, watches: readonly Watch[]): void {
    this.#runs.set(run.id, { run, watches });
    this.#note(run);
    this.#tell(run);
  }

  #note({ id, state, reason }: AnyRun): void {
    this.#states.set(id, { id, state, reason, time: this.#options.clock.now() });
  }

  #end(id: string): void {
    const held = this.#runs.get(id);
    if (held === undefined) return;
    for (const watch of held.watches) watch.end();
    void held.run.mind?.close();
    this.#note(held.run);
    this.#views.set(id, held.run.view());
    this.#runs.delete(id);
  }

  /** Quotes for the gate, and bars as they close. */
  #listen(run: StrategyRun): Promise<Watch[]> {
    const id = run.start.request.instrument as InstrumentId;
    const { timeframe } = run.core.setup.market;
    return listenTo(this.#options, id, timeframe, (closed) =>
      run.hear(Array.from(closed.time.keys(), (i) => barOfRow(closed, i))),
    );
  }

  #history({ request, instrument }: StartRecord) {
    return {
      sources: this.#options.sources,
      instrument: request.instrument as InstrumentId,
      timeframe: parseTimeframe(request.timeframe),
      calendar: this.#options.calendar(instrument.calendar),
    };
  }

  /** Bars of history from one that was seen to another; null where they cannot be had now. */
  async #span(run: StrategyRun, from: number, to: number) {
    try {
      const bars = await readHistory(
        this.#history(run.start),
        from,
        to + 1,
        Number.POSITIVE_INFINITY,
      );
      return bars === null || bars.time.length === 0 ? null : bars;
    } catch (error) {
      this.#options.onDefect(error, 'history of a live run');
      return null;
    }
  }

  /** Reads of a run that is not at work. */
  async #look<Result>(id: string, read: (run: AnyRun) => Promise<Result>): Promise<Result> {
    const run = await this.#rebuilt(id);
    try {
      return await read(run);
    } finally {
      await run.close();
    }
  }

  /** A run as the journal has it, not at work. */
  async #rebuilt(id: string): Promise<AnyRun> {
    const record = this.#require(id);
    const written = await this.#options.journal.about(id, ALL);
    const first = written[0] === undefined ? null : readStart(written[0]);
    if (first === null) {
      throw new RenataError('STORE_DAMAGED', `The journal does not say how the run ${id} began.`);
    }
    const run = await this.#reread(id, first, written);
    // Whoever was at work is no more.
    const gone =
      record.state === 'running' || record.state === 'paused' || record.state === 'stopping';
    run.state = gone ? 'interrupted' : record.state;
    run.reason = gone ? 'Renata ended while it ran; resume or stop it.' : record.reason;
    return run;
  }

  /** A run from what it has written, with the text that it was begun with. */
  async #reread(
    id: string,
    start: StartRecord | PortfolioStartRecord,
    written: readonly JournalEntry[],
  ): Promise<AnyRun> {
    const { request, text } = start;
    const source =
      text === null ? undefined : { language: text.language, name: text.file, text: text.text };
    const strategy = { strategy: request.strategy, ...(source === undefined ? {} : { source }) };
    const loaded = programOf(request, await this.#options.load(strategy));
    if ('instruments' in start && loaded.portfolio !== null) {
      return this.#portfolios.rebuilt(id, written.map(readPortfolioEntry), start, loaded);
    }
    if ('instruments' in start || loaded.portfolio !== null) throw otherText(id);
    const { program, mind, hash } = loaded;
    const entries = written.map(readEntry);
    if (start.hash !== undefined && start.hash !== hash) throw otherText(id);
    const run = this.#make(id, start, this.#core(start, program), mind);
    try {
      await mind?.open(this.#options.code, run.core);
      for (const [i, entry] of entries.entries()) {
        if (mind !== null) await remember(mind, entry, entries.slice(i + 1, i + 1 + AHEAD));
        if (entry.type === 'warm-up') run.core.warm(columnsOfRows(entry.bars));
        else run.replay(entry, ({ bar }) => barOf(bar));
      }
    } catch (error) {
      await mind?.close();
      throw error;
    }
    return run;
  }

  async #revive(id: string): Promise<AnyRun> {
    const run = await this.#rebuilt(id);
    const watches: Watch[] = [];
    try {
      checkAccount(this.#options.trading, run.start.request);
      const several = run instanceof PortfolioRun;
      watches.push(...(await (several ? this.#portfolios.listen(run) : this.#listen(run))));
      const missed = several ? await this.#portfolios.missed(run) : [await this.#missed(run)];
      const ended = run.mind?.ended ?? null;
      if (ended === null) await run.setState('running', '');
      else await run.pauseForGood(ended);
      if (missed.some((bars) => bars.length > 0)) {
        await run.giveUpOld('The program had ended before it was sent.');
      }
      this.#keep(run, watches);
      if (several) run.begin(missed);
      else run.begin(missed[0]);
    } catch (error) {
      for (const watch of watches) watch.end();
      await run.close();
      throw error;
    }
    return run;
  }

  /** Bars that closed since the run was at work. */
  async #missed({ core, start }: StrategyRun): Promise<readonly Bar[]> {
    if (!Number.isFinite(core.lastTime)) return [];
    const now = this.#options.clock.now();
    const bars = await readHistory(this.#history(start), core.lastTime + 1, now, now);
    return bars === null ? [] : Array.from(bars.time.keys(), (i) => barOfRow(bars, i));
  }

  #require(id: string): RunRecord {
    const record = this.#states.get(id);
    if (record !== undefined) return record;
    throw new RenataError('NOT_FOUND', `run: there is no run ${id}; see renata paper list.`, {
      details: { parameter: 'run' },
    });
  }

  #working(id: string, what: string): Held {
    const held = this.#runs.get(id);
    if (held?.run.working === true) return held;
    const { state } = held?.run ?? this.#require(id);
    const gone = held === undefined && (state === 'running' || state === 'paused');
    throw conflict(id, gone ? 'interrupted' : state, what);
  }

  #tell(run: AnyRun): void {
    this.#changed.add(run);
    if (this.#closed || this.#cancelTell !== undefined) return;
    this.#cancelTell = this.#options.clock.after(GATHER, () => {
      this.#cancelTell = undefined;
      const views = [...this.#changed].map((each) => each.view());
      this.#changed.clear();
      for (const { id, state } of views) {
        if (state === 'stopped' || state === 'failed') this.#end(id);
      }
      this.#options.onChange(views);
    });
  }
}

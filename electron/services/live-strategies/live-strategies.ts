import { RenataError } from '../../../engine/domain/errors.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type {
  DriftReportView,
  LiveStrategyRequest,
  LiveStrategyView,
  OnExit,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import type { Watch } from '../market-data/types.ts';
import { newId } from '../trading/identifiers.ts';
import { checkAccount, conflict, hasFailed, programOf } from './checks.ts';
import type { LiveStrategiesOptions } from './options.ts';
import { readStates, RUNS, stateDraft, viewIn, type RunRecord } from './records.ts';
import { RunDesk } from './run-desk.ts';
import { standing } from './run-view.ts';
import type { StrategyRun } from './strategy-run.ts';
import { readWritten } from './written.ts';

/** Changes are gathered for so long before they are told. */
const GATHER = 100;
/** More entries than a run can have. */
const ALL = 1_000_000_000;

interface Held {
  readonly run: StrategyRun;
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
  readonly #changed = new Set<StrategyRun>();
  readonly #desk: RunDesk;
  #cancelTell: (() => void) | undefined;
  #closed = false;

  private constructor(options: LiveStrategiesOptions, states: Map<string, RunRecord>) {
    this.#options = options;
    this.#states = states;
    this.#desk = new RunDesk(options, (run) => this.#tell(run));
  }

  static async open(options: LiveStrategiesOptions): Promise<LiveStrategies> {
    return new LiveStrategies(options, readStates(await options.journal.about(RUNS, ALL)));
  }

  /** @throws RenataError in one sentence for whatever stands against the run */
  async start(request: LiveStrategyRequest): Promise<LiveStrategyView> {
    checkAccount(this.#options.trading, request);
    const loaded = programOf(request, await this.#options.load(request));
    const id = newId('L', this.#options.clock.now());
    const { run, watches } = await this.#desk.start(id, request, loaded);
    this.#keep(run, watches);
    run.begin();
    return run.view();
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
    const view = this.#views.get(id) ?? viewIn(this.#require(id)) ?? (await this.#playAgain(id));
    this.#views.set(id, view);
    return standing(id, view, this.#options.trading.log);
  }

  /** A run of which nobody has written down what became of it: that is done now, where it is over. */
  async #playAgain(id: string): Promise<LiveStrategyView> {
    const view = await this.#look(id, async (run) => run.view());
    const { trading, onDefect } = this.#options;
    if (isOver(view) && !trading.log.failed) {
      await trading.log
        .write([stateDraft({ ...this.#require(id), view })])
        .catch((error: unknown) => {
          onDefect(error, `run ${id}`);
        });
    }
    return view;
  }

  /** The run beside its twin and beside the backtest over what history has now. */
  async report(id: string): Promise<DriftReportView> {
    const run = this.#runs.get(id)?.run;
    if (run !== undefined) return this.#desk.report(run);
    return this.#look(id, (read) => this.#desk.report(read));
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

  #keep(run: StrategyRun, watches: readonly Watch[]): void {
    this.#runs.set(run.id, { run, watches });
    this.#note(run);
    this.#tell(run);
  }

  #note({ id, state, reason }: StrategyRun): void {
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

  /** Reads of a run that is not at work. */
  async #look<Result>(id: string, read: (run: StrategyRun) => Promise<Result>): Promise<Result> {
    const run = await this.#rebuilt(id);
    try {
      return await read(run);
    } finally {
      await run.close();
    }
  }

  /** A run as the journal has it, not at work. */
  async #rebuilt(id: string): Promise<StrategyRun> {
    const record = this.#require(id);
    const written = (await this.#options.journal.about(id, ALL)).map(readWritten);
    const [first] = written;
    if (first?.kind !== 'start') {
      throw new RenataError('STORE_DAMAGED', `The journal does not say how the run ${id} began.`);
    }
    const { request, text } = first.start;
    const source =
      text === null
        ? {}
        : { source: { language: text.language, name: text.file, text: text.text } };
    const given = await this.#options.load({ strategy: request.strategy, ...source });
    const run = await this.#desk.rebuilt(id, first.start, written, programOf(request, given));
    // Whoever was at work is no more.
    const gone =
      record.state === 'running' || record.state === 'paused' || record.state === 'stopping';
    run.state = gone ? 'interrupted' : record.state;
    run.reason = gone ? 'Renata ended while it ran; resume or stop it.' : record.reason;
    return run;
  }

  async #revive(id: string): Promise<StrategyRun> {
    const run = await this.#rebuilt(id);
    const watches: Watch[] = [];
    try {
      checkAccount(this.#options.trading, run.start.request);
      watches.push(...(await this.#desk.listen(run)));
      const missed = await this.#desk.missed(run);
      const ended = run.mind?.ended ?? null;
      if (ended === null) await run.setState('running', '');
      else await run.pauseForGood(ended);
      if (missed.some((bars) => bars.length > 0)) {
        await run.giveUpOld('The program had ended before it was sent.');
      }
      this.#keep(run, watches);
      run.begin(missed);
    } catch (error) {
      for (const watch of watches) watch.end();
      await run.close();
      throw error;
    }
    return run;
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

  #tell(run: StrategyRun): void {
    this.#changed.add(run);
    if (this.#closed || this.#cancelTell !== undefined) return;
    this.#cancelTell = this.#options.clock.after(GATHER, () => {
      this.#cancelTell = undefined;
      const views = [...this.#changed].map((each) => each.view());
      this.#changed.clear();
      for (const { id, state } of views) {
        if (isOver({ state })) this.#end(id);
      }
      this.#options.onChange(views);
    });
  }
}

function isOver({ state }: Pick<LiveStrategyView, 'state'>): boolean {
  return state === 'stopped' || state === 'failed';
}

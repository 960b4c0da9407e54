import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import { toNumber } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { resolveParameters } from '../../../engine/domain/parameters.ts';
import { timeframe as parseTimeframe } from '../../../engine/domain/timeframe.ts';
import type { MomentBars } from '../../../engine/live/code.ts';
import { barsOfTwins, frozenRun } from '../../../engine/live/drift.ts';
import { dataOfInstrument } from '../../../engine/live/portfolio-code.ts';
import { frozenPortfolio, portfolioTwinTasks } from '../../../engine/live/portfolio-drift.ts';
import { LivePortfolioRun } from '../../../engine/live/portfolio-run.ts';
import { scriptedPortfolio } from '../../../engine/live/portfolio-script.ts';
import { momentsOf, type PortfolioTwinTask } from '../../../engine/live/portfolio-twin.ts';
import type { LiveMarket, LiveProgram } from '../../../engine/live/program.ts';
import { LiveRun } from '../../../engine/live/run.ts';
import { scripted } from '../../../engine/live/script.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DriftReportView,
  LiveStrategyRequest,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import { ClosingTimes } from '../../../engine/series/closing-times.ts';
import { barOfRow } from '../../../engine/series/live-bars.ts';
import type { Watch } from '../market-data/types.ts';
import { readHistory, readNewest } from './bar-history.ts';
import { checkInstrument, otherText, type Loaded } from './checks.ts';
import { CodeMind, type CodeSource } from './code-mind.ts';
import { portfolioReport, reportOf } from './drift-report.ts';
import { listenTo } from './listen.ts';
import type { LiveStrategiesOptions } from './options.ts';
import {
  instrumentsOf,
  stateDraft,
  type AnyStart,
  type PortfolioStartRecord,
  type RunBody,
  type StartRecord,
} from './records.ts';
import { StrategyRun } from './strategy-run.ts';
import { draftOf, pastOf, type Written } from './written.ts';

/** Makes runs ready, of one instrument and of several, and lays them beside their twins. */
export class RunDesk {
  readonly #options: LiveStrategiesOptions;
  readonly #onChange: (run: StrategyRun) => void;

  constructor(options: LiveStrategiesOptions, onChange: (run: StrategyRun) => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /**
   * A new run with what was before it, written down, that has still to begin.
   * @throws RenataError in one sentence for whatever stands against it
   */
  async start(
    id: string,
    request: LiveStrategyRequest,
    loaded: Loaded,
  ): Promise<{ readonly run: StrategyRun; readonly watches: readonly Watch[] }> {
    const { clock, trading } = this.#options;
    const instruments = await this.#instruments(request.instruments ?? [request.instrument]);
    const { title, text, hash, several } = loaded;
    const time = clock.now();
    const common = { request, title, text, hash, time };
    const [instrument] = instruments as [TradableInstrument];
    const start = several ? { ...common, instruments } : { ...common, instrument };
    const run = await this.#make(id, start, loaded);
    const watches: Watch[] = [];
    try {
      // Bars that close while the past is read are heard as well; those that are in both count once.
      watches.push(...(await this.listen(run)));
      const past = pastOf(await this.#past(start));
      await run.replay(past);
      run.mind?.requireAlive();
      const written: Written[] = [{ kind: 'start', start }, ...past];
      await trading.log.write([
        ...written.map((each) => draftOf(id, several, each)),
        stateDraft({ id, state: 'running', reason: '', time }),
      ]);
      return { run, watches };
    } catch (error) {
      for (const watch of watches) watch.end();
      await run.close();
      throw error;
    }
  }

  /** A run as the journal has it, with the text that it was begun with; not at work. */
  async rebuilt(
    id: string,
    start: AnyStart,
    written: readonly Written[],
    loaded: Loaded,
  ): Promise<StrategyRun> {
    const sameText = start.hash === undefined || start.hash === loaded.hash;
    if (!sameText || 'instruments' in start !== loaded.several) throw otherText(id);
    const run = await this.#make(id, start, loaded);
    try {
      await run.replay(written);
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /** Quotes for the gate, and bars as they close, of all instruments. */
  async listen(run: StrategyRun): Promise<readonly Watch[]> {
    const timeframe = parseTimeframe(run.start.request.timeframe);
    const heard = await Promise.allSettled(
      run.instruments.map(({ id }, row) =>
        listenTo(this.#options, id, timeframe, (closed) => run.hear(row, barsOf(closed))),
      ),
    );
    const failed = heard.find((each) => each.status === 'rejected');
    const watches = heard.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (failed === undefined) return watches;
    for (const watch of watches) watch.end();
    throw failed.reason;
  }

  /** Bars of each instrument that closed since the run was at work. */
  async missed({ start, instruments, body }: StrategyRun): Promise<readonly (readonly Bar[])[]> {
    const now = this.#options.clock.now();
    const { lastTime } = body.core;
    if (!Number.isFinite(lastTime)) return instruments.map(() => []);
    return Promise.all(
      instruments.map(async (instrument) => {
        const bars = await readHistory(this.#history(start, instrument), lastTime + 1, now, now);
        return bars === null ? [] : barsOf(bars);
      }),
    );
  }

  /** The run beside its twin and beside the backtest over what history has now. */
  async report(run: StrategyRun): Promise<DriftReportView> {
    const { body, mind, instruments } = run;
    const { ledger } = this.#options.trading.log;
    const span = (times: ArrayLike<number>, warmUp: number) =>
      Promise.all(instruments.map((each) => this.#span(body.start, each, times, warmUp)));
    if (body.several) {
      const frozen = frozenPortfolio(body.core);
      const history = await span(frozen.times, frozen.warmUp);
      const tasks = portfolioTwinTasks(frozen, history);
      const { parameters } = frozen.setup;
      const play = (task: PortfolioTwinTask) => this.#playSeveral(mind, parameters, task);
      const twins = {
        seen: await play(tasks.seen),
        history: tasks.history === null ? null : await play(tasks.history),
      };
      return portfolioReport(run, ledger, { frozen, history, twins });
    }
    const frozen = frozenRun(body.core);
    const [history = null] = await span(frozen.bars.toColumns().time, frozen.warmUp);
    if (mind === null) return reportOf(run, ledger, { frozen, history });
    const tasks = barsOfTwins(frozen, history);
    const play = (bars: BarColumns) => this.#playOne(mind, frozen, bars);
    const twins = {
      seen: await play(tasks.seen),
      history: tasks.history === null ? null : await play(tasks.history),
    };
    return reportOf(run, ledger, { frozen, history, twins });
  }

  async #instruments(ids: readonly string[]): Promise<readonly TradableInstrument[]> {
    const found: TradableInstrument[] = [];
    for (const each of ids) {
      const instrument = await this.#options.market.instrument(each as InstrumentId);
      checkInstrument(instrument);
      const [first = instrument] = found;
      if (found.some(({ id }) => id === instrument.id)) {
        throw refused(`${instrument.id} is there twice; name each once`);
      }
      if (instrument.currency !== first.currency) {
        throw refused(
          `${first.id} is in ${first.currency} and ${instrument.id} in ${instrument.currency}; a live run takes instruments of one currency`,
        );
      }
      found.push(instrument);
    }
    return found;
  }

  async #make(id: string, start: AnyStart, { program }: Loaded): Promise<StrategyRun> {
    const { trading, market, clock, session, onNotice, onDefect } = this.#options;
    const { body, mind } = await ('instruments' in start
      ? this.#several(start, program as CodeSource)
      : this.#one(start, program));
    try {
      const closings = instrumentsOf(start).map((each) => {
        const { timeframe, calendar, hours } = this.#market(start, each);
        return new ClosingTimes(timeframe, { calendar, hours });
      });
      const run: StrategyRun = new StrategyRun({
        id,
        body,
        mind,
        trading,
        clock,
        session,
        mark: (each) => market.mark(each),
        closing: (time) => Math.max(...closings.map((each) => each.of(time))),
        onChange: () => this.#onChange(run),
        onNotice,
        onDefect,
      });
      return run;
    } catch (error) {
      await mind?.close();
      throw error;
    }
  }

  /** The books of a run, and beside them its strategy where that is code. */
  async #one(start: StartRecord, program: Loaded['program']) {
    const { request, instrument } = start;
    const { settings } = request;
    const market = this.#market(start, instrument);
    const script = scripted();
    const coreOf = (given: LiveProgram): LiveRun =>
      new LiveRun({
        program: given,
        parameters: request.parameters,
        settings: {
          ...settings,
          lotSize: Math.max(settings.lotSize, toNumber(instrument.lotSize)),
          ...multiplierOf(instrument),
        },
        market,
      });
    if ('kind' in program) {
      const body: RunBody = { several: false, start, core: coreOf(program) };
      return { body, mind: null };
    }
    const { id, file, code, parameters } = program;
    // Parameters are checked where the strategy is made, which is before the run begins.
    const local = { parameters, validate: () => undefined, start: () => script };
    const core = coreOf({ kind: 'code', id, code: local });
    const work = await this.#options.code.open({
      kind: 'one',
      start: {
        id,
        file,
        code,
        parameters: core.parameters,
        settings: core.settings,
        market: { ...market, calendar: market.calendar.data },
      },
    });
    const body: RunBody = { several: false, start, core };
    return { body, mind: new CodeMind(program, work, script) };
  }

  async #several(start: PortfolioStartRecord, source: CodeSource) {
    const { request, instruments } = start;
    const { id, file, code } = source;
    const setup = {
      id,
      parameters: resolveParameters(id, source.parameters, request.parameters),
      settings: request.settings,
      currency: instruments[0]?.currency ?? 'USD',
      lookback: 1,
      instruments: instruments.map((instrument) => ({
        symbol: symbolOf(instrument, instruments),
        lotSize: toNumber(instrument.lotSize),
        ...multiplierOf(instrument),
        market: this.#market(start, instrument),
      })),
    };
    const script = scriptedPortfolio();
    const data = setup.instruments.map(dataOfInstrument);
    const work = await this.#options.code.open({
      kind: 'several',
      start: { ...setup, instruments: data, file, code },
    });
    const mind = new CodeMind(source, work, script);
    try {
      const core = new LivePortfolioRun({ ...setup, strategy: script });
      const body: RunBody = { several: true, start, core };
      return { body, mind };
    } catch (error) {
      await mind.close();
      throw error;
    }
  }

  #market({ request }: AnyStart, { calendar }: TradableInstrument): LiveMarket {
    return {
      timeframe: parseTimeframe(request.timeframe),
      calendar: this.#options.calendar(calendar),
      hours: 'regular',
    };
  }

  #history(start: AnyStart, instrument: TradableInstrument) {
    const { timeframe, calendar } = this.#market(start, instrument);
    const { sources } = this.#options;
    return { sources, instrument: instrument.id, timeframe, calendar };
  }

  /** The newest moments before the run, as many as were asked for. */
  async #past(start: AnyStart): Promise<readonly MomentBars[]> {
    const { warmUp } = start.request;
    const known = await Promise.all(
      instrumentsOf(start).map(async (instrument) => {
        const bars = await readNewest(this.#history(start, instrument), warmUp, start.time);
        return new Map((bars === null ? [] : barsOf(bars)).map((bar) => [bar.time, bar]));
      }),
    );
    const times = momentsOf(known.map((bars) => ({ time: Float64Array.from(bars.keys()) })));
    return times.slice(Math.max(0, times.length - warmUp)).map((time) => ({
      time,
      bars: known.map((bars) => bars.get(time) ?? null),
    }));
  }

  /** Bars of history from the first of the run to the last; null where they cannot be had now. */
  async #span(
    start: AnyStart,
    instrument: TradableInstrument,
    times: ArrayLike<number>,
    warmUp: number,
  ): Promise<BarColumns | null> {
    const [from, to] = [times[warmUp], times[times.length - 1]];
    if (from === undefined || to === undefined) return null;
    try {
      const history = this.#history(start, instrument);
      const bars = await readHistory(history, from, to + 1, Number.POSITIVE_INFINITY);
      return bars === null || bars.time.length === 0 ? null : bars;
    } catch (error) {
      this.#options.onDefect(error, 'history of a live run');
      return null;
    }
  }

  #playOne(
    { source, failed }: CodeMind,
    { parameters, settings, setup, warmUp }: ReturnType<typeof frozenRun>,
    bars: BarColumns,
  ) {
    const { id, file, code } = source;
    const { timeframe, calendar, hours } = setup.market;
    const program = { kind: 'code', file, code, trusted: false } as const;
    return this.#options.code.twin({
      strategy: id,
      program: { program, timeframe, calendar: calendar.data, others: {} },
      parameters,
      settings,
      hours,
      bars,
      warmUp,
      failed,
    });
  }

  #playSeveral(
    mind: CodeMind | null,
    parameters: LiveStrategyRequest['parameters'],
    { settings: { currency, ...settings }, instruments, bars, warmUp }: PortfolioTwinTask,
  ) {
    if (mind === null) throw new RenataError('INTERNAL', 'The strategy of the run is not code.');
    const { source, failed } = mind;
    const { id, file, code } = source;
    return this.#options.code.portfolioTwin({
      strategy: id,
      file,
      code,
      parameters,
      settings,
      currency,
      instruments: instruments.map(dataOfInstrument),
      bars,
      warmUp,
      failed,
    });
  }
}

/** As a backtest has it where nothing is multiplied. */
function multiplierOf({ multiplier }: TradableInstrument): { readonly multiplier?: number } {
  return multiplier === '1' ? {} : { multiplier: toNumber(multiplier) };
}

/** As a strategy calls it: by its symbol, where that is of one instrument alone. */
function symbolOf({ id, symbol }: TradableInstrument, all: readonly TradableInstrument[]): string {
  return all.filter((each) => each.symbol === symbol).length > 1 ? id : symbol;
}

function barsOf(columns: BarColumns): Bar[] {
  return Array.from(columns.time.keys(), (row) => barOfRow(columns, row));
}

function refused(what: string): RenataError {
  return new RenataError('BAD_INPUT', `instruments: ${what}.`, {
    details: { parameter: 'instruments' },
  });
}

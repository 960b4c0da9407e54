import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import { toNumber } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { resolveParameters } from '../../../engine/domain/parameters.ts';
import { timeframe as parseTimeframe } from '../../../engine/domain/timeframe.ts';
import { dataOfInstrument } from '../../../engine/live/portfolio-code.ts';
import {
  frozenPortfolio,
  portfolioTwinTasks,
  type FrozenPortfolio,
} from '../../../engine/live/portfolio-drift.ts';
import { LivePortfolioRun } from '../../../engine/live/portfolio-run.ts';
import { momentsOf, type PortfolioTwinTask } from '../../../engine/live/portfolio-twin.ts';
import type { LivePortfolioSetup } from '../../../engine/live/portfolio-types.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { DriftReportView, OnExit } from '../../../engine/protocol/live-strategy-schemas.ts';
import { ClosingTimes } from '../../../engine/series/closing-times.ts';
import { barOfRow } from '../../../engine/series/live-bars.ts';
import type { Watch } from '../market-data/types.ts';
import { readHistory, readNewest } from './bar-history.ts';
import { checkInstrument, otherText, type LoadedPortfolio } from './checks.ts';
import type { CodeSource } from './code-mind.ts';
import { listenTo } from './listen.ts';
import type { LiveStrategiesOptions } from './options.ts';
import { PortfolioMind } from './portfolio-mind.ts';
import type { HeardMoment } from './portfolio-moments.ts';
import {
  momentRow,
  portfolioDraft,
  warmUpMoments,
  type MomentRow,
  type PortfolioEntry,
  type PortfolioStartRecord,
} from './portfolio-records.ts';
import { portfolioReport } from './portfolio-report.ts';
import { PortfolioRun } from './portfolio-run.ts';
import { stateDraft } from './records.ts';

/** Makes the runs of strategies of several instruments ready, and lays them beside their twins. */
export class PortfolioDesk {
  readonly #options: LiveStrategiesOptions;
  readonly #onChange: (run: PortfolioRun) => void;
  readonly #sources = new WeakMap<PortfolioRun, CodeSource>();

  constructor(options: LiveStrategiesOptions, onChange: (run: PortfolioRun) => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /**
   * A new run with what was before it, written down, that has still to begin.
   * @throws RenataError in one sentence for whatever stands against it
   */
  async start(
    id: string,
    request: PortfolioStartRecord['request'],
    { portfolio, title, text, hash }: LoadedPortfolio,
  ): Promise<{ readonly run: PortfolioRun; readonly watches: readonly Watch[] }> {
    const { clock, trading } = this.#options;
    const instruments = await this.#instruments(request.instruments ?? []);
    const time = clock.now();
    const start: PortfolioStartRecord = { request, title, instruments, text, hash, time };
    const run = await this.#make(id, start, portfolio);
    const watches: Watch[] = [];
    try {
      // Bars that close while the past is read are heard as well; those that are in both count once.
      watches.push(...(await this.listen(run)));
      const past = warmUpMoments(await this.#past(start));
      await run.replay(past);
      run.mind?.requireAlive();
      await trading.log.write([
        portfolioDraft(id, { type: 'start', start }),
        ...past.map((entry) => portfolioDraft(id, entry)),
        stateDraft({ id, state: 'running', reason: '', time }),
      ]);
      return { run, watches };
    } catch (error) {
      for (const watch of watches) watch.end();
      await run.close();
      throw error;
    }
  }

  /** A run as the journal has it, not at work. */
  async rebuilt(
    id: string,
    entries: readonly PortfolioEntry[],
    start: PortfolioStartRecord,
    { portfolio, hash }: LoadedPortfolio,
  ): Promise<PortfolioRun> {
    if (start.hash !== hash) throw otherText(id);
    const run = await this.#make(id, start, portfolio);
    try {
      await run.replay(entries);
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /** Quotes for the gate, and bars as they close, of all instruments. */
  async listen(run: PortfolioRun): Promise<readonly Watch[]> {
    const heard = await Promise.allSettled(
      run.start.instruments.map(({ id }, row) =>
        listenTo(this.#options, id, parseTimeframe(run.start.request.timeframe), (closed) =>
          run.hear(row, barsOf(closed)),
        ),
      ),
    );
    const failed = heard.find((each) => each.status === 'rejected');
    const watches = heard.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (failed === undefined) return watches;
    for (const watch of watches) watch.end();
    throw failed.reason;
  }

  /** Bars of each instrument that closed since the run was at work. */
  async missed(run: PortfolioRun): Promise<readonly (readonly Bar[])[]> {
    const { start, core } = run;
    const now = this.#options.clock.now();
    if (!Number.isFinite(core.lastTime)) return start.instruments.map(() => []);
    return Promise.all(
      start.instruments.map(async (instrument) => {
        const history = this.#history(start, instrument);
        const bars = await readHistory(history, core.lastTime + 1, now, now);
        return bars === null ? [] : barsOf(bars);
      }),
    );
  }

  /** The run beside its twin and beside the backtest over what history has now. */
  async report(run: PortfolioRun): Promise<DriftReportView> {
    const frozen = frozenPortfolio(run.core);
    const history = await Promise.all(
      run.start.instruments.map((instrument) => this.#span(run.start, instrument, frozen)),
    );
    const tasks = portfolioTwinTasks(frozen, history);
    const twins = {
      seen: await this.#play(run, frozen, tasks.seen),
      history: tasks.history === null ? null : await this.#play(run, frozen, tasks.history),
    };
    const { ledger } = this.#options.trading.log;
    return portfolioReport(run, { frozen, history, twins, ledger });
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

  /** The strategy is made ready where it thinks, and the run's own books beside it. */
  async #make(id: string, start: PortfolioStartRecord, source: CodeSource): Promise<PortfolioRun> {
    const { trading, market, clock, session, code, onNotice, onDefect } = this.#options;
    const setup = this.#setup(start, source);
    const instruments = setup.instruments.map(dataOfInstrument);
    const { file, code: text } = source;
    const mind = new PortfolioMind(
      await code.openPortfolio({ ...setup, instruments, file, code: text }),
    );
    try {
      const closings = setup.instruments.map(
        ({ market: { timeframe, calendar, hours } }) =>
          new ClosingTimes(timeframe, { calendar, hours }),
      );
      const ends = ({ time }: HeardMoment): OnExit | null => {
        const { end, onExit } = start.request;
        const closing = Math.max(...closings.map((each) => each.of(time)));
        return end !== null && closing >= end ? onExit : null;
      };
      const run: PortfolioRun = new PortfolioRun({
        id,
        start,
        core: new LivePortfolioRun({ ...setup, strategy: mind.script }),
        mind,
        trading,
        clock,
        session,
        mark: (each) => market.mark(each),
        ends,
        onState: async (state, reason) => {
          await trading.log.write([stateDraft({ id, state, reason, time: clock.now() })]);
        },
        onChange: () => this.#onChange(run),
        onNotice,
        onDefect,
      });
      this.#sources.set(run, source);
      return run;
    } catch (error) {
      await mind.close();
      throw error;
    }
  }

  #setup(
    { request, instruments }: PortfolioStartRecord,
    { id, parameters }: CodeSource,
  ): Omit<LivePortfolioSetup, 'strategy'> {
    const { settings, timeframe } = request;
    return {
      id,
      parameters: resolveParameters(id, parameters, request.parameters),
      settings,
      currency: instruments[0]?.currency ?? 'USD',
      lookback: 1,
      instruments: instruments.map((instrument) => ({
        symbol: symbolOf(instrument, instruments),
        lotSize: toNumber(instrument.lotSize),
        ...(instrument.multiplier === '1' ? {} : { multiplier: toNumber(instrument.multiplier) }),
        market: {
          timeframe: parseTimeframe(timeframe),
          calendar: this.#options.calendar(instrument.calendar),
          hours: 'regular',
        },
      })),
    };
  }

  #history({ request }: PortfolioStartRecord, { id, calendar }: TradableInstrument) {
    return {
      sources: this.#options.sources,
      instrument: id,
      timeframe: parseTimeframe(request.timeframe),
      calendar: this.#options.calendar(calendar),
    };
  }

  /** The newest moments before the run, as many as were asked for. */
  async #past(start: PortfolioStartRecord): Promise<readonly MomentRow[]> {
    const { warmUp } = start.request;
    const all = await Promise.all(
      start.instruments.map(async (instrument) => {
        const bars = await readNewest(this.#history(start, instrument), warmUp, start.time);
        return bars === null ? [] : barsOf(bars);
      }),
    );
    const known = all.map((bars) => new Map(bars.map((bar) => [bar.time, bar])));
    const times = momentsOf(known.map((bars) => ({ time: Float64Array.from(bars.keys()) })));
    return times.slice(Math.max(0, times.length - warmUp)).map((time) => {
      return momentRow(
        time,
        known.map((bars) => bars.get(time) ?? null),
      );
    });
  }

  /** Bars of history from the first moment of the run to the last; null where they cannot be had now. */
  async #span(
    start: PortfolioStartRecord,
    instrument: TradableInstrument,
    { times, warmUp }: FrozenPortfolio,
  ): Promise<BarColumns | null> {
    const [from, to] = [times[warmUp], times.at(-1)];
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

  #play(run: PortfolioRun, { setup }: FrozenPortfolio, task: PortfolioTwinTask) {
    const { id, file, code } = this.#sources.get(run) as CodeSource;
    const { settings, instruments, bars, warmUp } = task;
    const { currency, ...rest } = settings;
    return this.#options.code.portfolioTwin({
      strategy: id,
      file,
      code,
      parameters: setup.parameters,
      settings: rest,
      currency,
      instruments: instruments.map(dataOfInstrument),
      bars,
      warmUp,
      failed: run.mind?.failed ?? null,
    });
  }
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

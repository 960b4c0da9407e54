import { CodeMind } from '../../../../electron/services/live-strategies/code-mind.ts';
import type {
  CodeAtWork,
  CodePlace,
} from '../../../../electron/services/live-strategies/code-thread.ts';
import {
  RUNS,
  type PortfolioStartRecord,
  type RunRecord,
} from '../../../../electron/services/live-strategies/records.ts';
import {
  BAR_PATIENCE,
  StrategyRun,
} from '../../../../electron/services/live-strategies/strategy-run.ts';
import { readWritten } from '../../../../electron/services/live-strategies/written.ts';
import type { LoadedStrategy } from '../../../../electron/services/strategies/library.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { toNumber, ZERO } from '../../../../engine/domain/decimal.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import type { MomentBars } from '../../../../engine/live/code.ts';
import { dataOfInstrument } from '../../../../engine/live/portfolio-code.ts';
import {
  frozenPortfolio,
  portfolioDriftOf,
  portfolioTwinTasks,
  type PortfolioDriftReport,
} from '../../../../engine/live/portfolio-drift.ts';
import { LivePortfolioRun } from '../../../../engine/live/portfolio-run.ts';
import { scriptedPortfolio } from '../../../../engine/live/portfolio-script.ts';
import { momentsOf, portfolioTwinOf } from '../../../../engine/live/portfolio-twin.ts';
import type {
  LivePortfolioSetup,
  RunningPortfolio,
} from '../../../../engine/live/portfolio-types.ts';
import type { JournalEntry } from '../../../../engine/ports/journal.ts';
import type { LiveStrategyRequest } from '../../../../engine/protocol/live-strategy-schemas.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { LiveCodeRun } from '../../../../workers/live-code.ts';
import type { Played } from '../../engine/live/portfolio-stage.ts';
import { calendar } from '../../engine/series/market.ts';
import { HERE, loadedCode } from './floor.ts';
import { ACCOUNT, DAY, Hall, instrumentOf, type Seat } from './hall.ts';

const RUN = 'P1';

export interface PortfolioFloorOptions {
  readonly bars: Readonly<Record<string, BarColumns>>;
  readonly create: () => Played;
  /** Runs this, as code in its sandbox; `create` is then the same for its twin. */
  readonly code?: string;
  /** Moments before the run. */
  readonly warmUp: number;
  readonly settings?: Partial<BacktestSettings>;
  readonly accountCash?: string;
  /** The run is begun, resumed and ended through the live strategies: here runs code in its sandbox. */
  readonly place?: CodePlace;
  /** Currency of an instrument that is not in USD. */
  readonly currencies?: Readonly<Record<string, string>>;
  /** What an earlier program has written, and the moment that is next by then. */
  readonly before?: { readonly entries: readonly JournalEntry[]; readonly next: number };
}

/** A hall of several instruments, and one run, where there is no place for code. */
export class PortfolioFloor extends Hall {
  readonly times: readonly number[];
  core!: LivePortfolioRun;
  next: number;
  readonly settings: BacktestSettings;
  readonly #options: PortfolioFloorOptions;
  readonly #library: { text: string };
  #run: StrategyRun | undefined;

  private constructor(options: PortfolioFloorOptions) {
    const { before, place, accountCash = '5000000', code = '' } = options;
    const seats = Object.entries(options.bars).map(([symbol, bars]) => ({
      bars,
      instrument: { ...instrumentOf(symbol), currency: options.currencies?.[symbol] ?? 'USD' },
    }));
    const times = momentsOf(Object.values(options.bars));
    const next = before?.next ?? options.warmUp;
    const settings = { ...DEFAULT_SETTINGS, lotSize: 1, ...options.settings };
    const { commission, slippageBps } = settings;
    const library = { text: code };
    super({
      seats,
      now: times[next] as number,
      entries: before?.entries,
      cash: accountCash,
      leverage: 1,
      costs: { commission, slippageBps },
      code: place ?? HERE,
      load: async ({ source }) => loadedSeveral(source?.text ?? library.text),
    });
    this.#options = options;
    this.#library = library;
    this.times = times;
    this.next = next;
    this.settings = settings;
  }

  static async open(options: PortfolioFloorOptions): Promise<PortfolioFloor> {
    const floor = new PortfolioFloor(options);
    await floor.start();
    if (options.place === undefined) floor.run.begin();
    return floor;
  }

  /** The text that the library has from now on. */
  set text(text: string) {
    this.#library.text = text;
  }

  get run(): StrategyRun {
    if (this.#run === undefined) throw new Error('runs are begun through the live strategies here');
    return this.#run;
  }

  override async start(): Promise<void> {
    this.#run = undefined;
    for (const seat of this.seats) this.mark(seat, this.#priceBefore(seat));
    await super.start();
    if (this.#options.place !== undefined) return;
    const { clock, journal, trading } = this;
    const script = this.#options.code === undefined ? null : scriptedPortfolio();
    const mind = script === null ? null : await this.#mind(script);
    this.core = this.#core(script ?? playedLive(this.#options.create()));
    const run = new StrategyRun({
      id: RUN,
      body: { several: true, start: this.#start(), core: this.core },
      mind,
      trading,
      clock,
      mark: (id) => this.marks.get(id) ?? null,
      session: () => 'regular',
      closing: (time) => time + DAY,
      onChange: () => undefined,
      onNotice: (notice) => this.notices.push(notice),
      onDefect: (error, what) => this.defects.push(`${what}: ${String(error)}`),
    });
    await run.replay((await journal.about(RUN, 1e9)).map(readWritten));
    this.#run = run;
    await this.quiet();
  }

  override async close(): Promise<void> {
    await this.#run?.close();
    await super.close();
  }

  protected override idle(): Promise<unknown> {
    return Promise.all([super.idle(), this.#run?.idle()]);
  }

  protected override onOrder(order: { readonly clientOrderId: never } | null): void {
    if (order !== null) this.#run?.touch(order.clientOrderId);
    this.#run?.poke();
  }

  /** Plays a moment: its opens, its ranges, its closes, each with time for what follows from it. */
  async moment(): Promise<void> {
    for (const step of this.steps()) await step();
  }

  /** The parts of the next moment. */
  steps(): readonly (() => Promise<void>)[] {
    const number = this.next;
    this.next += 1;
    const time = this.times[number] as number;
    return [
      () => this.opens(number),
      () => this.ranges(number),
      async () => {
        await this.clock.pass(time + DAY - this.clock.now());
        await this.closes(number);
        if (this.barsAt(number).length === this.seats.length) return;
        await this.clock.pass(BAR_PATIENCE);
        await this.quiet();
      },
    ];
  }

  async opens(number: number): Promise<void> {
    for (const [seat, bar] of this.barsAt(number)) this.print(seat, bar.open);
    await this.quiet();
    // What a sale has paid for has left by now.
    for (const [seat, bar] of this.barsAt(number)) this.print(seat, bar.open);
    await this.quiet();
  }

  async ranges(number: number): Promise<void> {
    for (const [seat, bar] of this.barsAt(number)) this.through(seat, bar);
    await this.quiet();
  }

  /** @param without symbols whose bar nobody is told of */
  async closes(number: number, without: readonly string[] = []): Promise<void> {
    for (const [seat, bar] of this.barsAt(number)) {
      this.mark(seat, bar.close);
      if (without.includes(seat.instrument.symbol)) continue;
      if (this.#options.place === undefined) this.run.hear(this.seats.indexOf(seat), [bar]);
      else this.tell(seat, [bar]);
    }
    await this.quiet();
  }

  barsAt(number: number): readonly (readonly [Seat, Bar])[] {
    const time = this.times[number] as number;
    return this.seats.flatMap((seat) => {
      const row = seat.bars.time.indexOf(time);
      return row < 0 ? [] : [[seat, barOfRow(seat.bars, row)] as const];
    });
  }

  /** The last prices once more, for what waits for one. */
  async prices(): Promise<void> {
    for (const seat of this.seats) this.print(seat, this.marks.get(seat.instrument.id)?.last ?? 0);
    await this.quiet();
  }

  /** How the run has stood, one after the other. */
  get states(): string[] {
    const told = this.journal.entries.filter(({ subject }) => subject === RUNS);
    return told.map(({ body }) => (JSON.parse(body) as RunRecord).state);
  }

  held(): number[] {
    const { positions } = this.trading.log;
    return this.seats.map(({ instrument }) =>
      toNumber(positions.get(ACCOUNT, instrument.id)?.quantity ?? ZERO),
    );
  }

  /** What was sent, in the order in which it was. */
  sent(): string[] {
    return [...this.trading.log.ledger.all()].map(({ instrument, terms, state }) =>
      [instrument, terms.side, terms.type, terms.quantity, terms.stopPrice ?? '', state].join(' '),
    );
  }

  report(): PortfolioDriftReport {
    const frozen = frozenPortfolio(this.core);
    const history = this.seats.map(() => null);
    const { seen } = portfolioTwinTasks(frozen, history);
    return portfolioDriftOf(frozen, {
      arrival: () => null,
      commission: () => null,
      opening: (_row, time) => time,
      history,
      twins: { seen: portfolioTwinOf(this.#options.create(), seen), history: null },
    });
  }

  /** Where a strategy in code thinks: beside, as in a thread of its own. */
  async #mind(script: ReturnType<typeof scriptedPortfolio>): Promise<CodeMind> {
    const { code = '' } = this.#options;
    const { strategy: _, ...setup } = this.#setup(playedLive(this.#options.create()));
    const instruments = setup.instruments.map(dataOfInstrument);
    const start = { ...setup, instruments, file: 'code.ts', code };
    const run = await LiveCodeRun.open({ kind: 'several', start }, () => undefined);
    const hear: CodeAtWork['hear'] = async (input) => {
      await Promise.resolve();
      return structuredClone(run.hear(structuredClone(input)));
    };
    const source = { id: 'rotation', file: 'code.ts', code, parameters: [] };
    const mind = new CodeMind(source, { hear, close: async () => run.close() }, script);
    await mind.hear({ kind: 'moments', moments: this.#before(), mode: 'warm-up' });
    return mind;
  }

  request(change: Partial<LiveStrategyRequest> = {}): LiveStrategyRequest {
    return { ...this.#start().request, ...change };
  }

  #start(): PortfolioStartRecord {
    const instruments = this.seats.map(({ instrument }) => instrument);
    const ids = instruments.map(({ id }) => id);
    return {
      request: {
        kind: 'paper',
        strategy: 'rotation',
        parameters: {},
        instrument: ids[0] ?? '',
        instruments: ids,
        timeframe: '1d',
        account: ACCOUNT,
        settings: this.settings,
        warmUp: this.#options.warmUp,
        end: null,
        onExit: 'keep',
      },
      title: 'Rotation',
      instruments,
      text: null,
      hash: '',
      time: this.times[this.#options.warmUp] as number,
    };
  }

  #core(strategy: RunningPortfolio): LivePortfolioRun {
    const core = new LivePortfolioRun(this.#setup(strategy));
    for (const { time, bars } of this.#before()) core.moment(time, bars, 'warm-up');
    return core;
  }

  #before(): MomentBars[] {
    return this.times.slice(0, this.#options.warmUp).map((time, number) => {
      const bars = new Map(this.barsAt(number).map(([seat, bar]) => [seat, bar]));
      return { time, bars: this.seats.map((seat) => bars.get(seat) ?? null) };
    });
  }

  #setup(strategy: RunningPortfolio): LivePortfolioSetup {
    return {
      id: 'rotation',
      parameters: {},
      settings: this.settings,
      currency: 'USD',
      lookback: 1,
      strategy,
      instruments: this.seats.map(({ instrument: { symbol } }) => ({
        symbol,
        lotSize: 1,
        market: { timeframe: timeframe('1d'), calendar: calendar('none'), hours: 'regular' },
      })),
    };
  }

  #priceBefore({ bars, instrument }: Seat): number {
    const known = this.marks.get(instrument.id);
    const row = bars.time.findLastIndex((time) => time < (this.times[this.next] as number));
    return known?.last ?? (bars.close[Math.max(0, row)] as number);
  }
}

function playedLive(played: Played): RunningPortfolio {
  return {
    take: () => undefined,
    onBar: (context) => played.onBar(context),
    onOrder: (event, context) => played.onOrder?.(event, context),
  };
}

async function loadedSeveral(text: string): Promise<LoadedStrategy> {
  const loaded = await loadedCode('rotation', text);
  return { ...loaded, entry: { ...loaded.entry, portfolio: text.includes('portfolio: true') } };
}

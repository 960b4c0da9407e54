import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedVenue } from '../../../../electron/adapters/simulated/venue.ts';
import type { AdapterContext } from '../../../../electron/net/adapter.ts';
import {
  BAR_PATIENCE,
  PortfolioRun,
} from '../../../../electron/services/live-strategies/portfolio-run.ts';
import {
  readPortfolioEntry,
  type PortfolioStartRecord,
} from '../../../../electron/services/live-strategies/portfolio-records.ts';
import type { CodePlace } from '../../../../electron/services/live-strategies/code-thread.ts';
import { alsoTell } from '../../../../electron/services/live-strategies/handlers.ts';
import { LiveStrategies } from '../../../../electron/services/live-strategies/live-strategies.ts';
import type { LoadedStrategy } from '../../../../electron/services/strategies/library.ts';
import { Trading, type Notice } from '../../../../electron/services/trading/trading.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { decimal, toNumber, ZERO } from '../../../../engine/domain/decimal.ts';
import {
  accountId,
  instrumentId,
  type InstrumentId,
} from '../../../../engine/domain/identifiers.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import {
  frozenPortfolio,
  portfolioDriftOf,
  portfolioTwinTasks,
  type PortfolioDriftReport,
} from '../../../../engine/live/portfolio-drift.ts';
import { LivePortfolioRun } from '../../../../engine/live/portfolio-run.ts';
import { dataOfInstrument, type MomentBars } from '../../../../engine/live/portfolio-code.ts';
import type {
  LivePortfolioSetup,
  RunningPortfolio,
} from '../../../../engine/live/portfolio-types.ts';
import { PortfolioCodeRun } from '../../../../workers/live-portfolio.ts';
import { PortfolioMind } from '../../../../electron/services/live-strategies/portfolio-mind.ts';
import { momentsOf, portfolioTwinOf } from '../../../../engine/live/portfolio-twin.ts';
import type { TradableInstrument } from '../../../../engine/ports/instruments.ts';
import type { MarketDataClient } from '../../../../engine/ports/market-data-client.ts';
import type { LiveStrategyRequest } from '../../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../../engine/risk/view.ts';
import { barOfRow, columnsOf } from '../../../../engine/series/live-bars.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { marketOf } from '../../../support/trading-desk.ts';
import type { Played } from '../../engine/live/portfolio-stage.ts';
import { calendar } from '../../engine/series/market.ts';
import { loadedCode, MortalJournal } from './floor.ts';

const ACCOUNT = accountId('PAPER');
const DAY = 86_400_000;
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
}

interface Seat {
  readonly symbol: string;
  readonly bars: BarColumns;
  readonly instrument: TradableInstrument;
}

/**
 * A trading floor of several instruments inside of the process: the order path, the journal and the paper
 * venue as the program has them, and one run, on a clock that stands still.
 */
export class PortfolioFloor {
  readonly clock: FakeClock;
  journal = new MortalJournal();
  readonly notices: Notice[] = [];
  readonly defects: string[] = [];
  readonly states: string[] = [];
  readonly times: readonly number[];
  trading!: Trading;
  venue!: SimulatedVenue;
  run!: PortfolioRun;
  /** With a `place` there are these instead of one run. */
  strategies!: LiveStrategies;
  /** The text that the library has now. */
  text: string;
  next: number;
  readonly settings: BacktestSettings;
  readonly #options: PortfolioFloorOptions;
  readonly #seats: readonly Seat[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'renata-floor-'));
  readonly #marks = new Map<string, Mark>();
  #tape = new Set<(batch: readonly MarketDatum[]) => void>();
  #hearers = new Map<string, (bars: BarColumns) => void>();

  private constructor(options: PortfolioFloorOptions) {
    this.#options = options;
    this.#seats = Object.entries(options.bars).map(([symbol, bars]) => ({
      symbol,
      bars,
      instrument: {
        ...instrumentOf(symbol),
        currency: options.currencies?.[symbol] ?? 'USD',
      },
    }));
    this.text = options.code ?? '';
    this.times = momentsOf(Object.values(options.bars));
    this.next = options.warmUp;
    this.clock = new FakeClock(this.times[options.warmUp]);
    this.settings = {
      ...DEFAULT_SETTINGS,
      lotSize: 1,
      ...options.settings,
    };
  }

  static async open(options: PortfolioFloorOptions): Promise<PortfolioFloor> {
    const floor = new PortfolioFloor(options);
    await floor.start();
    if (options.place === undefined) floor.run.begin();
    return floor;
  }

  /** The program starts: everything is made of the journal and of the venue's own record. */
  async start(): Promise<void> {
    const { clock, journal } = this;
    const tape = new Set<(batch: readonly MarketDatum[]) => void>();
    this.#tape = tape;
    const hearers = new Map<string, (bars: BarColumns) => void>();
    this.#hearers = hearers;
    const known = (id: string): TradableInstrument => {
      const seat = this.#seats.find(({ instrument }) => instrument.id === id);
      if (seat === undefined) throw new RenataError('NOT_FOUND', `No source knows ${id}.`);
      return seat.instrument;
    };
    const market = {
      ...marketOf(clock, this.#marks, tape),
      mark: (id: string) => this.#marks.get(id) ?? null,
      instrument: async (id: string) => known(id),
      knownInstrument: known,
      onBar: async (id: string, _timeframe: unknown, hear: (bars: BarColumns) => void) => {
        hearers.set(id, hear);
        return { id, end: () => hearers.delete(id) };
      },
    };
    const context: AdapterContext = {
      clock,
      random: () => 0.5,
      log: () => undefined,
      feed: {
        listen: (listener) => {
          tape.add(listener);
          return () => tape.delete(listener);
        },
        watch: async () => () => undefined,
        instrument: async (id: string) => known(id),
      },
      series: { read: () => Promise.reject(new Error('not part of this test')) },
      folder: this.#folder,
    };
    const { commission, slippageBps } = this.settings;
    this.venue = new SimulatedVenue(
      {
        account: ACCOUNT,
        currency: 'USD',
        cash: decimal(this.#options.accountCash ?? '5000000'),
        leverage: 1,
        commission,
        fees: undefined,
        slippageBps,
        fillBySize: false,
      },
      context,
    );
    const held: { run?: PortfolioRun; strategies?: LiveStrategies } = {};
    const onDefect = (error: unknown, what: string): void => {
      this.defects.push(`${what}: ${String(error)}`);
    };
    this.trading = await Trading.open({
      journal,
      clock,
      market,
      session: () => 'regular',
      dayOf: (_account: unknown, now: number) => new Date(now).toISOString().slice(0, 10),
      reconcileEvery: 1e15,
      events: alsoTell(
        {
          onOrder: ({ clientOrderId }: { clientOrderId: never }) => {
            held.run?.touch(clientOrderId);
            held.run?.poke();
          },
          onFill: () => held.run?.poke(),
          onPositions: () => undefined,
          onAccounts: () => undefined,
          onRisk: () => undefined,
          onCases: () => undefined,
          onNotice: (notice: Notice) => this.notices.push(notice),
          onAlgorithms: () => undefined,
        } as never,
        () => held.strategies,
      ),
      isTripped: () => false,
      onDefect,
    } as unknown as Parameters<typeof Trading.open>[0]);
    for (const seat of this.#seats) this.#mark(seat, this.#priceBefore(seat));
    await this.venue.connect();
    this.trading.addVenue(this.venue);
    const { place } = this.#options;
    if (place !== undefined) {
      this.strategies = await LiveStrategies.open({
        trading: this.trading,
        market,
        journal,
        clock,
        calendar: () => calendar('none'),
        session: () => 'regular',
        sources: () => [this.#source()],
        load: async ({ source }) => this.#load(source?.text ?? this.text),
        code: place,
        onChange: () => undefined,
        onNotice: (notice) => this.notices.push(notice),
        onDefect,
      });
      held.strategies = this.strategies;
      await this.quiet();
      return;
    }
    const mind = await this.#mind();
    this.run = new PortfolioRun({
      id: RUN,
      start: this.#start(),
      core: this.#core(mind?.script ?? playedLive(this.#options.create())),
      mind,
      trading: this.trading,
      clock,
      mark: (id) => this.#marks.get(id) ?? null,
      session: () => 'regular',
      onState: async (state) => void this.states.push(state),
      onChange: () => undefined,
      onNotice: (notice) => this.notices.push(notice),
      onDefect,
    });
    await this.run.replay((await journal.about(RUN, 1e9)).map(readPortfolioEntry));
    held.run = this.run;
    await this.quiet();
  }

  /** The process was killed by its journal's death; the venue keeps what it has confirmed. */
  async afterDeath(): Promise<void> {
    this.#tape.clear();
    await this.venue.disconnect();
    await settle();
    this.journal = new MortalJournal(this.journal.entries);
    await this.start();
  }

  async end(): Promise<void> {
    this.#tape.clear();
    if (!this.journal.dead) {
      await (this.strategies ?? this.run).close();
      await this.trading.close();
      await this.venue.disconnect();
    }
    rmSync(this.#folder, { recursive: true, force: true });
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
        if (this.barsAt(number).length === this.#seats.length) return;
        await this.clock.pass(BAR_PATIENCE);
        await this.quiet();
      },
    ];
  }

  async opens(number: number): Promise<void> {
    for (const [seat, bar] of this.barsAt(number)) this.#trade(seat, bar.open);
    await this.quiet();
    // What a sale has paid for has left by now.
    for (const [seat, bar] of this.barsAt(number)) this.#trade(seat, bar.open);
    await this.quiet();
  }

  async ranges(number: number): Promise<void> {
    const now = unixMillis(this.clock.now());
    for (const [{ instrument }, bar] of this.barsAt(number)) {
      this.#say({
        kind: 'bar',
        instrument: instrument.id,
        timeframe: timeframe('1d'),
        start: unixMillis(bar.time),
        ...bar,
        closed: true,
        venueTime: now,
        receivedTime: now,
      } as unknown as MarketDatum);
    }
    await this.quiet();
  }

  /** @param without symbols whose bar nobody is told of */
  async closes(number: number, without: readonly string[] = []): Promise<void> {
    for (const [seat, bar] of this.barsAt(number)) {
      this.#mark(seat, bar.close);
      if (without.includes(seat.symbol)) continue;
      if (this.#options.place === undefined) this.run.hear(this.#seats.indexOf(seat), [bar]);
      else this.#hearers.get(seat.instrument.id)?.(columnsOf([bar]));
    }
    await this.quiet();
  }

  barsAt(number: number): readonly (readonly [Seat, Bar])[] {
    const time = this.times[number] as number;
    return this.#seats.flatMap((seat) => {
      const row = seat.bars.time.indexOf(time);
      return row < 0 ? [] : [[seat, barOfRow(seat.bars, row)] as const];
    });
  }

  /** The last prices once more, for what waits for one. */
  async prices(): Promise<void> {
    for (const seat of this.#seats)
      this.#trade(seat, this.#marks.get(seat.instrument.id)?.last ?? 0);
    await this.quiet();
  }

  /** Until nobody has anything to do. */
  async quiet(): Promise<void> {
    const { journal } = this;
    const idle = (): Promise<unknown> =>
      Promise.race([(this.strategies ?? this.run)?.idle() ?? Promise.resolve(), journal.death]);
    let before = -1;
    while (before !== journal.entries.length && !journal.dead) {
      before = journal.entries.length;
      await settle();
      await idle();
      if (this.venue.connection.phase === 'ready') await this.venue.openOrders(ACCOUNT);
      await settle();
      await idle();
    }
  }

  held(): number[] {
    const { positions } = this.trading.log;
    return this.#seats.map(({ instrument }) =>
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
    const frozen = frozenPortfolio(this.run.core);
    const history = this.#seats.map(() => null);
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
  async #mind(): Promise<PortfolioMind | null> {
    const { code } = this.#options;
    if (code === undefined) return null;
    const { strategy: _, ...setup } = this.#setup(playedLive(this.#options.create()));
    const instruments = setup.instruments.map(dataOfInstrument);
    const start = { ...setup, instruments, file: 'code.ts', code };
    const run = await PortfolioCodeRun.open(start, () => undefined);
    const mind = new PortfolioMind({
      hear: async (input) => {
        await Promise.resolve();
        return structuredClone(run.hear(structuredClone(input)));
      },
      close: async () => run.close(),
    });
    await mind.hear({ kind: 'moments', moments: this.#before(), mode: 'warm-up' });
    return mind;
  }

  request(change: Partial<LiveStrategyRequest> = {}): LiveStrategyRequest {
    return { ...this.#start().request, ...change };
  }

  async #load(text: string): Promise<LoadedStrategy> {
    const loaded = await loadedCode('rotation', text);
    return { ...loaded, entry: { ...loaded.entry, portfolio: text.includes('portfolio: true') } };
  }

  #source(): MarketDataClient {
    return {
      venue: 'test',
      capabilities: {
        streams: ['trade', 'bar'],
        timeframes: [timeframe('1d')],
        historyDepth: null,
        adjustment: 'raw',
        maxSubscriptions: null,
        rateLimits: [],
      },
      instrument: async () => this.#seats[0]?.instrument,
      history: async (asked: { readonly instrument: string; start: number; end: number }) => {
        const { bars } = this.#seats.find(
          ({ instrument }) => instrument.id === asked.instrument,
        ) as Seat;
        const rows = Array.from(bars.time.keys(), (row) => barOfRow(bars, row));
        return columnsOf(rows.filter(({ time }) => time >= asked.start && time < asked.end));
      },
    } as unknown as MarketDataClient;
  }

  #start(): PortfolioStartRecord {
    const instruments = this.#seats.map(({ instrument }) => instrument);
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
      return { time, bars: this.#seats.map((seat) => bars.get(seat) ?? null) };
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
      instruments: this.#seats.map(({ symbol }) => ({
        symbol,
        lotSize: 1,
        market: { timeframe: timeframe('1d'), calendar: calendar('none'), hours: 'regular' },
      })),
    };
  }

  #priceBefore({ bars, instrument }: Seat): number {
    const known = this.#marks.get(instrument.id);
    const row = bars.time.findLastIndex((time) => time < (this.times[this.next] as number));
    return known?.last ?? (bars.close[Math.max(0, row)] as number);
  }

  #trade(seat: Seat, price: number): void {
    this.#mark(seat, price);
    const now = unixMillis(this.clock.now());
    this.#say({
      kind: 'trade',
      instrument: seat.instrument.id,
      price,
      size: 1000,
      tradeId: '1',
      aggressor: 'unknown',
      regular: true,
      venueTime: now,
      receivedTime: now,
    } as unknown as MarketDatum);
  }

  #mark({ instrument }: Seat, price: number): void {
    const time = unixMillis(this.clock.now());
    this.#marks.set(instrument.id, { bid: price, ask: price, last: price, time });
  }

  #say(datum: MarketDatum): void {
    for (const listener of this.#tape) listener([datum]);
  }
}

function playedLive(played: Played): RunningPortfolio {
  return {
    take: () => undefined,
    onBar: (context) => played.onBar(context),
    onOrder: (event, context) => played.onOrder?.(event, context),
  };
}

function instrumentOf(symbol: string): TradableInstrument {
  const id: InstrumentId = instrumentId(symbol, 'TEST');
  return {
    id,
    symbol,
    name: symbol,
    assetClass: 'equity',
    currency: 'USD',
    baseCurrency: '',
    calendar: 'none',
    // Prices fine enough that nothing is rounded.
    ticks: [{ from: ZERO, tickSize: decimal('0.00000001') }],
    lotSize: decimal('1'),
    minQuantity: decimal('1'),
    maxQuantity: null,
    minNotional: null,
    maxNotional: null,
    multiplier: decimal('1'),
    tradable: true,
    shortable: true,
    fractional: false,
    marginable: true,
    expiry: null,
  };
}

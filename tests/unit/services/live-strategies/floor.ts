import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { SimulatedVenue } from '../../../../electron/adapters/simulated/venue.ts';
import type { AdapterContext } from '../../../../electron/net/adapter.ts';
import type { CodePlace } from '../../../../electron/services/live-strategies/code-thread.ts';
import { alsoTell } from '../../../../electron/services/live-strategies/handlers.ts';
import { LiveStrategies } from '../../../../electron/services/live-strategies/live-strategies.ts';
import type { LoadedStrategy } from '../../../../electron/services/strategies/library.ts';
import { readStrategyDocument } from '../../../../electron/services/strategies/read-document.ts';
import { Trading, type Notice } from '../../../../electron/services/trading/trading.ts';
import { findStrategy } from '../../../../engine/backtest/strategies.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { decimal, ZERO } from '../../../../engine/domain/decimal.ts';
import { accountId, instrumentId } from '../../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import type { TradableInstrument } from '../../../../engine/ports/instruments.ts';
import type { JournalDraft, JournalEntry } from '../../../../engine/ports/journal.ts';
import type { MarketDataClient } from '../../../../engine/ports/market-data-client.ts';
import type { LiveStrategyRequest } from '../../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../../engine/risk/view.ts';
import { barOfRow, columnsOf } from '../../../../engine/series/live-bars.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { MemoryJournal } from '../../../support/memory-journal.ts';
import { marketOf } from '../../../support/trading-desk.ts';
import { calendar } from '../../engine/series/market.ts';
import { CONTROL_LENGTH } from '../../../../engine/protocol/tasks.ts';
import { LiveCodeRun } from '../../../../workers/live-code.ts';
import { PortfolioCodeRun } from '../../../../workers/live-portfolio.ts';
import { playLivePortfolioTwin } from '../../../../workers/live-portfolio-twin.ts';
import { playLiveTwin } from '../../../../workers/live-twin.ts';
import { describeSandboxed } from '../../../../workers/sandbox/definition.ts';

export const ID = instrumentId('SPX', 'TEST');
export const ACCOUNT = accountId('PAPER');
const DAY = 86_400_000;

/** Prices fine enough that nothing is rounded. */
const INSTRUMENT: TradableInstrument = {
  id: ID,
  symbol: 'SPX',
  name: 'Test',
  assetClass: 'equity',
  currency: 'USD',
  baseCurrency: '',
  calendar: 'none',
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

/** A journal whose process can be killed at any write: from then on nothing is written and nothing returns. */
export class MortalJournal extends MemoryJournal {
  /** Asked before each write. */
  dies: (drafts: readonly JournalDraft[]) => boolean = () => false;
  readonly #death = Promise.withResolvers<void>();
  dead = false;

  override append(drafts: readonly JournalDraft[]): Promise<readonly JournalEntry[]> {
    if (!this.dead && this.dies(drafts)) {
      this.dead = true;
      this.#death.resolve();
    }
    return this.dead ? new Promise(() => undefined) : super.append(drafts);
  }

  get death(): Promise<void> {
    return this.#death.promise;
  }
}

export interface FloorOptions {
  readonly bars: BarColumns;
  readonly warmUp: number;
  readonly commission?: BacktestSettings['commission'];
  readonly slippageBps?: number;
  /** Makes another venue of it. */
  readonly change?: (venue: SimulatedVenue) => void;
  /** What the instrument is besides. */
  readonly instrument?: Partial<TradableInstrument>;
  /** Where strategies in code run; in this thread when absent. */
  readonly code?: CodePlace;
}

/**
 * A trading floor inside of the process: the order path, the paper venue and the live strategies as the
 * program has them, on a clock that stands still. A bar is its open, then its range, then its close.
 */
export class Floor {
  readonly clock: FakeClock;
  journal = new MortalJournal();
  readonly notices: Notice[] = [];
  readonly defects: string[] = [];
  readonly marks = new Map<string, Mark>();
  /** Bars as history tells them; a test may correct them. */
  history: BarColumns;
  /** Strategies in code by their name, as their files have them. */
  readonly files = new Map<string, string>();
  /** Called when history is asked for. */
  onHistory: () => void = () => undefined;
  trading!: Trading;
  strategies!: LiveStrategies;
  venue!: SimulatedVenue;
  readonly #options: FloorOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'renata-floor-'));
  #tape = new Set<(batch: readonly MarketDatum[]) => void>();
  #hearers = new Set<(bars: BarColumns) => void>();
  #next: number;

  private constructor(options: FloorOptions) {
    this.#options = options;
    this.#next = options.warmUp;
    this.history = options.bars;
    this.clock = new FakeClock(options.bars.time[options.warmUp]);
    this.#mark(options.bars.open[options.warmUp] as number);
  }

  static async open(options: FloorOptions): Promise<Floor> {
    const floor = new Floor(options);
    await floor.start();
    return floor;
  }

  /** The program starts: everything is made of the journal and of the venue's own record. */
  async start(): Promise<void> {
    const { clock, journal } = this;
    const { commission = DEFAULT_SETTINGS.commission, slippageBps = 0 } = this.#options;
    this.#tape = new Set();
    this.#hearers = new Set();
    const tape = this.#tape;
    const hearers = this.#hearers;
    const market = {
      ...marketOf(clock, this.marks, tape),
      mark: (id: string) => this.marks.get(id) ?? null,
      instrument: async () => this.#instrument,
      knownInstrument: () => this.#instrument,
      onBar: async (_id: unknown, _frame: unknown, hear: (bars: BarColumns) => void) => {
        hearers.add(hear);
        return { id: 'bars', end: () => hearers.delete(hear) };
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
        instrument: async () => this.#instrument,
      },
      series: { read: () => Promise.reject(new Error('not part of this test')) },
      folder: this.#folder,
    };
    this.venue = new SimulatedVenue(
      {
        account: ACCOUNT,
        currency: 'USD',
        cash: decimal('1000000'),
        leverage: 2,
        commission,
        fees: undefined,
        slippageBps,
        fillBySize: false,
      },
      context,
    );
    this.#options.change?.(this.venue);
    const held: { strategies?: LiveStrategies } = {};
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
          onOrder: () => undefined,
          onFill: () => undefined,
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
    this.strategies = await LiveStrategies.open({
      trading: this.trading,
      market,
      journal,
      clock,
      calendar: () => calendar('none'),
      session: () => 'regular',
      sources: () => [this.#source()],
      load: async ({ strategy, source }) => {
        const given = source?.language === 'javascript' ? source.text : undefined;
        const text = given ?? this.files.get(strategy);
        return text === undefined ? loaded(strategy) : loadedCode(strategy, text);
      },
      code: this.#options.code ?? HERE,
      onChange: () => undefined,
      onNotice: (notice) => this.notices.push(notice),
      onDefect,
    });
    held.strategies = this.strategies;
    await this.venue.connect();
    this.trading.addVenue(this.venue);
    await this.quiet();
  }

  /** Renata ends as it should. */
  async close(): Promise<void> {
    this.#tape.clear();
    this.#hearers.clear();
    await this.strategies.close();
    await this.trading.close();
    await this.venue.disconnect();
    this.journal = new MortalJournal(this.journal.entries);
  }

  /** The process was killed by its journal's death; the venue keeps what it has confirmed. */
  async afterDeath(): Promise<void> {
    this.#tape.clear();
    this.#hearers.clear();
    // What had left reaches the venue's own record; nobody hears its answers.
    await this.venue.disconnect();
    await settle();
    this.journal = new MortalJournal(this.journal.entries);
    await this.start();
  }

  async end(): Promise<void> {
    this.#tape.clear();
    this.#hearers.clear();
    if (!this.journal.dead) await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The number of the bar that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Plays one bar: its open, its range, its close, each with time for what follows from it. */
  async bar(told: Partial<Bar> = {}): Promise<void> {
    const bar = await this.trade();
    this.hear([{ ...bar, ...told }]);
    await this.quiet();
  }

  /** The market goes through a bar; nobody is told of its close. */
  async trade(): Promise<Bar> {
    const bar = this.take();
    await this.open(bar);
    await this.range(bar);
    await this.finish(bar);
    return bar;
  }

  take(): Bar {
    const bar = barOfRow(this.#options.bars, this.#next);
    this.#next += 1;
    return bar;
  }

  async open({ open }: Pick<Bar, 'open'>): Promise<void> {
    this.price(open);
    await this.quiet();
  }

  async range(bar: Bar): Promise<void> {
    const now = unixMillis(this.clock.now());
    this.#say({
      kind: 'bar',
      instrument: ID,
      timeframe: timeframe('1d'),
      start: unixMillis(bar.time),
      ...bar,
      closed: true,
      venueTime: now,
      receivedTime: now,
    } as unknown as MarketDatum);
    await this.quiet();
  }

  /** The bar is over; nobody has been told of it. */
  async finish(bar: Bar): Promise<void> {
    await this.clock.pass(bar.time + DAY - this.clock.now());
    this.#mark(bar.close);
  }

  /** A trade at a price. */
  price(price: number): void {
    const now = unixMillis(this.clock.now());
    this.#mark(price);
    this.#say({
      kind: 'trade',
      instrument: ID,
      price,
      size: 1000,
      tradeId: '1',
      aggressor: 'unknown',
      regular: true,
      venueTime: now,
      receivedTime: now,
    } as unknown as MarketDatum);
  }

  hear(bars: readonly Bar[]): void {
    for (const hear of this.#hearers) hear(columnsOf(bars));
  }

  /** Until nobody has anything to do. */
  async quiet(): Promise<void> {
    const { journal } = this;
    const idle = (): Promise<void> => Promise.race([this.strategies.idle(), journal.death]);
    let before = -1;
    while (before !== journal.entries.length && !journal.dead) {
      before = journal.entries.length;
      await settle();
      await idle();
      // Its reports leave when they are on the disk.
      if (this.venue.connection.phase === 'ready') await this.venue.openOrders(ACCOUNT);
      await settle();
      await idle();
    }
  }

  request(strategy: string, change: Partial<LiveStrategyRequest> = {}): LiveStrategyRequest {
    const { commission = DEFAULT_SETTINGS.commission, slippageBps = 0 } = this.#options;
    return {
      kind: 'paper',
      strategy,
      parameters: {},
      instrument: ID,
      timeframe: '1d',
      account: ACCOUNT,
      warmUp: this.#options.warmUp,
      end: null,
      onExit: 'keep',
      ...change,
      settings: {
        ...DEFAULT_SETTINGS,
        cash: 500_000,
        // Of a size that does not depend on the price at the fill.
        size: { kind: 'quantity', quantity: 10 },
        commission,
        slippageBps,
        ...change.settings,
      },
    };
  }

  get #instrument(): TradableInstrument {
    return { ...INSTRUMENT, ...this.#options.instrument };
  }

  #mark(price: number): void {
    this.marks.set(ID, { bid: price, ask: price, last: price, time: unixMillis(this.clock.now()) });
  }

  #say(datum: MarketDatum): void {
    for (const listener of this.#tape) listener([datum]);
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
      instrument: async () => this.#instrument,
      history: async ({ start, end }: { readonly start: number; readonly end: number }) => {
        this.onHistory();
        const rows = Array.from(this.history.time.keys(), (i) => barOfRow(this.history, i));
        return columnsOf(rows.filter(({ time }) => time >= start && time < end));
      },
    } as unknown as MarketDataClient;
  }
}

/** Strategies in code in this very thread; what crosses to them and back does so as between threads. */
export const HERE: CodePlace = {
  async open(start) {
    const run = await LiveCodeRun.open(structuredClone(start), () => undefined);
    return {
      hear: async (input) => structuredClone(run.hear(structuredClone(input))),
      close: async () => undefined,
    };
  },
  twin: (task) => playLiveTwin(structuredClone(task), new Int32Array(CONTROL_LENGTH)),
  async openPortfolio(start) {
    const run = await PortfolioCodeRun.open(structuredClone(start), () => undefined);
    return {
      hear: async (input) => structuredClone(run.hear(structuredClone(input))),
      close: async () => run.close(),
    };
  },
  portfolioTwin: (task) =>
    playLivePortfolioTwin(structuredClone(task), new Int32Array(CONTROL_LENGTH)),
};

export async function loadedCode(id: string, text: string): Promise<LoadedStrategy> {
  const file = `${id}.js`;
  const described = await describeSandboxed(file, text);
  return {
    entry: {
      ...described,
      id,
      origin: 'user',
      kind: 'code',
      file: null,
      trusted: false,
      error: null,
    },
    program: { kind: 'code', file, code: text, trusted: false },
    text: { language: 'javascript', file, text },
    hash: createHash('sha256').update(text).digest('hex'),
  };
}

/** A built-in strategy, or an example by its name. */
function loaded(id: string): LoadedStrategy {
  const common = {
    file: null,
    source: null,
    instruments: [],
    timeframe: null,
    trusted: true,
    error: null,
  };
  if (id === 'sector-rotation') {
    const entry = {
      ...common,
      id,
      title: id,
      description: '',
      parameters: [],
      origin: 'example',
      kind: 'code',
      trusted: false,
    } as const;
    return { entry: { ...entry, portfolio: true }, hash: 'h' };
  }
  try {
    const { title, description, parameters } = findStrategy(id);
    const entry = {
      ...common,
      id,
      title,
      description,
      parameters,
      origin: 'built-in',
      kind: 'built-in',
    } as const;
    return { entry, hash: '' };
  } catch {
    const file = `${id.replace(/\.yaml$/, '')}.yaml`;
    const text = readFileSync(fromRoot(`resources/strategies/${file}`), 'utf8');
    const rules = readStrategyDocument(text, file);
    const { name: title, description } = rules.document;
    const entry = {
      ...common,
      id,
      title,
      description,
      parameters: rules.parameters,
      origin: 'example',
      kind: 'rules',
    } as const;
    return { entry, rules, text: { language: 'yaml', file, text }, hash: 'h' };
  }
}

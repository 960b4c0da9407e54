import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedVenue } from '../../../../electron/adapters/simulated/venue.ts';
import type { AdapterContext } from '../../../../electron/net/adapter.ts';
import type { CodePlace } from '../../../../electron/services/live-strategies/code-thread.ts';
import { alsoTell } from '../../../../electron/services/live-strategies/handlers.ts';
import { LiveStrategies } from '../../../../electron/services/live-strategies/live-strategies.ts';
import type { LiveStrategiesOptions } from '../../../../electron/services/live-strategies/options.ts';
import { Trading, type Notice } from '../../../../electron/services/trading/trading.ts';
import type { BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { decimal, ZERO } from '../../../../engine/domain/decimal.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { accountId, instrumentId } from '../../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../../engine/domain/market-data.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import type { TradableInstrument } from '../../../../engine/ports/instruments.ts';
import type { JournalDraft, JournalEntry } from '../../../../engine/ports/journal.ts';
import type { MarketDataClient } from '../../../../engine/ports/market-data-client.ts';
import type { Mark } from '../../../../engine/risk/view.ts';
import { barOfRow, columnsOf } from '../../../../engine/series/live-bars.ts';
import { instrumentOf as usualInstrument } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { MemoryJournal } from '../../../support/memory-journal.ts';
import { marketOf } from '../../../support/trading-desk.ts';
import { calendar } from '../../engine/series/market.ts';

export const ACCOUNT = accountId('PAPER');
export const DAY = 86_400_000;
/** Program and venue as they are everywhere, prices fine enough that nothing is rounded. */
export function instrumentOf(symbol: string): TradableInstrument {
  return {
    ...usualInstrument(instrumentId(symbol, 'TEST')),
    name: symbol,
    ticks: [{ from: ZERO, tickSize: decimal('0.00000001') }],
  };
}

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

/** One instrument and its bars, as history tells them; a test may correct them. */
export interface Seat {
  readonly instrument: TradableInstrument;
  bars: BarColumns;
}

export interface HallOptions {
  readonly seats: readonly Seat[];
  /** When it opens. */
  readonly now: number;
  /** What an earlier program has written. */
  readonly entries?: readonly JournalEntry[] | undefined;
  readonly cash: string;
  readonly leverage: number;
  readonly costs: Pick<BacktestSettings, 'commission' | 'slippageBps'>;
  /** Makes another venue of it. */
  readonly change?: ((venue: SimulatedVenue) => void) | undefined;
  /** Where strategies in code run. */
  readonly code: CodePlace;
  readonly load: LiveStrategiesOptions['load'];
}

/**
 * A trading hall inside of the process: the order path, the journal, the paper venue and the live strategies
 * as the program has them, on a clock that stands still.
 */
export class Hall {
  readonly clock: FakeClock;
  journal: MortalJournal;
  readonly notices: Notice[] = [];
  readonly defects: string[] = [];
  readonly marks = new Map<string, Mark>();
  /** Of the market, for the strategies. */
  session: 'regular' | 'closed' = 'regular';
  /** Called when history is asked for. */
  onHistory: () => void = () => undefined;
  trading!: Trading;
  strategies!: LiveStrategies;
  venue!: SimulatedVenue;
  protected readonly seats: readonly Seat[];
  readonly #options: HallOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'renata-floor-'));
  #tape = new Set<(batch: readonly MarketDatum[]) => void>();
  #hearers = new Map<string, Set<(bars: BarColumns) => void>>();

  protected constructor(options: HallOptions) {
    this.#options = options;
    this.seats = options.seats;
    this.journal = new MortalJournal(options.entries);
    this.clock = new FakeClock(options.now);
  }

  /** The program starts: everything is made of the journal and of the venue's own record. */
  async start(): Promise<void> {
    const { clock, journal } = this;
    const { cash, leverage, costs, change, code, load } = this.#options;
    const tape = new Set<(batch: readonly MarketDatum[]) => void>();
    const hearers = new Map<string, Set<(bars: BarColumns) => void>>();
    this.#tape = tape;
    this.#hearers = hearers;
    const known = (id: string): TradableInstrument => this.seatOf(id).instrument;
    const market = {
      ...marketOf(clock, this.marks, tape),
      mark: (id: string) => this.marks.get(id) ?? null,
      instrument: async (id: string) => known(id),
      knownInstrument: known,
      onBar: async (id: string, _frame: unknown, hear: (bars: BarColumns) => void) => {
        const all = hearers.get(id) ?? new Set();
        hearers.set(id, all.add(hear));
        return { id: 'bars', end: () => all.delete(hear) };
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
    const account = { account: ACCOUNT, currency: 'USD', cash: decimal(cash), leverage };
    const fills = { ...costs, fees: undefined, fillBySize: false };
    this.venue = new SimulatedVenue({ ...account, ...fills }, context);
    change?.(this.venue);
    const held: { strategies?: LiveStrategies } = {};
    const onDefect = (error: unknown, what: string): void => {
      this.defects.push(`${what}: ${String(error)}`);
    };
    const nothing = (): void => undefined;
    this.trading = await Trading.open({
      journal,
      clock,
      market,
      session: () => 'regular',
      dayOf: (_account: unknown, now: number) => new Date(now).toISOString().slice(0, 10),
      reconcileEvery: 1e15,
      events: alsoTell(
        {
          onOrder: (order: { readonly clientOrderId: never }) => this.onOrder(order),
          onFill: () => this.onOrder(null),
          onPositions: nothing,
          onAccounts: nothing,
          onRisk: nothing,
          onCases: nothing,
          onNotice: (notice: Notice) => this.notices.push(notice),
          onAlgorithms: nothing,
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
      session: () => this.session,
      sources: () => [this.#source()],
      load,
      code,
      onChange: nothing,
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
    this.deaf();
    await this.strategies.close();
    await this.trading.close();
    await this.venue.disconnect();
    this.journal = new MortalJournal(this.journal.entries);
  }

  /** The process was killed by its journal's death; the venue keeps what it has confirmed. */
  async afterDeath(): Promise<void> {
    this.deaf();
    // What had left reaches the venue's own record; nobody hears its answers.
    await this.venue.disconnect();
    await settle();
    this.journal = new MortalJournal(this.journal.entries);
    await this.start();
  }

  async end(): Promise<void> {
    this.deaf();
    if (!this.journal.dead) await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Until nobody has anything to do. */
  async quiet(): Promise<void> {
    const { journal } = this;
    const idle = (): Promise<unknown> => Promise.race([this.idle(), journal.death]);
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

  /** Somebody besides the strategies hears of orders, and of fills as `null`. */
  protected onOrder(_order: { readonly clientOrderId: never } | null): void {}

  protected idle(): Promise<unknown> {
    return this.strategies.idle();
  }

  /** Nobody is told of prices any more. */
  protected deaf(): void {
    this.#tape.clear();
    this.#hearers.clear();
  }

  protected seatOf(id: string): Seat {
    const seat = this.seats.find(({ instrument }) => instrument.id === id);
    if (seat === undefined) throw new RenataError('NOT_FOUND', `No source knows ${id}.`);
    return seat;
  }

  protected mark({ instrument }: Seat, price: number): void {
    const time = unixMillis(this.clock.now());
    this.marks.set(instrument.id, { bid: price, ask: price, last: price, time });
  }

  /** A trade at a price. */
  protected print(seat: Seat, price: number): void {
    this.mark(seat, price);
    const trade = { price, size: 1000, tradeId: '1', aggressor: 'unknown', regular: true };
    this.#say(seat, { kind: 'trade', ...trade });
  }

  /** The venue goes through a whole bar. */
  protected through(seat: Seat, bar: Bar): void {
    const start = unixMillis(bar.time);
    this.#say(seat, { kind: 'bar', timeframe: timeframe('1d'), start, ...bar, closed: true });
  }

  /** Whoever listens is told of bars that have closed. */
  protected tell({ instrument }: Seat, bars: readonly Bar[]): void {
    for (const hear of this.#hearers.get(instrument.id) ?? []) hear(columnsOf(bars));
  }

  #say({ instrument }: Seat, what: object): void {
    const now = unixMillis(this.clock.now());
    const datum = { ...what, instrument: instrument.id, venueTime: now, receivedTime: now };
    for (const listener of this.#tape) listener([datum as unknown as MarketDatum]);
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
      instrument: async (id: string) => this.seatOf(id).instrument,
      history: async (asked: { readonly instrument: string; start: number; end: number }) => {
        this.onHistory();
        const { bars } = this.seatOf(asked.instrument);
        const rows = Array.from(bars.time.keys(), (i) => barOfRow(bars, i));
        return columnsOf(rows.filter(({ time }) => time >= asked.start && time < asked.end));
      },
    } as unknown as MarketDataClient;
  }
}

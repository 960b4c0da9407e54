/**
 * Benchmark of live trading in one process: quotes come as JSON, a strategy of rules decides, and its orders go
 * out as the bytes of a venue's request on a loopback socket, at 20,000 quotes a second for some seconds. What
 * arrives at the other end of the socket is compared with what was decided before anything is printed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Random } from '../../engine/backtest/random.ts';
import { instrumentId, type InstrumentId } from '../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../engine/domain/live-order.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import type { JournalDraft, JournalEntry } from '../../engine/ports/journal.ts';
import { RuleStream } from '../../engine/strategies/rules/stream.ts';
import { requestOf } from '../../electron/adapters/alpaca/groups.ts';
import { systemClock } from '../../electron/net/system-clock.ts';
import { createMarketData } from '../../electron/services/market-data/market-data.ts';
import { readStrategyDocument } from '../../electron/services/strategies/read-document.ts';
import { Trading } from '../../electron/services/trading/trading.ts';
import { openJournal, type OrderJournal } from '../../electron/storage/journal.ts';
import { ACCOUNT, Exchange } from '../support/exchange.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { FakeSource } from '../unit/services/market-data/fake-source.ts';
import { calendar } from '../unit/engine/series/market.ts';

interface Latency {
  readonly orders: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

export interface LiveBench {
  readonly checked: string;
  readonly quotesPerSecond: number;
  readonly wantedP99Ms: number;
  /** From the moment at which a quote was due to the bytes of the order on the socket; no disk. */
  readonly quoteToOrderBytes: Latency;
  /** The same with the journal on the disk: by design nothing is sent before it is synced. */
  readonly withJournalSynced: Latency;
  /** Quotes and prices told to the window, the most of any symbol in any second. */
  readonly windowUpdatesPerSecond: number;
  readonly wantedWindowUpdates: number;
}

const RATE = 20_000;
const SECONDS = 5;
const BATCH = 10;
/** Between two turns of the event loop, while nothing is due. */
const LOOK_MS = 0.05;
/** Reads of memory between two looks at the clock: some microseconds. */
const READS = 5000;
const CELL = new Int32Array(1);
const SYMBOLS = 100;
/** Quotes of a symbol after an order of it before the next: some two hundred orders a second in all. */
const REST = 80;
const START = Date.UTC(2024, 0, 2, 15, 0);
const WIDE = {
  maxOrders: null,
  maxOpenOrders: null,
  duplicateWindowMs: null,
  maxOrderNotional: null,
  maxConcentration: null,
  maxGrossExposure: null,
  maxLeverage: null,
  priceCollar: null,
  buyingPower: false,
} as const;

const RULES = `name: Crossing
description: ''
version: 1
entry:
  long: crossover(close, sma(close, 20)) and rsi(5) < 60
exit:
  long: crossunder(close, sma(close, 20))
`;

const ids = Array.from({ length: SYMBOLS }, (_, n) => instrumentId(`S${n}`, 'TEST'));

/** Batches of quotes as text, each due a fixed time after the one before. */
function wire(): readonly string[] {
  const random = new Random(9);
  const cents = new Float64Array(SYMBOLS).fill(10_000);
  return Array.from({ length: (RATE * SECONDS) / BATCH }, () =>
    JSON.stringify(
      Array.from({ length: BATCH }, () => {
        const k = Math.floor(random.uniform() * SYMBOLS);
        cents[k] = Math.max(5000, (cents[k] as number) + Math.floor(random.uniform() * 9) - 4);
        const bid = cents[k] / 100;
        return { S: k, bp: bid, ap: Math.round(bid * 100 + 2) / 100, bs: 300, as: 200 };
      }),
    ),
  );
}

/**
 * Waits awake, since a machine that sleeps is late to wake. Each look at the clock makes garbage, which a
 * process that waits for its venue would not make: looked at without a pause it was six parts in seven of all.
 */
function waitUntil(time: number): void {
  while (performance.now() < time) for (let n = 0; n < READS; n += 1) Atomics.load(CELL, 0);
}

/** A venue whose requests are the bytes of Alpaca's, written to a socket; it takes every order at once. */
class Loopback extends Exchange {
  #written: (intent: OrderIntent) => void = () => undefined;
  #socket: Socket | undefined;

  aim(socket: Socket, written: (intent: OrderIntent) => void): void {
    this.#socket = socket;
    this.#written = written;
  }

  override async submit(intents: readonly OrderIntent[]) {
    const [intent] = intents;
    if (intent === undefined) return [];
    const { body } = requestOf(intent.instrument, intents);
    const text = JSON.stringify(body);
    this.#socket?.write(
      `POST /v2/orders HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}\n`,
    );
    this.#written(intent);
    const answers = await super.submit(intents);
    const index = this.orders.length - 1;
    setImmediate(() => this.fill(index, intent.terms.quantity, intent.terms.limitPrice as string));
    return answers;
  }
}

/**
 * Takes entries and keeps none of them. The journal's chain and disk are on a thread of their own, and the
 * process that trades keeps nothing of what it has written.
 */
class Unwritten extends MemoryJournal {
  #sequence = 0;

  override async append(drafts: readonly JournalDraft[]): Promise<readonly JournalEntry[]> {
    return drafts.map((draft) => {
      this.#sequence += 1;
      return { ...draft, sequence: this.#sequence, time: 0, hash: '' };
    });
  }
}

async function play(
  journal: OrderJournal,
  batches: readonly string[],
): Promise<{ latency: Latency; windowUpdates: number }> {
  const received: string[] = [];
  const server = createServer((socket) => {
    let rest = '';
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      received.push(...lines.filter((line) => line.startsWith('{')));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.setNoDelay(true);

  const fail = (error: unknown, what: string): void => {
    // A slow listener is what is measured below.
    if (!what.startsWith('A listener of ticks')) throw new Error(`${what}: ${String(error)}`);
  };
  const market = createMarketData({
    clock: systemClock,
    calendar: () => calendar('us-equity'),
    onDefect: fail,
  });
  const source = new FakeSource(systemClock as never, { ids });
  market.addSource(source);
  for (const id of ids) await market.watch(id, ['quote']);
  const venue = new Loopback(systemClock);
  const silent = (): void => undefined;
  const trading = await Trading.open({
    journal,
    clock: systemClock,
    market,
    session: () => 'regular',
    dayOf: () => '2026-01-02',
    events: {
      onOrder: silent,
      onFill: silent,
      onPositions: silent,
      onAccounts: silent,
      onRisk: silent,
      onCases: silent,
      onNotice: silent,
    },
    onDefect: fail,
  });
  await venue.connect();
  trading.addVenue(venue);
  trading.venues.setAccounts(venue, await venue.accounts());
  await trading.reconcile(ACCOUNT);
  await trading.risk.setLimits({ kind: 'global', name: '' }, WIDE);

  // What the window is told, by symbol and second.
  const told = new Map<string, number>();
  market.onView(({ quotes }) => {
    const second = Math.floor(performance.now() / 1000);
    for (const { instrument } of quotes) {
      const key = `${instrument}|${second}`;
      told.set(key, (told.get(key) ?? 0) + 1);
    }
  });

  const program = readStrategyDocument(RULES, 'crossing.yaml');
  const base = {
    timeframe: timeframe('1s'),
    calendar: calendar('none'),
    hours: 'regular' as const,
  };
  const rules = new Map(ids.map((id) => [id, new RuleStream(program, {}, { base })]));
  const bars = new Map<InstrumentId, number>();
  const rest = new Map<InstrumentId, number>();
  const due = new Map<string, number>();
  const latencies: number[] = [];
  const decided: string[] = [];
  const works: Promise<void>[] = [];
  let now = 0;
  let n = 0;
  venue.aim(socket, ({ tag }) => latencies.push(performance.now() - (due.get(tag) as number)));
  market.listen((batch) => {
    for (const each of batch) {
      if (each.kind !== 'quote') continue;
      const { instrument, bid, ask } = each;
      const at = (bars.get(instrument) ?? 0) + 1;
      bars.set(instrument, at);
      const mid = (bid + ask) / 2;
      const bar = {
        time: START + at * 1000,
        open: mid,
        high: mid,
        low: mid,
        close: mid,
        volume: 1,
      };
      const stream = rules.get(instrument) as RuleStream;
      if (!stream.take([{ instrument: null, bar }]) || !stream.ready) continue;
      if (stream.value('entry.long') !== 1 || at < (rest.get(instrument) ?? 0)) continue;
      rest.set(instrument, at + REST);
      n += 1;
      const tag = `D${n}`;
      due.set(tag, now);
      const limitPrice = ask.toFixed(2);
      decided.push(`${instrument} 10 ${limitPrice}`);
      const terms = {
        side: 'buy',
        type: 'limit',
        quantity: '10',
        limitPrice,
        timeInForce: 'day',
      } as const;
      const ticket = { account: ACCOUNT, instrument, terms, tag, decisionPrice: mid.toFixed(3) };
      const placing = trading.place(
        tag,
        ticket,
        { kind: 'strategy', name: 'crossing' },
        'crossing',
      );
      // What was answered is not kept, as no strategy would.
      works.push(placing.then(() => undefined));
    }
  });

  const began = performance.now() + 50;
  for (const [i, text] of batches.entries()) {
    // Due at this moment, whether or not the process is ready for it: waiting counts.
    const at = began + (i * BATCH * 1000) / RATE;
    // What is under way goes on meanwhile.
    do {
      await new Promise((resolve) => setImmediate(resolve));
      waitUntil(Math.min(at, performance.now() + LOOK_MS));
    } while (performance.now() < at);
    now = at;
    const time = systemClock.now();
    const quotes = JSON.parse(text) as {
      S: number;
      bp: number;
      ap: number;
      bs: number;
      as: number;
    }[];
    source.send(
      ...quotes.map(({ S, bp, ap, bs, as }) => ({
        kind: 'quote' as const,
        instrument: ids[S] as InstrumentId,
        bid: bp,
        ask: ap,
        bidSize: bs,
        askSize: as,
        venueTime: unixMillis(time),
        receivedTime: time,
      })),
    );
  }
  await Promise.all(works);
  const until = performance.now() + 5000;
  while (received.length < n && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const sent = received.map((line) => {
    const { symbol, qty, limit_price: limit } = JSON.parse(line) as Record<string, string>;
    return `${symbol} ${qty} ${Number(limit).toFixed(2)}`;
  });
  // With the disk in between, those of one moment may go out in another order.
  if (n < 200 || JSON.stringify(sent.toSorted()) !== JSON.stringify(decided.toSorted()))
    throw new Error(`${n} orders were decided and ${sent.length} arrived, or others`);
  await trading.close();
  await market.close();
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  latencies.sort((a, b) => a - b);
  const at = (part: number): number =>
    round(latencies[Math.floor((latencies.length - 1) * part)] as number);
  return {
    latency: { orders: n, medianMs: at(0.5), p99Ms: at(0.99), mostMs: at(1) },
    windowUpdates: Math.max(...told.values()),
  };
}

export async function run(): Promise<LiveBench> {
  const directory = mkdtempSync(join(tmpdir(), 'renata-bench-'));
  try {
    // Made once: megabytes of young text would be copied by the first collections while the clock runs.
    const batches = wire();
    await play(new Unwritten(), batches);
    const memory = await play(new Unwritten(), batches);
    const threadUrl = pathToFileURL('electron/storage/thread.ts');
    const journal = await openJournal({ directory, threadUrl });
    const disk = await play(journal, batches);
    await journal.close();
    return {
      checked: 'every order decided arrived at the socket, with its figures, and no other',
      quotesPerSecond: RATE,
      wantedP99Ms: 1,
      quoteToOrderBytes: memory.latency,
      withJournalSynced: disk.latency,
      windowUpdatesPerSecond: Math.max(memory.windowUpdates, disk.windowUpdates),
      wantedWindowUpdates: 60,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));

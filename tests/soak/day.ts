/**
 * An accelerated trading day: a made-up market, the paper venue, recording, journal and trading on a clock that
 * runs two hundred times faster. Memory, handles and the delay of the event loop are looked at in quarters.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Random } from '../../engine/backtest/random.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import { manifest } from '../../electron/adapters/simulated/manifest.ts';
import type { AdapterContext } from '../../electron/net/adapter.ts';
import { createMarketData } from '../../electron/services/market-data/market-data.ts';
import { Recorder } from '../../electron/services/market-data/recording/recorder.ts';
import { Trading } from '../../electron/services/trading/trading.ts';
import { openJournal } from '../../electron/storage/journal.ts';
import { FastClock } from '../stubs/interactive-brokers/bench.ts';
import { calendar } from '../unit/engine/series/market.ts';
import { watched } from './fuzz/spoil.ts';

export interface Quarter {
  readonly quarter: number;
  readonly hours: number;
  readonly quotes: number;
  readonly orders: number;
  readonly fills: number;
  readonly heapMB: number;
  readonly rssMB: number;
  readonly handles: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
}

const PERSON = { kind: 'person', name: '' } as const;
const SPEED = 200;
/** Few, so that what is remembered of each (the numbers of its last 4,096 trades) is full in the first quarter. */
const SYMBOLS = 20;
/** Market time between ticks of all symbols: at this speed some tens of thousands of ticks a second. */
const EVERY = 100;
/** Milliseconds of real time between orders. */
const PACE = 10;
const WIDE = {
  maxOrderNotional: null,
  maxConcentration: null,
  maxGrossExposure: null,
  maxLeverage: null,
  maxOrders: null,
  maxOpenOrders: null,
  duplicateWindowMs: null,
  buyingPower: false,
  priceCollar: null,
  maxQuoteAgeMs: null,
  hours: 'any',
} as const;

/** An order that is kept, with its facts, fills and request, takes no more than this. */
const ORDER_BYTES = 5000;
/** What the heap may differ by, beside the orders that are kept. */
const SLACK_MB = 6;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function run(seconds = 120): Promise<readonly Quarter[]> {
  return watched(() => day(seconds));
}

async function day(seconds: number): Promise<readonly Quarter[]> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const directory = mkdtempSync(join(tmpdir(), 'renata-soak-'));
  const clock = new FastClock(Date.UTC(2024, 0, 2, 14, 30));
  clock.speed = SPEED;
  const defects: string[] = [];
  const onDefect = (error: unknown, what: string): void => {
    // How long a listener takes is a matter of the machine; the delay of the event loop is looked at below.
    if (!what.startsWith('A listener of ticks')) defects.push(`${what}: ${String(error)}`);
  };
  const recorder = new Recorder({ folder: join(directory, 'ticks'), clock, onDefect });
  const market = createMarketData({
    clock,
    calendar: () => calendar('us-equity'),
    recorder,
    onDefect,
  });
  const journal = await openJournal({
    directory,
    threadUrl: pathToFileURL('electron/storage/thread.ts'),
  });
  let fills = 0;
  let told = 0;
  const count = (): void => void (told += 1);
  const trading = await Trading.open({
    journal,
    clock,
    market,
    session: () => 'regular',
    dayOf: (_account, now) => new Date(now).toISOString().slice(0, 10),
    events: {
      onOrder: count,
      onFill: () => void (fills += 1),
      onPositions: count,
      onAccounts: count,
      onRisk: count,
      onCases: count,
      onNotice: count,
    },
    onDefect,
  });
  const context: AdapterContext = {
    clock,
    random: Math.random,
    log: () => undefined,
    feed: {
      listen: (listener) => market.listen(listener),
      watch: async (id, kinds) => {
        const watch = await market.watch(id, kinds);
        return () => watch.end();
      },
      instrument: (id) =>
        market.instrument(id).catch((error: unknown) => {
          throw new VenueError('not-found', String(error));
        }),
    },
    series: { read: () => Promise.reject(new Error('no series')) },
    folder: directory,
  };
  const symbols = Array.from({ length: SYMBOLS }, (_, n) => `S${n}`);
  const { execution, data } = manifest.open(
    {
      symbols: symbols.join(','),
      seed: 5,
      every: EVERY,
      cash: '100000000',
      leverage: 4,
      slippageBps: 0,
    },
    {},
    context,
  );
  if (execution === undefined || data === undefined)
    throw new Error('the paper venue did not open');
  const delay = monitorEventLoopDelay({ resolution: 2 });
  try {
    market.addSource(data);
    await data.connect();
    trading.addVenue(execution);
    await execution.connect();
    let quotes = 0;
    market.listen((batch) => {
      quotes += batch.length;
    });
    const ids = symbols.map((symbol) => `${symbol}.SIM` as InstrumentId);
    for (const id of ids) await market.watch(id, ['quote', 'trade']);
    await trading.risk.setLimits({ kind: 'global', name: '' }, WIDE);
    const trader = new Trader(trading, ids, (id) => market.mark(id)?.last ?? Number.NaN);
    while (trading.accounts().length === 0 || ids.some((id) => market.mark(id) === null))
      await pause(20);
    const quarters: Quarter[] = [];
    const began = performance.now();
    for (let quarter = 1; quarter <= 4; quarter += 1) {
      delay.reset();
      delay.enable();
      const until = began + (quarter * seconds * 1000) / 4;
      while (performance.now() < until) {
        trader.act();
        await pause(PACE);
      }
      delay.disable();
      const [p50, p99] = [delay.percentile(50), delay.percentile(99)];
      await pause(50);
      gc();
      await pause(20);
      gc();
      const { heapUsed, rss } = process.memoryUsage();
      quarters.push({
        quarter,
        hours: round(clock.elapsed() / 3_600_000),
        quotes,
        orders: trading.log.ledger.size,
        fills,
        heapMB: round(heapUsed / 1e6),
        rssMB: round(rss / 1e6),
        handles: process
          .getActiveResourcesInfo()
          .filter((each) => each !== 'Timeout' && each !== 'Immediate').length,
        delayP50Ms: round(p50 / 1e6),
        delayP99Ms: round(p99 / 1e6),
      });
    }
    judge(quarters, defects.concat(trader.errors));
    return quarters;
  } finally {
    delay.disable();
    await trading.close();
    await execution.disconnect();
    await data.disconnect();
    await recorder.close();
    await market.close();
    await journal.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Gives, changes and takes back orders near the market, without waiting for one to end. */
class Trader {
  readonly errors: string[] = [];
  readonly #trading: Trading;
  readonly #ids: readonly InstrumentId[];
  readonly #price: (id: InstrumentId) => number;
  readonly #random = new Random(7);
  #n = 0;

  constructor(trading: Trading, ids: readonly InstrumentId[], price: (id: InstrumentId) => number) {
    this.#trading = trading;
    this.#ids = ids;
    this.#price = price;
  }

  act(): void {
    const random = this.#random;
    const open = this.#trading.log.ledger.open();
    const draw = random.uniform();
    const some = open[Math.floor(random.uniform() * open.length)];
    if (some !== undefined && (draw < 0.35 || open.length > 100)) {
      this.#guard(this.#trading.desk.cancel(some.clientOrderId));
      return;
    }
    const id = this.#ids[Math.floor(random.uniform() * this.#ids.length)] as InstrumentId;
    const last = this.#price(id);
    if (!(last > 0)) return;
    const side = random.uniform() < 0.5 ? 'buy' : 'sell';
    const off = (random.uniform() - 0.6) * 0.01 * (side === 'buy' ? 1 : -1);
    const limitPrice = (Math.round(last * (1 + off) * 100) / 100).toFixed(2);
    if (some !== undefined && draw < 0.45 && some.instrument === id) {
      this.#guard(this.#trading.amend(some.clientOrderId, { limitPrice: limitPrice as never }));
      return;
    }
    this.#n += 1;
    const terms = { side, type: 'limit', quantity: '10', limitPrice, timeInForce: 'day' } as const;
    this.#guard(
      this.#trading.place(`S${this.#n}`, { account: 'PAPER', instrument: id, terms }, PERSON),
    );
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      const known = /cannot be changed|waits for the venue|not known yet|not more than/;
      if (!known.test(String(error))) this.errors.push(String(error));
    });
  }
}

/** Fails where something grows that should not. */
function judge(quarters: readonly Quarter[], defects: readonly string[]): void {
  const [, second, , last] = quarters as [Quarter, Quarter, Quarter, Quarter];
  const faults: string[] = [];
  if (defects.length > 0)
    faults.push(`${defects.length} defects, first ${defects.slice(0, 2).join('; ')}`);
  const kept = ((last.orders - second.orders) * ORDER_BYTES) / 1e6;
  if (last.heapMB > second.heapMB + kept + SLACK_MB)
    faults.push(`the heap grew from ${second.heapMB} to ${last.heapMB} MB`);
  if (last.handles > second.handles + 2)
    faults.push(`handles: ${second.handles}, then ${last.handles}`);
  if (last.delayP50Ms > 2 * second.delayP50Ms + 5)
    faults.push(`the event loop was ${second.delayP50Ms}, then ${last.delayP50Ms} ms late`);
  if (last.quotes - second.quotes < second.quotes / 3) faults.push('quotes stopped');
  if (last.fills === 0 || last.orders < 100) faults.push('nothing was traded');
  if (faults.length > 0) {
    console.table(quarters);
    throw new Error(faults.join('; '));
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

if (import.meta.main) console.table(await run(Number(process.argv[2] ?? 120)));

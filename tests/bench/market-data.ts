/**
 * Benchmark of live prices: messages as a venue sends them (JSON, batches of quotes, trades and books of 200
 * instruments) are parsed, cleaned, told to a listener and recorded to the disk, on one thread. Afterwards
 * the recording is read back and every value compared with what was sent. Prints JSON.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../engine/backtest/random.ts';
import { instrumentId, type InstrumentId } from '../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../engine/domain/market-data.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import { systemClock } from '../../electron/net/system-clock.ts';
import { createMarketData } from '../../electron/services/market-data/market-data.ts';
import { readRecording } from '../../electron/services/market-data/recording/reader.ts';
import { Recorder } from '../../electron/services/market-data/recording/recorder.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSource } from '../unit/services/market-data/fake-source.ts';
import { calendar } from '../unit/engine/series/market.ts';

export interface MarketDataBench {
  readonly messages: number;
  readonly wireBytes: number;
  /** Parsed, cleaned, told and written to the disk, in messages a second. */
  readonly recordedPerSecond: number;
  readonly wantedPerSecond: number;
  /** The same without the parsing. */
  readonly serviceAndRecorderPerSecond: number;
  readonly bytesPerMessage: number;
  readonly readPerSecond: number;
}

const MESSAGES = 1_000_000;
const BATCH = 200;
const INSTRUMENTS = 200;
const START = Date.UTC(2024, 0, 2, 15, 0);

interface Wire {
  readonly T: string;
  readonly S: string;
  readonly t: number;
  readonly [field: string]: unknown;
}

/** Batches of messages as text. */
function wire(): string[] {
  const random = new Random(5);
  const cents = new Float64Array(INSTRUMENTS).fill(10_000);
  const batches: string[] = [];
  let id = 1;
  for (let from = 0; from < MESSAGES; from += BATCH) {
    const batch: Wire[] = [];
    for (let i = 0; i < BATCH; i += 1) {
      const k = Math.floor(random.uniform() * INSTRUMENTS);
      const step = Math.floor(random.uniform() * 5) - 2;
      const next = Math.max(500, (cents[k] as number) + step);
      cents[k] = next;
      const price = next / 100;
      const head = { S: `S${k}`, t: START + Math.floor((from + i) / 200) };
      const size = 100 * (1 + Math.floor(random.uniform() * 9));
      const draw = random.uniform();
      const up = (ticks: number): number => (Math.round(price * 100) + ticks) / 100;
      if (draw < 0.75) {
        batch.push({ T: 'q', ...head, bp: price, bs: size, ap: up(1), as: 300 });
      } else if (draw < 0.98) {
        batch.push({ T: 't', ...head, i: id, p: price, s: size });
        id += 1;
      } else {
        const side = (direction: number): number[][] =>
          [0, 1, 2, 3, 4].map((n) => [up(direction * (n + 1)), size + n]);
        batch.push({ T: 'o', ...head, b: side(-1), a: side(1), n: from + i });
      }
    }
    batches.push(JSON.stringify(batch));
  }
  return batches;
}

const ids = new Map<string, InstrumentId>();
for (let k = 0; k < INSTRUMENTS; k += 1) ids.set(`S${k}`, instrumentId(`S${k}`, 'TEST'));

function parse(text: string): MarketDatum[] {
  const messages = JSON.parse(text) as Wire[];
  const batch: MarketDatum[] = [];
  for (const message of messages) {
    const instrument = ids.get(message.S);
    if (instrument === undefined) throw new Error(`unknown ${message.S}`);
    const number = (field: string): number => {
      const value = message[field];
      if (typeof value !== 'number') throw new Error(`${field} is no number`);
      return value;
    };
    const time = unixMillis(message.t);
    const head = { instrument, venueTime: time, receivedTime: unixMillis(time + 3) };
    if (message.T === 'q') {
      const [bid, ask] = [number('bp'), number('ap')];
      batch.push({
        kind: 'quote',
        ...head,
        bid,
        ask,
        bidSize: number('bs'),
        askSize: number('as'),
      });
    } else if (message.T === 't') {
      const tradeId = String(number('i'));
      const [price, size] = [number('p'), number('s')];
      batch.push({
        kind: 'trade',
        ...head,
        price,
        size,
        tradeId,
        aggressor: 'unknown',
        regular: true,
      });
    } else {
      const side = (field: string) =>
        (message[field] as [number, number][]).map(([price, size]) => ({ price, size }));
      const [bids, asks] = [side('b'), side('a')];
      batch.push({ kind: 'book', ...head, bids, asks, sequence: number('n') });
    }
  }
  return batch;
}

async function play(
  folder: string,
  batches: readonly (() => MarketDatum[])[],
): Promise<{ readonly seconds: number; readonly path: string }> {
  const fail = (error: unknown, what: string): never => {
    throw new Error(`${what}: ${String(error)}`);
  };
  const recorder = new Recorder({ folder, clock: systemClock, onDefect: fail });
  const clock = new FakeClock(START);
  const market = createMarketData({
    clock,
    calendar: () => calendar('us-equity'),
    recorder,
    onDefect: fail,
  });
  const source = new FakeSource(clock, { ids: [...ids.values()] });
  market.addSource(source);
  for (const id of ids.values()) await market.watch(id, ['quote', 'trade', 'book']);
  let heard = 0;
  market.listen((batch) => {
    heard += batch.length;
  });
  market.onView(() => undefined);
  const started = performance.now();
  for (const [i, batch] of batches.entries()) {
    source.send(...batch());
    // A process that hears messages has turns between them, in which the disk is served.
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await recorder.flush();
  const seconds = (performance.now() - started) / 1_000;
  const { rows, lost } = recorder.statistics();
  const dropped = [...(market.statistics()[0]?.dropped ?? [])];
  if (rows !== MESSAGES || lost !== 0 || heard !== MESSAGES || dropped.length > 0) {
    throw new Error(
      `sent ${MESSAGES}, heard ${heard}, recorded ${rows}, lost ${lost}, ${dropped.join(' ')}`,
    );
  }
  await recorder.close();
  await market.close();
  return { seconds, path: join(folder, 'fake', '2024-01-02.ticks') };
}

/** Every value of the recording is the one that was sent. */
async function compare(path: string, batches: readonly string[]): Promise<number> {
  let batch: MarketDatum[] = [];
  let at = 0;
  let next = 0;
  let count = 0;
  let reading = 0;
  let before = performance.now();
  for await (const frame of readRecording(path)) {
    reading += performance.now() - before;
    for (const row of frame) {
      if (at === batch.length) {
        batch = parse(batches[next] as string);
        next += 1;
        at = 0;
      }
      const sent = batch[at] as MarketDatum;
      if (JSON.stringify(row) !== JSON.stringify(sent)) {
        throw new Error(`message ${count}: ${JSON.stringify(row)} is not ${JSON.stringify(sent)}`);
      }
      at += 1;
      count += 1;
    }
    before = performance.now();
  }
  if (count !== MESSAGES) throw new Error(`${count} of ${MESSAGES} messages were recorded`);
  return reading / 1_000;
}

export async function run(): Promise<MarketDataBench> {
  const folder = mkdtempSync(join(tmpdir(), 'renata-bench-'));
  try {
    const batches = wire();
    const warm = await play(
      join(folder, 'warm'),
      batches.map((text) => () => parse(text)),
    );
    const readSeconds = await compare(warm.path, batches);
    const whole = await play(
      join(folder, 'whole'),
      batches.map((text) => () => parse(text)),
    );
    const parsed = batches.map((text) => parse(text));
    const service = await play(
      join(folder, 'parsed'),
      parsed.map((batch) => () => batch),
    );
    return {
      messages: MESSAGES,
      wireBytes: batches.reduce((sum, text) => sum + text.length, 0),
      recordedPerSecond: Math.round(MESSAGES / whole.seconds),
      wantedPerSecond: 200_000,
      serviceAndRecorderPerSecond: Math.round(MESSAGES / service.seconds),
      bytesPerMessage: Number((statSync(whole.path).size / MESSAGES).toFixed(2)),
      readPerSecond: Math.round(MESSAGES / readSeconds),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));

/**
 * Benchmark of the history store: writes a CSV of 1,000,000 minute bars, imports it, reads it back and
 * compares every value with the source before anything is timed. Prints JSON.
 */
import { mkdtempSync, rmSync, statSync, writeSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { allocateColumns } from '../../engine/series/columns.ts';
import { openStore } from '../../electron/storage/store-client.ts';

export interface StorageBench {
  readonly bars: number;
  readonly csvBytes: number;
  /** From the call to the committed version. */
  readonly importMs: number;
  readonly importRowsPerSecond: number;
  /** Median of five reads from the store into columns that exist, checksums compared. */
  readonly readMs: number;
  /** Median of five reads into new columns, which the system has to find 48 MB of pages for. */
  readonly readNewColumnsMs: number;
  /** The whole database file after its journal was folded in. */
  readonly bytesPerBar: number;
}

const BARS = 1_000_000;
const START = Date.UTC(2015, 0, 2);
const DATASET = 'BENCH.LOCAL@1m';

/** A random walk in cents, from a generator of its own so that every run has the same bars. */
function source(): BarColumns {
  const bars = allocateColumns(BARS);
  let state = 12_345;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  let last = 10_000;
  for (let i = 0; i < BARS; i += 1) {
    const open = Math.max(100, last + below(3) - 1);
    const close = Math.max(100, open + below(21) - 10);
    bars.time[i] = START + i * 60_000;
    bars.open[i] = open / 100;
    bars.high[i] = (Math.max(open, close) + below(6)) / 100;
    bars.low[i] = (Math.min(open, close) - below(6)) / 100;
    bars.close[i] = close / 100;
    bars.volume[i] = below(1_000_000);
    last = close;
  }
  return bars;
}

function writeCsv(path: string, bars: BarColumns): void {
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, 'timestamp,open,high,low,close,volume\n');
  for (let from = 0; from < BARS; from += 50_000) {
    const lines: string[] = [];
    for (let i = from; i < from + 50_000; i += 1) {
      const stamp = new Date(bars.time[i] ?? 0).toISOString().slice(0, 19).replace('T', ' ');
      const prices = [bars.open, bars.high, bars.low, bars.close].map((column) =>
        (column[i] ?? 0).toFixed(2),
      );
      lines.push(`${stamp},${prices.join(',')},${bars.volume[i]}\n`);
    }
    writeSync(descriptor, lines.join(''));
  }
  closeSync(descriptor);
}

function compare(read: BarColumns, wanted: BarColumns): void {
  for (const name of BAR_COLUMN_NAMES) {
    for (let i = 0; i < BARS; i += 1) {
      if (!Object.is(read[name][i], wanted[name][i])) {
        throw new Error(`bar ${i}: ${name} is ${read[name][i]}, the source has ${wanted[name][i]}`);
      }
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

export async function run(): Promise<StorageBench> {
  const folder = mkdtempSync(join(tmpdir(), 'renata-bench-'));
  try {
    const bars = source();
    const csv = join(folder, 'bench.csv');
    writeCsv(csv, bars);
    const directory = join(folder, 'store');
    const store = await openStore({
      directory,
      threadUrl: new URL('../../electron/storage/thread.ts', import.meta.url),
      automaticBackups: false,
    });
    const started = performance.now();
    await store.importFile({
      path: csv,
      options: { symbol: 'BENCH', calendar: 'crypto', timeZone: 'UTC' },
    });
    const importMs = performance.now() - started;

    const timed = async (into?: BarColumns): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 5; i += 1) {
        const from = performance.now();
        await store.readBars({ datasetId: DATASET, ...(into === undefined ? {} : { into }) });
        times.push(performance.now() - from);
      }
      return median(times);
    };
    const into = allocateColumns(BARS);
    const { bars: read } = await store.readBars({ datasetId: DATASET, into });
    compare(read, bars);
    const readMs = await timed(into);
    compare(into, bars);
    const readNewColumnsMs = await timed();
    await store.close();
    return {
      bars: BARS,
      csvBytes: statSync(csv).size,
      importMs: rounded(importMs),
      importRowsPerSecond: Math.round((BARS / importMs) * 1_000),
      readMs: rounded(readMs),
      readNewColumnsMs: rounded(readNewColumnsMs),
      bytesPerBar: rounded(statSync(join(directory, 'history.sqlite')).size / BARS),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));

import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { ByteWriter, fileWriter, parquetWrite } from 'hyparquet-writer';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { isoDate, isoTime } from '../../engine/domain/time.ts';
import { isDailyOrLonger } from '../../engine/domain/timeframe.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import type { Progress } from './store-types.ts';

const STEP_BARS = 32_768;

export interface ExportJob {
  readonly onProgress: (progress: Progress) => void;
  readonly isCancelled: () => boolean;
  readonly breathe: () => Promise<void>;
}

/** `AAPL-1d.csv`; characters that file names cannot hold become "-". */
export function exportName(symbol: string, timeframe: string, format: 'csv' | 'parquet'): string {
  return `${symbol.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}-${timeframe}.${format}`;
}

/**
 * CSV text, piece by piece: `date` (daily and longer) or `time` (ISO 8601, UTC), prices and volume with
 * as many digits as give the same doubles back.
 */
export function* csvPieces(bars: BarColumns, timeframe: Timeframe): Generator<string> {
  const daily = isDailyOrLonger(timeframe);
  yield `${daily ? 'date' : 'time'},open,high,low,close,volume\n`;
  const count = bars.time.length;
  const { time, open, high, low, close, volume } = bars;
  for (let from = 0; from < count; from += STEP_BARS) {
    const lines: string[] = [];
    for (let i = from; i < Math.min(from + STEP_BARS, count); i += 1) {
      const at = time[i] ?? 0;
      const stamp = daily ? isoDate(at) : isoTime(at).replace('.000Z', 'Z');
      lines.push(`${stamp},${open[i]},${high[i]},${low[i]},${close[i]},${volume[i]}\n`);
    }
    yield lines.join('');
  }
}

/** Writes a file beside its final name first, so that a file of that name is always whole. */
export async function exportToFile(
  path: string,
  format: 'csv' | 'parquet',
  bars: BarColumns,
  timeframe: Timeframe,
  job: ExportJob,
): Promise<number> {
  const draft = `${path}.${process.pid}.part`;
  const total = bars.time.length;
  try {
    if (format === 'parquet') {
      writeParquet(fileWriter(draft), bars);
    } else {
      const descriptor = openSync(draft, 'w');
      try {
        let done = 0;
        for (const piece of csvPieces(bars, timeframe)) {
          if (job.isCancelled()) throw cancelled(path);
          writeSync(descriptor, piece);
          job.onProgress({ stage: 'export', done, total, bars: done });
          done = Math.min(total, done + STEP_BARS);
          await job.breathe();
        }
      } finally {
        closeSync(descriptor);
      }
    }
    renameSync(draft, path);
    job.onProgress({ stage: 'export', done: total, total, bars: total });
    return statSync(path).size;
  } catch (error) {
    rmSync(draft, { force: true });
    if (error instanceof RenataError) throw error;
    throw new RenataError(
      'BAD_INPUT',
      `path: ${path} cannot be written (${error instanceof Error ? error.message : String(error)}); choose another folder.`,
      { details: { parameter: 'path' } },
    );
  }
}

export function exportToBytes(
  format: 'csv' | 'parquet',
  bars: BarColumns,
  timeframe: Timeframe,
): Uint8Array {
  if (format === 'csv') return Buffer.from([...csvPieces(bars, timeframe)].join(''));
  const writer = new ByteWriter();
  writeParquet(writer, bars);
  return writer.getBytes().slice();
}

/** Times as UTC timestamps in milliseconds, everything else as doubles; no value is missing. */
function writeParquet(writer: ByteWriter | ReturnType<typeof fileWriter>, bars: BarColumns): void {
  const numbers = (['open', 'high', 'low', 'close', 'volume'] as const).map((name) => ({
    name,
    data: bars[name],
  }));
  void parquetWrite({
    writer,
    columnData: [{ name: 'time', data: BigInt64Array.from(bars.time, BigInt) }, ...numbers],
    schema: [
      { name: 'root', num_children: 6 },
      {
        name: 'time',
        type: 'INT64',
        repetition_type: 'REQUIRED',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      },
      ...numbers.map(({ name }) => ({
        name,
        type: 'DOUBLE' as const,
        repetition_type: 'REQUIRED' as const,
      })),
    ],
    rowGroupSize: 131_072,
    createdBy: 'renata',
  });
}

function cancelled(path: string): RenataError {
  return new RenataError('CANCELLED', `The export to ${path} was cancelled; no file was written.`);
}

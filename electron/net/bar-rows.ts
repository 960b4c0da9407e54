import type { Bar, BarColumns } from '../../engine/domain/bar.ts';
import type { CancelSignal } from '../../engine/ports/market-data-client.ts';

/** Time, open, high, low, close and volume of one bar. */
export type BarRow = readonly [number, number, number, number, number, number];

/** Rows as columns. */
export const columnsOfRows = (rows: readonly BarRow[]): BarColumns =>
  columns((_, i) => Float64Array.from(rows, (row) => row[i] as number));

/** Bars as columns. */
export const columnsOfBars = (bars: readonly Bar[]): BarColumns =>
  columns((name) => Float64Array.from(bars, (bar) => bar[name]));

function columns(column: (name: keyof Bar, at: number) => Float64Array): BarColumns {
  return {
    time: column('time', 0),
    open: column('open', 1),
    high: column('high', 2),
    low: column('low', 3),
    close: column('close', 4),
    volume: column('volume', 5),
  };
}

/** Runs what takes an AbortSignal so that a plain signal ends it, and lets go of that one afterwards. */
export async function cancellable<Answer>(
  signal: CancelSignal | undefined,
  run: (ending: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const ending = new AbortController();
  const abort = (): void => ending.abort();
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  try {
    return await run(ending.signal);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

import type { BarColumns } from '../../../engine/domain/bar.ts';
import { allocateColumns } from '../../../engine/series/columns.ts';

/** Rows of time, open, high, low, close and volume as columns. */
export function columnsOf(rows: readonly (readonly number[])[]): BarColumns {
  const columns = allocateColumns(rows.length);
  rows.forEach((row, i) => {
    columns.time[i] = row[0] as number;
    columns.open[i] = row[1] as number;
    columns.high[i] = row[2] as number;
    columns.low[i] = row[3] as number;
    columns.close[i] = row[4] as number;
    columns.volume[i] = row[5] as number;
  });
  return columns;
}

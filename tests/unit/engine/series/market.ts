import { existsSync, readFileSync } from 'node:fs';
import { fromRoot } from '../../../../build/lib/paths.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { MarketCalendar, type CalendarData } from '../../../../engine/domain/calendar.ts';

export function calendar(name: 'us-equity' | 'crypto' | 'forex' | 'none'): MarketCalendar {
  const file = fromRoot(`resources/calendars/${name}.json`);
  return new MarketCalendar(JSON.parse(readFileSync(file, 'utf8')) as CalendarData);
}

/** Path of a file of real market data beside the checkout, or `undefined` where there is none. */
export function sharedData(relative: string): string | undefined {
  const path = fromRoot(`../shared/data/${relative}`);
  return existsSync(path) ? path : undefined;
}

/** Reads `time,open,high,low,close,volume` rows with a reader of its own; times are New York's or dates. */
export function readRows(path: string, toTime: (text: string) => number): BarColumns {
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','));
  const column = (index: number): Float64Array =>
    Float64Array.from(rows, (row) => Number(row[index]));
  return {
    time: Float64Array.from(rows, (row) => toTime(row[0] ?? '')),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
}

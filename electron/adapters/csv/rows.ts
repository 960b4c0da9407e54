import { instrumentId, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import {
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
} from '../../../engine/domain/time.ts';
import type { TimeZone } from '../../../engine/domain/time-zone.ts';
import { timeframe, timeframeOfMillis, type Timeframe } from '../../../engine/domain/timeframe.ts';

/** What the rows of a file are. */
export type RowKind = 'bar' | 'quote' | 'trade';

/** Names of columns in other programs, lower case. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  time: ['time', 'timestamp', 'date', 'datetime', 'date_time', 'open_time', 'gmt time'],
  clock: ['clock', 'hour', 'time_of_day'],
  open: ['open', 'o', 'open_price'],
  high: ['high', 'h', 'high_price'],
  low: ['low', 'l', 'low_price'],
  close: ['close', 'c', 'close_price'],
  volume: ['volume', 'v', 'vol'],
  bid: ['bid', 'bid_price', 'bidprice'],
  ask: ['ask', 'ask_price', 'askprice', 'offer'],
  bidSize: ['bid_size', 'bidsize', 'bid_volume'],
  askSize: ['ask_size', 'asksize', 'ask_volume'],
  price: ['price', 'last', 'trade_price'],
  size: ['size', 'quantity', 'qty', 'amount'],
  id: ['id', 'trade_id', 'tradeid'],
};
const REQUIRED: Readonly<Record<RowKind, readonly string[]>> = {
  bar: ['time', 'open', 'high', 'low', 'close'],
  quote: ['time', 'bid', 'ask'],
  trade: ['time', 'price'],
};

export interface Layout {
  readonly kind: RowKind;
  readonly separator: string;
  readonly width: number;
  /** Place of each column that is there. */
  readonly at: ReadonlyMap<string, number>;
}

export interface Row {
  readonly time: number;
  /** Written as a date without a clock time. */
  readonly dated: boolean;
  readonly id: string;
  readonly values: ReadonlyMap<string, number>;
}

/** What a file name says: `AAPL_5m.csv`, `AAPL_quotes.csv`, `EURUSD.csv`. */
export interface FileName {
  readonly instrument: InstrumentId;
  readonly timeframe: Timeframe | null;
}

const NAME = /^(.*?)(?:[_ ](?:(\d{1,4}[smhdwMHDW])|quotes|trades|ticks|bars))?\.csv$/;

/** null for a name that is none of a price file. */
export function readFileName(name: string, venue: string): FileName | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const [, symbol = '', length] = match;
  try {
    return {
      instrument: instrumentId(symbol, venue),
      timeframe: length === undefined ? null : timeframe(length),
    };
  } catch {
    return null;
  }
}

/** Understands the first line of a file; a text says what is wrong with it. */
export function readLayout(line: string): Layout | string {
  const separator = [',', ';', '\t'].find((each) => line.includes(each)) ?? ',';
  const cells = split(line, separator).map((cell) => cell.trim().toLowerCase());
  const at = new Map<string, number>();
  for (const [name, words] of Object.entries(NAMES)) {
    const place = cells.findIndex((cell) => words.includes(cell));
    if (place >= 0) at.set(name, place);
  }
  // `Date` and `Time` in two columns.
  const date = cells.indexOf('date');
  const clock = cells.indexOf('time');
  if (date >= 0 && clock >= 0) {
    at.set('time', date);
    at.set('clock', clock);
  }
  for (const kind of ['bar', 'quote', 'trade'] as const) {
    if (REQUIRED[kind].every((name) => at.has(name))) {
      return { kind, separator, width: cells.length, at };
    }
  }
  return 'the first line must name the columns: time, open, high, low, close, volume for bars; time, bid, ask for quotes; time, price, size for trades';
}

/** A row of values; a text says what is wrong with it. */
export function readRow(line: string, layout: Layout, zone: TimeZone): Row | string {
  const cells = split(line, layout.separator);
  if (cells.length < layout.width) {
    return `${cells.length} values where the first line names ${layout.width} columns`;
  }
  const text = (name: string): string => (cells[layout.at.get(name) ?? -1] ?? '').trim();
  const clock = text('clock');
  const stamp = readTime(clock === '' ? text('time') : `${text('time')} ${clock}`, zone);
  if (stamp === undefined) return `"${text('time').slice(0, 40)}" is no time`;
  const values = new Map<string, number>();
  for (const name of layout.at.keys()) {
    if (name === 'time' || name === 'clock' || name === 'id') continue;
    const cell = text(name);
    const value = cell === '' ? Number.NaN : Number(cell);
    if (Number.isNaN(value) && cell !== '' && !/^nan$/i.test(cell)) {
      return `${name}: "${cell.slice(0, 40)}" is not a number`;
    }
    if (
      !Number.isFinite(value) &&
      REQUIRED[layout.kind].includes(name) &&
      layout.kind !== 'quote'
    ) {
      return `${name} is missing`;
    }
    values.set(name, value);
  }
  if (layout.kind === 'bar') {
    const [open, high, low, close] = ['open', 'high', 'low', 'close'].map(
      (name) => values.get(name) as number,
    ) as [number, number, number, number];
    if (high < Math.max(open, close) || low > Math.min(open, close)) {
      return 'open or close lie outside of low and high';
    }
  }
  return { ...stamp, id: text('id'), values };
}

const STAMP =
  /^(\d{4})[-/.](\d{2})[-/.](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

function readTime(
  text: string,
  zone: TimeZone,
): { readonly time: number; readonly dated: boolean } | undefined {
  if (/^\d{9,10}(\.\d+)?$/.test(text))
    return { time: Math.round(Number(text) * 1000), dated: false };
  if (/^\d{12,13}$/.test(text)) return { time: Number(text), dated: false };
  const match = STAMP.exec(text);
  if (match === null) return undefined;
  const [, year, month, date, hour, minute = '0', second = '0', part = '', offset] = match;
  const day = Date.UTC(Number(year), Number(month) - 1, Number(date));
  const back = new Date(day);
  if (back.getUTCMonth() + 1 !== Number(month) || back.getUTCDate() !== Number(date)) {
    return undefined;
  }
  if (hour === undefined) return { time: day, dated: true };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const wall =
    day +
    Number(hour) * MS_PER_HOUR +
    Number(minute) * MS_PER_MINUTE +
    Number(second) * MS_PER_SECOND +
    Number(part.padEnd(3, '0').slice(0, 3));
  if (offset === undefined) return { time: zone.toInstant(wall), dated: false };
  if (offset === 'Z') return { time: wall, dated: false };
  const sign = offset.startsWith('-') ? -1 : 1;
  const digits = offset.slice(1).replace(':', '');
  const shift = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return { time: wall - sign * shift * MS_PER_MINUTE, dated: false };
}

/** The bar length that rows are apart: dates are days, else the least distance of the first rows. */
export function lengthOf(rows: readonly Row[]): Timeframe | null {
  const first = rows.slice(0, 500).map(({ time }) => time);
  const ascending = first.toSorted((a, b) => a - b);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < ascending.length; i += 1) {
    const step = (ascending[i] as number) - (ascending[i - 1] as number);
    if (step > 0) least = Math.min(least, step);
  }
  if (rows.some(({ dated }) => dated)) {
    if (least >= 26 * MS_PER_DAY && least < 32 * MS_PER_DAY) return timeframe('1M');
    return least === 7 * MS_PER_DAY ? timeframe('1w') : timeframe('1d');
  }
  return Number.isFinite(least) ? (timeframeOfMillis(least) ?? null) : null;
}

/** Cells of a line; quotation marks hold separators together. Lines never go on after a line break. */
function split(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const letter = line[i] as string;
    if (letter === '"' && quoted && line[i + 1] === '"') {
      cell += '"';
      i += 1;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === separator && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += letter;
  }
  return [...cells, cell];
}

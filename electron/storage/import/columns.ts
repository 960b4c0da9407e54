import { badFile, cellOf, quoted } from './bad-file.ts';
import { isClock } from './dates.ts';

/** Positions of the bar columns in a file, from 0; -1 where the file has none. */
export interface ColumnMap {
  readonly time: number;
  /** A separate column with the clock time. */
  readonly clock: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** File columns by header name, or by number from 1, as the user gave them. */
export type GivenColumns = Readonly<
  Partial<
    Record<
      'time' | 'date' | 'clock' | 'open' | 'high' | 'low' | 'close' | 'volume',
      string | undefined
    >
  >
>;

/** Usual names, compared without case, spaces and punctuation; the first that a file has wins. */
const NAMES = {
  instant: [
    'timestamp',
    'datetime',
    'datetimeutc',
    'timestamputc',
    'unix',
    'unixtime',
    'unixtimestamp',
    'epoch',
    'opentime',
    'gmttime',
    'localtime',
    't',
  ],
  date: ['date', 'day', 'tradedate', 'tradingday', 'tradingdate', 'dt'],
  time: ['time', 'clock', 'hour'],
  open: ['open', 'o', 'openprice', 'opening', '1open', 'first'],
  high: ['high', 'h', 'highprice', 'max', '2high'],
  low: ['low', 'l', 'lowprice', 'min', '3low'],
  close: ['close', 'c', 'closeprice', 'closelast', 'last', 'price', 'closing', 'settle', '4close'],
  volume: ['volume', 'vol', 'v', 'totalvolume', 'shares', '5volume', 'tickvol', 'tickvolume'],
} as const;

const EXPECTED =
  'a date, time, timestamp or datetime column and open, high, low, close, with volume if there is one';

export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Whether a first row reads like a header: any usual name in it. */
export function looksLikeHeader(row: readonly string[]): boolean {
  const known = new Set<string>(Object.values(NAMES).flat());
  return row.some((cell) => known.has(plainName(cell)) && !/\d{4}/.test(cell));
}

export interface MappedColumns {
  readonly columns: ColumnMap;
  readonly notes: readonly string[];
}

/**
 * Finds the bar columns by their names.
 * @param samples the first values of a column, to tell a clock column from a column of instants
 * @throws RenataError BAD_FILE listing what was found and what is expected.
 */
export function mapColumns(
  file: string,
  headerLine: number | undefined,
  header: readonly string[],
  given: GivenColumns,
  samples: (column: number) => readonly string[],
): MappedColumns {
  const notes: string[] = [];
  const plain = header.map((name) => plainName(name));
  const place = headerLine === undefined ? { file } : { file, line: headerLine };

  const byName = (role: string, wanted: string): number => {
    const exact = header.findIndex((name) => name.trim() === wanted.trim());
    const loose = plain.indexOf(plainName(wanted));
    const number = /^\d+$/.test(wanted.trim()) ? Number(wanted) - 1 : -1;
    const found = exact >= 0 ? exact : loose >= 0 && plainName(wanted) !== '' ? loose : number;
    if (found < 0 || found >= header.length) {
      throw badFile(
        place,
        `there is no column ${quoted(wanted)} for ${role}; the file has ${header.map(quoted).join(', ')}.`,
      );
    }
    return found;
  };

  const usual = (role: string, names: readonly string[]): number => {
    for (const name of names) {
      const first = plain.indexOf(name);
      if (first < 0) continue;
      const second = plain.indexOf(name, first + 1);
      if (second >= 0) {
        throw badFile(
          { ...place, column: second + 1, columnName: cellOf(header, second) },
          `columns ${first + 1} and ${second + 1} are both called ${quoted(cellOf(header, first))}; say which is ${role}, or remove one.`,
        );
      }
      return first;
    }
    return -1;
  };

  const role = (name: 'open' | 'high' | 'low' | 'close' | 'volume'): number => {
    const wanted = given[name];
    return wanted === undefined ? usual(name, NAMES[name]) : byName(name, wanted);
  };

  const wantedTime = given.time ?? given.date;
  let time = wantedTime === undefined ? -1 : byName('time', wantedTime);
  let clock = given.clock === undefined ? -1 : byName('clock', given.clock);
  if (time < 0) {
    const instant = usual('time', NAMES.instant);
    const date = usual('date', NAMES.date);
    const clockOrTime = usual('time', NAMES.time);
    const isClockColumn = clockOrTime >= 0 && samples(clockOrTime).every((text) => isClock(text));
    if (instant >= 0) {
      time = instant;
    } else if (date >= 0) {
      time = date;
      if (clock < 0 && isClockColumn) clock = clockOrTime;
    } else if (clockOrTime >= 0 && !isClockColumn) {
      time = clockOrTime;
    } else if (plain[0] === '' && header.length >= 5) {
      // Tables that were saved with their index have no name above it.
      time = 0;
    }
  }

  const columns = {
    time,
    clock,
    open: role('open'),
    high: role('high'),
    low: role('low'),
    close: role('close'),
    volume: role('volume'),
  };
  const missing = (['time', 'open', 'high', 'low', 'close'] as const).filter(
    (name) => columns[name] < 0,
  );
  if (missing.length > 0) {
    throw badFile(
      place,
      `the header has no column for ${missing.join(', ')}; found ${header.map(quoted).join(', ')}, expected ${EXPECTED}. Rename the columns or say which is which.`,
    );
  }
  if (columns.volume < 0) notes.push('The file has no volume column; volume is 0.');
  const adjusted = plain.findIndex((name) => /^adj(usted)?close$/.test(name));
  if (adjusted >= 0) {
    notes.push(
      `Column ${quoted(cellOf(header, adjusted))} was left out; prices are those of the other columns.`,
    );
  }
  return { columns, notes };
}

/**
 * Columns of a file without a header, when its rows have a well-known order: time, open, high, low,
 * close and perhaps volume, or the same with a clock column second.
 * @throws RenataError BAD_FILE when the rows do not bear that order out.
 */
export function guessColumns(
  file: string,
  line: number,
  rows: readonly (readonly string[])[],
  given: GivenColumns,
  number: (text: string) => number,
): MappedColumns {
  const width = rows[0]?.length ?? 0;
  const names = Array.from({ length: width }, (_, index) => String(index + 1));
  if (Object.keys(given).length > 0) {
    return mapColumns(file, line, names, given, () => []);
  }
  const clock = width >= 6 && rows.every((row) => isClock(cellOf(row, 1)));
  const first = clock ? 2 : 1;
  const prices = [first, first + 1, first + 2, first + 3];
  let sound = 0;
  for (const row of rows) {
    const [open = 0, high = 0, low = 0, close = 0] = prices.map((index) =>
      number(cellOf(row, index)),
    );
    if (high >= Math.max(open, close) && low <= Math.min(open, close) && low > 0) sound += 1;
  }
  if (width < first + 4 || width > first + 5 || sound < rows.length * 0.95) {
    throw badFile(
      { file, line },
      `the file has no header, and its ${width} columns are not in the order time, open, high, low, close, volume; add a header line with ${EXPECTED}.`,
    );
  }
  const volume = width > first + 4 ? first + 4 : -1;
  return {
    columns: {
      time: 0,
      clock: clock ? 1 : -1,
      open: first,
      high: first + 1,
      low: first + 2,
      close: first + 3,
      volume,
    },
    notes: [
      'The file has no header; its columns were taken as time, open, high, low, close, volume.',
      ...(volume < 0 ? ['The file has no volume column; volume is 0.'] : []),
    ],
  };
}

/** What adapters declare, as rows of words: printed by the conformance suites, and put into docs/adapters.md. */
import { DATA_KINDS } from '../engine/domain/market-data.ts';
import { GROUP_KINDS } from '../engine/domain/live-order.ts';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../engine/domain/order.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from '../engine/domain/time.ts';
import type { ExecutionCapabilities, RateLimit } from '../engine/ports/execution-client.ts';
import type { DataCapabilities } from '../engine/ports/market-data-client.ts';

/** What a row is about, and what is so. */
export type MatrixRow = readonly [what: string, value: string];

export interface Matrix {
  readonly title: string;
  readonly rows: readonly MatrixRow[];
}

const NO = '–';
const yes = (value: boolean): string => (value ? 'yes' : NO);

export function executionMatrix(title: string, can: ExecutionCapabilities): Matrix {
  return {
    title,
    rows: [
      ...ORDER_TYPES.map((type): MatrixRow => [type, yes(can.orderTypes.includes(type))]),
      ...TIMES_IN_FORCE.map((time): MatrixRow => [time, yes(can.timesInForce.includes(time))]),
      ...GROUP_KINDS.map((kind): MatrixRow => [
        `${kind} held by the venue`,
        yes(can.groups.includes(kind)),
      ]),
      ['amend', can.amend === 'none' ? NO : can.amend],
      ['parts of a unit', yes(can.fractional)],
      ['short', yes(can.short)],
      ['extended hours', yes(can.extendedHours)],
      ['reduce-only', yes(can.reduceOnly)],
      ['post-only', yes(can.postOnly)],
      ['iceberg', yes(can.iceberg)],
      ['what-if', yes(can.whatIf)],
      ['orders by our name', yes(can.lookupByClientId)],
      ['fills asked for', `back ${spanOf(can.fillHistory)}`],
      ['rate limits', limitsOf(can.rateLimits)],
    ],
  };
}

/** @param depth what is said of how far bars go back, where it is more than a span */
export function dataMatrix(title: string, can: DataCapabilities, depth?: string): Matrix {
  return {
    title,
    rows: [
      ...DATA_KINDS.map((kind): MatrixRow => [
        `${STREAMED[kind]} streamed`,
        yes(can.streams.includes(kind)),
      ]),
      ['bars', can.timeframes.length === 0 ? 'those of its files' : can.timeframes.join(' ')],
      [
        'history',
        depth ?? (can.historyDepth === null ? 'not said' : `back ${spanOf(can.historyDepth)}`),
      ],
      ['prices', ADJUSTED[can.adjustment]],
      ['at once', can.maxSubscriptions === null ? 'no limit' : String(can.maxSubscriptions)],
      ['rate limits', limitsOf(can.rateLimits)],
    ],
  };
}

/** As lines, for a terminal. */
export function printed({ title, rows }: Matrix): string {
  const width = Math.max(...rows.map(([what]) => what.length));
  return [title, ...rows.map(([what, value]) => `  ${what.padEnd(width)}  ${value}`)].join('\n');
}

/** As a Markdown table, an adapter a column. All have the same rows. */
export function tableOf(matrices: readonly Matrix[]): readonly string[] {
  const [first] = matrices;
  if (first === undefined) return [];
  return [
    `| | ${matrices.map(({ title }) => title).join(' | ')} |`,
    `|---${'|---'.repeat(matrices.length)}|`,
    ...first.rows.map(
      ([what], i) => `| ${what} | ${matrices.map(({ rows }) => rows[i]?.[1] ?? NO).join(' | ')} |`,
    ),
  ];
}

const STREAMED: Readonly<Record<(typeof DATA_KINDS)[number], string>> = {
  quote: 'quotes',
  trade: 'trades',
  book: 'books',
  bar: 'bars',
  status: 'halts',
};
const ADJUSTED: Readonly<Record<DataCapabilities['adjustment'], string>> = {
  raw: 'raw',
  split: 'adjusted for splits',
  both: 'raw or adjusted for splits',
};

function limitsOf(limits: readonly RateLimit[]): string {
  if (limits.length === 0) return 'none';
  return limits
    .map(
      ({ what, requests, perMilliseconds }) => `${requests} ${what} in ${spanOf(perMilliseconds)}`,
    )
    .join('; ');
}

/** A span in its largest whole unit, and years for what is longer than one. */
export function spanOf(span: number): string {
  const year = 365 * MS_PER_DAY;
  const milliseconds = span < year ? span : Math.floor(span / year) * year;
  const units = [
    [year, 'year'],
    [MS_PER_DAY, 'day'],
    [MS_PER_HOUR, 'hour'],
    [MS_PER_MINUTE, 'minute'],
    [MS_PER_SECOND, 'second'],
  ] as const;
  const [size, name] = units.find(
    ([each]) => milliseconds >= each && milliseconds % each === 0,
  ) ?? [1, 'millisecond'];
  const count = milliseconds / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

import { isoTime, MS_PER_DAY } from '../../../engine/domain/time.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { toCsv } from '../../components/csv.ts';

/** One trade of a run as the grid and its CSV have it. */
export interface TradeRow {
  /** In a run of several instruments; empty in a run of one. */
  readonly symbol: string;
  readonly size: number;
  readonly entryTime: number;
  readonly exitTime: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly pnl: number;
  /** Where the order of prices inside a bar decides: the worst and the best net result, and that bar. */
  readonly worst: number | null;
  readonly best: number | null;
  readonly decidedAt: number | null;
  readonly returnFraction: number;
  readonly days: number;
  readonly mae: number;
  readonly mfe: number;
  readonly commission: number;
  /** Dividends less borrow fees and interest. */
  readonly carry: number;
  readonly tag: string;
}

export function rowsOf({ trades, ambiguous, time, instruments }: Run): TradeRow[] {
  const doubts = new Map(Array.from(ambiguous?.trade ?? [], (row, i) => [row, i] as const));
  return Array.from(trades.size, (size, row) => {
    const doubt = doubts.get(row);
    const known = doubt === undefined ? undefined : ambiguous;
    const at = doubt ?? 0;
    return {
      symbol: instruments?.[trades.instrument?.[row] ?? 0]?.symbol ?? '',
      size,
      entryTime: trades.entryTime[row] as number,
      exitTime: trades.exitTime[row] as number,
      entryPrice: trades.entryPrice[row] as number,
      exitPrice: trades.exitPrice[row] as number,
      pnl: trades.pnl[row] as number,
      worst: known?.worst[at] ?? null,
      best: known?.best[at] ?? null,
      decidedAt: time[known?.bar[at] ?? -1] ?? null,
      returnFraction: trades.returnFraction[row] as number,
      days: ((trades.exitTime[row] as number) - (trades.entryTime[row] as number)) / MS_PER_DAY,
      mae: trades.mae[row] as number,
      mfe: trades.mfe[row] as number,
      commission: trades.commission[row] as number,
      carry: trades.carry?.[row] ?? 0,
      tag: [trades.entryTag[row], trades.open[row] === 1 ? 'open' : trades.exitTag[row]]
        .filter(Boolean)
        .join(' → '),
    };
  });
}

/** What a run has to say of its trades beyond what every run has. */
export interface TradeFields {
  /** There in a run of several instruments. */
  readonly symbol?: boolean;
  readonly doubt: boolean;
  readonly commission: boolean;
  readonly carry: boolean;
  readonly tag: boolean;
  /** Whether times are more than dates. */
  readonly clock: boolean;
}

export function fieldsOf(run: Run, rows: readonly TradeRow[]): TradeFields {
  return {
    ...(run.instruments === undefined ? {} : { symbol: true }),
    doubt: (run.ambiguous?.count ?? 0) > 0,
    commission: rows.some(({ commission }) => commission !== 0),
    carry: run.trades.carry !== undefined,
    tag: rows.some(({ tag }) => tag !== ''),
    clock: run.time.some((time) => time % MS_PER_DAY !== 0),
  };
}

interface CsvColumn {
  readonly title: string;
  readonly value: (row: TradeRow) => string | number;
}

const whenKnown = (value: number | null): string | number => value ?? '';

/** Trades as CSV: every digit, returns and excursions as fractions, times in UTC. */
export function tradesCsv(
  rows: readonly TradeRow[],
  { symbol = false, doubt, carry, tag }: TradeFields,
): string {
  const columns: CsvColumn[] = [
    ...(symbol ? [{ title: 'Symbol', value: (row: TradeRow) => row.symbol }] : []),
    { title: 'Size', value: ({ size }) => size },
    { title: 'EntryTime', value: ({ entryTime }) => isoTime(entryTime) },
    { title: 'ExitTime', value: ({ exitTime }) => isoTime(exitTime) },
    { title: 'EntryPrice', value: ({ entryPrice }) => entryPrice },
    { title: 'ExitPrice', value: ({ exitPrice }) => exitPrice },
    { title: 'PnL', value: ({ pnl }) => pnl },
  ];
  if (doubt) {
    columns.push(
      { title: 'Worst', value: ({ worst }) => whenKnown(worst) },
      { title: 'Best', value: ({ best }) => whenKnown(best) },
      {
        title: 'Decided',
        value: ({ decidedAt }) => (decidedAt === null ? '' : isoTime(decidedAt)),
      },
    );
  }
  columns.push(
    { title: 'ReturnPct', value: ({ returnFraction }) => returnFraction },
    { title: 'Duration', value: ({ days }) => days },
    { title: 'MAE', value: ({ mae }) => mae },
    { title: 'MFE', value: ({ mfe }) => mfe },
    { title: 'Commission', value: ({ commission }) => commission },
  );
  if (carry) columns.push({ title: 'Carry', value: (row) => row.carry });
  if (tag) columns.push({ title: 'Tag', value: (row) => row.tag });
  return toCsv(
    columns.map(({ title }) => title),
    rows.map((row) => columns.map(({ value }) => value(row))),
  );
}

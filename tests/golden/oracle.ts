import { existsSync, readFileSync } from 'node:fs';
import { fromRoot } from '../../build/lib/paths.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';

/** One function's answers in the reference set. */
export interface OracleFunction {
  readonly name: string;
  readonly params: Readonly<Record<string, number>>;
  readonly lookback: number;
  readonly begin: number;
  readonly outputs: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface OracleFile {
  readonly bars: BarColumns;
  readonly functions: readonly OracleFunction[];
}

const FILES = {
  daily: ['spy-daily-1000.defaults.json', 'daily/SPY.csv'],
  minute: ['aapl-minute-1000.other-parameters.json', 'minute/AAPL.csv'],
} as const;

/** The reference answers and their input bars; `undefined` where they are not beside the checkout. */
export function readOracle(which: keyof typeof FILES): OracleFile | undefined {
  const [answers, prices] = FILES[which];
  const path = fromRoot(`../shared/oracle/ta-lib/${answers}`);
  if (!existsSync(path)) return undefined;
  const { functions } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly functions: readonly OracleFunction[];
  };
  const rows = readFileSync(fromRoot(`../shared/data/${prices}`), 'utf8')
    .split('\n')
    .slice(1, 1_001)
    .map((row) => row.split(','));
  const column = (index: number): Float64Array =>
    Float64Array.from(rows, (row) => Number(row[index]));
  return {
    functions,
    bars: {
      time: Float64Array.from(rows, (_, i) => i),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
    },
  };
}

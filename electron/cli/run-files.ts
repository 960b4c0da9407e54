import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import { MS_PER_DAY } from '../../engine/domain/time.ts';
import type { Run } from '../../engine/protocol/schemas.ts';
import { reasonOf } from './session.ts';
import { barTimeWriter } from './text.ts';

/** Files of an exported run, under the names and columns of docs/command-line.md. */
export function exportRun(run: Run, directory: string): string[] {
  const folder = openFolder(directory);
  const files: Record<string, string> = {
    'run.json': json(run.summary),
    'statistics.json': json(
      Object.fromEntries(run.summary.statistics.map(({ name, value }) => [name, finite(value)])),
    ),
    'trades.csv': tradesCsv(run),
    'orders.csv': ordersCsv(run),
    'equity.csv': equityCsv(run),
  };
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    // A reader never sees half a file.
    writeFileSync(`${path}.partial`, text);
    renameSync(`${path}.partial`, path);
    return path;
  });
}

function openFolder(directory: string): string {
  const folder = resolve(directory);
  try {
    mkdirSync(folder, { recursive: true });
    if (statSync(folder).isDirectory()) return folder;
  } catch (error) {
    throw notAFolder(folder, reasonOf(error));
  }
  throw notAFolder(folder, 'it is a file');
}

function notAFolder(folder: string, reason: string): RenataError {
  return new RenataError(
    'BAD_INPUT',
    `export: ${folder} cannot be written to (${reason}); name another folder.`,
    { details: { parameter: 'export' } },
  );
}

/** JSON has no NaN: what is not defined is null. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function json(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, each: unknown) => (typeof each === 'number' ? finite(each) : each),
    2,
  );
  return `${text}\n`;
}

function csv(header: string, rows: Iterable<readonly (string | number)[]>): string {
  const lines = [header];
  for (const row of rows) lines.push(row.map(cell).join(','));
  return `${lines.join('\n')}\n`;
}

function cell(value: string | number): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function tradesCsv({ trades, summary }: Run): string {
  const time = barTimeWriter(summary.timeframe);
  const rows = Array.from(trades.size, (size, i) => [
    size,
    trades.entryBar[i] as number,
    trades.open[i] === 1 ? '' : (trades.exitBar[i] as number),
    trades.entryPrice[i] as number,
    trades.exitPrice[i] as number,
    '',
    '',
    trades.pnl[i] as number,
    trades.returnFraction[i] as number,
    time(trades.entryTime[i] as number),
    trades.open[i] === 1 ? '' : time(trades.exitTime[i] as number),
    ((trades.exitTime[i] as number) - (trades.entryTime[i] as number)) / MS_PER_DAY,
    trades.open[i] === 1 ? 'open' : (trades.entryTag[i] ?? ''),
    trades.commission[i] as number,
    trades.mae[i] as number,
    trades.mfe[i] as number,
  ]);
  return csv(
    'Size,EntryBar,ExitBar,EntryPrice,ExitPrice,SL,TP,PnL,ReturnPct,EntryTime,ExitTime,Duration,Tag,Commission,MAE,MFE',
    rows,
  );
}

function ordersCsv({ orders }: Run): string {
  const rows = orders.side.map((side, i) => [
    orders.placedBar[i] as number,
    orders.doneBar[i] as number,
    side,
    orders.type[i] as string,
    orders.state[i] as string,
    orders.quantity[i] as number,
    orders.limitPrice[i] as number,
    orders.stopPrice[i] as number,
    orders.fillPrice[i] as number,
    orders.commission[i] as number,
    orders.tag[i] as string,
  ]);
  return csv(
    'PlacedBar,DoneBar,Side,Type,State,Quantity,LimitPrice,StopPrice,FillPrice,Commission,Tag',
    rows,
  );
}

function equityCsv({ time, equity, benchmark, position, summary }: Run): string {
  const write = barTimeWriter(summary.timeframe);
  let peak = Number.NEGATIVE_INFINITY;
  let peakTime = 0;
  const rows = Array.from(time, (at, i) => {
    const value = equity[i] as number;
    if (value >= peak) {
      peak = value;
      peakTime = at;
    }
    return [
      write(at),
      value,
      value / peak - 1,
      (at - peakTime) / MS_PER_DAY,
      benchmark[i] as number,
      position[i] as number,
    ];
  });
  return csv('time,Equity,DrawdownPct,DrawdownDuration,BuyAndHold,Position', rows);
}

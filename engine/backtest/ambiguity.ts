import type { AmbiguousTrades, TradeColumns } from '../domain/backtest.ts';
import { DOUBT_ROLES, type DoubtLog } from './matching/doubts.ts';
import type { TradeLog } from './trade-log.ts';

/**
 * Trades whose result a doubt of the run touches, each with the best and the worst of what was booked
 * and what could have been. A trade that could have been left elsewhere inside the bar is taken to have
 * been, at the same commission; an entry on the other side is marked at the close of the bar.
 */
export function ambiguousTrades(
  log: TradeLog,
  trades: TradeColumns,
  doubts: DoubtLog,
): AmbiguousTrades | undefined {
  if (doubts.count === 0) return undefined;
  const byEntry = rowsBy(log.entryOrder.toArray());
  const byExit = rowsBy(log.exitOrder.toArray());
  const found = new Map<number, { bar: number; best: number; worst: number }>();
  const widen = (row: number, bar: number, pnl: number): void => {
    const booked = trades.pnl[row] as number;
    const known = found.get(row) ?? { bar, best: booked, worst: booked };
    known.bar = Math.min(known.bar, bar);
    known.best = Math.max(known.best, pnl);
    known.worst = Math.min(known.worst, pnl);
    found.set(row, known);
  };
  for (let i = 0; i < doubts.count; i += 1) {
    const role = DOUBT_ROLES[doubts.role.get(i)];
    const order = doubts.order.get(i);
    const bar = doubts.bar.get(i);
    const price = doubts.price.get(i);
    const leftAt = (row: number): void => widen(row, bar, pnlAt(trades, log, row, price));
    if (role === 'exit') {
      for (const row of byExit.get(order) ?? []) if (trades.exitBar[row] === bar) leftAt(row);
    } else if (role === 'entry') {
      for (const row of byEntry.get(order) ?? []) leftAt(row);
    } else if (role === 'held') {
      for (const row of heldOver(trades, bar, order === 0)) leftAt(row);
    } else {
      for (const row of byEntry.get(order) ?? []) {
        const units = -(trades.size[row] as number);
        const gain = units * (doubts.mark.get(i) - price) * log.worthOf(row);
        widen(row, bar, gain - (trades.commission[row] as number));
      }
    }
  }
  if (found.size === 0) return undefined;
  const rows = [...found].toSorted(([a], [b]) => a - b);
  return {
    count: rows.length,
    trade: Int32Array.from(rows, ([row]) => row),
    bar: Int32Array.from(rows, ([, { bar }]) => bar),
    best: Float64Array.from(rows, ([, { best }]) => best),
    worst: Float64Array.from(rows, ([, { worst }]) => worst),
  };
}

function pnlAt(trades: TradeColumns, log: TradeLog, row: number, price: number): number {
  const size = trades.size[row] as number;
  const moved = price - (trades.exitPrice[row] as number);
  return (trades.pnl[row] as number) + size * moved * log.worthOf(row);
}

function rowsBy(orders: Int32Array): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (const [row, order] of orders.entries()) {
    const list = rows.get(order);
    if (list === undefined) rows.set(order, [row]);
    else list.push(row);
  }
  return rows;
}

/** Trades of one side that were open during a bar. Rows are in the order of exits and of entries alike. */
function heldOver(trades: TradeColumns, bar: number, long: boolean): number[] {
  let low = 0;
  let high = trades.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((trades.exitBar[middle] as number) < bar) low = middle + 1;
    else high = middle;
  }
  const rows: number[] = [];
  for (let row = low; row < trades.count && (trades.entryBar[row] as number) <= bar; row += 1) {
    if ((trades.size[row] as number) > 0 === long) rows.push(row);
  }
  return rows;
}

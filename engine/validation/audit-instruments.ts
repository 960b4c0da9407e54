import type { OrderColumns, TradeColumns } from '../domain/backtest.ts';
import { lowerBound } from '../series/columns.ts';
import type { AuditRun } from './audit-types.ts';

/**
 * The orders and trades of one instrument of several, with its own bars counted in the place of moments.
 * An order is given at a moment at which the instrument may have no bar: its last bar before counts then.
 * @param row of the instrument
 * @param moments times of the rows of the run
 * @param bars times of the instrument's bars
 */
export function runOfInstrument(
  { orders, trades, plots }: AuditRun,
  row: number,
  moments: Float64Array,
  bars: Float64Array,
): AuditRun {
  const barOf = (moment: number): number => {
    if (moment < 0) return moment;
    const time = moments[moment] as number;
    const bar = lowerBound(bars, time);
    return bars[bar] === time ? bar : bar - 1;
  };
  return {
    orders: ordersAt(orders, rowsOf(orders.instrument, orders.count, row), barOf),
    trades: tradesAt(trades, rowsOf(trades.instrument, trades.count, row), barOf),
    plots,
    position: new Float64Array(bars.length),
  };
}

function rowsOf(instrument: Int32Array | undefined, count: number, wanted: number): number[] {
  const rows: number[] = [];
  for (let i = 0; i < count; i += 1) if ((instrument?.[i] ?? 0) === wanted) rows.push(i);
  return rows;
}

type BarOf = (moment: number) => number;

function ordersAt(orders: OrderColumns, rows: readonly number[], barOf: BarOf): OrderColumns {
  const { float, moment, text } = picking(rows, barOf);
  return {
    count: rows.length,
    placedBar: moment(orders.placedBar),
    doneBar: moment(orders.doneBar),
    side: text(orders.side),
    type: text(orders.type),
    state: text(orders.state),
    quantity: float(orders.quantity),
    limitPrice: float(orders.limitPrice),
    stopPrice: float(orders.stopPrice),
    fillPrice: float(orders.fillPrice),
    commission: float(orders.commission),
    tag: text(orders.tag),
  };
}

function tradesAt(trades: TradeColumns, rows: readonly number[], barOf: BarOf): TradeColumns {
  const { float, moment, text } = picking(rows, barOf);
  return {
    count: rows.length,
    size: float(trades.size),
    entryBar: moment(trades.entryBar),
    exitBar: moment(trades.exitBar),
    entryTime: float(trades.entryTime),
    exitTime: float(trades.exitTime),
    entryPrice: float(trades.entryPrice),
    exitPrice: float(trades.exitPrice),
    pnl: float(trades.pnl),
    returnFraction: float(trades.returnFraction),
    commission: float(trades.commission),
    mae: float(trades.mae),
    mfe: float(trades.mfe),
    open: Uint8Array.from(rows, (row) => trades.open[row] as number),
    entryTag: text(trades.entryTag),
    exitTag: text(trades.exitTag),
  };
}

function picking(rows: readonly number[], barOf: BarOf) {
  return {
    float: (column: Float64Array) => Float64Array.from(rows, (row) => column[row] as number),
    moment: (column: Int32Array) => Int32Array.from(rows, (row) => barOf(column[row] as number)),
    text: <Text extends string>(column: readonly Text[]) => rows.map((row) => column[row] as Text),
  };
}

import type {
  AmbiguousTrades,
  FillColumns,
  OrderColumns,
  TradeColumns,
} from '../domain/backtest.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import type { ReportRun } from './subject.ts';

/** A column of an exported table. Times are UnixMillis; NaN and null are missing values. */
export interface TableData {
  readonly name: string;
  readonly kind: 'number' | 'whole' | 'text' | 'time';
  readonly values: ArrayLike<number | string | null>;
}

function numbers(name: string, values: ArrayLike<number>): TableData {
  return { name, kind: 'number', values };
}

function whole(name: string, values: ArrayLike<number | null>): TableData {
  return { name, kind: 'whole', values };
}

function texts(name: string, values: readonly (string | null)[]): TableData {
  return { name, kind: 'text', values };
}

function times(name: string, values: ArrayLike<number | null>): TableData {
  return { name, kind: 'time', values };
}

/** Symbols of the instruments of a run of several; a run of one needs no column of them. */
export function symbolsOf({ instruments }: Pick<ReportRun, 'instruments'>): string[] | undefined {
  return instruments?.map(({ symbol }) => symbol);
}

function symbolColumn(
  symbols: readonly string[] | undefined,
  rows: ArrayLike<number> | undefined,
): TableData[] {
  if (symbols === undefined || rows === undefined) return [];
  return [
    texts(
      'Symbol',
      Array.from(rows, (row) => symbols[row] ?? null),
    ),
  ];
}

/** Round-trip trades under the columns that users of the field know; an open trade has no exit. */
export function tradeTable(trades: TradeColumns, symbols?: readonly string[]): TableData[] {
  const closed = <Value>(values: ArrayLike<Value>): (Value | null)[] =>
    Array.from(values, (value, i) => (trades.open[i] === 1 ? null : value));
  const none = new Float64Array(trades.count).fill(Number.NaN);
  return [
    ...symbolColumn(symbols, trades.instrument),
    numbers('Size', trades.size),
    whole('EntryBar', trades.entryBar),
    whole('ExitBar', closed(trades.exitBar)),
    numbers('EntryPrice', trades.entryPrice),
    numbers('ExitPrice', trades.exitPrice),
    numbers('SL', none),
    numbers('TP', none),
    numbers('PnL', trades.pnl),
    numbers('ReturnPct', trades.returnFraction),
    times('EntryTime', trades.entryTime),
    times('ExitTime', closed(trades.exitTime)),
    numbers(
      'Duration',
      trades.exitTime.map((exit, i) => (exit - (trades.entryTime[i] as number)) / MS_PER_DAY),
    ),
    texts(
      'Tag',
      trades.entryTag.map((tag, i) => (trades.open[i] === 1 ? 'open' : tag)),
    ),
    numbers('Commission', trades.commission),
    numbers('MAE', trades.mae),
    numbers('MFE', trades.mfe),
    ...(trades.carry === undefined ? [] : [numbers('Carry', trades.carry)]),
  ];
}

export function orderTable(orders: OrderColumns, symbols?: readonly string[]): TableData[] {
  return [
    ...symbolColumn(symbols, orders.instrument),
    whole('PlacedBar', orders.placedBar),
    whole('DoneBar', orders.doneBar),
    texts('Side', orders.side),
    texts('Type', orders.type),
    texts('State', orders.state),
    numbers('Quantity', orders.quantity),
    numbers('LimitPrice', orders.limitPrice),
    numbers('StopPrice', orders.stopPrice),
    numbers('FillPrice', orders.fillPrice),
    numbers('Commission', orders.commission),
    texts('Tag', orders.tag),
    ...(orders.timeInForce === undefined ? [] : [texts('TimeInForce', orders.timeInForce)]),
    ...(orders.filled === undefined ? [] : [numbers('Filled', orders.filled)]),
  ];
}

/** Every fill in sequence; `Order` counts the rows of the orders from 0. */
export function fillTable(
  fills: FillColumns,
  symbols?: readonly string[],
  orders?: OrderColumns,
): TableData[] {
  const rows = fills.order.map((order) => orders?.instrument?.[order] ?? 0);
  return [
    ...symbolColumn(symbols, rows),
    whole('Order', fills.order),
    whole('Bar', fills.bar),
    numbers('Quantity', fills.quantity),
    numbers('Price', fills.price),
    numbers('Commission', fills.commission),
  ];
}

/**
 * Trades that depend on the order of prices inside a bar: what was booked, and the best and the worst
 * that could have been. `Trade` counts the rows of the trades from 0.
 */
export function ambiguousTable(ambiguous: AmbiguousTrades, trades: TradeColumns): TableData[] {
  return [
    whole('Trade', ambiguous.trade),
    whole('Bar', ambiguous.bar),
    numbers(
      'PnL',
      Array.from(ambiguous.trade, (trade) => trades.pnl[trade] as number),
    ),
    numbers('Best', ambiguous.best),
    numbers('Worst', ambiguous.worst),
  ];
}

/** Marks at each close with their drawdown, as fractions and days. */
export function equityTable({
  time,
  equity,
  benchmark,
  position,
  instruments = [],
}: ReportRun): TableData[] {
  const depth = new Float64Array(equity.length);
  const length = new Float64Array(equity.length);
  let peak = Number.NEGATIVE_INFINITY;
  let peakTime = 0;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i] as number;
    if (value >= peak) {
      peak = value;
      peakTime = time[i] as number;
    }
    depth[i] = value / peak - 1;
    length[i] = ((time[i] as number) - peakTime) / MS_PER_DAY;
  }
  return [
    times('time', time),
    numbers('Equity', equity),
    numbers('DrawdownPct', depth),
    numbers('DrawdownDuration', length),
    numbers('BuyAndHold', benchmark),
    // The sum of several positions is one of money.
    numbers(instruments.length === 0 ? 'Position' : 'Invested', position),
    ...instruments.map(({ symbol, weight }) => numbers(`Weight ${symbol}`, weight)),
  ];
}

/** CSV text: missing values are empty, numbers in their shortest form that reads back to the same double. */
export function csvOf(columns: readonly TableData[], time: (at: number) => string): string {
  const count = columns[0]?.values.length ?? 0;
  const lines = [columns.map(({ name }) => cell(name)).join(',')];
  for (let row = 0; row < count; row += 1) {
    lines.push(
      columns
        .map(({ kind, values }) => {
          const value = values[row] ?? null;
          if (value === null) return '';
          if (typeof value === 'string') return cell(value);
          if (!Number.isFinite(value)) return '';
          return kind === 'time' ? time(value) : String(value);
        })
        .join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

function cell(value: string): string {
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

import type { TradeColumns } from '../domain/backtest.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../domain/time.ts';
import { timeZone } from '../domain/time-zone.ts';

/** What trades are sorted by. Weekday, hour and month are those of the entry. */
export const TRADE_GROUPINGS = [
  'side',
  'entry-tag',
  'exit-tag',
  'weekday',
  'hour',
  'month',
  'year',
] as const;
export type TradeGrouping = (typeof TRADE_GROUPINGS)[number];

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** Closed trades that have something in common. */
export interface TradeGroup {
  readonly name: string;
  readonly trades: number;
  /** Net, in the instrument's currency. */
  readonly pnl: number;
  readonly winRate: number;
  /** Mean return of a trade. */
  readonly averageReturn: number;
  /** Gains over losses in money; NaN without a loss. */
  readonly profitFactor: number;
  readonly averageBars: number;
}

/**
 * Closed trades by a property, in the order of that property: names by the alphabet, times by the clock.
 * @param zone of weekday, hour, month and year, an IANA name
 */
export function groupTrades(
  trades: TradeColumns,
  grouping: TradeGrouping,
  zone = 'UTC',
): TradeGroup[] {
  const clock = timeZone(zone);
  const members = new Map<string, { order: number; trades: number[] }>();
  for (let i = 0; i < trades.count; i += 1) {
    if (trades.open[i] === 1) continue;
    const { name, order } = keyOf(trades, i, grouping, clock.toWall(trades.entryTime[i] as number));
    const group = members.get(name) ?? { order, trades: [] };
    group.trades.push(i);
    members.set(name, group);
  }
  return [...members]
    .toSorted(([a, x], [b, y]) => x.order - y.order || (a < b ? -1 : 1))
    .map(([name, group]) => summarise(trades, name, group.trades));
}

function keyOf(
  trades: TradeColumns,
  i: number,
  grouping: TradeGrouping,
  wall: number,
): { name: string; order: number } {
  const day = Math.floor(wall / MS_PER_DAY);
  switch (grouping) {
    case 'side': {
      const long = (trades.size[i] as number) > 0;
      return { name: long ? 'long' : 'short', order: long ? 0 : 1 };
    }
    case 'entry-tag':
      return { name: trades.entryTag[i] as string, order: 0 };
    case 'exit-tag':
      return { name: trades.exitTag[i] as string, order: 0 };
    case 'weekday': {
      // Day 0 was a Thursday.
      const order = (((day + 3) % 7) + 7) % 7;
      return { name: WEEKDAYS[order] as string, order };
    }
    case 'hour': {
      const order = Math.floor((wall - day * MS_PER_DAY) / MS_PER_HOUR);
      return { name: `${String(order).padStart(2, '0')}:00`, order };
    }
    case 'month':
      return { name: new Date(wall).toISOString().slice(0, 7), order: 0 };
    case 'year':
      return { name: new Date(wall).toISOString().slice(0, 4), order: 0 };
  }
}

function summarise(trades: TradeColumns, name: string, members: readonly number[]): TradeGroup {
  let gains = 0;
  let losses = 0;
  let wins = 0;
  let returns = 0;
  let bars = 0;
  for (const i of members) {
    const pnl = trades.pnl[i] as number;
    if (pnl > 0) {
      gains += pnl;
      wins += 1;
    } else {
      losses -= pnl;
    }
    returns += trades.returnFraction[i] as number;
    bars += (trades.exitBar[i] as number) - (trades.entryBar[i] as number);
  }
  return {
    name,
    trades: members.length,
    pnl: gains - losses,
    winRate: wins / members.length,
    averageReturn: returns / members.length,
    profitFactor: losses > 0 ? gains / losses : Number.NaN,
    averageBars: bars / members.length,
  };
}

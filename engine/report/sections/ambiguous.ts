import { figure, instant, money } from '../figures.ts';
import { NOTHING, type Markup, type Part } from '../markup.ts';
import type { Subject } from '../subject.ts';
import { facts, section, table, toned } from '../table.ts';
import { symbolsOf } from '../tables.ts';

/** Longest list; the trades whose best and worst lie farthest apart are shown. */
const MOST_ROWS = 10;

/** Trades whose result the order of prices inside a bar decides; nothing when there are none. */
export function ambiguousSection({ run }: Subject): Markup {
  const { ambiguous, trades } = run;
  if (ambiguous === undefined || ambiguous.count === 0) return NOTHING;
  const { count, trade, best, worst } = ambiguous;
  const sum = (values: Iterable<number>): number => {
    let total = 0;
    for (const value of values) total += value;
    return total;
  };
  const all = sum(trades.pnl);
  const booked = sum(Array.from(trade, (row) => trades.pnl[row] as number));
  const [gained, lost] = [sum(best), sum(worst)];
  const width = (i: number): number => (best[i] as number) - (worst[i] as number);
  const shown = Array.from(trade.keys())
    .toSorted((a, b) => width(b) - width(a))
    .slice(0, MOST_ROWS);
  const symbols = symbolsOf(run);
  const rows = shown.map((i): Part[] => {
    const row = trade[i] as number;
    const pnl = trades.pnl[row] as number;
    const [high, low] = [best[i] as number, worst[i] as number];
    return [
      instant(run.time[ambiguous.bar[i] as number] as number),
      ...(symbols === undefined ? [] : [symbols[trades.instrument?.[row] ?? 0] ?? '']),
      (trades.size[row] as number) > 0 ? 'long' : 'short',
      instant(trades.entryTime[row] as number),
      toned(money(pnl), pnl),
      toned(money(high), high),
      toned(money(low), low),
    ];
  });
  const left = count - shown.length;
  return section(
    {
      id: 'ambiguous',
      title: 'Trades that depend on the order of prices inside a bar',
      note: 'Net of costs; sizes of later trades are taken as they were booked',
    },
    facts([
      ['Trades', `${figure(count, 0)} of ${figure(trades.count, 0)}`],
      ['Booked', toned(money(booked), booked)],
      ['Best case', toned(money(gained), gained)],
      ['Worst case', toned(money(lost), lost)],
      ['All trades, best', toned(money(all - booked + gained), all - booked + gained)],
      ['All trades, worst', toned(money(all - booked + lost), all - booked + lost)],
    ]),
    table({
      caption:
        left > 0
          ? `Trades that depend most on it, ${figure(left, 0)} lesser ones left out`
          : 'Trades that depend on the order of prices inside a bar',
      columns: [
        { title: 'Bar' },
        ...(symbols === undefined ? [] : [{ title: 'Instrument' }]),
        { title: 'Side' },
        { title: 'Entry' },
        { title: 'Booked', kind: 'figure' },
        { title: 'Best', kind: 'figure' },
        { title: 'Worst', kind: 'figure' },
      ],
      rows,
    }),
  );
}

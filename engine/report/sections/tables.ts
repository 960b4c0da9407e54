import { change, days, figure, instant, money, NOT_DEFINED, percent } from '../figures.ts';
import { crisisRows } from '../crises.ts';
import { markup, NOTHING, type Markup, type Part } from '../markup.ts';
import type { Subject } from '../subject.ts';
import { cellBar, empty, section, table, toned } from '../table.ts';
import { groupTrades, type TradeGrouping } from '../../stats/trade-groups.ts';

/** Longest list of groups; more tags than this are shown by their weight in money. */
const MOST_GROUPS = 24;

export function drawdownsSection({ worst: found, daily }: Subject): Markup {
  const options = { id: 'drawdowns', title: 'Deepest drawdowns', half: true };
  if (found.length === 0)
    return section(options, empty('Equity never fell below its highest mark.'));
  const rows = found.map(({ start, valley, recovery, depth, days: length }, index): Part[] => [
    String(index + 1),
    toned(percent(-depth), -depth),
    instant(start),
    instant(valley),
    Number.isNaN(recovery) ? 'not yet' : instant(recovery),
    days(length),
  ]);
  return section(
    { ...options, note: 'The first five are numbered in the picture of drawdowns' },
    table({
      caption: 'Deepest drawdowns with their dates',
      name: daily ? '' : 'tight',
      columns: [
        { title: '#' },
        { title: 'Depth', kind: 'figure' },
        { title: 'Peak', kind: 'figure' },
        { title: 'Valley', kind: 'figure' },
        { title: 'Recovered', kind: 'figure' },
        { title: 'Length', kind: 'figure' },
      ],
      rows,
    }),
  );
}

/** Times of stress that the data cover; nothing when they cover none. */
export function crisesSection({ run, withinDay }: Subject): Markup {
  const found = withinDay ? crisisRows(run.time, run.equity, run.benchmark) : [];
  if (found.length === 0) return NOTHING;
  const rows = found.map(({ crisis, strategy, benchmark, drawdown }): Part[] => [
    markup`${crisis.name} <small>${crisis.from} to ${crisis.to}</small>`,
    toned(change(strategy), strategy),
    toned(change(benchmark), benchmark),
    percent(-drawdown),
    markup`<small>${crisis.source}</small>`,
  ]);
  return section(
    {
      id: 'crises',
      title: 'Crisis periods',
      note: 'From the close of the first day to that of the last, days of UTC',
    },
    table({
      caption: 'Returns in crisis periods',
      columns: [
        { title: 'Period' },
        { title: 'Strategy', kind: 'figure' },
        { title: 'Buy and hold', kind: 'figure' },
        { title: 'Drawdown', kind: 'figure' },
        { title: 'Dates from' },
      ],
      rows,
    }),
  );
}

const GROUPINGS: readonly (readonly [TradeGrouping, title: string, head: string])[] = [
  ['side', 'By side', 'Side'],
  ['entry-tag', 'By entry tag', 'Tag'],
  ['exit-tag', 'By exit tag', 'Tag'],
  ['weekday', 'By weekday of entry', 'Weekday'],
  ['hour', 'By hour of entry', 'Hour'],
];

/** Closed trades by side, tag, weekday and, within the day, hour. */
export function groupsSection({ run, zone, daily }: Subject): Markup {
  const { trades } = run;
  const options = { id: 'groups', title: 'Closed trades by side, tag and time' };
  if (trades.open.every((open) => open === 1)) {
    return section(options, empty('No trade was closed.'));
  }
  const blocks = GROUPINGS.filter(([grouping]) => !daily || grouping !== 'hour').map(
    ([grouping, title, head]) => {
      const all = groupTrades(trades, grouping, zone);
      const weight = all.toSorted((a, b) => Math.abs(b.pnl) - Math.abs(a.pnl));
      const shown = new Set(weight.slice(0, MOST_GROUPS));
      const groups = all.filter((group) => shown.has(group));
      const largest = Math.abs(weight[0]?.pnl ?? 0);
      const left = all.length - groups.length;
      const rows = groups.map((group): Part[] => [
        group.name === '' ? markup`<em>no tag</em>` : group.name,
        figure(group.trades, 0),
        percent(group.winRate, 0),
        toned(change(group.averageReturn), group.averageReturn),
        figure(group.profitFactor),
        toned(money(group.pnl), group.pnl),
        cellBar(group.pnl, largest),
      ]);
      return markup`<div>${table({
        caption: left > 0 ? `${title}, ${figure(left, 0)} lesser ones left out` : title,
        showCaption: true,
        name: 'grouped',
        columns: [
          { title: head },
          { title: 'Trades', kind: 'figure' },
          { title: 'Won', kind: 'figure' },
          { title: 'Mean', kind: 'figure' },
          { title: 'Profit factor', kind: 'figure' },
          { title: 'PnL', kind: 'figure' },
          { title: '' },
        ],
        rows,
      })}</div>`;
    },
  );
  const clock = daily ? '' : `, clock of ${zone}`;
  return section(
    { ...options, note: `Profit factor is ${NOT_DEFINED} where nothing was lost${clock}` },
    markup`<div class="blocks">${blocks}</div>`,
  );
}

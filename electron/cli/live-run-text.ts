import type {
  DriftReportView,
  LiveStrategyView,
} from '../../engine/protocol/live-strategy-schemas.ts';
import { formatTable } from './table.ts';
import { counted, formatMinute, formatNumber, formatPrice, NOT_AVAILABLE } from './text.ts';

const FIRST_ORDERS = 20;
const PARTS = ['data', 'timing', 'price', 'fees', 'size', 'missed', 'total'] as const;
const right = { align: 'right' } as const;

function money(value: number | null): string {
  return value === null ? NOT_AVAILABLE : formatNumber(value, 2);
}

/** `2024-01-02 15:04  close 101.25  position 10  equity 10,012.50  2 fills` */
export function progressOf(run: LiveStrategyView): string {
  const { lastBar, position, equity, fills, openOrders, missed, state, barsToGo, reason } = run;
  if (state !== 'running')
    return `${run.strategy} is ${state}${reason === '' ? '' : `: ${reason}`}`;
  if (lastBar === null) return `${run.strategy} waits for its first bar`;
  const close = lastBar.close === null ? NOT_AVAILABLE : formatPrice(lastBar.close);
  return [
    new Date(lastBar.time).toISOString().slice(0, 19).replace('T', ' '),
    `close ${close}`,
    ...(barsToGo > 0 ? [`${counted(barsToGo, 'bar')} to go before the first decision`] : []),
    `position ${position}`,
    `equity ${money(equity)}`,
    counted(fills, 'fill'),
    ...(openOrders > 0 ? [counted(openOrders, 'open order')] : []),
    ...(missed > 0 ? [`${missed} missed`] : []),
  ].join('  ');
}

export function runTable(runs: readonly LiveStrategyView[]): string {
  const columns = [
    { title: 'Run' },
    { title: 'Strategy' },
    { title: 'Instrument' },
    { title: 'Bars' },
    { title: 'Account' },
    { title: 'State' },
    { title: 'Since' },
    { title: 'Seen', ...right },
    { title: 'Position', ...right },
    { title: 'Profit', ...right },
    { title: 'Fills', ...right },
    { title: 'Missed', ...right },
  ];
  const rows = runs.map((run) => [
    run.id,
    run.strategy,
    run.instrument,
    run.timeframe,
    `${run.account} (${run.kind === 'live' ? 'LIVE' : 'paper'})`,
    run.state,
    formatMinute(run.startedAt),
    formatNumber(run.bars),
    run.position,
    money(run.profit),
    formatNumber(run.fills),
    formatNumber(run.missed),
  ]);
  return formatTable(columns, rows);
}

/** A live run beside its twin. */
export function driftText(report: DriftReportView): string {
  const { drift, orders, corrected, commissionsUnknown, live, model, history } = report;
  const sums = formatTable(
    [{ title: 'Cause' }, { title: 'Live against model', ...right }],
    PARTS.map((name) => [name, formatNumber(drift[name], 2)]),
  );
  const different = orders.filter((row) => Math.abs(row.drift.total) >= 0.005 || row.why !== '');
  const shown = different.slice(0, FIRST_ORDERS);
  const rows = shown.map((row) => [
    Number.isFinite(row.time) ? formatMinute(row.time) : '',
    row.side,
    row.tag,
    row.live === null
      ? ''
      : `${formatNumber(row.live.quantity, 4)} @ ${formatPrice(row.live.price)}`,
    row.model === null
      ? ''
      : `${formatNumber(row.model.quantity, 4)} @ ${formatPrice(row.model.price)}`,
    formatNumber(row.drift.total, 2),
    row.why,
  ]);
  const table = formatTable(
    [
      { title: 'Bar' },
      { title: 'Side' },
      { title: 'Tag' },
      { title: 'Live', ...right },
      { title: 'Model', ...right },
      { title: 'Difference', ...right },
      { title: 'Why' },
    ],
    rows,
  );
  return [
    `${counted(report.bars, 'bar')}, ${counted(orders.length, 'filled order')}, ${counted(report.trades.length, 'trade')}; ${counted(report.missedBars, 'bar')} and ${counted(report.missedDecisions, 'decision')} missed`,
    `equity live ${money(live.equity)}, paper twin ${money(model.equity)}, backtest over history ${money(history?.equity ?? null)}`,
    '',
    sums,
    ...(rows.length === 0 ? ['Every order filled as its twin did.'] : ['', table]),
    ...(different.length > shown.length
      ? [`… ${formatNumber(different.length - shown.length)} more orders`]
      : []),
    ...(corrected.length === 0
      ? []
      : [`${counted(corrected.length, 'bar differs', 'bars differ')} in history by now.`]),
    ...(commissionsUnknown === 0
      ? []
      : [`The commission of ${counted(commissionsUnknown, 'fill')} is not known yet.`]),
  ].join('\n');
}

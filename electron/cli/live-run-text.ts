import type {
  DriftReportView,
  LiveStrategyView,
} from '../../engine/protocol/live-strategy-schemas.ts';
import { formatTable } from './table.ts';
import { counted, formatMinute, formatNumber, formatPrice, NOT_AVAILABLE } from './text.ts';

const FIRST_ORDERS = 20;
/** Instruments that are named where there is little room. */
const FIRST_NAMES = 4;
const PARTS = ['data', 'timing', 'price', 'fees', 'size', 'missed', 'total'] as const;
const right = { align: 'right' } as const;

function money(value: number | null): string {
  return value === null ? NOT_AVAILABLE : formatNumber(value, 2);
}

/** What a run trades. */
export function tradedBy({ instrument, instruments }: LiveStrategyView): string {
  return shortened(instruments?.map((each) => each.instrument) ?? [instrument]);
}

/** What a run holds: `10`, or of several instruments `10 ALFA, -5 BETA`. */
function heldBy({ position, instruments = [] }: LiveStrategyView): string {
  if (position !== null) return position;
  const held = instruments.filter((each) => Number(each.position) !== 0);
  return held.length === 0 ? '0' : shortened(held.map((each) => `${each.position} ${each.symbol}`));
}

function shortened(names: readonly string[]): string {
  const more = names.length - FIRST_NAMES;
  return more > 0 ? `${names.slice(0, FIRST_NAMES).join(', ')} and ${more} more` : names.join(', ');
}

/** `2024-01-02 15:04  close 101.25  position 10  equity 10,012.50  2 fills` */
export function progressOf(run: LiveStrategyView): string {
  const { lastBar, instruments, equity, fills, openOrders, missed, state, barsToGo, reason } = run;
  if (state !== 'running')
    return `${run.strategy} is ${state}${reason === '' ? '' : `: ${reason}`}`;
  if (lastBar === null) return `${run.strategy} waits for its first bar`;
  const close = lastBar.close === null ? NOT_AVAILABLE : formatPrice(lastBar.close);
  return [
    new Date(lastBar.time).toISOString().slice(0, 19).replace('T', ' '),
    ...(instruments === undefined ? [`close ${close}`] : []),
    ...(barsToGo > 0 ? [`${counted(barsToGo, 'bar')} to go before the first decision`] : []),
    `${instruments === undefined ? 'position' : 'positions'} ${heldBy(run)}`,
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
    tradedBy(run),
    run.timeframe,
    `${run.account} (${run.kind === 'live' ? 'LIVE' : 'paper'})`,
    run.state,
    formatMinute(run.startedAt),
    formatNumber(run.bars),
    heldBy(run),
    money(run.profit),
    formatNumber(run.fills),
    formatNumber(run.missed),
  ]);
  return formatTable(columns, rows);
}

/** What each instrument of a run has added. */
function instrumentTable(instruments: NonNullable<DriftReportView['instruments']>): string {
  const columns = [
    { title: 'Instrument' },
    { title: 'Bars', ...right },
    { title: 'Live', ...right },
    { title: 'Model', ...right },
    { title: 'Difference', ...right },
  ];
  const rows = instruments.map(({ instrument, bars, live, model, drift }) => [
    instrument,
    formatNumber(bars),
    formatNumber(live, 4),
    formatNumber(model, 4),
    formatNumber(drift.total, 2),
  ]);
  return formatTable(columns, rows);
}

/** A live run beside its twin. */
export function driftText(report: DriftReportView): string {
  const { drift, orders, corrected, commissionsUnknown, live, model, history } = report;
  const { instruments } = report;
  const sums = formatTable(
    [{ title: 'Cause' }, { title: 'Live against model', ...right }],
    PARTS.map((name) => [name, formatNumber(drift[name], 2)]),
  );
  const different = orders.filter((row) => Math.abs(row.drift.total) >= 0.005 || row.why !== '');
  const shown = different.slice(0, FIRST_ORDERS);
  const rows = shown.map((row) => [
    Number.isFinite(row.time) ? formatMinute(row.time) : '',
    ...(instruments === undefined ? [] : [row.instrument ?? '']),
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
      ...(instruments === undefined ? [] : [{ title: 'Instrument' }]),
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
    ...(instruments === undefined ? [] : ['', instrumentTable(instruments)]),
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

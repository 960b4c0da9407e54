import {
  AllCommunityModule,
  ModuleRegistry,
  themeQuartz,
  type CellKeyDownEvent,
  type ColDef,
  type RowClickedEvent,
} from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { useMemo } from 'react';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { showPlace } from '../../client/store.ts';
import {
  formatMoney,
  formatPercent,
  formatPrice,
  formatQuantity,
  formatTime,
} from '../../components/format.ts';

ModuleRegistry.registerModules([AllCommunityModule]);

/** The grid takes its colours and sizes from the design tokens. */
const THEME = themeQuartz.withParams({
  backgroundColor: 'var(--panel)',
  foregroundColor: 'var(--text)',
  headerBackgroundColor: 'var(--panel)',
  headerTextColor: 'var(--muted)',
  borderColor: 'var(--line)',
  rowHoverColor: 'var(--raised)',
  selectedRowBackgroundColor: 'var(--raised)',
  accentColor: 'var(--accent)',
  browserColorScheme: 'inherit',
  fontFamily: 'inherit',
  fontSize: 12,
  headerFontSize: 11,
  rowHeight: 24,
  headerHeight: 26,
  cellHorizontalPadding: 8,
  wrapperBorder: false,
  wrapperBorderRadius: 0,
});

export interface TradeRow {
  readonly size: number;
  readonly entryTime: number;
  readonly exitTime: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly pnl: number;
  readonly returnFraction: number;
  readonly days: number;
  readonly mae: number;
  readonly mfe: number;
  readonly commission: number;
  readonly tag: string;
}

export function rowsOf({ trades }: Run): TradeRow[] {
  return Array.from(trades.size, (size, i) => ({
    size,
    entryTime: trades.entryTime[i] as number,
    exitTime: trades.exitTime[i] as number,
    entryPrice: trades.entryPrice[i] as number,
    exitPrice: trades.exitPrice[i] as number,
    pnl: trades.pnl[i] as number,
    returnFraction: trades.returnFraction[i] as number,
    days: ((trades.exitTime[i] as number) - (trades.entryTime[i] as number)) / MS_PER_DAY,
    mae: trades.mae[i] as number,
    mfe: trades.mfe[i] as number,
    commission: trades.commission[i] as number,
    tag:
      trades.open[i] === 1
        ? 'open'
        : [trades.entryTag[i], trades.exitTag[i]].filter(Boolean).join(' → '),
  }));
}

function column(
  field: keyof TradeRow,
  headerName: string,
  format: (value: number) => string,
  width = 96,
): ColDef<TradeRow> {
  return {
    field,
    headerName,
    width,
    type: 'rightAligned',
    valueFormatter: ({ value }) => format(value as number),
  };
}

const bySign = ({ value }: { value?: unknown }): string[] => [
  'ag-right-aligned-cell',
  (value as number) < 0 ? 'down' : 'up',
];

const COLUMNS: ColDef<TradeRow>[] = [
  column('size', 'Size', formatQuantity),
  column('entryTime', 'EntryTime', formatTime, 118),
  column('exitTime', 'ExitTime', formatTime, 118),
  column('entryPrice', 'EntryPrice', formatPrice),
  column('exitPrice', 'ExitPrice', formatPrice),
  { ...column('pnl', 'PnL', formatMoney, 104), cellClass: bySign },
  { ...column('returnFraction', 'ReturnPct', formatPercent, 92), cellClass: bySign },
  column('days', 'Duration', (days) => `${formatQuantity(Math.round(days * 10) / 10)} d`, 84),
  column('mae', 'MAE', (value) => `${(value * 100).toFixed(2)} %`, 80),
  column('mfe', 'MFE', (value) => `${(value * 100).toFixed(2)} %`, 80),
  column('commission', 'Commission', formatMoney, 100),
  { field: 'tag', headerName: 'Tag', flex: 1, minWidth: 120 },
];

const DEFAULT_COLUMN: ColDef<TradeRow> = { sortable: true, filter: true, resizable: true };

function show(row: TradeRow | undefined): void {
  if (row !== undefined) showPlace(row.entryTime, row.exitTime);
}

function onRowClicked(event: RowClickedEvent<TradeRow>): void {
  show(event.data);
}

function onCellKeyDown(event: CellKeyDownEvent<TradeRow>): void {
  const key = event.event;
  if (key instanceof KeyboardEvent && key.key === 'Enter') show(event.data);
}

/** The trades of a run; a click or Enter moves the chart to one. */
export function TradesGrid({ run }: { run: Run }) {
  const rows = useMemo(() => rowsOf(run), [run]);
  return (
    <div className="grid" data-testid="trades-grid">
      <AgGridReact<TradeRow>
        theme={THEME}
        rowData={rows}
        columnDefs={COLUMNS}
        defaultColDef={DEFAULT_COLUMN}
        rowSelection="single"
        onRowClicked={onRowClicked}
        onCellKeyDown={onCellKeyDown}
        overlayNoRowsTemplate="No trades in this run."
      />
    </div>
  );
}

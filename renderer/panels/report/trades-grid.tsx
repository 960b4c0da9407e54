import type {
  CellKeyDownEvent,
  ColDef,
  GridApi,
  IRowNode,
  RowClickedEvent,
  RowSelectionOptions,
} from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { ClipboardCopy } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { selectDataset, showPlace } from '../../client/store.ts';
import { copyText } from '../../components/clipboard.ts';
import {
  formatCount,
  formatDays,
  formatMoney,
  formatPercent,
  formatPrice,
  formatQuantity,
  formatTime,
} from '../../components/format.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { fieldsOf, rowsOf, tradesCsv, type TradeFields, type TradeRow } from './trade-rows.ts';

type Column = ColDef<TradeRow>;

/** What is missing comes last, whichever way the column is sorted. */
function missingLast(
  a: number | null,
  b: number | null,
  _a: IRowNode<TradeRow>,
  _b: IRowNode<TradeRow>,
  descending: boolean,
): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === descending ? -1 : 1;
  }
  return a - b;
}

function column(
  field: keyof TradeRow,
  headerName: string,
  format: (value: number) => string,
  width: number,
): Column {
  return {
    field,
    headerName,
    width,
    type: 'rightAligned',
    filter: 'agNumberColumnFilter',
    filterParams: { defaultOption: 'greaterThan' },
    comparator: missingLast,
    valueFormatter: ({ value }) => (value === null ? '' : format(value as number)),
  };
}

const bySign = ({ value }: { value?: unknown }): string[] => [
  'ag-right-aligned-cell',
  (value as number) < 0 ? 'down' : 'up',
];

/** An amount that is good or bad news. */
function result(field: keyof TradeRow, headerName: string, width = 84): Column {
  return { ...column(field, headerName, formatMoney, width), cellClass: bySign };
}

/** Fractions are filtered by as the percentages that are shown. */
function percent(
  field: keyof TradeRow,
  headerName: string,
  width: number,
  format = (value: number): string => `${(value * 100).toFixed(2)} %`,
): Column {
  return {
    ...column(field, headerName, format, width),
    filterValueGetter: ({ data }) => (data === undefined ? null : (data[field] as number) * 100),
  };
}

/** Times are filtered by as dates in UTC, which is how they are shown. */
function moment(field: keyof TradeRow, headerName: string, clock: boolean): Column {
  return {
    ...column(field, headerName, formatTime, clock ? 122 : 88),
    filter: 'agDateColumnFilter',
    filterParams: {
      defaultOption: 'greaterThan',
      comparator: (chosen: Date, time: number | null) => {
        if (time === null) return -1;
        const day = Date.UTC(chosen.getFullYear(), chosen.getMonth(), chosen.getDate());
        return Math.floor(time / MS_PER_DAY) * MS_PER_DAY - day;
      },
    },
  };
}

function columnsFor(fields: TradeFields): Column[] {
  const bounds: Column[] = [
    {
      ...result('worst', 'Worst'),
      headerTooltip: 'The least that it could have made, by the order of prices inside a bar',
    },
    {
      ...result('best', 'Best'),
      headerTooltip: 'The most that it could have made, by the order of prices inside a bar',
    },
    {
      ...moment('decidedAt', 'Decided', fields.clock),
      headerTooltip: 'The first bar whose inside decides',
    },
  ];
  return [
    ...(fields.symbol === true
      ? [{ field: 'symbol', headerName: 'Symbol', width: 84 } as const]
      : []),
    moment('entryTime', 'Entry', fields.clock),
    moment('exitTime', 'Exit', fields.clock),
    column('size', 'Size', formatQuantity, 74),
    column('entryPrice', 'Entry price', formatPrice, 84),
    column('exitPrice', 'Exit price', formatPrice, 84),
    result('pnl', 'P&L'),
    ...(fields.doubt ? bounds : []),
    { ...percent('returnFraction', 'Return', 74, formatPercent), cellClass: bySign },
    column('days', 'Duration', formatDays, 70),
    percent('mae', 'MAE', 64),
    percent('mfe', 'MFE', 64),
    ...(fields.commission ? [column('commission', 'Commission', formatMoney, 92)] : []),
    ...(fields.carry ? [result('carry', 'Carry', 84)] : []),
    ...(fields.tag ? [{ field: 'tag', headerName: 'Tag', flex: 1, minWidth: 136 } as const] : []),
  ];
}

const DEFAULT_COLUMN: Column = { sortable: true, filter: true, resizable: true };
const SELECTION: RowSelectionOptions<TradeRow> = {
  mode: 'multiRow',
  checkboxes: false,
  headerCheckbox: false,
  enableClickSelection: true,
};
/** How long it is said that something was copied. */
const TOLD_MS = 2_000;

/** Moves the chart to a trade, and to its instrument where the run has several. */
function showTrade({ instruments }: Run, row: TradeRow | undefined): void {
  if (row === undefined) return;
  const instrument = instruments?.find(({ symbol }) => symbol === row.symbol);
  if (instrument !== undefined) selectDataset(instrument.datasetId);
  showPlace(row.entryTime, row.exitTime);
}

function shownRows(api: GridApi<TradeRow>): TradeRow[] {
  const rows: TradeRow[] = [];
  api.forEachNodeAfterFilterAndSort(({ data }) => {
    if (data !== undefined) rows.push(data);
  });
  return rows;
}

interface TradesGridProps {
  readonly run: Run;
  /** Only the trades that depend on the order of prices inside a bar. */
  readonly onlyDoubt: boolean;
  readonly onOnlyDoubt: (only: boolean) => void;
}

/** The trades of a run; a click or Enter moves the chart to one. */
export function TradesGrid({ run, onlyDoubt, onOnlyDoubt }: TradesGridProps) {
  const api = useRef<GridApi<TradeRow>>(undefined);
  const [shown, setShown] = useState(run.trades.count);
  const [copied, setCopied] = useState('');
  const all = useMemo(() => rowsOf(run), [run]);
  const fields = useMemo(() => fieldsOf(run, all), [run, all]);
  const { doubt } = fields;
  const columns = useMemo(() => columnsFor(fields), [fields]);
  const rows = useMemo(
    () => (onlyDoubt && doubt ? all.filter(({ worst }) => worst !== null) : all),
    [all, onlyDoubt, doubt],
  );
  useEffect(() => {
    if (copied === '') return undefined;
    const timer = setTimeout(() => setCopied(''), TOLD_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy(list: readonly TradeRow[]): Promise<void> {
    const done = await copyText(tradesCsv(list, fields));
    const trades = list.length === 1 ? '1 trade' : `${formatCount(list.length)} trades`;
    setCopied(done ? `Copied ${trades}` : 'The clipboard cannot be written to');
  }

  function onCellKeyDown({ event, data, api: grid }: CellKeyDownEvent<TradeRow>): void {
    if (!(event instanceof KeyboardEvent)) return;
    const modifier = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter') showTrade(run, data);
    else if (modifier && event.key === 'a') grid.selectAll('filtered');
    else if (modifier && event.key === 'c') {
      const chosen = new Set(grid.getSelectedRows());
      const list = shownRows(grid).filter((row) => chosen.has(row));
      void copy(list.length > 0 || data === undefined ? list : [data]);
    } else return;
    event.preventDefault();
  }

  return (
    <div className="trades">
      <div className="trades-bar">
        {doubt ? (
          <div className="segments" role="group" aria-label="Which trades">
            <button type="button" aria-pressed={!onlyDoubt} onClick={() => onOnlyDoubt(false)}>
              All {formatCount(run.trades.count)}
            </button>
            <button
              type="button"
              aria-pressed={onlyDoubt}
              data-testid="trades-doubt"
              title="Trades whose result depends on the order of prices inside a bar"
              onClick={() => onOnlyDoubt(true)}
            >
              In doubt {formatCount(run.ambiguous?.count ?? 0)}
            </button>
          </div>
        ) : null}
        <span className="muted clip" data-testid="trades-shown">
          {shown !== rows.length
            ? `${formatCount(shown)} of ${formatCount(rows.length)} trades pass the filter`
            : doubt
              ? ''
              : `${formatCount(shown)} trades`}
        </span>
        <span className="spacer" />
        <span className="muted" role="status">
          {copied}
        </span>
        <button
          type="button"
          className="button small"
          title="Copies the trades that are shown, in their order"
          data-testid="trades-copy"
          onClick={() => api.current !== undefined && void copy(shownRows(api.current))}
        >
          <ClipboardCopy size={12} aria-hidden /> Copy CSV
        </button>
      </div>
      <div className="trades-area">
        <div className="grid" data-testid="trades-grid">
          <AgGridReact<TradeRow>
            theme={GRID_THEME}
            rowData={rows}
            columnDefs={columns}
            defaultColDef={DEFAULT_COLUMN}
            rowSelection={SELECTION}
            tooltipShowDelay={400}
            ensureDomOrder
            onGridReady={(event) => {
              api.current = event.api;
            }}
            onModelUpdated={(event) => setShown(event.api.getDisplayedRowCount())}
            onRowClicked={({ data }: RowClickedEvent<TradeRow>) => showTrade(run, data)}
            onCellKeyDown={onCellKeyDown}
            overlayNoRowsTemplate="No trades in this run."
          />
        </div>
      </div>
    </div>
  );
}

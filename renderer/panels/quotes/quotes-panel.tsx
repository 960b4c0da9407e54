import { useEffect, useMemo, useRef, useState } from 'react';
import type { CellFocusedEvent, CellKeyDownEvent, ColDef, GridApi } from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { Trash2 } from 'lucide-react';
import { useSaved } from '../../client/saved.ts';
import { useWorkstation } from '../../client/store.ts';
import {
  openTicket,
  refreshTrading,
  selectInstrument,
  useMarket,
  useTrading,
  useWatchAll,
} from '../../client/trading-store.ts';
import {
  formatAmount,
  formatPercent,
  formatPrice,
  formatQuantity,
} from '../../components/format.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { isMissing } from '../../components/trading/cells.tsx';
import { NoAccount } from '../../components/trading/no-account.tsx';
import { SymbolSearch } from '../../components/trading/symbol-search.tsx';
import { symbolOf } from '../../components/trading/words.ts';
import {
  changeOf,
  lastOf,
  parseWatchlist,
  quoteRows,
  withoutWatched,
  withWatched,
  type QuoteRow,
  type Watchlist,
} from './watchlist.ts';
import './quotes.css';

type Column = ColDef<QuoteRow>;
const NONE: Watchlist = { instruments: [] };
/** Prices in rows change this often at most: faster nobody reads. */
const SHOW_MS = 250;

function figure(
  headerName: string,
  width: number,
  valueOf: (row: QuoteRow) => number | null | undefined,
  format: (value: number) => string,
): Column {
  return {
    headerName,
    width,
    type: 'rightAligned',
    enableCellChangeFlash: true,
    valueGetter: ({ data }) => (data === undefined ? null : (valueOf(data) ?? null)),
    valueFormatter: ({ value }) => (isMissing(value) ? '' : format(value as number)),
    comparator: (a: number | null, b: number | null) => (a ?? -Infinity) - (b ?? -Infinity),
  };
}

const COLUMNS: readonly Column[] = [
  {
    headerName: 'Symbol',
    width: 68,
    valueGetter: ({ data }) => symbolOf(data?.instrument ?? ''),
    cellClass: 'symbol-cell',
    tooltipValueGetter: ({ data }) => data?.instrument,
  },
  figure('Last', 68, ({ quote }) => lastOf(quote), formatPrice),
  {
    ...figure('Change', 74, ({ quote }) => changeOf(quote), formatPercent),
    enableCellChangeFlash: false,
    cellClass: ({ value }) => [
      'ag-right-aligned-cell',
      (value as number) > 0 ? 'up' : (value as number) < 0 ? 'down' : 'muted',
    ],
  },
  figure('Bid', 68, ({ quote }) => quote?.bid, formatPrice),
  figure('Ask', 68, ({ quote }) => quote?.ask, formatPrice),
  {
    headerName: '',
    width: 58,
    sortable: false,
    cellRenderer: ({ data }: { data?: QuoteRow }) =>
      data === undefined ? null : <Standing row={data} />,
  },
  figure('Bid size', 78, ({ quote }) => quote?.bidSize, formatQuantity),
  figure('Ask size', 78, ({ quote }) => quote?.askSize, formatQuantity),
  figure('High', 74, ({ quote }) => quote?.high, formatPrice),
  figure('Low', 74, ({ quote }) => quote?.low, formatPrice),
  figure('Volume', 90, ({ quote }) => quote?.volume, formatAmount),
  {
    headerName: 'Source',
    width: 90,
    valueGetter: ({ data }) => data?.quote?.source ?? '',
    cellClass: 'muted',
  },
];

/** Says in a word that a price is not to be trusted. */
function Standing({ row }: { readonly row: QuoteRow }) {
  const { quote, fault } = row;
  if (fault !== '')
    return (
      <span className="badge warning" title={fault}>
        none
      </span>
    );
  if (quote?.halted === true) return <span className="badge error">halted</span>;
  if (quote?.stale === true)
    return (
      <span
        className="badge warning"
        title={`Nothing since ${new Date(quote.receivedTime).toISOString().slice(11, 19)} UTC`}
      >
        stale
      </span>
    );
  return null;
}

const DEFAULT_COLUMN: Column = { sortable: true, resizable: true, suppressMovable: true };

/** Symbols that the user watches. Enter opens the ticket, Delete takes one off the list. */
export function QuotesPanel() {
  const connections = useTrading((state) => state.connections);
  const failure = useTrading((state) => state.failure);
  const linked = useTrading((state) => state.instrument);
  const online = useWorkstation(({ connection }) => connection === 'open');
  const [list, setList, loaded] = useSaved<Watchlist>('watchlist', NONE, parseWatchlist);
  const { instruments } = list;
  const rows = useRows(instruments);
  const [chosen, setChosen] = useState<string | null>(null);
  const api = useRef<GridApi<QuoteRow>>(undefined);
  useWatchAll(loaded ? instruments : []);

  if (connections === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading connections …" />;
  }
  if (!loaded) return <Loading label="Reading the watchlist …" />;
  const hasSource = connections.some(
    ({ roles, state }) => roles.includes('data') && state.phase !== 'disconnected',
  );

  function remove(instrument: string): void {
    setList(withoutWatched(list, instrument));
    if (chosen === instrument) setChosen(null);
  }

  function trade(row: QuoteRow, side?: 'buy' | 'sell'): void {
    openTicket({ instrument: row.instrument, ...(side === undefined ? {} : { side }) });
  }

  function onCellKeyDown({ event, data }: CellKeyDownEvent<QuoteRow>): void {
    if (!(event instanceof KeyboardEvent) || data === undefined) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Delete') remove(data.instrument);
    else if (event.key === 'Enter') trade(data);
    else if (event.key === 'b') trade(data, 'buy');
    else if (event.key === 's') trade(data, 'sell');
    else return;
    event.preventDefault();
  }

  return (
    <section
      className={online ? 'panel quotes' : 'panel quotes offline'}
      aria-label="Quotes"
      data-testid="quotes-panel"
    >
      <div className="panel-bar">
        <SymbolSearch
          label="Add a symbol"
          shown=""
          placeholder="Add a symbol"
          testId="quotes-add"
          onPick={({ id }) => {
            setList(withWatched(list, id));
            selectInstrument(id);
          }}
        />
        {online ? null : <span className="badge warning">prices stand still</span>}
        <span className="spacer" />
        <button
          type="button"
          className="icon-button"
          aria-label="Remove the symbol"
          title="Remove the symbol (Del)"
          data-testid="quotes-remove"
          disabled={chosen === null}
          onClick={() => chosen !== null && remove(chosen)}
        >
          <Trash2 size={13} aria-hidden />
        </button>
      </div>
      <div className="area">
        {instruments.length > 0 ? (
          <div className="grid" data-testid="quotes-grid">
            <AgGridReact<QuoteRow>
              theme={GRID_THEME}
              rowData={rows as QuoteRow[]}
              columnDefs={COLUMNS as Column[]}
              defaultColDef={DEFAULT_COLUMN}
              getRowId={({ data }) => data.instrument}
              cellFlashDuration={200}
              cellFadeDuration={0}
              tooltipShowDelay={400}
              ensureDomOrder
              rowClassRules={{
                'row-chosen': ({ data }) => data?.instrument === linked,
                'row-stale': ({ data }) => data?.quote?.stale === true || data?.quote === undefined,
              }}
              onGridReady={(event) => {
                api.current = event.api;
              }}
              onCellFocused={({ rowIndex, api: grid }: CellFocusedEvent<QuoteRow>) => {
                const row = rowIndex === null ? undefined : grid.getDisplayedRowAtIndex(rowIndex);
                if (row?.data === undefined) return;
                setChosen(row.data.instrument);
                selectInstrument(row.data.instrument);
              }}
              onRowDoubleClicked={({ data }) => data !== undefined && trade(data)}
              onCellKeyDown={onCellKeyDown}
            />
          </div>
        ) : hasSource ? (
          <EmptyState
            title="Nothing is watched"
            hint="Type a symbol above; its bid, ask and last price stand here as they change."
          />
        ) : (
          <NoAccount
            title="No source of prices is connected"
            hint="Prices come from connections; paper trading makes its own market."
          />
        )}
      </div>
    </section>
  );
}

/** Rows as they were a moment ago: prices come faster than rows are drawn. */
function useRows(instruments: readonly string[]): readonly QuoteRow[] {
  const [rows, setRows] = useState<readonly QuoteRow[]>([]);
  const names = useMemo(() => [...instruments], [instruments]);
  useEffect(() => {
    const read = (): void => {
      const { quotes, failures } = useMarket.getState();
      setRows((before) => quoteRows(before, names, quotes, failures));
    };
    read();
    const timer = setInterval(read, SHOW_MS);
    return () => clearInterval(timer);
  }, [names]);
  return rows;
}

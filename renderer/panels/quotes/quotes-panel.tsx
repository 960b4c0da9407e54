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
import { formatAmount, formatPercent, formatQuantity } from '../../components/format.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { isMissing } from '../../components/trading/cells.tsx';
import { ranked } from '../../components/trading/fitting.ts';
import { NoAccount } from '../../components/trading/no-account.tsx';
import { SymbolSearch } from '../../components/trading/symbol-search.tsx';
import { useFitting } from '../../components/trading/use-fitting.ts';
import { quotedText, useFreshPrices } from '../../components/trading/use-price-places.ts';
import { symbolOf } from '../../components/trading/words.ts';
import {
  lastOf,
  parseWatchlist,
  quoteRows,
  shownChange,
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
  format: (value: number, row: QuoteRow) => string,
): Column {
  return {
    headerName,
    width,
    type: 'rightAligned',
    enableCellChangeFlash: true,
    valueGetter: ({ data }) => (data === undefined ? null : (valueOf(data) ?? null)),
    valueFormatter: ({ value, data }) =>
      isMissing(value) || data === undefined ? '' : format(value as number, data),
    comparator: (a: number | null, b: number | null) => (a ?? -Infinity) - (b ?? -Infinity),
  };
}

const price = (headerName: string, valueOf: (row: QuoteRow) => number | null | undefined): Column =>
  figure(headerName, 72, valueOf, (value, { instrument }) => quotedText(instrument, value));

const COLUMNS: readonly Column[] = [
  {
    headerName: 'Symbol',
    flex: 1,
    minWidth: 64,
    valueGetter: ({ data }) => symbolOf(data?.instrument ?? ''),
    cellClass: 'symbol-cell',
    tooltipValueGetter: ({ data }) => data?.instrument,
  },
  price('Last', ({ quote }) => lastOf(quote)),
  {
    ...figure('Change', 78, ({ quote }) => shownChange(quote), formatPercent),
    enableCellChangeFlash: false,
    cellClass: ({ value }) => [
      'ag-right-aligned-cell',
      (value as number) > 0 ? 'up' : (value as number) < 0 ? 'down' : 'muted',
    ],
    // A price may go stale without a change.
    equals: () => false,
    cellRenderer: ChangeCell,
  },
  ranked(
    1,
    price('Bid', ({ quote }) => quote?.bid),
  ),
  ranked(
    1,
    price('Ask', ({ quote }) => quote?.ask),
  ),
  ranked(
    2,
    figure('Bid size', 78, ({ quote }) => quote?.bidSize, formatQuantity),
  ),
  ranked(
    2,
    figure('Ask size', 78, ({ quote }) => quote?.askSize, formatQuantity),
  ),
  ranked(
    3,
    price('High', ({ quote }) => quote?.high),
  ),
  ranked(
    3,
    price('Low', ({ quote }) => quote?.low),
  ),
  ranked(
    4,
    figure('Volume', 90, ({ quote }) => quote?.volume, formatAmount),
  ),
  ranked(5, {
    headerName: 'Source',
    width: 90,
    valueGetter: ({ data }) => data?.quote?.source ?? '',
    cellClass: 'muted',
  }),
];

/** The change, or in a word why the price is not to be trusted. */
function ChangeCell({
  data,
  valueFormatted,
}: {
  readonly data?: QuoteRow;
  readonly valueFormatted?: string | null;
}) {
  if (data === undefined) return null;
  const { quote, fault } = data;
  if (fault !== '')
    return (
      <span className="badge warning" title={fault}>
        no price
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
  return <>{valueFormatted ?? ''}</>;
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
  const fit = useFitting(COLUMNS);
  /** Whether the row that gets the keyboard was gone to, and not just come by with Tab. */
  const meant = useRef(false);
  // Hundreds may be watched: their ticks are known when they were chosen here or in the ticket.
  useFreshPrices(api);
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
          <div
            className="grid"
            data-testid="quotes-grid"
            role="presentation"
            onPointerDownCapture={() => {
              meant.current = true;
            }}
            onKeyDownCapture={({ key }) => {
              meant.current = key !== 'Tab';
            }}
            onBlurCapture={() => {
              meant.current = false;
            }}
          >
            <AgGridReact<QuoteRow>
              theme={GRID_THEME}
              rowData={rows as QuoteRow[]}
              {...fit}
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
                if (meant.current) selectInstrument(row.data.instrument);
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

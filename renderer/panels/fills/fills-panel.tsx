import { useMemo, useRef } from 'react';
import type { ColDef, GridApi } from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { Download } from 'lucide-react';
import type { FillView } from '../../../engine/protocol/live-schemas.ts';
import { refreshTrading, useTrading } from '../../client/trading-store.ts';
import { download, toCsv } from '../../components/csv.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { exact, priced, SideCell } from '../../components/trading/cells.tsx';
import { ranked } from '../../components/trading/fitting.ts';
import { useFitting } from '../../components/trading/use-fitting.ts';
import { usePricePlaces } from '../../components/trading/use-price-places.ts';
import { clockText, symbolOf } from '../../components/trading/words.ts';
import { fillSums, fillsTable } from './fill-model.ts';

const COLUMNS: readonly ColDef<FillView>[] = [
  {
    headerName: 'Time',
    width: 80,
    valueGetter: ({ data }) => data?.venueTime,
    valueFormatter: ({ value }) => clockText(value as number, Date.now()),
  },
  {
    colId: 'symbol',
    headerName: 'Symbol',
    width: 74,
    valueGetter: ({ data }) => symbolOf(data?.instrument ?? ''),
  },
  { field: 'side', headerName: 'Side', width: 62, cellRenderer: SideCell },
  { ...exact<FillView>('Quantity', 76, ({ quantity }) => quantity), colId: 'quantity' },
  { ...priced<FillView>('Price', 84, ({ price }) => price), colId: 'price' },
  { ...exact<FillView>('Commission', 92, ({ commission }) => commission, 2), colId: 'commission' },
  { field: 'commissionCurrency', headerName: '', width: 48, cellClass: 'muted', sortable: false },
  ranked(3, {
    field: 'liquidity',
    headerName: 'Liquidity',
    width: 84,
    cellClass: 'muted',
    valueFormatter: ({ value }) => (value === 'unknown' ? '' : String(value)),
  }),
  ranked(2, { field: 'account', headerName: 'Account', width: 90, cellClass: 'muted' }),
  ranked(4, {
    field: 'tradeId',
    headerName: 'Trade',
    flex: 1,
    minWidth: 90,
    cellClass: 'muted mono',
    tooltipField: 'clientOrderId',
  }),
];
const DEFAULT_COLUMN: ColDef<FillView> = {
  sortable: true,
  resizable: true,
  suppressMovable: true,
};

/** Every trade of the accounts, once. */
export function FillsPanel() {
  const fills = useTrading((state) => state.fills);
  const failure = useTrading((state) => state.failure);
  const api = useRef<GridApi<FillView>>(undefined);
  const fit = useFitting(COLUMNS);
  usePricePlaces(fills, api);
  const sums = useMemo(() => fillSums(fills ?? [], Date.now()), [fills]);
  if (fills === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading fills …" />;
  }
  return (
    <section className="panel" aria-label="Fills" data-testid="fills-panel">
      <div className="panel-bar">
        <span className="muted" data-testid="fills-sums">
          {sums}
        </span>
        <span className="spacer" />
        <button
          type="button"
          className="button"
          data-testid="fills-csv"
          disabled={fills.length === 0}
          onClick={() => {
            const { header, rows } = fillsTable(fills);
            download('fills.csv', toCsv(header, rows));
          }}
        >
          <Download size={12} aria-hidden /> CSV
        </button>
      </div>
      <div className="area">
        {fills.length === 0 ? (
          <EmptyState
            title="No fills yet"
            hint="Each trade of an order stands here with its price and commission."
          />
        ) : (
          <div className="grid" data-testid="fills-grid">
            <AgGridReact<FillView>
              theme={GRID_THEME}
              rowData={fills as FillView[]}
              {...fit}
              defaultColDef={DEFAULT_COLUMN}
              getRowId={({ data }) => `${data.account}|${data.tradeId}`}
              tooltipShowDelay={400}
              ensureDomOrder
              onGridReady={(event) => {
                api.current = event.api;
              }}
            />
          </div>
        )}
      </div>
    </section>
  );
}

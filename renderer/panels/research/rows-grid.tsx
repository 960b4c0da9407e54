import type {
  CellKeyDownEvent,
  ColDef,
  GridApi,
  IDatasource,
  RowDoubleClickedEvent,
} from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { Play } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import type { ResearchDetail, ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { workstation } from '../../client/store.ts';
import { formatCount, formatStatistic } from '../../components/format.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { codeText } from './ranges.ts';
import { passes, rowAt, sortFormula, type FilterModel } from './rows-query.ts';

export type SweepDetail = Extract<ResearchDetail, { kind: 'sweep' }>;
type Row = Record<string, number>;

interface RowsGridProps {
  readonly item: ResearchItem;
  readonly detail: SweepDetail;
  readonly version: number;
  /** Told what the rows are sorted by, for the export. */
  readonly onSort: (sort: string | undefined) => void;
  readonly onOpen: (row: Row) => void;
}

/** What cells may call. */
interface GridContext {
  readonly onOpen: (row: Row) => void;
}

const PAGE = 200;
/** Rows that can be reached from the best on. */
export const MOST_ROWS = 100_000;
/** While results come in, the rows are read anew at most so often. */
const REFRESH_MS = 2_000;

const DEFAULT_COLUMN: ColDef<Row> = {
  sortable: true,
  resizable: true,
  filter: 'agNumberColumnFilter',
  sortingOrder: ['desc', 'asc', null],
  type: 'rightAligned',
  width: 100,
};

/** The results as rows, sorted and filtered where they are stored and read as they come into sight. */
export function RowsGrid({ item, detail, version, onSort, onOpen }: RowsGridProps) {
  const api = useRef<GridApi<Row>>(undefined);
  const told = useRef(onSort);
  useEffect(() => {
    told.current = onSort;
  }, [onSort]);
  const context = useMemo<GridContext>(() => ({ onOpen }), [onOpen]);
  const { id } = item;
  const { objective } = detail.request;
  // The columns stay as they are while results come in.
  const shape = JSON.stringify([detail.dimensions, detail.metrics]);

  const columns = useMemo<ColDef<Row>[]>(() => {
    const [dimensions, metrics] = JSON.parse(shape) as [
      SweepDetail['dimensions'],
      SweepDetail['metrics'],
    ];
    return [
      {
        colId: 'open',
        headerName: '',
        width: 42,
        pinned: 'left',
        sortable: false,
        filter: false,
        resizable: false,
        cellRenderer: OpenCell,
      },
      ...dimensions.map<ColDef<Row>>((dimension) => ({
        colId: dimension.column,
        field: dimension.column,
        headerName: dimension.name,
        pinned: 'left',
        width: 78,
        // Choices are held by their places, which nobody would filter by.
        filter: dimension.kind === 'choice' ? false : 'agNumberColumnFilter',
        valueFormatter: ({ value }) =>
          value === undefined ? '' : codeText(dimension, value as number),
      })),
      ...metrics.map<ColDef<Row>>(({ name, title, unit }) => ({
        colId: name,
        field: name,
        headerName: title,
        ...(name === objective ? { initialSort: 'desc' as const } : {}),
        width: Math.max(96, title.length * 6.8 + 50),
        valueFormatter: ({ value }) =>
          value === undefined ? '' : formatStatistic(value as number, unit),
      })),
    ];
  }, [shape, objective]);

  const source = useMemo<IDatasource>(
    () => ({
      getRows: ({ startRow, endRow, sortModel, filterModel, successCallback, failCallback }) => {
        const filters = (filterModel ?? {}) as FilterModel;
        const sort = sortFormula(objective, sortModel, filters);
        told.current(sort);
        workstation()
          .call('research.get', {
            researchId: id,
            offset: startRow,
            limit: Math.min(endRow, MOST_ROWS) - startRow,
            ...(sort === undefined ? {} : { sort }),
          })
          .then(({ detail: answer }) => {
            if (answer.kind !== 'sweep') return failCallback();
            const { page } = answer;
            const count = page.columns[0]?.length ?? 0;
            const rows: Row[] = [];
            for (let k = 0; k < count; k += 1) {
              const row = rowAt(page, k);
              // Those that a filter refuses come last; the first of them is the end.
              if (!passes(row, filters)) return successCallback(rows, startRow + rows.length);
              rows.push(row);
            }
            const whole = startRow + count < endRow || endRow >= MOST_ROWS;
            return successCallback(rows, whole ? startRow + rows.length : undefined);
          })
          .catch(() => failCallback());
      },
    }),
    [id, objective],
  );

  // A purge while the user reads would take the rows away; refreshing keeps them until new ones are there.
  const refreshed = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, refreshed.current + REFRESH_MS - Date.now());
    const timer = setTimeout(() => {
      refreshed.current = Date.now();
      api.current?.refreshInfiniteCache();
    }, wait);
    return () => clearTimeout(timer);
  }, [version, item.state]);

  return (
    <div className="grid" data-testid="sweep-rows" aria-label={`${formatCount(item.rows)} results`}>
      <AgGridReact<Row>
        theme={GRID_THEME}
        context={context}
        rowModelType="infinite"
        datasource={source}
        cacheBlockSize={PAGE}
        maxBlocksInCache={20}
        infiniteInitialRowCount={1}
        columnDefs={columns}
        defaultColDef={DEFAULT_COLUMN}
        getRowId={({ data }) => String(data['combination'])}
        onGridReady={(event) => {
          api.current = event.api;
        }}
        onRowDoubleClicked={({ data }: RowDoubleClickedEvent<Row>) => {
          if (data !== undefined) onOpen(data);
        }}
        onCellKeyDown={({ event, data }: CellKeyDownEvent<Row>) => {
          if (event instanceof KeyboardEvent && event.key === 'Enter' && data !== undefined) {
            onOpen(data);
          }
        }}
        overlayNoRowsTemplate="No result passes."
      />
    </div>
  );
}

function OpenCell({ data, context }: { readonly data?: Row; readonly context: GridContext }) {
  if (data === undefined) return null;
  return (
    <button
      type="button"
      className="cell-button"
      aria-label="Backtest"
      title="Backtest this combination"
      tabIndex={-1}
      onClick={() => context.onOpen(data)}
    >
      <Play size={11} aria-hidden />
    </button>
  );
}

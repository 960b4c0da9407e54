import { useMemo, useRef, useState } from 'react';
import type { CellFocusedEvent, CellKeyDownEvent, ColDef, GridApi } from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import type { PositionView } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import {
  learnInstrument,
  openTicket,
  refreshTrading,
  selectInstrument,
  tellFailure,
  tellOrders,
  useInstruments,
  useTrading,
} from '../../client/trading-store.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import {
  averaged,
  centText,
  exact,
  isMissing,
  priced,
  profit,
  toneOf,
} from '../../components/trading/cells.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { signedDigits } from '../../components/trading/decimals.ts';
import { ranked } from '../../components/trading/fitting.ts';
import { NoAccount } from '../../components/trading/no-account.tsx';
import { useFitting } from '../../components/trading/use-fitting.ts';
import { usePricePlaces } from '../../components/trading/use-price-places.ts';
import { newRequestId, symbolOf } from '../../components/trading/words.ts';
import {
  deedText,
  isHeld,
  keyOf,
  stopWish,
  totalsOf,
  type PositionDeed,
} from './position-model.ts';
import './positions.css';

type Column = ColDef<PositionView>;

/** What cells may call. */
interface GridContext {
  readonly onDeed: (deed: PositionDeed, position: PositionView) => void;
  readonly onStop: (position: PositionView) => void;
}

interface CellParams {
  readonly data?: PositionView;
  readonly context: GridContext;
}

function ProtectionCell({ data, context }: CellParams) {
  if (data === undefined || !isHeld(data)) return null;
  if (data.protection === 'none') {
    return (
      <span className="badge warning" title="No stop works for this position">
        <ShieldAlert size={10} aria-hidden /> no stop
        <button
          type="button"
          className="link"
          tabIndex={-1}
          data-testid="position-stop"
          onClick={() => context.onStop(data)}
        >
          add
        </button>
      </span>
    );
  }
  const local = data.protection === 'local';
  return (
    <span
      className={local ? 'badge' : 'badge ok'}
      title={
        local
          ? 'A stop is kept by Renata: it works only while Renata runs'
          : 'A stop rests at the venue'
      }
    >
      <ShieldCheck size={10} aria-hidden /> {local ? 'stop here' : 'stop at venue'}
    </span>
  );
}

function ActionsCell({ data, context }: CellParams) {
  if (data === undefined || !isHeld(data)) return null;
  return (
    <span className="cell-actions">
      {(['flatten', 'reverse'] as const).map((deed) => (
        <button
          key={deed}
          type="button"
          className="button small"
          tabIndex={-1}
          data-testid={`position-${deed}`}
          onClick={() => context.onDeed(deed, data)}
        >
          {deed === 'flatten' ? 'Flatten' : 'Reverse'}
        </button>
      ))}
    </span>
  );
}

const COLUMNS: readonly Column[] = [
  {
    headerName: 'Symbol',
    width: 74,
    valueGetter: ({ data }) => symbolOf(data?.instrument ?? ''),
    cellClass: 'symbol-cell',
  },
  {
    ...exact<PositionView>('Position', 80, ({ quantity }) => quantity),
    colId: 'position',
    valueFormatter: ({ value }) =>
      isMissing(value) ? '' : value === '0' ? 'flat' : signedDigits(value as string),
    cellClass: ({ value }) => ['ag-right-aligned-cell', toneOf(value as string)],
  },
  averaged<PositionView>('Avg. price', 82, ({ averagePrice }) => averagePrice),
  priced<PositionView>('Mark', 74, ({ mark }) =>
    mark === null ? null : String(Number(mark.toFixed(6))),
  ),
  profit<PositionView>('Unrealized', 92, ({ unrealized }) => centText(unrealized)),
  {
    headerName: 'Protection',
    width: 118,
    // A cell is drawn anew when its value changes: it has to change when a position begins or ends.
    valueGetter: ({ data }) => (data !== undefined && isHeld(data) ? data.protection : ''),
    cellRenderer: ProtectionCell,
  },
  ranked(3, {
    colId: 'actions',
    headerName: '',
    width: 122,
    sortable: false,
    valueGetter: ({ data }) => data !== undefined && isHeld(data),
    cellRenderer: ActionsCell,
  }),
  ranked(
    2,
    exact<PositionView>('Value', 94, ({ value }) => centText(value), 2),
  ),
  ranked(
    4,
    profit<PositionView>('Today', 80, ({ realizedToday }) => realizedToday),
  ),
  ranked(6, { field: 'currency', headerName: '', width: 50, cellClass: 'muted', sortable: false }),
  ranked(5, {
    field: 'account',
    headerName: 'Account',
    flex: 1,
    minWidth: 80,
    cellClass: 'muted',
  }),
];

const DEFAULT_COLUMN: Column = { sortable: true, resizable: true, suppressMovable: true };

/** What is held, what it makes, and whether a stop stands for it. */
export function PositionsPanel() {
  const positions = useTrading((state) => state.positions);
  const accounts = useTrading((state) => state.accounts);
  const failure = useTrading((state) => state.failure);
  const orders = useTrading((state) => state.orders);
  const [asked, setAsked] = useState<{
    readonly deed: PositionDeed;
    readonly position: PositionView;
    readonly requestId: string;
  } | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const api = useRef<GridApi<PositionView>>(undefined);
  const fit = useFitting(COLUMNS);
  usePricePlaces(positions, api);

  const context = useMemo<GridContext>(
    () => ({
      onDeed: (deed, position) => setAsked({ deed, position, requestId: newRequestId() }),
      onStop: addStop,
    }),
    [],
  );

  if (positions === null || accounts === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading positions …" />;
  }
  const chosen = positions.find((each) => keyOf(each) === focused && isHeld(each));

  async function carryOut(): Promise<void> {
    if (asked === null) return;
    const { deed, position, requestId } = asked;
    setAsked(null);
    focusGrid();
    const { account, instrument } = position;
    try {
      const input = { requestId, account, instrument };
      const { orders: placed } =
        deed === 'flatten'
          ? await workstation().call('positions.flatten', input)
          : await workstation().call('positions.reverse', input);
      tellOrders(placed);
    } catch (error) {
      tellFailure(
        `${symbolOf(instrument)} was not ${deed === 'flatten' ? 'flattened' : 'reversed'}`,
        error,
        instrument,
      );
    }
  }

  function focusGrid(): void {
    const cell = api.current?.getFocusedCell();
    if (!isMissing(cell)) api.current?.setFocusedCell(cell.rowIndex, cell.column);
  }

  function onCellKeyDown({ event, data }: CellKeyDownEvent<PositionView>): void {
    if (!(event instanceof KeyboardEvent) || data === undefined || !isHeld(data)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'f') context.onDeed('flatten', data);
    else if (event.key === 'r') context.onDeed('reverse', data);
    else if (event.key === 's') addStop(data);
    else return;
    event.preventDefault();
  }

  const deed = (name: PositionDeed): void => {
    if (chosen !== undefined) context.onDeed(name, chosen);
  };
  const text = asked === null ? null : deedText(asked.deed, asked.position, orders?.values() ?? []);
  return (
    <section className="panel positions" aria-label="Positions" data-testid="positions-panel">
      <div className="panel-bar">
        <button
          type="button"
          className="button"
          data-testid="positions-flatten"
          disabled={chosen === undefined}
          onClick={() => deed('flatten')}
        >
          Flatten <kbd>F</kbd>
        </button>
        <button
          type="button"
          className="button"
          data-testid="positions-reverse"
          disabled={chosen === undefined}
          onClick={() => deed('reverse')}
        >
          Reverse <kbd>R</kbd>
        </button>
        <button
          type="button"
          className="button"
          data-testid="positions-stop"
          disabled={chosen === undefined}
          onClick={() => chosen !== undefined && addStop(chosen)}
        >
          Add stop <kbd>S</kbd>
        </button>
        <span className="spacer" />
        {totalsOf(positions).map(({ currency, unrealized, realized }) => (
          <span key={currency} className="position-totals" data-testid="positions-total">
            <span className="muted">Unrealized</span>{' '}
            <strong className={toneOf(unrealized.toFixed(2))}>
              {signedDigits(unrealized.toFixed(2), 2)}
            </strong>{' '}
            <span className="muted">realized today</span>{' '}
            <strong className={toneOf(realized.toFixed(2))}>
              {signedDigits(realized.toFixed(2), 2)}
            </strong>{' '}
            <span className="muted">{currency}</span>
          </span>
        ))}
      </div>
      <div className="area">
        {positions.length > 0 ? (
          <div className="grid" data-testid="positions-grid">
            <AgGridReact<PositionView>
              theme={GRID_THEME}
              context={context}
              rowData={positions as PositionView[]}
              {...fit}
              defaultColDef={DEFAULT_COLUMN}
              getRowId={({ data }) => keyOf(data)}
              ensureDomOrder
              onGridReady={(event) => {
                api.current = event.api;
              }}
              onCellFocused={({ rowIndex, api: grid }: CellFocusedEvent<PositionView>) => {
                const row = rowIndex === null ? undefined : grid.getDisplayedRowAtIndex(rowIndex);
                if (row?.data !== undefined) setFocused(keyOf(row.data));
              }}
              onRowDoubleClicked={({ data }) =>
                data !== undefined && selectInstrument(data.instrument)
              }
              onCellKeyDown={onCellKeyDown}
            />
          </div>
        ) : accounts.length === 0 ? (
          <NoAccount
            title="No account is connected"
            hint="Positions of every connected account stand here."
          />
        ) : (
          <EmptyState title="Flat" hint="What is bought or sold short stands here, with its P&L." />
        )}
      </div>
      {asked === null || text === null ? null : (
        <Confirm
          {...text}
          onConfirm={() => void carryOut()}
          onClose={() => {
            setAsked(null);
            focusGrid();
          }}
        />
      )}
    </section>
  );
}

/** Opens the ticket with a stop for all that is held. */
function addStop(position: PositionView): void {
  learnInstrument(position.instrument);
  const known = useInstruments.getState().known.get(position.instrument);
  openTicket(stopWish(position, known?.ticks ?? []));
}

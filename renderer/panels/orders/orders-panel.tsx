import { History, X } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type {
  CellEditRequestEvent,
  CellFocusedEvent,
  CellKeyDownEvent,
  ColDef,
  GridApi,
} from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import type { LiveOrderView } from '../../../engine/protocol/live-schemas.ts';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import { openPanel, workstation } from '../../client/store.ts';
import { refreshTrading, tellFailure, tellOrders, useTrading } from '../../client/trading-store.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { averaged, exact, isMissing, priced, SideCell } from '../../components/trading/cells.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { ranked } from '../../components/trading/fitting.ts';
import { groupedWords } from '../../components/trading/decimals.ts';
import { StateChip } from '../../components/trading/state-chip.tsx';
import { useFitting } from '../../components/trading/use-fitting.ts';
import { usePricePlaces } from '../../components/trading/use-price-places.ts';
import { clockText, isOpenOrder, symbolOf, TYPE_SHORT } from '../../components/trading/words.ts';
import { HistoryDrawer } from './history-drawer.tsx';
import {
  AMENDABLE,
  amendmentOf,
  canAmend,
  canCancel,
  listed,
  orderText,
  roleText,
  termOf,
  type Amendable,
} from './order-rows.ts';
import './orders.css';

type Column = ColDef<LiveOrderView>;

const PRICES: ReadonlySet<Amendable> = new Set<Amendable>(['limitPrice', 'stopPrice']);

function amendable(field: Amendable, headerName: string, width: number): Column {
  return {
    ...(PRICES.has(field) ? priced<LiveOrderView> : exact<LiveOrderView>)(
      headerName,
      width,
      (order) => termOf(order, field),
    ),
    colId: field,
    editable: ({ data }) => data !== undefined && canAmend(data, field),
    cellClass: ({ data }) => [
      'ag-right-aligned-cell',
      ...(data !== undefined && canAmend(data, field) ? ['can-edit'] : []),
      ...(isMissing(data?.pending) ? [] : ['pending']),
    ],
  };
}

const COLUMNS: readonly Column[] = [
  ranked(6, {
    colId: 'time',
    headerName: 'Time',
    width: 78,
    valueGetter: ({ data }) => data?.createdAt,
    valueFormatter: ({ value }) => clockText(value as number, Date.now()),
  }),
  {
    colId: 'symbol',
    headerName: 'Symbol',
    width: 64,
    valueGetter: ({ data }) => symbolOf(data?.instrument ?? ''),
    cellClass: 'symbol-cell',
  },
  {
    colId: 'side',
    headerName: 'Side',
    width: 56,
    valueGetter: ({ data }) => data?.terms.side,
    cellRenderer: SideCell,
  },
  {
    colId: 'state',
    headerName: 'State',
    width: 100,
    valueGetter: ({ data }) => data?.state,
    cellRenderer: ({ data }: { data?: LiveOrderView }) =>
      data === undefined ? null : <StateChip state={data.state} />,
  },
  amendable('quantity', 'Quantity', 72),
  ranked(2, {
    ...exact<LiveOrderView>('Filled', 60, ({ filledQuantity }) => filledQuantity),
    colId: 'filled',
  }),
  ranked(5, {
    colId: 'type',
    headerName: 'Type',
    width: 60,
    valueGetter: ({ data }) => (data === undefined ? '' : TYPE_SHORT[data.terms.type]),
  }),
  ranked(1, amendable('limitPrice', 'Limit', 72)),
  ranked(3, amendable('stopPrice', 'Stop', 72)),
  ranked(7, {
    colId: 'force',
    headerName: 'TIF',
    width: 50,
    valueGetter: ({ data }) => data?.terms.timeInForce.toUpperCase(),
  }),
  ranked(4, {
    ...averaged<LiveOrderView>('Avg. price', 80, ({ averagePrice }) => averagePrice),
    colId: 'averagePrice',
  }),
  ranked(8, {
    colId: 'reason',
    headerName: 'Reason',
    flex: 1,
    minWidth: 140,
    valueGetter: ({ data }) => groupedWords(data?.reason ?? ''),
    tooltipValueGetter: ({ data }) => groupedWords(data?.reason ?? ''),
    cellClass: ({ data }) => (data?.reasonCode === '' ? 'muted' : 'reason'),
  }),
  ranked(10, {
    colId: 'part',
    headerName: 'Part',
    width: 84,
    valueGetter: ({ data }) => (data === undefined ? '' : roleText(data)),
    cellClass: 'muted',
  }),
  ranked(11, {
    colId: 'source',
    headerName: 'From',
    width: 84,
    valueGetter: ({ data }) =>
      data === undefined ? '' : data.source.name === '' ? data.source.kind : data.source.name,
    cellClass: 'muted',
  }),
  ranked(9, { field: 'account', headerName: 'Account', width: 90, cellClass: 'muted' }),
];

/** The columns, with that of trailing distances where an order has one. */
function columnsOf(trails: boolean): readonly Column[] {
  const at = COLUMNS.findIndex(({ colId }) => colId === 'stopPrice') + 1;
  return trails ? COLUMNS.toSpliced(at, 0, amendable('trail', 'Trail', 66)) : COLUMNS;
}

const DEFAULT_COLUMN: Column = { sortable: true, resizable: true, suppressMovable: true };

/** Orders that work, and all that there were: changed in their row, cancelled with Delete. */
export function OrdersPanel() {
  const orders = useTrading((state) => state.orders);
  const accounts = useTrading((state) => state.accounts);
  const failure = useTrading((state) => state.failure);
  const [open, setOpen] = useState(true);
  const [account, setAccount] = useState('');
  const [focused, setFocused] = useState<string | null>(null);
  const [history, setHistory] = useState<string | null>(null);
  const [cancelingAll, setCancelingAll] = useState(false);
  const [told, setTold] = useState('');
  const api = useRef<GridApi<LiveOrderView>>(undefined);
  const rows = useMemo(
    () => (orders === null ? null : [...listed(orders.values(), { open, account })]),
    [orders, open, account],
  );
  const openCount = useMemo(
    () => (orders === null ? 0 : [...orders.values()].filter(isOpenOrder).length),
    [orders],
  );
  const chosen = focused === null ? undefined : orders?.get(focused);
  const trails = rows?.some((order) => termOf(order, 'trail') !== null) === true;
  const fit = useFitting(useMemo(() => columnsOf(trails), [trails]));
  usePricePlaces(rows, api);

  if (rows === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading orders …" />;
  }

  async function cancel(order: LiveOrderView): Promise<void> {
    if (!canCancel(order)) return;
    setTold('');
    try {
      const answer = await workstation().call('orders.cancel', {
        clientOrderId: order.clientOrderId,
      });
      tellOrders([answer.order]);
    } catch (error) {
      tellFailure(`Not cancelled: ${orderText(order)}`, error, order.clientOrderId);
    }
  }

  async function cancelAll(): Promise<void> {
    setCancelingAll(false);
    const owners = new Set(
      [...(orders?.values() ?? [])]
        .filter((order) => isOpenOrder(order) && (account === '' || order.account === account))
        .map((order) => order.account),
    );
    for (const owner of owners) {
      try {
        await workstation().call('orders.cancelAll', { account: owner, instrument: null });
      } catch (error) {
        tellFailure(`Orders of ${owner} are not all cancelled`, error, owner);
      }
    }
  }

  async function amend(event: CellEditRequestEvent<LiveOrderView>): Promise<void> {
    const order = orders?.get(event.data.clientOrderId);
    const field = AMENDABLE.find((each) => each === event.column.getColId());
    if (order === undefined || field === undefined) return;
    const wanted = amendmentOf(order, field, String(event.newValue ?? ''));
    if (wanted === undefined) return;
    if ('fault' in wanted) {
      setTold(wanted.fault);
      return;
    }
    setTold('');
    try {
      const { order: after, check } = await workstation().call('orders.amend', {
        clientOrderId: order.clientOrderId,
        change: wanted.change,
      });
      tellOrders([after]);
      if (check?.allowed === false) {
        const why = check.checks.find(({ passed }) => !passed)?.message ?? '';
        setTold(`Not changed. ${why}`);
      }
    } catch (error) {
      setTold(`Not changed. ${toErrorPayload(error).message}`);
    }
  }

  function onCellKeyDown({ event, data, api: grid }: CellKeyDownEvent<LiveOrderView>): void {
    if (!(event instanceof KeyboardEvent) || data === undefined) return;
    if (grid.getEditingCells().length > 0) return;
    if (event.key === 'Delete') void cancel(data);
    else if (event.key === 'h' && !event.ctrlKey && !event.metaKey) show(data.clientOrderId);
    else if (event.key === 'Escape') setHistory(null);
    else return;
    event.preventDefault();
  }

  function show(id: string): void {
    setHistory(id);
  }

  function onFocused({ rowIndex, api: grid }: CellFocusedEvent<LiveOrderView>): void {
    const order = rowIndex === null ? undefined : grid.getDisplayedRowAtIndex(rowIndex)?.data;
    if (order === undefined) return;
    setFocused(order.clientOrderId);
    // The drawer follows the row that is looked at.
    setHistory((shown) => (shown === null ? null : order.clientOrderId));
  }

  const inView = rows.filter(isOpenOrder).length;
  return (
    <section className="panel orders" aria-label="Orders" data-testid="orders-panel">
      <div className="panel-bar">
        <div className="segments" role="group" aria-label="Which orders">
          <button
            type="button"
            aria-pressed={open}
            data-testid="orders-open"
            onClick={() => setOpen(true)}
          >
            Open {openCount}
          </button>
          <button
            type="button"
            aria-pressed={!open}
            data-testid="orders-all"
            onClick={() => setOpen(false)}
          >
            All {orders?.size ?? 0}
          </button>
        </div>
        {accounts !== null && accounts.length > 1 ? (
          <select
            aria-label="Account"
            value={account}
            onChange={(event) => setAccount(event.target.value)}
          >
            <option value="">All accounts</option>
            {accounts.map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        ) : null}
        <button
          type="button"
          className="button"
          data-testid="orders-cancel"
          disabled={chosen === undefined || !canCancel(chosen)}
          onClick={() => chosen !== undefined && void cancel(chosen)}
        >
          <X size={12} aria-hidden /> Cancel <kbd>Del</kbd>
        </button>
        <button
          type="button"
          className="button"
          data-testid="orders-history"
          aria-pressed={history !== null}
          disabled={chosen === undefined && history === null}
          onClick={() =>
            history === null && chosen !== undefined ? show(chosen.clientOrderId) : setHistory(null)
          }
        >
          <History size={12} aria-hidden /> History <kbd>H</kbd>
        </button>
        {told === '' ? (
          <span className="muted clip orders-reason" title={groupedWords(chosen?.reason ?? '')}>
            {groupedWords(chosen?.reason ?? '')}
          </span>
        ) : (
          <span
            className="note wrong clip orders-reason"
            role="alert"
            title={told}
            data-testid="orders-told"
          >
            {told}
          </span>
        )}
        <button
          type="button"
          className="button"
          data-testid="orders-cancel-all"
          disabled={inView === 0}
          onClick={() => setCancelingAll(true)}
        >
          Cancel all {inView === 0 ? '' : inView}
        </button>
      </div>
      <div className="orders-split">
        <div className="area">
          {rows.length === 0 ? (
            <EmptyState
              title={open ? 'No open orders' : 'No orders yet'}
              hint={
                open
                  ? 'Orders that wait, work or are part filled stand here until they end.'
                  : 'Every order that was given stands here, with what became of it.'
              }
            >
              <button type="button" className="button" onClick={() => openPanel('ticket')}>
                Open the ticket
              </button>
            </EmptyState>
          ) : (
            <div className="grid" data-testid="orders-grid">
              <AgGridReact<LiveOrderView>
                theme={GRID_THEME}
                rowData={rows}
                {...fit}
                defaultColDef={DEFAULT_COLUMN}
                getRowId={({ data }) => data.clientOrderId}
                readOnlyEdit
                stopEditingWhenCellsLoseFocus
                tooltipShowDelay={400}
                ensureDomOrder
                rowClassRules={{
                  'row-chosen': ({ data }) => data?.clientOrderId === focused,
                  'row-ended': ({ data }) => data !== undefined && !isOpenOrder(data),
                }}
                onGridReady={(event) => {
                  api.current = event.api;
                }}
                onCellFocused={onFocused}
                onCellKeyDown={onCellKeyDown}
                onCellEditRequest={(event) => void amend(event)}
              />
            </div>
          )}
        </div>
        {history === null ? null : (
          <HistoryDrawer
            clientOrderId={history}
            version={orders?.get(history)?.lastEvent ?? 0}
            onClose={() => {
              setHistory(null);
              const cell = api.current?.getFocusedCell();
              if (!isMissing(cell)) api.current?.setFocusedCell(cell.rowIndex, cell.column);
            }}
          />
        )}
      </div>
      {cancelingAll ? (
        <Confirm
          title={`Cancel ${inView} ${inView === 1 ? 'order' : 'orders'}?`}
          text={`Every open order of ${account === '' ? 'every account' : account} is cancelled at its venue. Positions stay.`}
          action={`Cancel ${inView} ${inView === 1 ? 'order' : 'orders'}`}
          onConfirm={() => void cancelAll()}
          onClose={() => setCancelingAll(false)}
        />
      ) : null}
    </section>
  );
}

import { RefreshCw } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { ColDef } from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import { QUALITY_GROUPS, type QualityRowView } from '../../../engine/protocol/execution-schemas.ts';
import { workstation } from '../../client/store.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { barsOf, bpsText, COST_TITLES, costOf, COSTS, type CostName } from './quality-rows.ts';
import './quality.css';

type Group = (typeof QUALITY_GROUPS)[number];

const GROUP_TITLES: Readonly<Record<Group, string>> = {
  order: 'Order',
  hour: 'Hour',
  size: 'Size',
  venue: 'Venue',
  algorithm: 'Algorithm',
};

function columnsOf(by: Group): ColDef<QualityRowView>[] {
  const number = (headerName: string, width: number, places: number) => ({
    headerName,
    width,
    type: 'rightAligned',
    valueFormatter: ({ value }: { readonly value: number | null }) =>
      value === null ? 'n/a' : value.toFixed(places),
  });
  return [
    { field: 'key', headerName: GROUP_TITLES[by], flex: 1, minWidth: 110 },
    { field: 'orders', headerName: 'Orders', width: 70, type: 'rightAligned' },
    { ...number('Notional', 104, 2), valueGetter: ({ data }) => data?.notional ?? null },
    ...COSTS.flatMap((name): ColDef<QualityRowView>[] => [
      {
        ...number(`${COST_TITLES[name]} bp`, 92, 2),
        valueGetter: ({ data }) => (data === undefined ? null : costOf(data, name).bps),
      },
      {
        ...number('money', 78, 2),
        cellClass: 'muted ag-right-aligned-cell',
        valueGetter: ({ data }) => (data === undefined ? null : costOf(data, name).money),
      },
    ]),
    { field: 'currency', headerName: '', width: 54, cellClass: 'muted', sortable: false },
  ];
}
const DEFAULT_COLUMN: ColDef<QualityRowView> = {
  sortable: true,
  resizable: true,
  suppressMovable: true,
};

/** What orders have cost, by hour, size, venue or algorithm, as bars and as figures. */
export function QualityPanel() {
  const [by, setBy] = useState<Group>('hour');
  const [cost, setCost] = useState<CostName>('arrival');
  const [rows, setRows] = useState<readonly QualityRowView[] | null>(null);
  const [failure, setFailure] = useState<ErrorPayload | null>(null);
  const read = useCallback(() => {
    workstation()
      .call('quality.report', { by, of: 'decisions', account: null, since: null })
      .then(
        (answer) => {
          setRows(answer.rows);
          setFailure(null);
        },
        (error: unknown) => setFailure(toErrorPayload(error)),
      );
  }, [by]);
  useEffect(() => {
    read();
    // An order that has ended is measured; fills come with it.
    return workstation().on('fills.added', read);
  }, [read]);
  const columns = useMemo(() => columnsOf(by), [by]);
  const bars = useMemo(() => barsOf(rows ?? [], cost), [rows, cost]);
  if (failure !== null) return <ErrorState error={failure} onRetry={read} />;
  if (rows === null) return <Loading label="Measuring orders …" />;
  return (
    <section className="panel quality" aria-label="Execution quality" data-testid="quality-panel">
      <div className="panel-bar">
        <div className="segments" role="group" aria-label="Put together by">
          {QUALITY_GROUPS.map((group) => (
            <button
              key={group}
              type="button"
              aria-pressed={group === by}
              data-testid={`quality-by-${group}`}
              onClick={() => setBy(group)}
            >
              {GROUP_TITLES[group]}
            </button>
          ))}
        </div>
        <select
          aria-label="Cost that is drawn"
          value={cost}
          onChange={(event) => setCost(event.target.value as CostName)}
        >
          {COSTS.map((name) => (
            <option key={name} value={name}>
              Against {COST_TITLES[name].toLowerCase()}
            </option>
          ))}
        </select>
        <span className="spacer" />
        <span className="muted clip">bp, positive is worse</span>
        <button type="button" className="button" data-testid="quality-read" onClick={read}>
          <RefreshCw size={12} aria-hidden /> Measure
        </button>
      </div>
      {rows.length === 0 ? (
        <EmptyState
          title="Nothing to measure yet"
          hint="Orders that have ended are measured against the prices when they were decided, arrived and filled."
        />
      ) : (
        <div className="quality-split">
          <ul className="quality-bars" aria-label={`${COST_TITLES[cost]} in basis points`}>
            {bars.map(({ key, bps, part }) => (
              <li key={key}>
                <span className="clip" title={key}>
                  {key}
                </span>
                <span className="quality-bar" aria-hidden>
                  <span
                    className={(bps ?? 0) > 0 ? 'cost' : 'gain'}
                    style={{ width: `${part * 50}%` }}
                  />
                </span>
                <span className="quality-figure">{bpsText(bps)}</span>
              </li>
            ))}
          </ul>
          <div className="area">
            <div className="grid" data-testid="quality-grid">
              <AgGridReact<QualityRowView>
                theme={GRID_THEME}
                rowData={rows as QualityRowView[]}
                columnDefs={columns}
                defaultColDef={DEFAULT_COLUMN}
                getRowId={({ data }) => `${data.key}|${data.currency}`}
                ensureDomOrder
              />
            </div>
          </div>
        </div>
      )}
    </section>
  );
}

import { Pause, Play, Square } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { CellFocusedEvent, CellKeyDownEvent, ColDef } from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import type { AlgorithmView } from '../../../engine/protocol/execution-schemas.ts';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import { openPanel, workstation } from '../../client/store.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { averaged, exact, SideCell } from '../../components/trading/cells.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { standingOf } from '../../components/trading/algorithm-standing.ts';
import { Chip } from '../../components/trading/state-chip.tsx';
import { clockText, symbolOf } from '../../components/trading/words.ts';
import {
  algorithmText,
  canPause,
  canResume,
  canStop,
  hasEnded,
  listed,
  progressOf,
} from './algorithm-rows.ts';
import { useAlgorithms } from './use-algorithms.ts';
import './algorithms.css';

function ProgressCell({ data }: { readonly data?: AlgorithmView }) {
  if (data === undefined) return null;
  const part = progressOf(data);
  return (
    <span className="algorithm-progress" title={`${data.filled} of ${data.quantity} filled`}>
      <span className="algorithm-bar" aria-hidden>
        <span style={{ width: `${part * 100}%` }} />
      </span>
      <span>{Math.floor(part * 100)} %</span>
    </span>
  );
}

const COLUMNS: readonly ColDef<AlgorithmView>[] = [
  {
    headerName: 'Time',
    width: 78,
    valueGetter: ({ data }) => data?.decidedAt,
    valueFormatter: ({ value }) => clockText(value as number, Date.now()),
  },
  {
    headerName: 'Symbol',
    width: 70,
    valueGetter: ({ data }) => symbolOf(data?.instrument ?? ''),
    cellClass: 'symbol-cell',
  },
  {
    headerName: 'Side',
    width: 60,
    valueGetter: ({ data }) => data?.side,
    cellRenderer: SideCell,
  },
  {
    headerName: 'Method',
    width: 84,
    valueGetter: ({ data }) => data?.method.toUpperCase(),
  },
  {
    headerName: 'State',
    width: 104,
    valueGetter: ({ data }) => (data === undefined ? '' : standingOf(data).name),
    cellRenderer: ({ data }: { data?: AlgorithmView }) => {
      if (data === undefined) return null;
      const { name, tone } = standingOf(data);
      return <Chip tone={tone}>{name}</Chip>;
    },
  },
  exact<AlgorithmView>('Quantity', 76, ({ quantity }) => quantity),
  exact<AlgorithmView>('Filled', 66, ({ filled }) => filled),
  {
    headerName: 'Progress',
    width: 120,
    valueGetter: ({ data }) => (data === undefined ? 0 : progressOf(data)),
    cellRenderer: ProgressCell,
  },
  exact<AlgorithmView>('Working', 70, ({ working }) => working),
  exact<AlgorithmView>('Left', 66, ({ remainder }) => remainder),
  averaged<AlgorithmView>('Avg. price', 82, ({ averagePrice }) => averagePrice),
  {
    headerName: 'Volume',
    width: 70,
    type: 'rightAligned',
    headerTooltip: 'Fills as a part of what the market has traded since the start',
    valueGetter: ({ data }) => data?.marketShare ?? null,
    valueFormatter: ({ value }) =>
      value === null ? '' : `${((value as number) * 100).toFixed(1)} %`,
  },
  {
    headerName: 'Until',
    width: 78,
    valueGetter: ({ data }) => data?.end,
    valueFormatter: ({ value }) => clockText(value as number, Date.now()),
  },
  {
    headerName: 'Reason',
    flex: 1,
    minWidth: 140,
    valueGetter: ({ data }) => data?.reason,
    tooltipValueGetter: ({ data }) => data?.reason,
    cellClass: 'muted',
  },
];
const DEFAULT_COLUMN: ColDef<AlgorithmView> = {
  sortable: true,
  resizable: true,
  suppressMovable: true,
};

/** Orders that are worked over time: how far each is, paused, let go on and stopped here. */
export function AlgorithmsPanel() {
  const { all, failure, read, tell } = useAlgorithms();
  const [running, setRunning] = useState(true);
  const [focused, setFocused] = useState<string | null>(null);
  const [stopping, setStopping] = useState<AlgorithmView | null>(null);
  const [told, setTold] = useState('');
  const rows = useMemo(() => (all === null ? null : [...listed(all, running)]), [all, running]);
  if (rows === null || all === null) {
    if (failure !== null) return <ErrorState error={failure} onRetry={read} />;
    return <Loading label="Reading algorithms …" />;
  }
  const chosen = focused === null ? undefined : all.get(focused);
  const count = [...all.values()].filter((view) => !hasEnded(view)).length;

  async function act(name: 'pause' | 'resume' | 'stop', view: AlgorithmView): Promise<void> {
    setTold('');
    setStopping(null);
    try {
      tell(await workstation().call(`algorithms.${name}`, { id: view.id }));
    } catch (error) {
      setTold(`${algorithmText(view)}: ${toErrorPayload(error).message}`);
    }
  }

  function onCellKeyDown({ event, data }: CellKeyDownEvent<AlgorithmView>): void {
    if (!(event instanceof KeyboardEvent) || data === undefined) return;
    if (event.key === 'Delete' && canStop(data)) setStopping(data);
    else if (event.key === 'p' && canPause(data)) void act('pause', data);
    else if (event.key === 'p' && canResume(data)) void act('resume', data);
    else return;
    event.preventDefault();
  }

  return (
    <section className="panel algorithms" aria-label="Algorithms" data-testid="algorithms-panel">
      <div className="panel-bar">
        <div className="segments" role="group" aria-label="Which algorithms">
          <button
            type="button"
            aria-pressed={running}
            data-testid="algorithms-running"
            onClick={() => setRunning(true)}
          >
            Running {count}
          </button>
          <button
            type="button"
            aria-pressed={!running}
            data-testid="algorithms-all"
            onClick={() => setRunning(false)}
          >
            All {all.size}
          </button>
        </div>
        <button
          type="button"
          className="button"
          data-testid="algorithms-pause"
          disabled={chosen === undefined || !(canPause(chosen) || canResume(chosen))}
          onClick={() =>
            chosen !== undefined && void act(canResume(chosen) ? 'resume' : 'pause', chosen)
          }
        >
          {chosen !== undefined && canResume(chosen) ? (
            <>
              <Play size={12} aria-hidden /> Go on <kbd>P</kbd>
            </>
          ) : (
            <>
              <Pause size={12} aria-hidden /> Pause <kbd>P</kbd>
            </>
          )}
        </button>
        <button
          type="button"
          className="button"
          data-testid="algorithms-stop"
          disabled={chosen === undefined || !canStop(chosen)}
          onClick={() => chosen !== undefined && setStopping(chosen)}
        >
          <Square size={12} aria-hidden /> Stop <kbd>Del</kbd>
        </button>
        <span className="spacer" />
        {told === '' ? (
          <span className="muted clip algorithms-reason" title={chosen?.reason}>
            {chosen?.reason}
          </span>
        ) : (
          <span className="note wrong clip" role="alert" title={told} data-testid="algorithms-told">
            {told}
          </span>
        )}
      </div>
      <div className="area">
        {rows.length === 0 ? (
          <EmptyState
            title={running ? 'No algorithm is running' : 'No algorithms yet'}
            hint="Orders that are worked over time stand here: Algorithm in the ticket begins one, and so does renata algo start twap buy 1000 AAPL --over 30m."
          >
            <button type="button" className="button" onClick={() => openPanel('ticket')}>
              Open the ticket
            </button>
          </EmptyState>
        ) : (
          <div className="grid" data-testid="algorithms-grid">
            <AgGridReact<AlgorithmView>
              theme={GRID_THEME}
              rowData={rows}
              columnDefs={COLUMNS as ColDef<AlgorithmView>[]}
              defaultColDef={DEFAULT_COLUMN}
              getRowId={({ data }) => data.id}
              tooltipShowDelay={400}
              ensureDomOrder
              rowClassRules={{
                'row-chosen': ({ data }) => data?.id === focused,
                'row-ended': ({ data }) => data !== undefined && hasEnded(data),
              }}
              onCellFocused={({ rowIndex, api }: CellFocusedEvent<AlgorithmView>) => {
                const view = rowIndex === null ? undefined : api.getDisplayedRowAtIndex(rowIndex);
                if (view?.data !== undefined) setFocused(view.data.id);
              }}
              onCellKeyDown={onCellKeyDown}
            />
          </div>
        )}
      </div>
      {stopping === null ? null : (
        <Confirm
          title={`Stop ${algorithmText(stopping)}?`}
          text={`Its orders are cancelled. ${stopping.filled} of ${stopping.quantity} are filled and stay so; the rest is not sent.`}
          action="Stop the algorithm"
          onConfirm={() => void act('stop', stopping)}
          onClose={() => setStopping(null)}
        />
      )}
    </section>
  );
}

import { ShieldCheck } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ColDef, GridApi, IDatasource } from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { workstation } from '../../client/store.ts';
import { formatCount } from '../../components/format.ts';
import { GRID_THEME } from '../../components/grid.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { ranked } from '../../components/trading/fitting.ts';
import { useFitting } from '../../components/trading/use-fitting.ts';
import { findLast, pageFrom } from './audit-pages.ts';

type Line = CallOutput<'audit.list'>[number];
type Verdict = CallOutput<'audit.verify'>;

const PAGE = 200;
const COLUMNS: readonly ColDef<Line>[] = [
  {
    field: 'sequence',
    headerName: 'Entry',
    width: 72,
    type: 'rightAligned',
    valueFormatter: ({ value }) => (value === undefined ? '' : formatCount(value as number)),
  },
  {
    field: 'time',
    headerName: 'Time (UTC)',
    width: 178,
    valueFormatter: ({ value }) =>
      value === undefined
        ? ''
        : new Date(value as number).toISOString().slice(0, 23).replace('T', ' '),
  },
  { field: 'kind', headerName: 'Kind', width: 84 },
  {
    field: 'subject',
    headerName: 'Subject',
    width: 190,
    cellClass: 'mono',
    tooltipField: 'subject',
  },
  {
    field: 'body',
    headerName: 'What',
    flex: 1,
    minWidth: 120,
    cellClass: 'mono muted',
    tooltipField: 'body',
  },
  ranked(1, {
    field: 'hash',
    headerName: 'Hash',
    width: 92,
    cellClass: 'mono muted',
    valueFormatter: ({ value }) => (value === undefined ? '' : String(value).slice(0, 10)),
    tooltipField: 'hash',
  }),
];
const DEFAULT_COLUMN: ColDef<Line> = { sortable: false, resizable: true, suppressMovable: true };

/** Every entry of the journal, the newest first; its chain of hashes is checked on demand. */
export function AuditPanel() {
  const [last, setLast] = useState<number | null>(null);
  const [failure, setFailure] = useState<ErrorPayload | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [checking, setChecking] = useState(false);
  const api = useRef<GridApi<Line>>(undefined);
  const fit = useFitting(COLUMNS);

  const read = useCallback(async () => {
    try {
      setLast(
        await findLast(async (sequence) => {
          const lines = await workstation().call('audit.list', { from: sequence, limit: 1 });
          return lines.length > 0;
        }),
      );
      setFailure(null);
    } catch (error) {
      setFailure(toErrorPayload(error));
    }
  }, []);
  useEffect(() => void read(), [read]);

  const source = useMemo<IDatasource | null>(
    () =>
      last === null
        ? null
        : {
            getRows: ({ startRow, endRow, successCallback, failCallback }) => {
              const { from, limit } = pageFrom(last, startRow, endRow);
              workstation()
                .call('audit.list', { from, limit })
                .then((lines) => successCallback(lines.toReversed(), last))
                .catch(() => failCallback());
            },
          },
    [last],
  );

  async function verify(): Promise<void> {
    setChecking(true);
    try {
      setVerdict(await workstation().call('audit.verify', {}));
      await read();
    } catch (error) {
      setFailure(toErrorPayload(error));
    } finally {
      setChecking(false);
    }
  }

  if (failure !== null) return <ErrorState error={failure} onRetry={() => void read()} />;
  if (last === null || source === null) return <Loading label="Reading the journal …" />;
  return (
    <section className="panel" aria-label="Audit log" data-testid="audit-panel">
      <div className="panel-bar">
        <span className="muted">
          {formatCount(last)} {last === 1 ? 'entry' : 'entries'}
        </span>
        {verdict === null ? null : (
          <span
            className={verdict.fault === null ? 'up' : 'warning'}
            role="status"
            data-testid="audit-verdict"
          >
            {verdict.fault === null
              ? `✓ ${formatCount(verdict.entries)} entries, the chain is whole (${verdict.head.slice(0, 10)})`
              : `✕ Broken at entry ${formatCount(verdict.fault.sequence)}: ${verdict.fault.what}`}
          </span>
        )}
        <span className="spacer" />
        <button type="button" className="button" onClick={() => void read()}>
          Newest
        </button>
        <button
          type="button"
          className="button"
          data-testid="audit-verify"
          disabled={checking}
          onClick={() => void verify()}
        >
          <ShieldCheck size={12} aria-hidden /> {checking ? 'Checking …' : 'Check the chain'}
        </button>
      </div>
      <div className="area">
        {last === 0 ? (
          <EmptyState title="No entries yet" hint="What is ordered and decided is written here." />
        ) : (
          <div className="grid" data-testid="audit-grid">
            <AgGridReact<Line>
              theme={GRID_THEME}
              rowModelType="infinite"
              datasource={source}
              cacheBlockSize={PAGE}
              maxBlocksInCache={20}
              infiniteInitialRowCount={1}
              {...fit}
              // Known from the beginning, so that the last column does not lie under it.
              alwaysShowVerticalScroll
              defaultColDef={DEFAULT_COLUMN}
              getRowId={({ data }) => String(data.sequence)}
              tooltipShowDelay={400}
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

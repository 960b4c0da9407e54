import { Copy, Download, Eye, EyeOff, X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { Comparison } from '../../../engine/protocol/schemas.ts';
import {
  changeCompared,
  FEWEST_COMPARED,
  loadCompared,
  useCompared,
  withRun,
} from '../../client/compared.ts';
import { useWorkstation, workstation } from '../../client/store.ts';
import { copyText } from '../../components/clipboard.ts';
import { download } from '../../components/csv.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { CompareChart } from './compare-chart.tsx';
import { comparisonCsv, usableRuns, warningsOf } from './compare-model.ts';
import { ComparisonTable, RunMark } from './compare-tables.tsx';
import { RunChooser } from './run-chooser.tsx';
import './compare.css';

/** Runs side by side: their curves, what was asked differently of them, and their figures. */
export function ComparePanel() {
  const runs = useWorkstation((state) => state.runs);
  const { runIds, loaded } = useCompared();
  useEffect(() => void loadCompared(), []);
  const chosen = useMemo(() => usableRuns(runIds, runs ?? []), [runIds, runs]);
  if (runs === null || !loaded) return <Loading label="Reading runs …" />;
  return (
    <section className="panel compare" aria-label="Compare" data-testid="compare-panel">
      {runs.length < FEWEST_COMPARED ? (
        <EmptyState
          title="Two runs make a comparison"
          hint="Run backtests in the Backtest panel; choose them here or in the Report panel."
        />
      ) : (
        <Compared chosen={chosen} />
      )}
    </section>
  );
}

function Chooser({ chosen }: { chosen: readonly string[] }) {
  const runs = useWorkstation((state) => state.runs);
  return (
    <RunChooser
      runs={runs ?? []}
      chosen={chosen}
      onToggle={(id) => void changeCompared(() => ({ runIds: withRun(chosen, id) }))}
    />
  );
}

interface Result {
  readonly comparison: Comparison | null;
  readonly error: ErrorPayload | null;
}

/** The last comparison stays until the next one has come. */
function useComparison(chosen: readonly string[]): Result & { readonly retry: () => void } {
  const [result, setResult] = useState<Result>({ comparison: null, error: null });
  const [attempt, setAttempt] = useState(0);
  const key = chosen.join(' ');
  useEffect(() => {
    let current = true;
    const runIds = key.split(' ').filter(Boolean);
    if (runIds.length < FEWEST_COMPARED) {
      setResult({ comparison: null, error: null });
      return undefined;
    }
    workstation()
      .call('runs.compare', { runIds })
      .then((comparison) => current && setResult({ comparison, error: null }))
      .catch((thrown: unknown) => {
        if (current) setResult({ comparison: null, error: toErrorPayload(thrown) });
      });
    return () => {
      current = false;
    };
  }, [key, attempt]);
  return { ...result, retry: () => setAttempt(attempt + 1) };
}

function Compared({ chosen }: { chosen: readonly string[] }) {
  const { hidden, log } = useCompared();
  const { comparison, error, retry } = useComparison(chosen);
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const [told, setTold] = useState('');
  const [lit, setLit] = useState<string | null>(null);

  async function copy(): Promise<void> {
    if (comparison === null) return;
    const copied = await copyText(comparisonCsv(comparison));
    setTold(copied ? 'Copied.' : 'The clipboard cannot be written; use Save.');
  }

  return (
    <>
      <div className="toolbar">
        <Chooser chosen={chosen} />
        <button
          type="button"
          className="button"
          aria-pressed={log}
          data-testid="compare-log"
          onClick={() => void changeCompared(() => ({ log: !log }))}
        >
          Log
        </button>
        <button
          type="button"
          className="button"
          aria-pressed={onlyDifferent}
          data-testid="compare-only-different"
          onClick={() => setOnlyDifferent(!onlyDifferent)}
        >
          Only what differs
        </button>
        <span className="spacer" />
        <span className="muted clip" role="status">
          {told}
        </span>
        <button
          type="button"
          className="button"
          data-testid="compare-copy"
          disabled={comparison === null}
          onClick={() => void copy()}
        >
          <Copy size={13} aria-hidden /> Copy CSV
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label="Save as CSV"
          title="Save as CSV"
          disabled={comparison === null}
          onClick={() =>
            comparison !== null && download('comparison.csv', comparisonCsv(comparison))
          }
        >
          <Download size={13} aria-hidden />
        </button>
      </div>
      {error === null ? null : <ErrorState error={error} onRetry={retry} />}
      {chosen.length < FEWEST_COMPARED ? (
        <EmptyState
          title={chosen.length === 0 ? 'Choose two to eight runs' : 'Choose one more run'}
          hint="Runs opens the list. Their curves, statistics and differences stand side by side."
        />
      ) : error === null && comparison === null ? (
        <Loading label="Comparing runs …" />
      ) : null}
      {comparison === null ? null : (
        <>
          <RunLegend runs={comparison.runs} hidden={hidden} onLight={setLit} />
          {warningsOf(comparison).map((warning) => (
            <p key={warning} className="note warning">
              ! {warning}
            </p>
          ))}
          <div className="compare-body">
            <div className="compare-curves">
              <p className="chart-caption muted">
                Growth of the starting cash{log ? ', logarithmic' : ''}; below it the drawdown
              </p>
              <CompareChart runs={comparison.runs} hidden={hidden} log={log} lit={lit} />
            </div>
            <div className="compare-tables">
              <ComparisonTable comparison={comparison} onlyDifferent={onlyDifferent} />
            </div>
          </div>
        </>
      )}
    </>
  );
}

/** The runs by number and colour: a click hides a curve, ✕ takes the run out. */
function RunLegend({
  runs,
  hidden,
  onLight,
}: {
  readonly runs: Comparison['runs'];
  readonly hidden: readonly string[];
  /** A run under the mouse or the keyboard stands out. */
  readonly onLight: (id: string | null) => void;
}) {
  const toggled = (id: string): string[] =>
    hidden.includes(id) ? hidden.filter((each) => each !== id) : [...hidden, id];
  return (
    <ul className="run-legend" aria-label="Compared runs" data-testid="compare-legend">
      {runs.map(({ id, title, createdAt }, index) => {
        const off = hidden.includes(id);
        const made = new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ');
        return (
          <li
            key={id}
            className={off ? 'off' : ''}
            onMouseEnter={() => onLight(id)}
            onMouseLeave={() => onLight(null)}
            onFocus={() => onLight(id)}
            onBlur={() => onLight(null)}
          >
            <button
              type="button"
              className="run-name"
              aria-pressed={!off}
              title={`${title}, made ${made} UTC`}
              onClick={() => void changeCompared(() => ({ hidden: toggled(id) }))}
            >
              <RunMark index={index} />
              <span className="clip">{title}</span>
              {off ? <EyeOff size={12} aria-hidden /> : <Eye size={12} aria-hidden />}
            </button>
            <button
              type="button"
              className="run-out"
              aria-label={`Take out ${title}`}
              onClick={() => void changeCompared(({ runIds }) => ({ runIds: withRun(runIds, id) }))}
            >
              <X size={12} aria-hidden />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

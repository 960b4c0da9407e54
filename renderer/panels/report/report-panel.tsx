import { useState } from 'react';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { selectRun, useWorkstation } from '../../client/store.ts';
import { formatStatistic } from '../../components/format.ts';
import { runDetails, useRunLabel } from '../../components/run-label.ts';
import { EmptyState, Loading } from '../../components/states.tsx';
import { EquityChart } from './equity-chart.tsx';
import { RunActions } from './run-actions.tsx';
import './report.css';
import { RunNotes } from './run-notes.tsx';
import { TradesGrid } from './trades-grid.tsx';

const VIEWS = ['Equity', 'Trades', 'Statistics'] as const;
type View = (typeof VIEWS)[number];

/** Figures that are read first, in this order; a low panel shows as many as stand in one line. */
const HEADLINE = [
  'Return [%]',
  'Buy & Hold Return [%]',
  'CAGR [%]',
  'Sharpe Ratio',
  'Max. Drawdown [%]',
  '# Trades',
  'Win Rate [%]',
  'Profit Factor',
  'Sortino Ratio',
];
/** Figures whose sign is good or bad news. */
const SIGNED = new Set([
  'Return [%]',
  'CAGR [%]',
  'Return (Ann.) [%]',
  'Alpha [%]',
  'Best Trade [%]',
  'Worst Trade [%]',
  'Avg. Trade [%]',
  'Expectancy [%]',
]);

export function ReportPanel() {
  const runs = useWorkstation((state) => state.runs);
  const runId = useWorkstation((state) => state.runId);
  const run = useWorkstation((state) => state.run);
  const [view, setView] = useState<View>('Equity');
  const [onlyDoubt, setOnlyDoubt] = useState(false);
  const label = useRunLabel();
  if (runs === null) return <Loading label="Reading runs …" />;
  if (runs.length === 0) {
    return (
      <EmptyState
        title="No backtest yet"
        hint="Run one in the Backtest panel; its figures, curve and trades appear here."
      />
    );
  }
  return (
    <section className="panel report" aria-label="Report" data-testid="report-panel">
      <div className="toolbar">
        <select
          aria-label="Run"
          title={run === null ? undefined : runDetails(run.summary)}
          data-testid="report-run"
          value={runId ?? ''}
          onChange={(event) => void selectRun(event.target.value)}
        >
          {runs.map((summary) => (
            <option key={summary.id} value={summary.id}>
              {label(summary)}
            </option>
          ))}
        </select>
        <div className="tabs" role="tablist" aria-label="Report views">
          {VIEWS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              className="tab"
              aria-selected={view === name}
              data-testid={`report-${name.toLowerCase()}`}
              onClick={() => setView(name)}
            >
              {name}
            </button>
          ))}
        </div>
        <span className="spacer" />
        {run === null ? null : <RunActions run={run} />}
      </div>
      {run === null ? (
        <Loading label="Reading the run …" />
      ) : (
        <div className="report-scroll">
          <Headline run={run} />
          <RunNotes
            key={run.summary.id}
            run={run}
            onShowDoubt={() => {
              setOnlyDoubt(true);
              setView('Trades');
            }}
          />
          <div className="report-body">
            {view === 'Equity' ? <EquityChart run={run} /> : null}
            {view === 'Trades' ? (
              <TradesGrid run={run} onlyDoubt={onlyDoubt} onOnlyDoubt={setOnlyDoubt} />
            ) : null}
            {view === 'Statistics' ? <Statistics run={run} /> : null}
          </div>
        </div>
      )}
    </section>
  );
}

function Headline({ run }: { run: Run }) {
  return (
    <dl className="headline" data-testid="report-headline">
      {HEADLINE.map((name) => {
        const statistic = run.summary.statistics.find((each) => each.name === name);
        if (statistic === undefined) return null;
        return (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={tone(name, statistic.value)}>
              {formatStatistic(statistic.value, statistic.unit)}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Statistics({ run }: { run: Run }) {
  const { summary } = run;
  return (
    <div className="statistics" data-testid="report-statistics-list">
      <dl>
        {summary.statistics.map(({ name, value, unit }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={tone(name, value)}>{formatStatistic(value, unit)}</dd>
          </div>
        ))}
      </dl>
      <p className="muted mono">
        data {summary.dataHash.slice(0, 16)} · orders {summary.orderHash.slice(0, 16)} ·{' '}
        {summary.barCount} bars · {summary.durationMs.toFixed(0)} ms
      </p>
    </div>
  );
}

function tone(name: string, value: number): string {
  if (!SIGNED.has(name) || !Number.isFinite(value) || value === 0) return '';
  return value > 0 ? 'up' : 'down';
}

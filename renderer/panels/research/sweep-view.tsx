import { Download } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { useWorkstation } from '../../client/store.ts';
import { formatCount, formatStatistic } from '../../components/format.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { Chosen } from './chosen.tsx';
import { backtestOf, openBacktest, valueOf, type Combination } from './combination.ts';
import { saveRows } from './export-rows.ts';
import { Findings } from './findings.tsx';
import { MapView } from './map-view.tsx';
import { atEdges } from './ranges.ts';
import { rowAt } from './rows-query.ts';
import { RowsGrid, type SweepDetail } from './rows-grid.tsx';
import { Slices } from './slices.tsx';
import { SweepHeadline } from './sweep-headline.tsx';
import { useAnswer } from './use-research.ts';
import type { ViewState } from './view-state.ts';

interface SweepViewProps {
  readonly item: ResearchItem;
  readonly version: number;
  readonly view: ViewState;
  readonly onView: (part: Partial<ViewState>) => void;
}

const NO_PARAMETERS: readonly Parameter[] = [];

/** A sweep while it runs and afterwards: map, slices, rows and what it says of its own best. */
export function SweepView({ item, version, view, onView }: SweepViewProps) {
  const answer = useAnswer(
    'research.get',
    { researchId: item.id, offset: 0, limit: 1 },
    `${version} ${item.state}`,
  );
  const detail = answer.data?.detail;
  if (answer.error !== null && detail === undefined) {
    return <ErrorState error={answer.error} onRetry={answer.retry} />;
  }
  if (detail === undefined) return <Loading label="Reading the results …" />;
  if (detail.kind !== 'sweep') return null;
  return <SweepResults item={item} detail={detail} version={version} view={view} onView={onView} />;
}

function SweepResults({
  item,
  detail,
  version,
  view,
  onView,
}: SweepViewProps & { readonly detail: SweepDetail }) {
  const strategies = useWorkstation((state) => state.strategies);
  const { request, dimensions, metrics } = detail;
  const known = (strategies?.find(({ id }) => id === request.strategy)?.parameters ??
    NO_PARAMETERS) as readonly Parameter[];
  const [picked, setPicked] = useState<Combination | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const sort = useRef<string | undefined>(undefined);
  useEffect(() => setPicked(null), [item.id]);

  const best = useMemo<Combination | null>(() => {
    if ((detail.page.columns[0]?.length ?? 0) === 0) return null;
    const row = rowAt(detail.page, 0);
    return { combination: row['combination'] as number, row };
  }, [detail.page]);
  const chosen = picked ?? best;
  const bestRow = useMemo(
    () =>
      detail.findings?.best ??
      (best === null
        ? null
        : {
            parameters: Object.fromEntries(
              dimensions.map((each) => [each.name, valueOf(each, best.row[each.column] as number)]),
            ),
            metrics: best.row,
          }),
    [detail.findings, dimensions, best],
  );
  const bestShown = bestRow === null ? null : onlyVaried(bestRow, dimensions);
  const edges = useMemo(
    () => (bestRow === null ? [] : atEdges(known, request.ranges, bestRow.parameters)),
    [known, request.ranges, bestRow],
  );

  const metric = useMemo(() => {
    const found = metrics.find(({ name }) => name === view.metric);
    const own = metrics.find(({ name }) => name === request.objective);
    const shown = view.metric === 'objective' ? own : (found ?? own);
    return shown === undefined
      ? { expression: request.objective, title: 'Objective', unit: 'ratio' }
      : { expression: shown.name, title: shown.title, unit: shown.unit };
  }, [metrics, view.metric, request.objective]);
  const format = useCallback((value: number) => formatStatistic(value, metric.unit), [metric.unit]);

  const refusal =
    typeof request.strategy === 'string'
      ? null
      : 'Conditions are run by the command line; save them as a strategy to run them here.';
  const open = useCallback(
    async (row: Readonly<Record<string, number>>): Promise<void> => {
      const varied = Object.fromEntries(
        dimensions.map((each) => [each.name, valueOf(each, row[each.column] as number)]),
      );
      const backtest = backtestOf(request, varied, known);
      const error = backtest === null ? null : await openBacktest(backtest);
      setFailure(error?.message ?? null);
    },
    [dimensions, request, known],
  );
  const choose = useCallback(
    (combination: Combination, andOpen: boolean): void => {
      setPicked(combination);
      if (andOpen) void open(combination.row);
    },
    [open],
  );

  // A slice knows only the number of a combination; its row is read to show its figures.
  const [wanted, setWanted] = useState<number | null>(null);
  const row = useAnswer(
    'research.get',
    wanted === null
      ? null
      : {
          researchId: item.id,
          offset: 0,
          limit: 1,
          sort: `if(combination == ${wanted}, 1, 0)`,
        },
    0,
  );
  useEffect(() => {
    const found = row.data?.detail;
    if (wanted === null || found?.kind !== 'sweep') return;
    const values = rowAt(found.page, 0);
    if (values['combination'] === wanted) setPicked({ combination: wanted, row: values });
    setWanted(null);
  }, [row.data, wanted]);

  const tabs = [
    ...(dimensions.length >= 2 ? [{ id: 'map', title: 'Map' } as const] : []),
    { id: 'slices', title: 'Slices' } as const,
    { id: 'rows', title: `Rows ${formatCount(item.rows)}` } as const,
    { id: 'findings', title: 'Findings' } as const,
  ];
  const tab = tabs.some(({ id }) => id === view.tab) ? view.tab : 'slices';
  const slices =
    chosen === null ? null : (
      <Slices
        researchId={item.id}
        dimensions={dimensions}
        chosen={chosen}
        metric={metric}
        format={format}
        version={version}
        onPick={setWanted}
      />
    );
  const side =
    chosen === null ? null : (
      <Chosen
        detail={detail}
        chosen={chosen}
        isBest={chosen.combination === best?.combination}
        refusal={refusal}
        onOpen={() => void open(chosen.row)}
      />
    );
  return (
    <>
      <SweepHeadline item={item} detail={detail} best={bestShown} edges={edges} version={version} />
      <div className="subbar">
        <div className="tabs" role="tablist" aria-label="Sweep views">
          {tabs.map(({ id, title }) => (
            <button
              key={id}
              type="button"
              role="tab"
              className="tab"
              aria-selected={tab === id}
              data-testid={`sweep-tab-${id}`}
              onClick={() => onView({ tab: id })}
            >
              {title}
            </button>
          ))}
        </div>
        <span className="spacer" />
        {tab === 'map' || tab === 'slices' ? (
          <select
            aria-label="Metric"
            data-testid="sweep-metric"
            value={metric.title === 'Objective' ? 'objective' : metric.expression}
            onChange={(event) => onView({ metric: event.target.value })}
          >
            {metrics.some(({ name }) => name === request.objective) ? null : (
              <option value="objective">Objective</option>
            )}
            {metrics.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        ) : null}
        <button
          type="button"
          className="button"
          data-testid="sweep-export"
          disabled={item.rows === 0}
          onClick={() =>
            void saveRows(item, detail, tab === 'rows' ? sort.current : undefined).then((error) =>
              setFailure(error?.message ?? null),
            )
          }
        >
          <Download size={13} aria-hidden /> CSV
        </button>
      </div>
      {failure === null ? null : (
        <p className="note wrong" role="alert">
          {failure}
        </p>
      )}
      <div className="research-body">
        {item.rows === 0 && tab !== 'findings' ? (
          <Waiting state={item.state} />
        ) : tab === 'map' ? (
          <MapView
            item={item}
            detail={detail}
            version={version}
            view={view}
            onView={onView}
            metric={metric}
            format={format}
            known={known}
            chosen={chosen}
            onChoose={choose}
          >
            {side}
            {slices}
          </MapView>
        ) : tab === 'slices' ? (
          <div className="slices-view">
            {side}
            {slices}
          </div>
        ) : tab === 'rows' ? (
          <RowsGrid
            item={item}
            detail={detail}
            version={version}
            onSort={(next) => {
              sort.current = next;
            }}
            onOpen={(values) =>
              choose({ combination: values['combination'] as number, row: values }, true)
            }
          />
        ) : detail.findings === null ? (
          <EmptyState
            title="Not finished yet"
            hint="Plateau, luck and overfitting are judged once all combinations are run."
          />
        ) : (
          <Findings
            item={item}
            findings={detail.findings}
            dimensions={dimensions}
            best={bestShown === null ? null : backtestOf(request, bestShown.parameters, known)}
          />
        )}
      </div>
    </>
  );
}

/** The fixed parameters are the same everywhere; the best is told by those that vary. */
function onlyVaried(
  row: {
    readonly parameters: Record<string, number | string | boolean>;
    readonly metrics: Record<string, number>;
  },
  dimensions: SweepDetail['dimensions'],
) {
  const parameters = Object.fromEntries(
    dimensions.map(({ name }) => [name, row.parameters[name] ?? '']),
  );
  return { parameters, metrics: row.metrics };
}

function Waiting({ state }: { readonly state: ResearchItem['state'] }) {
  if (state === 'running') return <Loading label="The first results are on their way …" />;
  return <EmptyState title="No results" hint="None was stored before the work ended." />;
}

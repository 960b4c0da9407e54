import { ArrowLeftRight } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import type { ResearchDimension, ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import type { Combination } from './combination.ts';
import { HeatMap } from './heat-map.tsx';
import {
  cellCondition,
  endOf,
  wholeGrid,
  type BinnedGrid,
  type Cell,
  type Fold,
  type MapGrid,
} from './map-model.ts';
import { codeText, valuesOf } from './ranges.ts';
import type { SweepDetail } from './rows-grid.tsx';
import { bestOf, rowAt } from './rows-query.ts';
import { useAnswer } from './use-research.ts';
import { axesKey, axesOf, withAxis, type ViewState } from './view-state.ts';

/** More values of one axis are not laid out before there are results for them. */
const MOST_PLANNED = 1_000;

interface MapViewProps {
  readonly item: ResearchItem;
  readonly detail: SweepDetail;
  readonly version: number;
  readonly view: ViewState;
  readonly onView: (part: Partial<ViewState>) => void;
  readonly metric: { readonly expression: string; readonly title: string };
  readonly format: (value: number) => string;
  readonly known: readonly Parameter[];
  readonly chosen: Combination | null;
  readonly onChoose: (combination: Combination, open: boolean) => void;
  /** Stands beside the map where there is room. */
  readonly children: ReactNode;
}

/** The heat map with the choice of its axes, and of what becomes of the other parameters. */
export function MapView(props: MapViewProps) {
  const { item, detail, version, view, onView, metric, format, known, chosen, onChoose } = props;
  const { dimensions, request } = detail;
  const axes = axesOf(dimensions, view.axes);
  const others = dimensions.filter(({ name }) => name !== axes?.x && name !== axes?.y);
  const answer = useAnswer(
    'sweeps.heatmap',
    axes === null
      ? null
      : { researchId: item.id, ...axes, metric: metric.expression, fold: view.fold },
    version,
  );

  const dimensionOf = useCallback(
    (name: string): ResearchDimension | undefined => dimensions.find((each) => each.name === name),
    [dimensions],
  );
  const grid = useMemo(() => {
    if (answer.data === null) return null;
    const planned = (name: string): readonly number[] | undefined => {
      const parameter = known.find((each) => each.name === name);
      const text = request.ranges[name];
      const dimension = dimensionOf(name);
      if (parameter === undefined || text === undefined || (dimension?.count ?? 0) > MOST_PLANNED) {
        return undefined;
      }
      const read = valuesOf(parameter, text);
      return 'error' in read ? undefined : read.values;
    };
    const textOf = (name: string, value: number): string => {
      const dimension = dimensionOf(name);
      return dimension === undefined ? String(value) : codeText(dimension, value);
    };
    return wholeGrid(answer.data, planned, textOf);
  }, [answer.data, known, request.ranges, dimensionOf]);

  // The best combination of a cell is the first row when all others are sorted below it.
  const [wanted, setWanted] = useState<{
    readonly condition: string;
    readonly open: boolean;
  } | null>(null);
  const row = useAnswer(
    'research.get',
    wanted === null
      ? null
      : {
          researchId: item.id,
          offset: 0,
          limit: 1,
          sort: bestOf(wanted.condition, metric.expression),
        },
    version,
  );
  const [box, setBox] = useState<CellBounds | null>(null);
  const [shared, setShared] = useState(false);
  useEffect(() => {
    const found = row.data?.detail;
    if (wanted === null || box === null || found?.kind !== 'sweep') return;
    const values = rowAt(found.page, 0);
    if (isWithin(values, box)) {
      onChoose({ combination: values['combination'] as number, row: values }, wanted.open);
    }
    setWanted(null);
  }, [row.data, wanted, box, onChoose]);

  if (axes === null) return null;
  const columnOf = (name: string): string => dimensionOf(name)?.column ?? name;
  function choose(cell: Cell, binned: BinnedGrid, open: boolean): void {
    if (grid === null || axes === null) return;
    setBox(boundsOf(grid, binned, cell, columnOf));
    setWanted({ condition: cellCondition(grid, binned, cell, columnOf), open });
  }
  const setAxis = (side: 'x' | 'y', name: string): void =>
    onView({
      axes: { ...view.axes, [axesKey(dimensions)]: withAxis(axes, side, name) },
    });
  const place = chosen === null ? null : placeOf(chosen, columnOf(axes.x), columnOf(axes.y));
  return (
    <div className="map-view">
      <div className="map-main">
        <div className="map-axes">
          <AxisSelect side="x" axes={axes} dimensions={dimensions} onAxis={setAxis} />
          <button
            type="button"
            className="icon-button"
            aria-label="Swap the axes"
            onClick={() => setAxis('x', axes.y)}
          >
            <ArrowLeftRight size={13} aria-hidden />
          </button>
          <AxisSelect side="y" axes={axes} dimensions={dimensions} onAxis={setAxis} />
          {others.length === 0 && !shared ? null : (
            <label className="inline">
              {others.length === 0 ? 'Cells' : others.map(({ name }) => name).join(', ')}
              <select
                value={view.fold}
                data-testid="map-fold"
                onChange={(event) => onView({ fold: event.target.value as Fold })}
              >
                <option value="best">at their best</option>
                <option value="median">by median</option>
                <option value="mean">by mean</option>
              </select>
            </label>
          )}
        </div>
        {answer.error !== null && grid === null ? (
          <ErrorState error={answer.error} onRetry={answer.retry} />
        ) : grid === null ? (
          <Loading label="Drawing the map …" />
        ) : (
          <HeatMap
            grid={grid}
            fold={view.fold}
            scattered={request.search.kind !== 'grid'}
            metric={metric.title}
            titles={axes}
            format={format}
            chosen={place}
            clipped={view.clipped}
            onClip={(clipped) => onView({ clipped })}
            onShared={setShared}
            onChoose={choose}
          />
        )}
      </div>
      <aside className="map-side">{props.children}</aside>
    </div>
  );
}

interface AxisSelectProps {
  readonly side: 'x' | 'y';
  readonly axes: { readonly x: string; readonly y: string };
  readonly dimensions: readonly ResearchDimension[];
  readonly onAxis: (side: 'x' | 'y', name: string) => void;
}

function AxisSelect({ side, axes, dimensions, onAxis }: AxisSelectProps) {
  return (
    <label className="inline">
      {side === 'x' ? 'Across' : 'Up'}
      <select
        value={axes[side]}
        data-testid={`map-${side}`}
        onChange={(event) => onAxis(side, event.target.value)}
      >
        {dimensions.map(({ name, count }) => (
          <option key={name} value={name}>
            {name} ({count})
          </option>
        ))}
      </select>
    </label>
  );
}

/** Least and largest value of a cell in the columns of its axes. */
type CellBounds = readonly {
  readonly column: string;
  readonly low: number;
  readonly high: number;
}[];

function boundsOf(
  grid: MapGrid,
  binned: BinnedGrid,
  cell: Cell,
  columnOf: (axis: string) => string,
): CellBounds {
  const bounds = (axis: 'x' | 'y', starts: readonly number[], at: number) => ({
    column: columnOf(grid[axis].name),
    low: grid[axis].values[starts[at] as number] as number,
    high: endOf(grid[axis], (starts[at + 1] as number) - 1),
  });
  return [bounds('x', binned.columnStarts, cell.column), bounds('y', binned.rowStarts, cell.row)];
}

function isWithin(row: Readonly<Record<string, number>>, bounds: CellBounds): boolean {
  return bounds.every(({ column, low, high }) => {
    const value = row[column] ?? Number.NaN;
    return value >= low && value <= high;
  });
}

function placeOf(
  { row }: Combination,
  x: string,
  y: string,
): { readonly x: number; readonly y: number } {
  return { x: row[x] ?? Number.NaN, y: row[y] ?? Number.NaN };
}

import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
} from 'react';
import { prepareCanvas, useSize } from '../../components/plot/canvas.ts';
import { useAppearance } from '../../components/theme.ts';
import { domainOf, shadesFor } from './colour-scale.ts';
import { drawMap, drawMarks, LEAST_CELL, placeMap } from './draw-map.ts';
import { Legend } from './legend.tsx';
import {
  bestCell,
  binGrid,
  binText,
  cellAt,
  cellOfValues,
  moveCursor,
  type BinnedGrid,
  type Cell,
  type Fold,
  type MapGrid,
} from './map-model.ts';

interface HeatMapProps {
  readonly grid: MapGrid;
  readonly fold: Fold;
  /** Whether a search left most combinations out. */
  readonly scattered: boolean;
  readonly metric: string;
  readonly titles: { readonly x: string; readonly y: string };
  readonly format: (value: number) => string;
  /** Values of the chosen combination on the axes. */
  readonly chosen: { readonly x: number; readonly y: number } | null;
  readonly clipped: boolean;
  readonly onClip: (clipped: boolean) => void;
  /** Values share cells, or do not any more. */
  readonly onShared: (shared: boolean) => void;
  /** A cell was chosen to look at; `open` also asks for its backtest. */
  readonly onChoose: (cell: Cell, grid: BinnedGrid, open: boolean) => void;
}

/** Results over two parameters: cells in colour, values at the pointer or the keyboard's cursor. */
export function HeatMap(props: HeatMapProps) {
  const { grid, fold, scattered, metric, titles, format } = props;
  const { chosen, clipped, onClip, onShared, onChoose } = props;
  const box = useRef<HTMLDivElement>(null);
  const cells = useRef<HTMLCanvasElement>(null);
  const marks = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const appearance = useAppearance();
  const [hovered, setHovered] = useState<Cell | null>(null);
  const [cursor, setCursor] = useState<Cell | null>(null);
  const [focused, setFocused] = useState(false);

  const binned = useMemo(() => {
    const room = placeMap(size ?? { width: 600, height: 400 }, 1, 1);
    return binGrid(grid, room.width / LEAST_CELL, room.height / LEAST_CELL, fold, scattered);
  }, [grid, size, fold, scattered]);
  const sharing = useMemo(() => binText(grid, binned, fold), [grid, binned, fold]);
  useEffect(() => onShared(sharing !== null), [sharing, onShared]);
  const columns = binned.x.values.length;
  const rows = binned.y.values.length;
  const place = useMemo(
    () => (size === null ? null : placeMap(size, columns, rows)),
    [size, columns, rows],
  );
  const domain = useMemo(() => domainOf(binned.values, clipped), [binned, clipped]);
  const best = useMemo(() => bestCell(binned), [binned]);
  const filled = useMemo(
    () => binned.values.reduce((sum, each) => sum + (Number.isNaN(each) ? 0 : 1), 0),
    [binned],
  );
  const chosenCell = useMemo(
    () => (chosen === null ? null : cellOfValues(grid, binned, chosen.x, chosen.y)),
    [grid, binned, chosen],
  );
  const within = (cell: Cell | null): Cell | null =>
    cell !== null && cell.column < columns && cell.row < rows ? cell : null;
  const shown = within(hovered ?? (focused ? cursor : null));

  useEffect(() => {
    if (size === null || place === null) return;
    const context = prepareCanvas(cells.current, size);
    if (context === null) return;
    const shades = shadesFor(appearance.theme);
    drawMap(context, { grid: binned, place, domain, shades, format, titles });
  }, [size, place, binned, domain, format, titles, appearance]);

  useEffect(() => {
    if (size === null || place === null) return;
    const context = prepareCanvas(marks.current, size);
    if (context !== null) drawMarks(context, place, { cursor: shown, chosen: chosenCell, best });
  }, [size, place, shown, chosenCell, best, appearance]);

  const cellUnder = (event: PointerEvent | MouseEvent): Cell | null => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds === undefined || place === null) return null;
    return cellAt(place, event.clientX - bounds.left, event.clientY - bounds.top);
  };

  function onKeyDown(event: KeyboardEvent): void {
    const from = within(cursor) ?? chosenCell ?? best ?? { column: 0, row: 0 };
    const moved = moveCursor(from, event.key, event.ctrlKey || event.metaKey, columns, rows);
    if (moved !== null) setCursor(moved);
    else if (event.key === 'b' && best !== null) setCursor(best);
    else if (event.key === 'Enter' || event.key === ' ') {
      setCursor(from);
      onChoose(from, binned, event.key === 'Enter');
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const readout = shown ?? chosenCell ?? best;
  const index = readout === null ? -1 : readout.row * columns + readout.column;
  const value = index < 0 ? Number.NaN : (binned.values[index] as number);
  const results = index < 0 ? 0 : (binned.counts[index] as number);
  return (
    <div className="map">
      {sharing === null ? null : (
        <p className="map-sharing muted" data-testid="map-sharing">
          {sharing}
        </p>
      )}
      <p className="map-readout" data-testid="map-readout">
        {readout === null ? (
          <span className="muted">The map fills as results come in.</span>
        ) : (
          <>
            <span>
              {titles.x} <strong>{binned.x.labels[readout.column]}</strong>
            </span>
            <span>
              {titles.y} <strong>{binned.y.labels[readout.row]}</strong>
            </span>
            <span>
              {metric} <strong>{Number.isNaN(value) ? 'no result' : format(value)}</strong>
            </span>
            {results > 1 ? (
              <span className="muted">
                {fold} of {results}
              </span>
            ) : null}
            <span className="spacer" />
            <span className="muted clip">
              {shown === null ? stillText(chosenCell, best) : 'Click or Enter opens it'}
            </span>
          </>
        )}
      </p>
      <div
        ref={box}
        className="map-cells"
        role="slider"
        aria-roledescription="heat map"
        aria-valuemin={0}
        aria-valuemax={columns * rows - 1}
        aria-valuenow={Math.max(0, index)}
        aria-valuetext={
          readout === null
            ? 'no results yet'
            : `${titles.x} ${binned.x.labels[readout.column] ?? ''}, ${titles.y} ${binned.y.labels[readout.row] ?? ''}: ${Number.isNaN(value) ? 'no result' : format(value)}`
        }
        aria-label={`${metric} over ${titles.x} and ${titles.y}. Arrows move, b goes to the best, Space chooses, Enter opens the backtest.`}
        aria-keyshortcuts="b Space Enter"
        tabIndex={0}
        data-testid="heat-map"
        data-columns={columns}
        data-rows={rows}
        data-filled={filled}
        onPointerMove={(event) => setHovered(cellUnder(event))}
        onPointerLeave={() => setHovered(null)}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const cell = cellUnder(event);
          if (cell === null) return;
          setCursor(cell);
          onChoose(cell, binned, true);
        }}
      >
        <canvas ref={cells} aria-hidden />
        <canvas ref={marks} aria-hidden />
      </div>
      {domain === null ? null : (
        <Legend
          domain={domain}
          title={metric}
          format={format}
          marked={Number.isNaN(value) ? null : value}
          clipped={clipped}
          onClip={onClip}
        />
      )}
    </div>
  );
}

/** What is read out while nothing is pointed at. */
function stillText(chosen: Cell | null, best: Cell | null): string {
  if (chosen === null) return '★ best';
  return chosen.column === best?.column && chosen.row === best.row ? '★ best, chosen' : 'chosen';
}

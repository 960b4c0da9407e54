import type { Heatmap } from '../../../engine/protocol/research-schemas.ts';

/** Everything of the heat map that needs no screen: its axes, bins, places and cursor. */

export type Fold = 'best' | 'median' | 'mean';

export interface MapAxis {
  readonly name: string;
  /** Ascending. */
  readonly values: readonly number[];
  readonly labels: readonly string[];
  /** Last value of each place, where neighbouring values share one; then `values` has the first ones. */
  readonly ends?: readonly number[];
}

/** Row by row from the smallest y; NaN where there is no result. */
export interface MapGrid {
  readonly x: MapAxis;
  readonly y: MapAxis;
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

export interface Cell {
  readonly column: number;
  readonly row: number;
}

/**
 * The grid with all values that were asked for, so that a map does not move while it fills.
 * @param planned values of an axis by its name; what is missing or too long leaves the axis as it is
 */
export function wholeGrid(
  map: Heatmap,
  planned: (axis: string) => readonly number[] | undefined,
  textOf: (axis: string, value: number) => string,
): MapGrid {
  const x = wholeAxis(map.x, planned(map.x.name), textOf);
  const y = wholeAxis(map.y, planned(map.y.name), textOf);
  const columns = x.values.length;
  const values = new Float64Array(columns * y.values.length).fill(Number.NaN);
  const counts = new Float64Array(values.length);
  const columnOf = placesIn(x.values, map.x.values);
  const rowOf = placesIn(y.values, map.y.values);
  const given = map.x.values.length;
  for (let row = 0; row < map.y.values.length; row += 1) {
    for (let column = 0; column < given; column += 1) {
      const to = (rowOf[row] as number) * columns + (columnOf[column] as number);
      values[to] = map.values[row * given + column] as number;
      counts[to] = map.counts[row * given + column] as number;
    }
  }
  return { x, y, values, counts };
}

function wholeAxis(
  axis: Heatmap['x'],
  planned: readonly number[] | undefined,
  textOf: (axis: string, value: number) => string,
): MapAxis {
  const { name, ends } = axis;
  // Places that several values share are as they came: what was planned has no place of its own.
  if (ends !== undefined) {
    return { name, values: [...axis.values], labels: [...axis.labels], ends: [...ends] };
  }
  const labels = new Map(Array.from(axis.values, (value, k) => [value, axis.labels[k]]));
  const values = [...new Set([...(planned ?? []), ...axis.values])].toSorted((a, b) => a - b);
  return {
    name,
    values,
    labels: values.map((value) => labels.get(value) ?? textOf(axis.name, value)),
  };
}

function placesIn(all: readonly number[], some: ArrayLike<number>): number[] {
  const places = new Map(all.map((value, place) => [value, place]));
  return Array.from(some, (value) => places.get(value) as number);
}

/** Last value of a place of an axis. */
export function endOf({ values, ends }: MapAxis, place: number): number {
  return (ends ?? values)[place] as number;
}

/** A grid whose neighbouring values share a cell, because there are more than can be seen. */
export interface BinnedGrid extends MapGrid {
  /** First value of each bin, and the number of values as a last entry. */
  readonly columnStarts: readonly number[];
  readonly rowStarts: readonly number[];
}

/** Of sparse results, so many cells of the picture are to be filled. */
const FILLED = 0.6;

/**
 * Brings a grid down to at most so many columns and rows. What falls into one cell is folded as the other
 * parameters are: the best, the mean over all results, or the median of the cells.
 * @param scattered whether the results lie here and there and not side by side
 */
export function binGrid(
  grid: MapGrid,
  mostColumns: number,
  mostRows: number,
  fold: Fold,
  scattered: boolean,
): BinnedGrid {
  const columns = grid.x.values.length;
  const rows = grid.y.values.length;
  let filled = 0;
  for (const value of grid.values) if (!Number.isNaN(value)) filled += 1;
  // A random search leaves most cells empty; only wider ones make a picture of it.
  const sparse =
    scattered && columns * rows > 400 && filled > 0 && filled < 0.3 * columns * rows
      ? Math.sqrt(filled / FILLED / (columns * rows))
      : 1;
  const wanted = (count: number, most: number): number =>
    Math.max(1, Math.min(count, Math.floor(most), Math.max(4, Math.round(count * sparse))));
  const columnStarts = startsOf(columns, wanted(columns, mostColumns));
  const rowStarts = startsOf(rows, wanted(rows, mostRows));
  const width = columnStarts.length - 1;
  const height = rowStarts.length - 1;
  const values = new Float64Array(width * height);
  const counts = new Float64Array(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const { value, count } = foldCells(
        grid,
        columnStarts[column] as number,
        columnStarts[column + 1] as number,
        rowStarts[row] as number,
        rowStarts[row + 1] as number,
        fold,
      );
      values[row * width + column] = value;
      counts[row * width + column] = count;
    }
  }
  return {
    x: binAxis(grid.x, columnStarts),
    y: binAxis(grid.y, rowStarts),
    values,
    counts,
    columnStarts,
    rowStarts,
  };
}

function startsOf(count: number, bins: number): number[] {
  return Array.from({ length: bins + 1 }, (_, k) => Math.floor((k * count) / bins));
}

function binAxis(axis: MapAxis, starts: readonly number[]): MapAxis {
  const bins = starts.slice(0, -1);
  const lastOf = (k: number): number => (starts[k + 1] as number) - 1;
  const whole = axis.ends === undefined && bins.length === axis.values.length;
  return {
    name: axis.name,
    values: bins.map((start) => axis.values[start] as number),
    labels: bins.map((start, k) => {
      if (lastOf(k) === start) return axis.labels[start] as string;
      const [from] = rangeOf(axis.labels[start] as string);
      const [, to] = rangeOf(axis.labels[lastOf(k)] as string);
      return `${from} to ${to}`;
    }),
    ...(whole ? {} : { ends: bins.map((_, k) => endOf(axis, lastOf(k))) }),
  };
}

/** First and last value of a label: `2 to 5`, or one value alone. */
function rangeOf(label: string): readonly [from: string, to: string] {
  const [from = label, to = from] = label.split(' to ');
  return [from, to];
}

/** Says that values share cells, and what such a cell shows; null where each has a cell of its own. */
export function binText(grid: MapGrid, binned: MapGrid, fold: Fold): string | null {
  const parts = [binned.x, binned.y].flatMap(({ name, ends, values }) =>
    ends === undefined ? [] : [`${name} in ${rangesText(values.length)}`],
  );
  if (parts.length === 0) return null;
  // What came folded cannot be taken apart again.
  const twice =
    fold === 'median' &&
    binned.values.length < grid.values.length &&
    grid.counts.some((count) => count > 1);
  const shown = twice ? 'median of the medians' : fold;
  return `Values share cells: ${parts.join(', ')}. A cell shows the ${shown} of its combinations.`;
}

function rangesText(count: number): string {
  return count === 1 ? 'one range' : `${count.toLocaleString('en-US')} ranges`;
}

function foldCells(
  grid: MapGrid,
  fromColumn: number,
  toColumn: number,
  fromRow: number,
  toRow: number,
  fold: Fold,
): { readonly value: number; readonly count: number } {
  const columns = grid.x.values.length;
  const found: number[] = [];
  let weighted = 0;
  let count = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let row = fromRow; row < toRow; row += 1) {
    for (let column = fromColumn; column < toColumn; column += 1) {
      const value = grid.values[row * columns + column] as number;
      const results = grid.counts[row * columns + column] as number;
      if (Number.isNaN(value)) continue;
      found.push(value);
      weighted += value * results;
      count += results;
      if (value > best) best = value;
    }
  }
  if (found.length === 0) return { value: Number.NaN, count: 0 };
  if (found.length === 1) return { value: best, count };
  if (fold === 'best') return { value: best, count };
  if (fold === 'mean') return { value: weighted / count, count };
  const sorted = found.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const value =
    sorted.length % 2 === 1
      ? (sorted[middle] as number)
      : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
  return { value, count };
}

/** Where the cells lie on the screen, in CSS pixels. */
export interface MapPlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
}

/** Left edge of a column, on a whole pixel so that neighbours touch. */
export function columnEdge({ left, width, columns }: MapPlace, column: number): number {
  return Math.round(left + (column * width) / columns);
}

/** Upper edge of a row counted from below: the smallest value stands at the bottom. */
export function rowEdge({ top, height, rows }: MapPlace, row: number): number {
  return Math.round(top + height - ((row + 1) * height) / rows);
}

/** The cell under a point; null beside the map. */
export function cellAt(place: MapPlace, x: number, y: number): Cell | null {
  const column = Math.floor(((x - place.left) / place.width) * place.columns);
  const row = Math.floor(((place.top + place.height - y) / place.height) * place.rows);
  const inside = column >= 0 && column < place.columns && row >= 0 && row < place.rows;
  return inside ? { column, row } : null;
}

/** Where a key moves the cursor; null for a key that does not move it. */
export function moveCursor(
  { column, row }: Cell,
  key: string,
  far: boolean,
  columns: number,
  rows: number,
): Cell | null {
  const step = (at: number, by: number, count: number): number =>
    Math.min(count - 1, Math.max(0, at + by));
  const leap = (count: number): number => (far ? Math.max(2, Math.ceil(count / 10)) : 1);
  switch (key) {
    case 'ArrowLeft':
      return { column: step(column, -leap(columns), columns), row };
    case 'ArrowRight':
      return { column: step(column, leap(columns), columns), row };
    case 'ArrowUp':
      return { column, row: step(row, leap(rows), rows) };
    case 'ArrowDown':
      return { column, row: step(row, -leap(rows), rows) };
    case 'Home':
      return { column: 0, row: far ? rows - 1 : row };
    case 'End':
      return { column: columns - 1, row: far ? 0 : row };
    case 'PageUp':
      return { column, row: rows - 1 };
    case 'PageDown':
      return { column, row: 0 };
    default:
      return null;
  }
}

/** The cell with the largest value; null when there is none. */
export function bestCell(grid: MapGrid): Cell | null {
  let best = -1;
  for (const [k, value] of grid.values.entries()) {
    if (Number.isNaN(value)) continue;
    if (best < 0 || value > (grid.values[best] as number)) best = k;
  }
  if (best < 0) return null;
  const columns = grid.x.values.length;
  return { column: best % columns, row: Math.floor(best / columns) };
}

/** The cell of a binned grid that holds these values; null when they are on no axis. */
export function cellOfValues(grid: MapGrid, binned: BinnedGrid, x: number, y: number): Cell | null {
  const column = binOf(binned.columnStarts, placeOf(grid.x, x));
  const row = binOf(binned.rowStarts, placeOf(grid.y, y));
  return column < 0 || row < 0 ? null : { column, row };
}

/** Place of the axis that a value lies at; -1 for none. */
function placeOf(axis: MapAxis, value: number): number {
  if (axis.ends === undefined) return axis.values.indexOf(value);
  return axis.values.findIndex((first, place) => value >= first && value <= endOf(axis, place));
}

function binOf(starts: readonly number[], place: number): number {
  if (place < 0) return -1;
  return starts.findIndex((start, k) => place >= start && place < (starts[k + 1] ?? 0));
}

/** Labels that fit: every k-th for a round k, beginning where the values are round. */
export function shownLabels(axis: MapAxis, pixelsEach: number, pixelsWanted: number): number[] {
  const count = axis.values.length;
  const needed = pixelsWanted / pixelsEach;
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((k) => k >= needed) ?? 1_000;
  const unit = every * Math.abs((axis.values[1] ?? 1) - (axis.values[0] ?? 0));
  const round = axis.values
    .slice(0, every)
    .findIndex((value) => Math.abs(value / unit - Math.round(value / unit)) < 1e-9);
  const offset = Math.max(0, round);
  const shown: number[] = [];
  for (let k = offset; k < count; k += every) shown.push(k);
  return shown;
}

/** The values of a bin as a condition over the columns of the results. */
export function cellCondition(
  grid: MapGrid,
  binned: BinnedGrid,
  cell: Cell,
  columnOf: (axis: string) => string,
): string {
  const part = (axis: MapAxis, starts: readonly number[], at: number): string => {
    const name = columnOf(axis.name);
    const low = axis.values[starts[at] as number] as number;
    const high = endOf(axis, (starts[at + 1] as number) - 1);
    return low === high ? `${name} == ${low}` : `${name} >= ${low} and ${name} <= ${high}`;
  };
  return `${part(grid.x, binned.columnStarts, cell.column)} and ${part(grid.y, binned.rowStarts, cell.row)}`;
}

import { canvasFont } from '../../components/plot/canvas.ts';
import { token } from '../../components/theme.ts';
import { shadeOf, shadeText, takesBlack, type Domain } from './colour-scale.ts';
import {
  columnEdge,
  rowEdge,
  shownLabels,
  type BinnedGrid,
  type Cell,
  type MapPlace,
} from './map-model.ts';

/** Room around the cells for the labels of the axes. */
const LEFT = 46;
const BOTTOM = 32;
const TOP = 4;
const RIGHT = 10;
/** Smallest cell that can be told apart and hit, in CSS pixels. */
export const LEAST_CELL = 4;
/** Cells of at least this size show their value. */
const TEXT_WIDTH = 42;
const TEXT_HEIGHT = 15;

/** Where the cells of a map of some size lie. */
export function placeMap(
  size: { readonly width: number; readonly height: number },
  columns: number,
  rows: number,
): MapPlace {
  return {
    left: LEFT,
    top: TOP,
    width: Math.max(1, size.width - LEFT - RIGHT),
    height: Math.max(1, size.height - TOP - BOTTOM),
    columns,
    rows,
  };
}

export interface MapPicture {
  readonly grid: BinnedGrid;
  readonly place: MapPlace;
  readonly domain: Domain | null;
  readonly shades: Uint8ClampedArray;
  readonly format: (value: number) => string;
  readonly titles: { readonly x: string; readonly y: string };
}

/** Draws the cells and the axes. */
export function drawMap(context: CanvasRenderingContext2D, picture: MapPicture): void {
  drawCells(context, picture);
  drawAxes(context, picture);
}

function drawCells(
  context: CanvasRenderingContext2D,
  { grid, place, domain, shades, format }: MapPicture,
): void {
  const { left, top, width, height, columns, rows } = place;
  // Places without a result are hatched: they are not low, they are not there.
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = token('background');
  context.fillRect(left, top, width, height);
  context.strokeStyle = token('line');
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - height; x < left + width; x += 7) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
  if (domain === null) return;
  const cellWidth = width / columns;
  const cellHeight = height / rows;
  const gap = cellWidth > 12 && cellHeight > 12 ? 1 : 0;
  const text = cellWidth >= TEXT_WIDTH && cellHeight >= TEXT_HEIGHT;
  context.font = canvasFont(11);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let row = 0; row < rows; row += 1) {
    const y = rowEdge(place, row);
    const below = row === 0 ? Math.round(top + height) : rowEdge(place, row - 1);
    for (let column = 0; column < columns; column += 1) {
      const value = grid.values[row * columns + column] as number;
      const shade = shadeOf(value, domain);
      if (shade < 0) continue;
      const x = columnEdge(place, column);
      const right = columnEdge(place, column + 1);
      context.fillStyle = shadeText(shades, shade);
      context.fillRect(x, y, right - x - gap, below - y - gap);
      if (!text) continue;
      context.fillStyle = takesBlack(shades, shade) ? '#000' : '#fff';
      context.fillText(format(value), (x + right - gap) / 2, (y + below) / 2);
    }
  }
}

function drawAxes(context: CanvasRenderingContext2D, { grid, place, titles }: MapPicture): void {
  const { left, top, width, height, columns, rows } = place;
  context.font = canvasFont(10);
  context.fillStyle = token('muted');
  context.strokeStyle = token('line');
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  const widest = Math.max(...grid.x.labels.map((label) => label.length), 1) * 6 + 10;
  for (const column of shownLabels(grid.x, width / columns, widest)) {
    const x = (columnEdge(place, column) + columnEdge(place, column + 1)) / 2;
    context.fillText(short(grid.x.labels[column] ?? ''), x, top + height + 12);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const row of shownLabels(grid.y, height / rows, 16)) {
    const below = row === 0 ? top + height : rowEdge(place, row - 1);
    context.fillText(short(grid.y.labels[row] ?? ''), left - 5, (rowEdge(place, row) + below) / 2);
  }
  context.fillStyle = token('text');
  context.font = canvasFont(11);
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillText(titles.x, left + width / 2, top + height + 26);
  context.save();
  context.translate(10, top + height / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(titles.y, 0, 0);
  context.restore();
}

/** The first value of a bin is enough on an axis. */
function short(label: string): string {
  const first = label.split(' to ')[0] ?? label;
  return first.length > 8 ? `${first.slice(0, 7)}…` : first;
}

/** Draws what moves: the cursor with its cross, the chosen cell and the best one. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  place: MapPlace,
  marks: { readonly cursor: Cell | null; readonly chosen: Cell | null; readonly best: Cell | null },
): void {
  const box = ({ column, row }: Cell): readonly [number, number, number, number] => {
    const x = columnEdge(place, column);
    const y = rowEdge(place, row);
    const below = row === 0 ? Math.round(place.top + place.height) : rowEdge(place, row - 1);
    return [x, y, columnEdge(place, column + 1) - x, below - y];
  };
  const frame = (cell: Cell, colour: string, width: number): void => {
    const [x, y, w, h] = box(cell);
    context.lineWidth = width + 2;
    context.strokeStyle = token('panel');
    context.strokeRect(x - 1, y - 1, w + 2, h + 2);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.strokeRect(x - 1, y - 1, w + 2, h + 2);
  };
  const { cursor, chosen, best } = marks;
  if (cursor !== null) {
    const [x, y, w, h] = box(cursor);
    context.fillStyle = token('text');
    context.globalAlpha = 0.14;
    context.fillRect(place.left, y, place.width, h);
    context.fillRect(x, place.top, w, place.height);
    context.globalAlpha = 1;
  }
  if (chosen !== null) frame(chosen, token('accent'), 2);
  if (cursor !== null) frame(cursor, token('text'), 1);
  if (best !== null) {
    const [x, y, w, h] = box(best);
    // Beside the value where there is one.
    const text = w >= TEXT_WIDTH && h >= TEXT_HEIGHT;
    const radius = text ? 4 : Math.min(7, Math.max(4, Math.min(w, h) / 2.4));
    star(context, text ? x + 6 : x + w / 2, text ? y + 6 : y + h / 2, radius);
  }
}

/** A star with an edge, so that it is seen on every colour. */
function star(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  for (let k = 0; k < 10; k += 1) {
    const angle = (k * Math.PI) / 5 - Math.PI / 2;
    const reach = k % 2 === 0 ? radius : radius * 0.45;
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  context.closePath();
  context.lineWidth = 2.5;
  context.strokeStyle = '#000';
  context.stroke();
  context.fillStyle = '#fff';
  context.fill();
}

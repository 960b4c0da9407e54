import { RenataError } from '../../../engine/domain/errors.ts';
import type {
  FOLDS,
  Heatmap,
  ResearchDimension,
  SweepSlice,
} from '../../../engine/protocol/research-schemas.ts';
import type { RowChunk } from '../../../engine/protocol/research-tasks.ts';
import { quantileOf, sorted } from '../../../engine/stats/shape.ts';
import { BestRows, Objective } from '../../../engine/sweep/table.ts';
import type { Store } from '../../storage/store-client.ts';
import { suggestion } from '../nearest-name.ts';
import { eachPart } from './rows.ts';

/** Results of one sweep, as they are looked at. */
export interface SweepResults {
  readonly store: Store;
  readonly id: string;
  readonly names: readonly string[];
  readonly dimensions: readonly ResearchDimension[];
}

/** Cells of a map, at most. */
const MOST_CELLS = 250_000;

/** Calls back with every row and its score. */
async function eachRow(
  { store, id, names }: SweepResults,
  metric: string,
  use: (row: Float64Array, score: number) => void,
): Promise<void> {
  const objective = new Objective(metric, names);
  const row = new Float64Array(names.length);
  await eachPart(store, id, ({ chunk }) => {
    for (let k = 0; k < chunk.rows; k += 1) {
      for (let c = 0; c < row.length; c += 1) row[c] = chunk.columns[c]?.[k] as number;
      const score = objective.ofRow(row);
      use(row, score === -Infinity ? Number.NaN : score);
    }
  });
}

/** The best rows by a metric, from `offset` on. @throws RenataError BAD_INPUT for a metric that is none */
export async function pageOf(
  results: SweepResults,
  sort: string,
  offset: number,
  limit: number,
): Promise<RowChunk> {
  const { names } = results;
  const wanted = offset + limit;
  // Two halves, each of whole blocks with room for twice what is wanted.
  const bytes = 4 * Math.max(1_024, wanted + 1_024) * names.length * Float64Array.BYTES_PER_ELEMENT;
  const best = new BestRows(names, bytes, new Objective(sort, names));
  if (wanted > 0) await eachRow(results, sort, (row) => best.add(row));
  const { columns, rows } = best.best(wanted);
  return {
    names,
    rows: Math.max(0, rows - offset),
    columns: columns.map((column) => column.slice(offset)),
  };
}

export async function heatmapOf(
  results: SweepResults,
  asked: {
    readonly x: string;
    readonly y: string;
    readonly metric: string;
    readonly fold: (typeof FOLDS)[number];
  },
): Promise<Heatmap> {
  const [x, y] = [placeOf(results, asked.x, 'x'), placeOf(results, asked.y, 'y')];
  if (x === y) throw wrong('y', 'must be another parameter than x.');
  const cells = new Map<number, Map<number, number[]>>();
  await eachRow(results, asked.metric, (row, score) => {
    const [column, line] = [row[1 + x] as number, row[1 + y] as number];
    const found = cells.get(line) ?? new Map<number, number[]>();
    cells.set(line, found);
    const scores = found.get(column);
    if (scores === undefined) found.set(column, [score]);
    else scores.push(score);
  });
  const lines = Float64Array.from(cells.keys()).toSorted();
  const columns = Float64Array.from(
    new Set([...cells.values()].flatMap((line) => [...line.keys()])),
  ).toSorted();
  const size = lines.length * columns.length;
  if (size > MOST_CELLS) {
    throw new RenataError(
      'TOO_LARGE',
      `A map of ${columns.length} by ${lines.length} values has too many cells; look at a part of the range.`,
    );
  }
  const values = new Float64Array(size).fill(Number.NaN);
  const counts = new Float64Array(size);
  for (const [j, line] of lines.entries()) {
    for (const [i, column] of columns.entries()) {
      const scores = (cells.get(line)?.get(column) ?? []).filter((score) => !Number.isNaN(score));
      const cell = j * columns.length + i;
      counts[cell] = scores.length;
      values[cell] = folded(scores, asked.fold);
    }
  }
  return { x: axisOf(results, x, columns), y: axisOf(results, y, lines), values, counts };
}

function folded(scores: readonly number[], fold: (typeof FOLDS)[number]): number {
  if (scores.length === 0) return Number.NaN;
  switch (fold) {
    case 'best':
      return scores.reduce((most, score) => Math.max(most, score), -Infinity);
    case 'mean':
      return scores.reduce((sum, score) => sum + score, 0) / scores.length;
    case 'median':
      return quantileOf(sorted(Float64Array.from(scores)), 0.5);
  }
}

/** Scores along one parameter with all others as in a combination. @throws RenataError NOT_FOUND */
export async function sliceOf(
  results: SweepResults,
  asked: { readonly combination: number; readonly parameter: string; readonly metric: string },
): Promise<SweepSlice> {
  const along = placeOf(results, asked.parameter, 'parameter');
  const width = 1 + results.dimensions.length;
  let centre: Float64Array | undefined;
  await eachRow(results, asked.metric, (row) => {
    if (row[0] === asked.combination) centre = row.slice(0, width);
  });
  if (centre === undefined) {
    throw new RenataError('NOT_FOUND', `There is no combination ${asked.combination} so far.`, {
      details: { parameter: 'combination' },
    });
  }
  const points: { value: number; score: number; combination: number }[] = [];
  const own = centre;
  await eachRow(results, asked.metric, (row, score) => {
    for (let d = 0; d < results.dimensions.length; d += 1) {
      if (d !== along && row[1 + d] !== own[1 + d]) return;
    }
    points.push({ value: row[1 + along] as number, score, combination: row[0] as number });
  });
  const order = points.toSorted((a, b) => a.value - b.value);
  return {
    axis: axisOf(
      results,
      along,
      Float64Array.from(order, ({ value }) => value),
    ),
    scores: Float64Array.from(order, ({ score }) => score),
    combinations: Float64Array.from(order, ({ combination }) => combination),
  };
}

function placeOf({ dimensions }: SweepResults, name: string, parameter: string): number {
  const place = dimensions.findIndex((dimension) => dimension.name === name);
  if (place >= 0) return place;
  const known = dimensions.map((dimension) => dimension.name);
  throw wrong(
    parameter,
    `"${name}" is not varied; there are ${known.join(', ')}.${suggestion(name, known)}`,
  );
}

function axisOf({ dimensions }: SweepResults, place: number, values: Float64Array) {
  const { name, kind, choices } = dimensions[place] as ResearchDimension;
  const labels = Array.from(values, (value) => {
    if (kind === 'choice') return choices[value] as string;
    return kind === 'boolean' ? String(value === 1) : String(value);
  });
  return { name, values, labels };
}

function wrong(parameter: string, rule: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${rule}`, { details: { parameter } });
}

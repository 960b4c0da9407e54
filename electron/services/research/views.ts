import { RenataError } from '../../../engine/domain/errors.ts';
import type { ResearchDimension, SweepSlice } from '../../../engine/protocol/research-schemas.ts';
import type { RowChunk } from '../../../engine/protocol/research-tasks.ts';
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

/** Calls back with every row and its score. */
export async function eachRow(
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

export function placeOf({ dimensions }: SweepResults, name: string, parameter: string): number {
  const place = dimensions.findIndex((dimension) => dimension.name === name);
  if (place >= 0) return place;
  const known = dimensions.map((dimension) => dimension.name);
  throw wrong(
    parameter,
    `"${name}" is not varied; there are ${known.join(', ')}.${suggestion(name, known)}`,
  );
}

export function axisOf(
  { dimensions }: Pick<SweepResults, 'dimensions'>,
  place: number,
  values: Float64Array,
) {
  const { name, kind, choices } = dimensions[place] as ResearchDimension;
  const labels = Array.from(values, (value) => {
    if (kind === 'choice') return choices[value] as string;
    return kind === 'boolean' ? String(value === 1) : String(value);
  });
  return { name, values, labels };
}

export function wrong(parameter: string, rule: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${rule}`, { details: { parameter } });
}

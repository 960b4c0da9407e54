import { comparedOf, looksForPlateau } from '../../../engine/sweep/estimate.ts';
import { METRIC_NAMES } from '../../../engine/sweep/metrics.ts';
import type { CombinationRow, SweepFindings } from '../../../engine/protocol/research-schemas.ts';
import type {
  RowChunk,
  SharpeFigures,
  SweepPlan,
  SweepSubject,
} from '../../../engine/protocol/research-tasks.ts';
import { Objective } from '../../../engine/sweep/table.ts';
import type { Store } from '../../storage/store-client.ts';
import type { ResearchContext } from './context.ts';
import { eachPart, parametersOf } from './rows.ts';

/** A row of results; its values are in the order of the columns. */
type Row = Float64Array;

/** What the rows say, before the ledger is asked. */
export interface SweepReview extends Pick<
  SweepFindings,
  'best' | 'plateau' | 'overfitting' | 'notes'
> {
  /** Of the best row; null when it never traded. */
  readonly sample: SharpeFigures | null;
  /** Mean correlation of the combinations that were compared. */
  readonly correlation: number;
}

/**
 * What the stored rows of a sweep are worth. They are read in the order of their places and a few are run
 * again on one thread: every figure depends on the rows and the objective alone, and not on the memory,
 * the threads or the slices of the sweep.
 */
export async function reviewSweep(
  { store, compute }: Pick<ResearchContext, 'store' | 'compute'>,
  sweep: { readonly id: string; readonly subject: SweepSubject; readonly objective: string },
  { names, dimensions, bars }: Pick<SweepPlan, 'names' | 'dimensions' | 'bars'>,
  signal: AbortSignal,
): Promise<SweepReview> {
  const { id, subject, objective } = sweep;
  const rows = { store, id, names, objective: new Objective(objective, names) };
  let count = 0;
  let best = -1;
  let most = -Infinity;
  await eachScore(rows, (_row, score, place) => {
    count += 1;
    // The first of the highest.
    if (!(score > most)) return;
    best = place;
    most = score;
  });
  if (best < 0) {
    const none = { best: null, plateau: null, overfitting: null, sample: null };
    return { ...none, correlation: Number.NaN, notes: ['No combination has a score.'] };
  }
  const places = [best, ...spread(count, comparedOf(bars), best)];
  const chosen = await rowsAt(rows, places);
  const { plateau, fixed, notes, ...found } = await compute.run(
    'sweepReview',
    {
      subject,
      chosen: chunkOf(names, chosen),
      table: await scoresOf(rows, dimensions.length, count),
    },
    { signal },
  );
  const describe = (row: Row): CombinationRow => ({
    combination: row[0] as number,
    parameters: { ...fixed, ...parametersOf(dimensions, row) },
    score: rows.objective.ofRow(row),
    metrics: Object.fromEntries(
      METRIC_NAMES.map((name, m) => [name, row[1 + dimensions.length + m] as number]),
    ),
  });
  const review = { ...found, notes: [...notes], best: describe(chosen[0] as Row) };
  if (plateau === null) return { ...review, plateau };
  const { place, ...around } = plateau;
  const [middle] = await rowsAt(rows, [place]);
  return { ...review, plateau: { row: describe(middle as Row), ...around } };
}

/** So many places, evenly spread, the best one among them. */
export function spread(count: number, most: number, best: number): number[] {
  const wanted = Math.min(most, count);
  const places = Array.from({ length: wanted }, (_, k) => Math.floor((k * count) / wanted));
  if (wanted > 0 && !places.includes(best)) places[wanted - 1] = best;
  return places;
}

interface ScoredRows {
  readonly store: Store;
  readonly id: string;
  readonly names: readonly string[];
  readonly objective: Objective;
}

/** Calls back with every row, its score and its place among the rows. */
async function eachScore(
  { store, id, names, objective }: ScoredRows,
  use: (row: Row, score: number, place: number) => void,
): Promise<void> {
  const row = new Float64Array(names.length);
  let place = 0;
  await eachPart(store, id, ({ chunk: { rows, columns } }) => {
    for (let k = 0; k < rows; k += 1) {
      for (let c = 0; c < row.length; c += 1) row[c] = columns[c]?.[k] as number;
      use(row, objective.ofRow(row), place);
      place += 1;
    }
  });
}

/** Rows by their places, in the order of these. */
async function rowsAt(rows: ScoredRows, places: readonly number[]): Promise<Row[]> {
  const wanted = new Set(places);
  const found = new Map<number, Row>();
  await eachScore(rows, (row, _score, place) => {
    if (wanted.has(place)) found.set(place, row.slice());
  });
  return places.map((place) => found.get(place) as Row);
}

/** Parameters and scores of all rows; null where too many neighbours would have to be looked at. */
async function scoresOf(
  rows: ScoredRows,
  dimensions: number,
  count: number,
): Promise<RowChunk | null> {
  if (!looksForPlateau(count, dimensions)) return null;
  const bytes = count * Float64Array.BYTES_PER_ELEMENT;
  const columns = Array.from(
    { length: dimensions + 1 },
    () => new Float64Array(new SharedArrayBuffer(bytes)),
  );
  await eachScore(rows, (row, score, place) => {
    for (let d = 0; d < dimensions; d += 1) {
      (columns[d] as Float64Array)[place] = row[1 + d] as number;
    }
    (columns[dimensions] as Float64Array)[place] = score === -Infinity ? Number.NaN : score;
  });
  return { names: [...rows.names.slice(1, 1 + dimensions), 'score'], rows: count, columns };
}

function chunkOf(names: readonly string[], rows: readonly Row[]): RowChunk {
  return {
    names,
    rows: rows.length,
    columns: names.map((_, c) => Float64Array.from(rows, (row) => row[c] as number)),
  };
}

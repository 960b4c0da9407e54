import type { FOLDS, Heatmap } from '../../../engine/protocol/research-schemas.ts';
import { quantileOf, sorted } from '../../../engine/stats/shape.ts';
import { axisOf, eachRow, placeOf, wrong, type SweepResults } from './views.ts';

type Fold = (typeof FOLDS)[number];

interface HeatmapAsked {
  readonly x: string;
  readonly y: string;
  readonly metric: string;
  readonly fold: Fold;
}

/** Cells of a map, at most. */
const MOST_CELLS = 250_000;

/**
 * Scores over two parameters. Whatever shares a cell is folded: the combinations of all other parameters
 * and, where the values of the two would make too many cells, those of neighbouring values.
 * @throws RenataError BAD_INPUT for a parameter or metric that there is none of
 */
export async function heatmapOf(
  results: SweepResults,
  asked: HeatmapAsked,
  mostCells = MOST_CELLS,
): Promise<Heatmap> {
  const [x, y] = [placeOf(results, asked.x, 'x'), placeOf(results, asked.y, 'y')];
  if (x === y) throw wrong('y', 'must be another parameter than x.');
  const { metric, fold } = asked;
  const found = [new Set<number>(), new Set<number>()] as const;
  let total = 0;
  await eachRow(results, metric, (row) => {
    total += 1;
    found[0].add(row[1 + x] as number);
    found[1].add(row[1 + y] as number);
  });
  const [across, up] = [ascending(found[0]), ascending(found[1])];
  const bins = binsFor(across.length, up.length, mostCells);
  const [columns, lines] = [new Bins(across, bins.columns), new Bins(up, bins.lines)];
  const cells = new Cells(columns.count * lines.count, fold);
  const cellOf = (row: Float64Array): number =>
    lines.of(row[1 + y] as number) * columns.count + columns.of(row[1 + x] as number);
  // Of a running sweep more rows come meanwhile; they are for the next map.
  const again = async (use: (cell: number, score: number) => void): Promise<void> => {
    let left = total;
    await eachRow(results, metric, (row, score) => {
      if (left > 0) use(cellOf(row), score);
      left -= 1;
    });
  };
  await again((cell, score) => cells.count(cell, score));
  if (fold === 'median') {
    cells.makeRoom();
    await again((cell, score) => cells.keep(cell, score));
  }
  const axis = (place: number, values: Float64Array, { starts, ends }: Bins) => ({
    ...axisOf(results, place, starts),
    ...(starts.length === values.length ? {} : binned(results, place, { starts, ends })),
  });
  return {
    x: axis(x, across, columns),
    y: axis(y, up, lines),
    values: cells.values(),
    counts: cells.counts,
  };
}

function ascending(values: ReadonlySet<number>): Float64Array {
  return Float64Array.from(values).toSorted();
}

/** The ends of bins, and labels that name both: `2 to 5`. */
function binned(
  results: SweepResults,
  place: number,
  { starts, ends }: Pick<Bins, 'starts' | 'ends'>,
): { readonly ends: Float64Array; readonly labels: string[] } {
  const from = axisOf(results, place, starts).labels;
  const to = axisOf(results, place, ends).labels;
  return {
    ends,
    labels: from.map((label, k) => (label === to[k] ? label : `${label} to ${to[k] as string}`)),
  };
}

/** Cells each way, of the same number where both have more values than fit; a short axis keeps its own. */
function binsFor(
  across: number,
  up: number,
  most: number,
): { readonly columns: number; readonly lines: number } {
  if (across * up <= most) return { columns: across, lines: up };
  const side = Math.max(1, Math.floor(Math.sqrt(most)));
  if (across <= side) return { columns: across, lines: Math.max(1, Math.floor(most / across)) };
  if (up <= side) return { columns: Math.max(1, Math.floor(most / up)), lines: up };
  return { columns: side, lines: side };
}

/** Values of an axis, cut into bins of as equal numbers of them as can be. */
class Bins {
  /** First and last value of each. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  private readonly bin = new Map<number, number>();

  constructor(values: Float64Array, count: number) {
    const first = (k: number): number => Math.floor((k * values.length) / count);
    this.starts = Float64Array.from({ length: count }, (_, k) => values[first(k)] as number);
    this.ends = Float64Array.from({ length: count }, (_, k) => values[first(k + 1) - 1] as number);
    for (let k = 0; k < count; k += 1) {
      for (let i = first(k); i < first(k + 1); i += 1) this.bin.set(values[i] as number, k);
    }
  }

  get count(): number {
    return this.starts.length;
  }

  of(value: number): number {
    return this.bin.get(value) as number;
  }
}

/** Scores of cells as they come; rows without a score are left out. */
class Cells {
  readonly counts: Float64Array;
  private readonly fold: Fold;
  /** The highest score, or the sum of them. */
  private readonly folded: Float64Array;
  /** For the median: all scores, those of a cell side by side, and where the next one goes. */
  private all = new Float64Array(0);
  private readonly next: Float64Array;

  constructor(size: number, fold: Fold) {
    this.fold = fold;
    this.counts = new Float64Array(size);
    this.folded = new Float64Array(size).fill(fold === 'best' ? -Infinity : 0);
    this.next = new Float64Array(fold === 'median' ? size : 0);
  }

  count(cell: number, score: number): void {
    if (Number.isNaN(score)) return;
    this.counts[cell] = (this.counts[cell] as number) + 1;
    const before = this.folded[cell] as number;
    this.folded[cell] = this.fold === 'best' ? Math.max(before, score) : before + score;
  }

  makeRoom(): void {
    let total = 0;
    for (const [cell, count] of this.counts.entries()) {
      this.next[cell] = total;
      total += count;
    }
    this.all = new Float64Array(total);
  }

  keep(cell: number, score: number): void {
    if (Number.isNaN(score)) return;
    const place = this.next[cell] as number;
    this.all[place] = score;
    this.next[cell] = place + 1;
  }

  values(): Float64Array {
    return this.counts.map((count, cell) => {
      if (count === 0) return Number.NaN;
      if (this.fold === 'best') return this.folded[cell] as number;
      if (this.fold === 'mean') return (this.folded[cell] as number) / count;
      const end = this.next[cell] as number;
      return quantileOf(sorted(this.all.slice(end - count, end)), 0.5);
    });
  }
}

import { correlation } from '../stats/shape.ts';
import { demand } from './watch.ts';

/** Largest number of series that are clustered; the work grows with its cube. */
export const MOST_CLUSTERED = 400;

/** Correlations of all pairs, row by row; series that never move correlate with nothing. */
export function correlationsOf(series: readonly Float64Array[]): Float64Array {
  const n = series.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    matrix[i * n + i] = 1;
    for (let j = 0; j < i; j += 1) {
      const value = correlation(series[i] as Float64Array, series[j] as Float64Array);
      const known = Number.isNaN(value) ? 0 : value;
      matrix[i * n + j] = known;
      matrix[j * n + i] = known;
    }
  }
  return matrix;
}

/** Mean of the correlations of different series; NaN for fewer than two. */
export function averageCorrelation(matrix: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) sum += matrix[i * n + j] as number;
  }
  return n < 2 ? Number.NaN : sum / ((n * (n - 1)) / 2);
}

/**
 * Independent trials among `trials` whose mean correlation this is: `rho + (1 - rho) * N` (Bailey and López
 * de Prado 2014, appendix 3).
 */
export function independentTrials(trials: number, rho: number): number {
  const shared = Math.min(Math.max(rho, 0), 1);
  return shared + (1 - shared) * trials;
}

/**
 * Groups series that move alike, and says which group each is in. Groups are joined pair by pair, the ones
 * with the smallest mean distance `root((1 - rho) / 2)` first; the number kept is the one whose silhouettes
 * have the highest mean over deviation (after López de Prado and Lewis 2019).
 */
export function clusterSeries(series: readonly Float64Array[]): Int32Array {
  const n = series.length;
  demand(n <= MOST_CLUSTERED, 'series', `${n} are more than ${MOST_CLUSTERED}.`);
  const labels = Int32Array.from({ length: n }, (_, i) => i);
  if (n < 3) return labels;
  const distance = correlationsOf(series).map((rho) => Math.sqrt(Math.max(1 - rho, 0) / 2));
  let best = labels.slice();
  let quality = Number.NEGATIVE_INFINITY;
  const sizes = new Int32Array(n).fill(1);
  // Mean distances between groups; a joined group lives on under its lower number.
  const between = distance.slice();
  const alive = new Set(labels);
  while (alive.size > 2) {
    const [a, b] = nearest(between, alive, n);
    const sizeA = sizes[a] as number;
    const sizeB = sizes[b] as number;
    for (const other of alive) {
      const joined =
        ((between[a * n + other] as number) * sizeA + (between[b * n + other] as number) * sizeB) /
        (sizeA + sizeB);
      between[a * n + other] = joined;
      between[other * n + a] = joined;
    }
    sizes[a] = sizeA + sizeB;
    alive.delete(b);
    for (let i = 0; i < n; i += 1) if (labels[i] === b) labels[i] = a;
    const value = silhouetteQuality(distance, labels, n);
    if (value > quality) {
      quality = value;
      best = labels.slice();
    }
  }
  return renumbered(best);
}

function nearest(between: Float64Array, alive: ReadonlySet<number>, n: number): [number, number] {
  let pair: [number, number] = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  for (const a of alive) {
    for (const b of alive) {
      if (a < b && (between[a * n + b] as number) < least) {
        least = between[a * n + b] as number;
        pair = [a, b];
      }
    }
  }
  return pair;
}

/** Mean over deviation of the silhouettes; a series alone in its group has a silhouette of 0. */
function silhouetteQuality(distance: Float64Array, labels: Int32Array, n: number): number {
  const silhouettes = new Float64Array(n);
  const sums = new Float64Array(n);
  const counts = new Int32Array(n);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  for (let i = 0; i < n; i += 1) {
    const mine = labels[i] as number;
    if (counts[mine] === 1) continue;
    sums.fill(0);
    for (let j = 0; j < n; j += 1) {
      const label = labels[j] as number;
      sums[label] = (sums[label] as number) + (distance[i * n + j] as number);
    }
    const inside = (sums[mine] as number) / ((counts[mine] as number) - 1);
    let outside = Number.POSITIVE_INFINITY;
    for (let label = 0; label < n; label += 1) {
      const count = counts[label] as number;
      if (count > 0 && label !== mine) outside = Math.min(outside, (sums[label] as number) / count);
    }
    const larger = Math.max(inside, outside);
    silhouettes[i] = larger > 0 ? (outside - inside) / larger : 0;
  }
  const mean = silhouettes.reduce((sum, value) => sum + value, 0) / n;
  const variance = silhouettes.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  return variance > 0 ? mean / Math.sqrt(variance) : mean > 0 ? Number.POSITIVE_INFINITY : 0;
}

function renumbered(labels: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return labels.map((label) => {
    const known = numbers.get(label) ?? numbers.size;
    numbers.set(label, known);
    return known;
  });
}

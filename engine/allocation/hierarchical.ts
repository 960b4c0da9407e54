import { correlationOf } from './covariance.ts';

/**
 * How alike assets are: the distance √((1 − ρ)/2) itself, or, as in the paper, the Euclidean distance between
 * the assets' columns of such distances to all assets.
 */
export type HierarchicalMetric = 'distance-of-distances' | 'correlation-distance';

/** Two clusters joined, the smaller number first; number n + k is the cluster of merge k. */
export interface Merge {
  readonly first: number;
  readonly second: number;
  readonly distance: number;
}

/**
 * Hierarchical risk parity (López de Prado, "Building Diversified Portfolios that Outperform Out of Sample",
 * Journal of Portfolio Management 42, 2016): single linkage, leaves in the order of the tree, and the weight
 * split in two again and again by the inverse of the halves' variances.
 * @param covariance of assets with variance
 */
export function hierarchicalRiskParity(
  covariance: Float64Array,
  n: number,
  metric: HierarchicalMetric,
): Float64Array {
  const order = leafOrder(singleLinkage(assetDistances(covariance, n, metric), n), n);
  const weights = new Float64Array(n).fill(1);
  const parts = [order];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part.length < 2) continue;
    const middle = part.length >> 1;
    const left = part.slice(0, middle);
    const right = part.slice(middle);
    const a = clusterVariance(covariance, n, left);
    const b = clusterVariance(covariance, n, right);
    const share = 1 - a / (a + b);
    for (const i of left) weights[i] = (weights[i] as number) * share;
    for (const i of right) weights[i] = (weights[i] as number) * (1 - share);
    parts.push(left, right);
  }
  return weights;
}

export function assetDistances(
  covariance: Float64Array,
  n: number,
  metric: HierarchicalMetric,
): Float64Array {
  const distance = correlationOf(covariance, n).map((rho) => Math.sqrt(Math.max(0, (1 - rho) / 2)));
  if (metric === 'correlation-distance') return distance;
  const between = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) {
      let squares = 0;
      for (let k = 0; k < n; k += 1) {
        squares += ((distance[i * n + k] as number) - (distance[j * n + k] as number)) ** 2;
      }
      between[i * n + j] = Math.sqrt(squares);
      between[j * n + i] = Math.sqrt(squares);
    }
  }
  return between;
}

/** Single linkage by the shortest spanning tree (Prim from asset 0), its edges joined shortest first. */
export function singleLinkage(distance: Float64Array, n: number): Merge[] {
  const near = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const joined = new Uint8Array(n);
  const edges: Merge[] = [];
  let at = 0;
  for (let k = 1; k < n; k += 1) {
    joined[at] = 1;
    let next = -1;
    for (let i = 0; i < n; i += 1) {
      if (joined[i] === 1) continue;
      near[i] = Math.min(near[i] as number, distance[at * n + i] as number);
      if (next < 0 || (near[i] as number) < (near[next] as number)) next = i;
    }
    edges.push({ first: at, second: next, distance: near[next] as number });
    at = next;
  }
  const cluster = new Int32Array(2 * n).map((_, i) => i);
  const find = (start: number): number => {
    let root = start;
    while (cluster[root] !== root) root = cluster[root] as number;
    return root;
  };
  return edges
    .toSorted((a, b) => a.distance - b.distance)
    .map((edge, k) => {
      const a = find(edge.first);
      const b = find(edge.second);
      cluster[a] = n + k;
      cluster[b] = n + k;
      return { first: Math.min(a, b), second: Math.max(a, b), distance: edge.distance };
    });
}

/** The assets from left to right as the tree hangs: quasi-diagonalisation. */
export function leafOrder(merges: readonly Merge[], n: number): number[] {
  const order: number[] = [];
  const waiting = [n === 1 ? 0 : n + merges.length - 1];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node < n) {
      order.push(node);
    } else {
      const { first, second } = merges[node - n] as Merge;
      waiting.push(second, first);
    }
  }
  return order;
}

/** Variance of a cluster held by inverse variances. */
function clusterVariance(covariance: Float64Array, n: number, members: readonly number[]): number {
  const inverse = members.map((i) => 1 / (covariance[i * n + i] as number));
  const whole = inverse.reduce((sum, value) => sum + value, 0);
  let variance = 0;
  members.forEach((i, a) => {
    members.forEach((j, b) => {
      const share = ((inverse[a] as number) / whole) * ((inverse[b] as number) / whole);
      variance += share * (covariance[i * n + j] as number);
    });
  });
  return variance;
}

import { readFileSync } from 'node:fs';

/** What NumPy and SciPy find on the same returns; see data/README.md. */
export interface Reference {
  readonly exponential24: readonly (readonly number[])[];
  readonly constantCorrelation: Shrunk;
  readonly identity: Shrunk;
  readonly oas: Shrunk;
  readonly minimumVariance: readonly number[];
  readonly minimumVarianceShorts: readonly number[];
  readonly bounded: readonly number[];
  readonly grouped: readonly number[];
  readonly targetReturn: readonly number[];
  readonly meanVariance: readonly number[];
  readonly maximumSharpe: readonly number[];
  readonly maximumSharpeBounded: readonly number[];
  readonly maximumDiversification: readonly number[];
  readonly maximumDecorrelation: readonly number[];
  readonly turnover: readonly number[];
  readonly turnoverSharpe: readonly number[];
  readonly riskParity: readonly number[];
  readonly riskBudgets: readonly number[];
  readonly hrp: Tree;
  readonly hrpCorrelation: Tree;
  readonly cvar95: Tail;
  readonly cvar80: Tail;
  readonly cvar90Turnover: Tail;
  readonly blackLitterman: {
    readonly market: readonly number[];
    readonly expected: readonly number[];
    readonly unconstrained: readonly number[];
    readonly weights: readonly number[];
  };
}

interface Shrunk {
  readonly shrinkage: number;
  readonly covariance: readonly (readonly number[])[];
}

interface Tree {
  readonly order: readonly number[];
  readonly weights: readonly number[];
}

interface Tail {
  readonly cvar: number;
  readonly weights: readonly number[];
}

const read = (name: string): string =>
  readFileSync(new URL(`./data/${name}`, import.meta.url), 'utf8');

const rows = read('monthly-returns.csv')
  .trim()
  .split('\n')
  .map((line) => line.split(','));

export const assets: readonly string[] = rows[0]?.slice(1) ?? [];
/** A column an asset, 119 months. */
export const returns: readonly Float64Array[] = assets.map((_, i) =>
  Float64Array.from(rows.slice(1), (row) => Number(row[i + 1])),
);
export const reference = JSON.parse(read('reference.json')) as Reference;

/** The largest distance of two lists of numbers; infinite when their lengths differ. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i += 1) {
    const distance = Math.abs((a[i] as number) - (b[i] as number));
    if (!(distance <= most)) most = distance;
  }
  return most;
}

/** Covariance of deviations and correlations, row by row. */
export function covarianceOf(
  deviations: readonly number[],
  correlations: readonly (readonly number[])[],
): Float64Array {
  return Float64Array.from(
    correlations.flatMap((row, i) =>
      row.map((rho, j) => rho * (deviations[i] as number) * (deviations[j] as number)),
    ),
  );
}

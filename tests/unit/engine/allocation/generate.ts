import type { LinearRow, Polytope } from '../../../../engine/allocation/polytope.ts';
import type { Random } from '../../../../engine/backtest/random.ts';

export const sum = (values: Iterable<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0);
export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((total, value, i) => total + value * (b[i] as number), 0);

/** Returns of a market factor and noise. */
export function randomReturns(random: Random, n: number, count: number): Float64Array[] {
  const market = Array.from({ length: count }, () => random.normal() * 0.01);
  return Array.from({ length: n }, () => {
    const beta = random.uniform() * 1.5;
    const noise = 0.002 + random.uniform() * 0.02;
    return Float64Array.from(market, (move) => beta * move + noise * random.normal() + 0.0003);
  });
}

/** A problem that has the point as one of its answers' competitors, so that it can be met. */
export function randomPolytope(random: Random, point: Float64Array): Polytope {
  const size = point.length;
  const chance = (part: number): boolean => random.uniform() < part;
  const lower = point.map((value) =>
    chance(0.15)
      ? Number.NEGATIVE_INFINITY
      : chance(0.5)
        ? Math.min(0, value)
        : value - random.uniform() * 0.2,
  );
  const upper = point.map((value, i) =>
    chance(0.5)
      ? Number.POSITIVE_INFINITY
      : chance(0.1)
        ? Math.max(value, lower[i] as number)
        : value + random.uniform() * 0.3,
  );
  const rows: LinearRow[] = [
    {
      coefficients: new Float64Array(size).fill(1),
      bound: sum(point),
      equality: true,
      label: 'sum',
    },
  ];
  for (let k = random.uint32() % 5; k > 0; k -= 1) {
    const coefficients = point.map(() => (chance(0.5) ? 0 : chance(0.6) ? 1 : random.normal()));
    const equality = chance(0.2);
    const room = equality || chance(0.3) ? 0 : random.uniform() * 0.2;
    rows.push({
      coefficients,
      bound: dot(coefficients, point) - room,
      equality,
      label: `row ${k}`,
    });
  }
  const current = point.map((value) => (chance(0.3) ? value : value + 0.2 * random.normal()));
  const moves = sum(point.map((value, i) => Math.abs(value - (current[i] as number))));
  const turnover = chance(0.5)
    ? { current, limit: moves + (chance(0.3) ? 0 : random.uniform() * 0.3) }
    : null;
  return { size, lower, upper, rows, turnover, names: Array.from(point, (_, i) => `A${i}`) };
}

/** Weights that sum to 1, some of them 0. */
export function randomPoint(random: Random, n: number): Float64Array {
  const raw = Float64Array.from({ length: n }, () =>
    random.uniform() < 0.4 ? 0 : random.uniform(),
  );
  raw[0] = (raw[0] as number) + 0.1;
  const whole = sum(raw);
  return raw.map((value) => value / whole);
}

import { describe, expect, it } from 'vitest';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { PERCENT_RANK } from '../../../../engine/indicators/statistic/performance.ts';

function rank(values: Float64Array, timeperiod: number): Float64Array {
  return runIndicator(PERCENT_RANK, [values], { timeperiod })[0] as Float64Array;
}

/** By the definition: the share of the n values before that are not above this one. */
function byDefinition(values: Float64Array, n: number): number[] {
  return Array.from(values, (x, i) =>
    i < n ? Number.NaN : (100 * values.subarray(i - n, i).filter((y) => y <= x).length) / n,
  );
}

/** A walk with many equal values, zeros of both signs among them. */
function walk(length: number): Float64Array {
  let x = 0;
  let state = 12_345;
  return Float64Array.from({ length }, (_, i) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    x += (state % 7) - 3;
    return i % 50 === 0 ? -0 : x;
  });
}

describe('percent rank of a long window', () => {
  it.each([399, 400, 401, 1_000, 2_999, 3_000, 100_000])('of %i is by the definition', (n) => {
    const values = walk(3_000);
    expect([...rank(values, n)]).toEqual(byDefinition(values, n));
  });

  it('reads no value more often for a longer window', () => {
    const values = walk(20_000);
    let reads = 0;
    const counted = new Proxy(values, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
        const found: unknown = Reflect.get(target, key, target);
        return typeof found === 'function' ? (found.bind(target) as unknown) : found;
      },
    });
    for (const n of [3_000, 10_000]) {
      reads = 0;
      expect(rank(counted, n)).toEqual(rank(values, n));
      // By the definition there are a hundred million comparisons of the longer one.
      expect(reads).toBeGreaterThanOrEqual(values.length);
      expect(reads).toBeLessThan(5 * values.length);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { PERCENT_RANK } from '../../../../engine/indicators/statistic/performance.ts';
import { shortest } from '../../../timing.ts';

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

  it('takes no longer for a longer window', async () => {
    const values = walk(200_000);
    let last = Number.NaN;
    const took = await shortest(3_000, () => {
      last = rank(values, 100_000).at(-1) ?? Number.NaN;
    });
    // Value by value these are ten thousand million comparisons, of about ten seconds.
    expect(took).toBeLessThan(3_000);
    expect(Number.isFinite(last)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import {
  extremeIndexState,
  extremeIndexStep,
  extremeState,
  extremeStep,
  HIGHEST,
  LOWEST,
  slidingExtreme,
  slidingExtremeIndex,
  type Extreme,
  type Ties,
} from '../../../../engine/indicators/kernels/extremes.ts';
import { MAXINDEX, MINMAX, MINMAXINDEX } from '../../../../engine/indicators/math/extremes.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';
import { fc } from '../../../support/properties.ts';

/** Every window searched from its start: the definition itself. */
function searched(
  input: readonly number[],
  period: number,
  which: Extreme,
  ties: Ties,
): { readonly values: number[]; readonly indices: number[] } {
  let kept = -1;
  const indices = input.map((x, i) => {
    const from = i - period + 1;
    if (from < 0) return Number.NaN;
    const window = input.slice(from, i + 1);
    const best = which === HIGHEST ? Math.max(...window) : Math.min(...window);
    if (ties === 'latest') return from + window.lastIndexOf(best);
    if (kept < from) kept = from + window.indexOf(best);
    else if (x === best) kept = i;
    return kept;
  });
  return { indices, values: indices.map((index) => input[index] ?? Number.NaN) };
}

const series = fc.oneof(
  fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 80 }),
  fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 80 }),
);
const which = fc.constantFrom<Extreme>(HIGHEST, LOWEST);
const ties = fc.constantFrom<Ties>('latest', 'talib');
const period = fc.integer({ min: 1, max: 14 });

describe('sliding extremes', () => {
  it('are those of a search of every window, whole and bar by bar', () => {
    fc.assert(
      fc.property(series, period, which, ties, (list, bars, sought, rule) => {
        const input = Float64Array.from(list);
        const wanted = searched(list, bars, sought, rule);
        const values = new Float64Array(list.length);
        const indices = new Float64Array(list.length);
        slidingExtreme(input, bars, sought, values);
        slidingExtremeIndex(input, bars, sought, rule, indices);
        // A kernel's numbers may lie anywhere in a state.
        const state = new Float64Array(extremeState(bars) + 3);
        const places = new Float64Array(extremeIndexState(bars) + 2);
        list.forEach((x, i) => {
          const value = wanted.values[i] ?? 0;
          const index = wanted.indices[i] ?? 0;
          expect(values[i]).toEqual(value);
          expect(extremeStep(state, 3, bars, sought, x)).toEqual(value);
          expect(indices[i]).toBe(index);
          expect(extremeIndexStep(places, 2, bars, sought, rule, x)).toBe(index);
          expect(places[2]).toBe(i + 1);
          if (i >= bars - 1) expect(sought * (places[6] ?? 0)).toEqual(value);
        });
      }),
      { numRuns: 400 },
    );
  });

  it('take as long on a series that only falls, whatever the period', () => {
    const length = 200_000;
    const falling = Float64Array.from({ length }, (_, i) => -i);
    const output = new Float64Array(length);
    // A search of every window would take 10^10 steps here.
    const bars = 50_000;
    slidingExtreme(falling, bars, HIGHEST, output);
    expect(output[length - 1]).toBe(-(length - bars));
    slidingExtremeIndex(falling, bars, HIGHEST, 'talib', output);
    expect(output[length - 1]).toBe(length - bars);
  });

  it('count exactly beyond 2^31 and 2^32 bars', () => {
    const bars = 7;
    const list = Array.from({ length: 60 }, (_, i) => (i * 37) % 11);
    for (const passed of [2 ** 31 - 20, 2 ** 32 - 20, 2 ** 45]) {
      const plain = new Float64Array(extremeIndexState(bars));
      list.slice(0, 30).forEach((x) => extremeIndexStep(plain, 0, bars, HIGHEST, 'talib', x));
      // The same stream as if `passed` bars had gone before it.
      const late = plain.slice();
      for (const at of [0, 3, 5, ...Array.from({ length: bars }, (_, k) => 6 + bars + k)]) {
        late[at] = (late[at] ?? 0) + passed;
      }
      for (const x of list.slice(30)) {
        const index = extremeIndexStep(plain, 0, bars, HIGHEST, 'talib', x);
        expect(extremeIndexStep(late, 0, bars, HIGHEST, 'talib', x)).toBe(index + passed);
      }
    }
  });
});

describe('MAX, MIN and their indices', () => {
  it('worked by hand', () => {
    // Windows of 3: 3 1 2 | 1 2 2 | 2 2 0 | 2 0 0
    const input = Float64Array.of(3, 1, 2, 2, 0, 0);
    const [low, high] = runIndicator(MINMAX, [input], { timeperiod: 3 });
    expect(Array.from(low ?? [])).toEqual([Number.NaN, Number.NaN, 1, 1, 0, 0]);
    expect(Array.from(high ?? [])).toEqual([Number.NaN, Number.NaN, 3, 2, 2, 2]);
    const [lowAt, highAt] = runIndicator(MINMAXINDEX, [input], { timeperiod: 3 });
    // Bar 3: the 3 has left, the first 2 follows; bar 5: the second 2, since the first has left.
    expect(Array.from(highAt ?? [])).toEqual([Number.NaN, Number.NaN, 0, 2, 2, 3]);
    expect(Array.from(lowAt ?? [])).toEqual([Number.NaN, Number.NaN, 1, 1, 4, 5]);
  });

  it('count anew after a bar without a value, in the stream too', () => {
    const input = Float64Array.of(5, 4, 6, Number.NaN, 1, 3, 2);
    const wanted = [Number.NaN, 0, 2, Number.NaN, Number.NaN, 1, 1];
    const [at] = runIndicator(MAXINDEX, [input], { timeperiod: 2 });
    expect(Array.from(at ?? [])).toEqual(wanted);
    const stream = new IndicatorStream(MAXINDEX, { timeperiod: 2 });
    const output = new Float64Array(1);
    wanted.forEach((value, i) => {
      stream.update(input.subarray(i, i + 1), output);
      expect(output[0]).toBe(value);
    });
  });
});

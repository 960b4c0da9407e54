import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { SORTED_FROM } from '../../../../engine/indicators/kernels/sorted-window.ts';
import { CCI } from '../../../../engine/indicators/momentum/cci.ts';
import { AVGDEV } from '../../../../engine/indicators/price-transform/avgdev.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';

const random = new Random(29);
const noise = (): number => random.uniform() - 0.5;
function series(length: number, of: (i: number, before: number) => number): Float64Array {
  const values = new Float64Array(length);
  for (let i = 0; i < length; i += 1) values[i] = of(i, values[i - 1] ?? 1_000);
  return values;
}

/** Average deviation and how far the mean is above the newest value, by their definition. */
function plainly(values: Float64Array, last: number, period: number): [number, number] {
  const window = values.subarray(last - period + 1, last + 1);
  const newest = values[last] as number;
  let sum = 0;
  for (const x of window) sum += x - newest;
  const offset = sum / period;
  let distance = 0;
  for (const x of window) distance += Math.abs(x - newest - offset);
  return [distance / period, offset];
}

/** The same of whole numbers, exactly: `Σ|n x − Σx| / n²`. */
function exactly(values: Float64Array, last: number, period: number): number {
  const window = values.subarray(last - period + 1, last + 1);
  const n = BigInt(period);
  const numbers = Array.from(window, (x) => BigInt(x));
  const sum = numbers.reduce((all, x) => all + x, 0n);
  const distances = numbers.reduce((all, x) => {
    const far = n * x - sum;
    return all + (far < 0n ? -far : far);
  }, 0n);
  return Number(distances) / (period * period);
}

/** Some bars from the first window to the last one. */
function places(period: number, length: number): number[] {
  const step = Math.max(1, Math.floor((length - period) / 23));
  return Array.from({ length: 24 }, (_, k) => Math.min(period - 1 + k * step, length - 1));
}

const LENGTH = 24_000;
const SHAPES: Readonly<Record<string, Float64Array>> = {
  'a walk': series(LENGTH, (_, x) => x + noise()),
  noise: series(LENGTH, noise),
  'a steady rise': series(LENGTH, (i) => i / 7),
  'a steady fall below zero': series(LENGTH, (i) => 500 - i),
  'a wave': series(LENGTH, (i) => Math.sin(i / 300) * 40 + noise()),
  'a few prices': series(LENGTH, () => 100 + Math.floor(random.uniform() * 3) / 4),
  'a jump to a high level that hardly moves': series(LENGTH, (i) =>
    i < 9_000 ? 1 + noise() * 1e-6 : 1_000_000 + noise() / 50,
  ),
  'a spike now and then': series(LENGTH, (i) => (i % 2_500 === 7 ? 1e6 : 10 + noise())),
};

describe.each(Object.entries(SHAPES))('long windows over %s', (_name, values) => {
  it.each([SORTED_FROM - 1, SORTED_FROM, 5_003, 12_000])('of %i bars', (timeperiod) => {
    const parameters = { timeperiod };
    const [deviations] = runIndicator(AVGDEV, [values], parameters);
    const [indices] = runIndicator(CCI, [values, values, values], parameters);
    expect(deviations?.findIndex((x) => !Number.isNaN(x))).toBe(timeperiod - 1);
    expect(indices?.findIndex((x) => !Number.isNaN(x))).toBe(timeperiod - 1);
    // What an index reads: the sum of three equal prices, divided by 3, is rounded.
    const typical = values.map((x) => (x + x + x) / 3);
    for (const i of places(timeperiod, LENGTH)) {
      const [deviation] = plainly(values, i, timeperiod);
      expect(Math.abs((deviations?.[i] as number) / deviation - 1)).toBeLessThan(1e-9);
      const [distance, offset] = plainly(typical, i, timeperiod);
      const index = -offset / (0.015 * distance);
      const off = Math.abs((indices?.[i] as number) - index) / Math.max(1, Math.abs(index));
      expect(off).toBeLessThan(1e-9);
    }
  });
});

describe('very long windows', () => {
  it.each([
    ['ticks of a walk', series(130_000, (_, x) => x + Math.round(noise() * 9))],
    [
      'ticks with one that is far off',
      series(130_000, (i) => (i === 64_000 ? 1e9 : Math.round(noise() * 9))),
    ],
  ])('of 60,000 and 100,000 bars are exact for %s', (_name, values) => {
    for (const timeperiod of [60_000, 100_000]) {
      // Two passes would read 26 milliards of values here.
      const [deviations] = runIndicator(AVGDEV, [values], { timeperiod });
      for (const i of [timeperiod - 1, timeperiod, 111_111, 129_999]) {
        const wanted = exactly(values, i, timeperiod);
        expect(Math.abs((deviations?.[i] as number) / wanted - 1)).toBeLessThan(1e-9);
      }
    }
  });

  it('look at a number of values that grows with the root of the period', () => {
    for (const definition of [AVGDEV, CCI]) {
      const at = (timeperiod: number): number => definition.work?.({ timeperiod }) ?? 0;
      expect(at(100_000)).toBeLessThan(3_000);
      expect(at(100_000) / at(25_000)).toBeCloseTo(2, 2);
      expect(at(SORTED_FROM - 1)).toBe(SORTED_FROM - 1);
    }
  });

  it('of equal values give exactly 0, also after others have left', () => {
    const values = series(9_000, (i) => (i < 3_000 ? noise() : 0.1));
    const parameters = { timeperiod: 3_000 };
    const [deviations] = runIndicator(AVGDEV, [values], parameters);
    const [indices] = runIndicator(CCI, [values, values, values], parameters);
    expect(deviations?.[5_998]).toBeGreaterThan(0);
    expect([...(deviations?.subarray(5_999) ?? [])].every((x) => x === 0)).toBe(true);
    expect([...(indices?.subarray(5_999) ?? [])].every((x) => x === 0)).toBe(true);
  });

  it('that are longer than the series give nothing', () => {
    const [deviations] = runIndicator(AVGDEV, [series(50, noise)], { timeperiod: 50_000 });
    expect([...(deviations ?? [])].every(Number.isNaN)).toBe(true);
  });

  it.each([AVGDEV, CCI])('$id: a stream has the digits of the column', (definition) => {
    const values = (SHAPES['a walk'] as Float64Array).slice(0, 9_000);
    // A missing value starts the window anew.
    values[2_600] = Number.NaN;
    const parameters = { timeperiod: 2_500 };
    const inputs = definition.inputs.map(() => values);
    const [column] = runIndicator(definition, inputs, parameters);
    let stream = new IndicatorStream(definition, parameters);
    const row = new Float64Array(inputs.length);
    const out = new Float64Array(1);
    const preview = new Float64Array(1);
    const taken = new Float64Array(values.length);
    values.forEach((x, i) => {
      if (i % 700 === 0) {
        // Previews of other values leave no trace, and a stored state goes on where it was.
        stream.preview(row.fill(-5), preview);
        const snapshot = JSON.parse(JSON.stringify(stream.snapshot())) as ReturnType<
          IndicatorStream['snapshot']
        >;
        stream = new IndicatorStream(definition, parameters);
        stream.restore(snapshot);
      }
      stream.update(row.fill(x), out);
      taken[i] = out[0] as number;
    });
    expect(taken).toEqual(column);
    expect(taken.filter((x) => !Number.isNaN(x)).length).toBe(9_000 - 2_601 - 2_499 + 101);
  });
});

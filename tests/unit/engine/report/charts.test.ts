import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { areaOf, barScale, linePath, valueAxis } from '../../../../engine/report/chart.ts';
import {
  clampTrace,
  columnSpans,
  extentOf,
  lineIndices,
  traceOf,
} from '../../../../engine/report/downsample.ts';
import { histogramOf } from '../../../../engine/report/histogram.ts';
import {
  logTicks,
  niceStep,
  niceTicks,
  scaleOf,
  tickDigits,
  timeTicks,
} from '../../../../engine/report/scale.ts';
import { meanUpTo, quantilesOf } from '../../../../engine/stats/selection.ts';
import { quantileOf, sorted } from '../../../../engine/stats/shape.ts';

const DAY = 86_400_000;

function walk(length: number, seed = 3): Float64Array {
  const random = new Random(seed);
  let value = 100;
  return Float64Array.from({ length }, () => (value += random.normal()));
}

describe('ticks', () => {
  it.each([
    [0, 100, 5, [0, 20, 40, 60, 80, 100]],
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [-0.034, 0.021, 5, [-0.03, -0.02, -0.01, 0, 0.01, 0.02]],
    [97, 103.5, 3, [98, 100, 102]],
    [1.2e9, 4.7e9, 4, [2e9, 3e9, 4e9]],
    [5, 5, 4, [5]],
    [Number.NaN, 1, 4, []],
  ])('from %d to %d about %d of them', (low, high, count, wanted) => {
    expect(niceTicks(low, high, count)).toEqual(wanted);
  });

  it('are 1, 2 or 5 times a power of ten apart and never many more than asked for', () => {
    const random = new Random(5);
    for (let i = 0; i < 500; i += 1) {
      const span = 10 ** (random.uniform() * 12 - 6);
      const count = 2 + Math.floor(random.uniform() * 10);
      const step = niceStep(span, count);
      const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
      expect([1, 2, 5].some((factor) => Math.abs(lead - factor) < 1e-6)).toBe(true);
      expect(span / step).toBeLessThanOrEqual(count * 1.6);
      expect(span / step).toBeGreaterThanOrEqual(count / 1.6);
    }
  });

  it('of a log scale are 1, 2 and 5, or powers alone', () => {
    expect(logTicks(8, 1_200, 8)).toEqual([10, 20, 50, 100, 200, 500, 1_000]);
    expect(logTicks(0.5, 2e6, 5)).toEqual([1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
  });

  it('have the decimals that tell them apart', () => {
    expect(tickDigits([0, 20, 40])).toBe(0);
    expect(tickDigits([0, 0.5, 1])).toBe(1);
    expect(tickDigits([0.02, 0.025])).toBe(3);
  });

  it('of time fall on the first bar of a year, month, day or hour', () => {
    // Weekdays from Thursday 2020-01-02 on: 2020-02-01 and 2020-03-01 are at weekends.
    const days = Array.from({ length: 90 }, (_, i) => Date.UTC(2020, 0, 2) + i * DAY);
    const time = Float64Array.from(days.filter((day) => new Date(day).getUTCDay() % 6 !== 0));
    const ticks = timeTicks(time, 5);
    expect(ticks.map(({ label }) => label)).toEqual(['Feb', 'Mar']);
    expect(
      ticks.map(({ value }) => new Date(time[value] as number).toISOString().slice(0, 10)),
    ).toEqual(['2020-02-03', '2020-03-02']);
    const minutes = Float64Array.from(
      { length: 390 },
      (_, i) => Date.UTC(2020, 0, 2, 14, 30) + i * 60_000,
    );
    expect(timeTicks(minutes, 8).map(({ label }) => label)).toEqual([
      '15:00',
      '16:00',
      '17:00',
      '18:00',
      '19:00',
      '20:00',
    ]);
    const years = Float64Array.from({ length: 5_000 }, (_, i) => Date.UTC(1999, 5, 1) + i * DAY);
    expect(timeTicks(years, 13)[0]).toMatchObject({ label: '2000' });
    expect(timeTicks(Float64Array.of(0), 5)).toEqual([{ value: 0, label: '1970-01-01' }]);
    expect(timeTicks(new Float64Array(0), 5)).toEqual([]);
  });

  it('never are more than there is room for', () => {
    for (const step of [60_000, 3_600_000, DAY, 7 * DAY, 30 * DAY]) {
      for (const length of [2, 50, 3_000]) {
        const time = Float64Array.from({ length }, (_, i) => 1.5e12 + i * step);
        expect(timeTicks(time, 9).length).toBeLessThanOrEqual(9);
      }
    }
  });
});

describe('scales', () => {
  it('map ends to ends, in equal steps or equal ratios', () => {
    const linear = scaleOf(10, 30, 100, 0);
    expect([10, 20, 30].map((value) => linear.at(value))).toEqual([100, 50, 0]);
    const log = scaleOf(1, 100, 0, 200, 'log');
    expect(log.at(10)).toBeCloseTo(100, 12);
  });

  it('turn logarithmic only where values are positive and far apart', () => {
    const area = areaOf(500, 300);
    expect(valueAxis(area, [[1, 100]], { mayBeLog: true }).scale.kind).toBe('log');
    expect(valueAxis(area, [[-1, 100]], { mayBeLog: true }).scale.kind).toBe('linear');
    expect(valueAxis(area, [[1, 100]]).scale.kind).toBe('linear');
  });

  it('hold every value, and stop at a base line', () => {
    const area = areaOf(500, 300);
    const { scale } = valueAxis(area, [[3, 8]], { include: [0] });
    expect(scale.low).toBe(0);
    expect(scale.at(0)).toBe(area.bottom);
    expect(scale.at(8)).toBeGreaterThan(area.top);
  });
});

describe('thinning', () => {
  it('keeps the first, lowest, highest and last value of every column', () => {
    const values = walk(100_000);
    const spans = columnSpans(values, 1_000);
    expect(spans.length).toBe(1_000);
    spans.forEach((span, column) => {
      // A plain second look at the hundred values of the column.
      const part = Array.from(values.subarray(column * 100, column * 100 + 100));
      expect(span).not.toBeNull();
      expect(values[span?.low ?? -1]).toBe(Math.min(...part));
      expect(values[span?.high ?? -1]).toBe(Math.max(...part));
      expect([span?.first, span?.last]).toEqual([column * 100, column * 100 + 99]);
    });
  });

  it('loses no extreme, not even a single wild value among a million', () => {
    const values = walk(1_000_000);
    values[777_777] = 1e6;
    values[123_456] = -1e6;
    const trace = traceOf(values);
    expect(trace.indices.length).toBeLessThanOrEqual(4 * 1_008);
    expect(extentOf(trace.values)).toEqual(extentOf(values));
    expect(trace.indices).toContain(777_777);
    expect(trace.indices).toContain(123_456);
  });

  it('keeps the order of time, begins and ends where the values do', () => {
    const indices = lineIndices(walk(50_000), 300);
    expect(indices[0]).toBe(0);
    expect(indices.at(-1)).toBe(49_999);
    for (let i = 1; i < indices.length; i += 1) {
      expect(indices[i] as number).toBeGreaterThan(indices[i - 1] as number);
    }
  });

  it('leaves short series as they are and breaks at missing values', () => {
    const values = Float64Array.of(Number.NaN, 1, 2, Number.NaN, Number.NaN, 3);
    expect(lineIndices(values, 100)).toEqual([1, 2, -1, 5]);
    const long = walk(10_000);
    long.fill(Number.NaN, 4_000, 6_000);
    expect(lineIndices(long, 100).filter((index) => index === -1).length).toBe(1);
    const area = areaOf(500, 300);
    const path = linePath(barScale(area, 6), scaleOf(0, 3, 100, 0), traceOf(values));
    expect(path.match(/[ML]/g)).toEqual(['M', 'L', 'M']);
    expect(clampTrace(traceOf(Float64Array.of(-2, 0, 5)), 'above').values).toEqual(
      Float64Array.of(0, 0, 5),
    );
  });
});

describe('histogram', () => {
  it('counts every value once, in bins of round width', () => {
    const values = walk(5_000).map((value, i, all) => value - (all[i - 1] ?? 100));
    const bins = histogramOf(values);
    if (bins === null) throw new Error('no bins');
    expect(bins.counts.reduce((sum, count) => sum + count, 0)).toBe(5_000);
    expect(bins.counts.length).toBeLessThanOrEqual(82);
    bins.counts.forEach((count, i) => {
      const low = bins.from + i * bins.width;
      const inside = values.filter(
        (value) => value >= low - 1e-12 && value < low + bins.width - 1e-12,
      );
      expect(count).toBe(inside.length);
    });
  });

  it('has an answer for one value, equal values and none', () => {
    expect(histogramOf([])).toBeNull();
    expect(histogramOf([Number.NaN])).toBeNull();
    expect(histogramOf([4])?.total).toBe(1);
    expect(histogramOf([2, 2, 2])?.counts).toContain(3);
  });
});

describe('quantiles by selection', () => {
  it('are those of sorting', () => {
    for (const seed of [1, 2, 3, 4]) {
      const values = walk(1_000 + seed, seed).map((value) => Math.round(value * seed) / seed);
      values[17] = Number.NaN;
      const parts = [0, 0.01, 0.05, 0.5, 0.95, 1];
      const ascending = sorted(values);
      expect(quantilesOf(values, parts)).toEqual(parts.map((part) => quantileOf(ascending, part)));
    }
    expect(quantilesOf(new Float64Array(0), [0.5])).toEqual([Number.NaN]);
    expect(quantilesOf(new Float64Array(500), [0.05, 0.95])).toEqual([0, 0]);
  });

  it('and the mean below a limit is that of the values below it', () => {
    expect(meanUpTo(Float64Array.of(4, -1, -3, 2), -1)).toBe(-2);
    expect(meanUpTo(Float64Array.of(4), -1)).toBeNaN();
  });
});

import { describe, expect, it } from 'vitest';
import { price, quantity, subtract, toNumber } from '../../../../engine/domain/decimal.ts';
import { almgrenChriss } from '../../../../engine/execution/almgren-chriss.ts';
import { draw } from '../../../../engine/execution/noise.ts';
import { before, checkAlgorithm, planOf } from '../../../../engine/execution/plan.ts';
import type { AlgorithmOrder } from '../../../../engine/execution/types.ts';
import { volumeCurve } from '../../../../engine/execution/volume-curve.ts';
import { orderOf } from './orders.ts';

function sizes(order: AlgorithmOrder): number[] {
  const plan = planOf(order);
  return plan.map((reached, slice) => toNumber(subtract(reached, before(plan, slice))));
}

describe('plans', () => {
  it('divides evenly, whole lots, the rest where rounding puts it', () => {
    expect(planOf(orderOf())).toEqual([
      '100',
      '200',
      '300',
      '400',
      '500',
      '600',
      '700',
      '800',
      '900',
      '1000',
    ]);
    // 33.3 and 66.7 of 100 are 33 and 67.
    const three = { kind: 'twap', slices: 3 } as const;
    expect(sizes(orderOf({ quantity: quantity('100'), method: three }))).toEqual([33, 34, 33]);
    // In lots of 10: 33.3 is 30, 66.7 is 70.
    const lot = quantity('10');
    expect(
      sizes(orderOf({ quantity: quantity('100'), method: three, lot, smallest: lot })),
    ).toEqual([30, 40, 30]);
    const coins = orderOf({
      quantity: quantity('0.00000007'),
      lot: quantity('0.00000001'),
      smallest: quantity('0.00000001'),
      method: three,
    });
    // 2.33, 4.67 and 7 of the smallest unit.
    expect(planOf(coins)).toEqual(['0.00000002', '0.00000005', '0.00000007']);
  });

  it('follows a curve of volume, and an even one is TWAP', () => {
    const curve = [3, 1, 1, 1, 4];
    expect(sizes(orderOf({ method: { kind: 'vwap', curve } }))).toEqual([300, 100, 100, 100, 400]);
    const even = { kind: 'vwap', curve: Array.from({ length: 10 }, () => 0.1) } as const;
    expect(planOf(orderOf({ method: even }))).toEqual(planOf(orderOf()));
  });

  it('pays the VWAP of the market where the market trades by the curve', () => {
    // Identity: sum(w p) over slices is the VWAP whose volumes are in the proportions w.
    const volumes = [500, 100, 400, 1000];
    const prices = [10, 11, 9, 12];
    const parts = sizes(orderOf({ method: { kind: 'vwap', curve: volumes } }));
    const mean = (weights: readonly number[]): number =>
      weights.reduce((sum, w, i) => sum + w * (prices[i] as number), 0) /
      weights.reduce((sum, w) => sum + w, 0);
    // (5000 + 1100 + 3600 + 12000) / 2000
    expect(mean(volumes)).toBe(10.85);
    expect(mean(parts)).toBeCloseTo(10.85, 12);
  });

  it('rounds the schedule of Almgren and Chriss to lots', () => {
    const method = {
      kind: 'shortfall',
      slices: 5,
      riskAversion: 1e-6,
      volatility: 0.95,
      temporaryImpact: 2.5e-6,
      permanentImpact: 2.5e-7,
    } as const;
    const { trades } = almgrenChriss({
      ...method,
      quantity: 1e6,
      time: 5,
      periods: 5,
      fixedCost: 0,
    });
    const parts = sizes(orderOf({ quantity: quantity('1000000'), method }));
    for (const [slice, units] of parts.entries()) {
      expect(Math.abs(units - (trades[slice] as number))).toBeLessThanOrEqual(1);
    }
  });

  it('varies sizes by the seed alone, within the bounds', () => {
    const jittered = (seed: number): number[] => sizes(orderOf({ jitter: 0.3, seed }));
    expect(jittered(7)).toEqual(jittered(7));
    expect(jittered(7)).not.toEqual(jittered(8));
    for (let seed = 0; seed < 200; seed += 1) {
      const parts = jittered(seed);
      expect(parts.reduce((sum, units) => sum + units, 0)).toBe(1000);
      // 0.7 to 1.3 by a mean of 0.7 to 1.3, with a unit of rounding.
      for (const units of parts) expect(units).toBeGreaterThanOrEqual(Math.floor(70 / 1.3) - 1);
      for (const units of parts) expect(units).toBeLessThanOrEqual(Math.ceil(130 / 0.7) + 1);
    }
  });

  it('draws uniform numbers', () => {
    const draws = Array.from({ length: 20_000 }, (_, i) => draw(3, i));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    // Five deviations of the mean: 5 * sqrt(1/12 / 20000).
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.0103);
    expect(draws.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(new Set(draws).size).toBeGreaterThan(19_990);
  });
});

describe('orders that cannot be worked', () => {
  const iceberg = { kind: 'iceberg', display: quantity('10') } as const;
  it.each<[string, Partial<AlgorithmOrder>]>([
    ['quantity', { quantity: quantity('0') }],
    ['quantity', { quantity: quantity('1.5') }],
    ['lot', { lot: quantity('0') }],
    ['tick', { tick: price('0') }],
    ['smallest', { smallest: quantity('0.5') }],
    ['limitPrice', { limitPrice: price('10.001') }],
    ['limitPrice', { method: iceberg }],
    ['display', { method: { kind: 'iceberg', display: quantity('0') } }],
    ['offset', { method: { kind: 'peg', to: 'bid', offset: price('0.001') } }],
    ['participation', { participation: 1.5 }],
    ['participation', { participation: Number.NaN }],
    ['end', { end: 0 }],
    ['end', { end: Number.POSITIVE_INFINITY }],
    ['jitter', { jitter: 1 }],
    ['every', { every: -1 }],
    ['seed', { seed: 0.5 }],
    ['slices', { method: { kind: 'twap', slices: 0 } }],
    ['slices', { method: { kind: 'twap', slices: 1e9 } }],
    ['slices', { method: { kind: 'vwap', curve: [] } }],
    ['curve', { method: { kind: 'vwap', curve: [0, 0] } }],
    ['curve', { method: { kind: 'vwap', curve: [1, -1, 2] } }],
    ['rate', { method: { kind: 'pov', rate: 0 } }],
    [
      'volatility',
      {
        method: {
          kind: 'shortfall',
          slices: 2,
          riskAversion: 1,
          volatility: Number.NaN,
          temporaryImpact: 1,
          permanentImpact: 0,
        },
      },
    ],
  ])('names %s', (field, change) => {
    expect(() => checkAlgorithm(orderOf(change))).toThrow(new RegExp(`^${field}:`));
  });
});

describe('the curve of volume', () => {
  const window = { start: 100, length: 40, parts: 4, day: 1000, zone: 0 };

  it("is the mean of each day's own curve", () => {
    // Day 0 has 10, 20, 30, 40 of 100; day 1 has 300, 300, 0, 400 of 1000. Volume outside does not count.
    const rows = [
      [99, 1e6],
      [100, 10],
      [110, 15],
      [119, 5],
      [125, 30],
      [139, 40],
      [140, 1e6],
      [1100, 300],
      [1115, 300],
      [1130, 400],
      [1131, Number.NaN],
    ] as const;
    const history = { time: rows.map(([t]) => t), volume: rows.map(([, v]) => v) };
    const curve = volumeCurve(history, window);
    const wanted = [0.2, 0.25, 0.15, 0.4];
    for (const [part, value] of curve.entries())
      expect(value).toBeCloseTo(wanted[part] as number, 12);
    expect(curve.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12);
  });

  it('counts days from where the zone has them', () => {
    const history = { time: [5100, 5139], volume: [1, 3] };
    expect(volumeCurve(history, { ...window, zone: 5000 })).toEqual([0.25, 0, 0, 0.75]);
  });

  it('says that nothing was traded in the window', () => {
    expect(() => volumeCurve({ time: [1], volume: [5] }, window)).toThrow('no volume');
  });
});

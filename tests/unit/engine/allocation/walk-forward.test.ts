import { describe, expect, it } from 'vitest';
import { allocate } from '../../../../engine/allocation/allocate.ts';
import { holdTargets } from '../../../../engine/allocation/holdings.ts';
import { rebalanceSchedule } from '../../../../engine/allocation/schedule.ts';
import {
  allocationTargets,
  driftedWeights,
  type WalkForwardInput,
} from '../../../../engine/allocation/walk-forward.ts';
import { parseIsoTime } from '../../../../engine/domain/time.ts';
import { apart, assets, returns } from './reference.ts';

const days = (...texts: string[]): Float64Array =>
  Float64Array.from(texts, (text) => parseIsoTime(text));

/** The months of the table, one bar each on the first, from 2011-03 on, with prices from 100. */
const months = 1 + (returns[0]?.length ?? 0);
const time = Float64Array.from({ length: months }, (_, i) => Date.UTC(2011, 2 + i, 1));
const closes = returns.map((column) => {
  const prices = new Float64Array(months).fill(100);
  column.forEach((value, i) => {
    prices[i + 1] = (prices[i] ?? 0) * (1 + value);
  });
  return prices;
});

const base: WalkForwardInput = {
  assets,
  time,
  closes,
  schedule: { kind: 'quarterly' },
  lookback: 36,
  method: { kind: 'minimum-variance' },
};

describe('the schedule', () => {
  const bars = days(
    '2020-12-30',
    '2020-12-31',
    '2021-01-04',
    '2021-01-29',
    '2021-02-01',
    '2021-04-01',
    '2021-04-05',
  );

  it.each([
    ['weekly', [2, 3, 4, 5, 6]],
    ['monthly', [2, 4, 5]],
    ['quarterly', [2, 5]],
    ['yearly', [2]],
  ] as const)('%s is at the first bar of each', (kind, expected) => {
    expect(rebalanceSchedule(bars, { kind })).toEqual(expected);
  });

  it('counts weeks from Monday', () => {
    // 2021-01-03 was a Sunday.
    expect(
      rebalanceSchedule(days('2021-01-02', '2021-01-03', '2021-01-04'), { kind: 'weekly' }),
    ).toEqual([2]);
    expect(
      rebalanceSchedule(days('1969-12-28', '1969-12-29', '1970-01-01'), { kind: 'weekly' }),
    ).toEqual([1]);
  });

  it('counts bars, and looks at every bar for a threshold', () => {
    expect(rebalanceSchedule(bars, { kind: 'bars', every: 3 })).toEqual([0, 3, 6]);
    expect(rebalanceSchedule(bars, { kind: 'threshold', drift: 0.05 })).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
    expect(() => rebalanceSchedule(bars, { kind: 'bars', every: 0 })).toThrow(/every: 0/);
    expect(() => rebalanceSchedule(bars, { kind: 'threshold', drift: 0 })).toThrow(/drift: 0/);
  });
});

describe('allocation targets', () => {
  it('are what one allocation says of the lookback that ends at the bar', () => {
    const { targets, skipped } = allocationTargets(base);
    // Bar 36 is 2014-03; the first quarter that begins with 36 returns behind it is 2014-04, bar 37.
    expect(targets.map(({ bar }) => bar).slice(0, 3)).toEqual([37, 40, 43]);
    expect(targets).toHaveLength(28);
    expect(skipped).toEqual([]);
    for (const { bar, weights } of targets) {
      const window = returns.map((column) => column.subarray(bar - 36, bar));
      const plain = allocate({ assets, returns: window, method: base.method });
      expect(apart(weights, plain.weights)).toBeLessThan(1e-12);
    }
  });

  it.each<[string, Partial<WalkForwardInput>]>([
    ['least variance', {}],
    [
      'threshold',
      { schedule: { kind: 'threshold', drift: 0.03 }, method: { kind: 'risk-parity' } },
    ],
    ['turnover', { constraints: { turnover: 0.2 }, method: { kind: 'maximum-decorrelation' } }],
    ['tail', { method: { kind: 'minimum-cvar', confidence: 0.9 } }],
  ])('never look ahead: %s', (_, change) => {
    const input = { ...base, ...change };
    const whole = allocationTargets(input).targets;
    expect(whole.length).toBeGreaterThan(2);
    for (const length of [38, 60, 61, 90, months]) {
      const part = allocationTargets({
        ...input,
        time: time.subarray(0, length),
        closes: closes.map((column) => column.subarray(0, length)),
      });
      expect(part.targets).toEqual(whole.filter(({ bar }) => bar < length));
    }
    // Another future changes nothing before it.
    const other = closes.map((column) =>
      column.map((price, i) => (i > 70 ? price * (1 + (i % 3)) : price)),
    );
    const changed = allocationTargets({ ...input, closes: other }).targets;
    expect(changed.filter(({ bar }) => bar <= 70)).toEqual(whole.filter(({ bar }) => bar <= 70));
  });

  it('leave out what has no price for the whole lookback', () => {
    const late = closes.map((column, i) =>
      i === 7 ? column.map((price, t) => (t < 30 ? Number.NaN : price)) : column,
    );
    const { targets } = allocationTargets({
      ...base,
      closes: late,
      method: { kind: 'equal-weight' },
    });
    // SPY begins at bar 30: it has 36 returns at bar 66 at the earliest, and its first quarter is bar 67.
    for (const { bar, weights } of targets) {
      expect(weights[7]).toBeCloseTo(bar < 67 ? 0 : 1 / 9, 15);
      expect(weights[0]).toBeCloseTo(bar < 67 ? 1 / 8 : 1 / 9, 15);
    }
    expect(targets.some(({ bar }) => bar >= 67)).toBe(true);
  });

  it('cut what is given by asset to those that take part', () => {
    const late = closes.map((column, i) =>
      i === 0 ? column.map((price, t) => (t < 60 ? 0 : price)) : column,
    );
    const maximum = assets.map((_, i) => 0.1 + 0.05 * i);
    const groups = [{ name: 'tech', assets: ['AAPL', 'IBM'], minimum: 0.15 }];
    const budgets = assets.map((_, i) => i + 1);
    const first = (method: WalkForwardInput['method']): Float64Array =>
      allocationTargets({ ...base, closes: late, method, constraints: { maximum, groups } })
        .targets[0]?.weights as Float64Array;
    const plain = (method: WalkForwardInput['method']): Float64Array =>
      allocate({
        assets: assets.slice(1),
        returns: returns.slice(1).map((column) => column.subarray(1, 37)),
        method,
        constraints: {
          maximum: maximum.slice(1),
          groups: [{ name: 'tech', assets: ['IBM'], minimum: 0.15 }],
        },
      }).weights;
    expect(apart(first(base.method).subarray(1), plain(base.method))).toBeLessThan(1e-12);
    const parity = first({ kind: 'risk-parity', budgets });
    const cut = plain({ kind: 'risk-parity', budgets: budgets.slice(1) });
    expect(apart(parity.subarray(1), cut)).toBeLessThan(1e-12);
    const market = assets.map(() => 1 / 9);
    const views = [
      { weights: { AAPL: 1 }, expected: 0.1 },
      { weights: { SPY: 1 }, expected: 0.01 },
    ];
    const opinion = first({ kind: 'black-litterman', market, views });
    const kept = plain({ kind: 'black-litterman', market: market.slice(1), views: views.slice(1) });
    expect(apart(opinion.subarray(1), kept)).toBeLessThan(1e-12);
  });

  it('keep to the turnover limit against what is held by then', () => {
    const input = { ...base, constraints: { turnover: 0.1, maximum: 0.3 } };
    const { targets } = allocationTargets(input);
    const free = allocationTargets({ ...base, constraints: { maximum: 0.3 } }).targets;
    let bound = 0;
    targets.forEach(({ bar, weights }, k) => {
      const before = targets[k - 1];
      if (before === undefined) {
        expect(apart(weights, free[0]?.weights ?? [])).toBeLessThan(1e-12);
        return;
      }
      const held = driftedWeights(closes, before, bar);
      const trades = weights.reduce((sum, value, i) => sum + Math.abs(value - (held[i] ?? 0)), 0);
      expect(trades).toBeLessThan(0.1 + 1e-9);
      if (trades > 0.1 - 1e-9) bound += 1;
    });
    expect(bound).toBeGreaterThan(3);
  });

  it('rebalance by threshold only where a weight has drifted', () => {
    const drift = 0.04;
    const schedule = { kind: 'threshold', drift } as const;
    const { targets } = allocationTargets({ ...base, schedule, method: { kind: 'equal-weight' } });
    expect(targets[0]?.bar).toBe(36);
    for (let bar = 37; bar < months; bar += 1) {
      const last = targets.findLast((target) => target.bar < bar);
      if (last === undefined) continue;
      const off = apart(driftedWeights(closes, last, bar), last.weights);
      expect(targets.some((target) => target.bar === bar)).toBe(off > drift);
    }
    expect(targets.length).toBeGreaterThan(3);
  });

  it('say which rebalances could not be met, and fail when none could', () => {
    // From bar 40 on nine assets of at most 0.11 cannot hold all: IBM has no price.
    const gone = closes.map((column, i) =>
      assets[i] === 'IBM' ? column.map((price, t) => (t < 40 ? price : Number.NaN)) : column,
    );
    const found = allocationTargets({ ...base, closes: gone, constraints: { maximum: 0.12 } });
    expect(found.targets.map(({ bar }) => bar)).toEqual([37]);
    expect(found.skipped[0]?.bar).toBe(40);
    expect(found.skipped[0]?.reason).toContain('weights sum to 1');
    expect(() => allocationTargets({ ...base, constraints: { maximum: 0.1 } })).toThrow(
      /weights sum to 1/,
    );
  });

  it('gather warnings', () => {
    const { warnings } = allocationTargets({ ...base, lookback: 8 });
    expect(warnings.reduce((sum, { times }) => sum + times, 0)).toBeGreaterThan(20);
    expect(warnings[0]?.message).toContain('8 observations are too few');
    expect(warnings[0]?.bar).toBe(10);
  });

  it('say what is wrong with the input', () => {
    expect(() => allocationTargets({ ...base, lookback: 1 })).toThrow(/lookback: 1/);
    expect(() => allocationTargets({ ...base, closes: [] })).toThrow(
      /there are 0 columns for 9 assets/,
    );
    expect(() => allocationTargets({ ...base, time: time.subarray(1) })).toThrow(
      /AAPL has 120 bars of 119/,
    );
    expect(() => allocationTargets({ ...base, constraints: { minimum: [0] } })).toThrow(
      /there are 1 values for 9/,
    );
    expect(allocationTargets({ ...base, lookback: 500 })).toEqual({
      targets: [],
      skipped: [],
      warnings: [],
    });
  });
});

describe('holding targets', () => {
  const two = [Float64Array.of(10, 10, 20, 20, 10), Float64Array.of(5, 5, 5, 10, 10)];

  it('drifts between trades and pays for each, by hand', () => {
    // At bar 1, all of 100 in halves of 5 and 10 units. Bar 2: 100 + 50 = 150. Bar 3: 100 + 100 = 200, back to
    // halves that they are already. Bar 4: 50 + 100 = 150.
    const targets = [
      { bar: 0, weights: Float64Array.of(0.5, 0.5) },
      { bar: 2, weights: Float64Array.of(0.5, 0.5) },
    ];
    const found = holdTargets(two, targets, { costBps: 0, cash: 100 });
    expect(Array.from(found.equity)).toEqual([100, 100, 150, 200, 150]);
    expect(found.rebalances).toEqual([
      { bar: 1, turnover: 1, cost: 0 },
      { bar: 3, turnover: 0, cost: 0 },
    ]);
    // At the target's own bar: bar 2 trades 25 from A to B, which then doubles: 75 + 150 = 225, then 37.5 + 150.
    const early = holdTargets(two, targets, { costBps: 0, cash: 100, delay: 0 });
    expect(Array.from(early.equity)).toEqual([100, 100, 150, 225, 187.5]);
  });

  it('takes costs from the equity so that the weights come out right after them', () => {
    // 1 % of what is bought: E' + 0.01 E' = 100.
    const buy = [{ bar: 0, weights: Float64Array.of(1, 0) }];
    const bought = holdTargets(two, buy, { costBps: 100, cash: 100, delay: 0 });
    expect(bought.equity[0]).toBeCloseTo(100 / 1.01, 12);
    expect(bought.equity[2]).toBeCloseTo(200 / 1.01, 12);
    expect(bought.costPaid).toBeCloseTo(100 - 100 / 1.01, 12);
    // To cash later: 1 % of the 200 / 1.01 that is sold.
    const sell = [...buy, { bar: 2, weights: Float64Array.of(0, 0) }];
    const sold = holdTargets(two, sell, { costBps: 100, cash: 100, delay: 0 });
    expect(sold.equity[4]).toBeCloseTo((200 / 1.01) * 0.99, 12);
    expect(sold.rebalances[1]?.turnover).toBeCloseTo(1, 12);
  });

  it('leaves what is not given to assets in cash, and borrows what is more', () => {
    const half = holdTargets(two, [{ bar: 0, weights: Float64Array.of(0.5, 0) }], {
      costBps: 0,
      delay: 0,
    });
    expect(Array.from(half.equity)).toEqual([1, 1, 1.5, 1.5, 1]);
    const double = holdTargets(two, [{ bar: 0, weights: Float64Array.of(2, 0) }], {
      costBps: 0,
      delay: 0,
    });
    expect(Array.from(double.equity)).toEqual([1, 1, 3, 3, 1]);
    const short = holdTargets(two, [{ bar: 0, weights: Float64Array.of(-0.5, 1) }], {
      costBps: 0,
      delay: 0,
    });
    expect(Array.from(short.equity)).toEqual([1, 1, 0.5, 1.5, 2]);
  });

  it('keeps the last price of an asset that has none, and does not buy what never had one', () => {
    const gap = [Float64Array.of(10, Number.NaN, 20), Float64Array.of(Number.NaN, Number.NaN, 5)];
    const held = holdTargets(gap, [{ bar: 0, weights: Float64Array.of(1, 0) }], {
      costBps: 0,
      delay: 0,
    });
    expect(Array.from(held.equity)).toEqual([1, 1, 2]);
    const never = [{ bar: 0, weights: Float64Array.of(0, 1) }];
    expect(() => holdTargets(gap, never, { costBps: 0 })).toThrow(
      /bar 1: asset 1 has a weight and no price yet/,
    );
  });

  it('does not trade after the end', () => {
    const last = [{ bar: 4, weights: Float64Array.of(1, 0) }];
    expect(holdTargets(two, last, { costBps: 10 }).rebalances).toEqual([]);
    expect(() => holdTargets(two, [...last, ...last], { costBps: 0 })).toThrow(
      /bar 4 is out of order/,
    );
    expect(() => holdTargets(two, last, { costBps: -1 })).toThrow(/costBps: -1/);
  });

  it('agrees with a walk in steps of returns over the whole table', () => {
    const { targets } = allocationTargets({ ...base, method: { kind: 'risk-parity' } });
    const { equity, rebalances, costPaid } = holdTargets(closes, targets, {
      costBps: 20,
      delay: 0,
    });
    let value = 1;
    let weights = new Float64Array(assets.length);
    let paid = 0;
    for (let bar = 0; bar < months; bar += 1) {
      if (bar > 0) {
        const grown = weights.map((weight, i) => weight * (1 + (returns[i]?.[bar - 1] ?? 0)));
        const step = 1 + grown.reduce((sum, after, i) => sum + after - (weights[i] ?? 0), 0);
        value *= step;
        weights = grown.map((weight) => weight / step);
      }
      const target = targets.find((each) => each.bar === bar);
      if (target !== undefined) {
        // The share kept: k = 1 − 0.002 Σ |k w − held|, by going round.
        let kept = 1;
        for (let round = 0; round < 50; round += 1) {
          kept =
            1 -
            0.002 *
              target.weights.reduce((sum, w, i) => sum + Math.abs(kept * w - (weights[i] ?? 0)), 0);
        }
        paid += value * (1 - kept);
        value *= kept;
        weights = Float64Array.from(target.weights);
      }
      expect(equity[bar]).toBeCloseTo(value, 10);
    }
    expect(rebalances).toHaveLength(targets.length);
    expect(costPaid).toBeCloseTo(paid, 10);
  });
});

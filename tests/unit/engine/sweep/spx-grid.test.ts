import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type FillTiming } from '../../../../engine/domain/backtest.ts';
import { METRICS } from '../../../../engine/sweep/metrics.ts';
import { SweepRunner } from '../../../../engine/sweep/run.ts';
import { SweepTable } from '../../../../engine/sweep/table.ts';
import { spx } from '../backtest/bars.ts';

function compare(fill: FillTiming, fast: string): { pairs: number; worst: Map<string, number> } {
  const settings = {
    ...DEFAULT_SETTINGS,
    fill,
    commission: { percent: 0.1, perShare: 0, minimum: 0 },
  };
  const task = {
    strategy: 'sma-cross',
    space: { ranges: { fast, slow: '2..100' }, constraints: ['fast < slow'] },
    settings,
    bars: spx(),
  };
  const runner = new SweepRunner(task);
  const table = new SweepTable(runner.names, 10e6);
  runner.run({ from: 0, to: runner.space.size }, table);
  const row = new Float64Array(runner.names.length);
  const worst = new Map<string, number>();
  for (let k = 0; k < table.length; k += 1) {
    table.read(k, row);
    const parameters = { fast: row[1] ?? 0, slow: row[2] ?? 0 };
    const { statistics } = runBacktest({ ...task, parameters });
    for (const [m, { name, title }] of METRICS.entries()) {
      const wanted = statistics.find((statistic) => statistic.name === title)?.value ?? 0;
      const got = row[3 + m] ?? 0;
      const distance = Object.is(got, wanted) ? 0 : Math.abs(got - wanted) / Math.abs(wanted);
      // Written so that a NaN on one side only counts as the worst.
      if (!(distance <= (worst.get(name) ?? 0))) worst.set(name, distance);
    }
  }
  return { pairs: table.length, worst };
}

function expectEqual(worst: Map<string, number>): void {
  for (const [name, distance] of worst) expect(distance, name).toBeLessThan(1e-9);
  for (const name of ['trades', 'win_rate', 'exposure']) expect(worst.get(name) ?? 0).toBe(0);
}

describe('pairs of averages on the S&P 500', () => {
  it('have the figures of the event-driven engine, all 4,851 of them', () => {
    const { pairs, worst } = compare('same-close', '2..100');
    expect(pairs).toBe(4_851);
    expectEqual(worst);
  }, 120_000);

  it('have them with fills at the next open, each pair alone', () => {
    // 3, 23, 43, 63 and 83 have 97 + 77 + 57 + 37 + 17 slower ones.
    const { pairs, worst } = compare('next-open', '3..99 step 20');
    expect(pairs).toBe(285);
    expectEqual(worst);
  }, 60_000);

  it('have them where a pair trades a thousand times', () => {
    const { worst } = compare('same-close', '2');
    expectEqual(worst);
  }, 60_000);
});

import { beforeAll, describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type FillTiming } from '../../../../engine/domain/backtest.ts';
import { METRICS } from '../../../../engine/sweep/metrics.ts';
import { SweepRunner } from '../../../../engine/sweep/run.ts';
import { SweepTable } from '../../../../engine/sweep/table.ts';
import { spx } from '../backtest/bars.ts';

function taskOf(fill: FillTiming, fast: string) {
  const settings = {
    ...DEFAULT_SETTINGS,
    fill,
    commission: { percent: 0.1, perShare: 0, minimum: 0 },
  };
  return {
    strategy: 'sma-cross',
    space: { ranges: { fast, slow: '2..100' }, constraints: ['fast < slow'] },
    settings,
    bars: spx(),
  };
}

/** All pairs of a grid in one sweep. */
function sweepOf(fill: FillTiming, fast: string): { task: Task; table: SweepTable; names: number } {
  const task = taskOf(fill, fast);
  const runner = new SweepRunner(task);
  const table = new SweepTable(runner.names, 10e6);
  runner.run({ from: 0, to: runner.space.size }, table);
  return { task, table, names: runner.names.length };
}

type Task = ReturnType<typeof taskOf>;

/** How many of the pairs, of those with such a fast average, and the greatest distance of each figure. */
function compare(
  { task, table, names }: ReturnType<typeof sweepOf>,
  [from, to]: readonly [number, number] = [2, 100],
): { pairs: number; worst: Map<string, number> } {
  const row = new Float64Array(names);
  const worst = new Map<string, number>();
  let pairs = 0;
  for (let k = 0; k < table.length; k += 1) {
    table.read(k, row);
    const parameters = { fast: row[1] ?? 0, slow: row[2] ?? 0 };
    if (parameters.fast < from || parameters.fast > to) continue;
    pairs += 1;
    const { statistics } = runBacktest({ ...task, parameters });
    for (const [m, { name, title }] of METRICS.entries()) {
      const wanted = statistics.find((statistic) => statistic.name === title)?.value ?? 0;
      const got = row[3 + m] ?? 0;
      const distance = Object.is(got, wanted) ? 0 : Math.abs(got - wanted) / Math.abs(wanted);
      // Written so that a NaN on one side only counts as the worst.
      if (!(distance <= (worst.get(name) ?? 0))) worst.set(name, distance);
    }
  }
  return { pairs, worst };
}

function expectEqual(worst: Map<string, number>): void {
  for (const [name, distance] of worst) expect(distance, name).toBeLessThan(1e-9);
  for (const name of ['trades', 'win_rate', 'exposure']) expect(worst.get(name) ?? 0).toBe(0);
}

describe('pairs of averages on the S&P 500', () => {
  describe('have the figures of the event-driven engine, all 4,851 of them', () => {
    let swept: ReturnType<typeof sweepOf>;
    beforeAll(() => {
      swept = sweepOf('same-close', '2..100');
    });

    it('in one sweep', () => {
      expect(swept.table.length).toBe(4_851);
    });

    // A fast average of n has 100 - n slower ones. In parts: the whole takes minutes on a slow machine.
    it.each([
      [2, 7, 573],
      [8, 13, 537],
      [14, 20, 581],
      [21, 28, 604],
      [29, 37, 603],
      [38, 49, 678],
      [50, 64, 645],
      [65, 99, 630],
    ])('those with a fast one of %i to %i', (from, to, count) => {
      const { pairs, worst } = compare(swept, [from, to]);
      expect(pairs).toBe(count);
      expectEqual(worst);
    });
  });

  it('have them with fills at the next open, each pair alone', () => {
    // 3, 23, 43, 63 and 83 have 97 + 77 + 57 + 37 + 17 slower ones.
    const { pairs, worst } = compare(sweepOf('next-open', '3..99 step 20'));
    expect(pairs).toBe(285);
    expectEqual(worst);
  });

  it('have them where a pair trades a thousand times', () => {
    const { pairs, worst } = compare(sweepOf('same-close', '2'));
    expect(pairs).toBe(98);
    expectEqual(worst);
  });
});

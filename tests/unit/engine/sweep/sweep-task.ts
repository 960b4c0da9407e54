import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import type { Environment } from '../../../../engine/expressions/environment.ts';
import { SweepRunner, type SweepTask } from '../../../../engine/sweep/run.ts';
import { SweepTable } from '../../../../engine/sweep/table.ts';
import { randomWalk } from '../backtest/bars.ts';

export const BARS = randomWalk(600, 11, 0.02);

export const TASK: SweepTask = {
  strategy: 'sma-cross',
  space: { ranges: { fast: '2..20', slow: '3..40' }, constraints: ['fast < slow'] },
  settings: { ...DEFAULT_SETTINGS, commission: { percent: 0.1, perShare: 0, minimum: 0 } },
  bars: BARS,
};

export function tableOf(runner: SweepRunner): SweepTable {
  return new SweepTable(runner.names, 1e7);
}

/** Runs all combinations in one go. */
export function whole(task: SweepTask): SweepTable {
  const runner = new SweepRunner(task);
  const table = tableOf(runner);
  runner.run({ from: 0, to: runner.space.size }, table);
  return table;
}

/** Daily bars for the conditions of rules. */
export function environmentOf(bars: BarColumns): Environment {
  return {
    series: () => ({
      length: bars.time.length,
      column: (name) => bars[name as keyof BarColumns],
      closedAt: bars.time.map((time) => time + 86_400_000),
    }),
  };
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { readStrategyDocument } from '../../../../electron/services/strategies/read-document.ts';
import { STRATEGIES } from '../../../../engine/backtest/strategies.ts';
import type { LiveProgram } from '../../../../engine/live/program.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../backtest/bars.ts';
import { Stage } from './stage.ts';

const WARM_UP = 300;
/** A size that does not depend on the price at the fill, so that the model's is the same. */
const FIXED = { size: { kind: 'quantity', quantity: 10 }, cash: 1_000_000 } as const;

function rules(name: string): LiveProgram {
  const text = readFileSync(fromRoot(`resources/strategies/${name}.yaml`), 'utf8');
  return { kind: 'rules', id: name, rules: readStrategyDocument(text, `${name}.yaml`) };
}

describe('a live run beside its twin', () => {
  const bars = sliceColumns(spx(), 0, 1_500);
  const programs: LiveProgram[] = [
    ...STRATEGIES.map(({ id }) => ({ kind: 'built-in', id }) as const),
    rules('donchian-breakout'),
    rules('rsi2-reversion'),
  ];

  it.each(programs)('$id: every order and fill is the same', (program) => {
    const settings = { ...FIXED, slippageBps: 2, commission: { percent: 0.05, perShare: 0, minimum: 1 } };
    const report = new Stage({ program, bars, warmUp: WARM_UP, settings }).play();
    for (const row of report.orders) {
      if (row.live?.bar !== row.model?.bar || Math.abs(row.drift.total) > 1e-6) console.log(program.id, JSON.stringify(row));
    }
    console.log(program.id, report.orders.length, report.trades.length, report.drift);
    expect(report.orders.length).toBeGreaterThan(5);
  });
});

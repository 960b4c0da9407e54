import { runStrategy } from '../../../../engine/backtest/run.ts';
import type { StrategyContext, StrategyDefinition } from '../../../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { auditRun, type Audit, type AuditTask } from '../../../../engine/validation/audit.ts';

export const COSTS: BacktestSettings = {
  ...DEFAULT_SETTINGS,
  commission: { percent: 0.05, perShare: 0, minimum: 0 },
  slippageBps: 2,
};

/** A strategy written in a test; it may do with the bars whatever it likes. */
export function strategy(onBar: (context: StrategyContext) => void): StrategyDefinition {
  return {
    id: 'planted',
    title: 'Planted',
    description: 'Made for the audit.',
    parameters: [],
    validate: () => undefined,
    create: () => ({ onBar }),
  };
}

export type Plant = (bars: BarColumns) => StrategyDefinition;

export function audit(bars: BarColumns, plant: Plant, given: Partial<AuditTask> = {}): Audit {
  return auditRun({
    bars,
    settings: COSTS,
    universe: 'point-in-time',
    seed: 1,
    run: (part) => runStrategy(plant(part), { bars: part, parameters: {}, settings: COSTS }),
    ...given,
  });
}

export const finding = ({ findings }: Audit, check: string) =>
  findings.find((found) => found.check === check && found.severity !== 'note');

/** Is long while the rule wants to be. */
export function follow(context: StrategyContext, wantsLong: boolean): void {
  if (wantsLong && context.position === 0) context.buy();
  else if (!wantsLong && context.position > 0) context.exit();
}

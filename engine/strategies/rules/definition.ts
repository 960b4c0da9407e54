import type { StrategyDefinition } from '../../backtest/strategy.ts';
import { ColumnView } from '../../backtest/view.ts';
import type { BacktestSettings } from '../../domain/backtest.ts';
import { RenataError } from '../../domain/errors.ts';
import { resolveParameters, type ParameterValues } from '../../domain/parameters.ts';
import type { Environment } from '../../expressions/environment.ts';
import { BASE_SCOPE } from '../../expressions/graph.ts';
import type { Program } from '../../expressions/program.ts';
import { planOf, sizeRuleOf } from './plan.ts';
import type { RuleProgram } from './program.ts';
import { RuleStrategy } from './strategy.ts';

/**
 * The strategy of a document over the bars of an environment. All conditions are evaluated as columns
 * before the first bar, and read bar by bar.
 * @throws RenataError (on creation) BAD_INPUT where there are fewer bars than the rules need
 */
export function ruleDefinition(
  id: string,
  program: RuleProgram,
  environment: Environment,
): StrategyDefinition {
  const { document } = program;
  return {
    id,
    title: document.name,
    description: document.description,
    parameters: program.parameters,
    validate: (values) => program.check(values),
    create(values, setup) {
      const compiled = program.compile(values);
      requireBars(id, compiled, setup.barCount);
      const columns = program.columns(compiled, environment);
      for (const name of Object.keys(document.plot ?? {})) {
        const column = columns.get(`plot.${name}`);
        if (column !== undefined) setup.plot(name, new ColumnView(column, { index: -1 }));
      }
      return new RuleStrategy(planOf(document, program.constants(compiled), columns));
    },
  };
}

/** Settings of a run with the size rule that the document asks for. */
export function ruleSettings(
  program: RuleProgram,
  given: ParameterValues,
  settings: BacktestSettings,
): BacktestSettings {
  const { document } = program;
  const values = resolveParameters(document.name, program.parameters, given);
  const size = sizeRuleOf(document, program.constants(program.compile(values)));
  return size === undefined ? settings : { ...settings, size };
}

/** Conditions of a rule over whole columns, with its filters in the entries: 1 is true. */
export interface ConditionColumns {
  readonly entry: Float64Array | undefined;
  readonly exit: Float64Array | undefined;
  readonly shortEntry: Float64Array | undefined;
  readonly shortExit: Float64Array | undefined;
}

/** The entry and exit conditions of a document as columns, for engines that work on whole columns. */
export function conditionColumns(
  program: RuleProgram,
  values: ParameterValues,
  environment: Environment,
): ConditionColumns {
  const columns = program.columns(program.compile(values), environment);
  const gates = ['filters.when', 'filters.session', 'filters.weekdays'].flatMap(
    (path) => columns.get(path) ?? [],
  );
  const gated = (entry: Float64Array | undefined): Float64Array | undefined =>
    gates.length === 0
      ? entry
      : entry?.map((value, i) => (value === 1 && gates.every((gate) => gate[i] === 1) ? 1 : 0));
  return {
    entry: gated(columns.get('entry.long')),
    exit: columns.get('exit.long'),
    shortEntry: gated(columns.get('entry.short')),
    shortExit: columns.get('exit.short'),
  };
}

/** Why a document is more than its conditions; `undefined` when `conditionColumns` say all of it. */
export function beyondConditions({ document }: RuleProgram): string | undefined {
  const { stops, sizing, order, filters } = document;
  if (stops !== undefined && Object.keys(stops).length > 0) return 'it has stops';
  if (sizing !== undefined && sizing !== 'all') return 'it has a size rule of its own';
  if (order !== undefined && order.type !== 'market') return `it enters with ${order.type} orders`;
  if ((filters?.maxOpen ?? 1) > 1) return 'it may hold several entries';
  if (filters?.cooldown !== undefined) return 'it waits after an exit';
  return undefined;
}

/** Bars that an environment has for the instrument itself. */
export function barCountOf(environment: Environment): number {
  return environment.series(BASE_SCOPE).length;
}

function requireBars(id: string, compiled: Program, barCount: number): void {
  if (barCount > compiled.lookback) return;
  const deepest = compiled.expressions.findIndex(({ lookback }) => lookback === compiled.lookback);
  const part = compiled.parts[deepest];
  throw new RenataError(
    'BAD_INPUT',
    `${id}: the data have ${barCount} bars; ${part?.path ?? 'a rule'} needs ${compiled.lookback + 1} before it can be known. Use more data or shorter periods.`,
    { details: { parameter: 'data', needed: compiled.lookback + 1, bars: barCount } },
  );
}

import type { StrategyDefinition } from '../backtest/strategy.ts';
import { RenataError } from '../domain/errors.ts';
import type { Parameter, ParameterValues } from '../domain/parameters.ts';
import { evaluateColumns } from '../expressions/columns.ts';
import { compile, type Catalogue } from '../expressions/compile.ts';
import type { Environment } from '../expressions/environment.ts';
import type { CompiledExpression, ExpressionParameter } from '../expressions/graph.ts';
import type { ColumnCache } from './column-cache.ts';
import { nextTarget, type RuleColumns } from './signals.ts';
import type { ParameterOwner } from './space.ts';

/** A strategy as conditions of the expression language; `param(…)`s with one name are one parameter. */
export interface RuleSource {
  readonly entry: string;
  readonly exit: string;
  readonly shortEntry?: string;
  readonly shortExit?: string;
}

const NAMES = ['entry', 'exit', 'shortEntry', 'shortExit'] as const;
type ConditionName = (typeof NAMES)[number];

interface Condition {
  readonly name: ConditionName;
  readonly source: string;
  readonly parameters: readonly string[];
}

/** Compiled conditions of a rule and the parameters that they have together. */
export class Rules implements ParameterOwner {
  readonly id = 'rules';
  readonly parameters: readonly Parameter[];
  private readonly conditions: readonly Condition[];
  private readonly catalogue: Catalogue;

  /** @throws RenataError BAD_INPUT for a condition that cannot be read or is a number */
  constructor(source: RuleSource, catalogue: Catalogue) {
    this.catalogue = catalogue;
    const found = new Map<string, ExpressionParameter>();
    this.conditions = NAMES.flatMap((name) => {
      const text = source[name];
      if (text === undefined) return [];
      const compiled = compileCondition(name, text, catalogue, {});
      for (const parameter of compiled.parameters) merge(found, parameter);
      return [
        { name, source: text, parameters: compiled.parameters.map((parameter) => parameter.name) },
      ];
    });
    this.parameters = [...found.values()].map(described);
  }

  /** Conditions have no checks between parameters besides the constraints of a sweep. */
  validate(): void {}

  /** Bars before all conditions can be known. */
  lookback(parameters: ParameterValues): number {
    return Math.max(
      0,
      ...this.conditions.map((condition) => this.compile(condition, parameters).lookback),
    );
  }

  /** The conditions over the base bars of the environment; each is computed once for its own parameters. */
  columns(parameters: ParameterValues, environment: Environment, cache: ColumnCache): RuleColumns {
    const columns: Partial<Record<ConditionName, Float64Array>> = {};
    for (const condition of this.conditions) {
      const values = condition.parameters.map((name) => String(parameters[name]));
      columns[condition.name] = cache.get(`${condition.name} ${values.join(' ')}`, () =>
        evaluateColumns(this.compile(condition, parameters), environment),
      );
    }
    return columns as RuleColumns;
  }

  private compile(condition: Condition, parameters: ParameterValues): CompiledExpression {
    const own: Record<string, number> = {};
    for (const name of condition.parameters) {
      const value = parameters[name];
      if (typeof value === 'number') own[name] = value;
    }
    return compileCondition(condition.name, condition.source, this.catalogue, own);
  }
}

/** The same rule for the event-driven engine. */
export function ruleStrategy(columns: RuleColumns): StrategyDefinition {
  return {
    id: 'rules',
    title: 'Rules',
    description: 'Entries and exits where conditions are true.',
    parameters: [],
    validate: () => undefined,
    create: () => ({
      onBar(context) {
        const held = Math.sign(context.position);
        const target = nextTarget(columns, context.index, held, context.shortAllowed);
        if (target === held) return;
        if (target === 0) context.exit('exit');
        else if (target > 0) context.buy('entry');
        else context.sell('short entry');
      },
    }),
  };
}

function compileCondition(
  name: ConditionName,
  source: string,
  catalogue: Catalogue,
  parameters: Readonly<Record<string, number>>,
): CompiledExpression {
  const compiled = compile(source, catalogue, parameters);
  if (compiled.type === 'boolean') return compiled;
  throw new RenataError(
    'BAD_INPUT',
    `${name}: "${source}" is a number; a rule needs a condition such as rsi(14) < 30.`,
    { details: { parameter: name } },
  );
}

function merge(found: Map<string, ExpressionParameter>, parameter: ExpressionParameter): void {
  const { name, default: value, low, high, step } = parameter;
  const known = found.get(name);
  const same =
    known === undefined ||
    (known.default === value && known.low === low && known.high === high && known.step === step);
  if (!same) {
    throw new RenataError(
      'BAD_INPUT',
      `${name}: the rule's conditions give this parameter different defaults or ranges; write the same in all.`,
      { details: { parameter: name } },
    );
  }
  found.set(name, parameter);
}

function described({ name, default: value, low, high, step }: ExpressionParameter): Parameter {
  const whole = [value, low, high, step].every((number) => Number.isInteger(number));
  return {
    kind: whole ? 'integer' : 'real',
    name,
    label: name,
    description: `The rule's parameter ${name}.`,
    default: value,
    min: low,
    max: high,
    step,
  };
}

import { RenataError } from '../../domain/errors.ts';
import type { Parameter } from '../../domain/parameters.ts';
import {
  firstProblem,
  strategyModule,
  type StrategyModule,
} from '../../protocol/strategy-document.ts';

/** What is known of a strategy in TypeScript before it runs. */
export interface ModuleDescription {
  readonly title: string;
  readonly description: string;
  readonly source: string | null;
  readonly instruments: readonly string[];
  readonly timeframe: string | null;
  /** Trades several instruments at once. */
  readonly portfolio: boolean;
  readonly parameters: readonly Parameter[];
}

/**
 * Checks what a file exports besides its functions.
 * @throws RenataError STRATEGY_FAILED naming the field
 */
export function describeModule(file: string, exported: unknown): ModuleDescription {
  const parsed = strategyModule.safeParse(exported);
  if (!parsed.success) {
    const { path, message } = firstProblem(parsed.error);
    throw new RenataError(
      'STRATEGY_FAILED',
      `${file}: strategy.${path.join('.')}: ${message}; see docs/strategies.md.`,
      { details: { file, path: path.join('.') } },
    );
  }
  const { title, description, source, instruments, timeframe, portfolio, parameters } = parsed.data;
  return {
    title,
    description,
    source: source ?? null,
    instruments: instruments ?? [],
    timeframe: timeframe ?? null,
    portfolio: portfolio ?? false,
    parameters: Object.entries(parameters).map(([name, given]) =>
      describeParameter(file, name, given),
    ),
  };
}

function describeParameter(
  file: string,
  name: string,
  given: StrategyModule['parameters'][string],
): Parameter {
  const common = { name, label: given.label ?? name, description: given.description ?? '' };
  if ('choices' in given) {
    if (!given.choices.includes(given.default)) {
      throw wrong(file, name, `the default ${given.default} is none of its choices`);
    }
    return { kind: 'choice', ...common, default: given.default, choices: given.choices };
  }
  if (!('min' in given)) return { kind: 'boolean', ...common, default: given.default };
  const { default: value, min, max } = given;
  if (!(min <= value && value <= max)) {
    throw wrong(file, name, `the default ${value} must lie between min ${min} and max ${max}`);
  }
  const whole = [value, min, max, given.step ?? 1].every((each) => Number.isInteger(each));
  return {
    kind: whole ? 'integer' : 'real',
    ...common,
    default: value,
    min,
    max,
    step: given.step ?? (whole || min === max ? 1 : (max - min) / 20),
    ...(given.unit === undefined ? {} : { unit: given.unit }),
  };
}

function wrong(file: string, name: string, message: string): RenataError {
  return new RenataError('STRATEGY_FAILED', `${file}: strategy.parameters.${name}: ${message}.`, {
    details: { file, path: `parameters.${name}` },
  });
}

import type { BacktestSettings } from '../../../engine/domain/backtest.ts';
import { resolveParameters, type ParameterValues } from '../../../engine/domain/parameters.ts';
import { findStrategy } from '../../../engine/backtest/strategies.ts';
import { instrumentsRead } from '../../../engine/expressions/program.ts';
import type { RunStrategy } from '../../../engine/protocol/bundle-tasks.ts';
import type { StrategyProgram } from '../../../engine/protocol/tasks.ts';
import { ruleSettings } from '../../../engine/strategies/rules/definition.ts';
import type { Language, LoadedStrategy, StrategyLibrary } from './library.ts';

/** A strategy text that is in no folder. */
export interface InlineSource {
  readonly language: Language;
  readonly name: string;
  readonly text: string;
}

export interface StrategyRequest {
  readonly strategy: string;
  readonly parameters: ParameterValues;
  readonly settings: BacktestSettings;
  readonly source?: InlineSource | undefined;
}

/** A strategy with everything checked that can be before its bars are read. */
export interface PreparedStrategy {
  readonly title: string;
  readonly parameters: ParameterValues;
  /** The run's, with the size rule that a document asks for. */
  readonly settings: BacktestSettings;
  readonly program: StrategyProgram | undefined;
  /** Instruments that it reads, each with the timeframes asked of it; `null` is the run's own. */
  readonly reads: ReadonlyMap<string, readonly (string | null)[]>;
  /** What a strategy of several instruments names itself; null for one that trades one. */
  readonly portfolio: readonly string[] | null;
  /** SHA-256 of its text, hex; empty for those of the program itself. */
  readonly hash: string;
  /** What is kept with a run; null for those of the program itself. */
  readonly text: RunStrategy | null;
}

/** @throws RenataError NOT_FOUND, the error of its file, or BAD_INPUT naming a parameter */
export async function prepareStrategy(
  library: StrategyLibrary,
  { strategy, parameters: given, settings, source }: StrategyRequest,
): Promise<PreparedStrategy> {
  const loaded =
    source === undefined
      ? await library.load(strategy)
      : await library.read(source.text, source.language, source.name);
  const { entry, program, rules, hash } = loaded;
  const id = source === undefined ? entry.id : source.name;
  const parameters = resolveParameters(id, entry.parameters, given);
  const { title } = entry;
  const text = textOf(loaded);
  const portfolio = entry.portfolio === true ? entry.instruments : null;
  if (program === undefined) {
    findStrategy(strategy).validate(parameters);
    return { portfolio, title, parameters, settings, program, reads: new Map(), hash, text };
  }
  if (rules === undefined) {
    // Code can read any timeframe of what it names; bars of the run's own length are looked for.
    const reads = new Map(entry.instruments.map((name) => [name.toUpperCase(), [null]] as const));
    return { portfolio, title, parameters, settings, program, reads, hash, text };
  }
  rules.check(parameters);
  return {
    portfolio,
    title,
    parameters,
    settings: ruleSettings(rules, parameters, settings),
    program,
    reads: instrumentsRead(rules.compile(parameters)),
    hash,
    text,
  };
}

function textOf({ program, text, hash }: LoadedStrategy): RunStrategy | null {
  if (text === undefined) return null;
  const trusted = program?.kind === 'code' && program.trusted;
  return { ...text, hash, trusted };
}

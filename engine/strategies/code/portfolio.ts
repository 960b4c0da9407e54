import { runPortfolio } from '../../backtest/portfolio-run.ts';
import type {
  PortfolioInstrument,
  PortfolioResult,
  PortfolioSettings,
  PortfolioStrategy,
} from '../../backtest/portfolio-types.ts';
import type { RunHooks } from '../../backtest/run.ts';
import type { BarColumns } from '../../domain/bar.ts';
import { RenataError } from '../../domain/errors.ts';
import {
  resolveParameters,
  type Parameter,
  type ParameterValues,
} from '../../domain/parameters.ts';
import { BarsEnvironment, type InstrumentBars } from '../../expressions/bars-environment.ts';
import { CodeColumns } from './columns.ts';

/** A strategy in code that trades several instruments. */
export interface PortfolioDefinition {
  readonly id: string;
  readonly title: string;
  readonly parameters: readonly Parameter[];
  /** @throws RenataError BAD_INPUT naming the parameter */
  validate(parameters: ParameterValues): void;
  create(parameters: ParameterValues): PortfolioStrategy;
}

/** An instrument as the code of a strategy prepares its columns. */
export interface Leg {
  readonly symbol: string;
  readonly bars: BarColumns;
  readonly columns: CodeColumns;
}

export interface PortfolioCodeTask {
  readonly parameters: ParameterValues;
  readonly settings: PortfolioSettings;
  readonly instruments: readonly PortfolioInstrument[];
}

/**
 * Each instrument with columns of its own bars, longer ones, and those of the others by `on("…")`.
 * @throws RenataError BAD_INPUT, when a column is asked for, for an instrument that is not in the run
 */
export function legsOf(
  instruments: readonly (InstrumentBars & { readonly symbol: string })[],
): readonly Leg[] {
  const known = new Map(instruments.map((each) => [each.symbol, each]));
  const lookUp = (symbol: string): InstrumentBars => {
    const found = known.get(symbol);
    if (found !== undefined) return found;
    throw new RenataError('BAD_INPUT', `on("${symbol}"): ${notAmong(symbol, [...known.keys()])}`, {
      details: { parameter: 'instruments' },
    });
  };
  return instruments.map((instrument) => ({
    symbol: instrument.symbol,
    bars: instrument.bars,
    columns: new CodeColumns(instrument.bars, new BarsEnvironment(instrument, lookUp)),
  }));
}

/** What is said of a symbol that a strategy asks for and its run has not. */
export function notAmong(symbol: unknown, symbols: readonly string[]): string {
  return `${String(symbol).slice(0, 48)} is none of the run's instruments (${symbols.join(', ')}); name it in instruments.`;
}

/**
 * Runs a strategy of several instruments in code.
 * @throws RenataError BAD_INPUT for a wrong parameter, and what `runPortfolio` throws
 */
export function runPortfolioCode(
  definition: PortfolioDefinition,
  { parameters: given, settings, instruments }: PortfolioCodeTask,
  hooks: RunHooks,
): PortfolioResult {
  const parameters = resolveParameters(definition.id, definition.parameters, given);
  definition.validate(parameters);
  return runPortfolio({ instruments, settings }, () => definition.create(parameters), hooks);
}

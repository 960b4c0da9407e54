import { findStrategy } from '../backtest/strategies.ts';
import type { Strategy, StrategyDefinition } from '../backtest/strategy.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import type { Bar, BarColumns } from '../domain/bar.ts';
import type { MarketCalendar, SessionHours } from '../domain/calendar.ts';
import { RenataError } from '../domain/errors.ts';
import { resolveParameters, type Parameter, type ParameterValues } from '../domain/parameters.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import { BarsEnvironment } from '../expressions/bars-environment.ts';
import { instrumentsRead } from '../expressions/program.ts';
import { CodeStream } from '../strategies/code/stream.ts';
import { ruleDefinition, ruleSettings } from '../strategies/rules/definition.ts';
import type { RuleProgram } from '../strategies/rules/program.ts';
import { RuleStream } from '../strategies/rules/stream.ts';

/** A strategy that can run live: one of the program itself by its name, rules, or a user's TypeScript. */
export type LiveProgram =
  | { readonly kind: 'built-in'; readonly id: string }
  | { readonly kind: 'rules'; readonly id: string; readonly rules: RuleProgram }
  | { readonly kind: 'code'; readonly id: string; readonly code: LiveCode };

/** TypeScript made ready where it may run: code of users is not run here. */
export interface LiveCode {
  readonly parameters: readonly Parameter[];
  /** @throws RenataError BAD_INPUT for parameters that do not go together */
  validate(parameters: ParameterValues): void;
  /** The strategy, before its first bar. @throws RenataError for what it cannot have bar by bar */
  start(parameters: ParameterValues): RunningStrategy;
}

/** How the bars come that a strategy runs on. */
export interface LiveMarket {
  readonly timeframe: Timeframe;
  readonly calendar: MarketCalendar;
  readonly hours: SessionHours;
}

/** A strategy that takes its bars one by one. */
export interface RunningStrategy extends Strategy {
  take(bar: Bar): void;
}

/** How far back the columns of built-in strategies can be read. */
const HISTORY = 64;

/** Parameters with their defaults, checked. @throws RenataError BAD_INPUT naming the parameter */
export function parametersOf(program: LiveProgram, given: ParameterValues): ParameterValues {
  if (program.kind === 'built-in') {
    const definition = findStrategy(program.id);
    const values = resolveParameters(definition.id, definition.parameters, given);
    definition.validate(values);
    return values;
  }
  if (program.kind === 'code') {
    const { id, code } = program;
    const values = resolveParameters(id, code.parameters, given);
    code.validate(values);
    return values;
  }
  const { rules, id } = program;
  const values = resolveParameters(id, rules.parameters, given);
  rules.check(values);
  return values;
}

/** Settings with the size rule that a document asks for. */
export function liveSettings(
  program: LiveProgram,
  parameters: ParameterValues,
  settings: BacktestSettings,
): BacktestSettings {
  return program.kind === 'rules' ? ruleSettings(program.rules, parameters, settings) : settings;
}

/**
 * The same strategy code as in a backtest, fed bar by bar.
 * @throws RenataError BAD_INPUT for rules that read other instruments
 */
export function startStrategy(
  program: LiveProgram,
  parameters: ParameterValues,
  base: LiveMarket,
): { readonly strategy: RunningStrategy; readonly lookback: number } {
  if (program.kind === 'rules') {
    const { rules, id } = program;
    const others = [...instrumentsRead(rules.compile(parameters)).keys()];
    if (others.length > 0) {
      throw new RenataError(
        'BAD_INPUT',
        `strategy: ${id} reads ${others.join(', ')}; live runs take strategies that read their own instrument alone.`,
        { details: { parameter: 'strategy' } },
      );
    }
    const stream = new RuleStream(rules, parameters, { base });
    return {
      lookback: stream.lookback,
      strategy: {
        take: (bar) => void stream.take([{ instrument: null, bar }]),
        onBar: (context) => stream.onBar(context),
        onOrder: (event, context) => stream.onOrder(event, context),
      },
    };
  }
  if (program.kind === 'code') return { lookback: 1, strategy: program.code.start(parameters) };
  const definition = findStrategy(program.id);
  const stream = new CodeStream({ base, history: HISTORY });
  const made = definition.create(parameters, {
    // No bar is known beforehand.
    barCount: 0,
    indicator: (id, values, output) => stream.indicator(id, values, output),
    plot: () => undefined,
  });
  return {
    lookback: 1,
    strategy: {
      take: (bar) => void stream.take([{ instrument: null, bar }]),
      onBar: (context) => made.onBar(context),
      onOrder: (event, context) => made.onOrder?.(event, context),
    },
  };
}

/**
 * The strategy as a backtest runs it over these bars.
 * @throws RenataError INTERNAL for TypeScript, whose twin runs where its code may
 */
export function definitionOf(
  program: LiveProgram,
  bars: BarColumns,
  market: LiveMarket,
): StrategyDefinition {
  if (program.kind === 'built-in') return findStrategy(program.id);
  if (program.kind === 'code') {
    throw new RenataError('INTERNAL', `The twin of ${program.id} is played in its sandbox.`);
  }
  return ruleDefinition(program.id, program.rules, new BarsEnvironment({ ...market, bars }));
}

import type { PortfolioContext, PortfolioStrategy } from '../engine/backtest/portfolio-types.ts';
import type {
  Strategy,
  StrategyContext,
  StrategyDefinition,
  StrategySetup,
} from '../engine/backtest/strategy.ts';
import { ColumnView, type Clock } from '../engine/backtest/view.ts';
import type { BarColumns } from '../engine/domain/bar.ts';
import { RenataError } from '../engine/domain/errors.ts';
import type { ParameterValues } from '../engine/domain/parameters.ts';
import type { Environment } from '../engine/expressions/environment.ts';
import { CodeColumns } from '../engine/strategies/code/columns.ts';
import { describeModule } from '../engine/strategies/code/module.ts';
import {
  notAmong,
  type Leg,
  type PortfolioDefinition,
} from '../engine/strategies/code/portfolio.ts';
import { refused } from './sandbox/bridge.ts';
import { failure, strategyFailed, tradesOne, tradesSeveral } from './sandbox/failure.ts';

/** What a file exports as `strategy`, as far as it is known before it is called. */
interface NativeModule extends Readonly<Record<string, unknown>> {
  readonly create: (parameters: ParameterValues, setup: NativeSetup) => Strategy;
  readonly validate?: (parameters: ParameterValues) => string | undefined;
}

interface NativeSetup extends StrategySetup {
  /** An expression over the bars, other timeframes and other instruments. */
  series(expression: string): ColumnView;
}

interface NativePortfolioModule extends Readonly<Record<string, unknown>> {
  readonly create: (parameters: ParameterValues, setup: NativePortfolioSetup) => PortfolioStrategy;
  readonly validate?: (parameters: ParameterValues) => string | undefined;
}

interface NativePortfolioSetup {
  readonly symbols: readonly string[];
  instrument(symbol: string): NativeInstrumentSetup;
}

interface NativeInstrumentSetup {
  readonly symbol: string;
  readonly barCount: number;
  indicator(id: string, parameters?: ParameterValues, output?: string): ColumnView;
  series(expression: string): ColumnView;
}

/**
 * A strategy that the user trusts, run in this thread as it is: as fast as those of Renata, and with
 * everything that a program may do. The pool ends the thread when it does not return.
 * @throws RenataError STRATEGY_FAILED naming file and line
 */
export async function openNative(
  id: string,
  file: string,
  code: string,
  bars: BarColumns,
  environment: Environment,
): Promise<StrategyDefinition> {
  const module = await loadNative(file, code);
  const { create, validate, ...described } = module;
  const { title, description, parameters, portfolio } = describeModule(file, described);
  if (portfolio) throw tradesSeveral(file);
  const guarded = guardOf(file);
  return {
    id,
    title,
    description,
    parameters,
    validate(values) {
      const problem = guarded(() => validate?.(values));
      if (problem !== undefined) throw refused(id, problem, values);
    },
    create(values, setup) {
      const clock: Clock = { index: -1 };
      const columns = new CodeColumns(bars, environment);
      const strategy = guarded(() =>
        create(values, {
          barCount: setup.barCount,
          indicator: (name, given, output) =>
            new ColumnView(columns.indicator(name, given, output), clock),
          series: (expression) => new ColumnView(columns.series(expression), clock),
          plot: (name, series) => setup.plot(name, series),
        }),
      );
      if (typeof strategy?.onBar !== 'function') {
        throw strategyFailed(file, 0, 'strategy.create has to return an object with onBar');
      }
      const at = (context: StrategyContext): StrategyContext => {
        clock.index = context.index;
        return context;
      };
      return {
        onBar: (context) => guarded(() => strategy.onBar(at(context))),
        onOrder: (event, context) => guarded(() => strategy.onOrder?.(event, at(context))),
      };
    },
  };
}

/**
 * The same of several instruments.
 * @throws RenataError STRATEGY_FAILED naming file and line
 */
export async function openNativePortfolio(
  id: string,
  file: string,
  code: string,
  legs: readonly Leg[],
): Promise<PortfolioDefinition> {
  const module = await loadNative(file, code);
  const { create, validate, ...described } = module as unknown as NativePortfolioModule;
  const { title, parameters, portfolio } = describeModule(file, described);
  if (!portfolio) throw tradesOne(file);
  const guarded = guardOf(file);
  return {
    id,
    title,
    parameters,
    validate(values) {
      const problem = guarded(() => validate?.(values));
      if (problem !== undefined) throw refused(id, problem, values);
    },
    create(values) {
      const clocks = legs.map((): Clock => ({ index: -1 }));
      const strategy = guarded(() => create(values, portfolioSetup(legs, clocks)));
      if (typeof strategy?.onBar !== 'function') {
        throw strategyFailed(file, 0, 'strategy.create has to return an object with onBar');
      }
      const at = (context: PortfolioContext): PortfolioContext => {
        for (const [row, clock] of clocks.entries()) {
          clock.index = context.instrument((legs[row] as Leg).symbol).index;
        }
        return context;
      };
      return {
        onBar: (context) => guarded(() => strategy.onBar(at(context))),
        onOrder: (event, context) => guarded(() => strategy.onOrder?.(event, at(context))),
      };
    },
  };
}

function portfolioSetup(legs: readonly Leg[], clocks: readonly Clock[]): NativePortfolioSetup {
  const symbols = Object.freeze(legs.map(({ symbol }) => symbol));
  const setups = new Map(
    legs.map(({ symbol, bars, columns }, row) => {
      const view = (column: Float64Array): ColumnView =>
        new ColumnView(column, clocks[row] as Clock);
      const setup: NativeInstrumentSetup = {
        symbol,
        barCount: bars.time.length,
        indicator: (name, given = {}, output) => view(columns.indicator(name, given, output)),
        series: (expression) => view(columns.series(expression)),
      };
      return [symbol, setup] as const;
    }),
  );
  return {
    symbols,
    instrument(symbol) {
      const found = setups.get(symbol);
      if (found === undefined) throw new Error(notAmong(symbol, symbols));
      return found;
    },
  };
}

/** Runs code of the file; what it throws is told with its line. */
function guardOf(file: string): <Result>(work: () => Result) => Result {
  return (work) => {
    try {
      return work();
    } catch (error) {
      throw told(file, error);
    }
  };
}

async function loadNative(file: string, code: string): Promise<NativeModule> {
  const text = `${code}\n//# sourceURL=${file}`;
  let exported: Readonly<Record<string, unknown>>;
  try {
    const url = `data:text/javascript,${encodeURIComponent(text)}`;
    exported = (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw told(file, error);
  }
  const strategy = exported['strategy'] ?? exported['default'];
  if (typeof strategy !== 'object' || strategy === null || !('create' in strategy)) {
    throw strategyFailed(file, 0, 'it has to export its strategy: export const strategy = { … }');
  }
  return strategy as NativeModule;
}

function told(file: string, error: unknown): Error {
  if (error instanceof RenataError && error.details?.['file'] !== undefined) return error;
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return failure(file, { name, message, stack: stack ?? '', line: 0 });
}

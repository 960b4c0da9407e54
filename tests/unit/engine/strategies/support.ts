import { runStrategy } from '../../../../engine/backtest/run.ts';
import {
  DEFAULT_SETTINGS,
  type BacktestResult,
  type BacktestSettings,
} from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import {
  BarsEnvironment,
  type InstrumentBars,
} from '../../../../engine/expressions/bars-environment.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import {
  strategyDocument,
  type StrategyDocument,
} from '../../../../engine/protocol/strategy-document.ts';
import { ruleDefinition, ruleSettings } from '../../../../engine/strategies/rules/definition.ts';
import { RuleProgram } from '../../../../engine/strategies/rules/program.ts';
import { calendar } from '../series/market.ts';

/** A document with what every one needs filled in. */
export function documentOf(given: Partial<StrategyDocument>): StrategyDocument {
  return strategyDocument.parse({ name: 'Test', description: '', version: 1, entry: {}, ...given });
}

export function instrument(
  bars: BarColumns,
  frame = '1d',
  name: Parameters<typeof calendar>[0] = 'none',
): InstrumentBars {
  return { bars, timeframe: timeframe(frame), calendar: calendar(name), hours: 'regular' };
}

export function environmentOf(
  base: InstrumentBars,
  others: Readonly<Record<string, InstrumentBars>> = {},
): BarsEnvironment {
  return new BarsEnvironment(base, (symbol) => others[symbol]);
}

/** Runs a document over bars as the workers do. */
export function runDocument(
  document: StrategyDocument,
  bars: BarColumns,
  options: {
    readonly settings?: Partial<BacktestSettings>;
    readonly parameters?: ParameterValues;
    readonly base?: InstrumentBars;
    readonly others?: Readonly<Record<string, InstrumentBars>>;
  } = {},
): BacktestResult {
  const program = new RuleProgram(document, CATALOGUE);
  const parameters = options.parameters ?? {};
  const environment = environmentOf(options.base ?? instrument(bars), options.others);
  const settings = ruleSettings(program, parameters, { ...DEFAULT_SETTINGS, ...options.settings });
  return runStrategy(ruleDefinition('test', program, environment), { parameters, settings, bars });
}

/** Fills of a run as readable rows: bar, side, type, units, price, tag. */
export function fillsOf({ orders }: BacktestResult): string[] {
  const rows: { bar: number; text: string }[] = [];
  for (let k = 0; k < orders.count; k += 1) {
    if (orders.state[k] !== 'Filled') continue;
    const bar = orders.doneBar[k] ?? -1;
    const units = Number((orders.quantity[k] ?? 0).toFixed(6));
    const price = Number((orders.fillPrice[k] ?? 0).toFixed(6));
    rows.push({
      bar,
      text: `${bar} ${orders.side[k]} ${units} @ ${price} ${orders.tag[k]}`,
    });
  }
  return rows.toSorted((a, b) => a.bar - b.bar).map(({ text }) => text);
}

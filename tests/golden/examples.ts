import { readdirSync, readFileSync } from 'node:fs';
import { fromRoot } from '../../build/lib/paths.ts';
import { readStrategyDocument } from '../../electron/services/strategies/read-document.ts';
import { stripTypes } from '../../electron/services/strategies/strip-types.ts';
import type { PortfolioResult } from '../../engine/backtest/portfolio-types.ts';
import {
  DEFAULT_SETTINGS,
  type BacktestResult,
  type BacktestSettings,
} from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import type { ProgramTask, TaskBars } from '../../engine/protocol/tasks.ts';
import { ruleSettings } from '../../engine/strategies/rules/definition.ts';
import { CONTROL_LENGTH } from '../../engine/protocol/tasks.ts';
import { runPortfolioTask } from '../../workers/portfolio.ts';
import { runTask } from '../../workers/strategies.ts';

const FOLDER = fromRoot('resources/strategies');

/** Names of the example files. */
export function exampleFiles(): string[] {
  return readdirSync(FOLDER).filter((name) => /\.(yaml|ts)$/.test(name) && !name.endsWith('.d.ts'));
}

export function calendarData(name: string): CalendarData {
  return JSON.parse(
    readFileSync(fromRoot(`resources/calendars/${name}.json`), 'utf8'),
  ) as CalendarData;
}

export interface ExampleOptions {
  readonly parameters?: ParameterValues;
  readonly settings?: Partial<BacktestSettings>;
  readonly others?: Readonly<Record<string, BarColumns>>;
  readonly frame?: string;
  /** Runs code outside of the sandbox. */
  readonly trusted?: boolean;
}

/** Runs an example as a compute thread does. */
export async function runExample(
  file: string,
  bars: BarColumns,
  options: ExampleOptions = {},
): Promise<BacktestResult> {
  const { parameters = {}, frame = '1d' } = options;
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
  const given = { ...DEFAULT_SETTINGS, ...options.settings };
  const calendar = calendarData('us-equity');
  const others = Object.fromEntries(
    Object.entries(options.others ?? {}).map(([name, other]): [string, TaskBars] => [
      name,
      { bars: other, timeframe: timeframe(frame), calendar },
    ]),
  );
  const common = { timeframe: timeframe(frame), calendar, others };
  const control = new Int32Array(CONTROL_LENGTH);
  if (file.endsWith('.ts')) {
    const code = stripTypes(text, file);
    const program: ProgramTask = {
      program: { kind: 'code', file, code, trusted: options.trusted === true },
      ...common,
    };
    return runTask({ strategy: file, parameters, settings: given, bars, program }, control, {});
  }
  const rules = readStrategyDocument(text, file);
  const settings = ruleSettings(rules, parameters, given);
  const program: ProgramTask = { program: { kind: 'rules', document: rules.document }, ...common };
  return runTask({ strategy: file, parameters, settings, bars, program }, control, {});
}

/** Runs an example of several instruments as a compute thread does. */
export function runPortfolioExample(
  file: string,
  bars: Readonly<Record<string, BarColumns>>,
  options: Omit<ExampleOptions, 'others'> = {},
): Promise<PortfolioResult> {
  const { parameters = {}, frame = '1d', trusted = false } = options;
  const code = stripTypes(readFileSync(`${FOLDER}/${file}`, 'utf8'), file);
  const instruments = Object.entries(bars).map(([symbol, columns]) => ({
    symbol,
    bars: columns,
    timeframe: timeframe(frame),
    calendar: calendarData('us-equity'),
  }));
  return runPortfolioTask(
    {
      strategy: file,
      parameters,
      settings: { ...DEFAULT_SETTINGS, ...options.settings },
      currency: 'USD',
      program: { program: { kind: 'code', file, code, trusted } },
      instruments,
    },
    new Int32Array(CONTROL_LENGTH),
    {},
  );
}

export function statistic(
  { statistics }: Pick<BacktestResult, 'statistics'>,
  name: string,
): number {
  return statistics.find((each) => each.name === name)?.value ?? Number.NaN;
}

import type { PortfolioInstrument, PortfolioResult } from '../engine/backtest/portfolio-types.ts';
import type { RunHooks } from '../engine/backtest/run.ts';
import { laterSessions, sessionsOf } from '../engine/backtest/sessions.ts';
import { RenataError } from '../engine/domain/errors.ts';
import { timeframeMillis } from '../engine/domain/timeframe.ts';
import { instrumentBars } from '../engine/expressions/study.ts';
import type {
  PackedPortfolio,
  PortfolioRunTask,
  TaskInstrument,
} from '../engine/protocol/tasks.ts';
import { packTexts } from '../engine/protocol/text-columns.ts';
import { checkCloses } from '../engine/strategies/code/closes.ts';
import {
  legsOf,
  runPortfolioCode,
  type PortfolioDefinition,
} from '../engine/strategies/code/portfolio.ts';
import { openNativePortfolio } from './native.ts';
import { openSandboxedPortfolio } from './sandbox/portfolio.ts';
import { beat, beatingWith, endingBeat, keepingPlace } from './strategies.ts';

/** A strategy of several instruments that can be run. */
export interface OpenPortfolio {
  readonly definition: PortfolioDefinition;
  dispose(): void;
}

/** Instruments as the engine takes them. */
export function instrumentsOf(
  instruments: readonly TaskInstrument[],
): readonly PortfolioInstrument[] {
  return instruments.map((each) => {
    const { symbol, bars, events, timeframe } = each;
    const length = timeframeMillis(timeframe);
    const calendar = instrumentBars(each).calendar ?? null;
    return {
      symbol,
      bars,
      ...(events === undefined ? {} : { events }),
      sessions: laterSessions(() => sessionsOf(bars.time, calendar, length)),
    };
  });
}

/** @throws RenataError BAD_INPUT for rules, and for closes that are told too late, STRATEGY_FAILED for code */
export async function openPortfolio(task: PortfolioRunTask): Promise<OpenPortfolio> {
  const { strategy, settings, instruments } = task;
  const { program } = task.program;
  if (program.kind !== 'code') {
    throw new RenataError('BAD_INPUT', 'Rules trade one instrument; write the strategy in code.');
  }
  const named = instruments.map((each) => ({ ...instrumentBars(each), symbol: each.symbol }));
  checkCloses(named, settings.fill === 'same-close');
  const place = [strategy, program.file, program.code, legsOf(named)] as const;
  if (!program.trusted) return openSandboxedPortfolio(...place, settings.codeWork);
  return { definition: await openNativePortfolio(...place), dispose: () => undefined };
}

/** Runs a strategy in code over several instruments. */
export async function runPortfolioTask(
  task: PortfolioRunTask,
  control: Int32Array,
  hooks: RunHooks,
): Promise<PortfolioResult> {
  const { parameters, settings, currency } = task;
  beat(control);
  const { definition, dispose } = await openPortfolio(task);
  try {
    const beating: PortfolioDefinition = {
      ...definition,
      create: (values) => beatingWith(control, definition.create(values)),
    };
    const instruments = instrumentsOf(task.instruments);
    const what = { parameters, settings: { ...settings, currency }, instruments };
    return keepingPlace(() => runPortfolioCode(beating, what, endingBeat(control, hooks)));
  } finally {
    dispose();
  }
}

/** The result as it crosses threads. */
export function packedPortfolio({ values, ...result }: PortfolioResult): PackedPortfolio {
  const { equity } = result;
  return {
    ...result,
    orders: packTexts(result.orders),
    trades: packTexts(result.trades),
    weights: values.map((column) =>
      column.map((value, i) => {
        const whole = equity[i] as number;
        return whole > 0 ? value / whole : Number.NaN;
      }),
    ),
  };
}

import type { PortfolioInstrument, PortfolioResult } from '../engine/backtest/portfolio-types.ts';
import type { RunHooks } from '../engine/backtest/run.ts';
import { laterSessions, sessionsOf } from '../engine/backtest/sessions.ts';
import { RenataError } from '../engine/domain/errors.ts';
import { timeframeMillis } from '../engine/domain/timeframe.ts';
import { instrumentBars } from '../engine/expressions/study.ts';
import type { PackedPortfolio, PortfolioRunTask } from '../engine/protocol/tasks.ts';
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

/** Runs a strategy in code over several instruments. */
export async function runPortfolioTask(
  task: PortfolioRunTask,
  control: Int32Array,
  hooks: RunHooks,
): Promise<PortfolioResult> {
  const { strategy, settings, program: given } = task;
  const { program } = given;
  if (program.kind !== 'code') {
    throw new RenataError('BAD_INPUT', 'Rules trade one instrument; write the strategy in code.');
  }
  const named = task.instruments.map((each) => ({ ...instrumentBars(each), symbol: each.symbol }));
  checkCloses(named, settings.fill === 'same-close');
  const instruments = task.instruments.map(({ symbol, bars, events, timeframe }, row) => {
    const length = timeframeMillis(timeframe);
    const calendar = named[row]?.calendar ?? null;
    return {
      symbol,
      bars,
      ...(events === undefined ? {} : { events }),
      sessions: laterSessions(() => sessionsOf(bars.time, calendar, length)),
    } satisfies PortfolioInstrument;
  });
  const run = (definition: PortfolioDefinition): PortfolioResult => {
    const beating: PortfolioDefinition = {
      ...definition,
      create: (values) => beatingWith(control, definition.create(values)),
    };
    const { parameters, currency } = task;
    const what = { parameters, settings: { ...settings, currency }, instruments };
    return keepingPlace(() => runPortfolioCode(beating, what, endingBeat(control, hooks)));
  };
  beat(control);
  const place = [strategy, program.file, program.code, legsOf(named)] as const;
  if (program.trusted) return run(await openNativePortfolio(...place));
  const opened = await openSandboxedPortfolio(...place, settings.codeWork);
  try {
    return run(opened.definition);
  } finally {
    opened.dispose();
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

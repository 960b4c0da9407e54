import { buyAndHoldEquity } from '../engine/backtest/benchmark.ts';
import { BarsEnvironment } from '../engine/expressions/bars-environment.ts';
import { compileStudy, evaluateStudy, instrumentBars } from '../engine/expressions/study.ts';
import { CATALOGUE } from '../engine/indicators/registry.ts';
import type { ComputeTasks, StudyTask, TaskAnswer } from '../engine/protocol/tasks.ts';
import { packTexts } from '../engine/protocol/text-columns.ts';
import { tearSheet as makeTearSheet } from '../engine/report/tear-sheet.ts';
import { playLivePortfolioTwin } from './live-portfolio-twin.ts';
import { playLiveTwin } from './live-twin.ts';
import { describeSandboxed } from './sandbox/definition.ts';
import { withMarket } from './market.ts';
import { packedPortfolio, runPortfolioTask } from './portfolio.ts';
import { onSharedMemory } from './shared-memory.ts';
import { beat, runTask } from './strategies.ts';
import {
  answer,
  answerLater,
  hooksOf,
  isCancelled,
  stopIfCancelled,
  type TaskCall,
} from './task.ts';

/**
 * Entry of a compute thread: each export is one task of the pool. Tasks only call the engine, tell
 * their progress and look at the cancel flag.
 */

export { openBundle, writeBundle } from './bundles.ts';
export { audit, curve, monteCarlo, rangeRun, trial } from './research/runs.ts';
export { portfolioBars } from './research/portfolio.ts';
export { sweepReview } from './research/review.ts';
export { sweepPlan, sweepSearch, sweepSlice } from './research/sweep.ts';
export { randomEntries, realityCheck, sweepPlateau } from './research/comparisons.ts';
export { crossValidate, trialReturns } from './research/validation.ts';

export async function backtest(
  call: TaskCall<ComputeTasks['backtest']['input']>,
): Promise<TaskAnswer<ComputeTasks['backtest']['output']>> {
  return answerLater(async () => {
    const input = withMarket(call.input);
    const result = await runTask(input, call.control, hooksOf(call));
    const orders = packTexts(result.orders);
    const trades = packTexts(result.trades);
    const benchmark = buyAndHoldEquity(input.bars, input.settings, input);
    return onSharedMemory({ result: { ...result, orders, trades }, benchmark });
  });
}

export async function portfolio(
  call: TaskCall<ComputeTasks['portfolio']['input']>,
): Promise<TaskAnswer<ComputeTasks['portfolio']['output']>> {
  return answerLater(async () => {
    const result = await runPortfolioTask(call.input, call.control, hooksOf(call));
    return onSharedMemory(packedPortfolio(result));
  });
}

export async function describe({
  input,
  control,
}: TaskCall<ComputeTasks['describe']['input']>): Promise<
  TaskAnswer<ComputeTasks['describe']['output']>
> {
  return answerLater(() => {
    beat(control);
    return describeSandboxed(input.file, input.code);
  });
}

export async function liveTwin({
  input,
  control,
}: TaskCall<ComputeTasks['liveTwin']['input']>): Promise<
  TaskAnswer<ComputeTasks['liveTwin']['output']>
> {
  return answerLater(() => playLiveTwin(input, control));
}

export async function livePortfolioTwin({
  input,
  control,
}: TaskCall<ComputeTasks['livePortfolioTwin']['input']>): Promise<
  TaskAnswer<ComputeTasks['livePortfolioTwin']['output']>
> {
  return answerLater(() => playLivePortfolioTwin(input, control));
}

export function tearSheet({
  input,
  control,
}: TaskCall<ComputeTasks['tearSheet']['input']>): TaskAnswer<string> {
  return answer(() => {
    stopIfCancelled(control);
    return makeTearSheet(input);
  });
}

export function study({
  input,
  control,
}: TaskCall<StudyTask>): TaskAnswer<ComputeTasks['study']['output']> {
  return answer(() => {
    stopIfCancelled(control);
    const compiled = compileStudy(input.expression, CATALOGUE, input.parameters);
    const environment = new BarsEnvironment(instrumentBars(input.base), (symbol) => {
      const other = input.others[symbol];
      return other === undefined ? undefined : instrumentBars(other);
    });
    const columns = evaluateStudy(compiled, environment, {
      isCancelled: () => isCancelled(control),
    });
    return { description: compiled.description, columns: onSharedMemory(columns) };
  });
}

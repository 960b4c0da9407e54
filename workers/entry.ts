import type { MessagePort } from 'node:worker_threads';
import { buyAndHoldEquity } from '../engine/backtest/benchmark.ts';
import { RenataError, toErrorPayload } from '../engine/domain/errors.ts';
import { BarsEnvironment } from '../engine/expressions/bars-environment.ts';
import { compileStudy, evaluateStudy, instrumentBars } from '../engine/expressions/study.ts';
import { CATALOGUE } from '../engine/indicators/registry.ts';
import {
  CONTROL_CANCEL,
  type ComputeTasks,
  type ProgressMessage,
  type StudyTask,
  type TaskAnswer,
} from '../engine/protocol/tasks.ts';
import { packTexts } from '../engine/protocol/text-columns.ts';
import { tearSheet as makeTearSheet } from '../engine/report/tear-sheet.ts';
import { describeSandboxed } from './sandbox/definition.ts';
import { onSharedMemory } from './shared-memory.ts';
import { beat, runTask } from './strategies.ts';

/**
 * Entry of a compute thread: each export is one task of the pool. Tasks only call the engine, tell
 * their progress and look at the cancel flag.
 */

export interface TaskCall<Input> {
  readonly input: Input;
  /** Shared; see CONTROL_CANCEL. */
  readonly control: Int32Array;
  /** Where progress goes; null for tasks too short to have any. */
  readonly progress: MessagePort | null;
}

/** Steps in which progress is told: enough for a bar on a screen, few enough to cost nothing. */
const PROGRESS_STEPS = 100;

export async function backtest(
  call: TaskCall<ComputeTasks['backtest']['input']>,
): Promise<TaskAnswer<ComputeTasks['backtest']['output']>> {
  return answerLater(async () => {
    const { input } = call;
    const result = await runTask(input, call.control, hooksOf(call));
    const orders = packTexts(result.orders);
    const trades = packTexts(result.trades);
    const benchmark = buyAndHoldEquity(input.bars, input.settings);
    return onSharedMemory({ result: { ...result, orders, trades }, benchmark });
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

function hooksOf({ control, progress }: TaskCall<unknown>): {
  onProgress(done: number, total: number): void;
  isCancelled(): boolean;
} {
  let told = -1;
  stopIfCancelled(control);
  return {
    onProgress(done, total) {
      const step = total === 0 ? 0 : Math.floor((done / total) * PROGRESS_STEPS);
      if (step === told) return;
      told = step;
      progress?.postMessage({ done, total } satisfies ProgressMessage);
    },
    isCancelled: () => isCancelled(control),
  };
}

function isCancelled(control: Int32Array): boolean {
  return Atomics.load(control, CONTROL_CANCEL) !== 0;
}

function stopIfCancelled(control: Int32Array): void {
  if (isCancelled(control)) throw new RenataError('CANCELLED', 'The task was cancelled.');
}

function answer<Output>(work: () => Output): TaskAnswer<Output> {
  try {
    return { ok: true, output: work() };
  } catch (thrown) {
    return failed(thrown);
  }
}

async function answerLater<Output>(work: () => Promise<Output>): Promise<TaskAnswer<Output>> {
  try {
    return { ok: true, output: await work() };
  } catch (thrown) {
    return failed(thrown);
  }
}

function failed(thrown: unknown): TaskAnswer<never> {
  const error = toErrorPayload(thrown);
  const stack = error.code === 'INTERNAL' && thrown instanceof Error ? thrown.stack : undefined;
  return { ok: false, error, stack: stack ?? null };
}

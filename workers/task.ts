import type { MessagePort } from 'node:worker_threads';
import { RenataError, toErrorPayload } from '../engine/domain/errors.ts';
import { CONTROL_CANCEL, type ProgressMessage, type TaskAnswer } from '../engine/protocol/tasks.ts';

/** What every task of a compute thread is called with, and how it answers. */
export interface TaskCall<Input> {
  readonly input: Input;
  /** Shared; see CONTROL_CANCEL. */
  readonly control: Int32Array;
  /** Where progress goes; null for tasks too short to have any. */
  readonly progress: MessagePort | null;
}

/** Steps in which progress is told: enough for a bar on a screen, few enough to cost nothing. */
const PROGRESS_STEPS = 100;

export interface TaskHooks {
  onProgress(done: number, total: number): void;
  isCancelled(): boolean;
}

export function hooksOf({ control, progress }: TaskCall<unknown>): TaskHooks {
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

export function isCancelled(control: Int32Array): boolean {
  return Atomics.load(control, CONTROL_CANCEL) !== 0;
}

export function stopIfCancelled(control: Int32Array): void {
  if (isCancelled(control)) throw new RenataError('CANCELLED', 'The task was cancelled.');
}

export function answer<Output>(work: () => Output): TaskAnswer<Output> {
  try {
    return { ok: true, output: work() };
  } catch (thrown) {
    return failed(thrown);
  }
}

export async function answerLater<Output>(
  work: () => Promise<Output>,
): Promise<TaskAnswer<Output>> {
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

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { RenataError } from '../../engine/domain/errors.ts';
import {
  CONTROL_BEAT,
  CONTROL_CANCEL,
  CONTROL_LENGTH,
  type ComputeTaskName,
  type ComputeTasks,
  type ProgramTask,
  type ProgressMessage,
  type TaskAnswer,
} from '../../engine/protocol/tasks.ts';

export interface ComputeOptions {
  /** The compute thread's entry, a file URL. */
  readonly workerUrl: URL;
  /** All cores but the main thread's, at least one, by default. */
  readonly threads?: number;
  /** How long strategy code may take for one bar before its thread is ended, ms. */
  readonly patience?: number;
  /** Told of defects inside tasks, with the stack of the thread. */
  readonly onDefect: (task: ComputeTaskName, message: string, stack: string | null) => void;
}

export interface ComputeHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ProgressMessage) => void;
}

/** The pool of compute threads. Columns on shared memory go in and come out without a copy. */
export interface ComputePool {
  readonly threads: number;
  /**
   * @throws RenataError of the task; CANCELLED once `signal` is aborted; UNAVAILABLE when the thread
   * ended or the pool is closed.
   */
  run<Name extends ComputeTaskName>(
    name: Name,
    input: ComputeTasks[Name]['input'],
    hooks?: ComputeHooks,
  ): Promise<ComputeTasks[Name]['output']>;
  /** Cancels what runs and ends all threads. */
  close(): Promise<void>;
}

/** How long a task may take to see the cancel flag before its thread is ended, ms. */
const CANCEL_GRACE_MS = 2_000;
const IDLE_MS = 60_000;
/** Strategy code gets this long for one bar; the sandbox ends most of what hangs sooner, by itself. */
const PATIENCE_MS = 5_000;
const BEAT_CHECK_MS = 250;
/** Columns lie outside of it; what is left is what strategies that run as they are make for themselves. */
const THREAD_HEAP_MB = 1_024;
const MAX_QUEUE = 256;

export function openComputePool(options: ComputeOptions): ComputePool {
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const filename = fileURLToPath(options.workerUrl);
  const pool = new Piscina({
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
    maxQueue: MAX_QUEUE,
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
  });
  // A thread that dies without a task only says so; unheard, that would end the program.
  pool.on('error', () => undefined);
  const running = new Set<AbortController>();
  let closed = false;

  return {
    threads,
    async run(name, input, hooks = {}) {
      if (closed) throw new RenataError('UNAVAILABLE', 'The workstation is closing.');
      const own = new AbortController();
      running.add(own);
      const stop = (): void => own.abort();
      hooks.signal?.addEventListener('abort', stop, { once: true });
      if (hooks.signal?.aborted === true) own.abort();
      try {
        const { onDefect, patience = PATIENCE_MS } = options;
        const place: Place = { pool, filename, onDefect, patience };
        return await runTask(place, name, input, own.signal, hooks.onProgress);
      } finally {
        hooks.signal?.removeEventListener('abort', stop);
        running.delete(own);
      }
    },
    async close() {
      closed = true;
      for (const task of running) task.abort();
      await pool.destroy();
    },
  };
}

interface Place {
  readonly pool: Piscina;
  readonly filename: string;
  readonly onDefect: ComputeOptions['onDefect'];
  readonly patience: number;
}

async function runTask<Name extends ComputeTaskName>(
  { pool, filename, onDefect, patience }: Place,
  name: Name,
  input: ComputeTasks[Name]['input'],
  signal: AbortSignal,
  onProgress: ((progress: ProgressMessage) => void) | undefined,
): Promise<ComputeTasks[Name]['output']> {
  if (signal.aborted) throw cancelled();
  const control = new Int32Array(
    new SharedArrayBuffer(CONTROL_LENGTH * Int32Array.BYTES_PER_ELEMENT),
  );
  const thread = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    Atomics.store(control, CONTROL_CANCEL, 1);
    grace = setTimeout(() => thread.abort(), CANCEL_GRACE_MS);
  };
  signal.addEventListener('abort', cancel, { once: true });
  const channel = onProgress === undefined ? undefined : new MessageChannel();
  channel?.port1.on('message', (message: ProgressMessage) => onProgress?.(message));
  const progress = channel?.port2 ?? null;
  let hung = false;
  const stopWatching = watchBeat(control, patience, () => {
    hung = true;
    thread.abort();
  });
  try {
    const answer = (await pool.run(
      { input, control, progress },
      {
        name,
        // Named with the task and not with the pool, which would start a thread that cannot load its
        // file over and over and never answer.
        filename,
        signal: thread.signal,
        ...(progress === null ? {} : { transferList: [progress] }),
      },
    )) as TaskAnswer<ComputeTasks[Name]['output']>;
    if (signal.aborted) throw cancelled();
    if (answer.ok) return answer.output;
    if (answer.error.code === 'INTERNAL') onDefect(name, answer.error.message, answer.stack);
    throw RenataError.fromPayload(answer.error);
  } catch (thrown) {
    if (signal.aborted) throw cancelled();
    if (thrown instanceof RenataError) throw thrown;
    const file = codeOf(name, input);
    if (file !== undefined && hung) throw hanging(file, patience);
    if (file !== undefined && isOutOfMemory(thrown)) throw exhausted(file);
    throw poolFailure(name, thrown, onDefect);
  } finally {
    stopWatching();
    clearTimeout(grace);
    signal.removeEventListener('abort', cancel);
    channel?.port1.close();
  }
}

/** Calls back once strategy code has begun and its bars stop coming. Returns what ends the watch. */
function watchBeat(control: Int32Array, patience: number, onHung: () => void): () => void {
  let last = 0;
  let since = 0;
  const timer = setInterval(() => {
    const beat = Atomics.load(control, CONTROL_BEAT);
    const now = performance.now();
    if (beat !== last) since = now;
    last = beat;
    if (beat === 0 || now - since < patience) return;
    clearInterval(timer);
    onHung();
  }, BEAT_CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The file of strategy code that a task runs. */
function codeOf<Name extends ComputeTaskName>(
  name: Name,
  input: ComputeTasks[Name]['input'],
): string | undefined {
  if (name === 'describe') return (input as ComputeTasks['describe']['input']).file;
  const { program: own, subject } = input as {
    readonly program?: ProgramTask;
    readonly subject?: { readonly program?: ProgramTask };
  };
  const program = (own ?? subject?.program)?.program;
  return program?.kind === 'code' ? program.file : undefined;
}

function hanging(file: string, patience: number): RenataError {
  return new RenataError(
    'STRATEGY_FAILED',
    `${file}: the strategy did not return within ${patience / 1_000} s and was ended; look for a loop without end.`,
    { details: { file } },
  );
}

function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function exhausted(file: string): RenataError {
  return new RenataError(
    'STRATEGY_FAILED',
    `${file}: the strategy used more than ${THREAD_HEAP_MB} MB of memory and was ended.`,
    { details: { file } },
  );
}

function cancelled(): RenataError {
  return new RenataError('CANCELLED', 'The task was cancelled.');
}

/** What the pool itself throws: a full queue, or a thread that ended under its task. */
function poolFailure(
  name: ComputeTaskName,
  thrown: unknown,
  onDefect: ComputeOptions['onDefect'],
): RenataError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/queue/i.test(message)) {
    return new RenataError('UNAVAILABLE', 'Too many computations are waiting; try again.', {
      retryable: true,
    });
  }
  onDefect(name, message, thrown instanceof Error ? (thrown.stack ?? null) : null);
  return new RenataError(
    'UNAVAILABLE',
    `The compute thread of this ${name} ended (${message}); run it again.`,
    { retryable: true, cause: thrown },
  );
}

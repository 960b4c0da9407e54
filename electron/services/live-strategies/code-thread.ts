import { Worker } from 'node:worker_threads';
import { RenataError, toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { PortfolioTwin, Twin } from '../../../engine/domain/twin.ts';
import type { CodeAnswer, CodeInput } from '../../../engine/live/code.ts';
import type {
  CodeThreadMessage,
  CodeThreadStart,
  ThreadWork,
} from '../../../engine/live/thread.ts';
import type { LivePortfolioTwinTask, LiveTwinTask } from '../../../engine/protocol/live-code.ts';
import { CONTROL_BEAT, CONTROL_LENGTH } from '../../../engine/protocol/tasks.ts';

/** A strategy in code at work somewhere, told its inputs one after the other. */
export interface CodeAtWork {
  /** What it did with an input. It never fails: a strategy that cannot go on has ended. */
  hear(input: CodeInput): Promise<CodeAnswer>;
  close(): Promise<void>;
}

/** Where strategies in code run live. */
export interface CodePlace {
  /** @throws RenataError in one sentence for whatever stands against the strategy */
  open(work: ThreadWork): Promise<CodeAtWork>;
  twin(task: LiveTwinTask): Promise<Twin>;
  portfolioTwin(task: LivePortfolioTwinTask): Promise<PortfolioTwin>;
}

export interface CodeThreadOptions extends Pick<CodePlace, 'twin' | 'portfolioTwin'> {
  /** The compute thread's entry; that of these threads lies beside it. */
  readonly workerUrl: URL;
  /** How long the strategy may take for one call before its thread is ended, ms. */
  readonly patience?: number;
}

/** Its sandbox ends most of what hangs sooner, by itself. */
const PATIENCE_MS = 10_000;
const BEAT_CHECK_MS = 250;
/** The sandbox has its own bound; this one is of the columns that grow beside it. */
const THREAD_HEAP_MB = 512;

/** Each strategy in a thread of its own, so that none keeps another one, or the program, from its work. */
export function codeThreads(options: CodeThreadOptions): CodePlace {
  const { twin, portfolioTwin, workerUrl, patience = PATIENCE_MS } = options;
  const url = new URL(
    workerUrl.href.endsWith('.ts') ? 'live-thread.ts' : 'live-thread.js',
    workerUrl,
  );
  return {
    open: (work) => CodeThread.open(url, work, patience),
    twin,
    portfolioTwin,
  };
}

class CodeThread implements CodeAtWork {
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #file: string;
  readonly #patience: number;
  readonly #waiting: ((answer: CodeAnswer) => void)[] = [];
  readonly #opened = Promise.withResolvers<void>();
  #ended: ErrorPayload | null = null;
  #watch: NodeJS.Timeout | undefined;
  #isOpen = false;

  private constructor(url: URL, work: ThreadWork, patience: number) {
    this.#file = work.start.file;
    this.#patience = patience;
    this.#control = new Int32Array(
      new SharedArrayBuffer(CONTROL_LENGTH * Int32Array.BYTES_PER_ELEMENT),
    );
    const workerData: CodeThreadStart = { work, control: this.#control };
    this.#worker = new Worker(url, {
      workerData,
      name: 'live-strategy',
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
    });
    this.#worker.on('message', (message: CodeThreadMessage) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(this.#failure(error)));
    this.#worker.on('exit', (code) => {
      this.#end(this.#sentence(`the strategy’s thread has ended (exit code ${code})`));
    });
  }

  static async open(url: URL, work: ThreadWork, patience: number): Promise<CodeThread> {
    const thread = new CodeThread(url, work, patience);
    thread.#watchBeat();
    try {
      await thread.#opened.promise;
      thread.#isOpen = true;
      thread.#watchBeat();
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  hear(input: CodeInput): Promise<CodeAnswer> {
    if (this.#ended !== null) return Promise.resolve({ calls: [], ended: this.#ended });
    const { promise, resolve } = Promise.withResolvers<CodeAnswer>();
    this.#waiting.push(resolve);
    this.#worker.postMessage(input);
    this.#watchBeat();
    return promise;
  }

  async close(): Promise<void> {
    this.#end(this.#sentence('the strategy’s thread was closed'));
    await this.#worker.terminate();
  }

  #receive(message: CodeThreadMessage): void {
    if (message.kind === 'ready') this.#opened.resolve();
    else if (message.kind === 'failed') {
      this.#opened.reject(RenataError.fromPayload(message.error));
    } else {
      const { answer } = message;
      this.#ended ??= answer.ended;
      this.#waiting.shift()?.(answer);
      this.#watchBeat();
    }
  }

  /** Nothing comes any more; whoever waits is told so. */
  #end(why: ErrorPayload): void {
    this.#ended ??= why;
    this.#opened.reject(RenataError.fromPayload(this.#ended));
    // Nobody may be waiting for it any more.
    this.#opened.promise.catch(() => undefined);
    for (const tell of this.#waiting.splice(0)) tell({ calls: [], ended: this.#ended });
    this.#watchBeat();
  }

  /** Looks, while an answer is due, whether the strategy comes back from its calls. */
  #watchBeat(): void {
    const due = this.#ended === null && (this.#waiting.length > 0 || !this.#isOpen);
    if (!due) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      return;
    }
    if (this.#watch !== undefined) return;
    let last = 0;
    // Looks are counted and not the clock, which goes on while the machine sleeps.
    let still = 0;
    this.#watch = setInterval(() => {
      const beat = Atomics.load(this.#control, CONTROL_BEAT);
      still = beat === last && beat !== 0 ? still + BEAT_CHECK_MS : 0;
      last = beat;
      // Its start takes a slow machine longer than any call of it.
      const patience = this.#isOpen ? this.#patience : Math.max(this.#patience, PATIENCE_MS);
      if (still < patience) return;
      const seconds = patience / 1_000;
      this.#end(
        this.#sentence(
          `the strategy did not return within ${seconds} s and was ended; look for a loop without end`,
        ),
      );
      void this.#worker.terminate();
    }, BEAT_CHECK_MS);
    this.#watch.unref();
  }

  #failure(error: unknown): ErrorPayload {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return this.#sentence(`the strategy used more than ${THREAD_HEAP_MB} MB of memory`);
    }
    const message = error instanceof Error ? error.message : String(error);
    return this.#sentence(`the strategy’s thread has ended (${message})`);
  }

  #sentence(what: string): ErrorPayload {
    return toErrorPayload(
      new RenataError('STRATEGY_FAILED', `${this.#file}: ${what}.`, {
        details: { file: this.#file },
      }),
    );
  }
}

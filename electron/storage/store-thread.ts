import { Worker } from 'node:worker_threads';
import { RenataError } from '../../engine/domain/errors.ts';
import type { JobOptions, Progress } from './store-types.ts';
import type {
  CallMessage,
  Handlers,
  ThreadMessage,
  ThreadRole,
  ThreadStart,
} from './thread-protocol.ts';

type InputOf<Handler> = Handler extends (...all: infer All) => unknown
  ? All extends [infer Input, ...unknown[]]
    ? Input
    : undefined
  : never;
type OutputOf<Handler> = Handler extends (...all: never[]) => infer Output
  ? Awaited<Output>
  : never;

interface Pending {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** The main process's end of one storage thread. */
export class StoreThread<Role extends ThreadRole> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Starts the thread and waits until it has opened the store. */
  static async start<Role extends ThreadRole>(
    url: URL,
    start: ThreadStart & { readonly role: Role },
  ): Promise<StoreThread<Role>> {
    const worker = new Worker(url, { workerData: start, name: `store-${start.role}` });
    const thread = new StoreThread<Role>(worker);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'failed') reject(RenataError.fromPayload(message.error));
      else thread.#receive(message);
    });
    const end = (reason: string): void => {
      const error = new RenataError(
        'UNAVAILABLE',
        `The storage thread has ended (${reason}); start Renata again.`,
      );
      reject(error);
      thread.#end(error);
    };
    worker.on('error', (error) => {
      end(error instanceof Error ? error.message : String(error));
    });
    worker.on('exit', (code) => {
      end(`exit code ${code}`);
    });
    try {
      await promise;
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    return thread;
  }

  call<Name extends keyof Handlers<Role> & string>(
    name: Name,
    input: InputOf<Handlers<Role>[Name]>,
    job: JobOptions = {},
  ): Promise<OutputOf<Handlers<Role>[Name]>> {
    const { signal, onProgress } = job;
    if (this.#ended) {
      return Promise.reject(new RenataError('UNAVAILABLE', 'The store is closed; open it again.'));
    }
    const id = this.#nextId;
    this.#nextId += 1;
    const cancel = signal === undefined ? null : new SharedArrayBuffer(4);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject, onProgress });
    const onAbort = (): void => {
      if (cancel !== null) Atomics.store(new Int32Array(cancel), 0, 1);
    };
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const message: CallMessage = {
      kind: 'call',
      id,
      name,
      input,
      cancel,
      wantsProgress: onProgress !== undefined,
    };
    // An empty list of transfers: everything is cloned or shared.
    this.#worker.postMessage(message, []);
    const settled = promise.finally(() => {
      signal?.removeEventListener('abort', onAbort);
    });
    return settled as Promise<OutputOf<Handlers<Role>[Name]>>;
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }

  #receive(message: Extract<ThreadMessage, { id: number }>): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if (message.kind === 'progress') {
      pending.onProgress?.(message.progress);
      return;
    }
    this.#pending.delete(message.id);
    if (message.kind === 'result') pending.resolve(message.output);
    else pending.reject(RenataError.fromPayload(message.error));
  }

  #end(error: RenataError): void {
    this.#ended = true;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

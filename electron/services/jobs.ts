import { randomUUID } from 'node:crypto';
import { jobId } from '../../engine/domain/identifiers.ts';
import { RenataError, toErrorPayload } from '../../engine/domain/errors.ts';
import type { Job } from '../../engine/protocol/schemas.ts';

/** What a job's work is given to tell its progress and to see its cancellation. */
export interface JobControl {
  readonly signal: AbortSignal;
  /**
   * @param total null while unknown
   * @param share work done, 0 to 1, where `completed` of `total` does not tell it
   */
  progress(completed: number, total: number | null, share?: number): void;
}

/** What a job is given that is shown to the user. */
export interface ShownControl extends JobControl {
  /** What its user has to know of the result, one sentence; 16 at most are kept. */
  note(sentence: string): void;
}

export interface JobPlan {
  readonly kind: Job['kind'];
  readonly title: string;
  /** What is counted: `bars`, `rows`. */
  readonly unit: string;
  readonly total: number | null;
  /** Jobs of one lane wait for each other; lanes run side by side. */
  readonly lane: Lane;
  /** Resolves to what the job made: the id of a run or dataset. */
  readonly work: (control: ShownControl) => Promise<string | null>;
}

export type Lane = 'compute' | 'store';

export interface JobsOptions {
  /** Jobs that may run at once in each lane. */
  readonly width: Readonly<Record<Lane, number>>;
  readonly onChange: (job: Job) => void;
  readonly onDefect: (job: Job, thrown: unknown) => void;
  readonly now: () => number;
}

export interface Jobs {
  /** Queues a job and returns its id. @throws RenataError UNAVAILABLE when the queue is full. */
  start(plan: JobPlan): string;
  /** Resolves to the job once it has ended, however it did. */
  finished(id: string): Promise<Job>;
  /** Newest first. */
  list(): Job[];
  /** Ended jobs are left as they are. @throws RenataError NOT_FOUND */
  cancel(id: string): void;
  active(): number;
  /** Cancels all and waits for them. */
  close(): Promise<void>;
}

/** At most ten progress events a second for one job. */
const PROGRESS_INTERVAL_MS = 100;
const KEPT_FINISHED = 200;
const MAX_WAITING = 200;
const MOST_NOTES = 16;

interface Entry {
  job: Job;
  readonly plan: JobPlan;
  readonly abort: AbortController;
  readonly ended: Promise<Job>;
  readonly settle: (job: Job) => void;
  lastTold: number;
  timer: NodeJS.Timeout | undefined;
}

export function createJobs(options: JobsOptions): Jobs {
  const entries = new Map<string, Entry>();
  const waiting: Record<Lane, Entry[]> = { compute: [], store: [] };
  const running: Record<Lane, number> = { compute: 0, store: 0 };
  let closed = false;

  function tell(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    entry.lastTold = options.now();
    options.onChange(entry.job);
  }

  /** Progress waits for its turn, changes of state do not. */
  function tellSoon(entry: Entry): void {
    const wait = entry.lastTold + PROGRESS_INTERVAL_MS - options.now();
    if (wait <= 0) tell(entry);
    else entry.timer ??= setTimeout(() => tell(entry), wait);
  }

  function end(entry: Entry, change: Partial<Job>): void {
    entry.job = { ...entry.job, ...change, finishedAt: options.now() };
    tell(entry);
    entry.settle(entry.job);
    forgetOldest();
  }

  function forgetOldest(): void {
    const done = [...entries.values()].filter((entry) => entry.job.finishedAt !== null);
    for (const entry of done.slice(0, Math.max(0, done.length - KEPT_FINISHED))) {
      entries.delete(entry.job.id);
    }
  }

  function advance(lane: Lane): void {
    while (!closed && running[lane] < options.width[lane]) {
      const entry = waiting[lane].shift();
      if (entry === undefined) return;
      running[lane] += 1;
      void run(entry).finally(() => {
        running[lane] -= 1;
        advance(lane);
      });
    }
  }

  async function run(entry: Entry): Promise<void> {
    entry.job = { ...entry.job, state: 'running', startedAt: options.now() };
    tell(entry);
    try {
      const result = await entry.plan.work(controlOf(entry));
      const { total, completed } = entry.job;
      end(entry, { state: 'done', progress: 1, completed: total ?? completed, result });
    } catch (thrown) {
      const error = toErrorPayload(thrown);
      const wasCancelled = error.code === 'CANCELLED' && entry.abort.signal.aborted;
      if (error.code === 'INTERNAL') options.onDefect(entry.job, thrown);
      end(entry, wasCancelled ? { state: 'cancelled' } : { state: 'failed', error });
    }
  }

  function controlOf(entry: Entry): ShownControl {
    return {
      signal: entry.abort.signal,
      progress(completed, total, given) {
        if (entry.job.state !== 'running') return;
        // Never backwards, and never full before the job has ended.
        const counted = total === null || total <= 0 ? 0 : completed / total;
        const share = Math.min(given ?? counted, 0.999);
        entry.job = {
          ...entry.job,
          completed: Math.max(entry.job.completed, completed),
          total,
          progress: Math.max(entry.job.progress, share),
        };
        tellSoon(entry);
      },
      note(sentence) {
        const { notes = [] } = entry.job;
        if (notes.length < MOST_NOTES) entry.job = { ...entry.job, notes: [...notes, sentence] };
      },
    };
  }

  function cancelEntry(entry: Entry): void {
    if (entry.job.finishedAt !== null) return;
    entry.abort.abort();
    const queue = waiting[entry.plan.lane];
    const place = queue.indexOf(entry);
    if (place < 0) return;
    queue.splice(place, 1);
    end(entry, { state: 'cancelled' });
  }

  return {
    start(plan) {
      if (closed) throw new RenataError('UNAVAILABLE', 'The workstation is closing.');
      if (waiting[plan.lane].length >= MAX_WAITING) {
        throw new RenataError(
          'UNAVAILABLE',
          `${MAX_WAITING} jobs are waiting already; cancel some or wait.`,
          { retryable: true },
        );
      }
      const { promise, resolve } = Promise.withResolvers<Job>();
      const entry: Entry = {
        job: {
          id: jobId(randomUUID()),
          kind: plan.kind,
          title: plan.title,
          state: 'queued',
          progress: 0,
          completed: 0,
          total: plan.total,
          unit: plan.unit,
          createdAt: options.now(),
          startedAt: null,
          finishedAt: null,
          result: null,
          error: null,
        },
        plan,
        abort: new AbortController(),
        ended: promise,
        settle: resolve,
        lastTold: Number.NEGATIVE_INFINITY,
        timer: undefined,
      };
      entries.set(entry.job.id, entry);
      waiting[plan.lane].push(entry);
      tell(entry);
      advance(plan.lane);
      return entry.job.id;
    },
    finished: async (id) => find(id).ended,
    list: () => [...entries.values()].map((entry) => entry.job).toReversed(),
    cancel: (id) => cancelEntry(find(id)),
    active: () => [...entries.values()].filter((entry) => entry.job.finishedAt === null).length,
    async close() {
      closed = true;
      const all = [...entries.values()];
      for (const entry of all) cancelEntry(entry);
      await Promise.all(all.map((entry) => entry.ended));
      for (const entry of all) clearTimeout(entry.timer);
    },
  };

  function find(id: string): Entry {
    const entry = entries.get(id);
    if (entry !== undefined) return entry;
    throw new RenataError('NOT_FOUND', `There is no job "${id}"; it may have ended long ago.`, {
      details: { parameter: 'jobId' },
    });
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import type { CallInput, CallName, CallOutput } from '../../engine/protocol/contract.ts';
import type { Job } from '../../engine/protocol/schemas.ts';
import { defaultDataDirectory, LAYOUT } from '../layout.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { openWorkstation, type Workstation } from '../workstation.ts';
import { cancelledBy, type EndSignal } from './failure.ts';
import { showJobs } from './progress.ts';
import type { Terminal } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The launcher passes on a signal that the terminal has sent here as well. */
const SAME_SIGNAL_MS = 300;

/** An opened workstation, as one command uses it. */
export interface Session {
  readonly workstation: Workstation;
  /** Aborted by Ctrl+C and the other signals that end a program. */
  readonly signal: AbortSignal;
  /** Keeps what a cancelled command says of the changes that stay in the store, a clause; the last one counts. */
  stays(clause: string): void;
  /** Tells on standard error, once, what the user should know of the result. */
  note(line: string): void;
  /** @throws RenataError of the handler, or CANCELLED once the command was cancelled */
  call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>>;
  /**
   * Starts a job and waits for its end. Resolves to what it made.
   * @throws RenataError of the job, or CANCELLED
   */
  job<Name extends JobCall>(name: Name, input: CallInput<Name>): Promise<string>;
  /** Waits for the end of a job that was started. @throws RenataError of the job, or CANCELLED */
  finished(jobId: string): Promise<string>;
}

/** Calls whose answer is a job. */
export type JobCall =
  | 'backtest.run'
  | 'data.import'
  | 'monteCarlo.start'
  | 'audit.start'
  | 'research.resume';

export type Place =
  /** The user's store, filled at its first use. */
  | { readonly kind: 'store'; readonly directory: string | undefined }
  /** A store for one command in a temporary folder, which is gone afterwards. */
  | { readonly kind: 'temporary' };

/** Opens a workstation, does the work and closes it, whatever happens. */
export async function withWorkstation<Result>(
  terminal: Terminal,
  place: Place,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  const stopListening = listenToSignals(terminal, abort);
  const folder = place.kind === 'temporary' ? temporaryFolder() : storeFolder(place.directory);
  let workstation: Workstation | undefined;
  let kept: string | null = null;
  try {
    workstation = await openWorkstation({
      dataDirectory: folder.path,
      version: LAYOUT.version,
      workerUrl: LAYOUT.workerUrl,
      storeThreadUrl: LAYOUT.storeThreadUrl,
      resourcesDirectory: LAYOUT.resourcesDirectory,
      carrier: 'cli',
      seedDefault: place.kind === 'store' && !abort.signal.aborted,
      live: false,
    });
    const session = openSession(terminal, workstation, abort.signal, (clause) => {
      kept = clause;
    });
    await tellOfRecovery(terminal, session);
    await workstation.seeded;
    return await work(session);
  } catch (error) {
    if (abort.signal.aborted) throw cancelledBy(abort.signal.reason as EndSignal, kept);
    throw error;
  } finally {
    terminal.draw(null);
    await workstation?.close();
    folder.remove();
    stopListening();
  }
}

function openSession(
  terminal: Terminal,
  workstation: Workstation,
  signal: AbortSignal,
  stays: Session['stays'],
): Session {
  const client = workstation.localClient({ carrier: 'cli' });
  const told = new Set<string>();
  const ended = new Map<string, Job>();
  const waiting = new Map<string, (job: Job) => void>();
  const show = showJobs(terminal);
  client.on('job.changed', (job) => {
    show(job);
    if (job.finishedAt === null) return;
    ended.set(job.id, job);
    waiting.get(job.id)?.(job);
  });
  const cancelAll = async (): Promise<void> => {
    for (const { id, finishedAt } of await client.call('jobs.list', {})) {
      if (finishedAt === null) await client.call('jobs.cancel', { jobId: id });
    }
  };
  // A job that ended in between is no failure of the cancelling.
  const cancel = (): void => void cancelAll().catch(() => undefined);
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });

  const call: Session['call'] = async (name, input) => {
    if (signal.aborted) throw cancelledBy(signal.reason as EndSignal);
    return client.call(name, input);
  };
  const note: Session['note'] = (line) => {
    if (!told.has(line)) terminal.note(terminal.styleNote('yellow', line));
    told.add(line);
  };
  const finished: Session['finished'] = async (jobId) => {
    if (signal.aborted) cancel();
    const job =
      ended.get(jobId) ?? (await new Promise<Job>((resolve) => waiting.set(jobId, resolve)));
    if (job.error !== null) throw RenataError.fromPayload(job.error);
    if (job.state !== 'done' || job.result === null) {
      throw new RenataError('CANCELLED', `${job.title} was cancelled.`);
    }
    for (const sentence of job.notes ?? []) note(`renata: ${sentence}`);
    return job.result;
  };
  return {
    workstation,
    signal,
    stays,
    note,
    call,
    finished,
    async job(name, input) {
      const { jobId } = (await call(name, input)) as { readonly jobId: string };
      return finished(jobId);
    },
  };
}

/** The first signal cancels, a second one ends the program at once. */
function listenToSignals(terminal: Terminal, abort: AbortController): () => void {
  let first = 0;
  const onSignal = (signal: EndSignal): void => {
    if (!abort.signal.aborted) {
      first = Date.now();
      terminal.draw(null);
      if (terminal.drawsProgress) terminal.note('Cancelling … (once more to end at once)');
      abort.abort(signal);
    } else if (Date.now() - first > SAME_SIGNAL_MS) {
      process.exit(130);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

interface Folder {
  readonly path: string;
  remove(): void;
}

function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'renata-'));
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    process.off('exit', remove);
  };
  process.on('exit', remove);
  return { path, remove };
}

function storeFolder(given: string | undefined): Folder {
  const path = resolve(given ?? defaultDataDirectory());
  try {
    makeFolder(path);
  } catch (error) {
    throw new RenataError(
      'BAD_INPUT',
      `data-dir: ${path} is no folder and cannot be made one (${reasonOf(error)}); choose another.`,
      { details: { parameter: 'data-dir' }, cause: error },
    );
  }
  return { path, remove: () => undefined };
}

/** A damaged store was set aside at opening; the user has to know before anything else. */
async function tellOfRecovery(terminal: Terminal, { call }: Session): Promise<void> {
  const { store } = await call('app.info', {});
  if (store.state === 'ready') return;
  const [backup] = store.backups;
  const hint =
    backup === undefined
      ? 'There is no backup of it.'
      : `The backup ${backup.name} can be restored in the window.`;
  terminal.note(
    terminal.styleNote(
      'yellow',
      `renata: the store was damaged (${store.reason}); it is kept as ${store.keptAs} and a new one was opened. ${hint}`,
    ),
  );
}

export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code;
  return error instanceof Error ? error.message : String(error);
}

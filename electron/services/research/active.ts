import { hostname } from 'node:os';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import type { ResearchRecord, ResearchSummary } from '../../storage/research-types.ts';
import type { Store } from '../../storage/store-client.ts';
import type { StoredRequest } from './stored.ts';

/** Who works on something that is `running` in the store; in the place of its findings. */
interface Owner {
  readonly kind: 'owner';
  readonly host: string;
  readonly pid: number;
}

/** How often running work tells the store that it lives, ms. */
const BEAT_MS = 10_000;
/** How long after its last sign another Renata's work is taken for killed, ms. */
const SILENT_MS = 60_000;
export const INTERRUPTED = 'It was interrupted; resume it to go on where it was.';
export const PAUSED = 'Paused; resume it to go on where it was.';

export function ownerHere(): Owner {
  return { kind: 'owner', host: hostname(), pid: process.pid };
}

/** Work of this Renata that is under way. */
export interface ActiveWork {
  readonly id: string;
  /** Null for the moment before the job has one. */
  jobId: string | null;
  /** Set while it works, and not while it waits for its turn. */
  startedAt: number | null;
  startPlace: number;
  place: number;
}

/** The sweep or the run that research is about. */
function aboutOf(request: unknown): string | undefined {
  const stored = request as StoredRequest;
  if (stored.kind === 'reality-check') return stored.request.sweepId;
  return stored.kind === 'random-entry' || stored.kind === 'monte-carlo'
    ? stored.request.runId
    : undefined;
}

/** What this Renata works on, and how the store's records look with that known. */
export class ActiveResearch {
  private readonly active = new Map<string, ActiveWork>();
  private readonly store: Store;
  private readonly now: () => number;

  constructor(store: Store, now: () => number) {
    this.store = store;
    this.now = now;
  }

  get(id: string): ActiveWork | undefined {
    return this.active.get(id);
  }

  add(id: string, place: number): ActiveWork {
    const work: ActiveWork = { id, jobId: null, startedAt: null, startPlace: place, place };
    this.active.set(id, work);
    return work;
  }

  remove(id: string): void {
    this.active.delete(id);
  }

  /** The state of a record, told from whether anybody still works on it. */
  stateOf(record: ResearchRecord): Pick<ResearchItem, 'state' | 'message'> {
    const { id, state, message, summary, changedAt } = record;
    if (this.active.has(id)) return { state: 'running', message: null };
    if (state !== 'running' || this.lives(summary, changedAt)) return { state, message };
    return { state: 'paused', message: INTERRUPTED };
  }

  /** Whether another process works on it. */
  private lives(summary: unknown, changedAt: number): boolean {
    const { kind, host, pid } = (summary ?? {}) as Partial<Owner>;
    if (kind !== 'owner' || this.now() - changedAt > SILENT_MS) return false;
    if (host !== hostname()) return true;
    if (pid === undefined || pid === process.pid) return false;
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // A process of another user is alive, too.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }

  item(record: ResearchSummary): ResearchItem {
    const { id, kind, title, createdAt, changedAt, datasetId, dataHash, rows } = record;
    const work = this.active.get(id);
    const current = this.stateOf(record);
    const reached = Math.max(record.nextPlace, Math.floor(work?.place ?? 0));
    const done = current.state === 'done' ? record.total : Math.min(reached, record.total);
    const startedAt = work?.startedAt ?? null;
    const seconds = startedAt === null ? 0 : (this.now() - startedAt) / 1_000;
    const about = aboutOf(record.request);
    const rate = seconds > 0 && work !== undefined ? (done - work.startPlace) / seconds : 0;
    return {
      id,
      kind,
      title,
      ...current,
      createdAt,
      changedAt,
      datasetId,
      dataHash,
      done,
      total: record.total,
      rows,
      jobId: work?.jobId ?? null,
      rate: rate > 0 ? rate : null,
      secondsLeft: rate > 0 ? (record.total - done) / rate : null,
      ...(about === undefined ? {} : { about }),
    };
  }

  /** Tells the store from time to time that the work lives, and ends it when another Renata paused it. */
  tend(id: string, pause: () => void): () => void {
    const beat = async (): Promise<void> => {
      const { state } = await this.store.getResearch(id);
      if (state !== 'running') pause();
      else await this.store.setResearchState({ id, state, message: null });
    };
    const timer = setInterval(() => {
      // Work that was deleted meanwhile has nothing to beat for.
      beat().catch(pause);
    }, BEAT_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** @throws RenataError CONFLICT unless it may be taken up */
  requireIdle(record: ResearchRecord): void {
    const { state } = this.stateOf(record);
    if (state === 'running') {
      throw new RenataError('CONFLICT', `"${record.title}" is running already.`);
    }
    if (state === 'done') {
      throw new RenataError(
        'CONFLICT',
        `"${record.title}" is done; start it anew to run it again.`,
      );
    }
  }
}

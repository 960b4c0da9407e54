import { RenataError, toErrorPayload } from '../../../engine/domain/errors.ts';
import type { ResearchKind, ResearchRecord } from '../../storage/research-types.ts';
import type { JobControl } from '../jobs.ts';
import { INTERRUPTED, PAUSED, type ActiveResearch, type ActiveWork } from './active.ts';
import type { ResearchContext } from './context.ts';
import type { WorkControl } from './sweeps.ts';

/** How a piece of work ended. */
export type WorkEnd =
  | { readonly kind: 'done'; readonly findings: object }
  | { readonly kind: 'failed'; readonly error: RenataError }
  | { readonly kind: 'paused' };

export type ResearchWork = (control: WorkControl) => Promise<WorkEnd>;

const UNITS: Readonly<Record<ResearchKind, string>> = {
  sweep: 'combinations',
  'walk-forward': 'windows',
  'cross-validation': 'combinations',
  'reality-check': 'combinations',
  'monte-carlo': 'paths',
  'random-entry': 'samples',
  audit: 'audits',
};

/** Runs research as jobs and keeps its state in the store, however it ends. */
export class Runner {
  private readonly context: ResearchContext;
  private readonly active: ActiveResearch;
  /** Work that the user has asked to pause, unlike work that ends with the workstation. */
  private readonly paused = new Set<string>();

  constructor(context: ResearchContext, active: ActiveResearch) {
    this.context = context;
    this.active = active;
  }

  start(
    { id, kind, title, total, nextPlace }: ResearchRecord,
    work: ResearchWork,
  ): { jobId: string; researchId: string } {
    const { jobs, onChanged } = this.context;
    // A job may begin before its id is known.
    const active = this.active.add(id, nextPlace);
    let begun = false;
    const jobId = jobs.start({
      kind,
      title,
      unit: UNITS[kind],
      total,
      lane: 'compute',
      work: async (control) => {
        begun = true;
        await this.run(id, active, work, control, total);
        return id;
      },
    });
    active.jobId = jobId;
    void this.settle(id, jobId, () => begun);
    onChanged({ researchId: id });
    return { jobId, researchId: id };
  }

  /** Ends work of this Renata. @returns false when it works on no such thing */
  async stop(id: string): Promise<boolean> {
    const work = this.active.get(id);
    if (work === undefined || work.jobId === null) return false;
    this.paused.add(id);
    this.context.jobs.cancel(work.jobId);
    await this.context.jobs.finished(work.jobId);
    return true;
  }

  private async settle(id: string, jobId: string, begun: () => boolean): Promise<void> {
    await this.context.jobs.finished(jobId);
    this.active.remove(id);
    // A job that was cancelled before its turn never came to tell the store.
    if (!begun()) await this.keep(id, 'paused', PAUSED);
    this.paused.delete(id);
    this.context.onChanged({ researchId: id });
  }

  private async run(
    id: string,
    active: ActiveWork,
    work: ResearchWork,
    job: JobControl,
    total: number,
  ): Promise<void> {
    const { store, now } = this.context;
    const own = new AbortController();
    const stop = (): void => own.abort();
    job.signal.addEventListener('abort', stop, { once: true });
    if (job.signal.aborted) stop();
    const untend = this.active.tend(id, stop);
    const started = now();
    active.startedAt = started;
    job.progress(active.startPlace, total);
    try {
      const end = await work({
        signal: own.signal,
        reached: (place) => {
          active.place = place;
          job.progress(Math.floor(place), total, place / total);
        },
      });
      if (end.kind === 'failed') throw end.error;
      if (end.kind === 'paused') throw new RenataError('CANCELLED', PAUSED);
      const summary = { ...end.findings, seconds: (now() - started) / 1_000 };
      await store.setResearchState({ id, state: 'done', message: null, summary });
    } catch (thrown) {
      const { code, message } = toErrorPayload(thrown);
      const ended = code === 'CANCELLED';
      const asked = this.paused.has(id) || !job.signal.aborted;
      const reason = asked ? PAUSED : INTERRUPTED;
      await this.keep(id, ended ? 'paused' : 'failed', ended ? reason : message);
      throw thrown;
    } finally {
      untend();
      job.signal.removeEventListener('abort', stop);
    }
  }

  /** Work that was deleted meanwhile, or whose store is gone, has no state to keep. */
  private async keep(id: string, state: 'paused' | 'failed', message: string): Promise<void> {
    try {
      await this.context.store.setResearchState({ id, state, message });
    } catch (error) {
      const { code } = toErrorPayload(error);
      if (code !== 'NOT_FOUND' && code !== 'UNAVAILABLE') throw error;
    }
  }
}

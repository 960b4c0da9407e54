import { randomUUID } from 'node:crypto';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallInput, CallOutput } from '../../../engine/protocol/contract.ts';
import type {
  AuditRequest,
  MonteCarloRequest,
  ResearchEstimate,
  SweepRequest,
  WalkForwardRequest,
} from '../../../engine/protocol/research-schemas.ts';
import type { RowChunk, SweepPlan } from '../../../engine/protocol/research-tasks.ts';
import type { ResearchRecord } from '../../storage/research-types.ts';
import { ActiveResearch, ownerHere, PAUSED } from './active.ts';
import { calmed } from './calmed.ts';
import { createCalibration } from './calibration.ts';
import type { ResearchContext } from './context.ts';
import { detailOf } from './detail.ts';
import { heatmapOf } from './heatmap.ts';
import { Runner, type ResearchWork } from './runner.ts';
import { eachPart } from './rows.ts';
import { returnsFrom, workAudit, workMonteCarlo } from './simulations.ts';
import { planSlices } from './slices.ts';
import type { StoredRequest } from './stored.ts';
import { readSubject, type BarFile, type Subject, type SubjectRequest } from './subject.ts';
import { memoryFor, planSweep, sweepSubject, workKey, workSweep } from './sweeps.ts';
import { createValidations, type Validations } from './validations.ts';
import { sliceOf, type SweepResults } from './views.ts';
import { planWalkForward, wholeOf, workWalkForward } from './walk-forward.ts';

export interface Started {
  readonly jobId: string;
  readonly researchId: string;
}

interface StartOptions {
  /** Starts it even where it is huge. */
  readonly confirmed: boolean;
  /** Reads these bars instead of stored ones; only the command line names a file. */
  readonly file?: BarFile | undefined;
}

/** Sweeps, walk-forward tests, simulations and audits: what runs for long and is kept. */
export interface Research extends Omit<Validations, 'estimate' | 'workOf'> {
  estimate(input: CallInput<'research.estimate'>, file?: BarFile): Promise<ResearchEstimate>;
  startSweep(request: SweepRequest, options: StartOptions): Promise<Started>;
  startWalkForward(request: WalkForwardRequest, options: StartOptions): Promise<Started>;
  startMonteCarlo(request: MonteCarloRequest): Promise<Started>;
  startAudit(request: AuditRequest, file?: BarFile): Promise<Started>;
  list(): Promise<CallOutput<'research.list'>>;
  get(input: CallInput<'research.get'>): Promise<CallOutput<'research.get'>>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<Started>;
  remove(id: string): Promise<void>;
  heatmap(input: CallInput<'sweeps.heatmap'>): Promise<CallOutput<'sweeps.heatmap'>>;
  slice(input: CallInput<'sweeps.slice'>): Promise<CallOutput<'sweeps.slice'>>;
  /** All rows of a sweep, part by part in the order of their places; for exports. */
  eachRows(id: string, use: (chunk: RowChunk) => void): Promise<void>;
}

/** Work longer or larger than this starts only when that is confirmed. */
const HUGE_SECONDS = 900;
const HUGE_BYTES = 2_000_000_000;

export function createResearch(given: Omit<ResearchContext, 'calibration'>): Research {
  const calibration = createCalibration(given.compute);
  const context: ResearchContext = { ...given, calibration, onChanged: calmed(given) };
  const { store, now } = context;
  const active = new ActiveResearch(store, now);
  const runner = new Runner(context, active);
  const validations = createValidations({
    context,
    begin,
    described,
    confirm,
    sameSubject,
    isRunning: (record) => active.stateOf(record).state === 'running',
  });

  async function begin(
    stored: StoredRequest,
    record: Pick<ResearchRecord, 'id' | 'title' | 'datasetId' | 'dataHash' | 'total'>,
    work: ResearchWork,
  ): Promise<Started> {
    const at = now();
    const whole: ResearchRecord = {
      ...record,
      kind: stored.kind,
      createdAt: at,
      changedAt: at,
      state: 'running',
      nextPlace: 0,
      message: null,
      request: stored,
      summary: ownerHere(),
    };
    await store.createResearch(whole);
    return runner.start(whole, work);
  }

  async function estimateOf(
    input: CallInput<'research.estimate'>,
    file: BarFile | undefined,
  ): Promise<ResearchEstimate> {
    if (input.kind === 'cross-validation') return validations.estimate(input.request, file);
    const subject = await readSubject(context, input.request, file);
    const id = randomUUID();
    if (input.kind === 'sweep') {
      const task = sweepTask(subject, input.request, id);
      const options = { list: false, measure: workKey(input.request, subject) };
      return described(await planSweep(context, task, input.request, options), null);
    }
    const { plan, windows } = await planWalkForward(context, id, input.request, subject, {
      list: false,
      measure: workKey(input.request, subject),
    });
    return described(wholeOf(plan, windows, context.compute.threads), windows.length);
  }

  function sweepTask(subject: Subject, request: SweepRequest, id: string) {
    const memory = memoryFor(request, context.compute.threads);
    return sweepSubject(subject, request, id, planSlices({ ...memory, places: 1 }).cacheBytes);
  }

  function described(plan: SweepPlan, windows: number | null): ResearchEstimate {
    const { size, combinations, exact, bars, bytes, seconds, path, reason, text } = plan;
    return {
      size,
      combinations,
      exact,
      bars,
      bytes,
      seconds,
      threads: context.compute.threads,
      path,
      reason,
      windows,
      text,
      huge: seconds > HUGE_SECONDS || bytes > HUGE_BYTES,
    };
  }

  function confirm(plan: SweepPlan, windows: number | null, confirmed: boolean): void {
    const { huge, text } = described(plan, windows);
    if (!huge || confirmed) return;
    throw new RenataError('TOO_LARGE', `This is huge and was not started: ${text}`, {
      details: { combinations: plan.combinations, seconds: plan.seconds, bytes: plan.bytes },
    });
  }

  async function startSweep(request: SweepRequest, options: StartOptions): Promise<Started> {
    const { confirmed, file } = options;
    const subject = await readSubject(context, request, file);
    const id = randomUUID();
    const task = sweepTask(subject, request, id);
    // Nothing is listed before it is known that the whole may start.
    const measure = workKey(request, subject);
    confirm(await planSweep(context, task, request, { list: false, measure }), null, confirmed);
    const plan = await planSweep(context, task, request, { list: true, measure });
    const { dimensions, names } = plan;
    const { strategyHash, marketHash, datasetId, dataHash } = subject;
    const title = `Sweep: ${titleOf(subject, request)}`;
    return begin(
      { kind: 'sweep', request, dimensions, names, strategyHash, marketHash, file },
      { id, title, datasetId, dataHash, total: plan.places },
      (control) => workSweep({ context, id, request, subject, plan, from: 0, control }),
    );
  }

  async function startWalkForward(
    request: WalkForwardRequest,
    { confirmed, file }: StartOptions,
  ): Promise<Started> {
    const subject = await readSubject(context, request, file);
    const id = randomUUID();
    const measure = workKey(request, subject);
    const made = await planWalkForward(context, id, request, subject, { list: true, measure });
    const { plan, windows } = made;
    confirm(wholeOf(plan, windows, context.compute.threads), windows.length, confirmed);
    const { dimensions, names } = plan;
    const { strategyHash, marketHash, datasetId, dataHash } = subject;
    const title = `Walk-forward: ${titleOf(subject, request)}, ${windows.length} windows`;
    return begin(
      { kind: 'walk-forward', request, dimensions, names, strategyHash, marketHash, file },
      { id, title, datasetId, dataHash, total: windows.length },
      walkForwardWork(id, request, subject),
    );
  }

  function walkForwardWork(
    id: string,
    request: WalkForwardRequest,
    subject: Subject,
  ): ResearchWork {
    return async (control) => {
      const end = await workWalkForward({ context, id, request, subject, control });
      const { nextPlace } = await store.getResearch(id);
      const rows = { from: nextPlace, to: nextPlace + 1, chunk: end.curve };
      await store.appendResearchRows(id, rows);
      return { kind: 'done', findings: end.findings };
    };
  }

  async function startMonteCarlo(request: MonteCarloRequest): Promise<Started> {
    const run = await store.getRun(request.runId);
    const { symbol, timeframe, dataHash, strategyTitle } = run.summary;
    const { strategy, datasetId } = run.summary.request;
    returnsFrom(run, request.of);
    const title = `Monte Carlo: ${strategyTitle ?? strategy} on ${symbol} ${timeframe}, ${request.of}, ${request.method}`;
    return begin(
      { kind: 'monte-carlo', request },
      { id: randomUUID(), title, datasetId, dataHash, total: request.paths },
      monteCarloWork(request),
    );
  }

  function monteCarloWork(request: MonteCarloRequest): ResearchWork {
    return async (control) => {
      const run = await store.getRun(request.runId);
      const findings = await workMonteCarlo(context, request, run, control);
      return { kind: 'done', findings };
    };
  }

  async function startAudit(request: AuditRequest, file?: BarFile): Promise<Started> {
    const subject = await readSubject(context, request.run, file);
    const { strategyHash, marketHash, datasetId, dataHash, symbol, timeframe } = subject;
    const title = `Audit: ${subject.title} on ${symbol} ${timeframe}`;
    return begin(
      { kind: 'audit', request, strategyHash, marketHash, file },
      { id: randomUUID(), title, datasetId, dataHash, total: 1 },
      auditWork(request, subject),
    );
  }

  function auditWork(request: AuditRequest, subject: Subject): ResearchWork {
    return async (control) => ({
      kind: 'done',
      findings: await workAudit(context, request, subject, control),
    });
  }

  /** The subject of stored work. @throws RenataError CONFLICT when bars or strategy are others now */
  async function sameSubject(
    record: ResearchRecord,
    request: SubjectRequest,
    stored: Pick<Extract<StoredRequest, { kind: 'audit' }>, 'file' | 'strategyHash' | 'marketHash'>,
  ): Promise<Subject> {
    const subject = await readSubject(context, request, stored.file);
    if (subject.dataHash !== record.dataHash) {
      throw new RenataError(
        'CONFLICT',
        `The bars of ${record.datasetId} are others now than when "${record.title}" began, so its results would not belong together; start it anew.`,
        { details: { parameter: 'data' } },
      );
    }
    if (subject.strategyHash !== stored.strategyHash) {
      throw new RenataError(
        'CONFLICT',
        `The strategy of "${record.title}" has been changed since it began, so its results would not belong together; start it anew.`,
        { details: { parameter: 'strategy' } },
      );
    }
    if (subject.marketHash !== (stored.marketHash ?? '')) {
      throw new RenataError(
        'CONFLICT',
        `The sessions, splits and dividends or finer bars of ${record.datasetId} are others now than when "${record.title}" began, so its results would not belong together; start it anew.`,
        { details: { parameter: 'data' } },
      );
    }
    return subject;
  }

  async function workOf(record: ResearchRecord): Promise<ResearchWork> {
    const stored = record.request as StoredRequest;
    const { id, nextPlace: from } = record;
    switch (stored.kind) {
      case 'sweep': {
        const { request } = stored;
        const subject = await sameSubject(record, request, stored);
        return (control) => workSweep({ context, id, request, subject, from, control });
      }
      case 'walk-forward':
        return walkForwardWork(
          id,
          stored.request,
          await sameSubject(record, stored.request, stored),
        );
      case 'cross-validation':
      case 'reality-check':
      case 'random-entry':
        return validations.workOf(record, stored);
      case 'monte-carlo':
        return monteCarloWork(stored.request);
      case 'audit':
        return auditWork(stored.request, await sameSubject(record, stored.request.run, stored));
    }
  }

  async function sweepResults(id: string): Promise<SweepResults> {
    const stored = (await store.getResearch(id)).request as StoredRequest;
    if (stored.kind === 'sweep') {
      const { names, dimensions } = stored;
      return { store, id, names, dimensions };
    }
    throw new RenataError('BAD_INPUT', `"${id}" is no sweep.`, {
      details: { parameter: 'researchId' },
    });
  }

  const { estimate: _estimate, workOf: _workOf, ...validating } = validations;
  return {
    ...validating,
    estimate: (input, file) => estimateOf(input, file),
    startSweep,
    startWalkForward,
    startMonteCarlo,
    startAudit: (request, file) => startAudit(request, file),
    list: async () => (await store.listResearch()).map((record) => active.item(record)),
    get: (input) => detailOf(store, active, input),
    async pause(id) {
      const record = await store.getResearch(id);
      if (await runner.stop(id)) return;
      if (active.stateOf(record).state !== 'running') {
        throw new RenataError('CONFLICT', `"${record.title}" is not running.`);
      }
      await store.setResearchState({ id, state: 'paused', message: PAUSED });
      context.onChanged({ researchId: id });
    },
    async resume(id) {
      const record = await store.getResearch(id);
      active.requireIdle(record);
      const work = await workOf(record);
      await store.setResearchState({
        id,
        state: 'running',
        message: null,
        summary: ownerHere(),
      });
      return runner.start(record, work);
    },
    async remove(id) {
      const record = await store.getResearch(id);
      const stopped = await runner.stop(id);
      if (!stopped && active.stateOf(record).state === 'running') {
        throw new RenataError(
          'CONFLICT',
          `"${record.title}" runs in another Renata; pause it first.`,
        );
      }
      await store.deleteResearch(id);
      context.onChanged({ researchId: id });
    },
    async heatmap({ researchId, ...asked }) {
      return heatmapOf(await sweepResults(researchId), asked);
    },
    async slice({ researchId, ...asked }) {
      return sliceOf(await sweepResults(researchId), asked);
    },
    async eachRows(id, use) {
      await sweepResults(id);
      await eachPart(store, id, ({ chunk }) => use(chunk));
    },
  };
}

/** `SMA cross on SPX 1d, fast 2..100, slow 2..100` */
function titleOf(
  { title, symbol, timeframe }: Subject,
  { ranges }: Pick<SweepRequest, 'ranges'>,
): string {
  const varied = Object.entries(ranges).map(([name, text]) => `${name} ${text}`);
  return `${title} on ${symbol} ${timeframe}, ${varied.join(', ')}`.slice(0, 400);
}

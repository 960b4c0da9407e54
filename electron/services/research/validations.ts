import { randomUUID } from 'node:crypto';
import { RenataError } from '../../../engine/domain/errors.ts';
import type {
  CrossValidationRequest,
  PlateauAnswer,
  PlateauRequest,
  RandomEntryRequest,
  RealityCheckRequest,
  ResearchEstimate,
} from '../../../engine/protocol/research-schemas.ts';
import type { SweepPlan } from '../../../engine/protocol/research-tasks.ts';
import type { ResearchRecord } from '../../storage/research-types.ts';
import {
  barsOfRun,
  periodsFor,
  plateauOf,
  sweepOf,
  workRandomEntry,
  workRealityCheck,
} from './comparisons.ts';
import type { ResearchContext } from './context.ts';
import { planCrossValidation, workCrossValidation } from './cross-validation.ts';
import type { ResearchWork } from './runner.ts';
import type { StoredRequest } from './stored.ts';
import { readSubject, type BarFile, type Subject, type SubjectRequest } from './subject.ts';

/** What all research is started with. */
export interface ValidationPlace {
  readonly context: ResearchContext;
  begin(
    stored: StoredRequest,
    record: Pick<ResearchRecord, 'id' | 'title' | 'datasetId' | 'dataHash' | 'total'>,
    work: ResearchWork,
  ): Promise<{ readonly jobId: string; readonly researchId: string }>;
  described(plan: SweepPlan, windows: number | null): ResearchEstimate;
  confirm(plan: SweepPlan, windows: number | null, confirmed: boolean): void;
  /** The subject of stored work. @throws RenataError CONFLICT when bars or strategy are others now */
  sameSubject(
    record: ResearchRecord,
    request: SubjectRequest,
    stored: {
      readonly file?: BarFile | undefined;
      readonly strategyHash: string;
      readonly marketHash?: string;
    },
  ): Promise<Subject>;
  isRunning(record: ResearchRecord): boolean;
}

type Started = ReturnType<ValidationPlace['begin']>;
type Kind = 'cross-validation' | 'reality-check' | 'random-entry';
type StoredValidation = Extract<StoredRequest, { kind: Kind }>;

/** Research that says how far other results can be trusted. */
export interface Validations {
  estimate(request: CrossValidationRequest, file?: BarFile): Promise<ResearchEstimate>;
  startCrossValidation(
    request: CrossValidationRequest,
    options: { readonly confirmed: boolean; readonly file?: BarFile | undefined },
  ): Started;
  startRealityCheck(request: RealityCheckRequest): Started;
  startRandomEntry(request: RandomEntryRequest): Started;
  plateau(request: PlateauRequest): Promise<PlateauAnswer>;
  /** Work that was stored, to be begun again. */
  workOf(record: ResearchRecord, stored: StoredValidation): Promise<ResearchWork>;
}

export function createValidations(place: ValidationPlace): Validations {
  const { context, begin } = place;
  const { store } = context;

  function crossValidationWork(
    id: string,
    request: CrossValidationRequest,
    subject: Subject,
  ): ResearchWork {
    return async (control) => {
      const { findings, curves } = await workCrossValidation({
        context,
        id,
        request,
        subject,
        control,
      });
      const { nextPlace: from } = await store.getResearch(id);
      await store.appendResearchRows(id, { from, to: from + 1, chunk: curves });
      return { kind: 'done', findings };
    };
  }

  /** The sweep of a reality check, as it can be run again. */
  async function sweepAgain(sweepId: string) {
    const record = await store.getResearch(sweepId);
    const stored = sweepOf(record, 'sweepId');
    if (place.isRunning(record)) {
      throw new RenataError('CONFLICT', `"${record.title}" is still running; wait for its end.`);
    }
    const subject = await place.sameSubject(record, stored.request, stored);
    return { record, stored, subject };
  }

  function realityCheckWork(
    id: string,
    request: RealityCheckRequest,
    sweep: Awaited<ReturnType<typeof sweepAgain>>,
  ): ResearchWork {
    return async (control) => ({
      kind: 'done',
      findings: await workRealityCheck(context, id, request, sweep, control),
    });
  }

  async function randomEntryWork(request: RandomEntryRequest): Promise<ResearchWork> {
    const run = await store.getRun(request.runId);
    const bars = await barsOfRun(context, run);
    return async (control) => ({
      kind: 'done',
      findings: await workRandomEntry(context, request, run, bars, control),
    });
  }

  return {
    async estimate(request, file) {
      const subject = await readSubject(context, request, file);
      const { plan, splits, paths } = await planCrossValidation(
        context,
        randomUUID(),
        request,
        subject,
        { list: false },
      );
      return { ...place.described(plan, null), splits, paths };
    },
    async startCrossValidation(request, { confirmed, file }) {
      const subject = await readSubject(context, request, file);
      const id = randomUUID();
      const { plan, splits } = await planCrossValidation(context, id, request, subject, {
        list: true,
      });
      place.confirm(plan, null, confirmed);
      const { dimensions, names } = plan;
      const { strategyHash, marketHash, datasetId, dataHash, symbol, timeframe } = subject;
      const title = `Cross-validation: ${subject.title} on ${symbol} ${timeframe}, ${rangesText(request)}, ${splits} splits`;
      return begin(
        { kind: 'cross-validation', request, dimensions, names, strategyHash, marketHash, file },
        { id, title, datasetId, dataHash, total: plan.list?.length ?? 0 },
        crossValidationWork(id, request, subject),
      );
    },
    async startRealityCheck(request) {
      const sweep = await sweepAgain(request.sweepId);
      const { datasetId, dataHash, title } = sweep.record;
      const rows = (await store.listResearch()).find(({ id }) => id === request.sweepId)?.rows ?? 0;
      if (rows === 0) {
        throw new RenataError('BAD_INPUT', `sweepId: "${title}" has no results to check.`, {
          details: { parameter: 'sweepId' },
        });
      }
      periodsFor(rows, sweep.subject.run.base.bars.time.length);
      const id = randomUUID();
      const against = request.against === 'zero' ? 'zero' : 'buy and hold';
      return begin(
        { kind: 'reality-check', request },
        {
          id,
          title: `Reality check: ${title.replace(/^Sweep: /, '')}, against ${against}`,
          datasetId,
          dataHash,
          total: rows,
        },
        realityCheckWork(id, request, sweep),
      );
    },
    async startRandomEntry(request) {
      const { summary, trades } = await store.getRun(request.runId);
      const { symbol, timeframe, dataHash, strategyTitle } = summary;
      if (!trades.open.some((open) => open === 0)) {
        throw new RenataError(
          'BAD_INPUT',
          'runId: the run has no closed trades to compare with random ones.',
          { details: { parameter: 'runId' } },
        );
      }
      const { strategy, datasetId } = summary.request;
      return begin(
        { kind: 'random-entry', request },
        {
          id: randomUUID(),
          title: `Random entries: ${strategyTitle ?? strategy} on ${symbol} ${timeframe}`,
          datasetId,
          dataHash,
          total: request.samples,
        },
        await randomEntryWork(request),
      );
    },
    async plateau(request) {
      return plateauOf(context, await store.getResearch(request.researchId), request);
    },
    async workOf(record, stored) {
      switch (stored.kind) {
        case 'cross-validation': {
          const subject = await place.sameSubject(record, stored.request, stored);
          return crossValidationWork(record.id, stored.request, subject);
        }
        case 'reality-check':
          return realityCheckWork(
            record.id,
            stored.request,
            await sweepAgain(stored.request.sweepId),
          );
        case 'random-entry':
          return randomEntryWork(stored.request);
      }
    },
  };
}

/** `fast 2..100, slow 2..100` */
function rangesText({ ranges }: Pick<CrossValidationRequest, 'ranges'>): string {
  return Object.entries(ranges)
    .map(([name, text]) => `${name} ${text}`)
    .join(', ')
    .slice(0, 300);
}

import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallInput, CallOutput } from '../../../engine/protocol/contract.ts';
import type {
  AuditFindings,
  CrossValidationFindings,
  MonteCarloFindings,
  RandomEntryFindings,
  RealityCheckFindings,
  ResearchDimension,
  SweepFindings,
  WalkForwardFindings,
} from '../../../engine/protocol/research-schemas.ts';
import { METRICS } from '../../../engine/sweep/metrics.ts';
import type { ResearchSummary } from '../../storage/research-types.ts';
import type { Store } from '../../storage/store-client.ts';
import type { ActiveResearch } from './active.ts';
import { eachPart } from './rows.ts';
import type { StoredRequest } from './stored.ts';
import { pageOf } from './views.ts';

type Detail = CallOutput<'research.get'>['detail'];

/** All that is known of a piece of research. @throws RenataError NOT_FOUND */
export async function detailOf(
  store: Store,
  active: ActiveResearch,
  input: CallInput<'research.get'>,
): Promise<CallOutput<'research.get'>> {
  const record = (await store.listResearch()).find(({ id }) => id === input.researchId);
  if (record === undefined) {
    throw new RenataError('NOT_FOUND', `There is no research "${input.researchId}".`, {
      details: { parameter: 'researchId' },
    });
  }
  const item = active.item(record);
  return { item, detail: await detailFor(store, record, item.state === 'done', input) };
}

async function detailFor(
  store: Store,
  { id, request, summary }: ResearchSummary,
  isDone: boolean,
  { sort, offset, limit }: CallInput<'research.get'>,
): Promise<Detail> {
  const stored = request as StoredRequest;
  const findings = isDone ? summary : null;
  switch (stored.kind) {
    case 'sweep': {
      const { names, dimensions } = stored;
      const results = { store, id, names, dimensions };
      const page = await pageOf(results, sort ?? stored.request.objective, offset, limit);
      return {
        kind: 'sweep',
        request: stored.request,
        dimensions: copied(dimensions),
        metrics: METRICS.map((metric) => ({ ...metric })),
        findings: findings as SweepFindings | null,
        page: { offset, names: [...page.names], columns: [...page.columns] },
      };
    }
    case 'walk-forward':
      return {
        kind: 'walk-forward',
        request: stored.request,
        dimensions: copied(stored.dimensions),
        findings: findings as WalkForwardFindings | null,
        curve: isDone ? await curveOf(store, id) : null,
      };
    case 'cross-validation':
      return {
        kind: 'cross-validation',
        request: stored.request,
        dimensions: copied(stored.dimensions),
        findings: findings as CrossValidationFindings | null,
        curves: isDone ? await pathsOf(store, id) : null,
      };
    case 'reality-check':
      return {
        kind: 'reality-check',
        request: stored.request,
        findings: findings as RealityCheckFindings | null,
      };
    case 'random-entry':
      return {
        kind: 'random-entry',
        request: stored.request,
        findings: findings as RandomEntryFindings | null,
      };
    case 'monte-carlo':
      return {
        kind: 'monte-carlo',
        request: stored.request,
        findings: findings as MonteCarloFindings | null,
      };
    case 'audit':
      return { kind: 'audit', request: stored.request, findings: findings as AuditFindings | null };
  }
}

function copied(dimensions: readonly ResearchDimension[]): ResearchDimension[] {
  return dimensions.map((dimension) => ({ ...dimension, choices: [...dimension.choices] }));
}

/** Equity of the paths of a cross-validation: its only rows. */
async function pathsOf(
  store: Store,
  id: string,
): Promise<Extract<Detail, { kind: 'cross-validation' }>['curves']> {
  let columns: readonly Float64Array[] = [];
  await eachPart(store, id, ({ chunk }) => {
    columns = chunk.columns;
  });
  const [time, benchmark, ...paths] = columns;
  return time === undefined || benchmark === undefined ? null : { time, benchmark, paths };
}

/** The joined tests: the last rows of a walk-forward test. */
async function curveOf(
  store: Store,
  id: string,
): Promise<Extract<Detail, { kind: 'walk-forward' }>['curve']> {
  let columns: readonly Float64Array[] = [];
  await eachPart(store, id, ({ chunk }) => {
    columns = chunk.columns;
  });
  const [time, equity, benchmark] = columns;
  if (time === undefined || equity === undefined || benchmark === undefined) return null;
  return { time, equity, benchmark };
}

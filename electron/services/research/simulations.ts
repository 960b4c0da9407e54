import { RenataError } from '../../../engine/domain/errors.ts';
import type {
  AuditFindings,
  AuditRequest,
  MonteCarloFindings,
  MonteCarloRequest,
} from '../../../engine/protocol/research-schemas.ts';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { returnsOf } from '../../../engine/stats/moments.ts';
import { returnsOnEquity } from '../../../engine/validation/monte-carlo.ts';
import type { ResearchContext } from './context.ts';
import { identityOf } from './ledger.ts';
import type { Subject } from './subject.ts';
import type { WorkControl } from './sweeps.ts';

const DAYS_PER_YEAR = 365.25;

/** Other courses of a stored run's returns. */
export async function workMonteCarlo(
  { compute }: ResearchContext,
  request: MonteCarloRequest,
  run: Run,
  control: WorkControl,
): Promise<Omit<MonteCarloFindings, 'seconds'>> {
  const { firstTime, lastTime } = run.summary;
  return compute.run(
    'monteCarlo',
    {
      request,
      returns: returnsFrom(run, request.of),
      years: (lastTime - firstTime) / MS_PER_DAY / DAYS_PER_YEAR,
    },
    {
      signal: control.signal,
      onProgress: ({ done }) => control.reached(done),
    },
  );
}

/** @throws RenataError BAD_INPUT for a run without closed trades or bars */
export function returnsFrom(run: Run, of: MonteCarloRequest['of']): Float64Array {
  const { cash } = run.summary.request.settings;
  const returns = of === 'trades' ? returnsOnEquity(run.trades, cash) : returnsOf(run.equity);
  if (returns.length > 0) return returns;
  throw new RenataError(
    'BAD_INPUT',
    `of: the run has no ${of === 'trades' ? 'closed trades' : 'returns'} to put into another order.`,
    { details: { parameter: 'of' } },
  );
}

/** Looks for what makes a run better than life. */
export async function workAudit(
  { compute, ledger }: ResearchContext,
  { run, universe, cuts, seed }: AuditRequest,
  subject: Subject,
  control: WorkControl,
): Promise<Omit<AuditFindings, 'seconds'>> {
  const { signal } = control;
  const { parameters, settings } = run;
  const { bars } = subject.run.base;
  const { equity, trades } = await compute.run(
    'rangeRun',
    { ...subject.run, parameters, lead: 0, score: null },
    { signal },
  );
  const { sample } = await compute.run(
    'trial',
    {
      time: bars.time,
      capital: settings.cash,
      equity,
      riskFreeRate: settings.riskFreeRate,
      periodsPerYear: settings.periodsPerYear,
      span: subject.span,
    },
    { signal },
  );
  const dataset = identityOf(subject.datasetId, subject.adjustment);
  const deflated = trades.count === 0 ? null : await ledger.deflate(dataset, sample);
  // Data that were never searched have nothing to deflate by.
  const counted = deflated !== null && deflated.trials > 1 ? deflated : null;
  const found = await compute.run(
    'audit',
    {
      ...subject.run,
      parameters,
      universe,
      cuts,
      seed,
      ledger:
        counted === null ? null : { trials: counted.trials, probability: counted.probability },
    },
    { signal, onProgress: ({ done, total }) => control.reached(done / total) },
  );
  return { ...found, deflated: counted, notes: [...subject.notes] };
}

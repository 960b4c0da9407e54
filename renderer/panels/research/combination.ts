import { RenataError, toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { Parameter, ParameterValue } from '../../../engine/domain/parameters.ts';
import type { ResearchDimension, SweepRequest } from '../../../engine/protocol/research-schemas.ts';
import type { BacktestRequest, Job, RunSummary } from '../../../engine/protocol/schemas.ts';
import { openPanel, selectRun, useWorkstation, workstation } from '../../client/store.ts';
import { codeText } from './ranges.ts';

/** One combination of a sweep, by the codes of its dimensions. */
export interface Combination {
  readonly combination: number;
  /** By the columns of the results. */
  readonly row: Readonly<Record<string, number>>;
}

/** What a dimension's code stands for. */
export function valueOf(dimension: ResearchDimension, code: number): ParameterValue {
  if (dimension.kind === 'choice') return dimension.choices[code] ?? '';
  return dimension.kind === 'boolean' ? code === 1 : code;
}

/** `fast 20, slow 50` */
export function combinationText(
  dimensions: readonly ResearchDimension[],
  row: Readonly<Record<string, number>>,
): string {
  return dimensions
    .map((each) => `${each.name} ${codeText(each, row[each.column] ?? Number.NaN)}`)
    .join(', ');
}

/**
 * The backtest of a combination.
 * @param known the strategy's parameters; the request holds a value for each of them, as a form would
 * @returns null for conditions that are no stored strategy
 */
export function backtestOf(
  request: Pick<
    SweepRequest,
    | 'strategy'
    | 'source'
    | 'datasetId'
    | 'adjustment'
    | 'start'
    | 'end'
    | 'settings'
    | 'fixed'
    | 'events'
    | 'resolve'
  >,
  varied: Readonly<Record<string, ParameterValue>>,
  known: readonly Parameter[],
): BacktestRequest | null {
  const { strategy, datasetId, adjustment, start, end, settings, fixed, events, resolve } = request;
  if (typeof strategy !== 'string') return null;
  const parameters: Record<string, ParameterValue> = {};
  for (const { name, default: value } of known) parameters[name] = value;
  Object.assign(parameters, fixed, varied);
  const source = request.source === undefined ? {} : { source: request.source };
  return {
    strategy,
    parameters,
    datasetId,
    adjustment,
    start,
    end,
    settings,
    ...(events === undefined ? {} : { events }),
    ...(resolve === undefined ? {} : { resolve }),
    ...source,
  };
}

/** Equal requests have equal texts, whatever the order of their keys. */
export function requestKey(request: BacktestRequest): string {
  return JSON.stringify(request, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value as Record<string, unknown>).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value,
  );
}

/** A run that was made of the same request over the same bars. */
export function earlierRun(request: BacktestRequest): RunSummary | undefined {
  const key = requestKey(request);
  const { runs, datasets } = useWorkstation.getState();
  const hash = datasets?.find(({ id }) => id === request.datasetId)?.current.contentHash;
  return runs?.find((run) => run.dataHash === hash && requestKey(run.request) === key);
}

/**
 * The run of a request, which is made unless there is one.
 * @returns its id
 * @throws RenataError of the backtest
 */
export async function runOf(request: BacktestRequest): Promise<string> {
  const before = earlierRun(request);
  if (before !== undefined) return before.id;
  const { jobId } = await workstation().call('backtest.run', request);
  return new Promise((resolve, reject) => {
    const look = ({ jobs }: { readonly jobs: readonly Job[] }): void => {
      const job = jobs.find(({ id }) => id === jobId);
      if (job === undefined || job.state === 'queued' || job.state === 'running') return;
      leave();
      if (job.state === 'done' && job.result !== null) resolve(job.result);
      else reject(jobError(job));
    };
    const leave = useWorkstation.subscribe(look);
    look(useWorkstation.getState());
  });
}

function jobError({ error, title }: Job): RenataError {
  if (error !== null) return RenataError.fromPayload(error);
  return new RenataError('CANCELLED', `${title} was cancelled.`);
}

/**
 * Shows the backtest of a combination in the report. One that was run before is opened and not run again.
 * @returns why it could not be, or null
 */
export async function openBacktest(request: BacktestRequest): Promise<ErrorPayload | null> {
  const before = earlierRun(request);
  try {
    if (before === undefined) await workstation().call('backtest.run', request);
    else await selectRun(before.id);
    // A report that is in sight needs no focus, which would take the cursor from the map.
    if (document.querySelector('[data-testid="report-panel"]') === null) openPanel('report');
    return null;
  } catch (error) {
    return toErrorPayload(error);
  }
}

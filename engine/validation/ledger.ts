import { RenataError } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import { deviation, mean } from '../stats/moments.ts';
import {
  averageCorrelation,
  clusterSeries,
  correlationsOf,
  independentTrials,
  MOST_CLUSTERED,
} from './clusters.ts';
import { deflatedSharpe, type DeflatedSharpe, type SharpeSample } from './sharpe.ts';

/** What made a trial; each counts alike. */
export const TRIAL_SOURCES = ['backtest', 'sweep', 'walk-forward', 'agent'] as const;
export type TrialSource = (typeof TRIAL_SOURCES)[number];

/** One run on a dataset, as the ledger keeps it for ever. */
export interface TrialRecord {
  /** Unique; a run that is repeated with the same inputs has the same and counts once. */
  readonly id: string;
  /** Identity of the data: symbol, timeframe and adjustment. Other stretches of the same data are the same dataset. */
  readonly dataset: string;
  readonly strategy: string;
  readonly parameters: ParameterValues;
  readonly source: TrialSource;
  /** When it was run, UnixMillis. */
  readonly at: number;
  /** Sharpe ratio of one period, not annual. NaN for a run that never traded. */
  readonly sharpe: number;
  /** Returns that it was computed from. */
  readonly count: number;
  readonly skew: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
  /** Periods in a year of those returns. */
  readonly periods: number;
  /** Returns of the run gathered into `DIGEST_LENGTH` equal stretches of the dataset; empty when not kept. */
  readonly digest: Float64Array;
}

/** Stretches that a run's returns are gathered into to see which trials moved alike. */
export const DIGEST_LENGTH = 128;

/**
 * Returns of a run in `DIGEST_LENGTH` stretches of equal length between two times, summed as logarithms;
 * stretches without a bar of the run are 0, as the run held nothing then.
 * @param time of each return
 */
export function digestOf(
  time: Float64Array,
  returns: Float64Array,
  from: number,
  to: number,
): Float64Array {
  const digest = new Float64Array(DIGEST_LENGTH);
  const width = (to - from) / DIGEST_LENGTH;
  for (let i = 0; i < returns.length; i += 1) {
    const place = Math.floor(((time[i] as number) - from) / width);
    const stretch = Math.min(Math.max(place, 0), DIGEST_LENGTH - 1);
    const growth = Math.max(1 + (returns[i] as number), 1e-9);
    digest[stretch] = (digest[stretch] as number) + Math.log(growth);
  }
  return digest;
}

/** @throws RenataError BAD_INPUT naming the field that is wrong. */
export function checkTrial(record: TrialRecord): void {
  const wrong = (field: string, rule: string): never => {
    throw new RenataError('BAD_INPUT', `trial: ${field} must be ${rule}.`, {
      details: { parameter: field },
    });
  };
  for (const field of ['id', 'dataset', 'strategy'] as const) {
    if (record[field] === '') wrong(field, 'named');
  }
  if (!TRIAL_SOURCES.includes(record.source)) wrong('source', TRIAL_SOURCES.join(', '));
  if (!Number.isSafeInteger(record.at)) wrong('at', 'a time in whole milliseconds');
  if (!Number.isSafeInteger(record.count) || record.count < 0) wrong('count', 'a whole number');
  if (!(record.periods > 0)) wrong('periods', 'above 0');
  if (Math.abs(record.sharpe) === Number.POSITIVE_INFINITY) wrong('sharpe', 'finite or NaN');
  const { length } = record.digest;
  if (length !== 0 && length !== DIGEST_LENGTH) wrong('digest', `of ${DIGEST_LENGTH} stretches`);
}

/** How often a dataset has been tried. */
export interface TrialCount {
  readonly dataset: string;
  readonly trials: number;
  readonly strategies: number;
  readonly bySource: Readonly<Record<TrialSource, number>>;
  readonly first: number;
  readonly last: number;
}

/** Counts by dataset, the most tried first. The same id counts once. */
export function countTrials(records: Iterable<TrialRecord>): TrialCount[] {
  const datasets = new Map<string, Map<string, TrialRecord>>();
  for (const record of records) {
    const known = datasets.get(record.dataset) ?? new Map<string, TrialRecord>();
    if (!known.has(record.id)) known.set(record.id, record);
    datasets.set(record.dataset, known);
  }
  return [...datasets]
    .map(([dataset, known]) => {
      const all = [...known.values()];
      const bySource = { backtest: 0, sweep: 0, 'walk-forward': 0, agent: 0 };
      for (const { source } of all) bySource[source] += 1;
      const times = Float64Array.from(all, ({ at }) => at).toSorted();
      return {
        dataset,
        trials: all.length,
        strategies: new Set(all.map(({ strategy }) => strategy)).size,
        bySource,
        first: times[0] as number,
        last: times.at(-1) as number,
      };
    })
    .toSorted((a, b) => b.trials - a.trials || (a.dataset < b.dataset ? -1 : 1));
}

/** How many trials the ledger's stand for, and how much their Sharpe ratios differ. */
export interface EffectiveTrials {
  readonly trials: number;
  /** By mean correlation, `rho + (1 - rho) * N`; all of them where no returns were kept. */
  readonly independent: number;
  readonly averageCorrelation: number;
  /** Groups that moved alike; NaN where no returns were kept. */
  readonly clusters: number;
  /** Variance of the Sharpe ratios of one period; 0 for fewer than two. */
  readonly variance: number;
}

/**
 * The effective number of trials. Trials without kept returns count as independent of all others, which is
 * the cautious side; where there are more than can be clustered, an even choice of them stands for all.
 */
export function effectiveTrials(records: readonly TrialRecord[]): EffectiveTrials {
  const distinct = [...new Map(records.map((record) => [record.id, record])).values()];
  const sharpes = distinct.map(({ sharpe }) => sharpe).filter((value) => !Number.isNaN(value));
  const kept = distinct.filter(({ digest }) => digest.length > 0).map(({ digest }) => digest);
  const stride = Math.ceil(kept.length / MOST_CLUSTERED);
  const chosen = kept.filter((_digest, i) => i % stride === 0);
  const rho = averageCorrelation(correlationsOf(chosen), chosen.length);
  const without = distinct.length - kept.length;
  return {
    trials: distinct.length,
    independent: without + (kept.length > 1 ? independentTrials(kept.length, rho) : kept.length),
    averageCorrelation: rho,
    clusters: chosen.length > 0 ? new Set(clusterSeries(chosen)).size : Number.NaN,
    variance: sharpes.length > 1 ? deviation(sharpes) ** 2 : 0,
  };
}

/**
 * Deflated Sharpe ratio of a run by everything that was ever tried on its dataset.
 * @param sample of the run, of one period
 * @param records of the same dataset and of periods as long as the run's, the run itself among them
 */
export function deflatedByLedger(
  sample: SharpeSample,
  records: readonly TrialRecord[],
): DeflatedSharpe & EffectiveTrials {
  const effective = effectiveTrials(records);
  return { ...effective, ...deflatedSharpe(sample, effective.variance, effective.independent) };
}

/** Mean Sharpe ratio of one period of the trials that traded; for a look at what luck had to start from. */
export function averageSharpe(records: readonly TrialRecord[]): number {
  return mean(records.map(({ sharpe }) => sharpe).filter((value) => !Number.isNaN(value)));
}

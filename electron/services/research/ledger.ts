import type { Adjustment } from '../../../engine/domain/bar.ts';
import type { ParameterValues } from '../../../engine/domain/parameters.ts';
import type { Deflated, TrialTotals } from '../../../engine/protocol/research-schemas.ts';
import type { SharpeFigures } from '../../../engine/protocol/research-tasks.ts';
import type { PackedRun } from '../../../engine/protocol/text-columns.ts';
import {
  averageCorrelation,
  correlationsOf,
  independentTrials,
  MOST_CLUSTERED,
} from '../../../engine/validation/clusters.ts';
import { checkTrial, type TrialRecord } from '../../../engine/validation/ledger.ts';
import { deflatedSharpe } from '../../../engine/validation/sharpe.ts';
import type { TrialRow } from '../../storage/research-types.ts';
import type { Store } from '../../storage/store-client.ts';
import type { ComputePool } from '../compute.ts';
import { hashOf } from './hash.ts';

/** Identity of data: the stored series and how it was adjusted. Other stretches of it are the same. */
export function identityOf(datasetId: string, adjustment: Adjustment): string {
  return `${datasetId} ${adjustment}`;
}

/** Trials of a search, or of a part of it. */
export interface TrialGroup {
  /** Equal searches of equal data have the same. */
  readonly key: string;
  /** Which part of the search these are; empty for all of it so far, which grows. */
  readonly part: string;
  readonly dataset: string;
  readonly strategy: string;
  readonly source: 'sweep' | 'walk-forward';
  readonly trials: number;
  /** Of the Sharpe ratios of one bar; NaN where those of shorter ranges would say too much. */
  readonly sharpeMean: number;
  readonly sharpeDeviation: number;
}

/** Mean and deviation of numbers that come one after another (Welford 1962). */
export class RunningMoments {
  /** Numbers so far, undefined ones too. */
  count = 0;
  private known = 0;
  private centre = 0;
  private squares = 0;

  add(value: number): void {
    this.count += 1;
    if (!Number.isFinite(value)) return;
    this.known += 1;
    const distance = value - this.centre;
    this.centre += distance / this.known;
    this.squares += distance * (value - this.centre);
  }

  get mean(): number {
    return this.known > 0 ? this.centre : Number.NaN;
  }

  get deviation(): number {
    if (this.known === 0) return Number.NaN;
    return this.known > 1 ? Math.sqrt(this.squares / (this.known - 1)) : 0;
  }
}

/** One curve with everything that it came of. */
export interface TrialCurve {
  readonly key: string;
  readonly dataset: string;
  readonly strategy: string;
  readonly parameters: ParameterValues;
  readonly source: 'backtest' | 'walk-forward';
  readonly time: Float64Array;
  readonly capital: number;
  readonly equity: Float64Array;
  readonly riskFreeRate: number;
  readonly periodsPerYear: number | null;
  readonly span: { readonly from: number; readonly to: number };
}

/** Counts every trial ever run on a dataset, and says what a result is worth after them. */
export interface Ledger {
  addRun(run: PackedRun, strategyHash: string): Promise<void>;
  /** @returns the significance of its Sharpe ratio */
  addCurve(curve: TrialCurve): Promise<SharpeFigures>;
  addGroup(group: TrialGroup): Promise<void>;
  /** Keeps how alike the trials of a search were, which makes them count for less. */
  setCorrelation(
    group: Pick<TrialGroup, 'key' | 'dataset' | 'strategy' | 'source'>,
    correlation: number,
  ): Promise<void>;
  /** @param among all trials of the dataset, or its walk-forward tests alone */
  deflate(dataset: string, sample: SharpeFigures, among?: 'all' | 'tests'): Promise<Deflated>;
  totals(datasetId: string | null): Promise<TrialTotals[]>;
}

/** Stands behind the key of a search in the id of the row that says how alike its trials were. */
const ALIKE = '#alike';
/** Stands between the key of a search and a part of it. */
const PART = '@';
/** Source of the curve that a walk-forward test makes, which is a trial among its like. */
const STITCHED = 'walk-forward-curve';

export function createLedger(options: {
  readonly store: Store;
  readonly compute: ComputePool;
  readonly now: () => number;
}): Ledger {
  const { store, compute, now } = options;

  async function addCurve(curve: TrialCurve): Promise<SharpeFigures> {
    const { key, dataset, strategy, parameters, source, ...input } = curve;
    const { sample, periods, digest } = await compute.run('trial', input);
    // One bar tells nothing that could be luck.
    if (!(periods > 0)) return sample;
    const at = now();
    const record: TrialRecord = {
      id: key,
      dataset,
      strategy,
      parameters,
      source,
      at,
      periods,
      digest,
      ...sample,
    };
    checkTrial(record);
    await store.addTrials([
      {
        id: key,
        dataset,
        strategy,
        source: source === 'walk-forward' ? STITCHED : source,
        at,
        trials: 1,
        sharpeMean: sample.sharpe,
        sharpeDeviation: 0,
        record,
      },
    ]);
    return sample;
  }

  return {
    addCurve,
    async addRun({ summary, time, equity }, strategyHash) {
      const { request, dataHash } = summary;
      const { strategy, parameters, settings, start, end, datasetId, adjustment } = request;
      const { instruments, events, resolve } = request;
      const asked = { parameters, settings, start, end, instruments, events, resolve };
      const datasets = await store.listDatasets();
      const current = datasets.find(({ id }) => id === datasetId)?.current ?? summary;
      await addCurve({
        key: `run:${hashOf({ dataHash, strategy, strategyHash, ...asked })}`,
        dataset: identityOf(datasetId, adjustment),
        strategy,
        parameters,
        source: 'backtest',
        time,
        capital: settings.cash,
        equity,
        riskFreeRate: settings.riskFreeRate,
        periodsPerYear: settings.periodsPerYear,
        span: { from: current.firstTime, to: current.lastTime },
      });
    },
    async addGroup({ key, part, ...group }) {
      if (group.trials === 0) return;
      const id = part === '' ? key : `${key}${PART}${part}`;
      await store.addTrials([{ ...group, id, at: now(), record: null }]);
    },
    async setCorrelation({ key, dataset, strategy, source }, correlation) {
      const none = { trials: 0, sharpeMean: Number.NaN, sharpeDeviation: Number.NaN };
      const id = `${key}${ALIKE}`;
      await store.addTrials([
        { id, dataset, strategy, source, at: now(), ...none, record: { correlation } },
      ]);
    },
    async deflate(dataset, sample, among = 'all') {
      const rows = await store.listTrials(dataset);
      const counted = rows.filter(({ source }) => (source === STITCHED) === (among === 'tests'));
      const { trials, independent, variance } = weigh(counted);
      const { benchmark, probability } = deflatedSharpe(sample, variance, independent);
      return { sharpe: sample.sharpe, benchmark, probability, trials, independent };
    },
    async totals(datasetId) {
      const counted = await store.countTrials();
      const wanted = counted.filter(
        ({ dataset }) => datasetId === null || dataset.startsWith(`${datasetId} `),
      );
      return Promise.all(
        wanted.map(async ({ dataset, trials }) => {
          const rows = await store.listTrials(dataset);
          const sources: Record<string, number> = {};
          for (const row of rows) {
            const source = row.source === STITCHED ? 'walk-forward' : row.source;
            sources[source] = (sources[source] ?? 0) + row.trials;
          }
          const times = rows.map(({ at }) => at);
          return {
            dataset,
            trials,
            strategies: new Set(rows.map(({ strategy }) => strategy)).size,
            sources,
            first: Math.min(...times),
            last: Math.max(...times),
          };
        }),
      );
    },
  };
}

/**
 * How many trials the rows are, how many independent ones they stand for, and the variance of their Sharpe
 * ratios. The trials of one search count by their mean correlation, those of single runs by that of their
 * kept returns; what is not known to be alike counts as independent.
 */
export function weigh(rows: readonly TrialRow[]): {
  readonly trials: number;
  readonly independent: number;
  readonly variance: number;
} {
  const searches = new Map<string, { trials: number; correlation: number }>();
  const digests: Float64Array[] = [];
  let singles = 0;
  const search = (key: string) => {
    const found = searches.get(key) ?? { trials: 0, correlation: 0 };
    searches.set(key, found);
    return found;
  };
  for (const { id, trials, record } of rows) {
    if (id.endsWith(ALIKE)) {
      const { correlation } = record as { readonly correlation: number };
      search(id.slice(0, -ALIKE.length)).correlation = Number.isFinite(correlation)
        ? correlation
        : 0;
    } else if (record === null) {
      const part = id.lastIndexOf(PART);
      search(part < 0 ? id : id.slice(0, part)).trials += trials;
    } else {
      singles += 1;
      digests.push((record as TrialRecord).digest);
    }
  }
  let independent = singleTrials(singles, digests);
  for (const { trials, correlation } of searches.values()) {
    if (trials > 0) independent += independentTrials(trials, correlation);
  }
  return {
    trials: rows.reduce((sum, { trials }) => sum + trials, 0),
    independent,
    variance: pooledVariance(rows),
  };
}

function singleTrials(count: number, digests: readonly Float64Array[]): number {
  const kept = digests.filter(({ length }) => length > 0);
  const stride = Math.ceil(kept.length / MOST_CLUSTERED);
  const chosen = kept.filter((_digest, i) => i % stride === 0);
  if (chosen.length < 2) return count;
  const rho = averageCorrelation(correlationsOf(chosen), chosen.length);
  return count - kept.length + independentTrials(kept.length, rho);
}

/** Of all Sharpe ratios, from the means and deviations of their groups. */
function pooledVariance(rows: readonly TrialRow[]): number {
  const known = rows.filter(({ trials, sharpeMean }) => trials > 0 && Number.isFinite(sharpeMean));
  const count = known.reduce((sum, { trials }) => sum + trials, 0);
  if (count < 2) return 0;
  const centre = known.reduce((sum, row) => sum + row.trials * row.sharpeMean, 0) / count;
  let squares = 0;
  for (const { trials, sharpeMean, sharpeDeviation } of known) {
    const spread = Number.isFinite(sharpeDeviation) ? sharpeDeviation : 0;
    squares += (trials - 1) * spread * spread + trials * (sharpeMean - centre) ** 2;
  }
  return squares / (count - 1);
}

import { readFile } from 'node:fs/promises';
import { STRATEGIES } from '../../engine/backtest/strategies.ts';
import type { Statistic } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { timeframe as parseTimeframe, type Timeframe } from '../../engine/domain/timeframe.ts';
import type { OpenedBundle } from '../../engine/protocol/bundle-tasks.ts';
import {
  MAX_REPORT,
  type BundleManifest,
  type BundleRerun,
  type BundleView,
} from '../../engine/protocol/run-bundle.ts';
import type { StrategyProgram, TaskBars } from '../../engine/protocol/tasks.ts';
import { sourcesBeside } from '../../engine/report/bar-sources.ts';
import { hashOfBars } from '../../engine/report/bundle.ts';
import type { Store } from '../storage/store-client.ts';
import { findingsOf } from './bundle-findings.ts';
import type { ComputeHooks, ComputePool } from './compute.ts';
import type { JobControl, Jobs } from './jobs.ts';
import { readCalendar } from './other-instruments.ts';
import { fileStem, type Reports } from './reports.ts';
import { findVersion, readBeside, readVersion } from './run-data.ts';
import { readMarketAgain } from './run-market.ts';
import type { StrategyLibrary } from './strategies/library.ts';
import { prepareStrategy, type PreparedStrategy } from './strategies/prepare.ts';
import type { Uploads } from './uploads.ts';

export interface BundlesOptions {
  readonly store: Store;
  readonly compute: ComputePool;
  readonly jobs: Jobs;
  readonly uploads: Pick<Uploads, 'file'>;
  readonly strategies: StrategyLibrary;
  readonly reports: Pick<Reports, 'sheetTask'>;
  readonly calendarsDirectory: string;
  /** Of the program. */
  readonly version: string;
}

export interface BundleFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
  /** Whether all bars that the run read are in it, so that it can be run anywhere. */
  readonly hasBars: boolean;
  /** What should be in it and is not to be had any more, one sentence each. */
  readonly missing: string[];
}

/** Runs as files that prove themselves. */
export interface Bundles {
  /** @throws RenataError NOT_FOUND, TOO_LARGE */
  make(runId: string, withBars: boolean): Promise<BundleFile>;
  /** @throws RenataError BAD_FILE unless every byte is as it was written, TOO_LARGE */
  open(file: Uint8Array): Promise<BundleView>;
  /** Runs a bundle again. @throws RenataError BAD_FILE, NOT_FOUND when its bars are nowhere */
  rerun(file: Uint8Array, control: JobControl): Promise<BundleRerun>;
  openUpload(uploadId: string): Promise<BundleView>;
  /** As a job, which can be cancelled. */
  rerunUpload(uploadId: string): Promise<BundleRerun>;
}

export function createBundles(options: BundlesOptions): Bundles {
  const { store, compute, jobs, uploads, strategies, reports, calendarsDirectory } = options;

  const unpack = (file: Uint8Array, hooks: ComputeHooks = {}): Promise<OpenedBundle> =>
    compute.run('openBundle', { file }, hooks);

  async function make(runId: string, withBars: boolean): Promise<BundleFile> {
    const run = await store.getRun(runId);
    const { summary } = run;
    const { request } = summary;
    const sheet = await reports.sheetTask(run);
    const reading = { ...run, request, timeframe: summary.timeframe };
    const missing: string[] = [];
    const gone = (datasetId: string): void => {
      missing.push(`The bars of ${datasetId} that the run read are not in the store any more.`);
    };
    if (run.instruments === undefined && sheet.bars === null) gone(request.datasetId);
    const others = [];
    for (const source of sourcesBeside(reading)) {
      const bars = await readBeside(store, source, reading, sheet.bars);
      if (bars === null) gone(source.datasetId);
      others.push({ ...source, bars });
    }
    const hasBars = withBars && missing.length === 0;
    const strategy = (await store.getRunStrategy(runId)) ?? (await sameText(run.summary));
    if (strategy === null && summary.strategyHash !== undefined) {
      missing.push(
        `The text of ${request.strategy} was not kept with the run; the bundle cannot be run again.`,
      );
    }
    const origin = await findVersion(store, request.datasetId, summary.dataHash);
    const { bytes, hash } = await compute.run('writeBundle', {
      sheet,
      strategy,
      provenance: origin?.version.provenance ?? null,
      others,
      withBars,
    });
    return { fileName: `${fileStem(run)}.renata`, bytes, hash, hasBars, missing };
  }

  /** For runs of programs that kept no text: the strategy as it is now, when it is still the same. */
  async function sameText({
    request,
    strategyHash,
  }: {
    readonly request: { readonly strategy: string };
    readonly strategyHash?: string | undefined;
  }): Promise<PreparedStrategy['text']> {
    if (strategyHash === undefined) return null;
    const now = await strategies.load(request.strategy).catch(() => undefined);
    if (now?.text === undefined || now.hash !== strategyHash) return null;
    return { ...now.text, hash: now.hash, trusted: false };
  }

  async function view(opened: OpenedBundle): Promise<BundleView> {
    const { manifest, hash, report, strategyText } = opened;
    return {
      manifest,
      hash,
      findings: await findingsOf(manifest, options),
      report: report !== null && report.length <= MAX_REPORT ? report : null,
      strategyText,
    };
  }

  /** The strategy of a bundle, checked as one that is run for the first time. */
  async function prepare({ manifest, strategyText }: OpenedBundle): Promise<PreparedStrategy> {
    const { id, hash, source } = manifest.strategy;
    const { parameters, settings } = manifest.run.request;
    const asked = { strategy: id, parameters, settings };
    if (source !== null && strategyText !== null) {
      const { language, file } = source;
      return prepareStrategy(strategies, {
        ...asked,
        source: { language, name: file, text: strategyText },
      });
    }
    // Only what is part of Renata, or has the hash of the bundle, is run under its name.
    const known =
      hash === null
        ? STRATEGIES.some((each) => each.id === id)
        : (await strategies.load(id).catch(() => undefined))?.hash === hash;
    if (known) return prepareStrategy(strategies, asked);
    throw new RenataError(
      'NOT_FOUND',
      hash === null
        ? `The bundle is of the strategy "${id}", which is part of another Renata; it cannot be run here.`
        : `The bundle has no text of its strategy "${id}", and none of yours has its hash ${hash}; it cannot be run again.`,
      { details: { parameter: 'strategy' } },
    );
  }

  /** The bars of a run: those of the bundle, else those of the store that have their hash. */
  async function barsOf({ manifest, bars: held }: OpenedBundle): Promise<RunBars> {
    const { run, data } = manifest;
    let where: BundleRerun['bars'] = 'bundle';
    const pick = async (
      part: string | null,
      barsHash: string | null,
      from: { readonly datasetId: string; readonly contentHash: string },
      read: () => Promise<BarColumns | null>,
    ): Promise<BarColumns> => {
      const own = part === null ? undefined : held[part];
      if (own !== undefined) return own;
      where = 'store';
      const bars = await read();
      if (bars === null) throw await noBars(from);
      if (barsHash === null || hashOfBars(bars) === barsHash) return bars;
      throw new RenataError(
        'CONFLICT',
        `The bars of ${from.datasetId} in this store are not those that the run read: splits, dividends or their dates differ.`,
        { details: { parameter: 'bundle' } },
      );
    };
    const { datasetId } = run.request;
    const { contentHash } = data;
    const own =
      run.instruments === undefined
        ? await pick(data.part, data.barsHash, { datasetId, contentHash }, () =>
            readVersion(store, run.request, contentHash),
          )
        : null;
    const beside: BarColumns[] = [];
    for (const other of data.others) {
      beside.push(
        await pick(other.part, other.barsHash, other, () => readBeside(store, other, run, own)),
      );
    }
    return { own, beside, where };
  }

  async function noBars({
    datasetId,
    contentHash,
  }: {
    readonly datasetId: string;
    readonly contentHash: string;
  }): Promise<RenataError> {
    const known = (await store.listDatasets()).find(({ id }) => id === datasetId);
    const has = known === undefined ? '' : `; it has ${known.current.contentHash}`;
    return new RenataError(
      'NOT_FOUND',
      `The bundle was made without its bars, and the store has no ${datasetId} with the content hash ${contentHash}${has}; import those bars first.`,
      { details: { parameter: 'bundle', expected: contentHash } },
    );
  }

  async function runAgain(
    { manifest }: OpenedBundle,
    { program, settings, parameters }: PreparedStrategy,
    { own, beside }: RunBars,
    hooks: ComputeHooks,
  ): Promise<Outcome> {
    const { run, data } = manifest;
    const { strategy } = run.request;
    const timeframe = parseTimeframe(run.timeframe);
    const common = { strategy, parameters, settings };
    const inside = program === undefined ? undefined : sandboxed(program);
    const barsAt = (i: number): BarColumns => beside[i] as BarColumns;
    if (run.instruments !== undefined) {
      if (inside === undefined) throw noPortfolio(strategy);
      const instruments = await Promise.all(
        run.instruments.map(async ({ symbol, calendar: name, events }, i) => ({
          symbol,
          bars: barsAt(i),
          timeframe,
          calendar: await readCalendar(calendarsDirectory, name),
          ...(events === undefined ? {} : { events }),
        })),
      );
      // All instruments are in the currency of the cash, whatever it is called.
      const task = { ...common, currency: 'USD', program: { program: inside }, instruments };
      return compute.run('portfolio', task, hooks);
    }
    if (own === null) throw noPortfolio(strategy);
    const finerAt = data.others.findIndex(({ kind }) => kind === 'finer');
    const finer = finerAt < 0 ? undefined : barsAt(finerAt);
    const market =
      run.reads === undefined
        ? {}
        : await readMarketAgain(run.reads, timeframe, finer, calendarsDirectory);
    const others: Record<string, TaskBars> = {};
    for (const [i, source] of (run.reads?.others ?? []).entries()) {
      const calendar = await readCalendar(calendarsDirectory, source.calendar);
      const frame = source.timeframe as Timeframe;
      others[source.name] = { bars: barsAt(i), timeframe: frame, calendar };
    }
    const calendar = await readCalendar(calendarsDirectory, run.reads?.calendar ?? 'none');
    const task =
      inside === undefined ? {} : { program: { program: inside, timeframe, calendar, others } };
    const input = { ...common, bars: own, ...market, ...task };
    return (await compute.run('backtest', input, hooks)).result;
  }

  async function rerun(file: Uint8Array, control: JobControl): Promise<BundleRerun> {
    const opened = await unpack(file, { signal: control.signal });
    const { manifest, hash } = opened;
    const prepared = await prepare(opened);
    const bars = await barsOf(opened);
    const { orderHash, statistics } = await runAgain(opened, prepared, bars, {
      signal: control.signal,
      onProgress: ({ done, total }) => control.progress(done, total),
    });
    const expectedOrderHash = manifest.run.orderHash;
    return {
      hash,
      bars: bars.where,
      orderHash,
      expectedOrderHash,
      sameOrders: orderHash === expectedOrderHash,
      differences: differences(manifest.run.statistics, statistics),
      findings: await findingsOf(manifest, options),
    };
  }

  const uploaded = (uploadId: string): Promise<Uint8Array> => readFile(uploads.file(uploadId).path);

  return {
    make,
    open: async (file) => view(await unpack(file)),
    rerun,
    openUpload: async (uploadId) => view(await unpack(await uploaded(uploadId))),
    async rerunUpload(uploadId) {
      const { fileName } = uploads.file(uploadId);
      let made: BundleRerun | undefined;
      const jobId = jobs.start({
        kind: 'bundle',
        title: `Run ${fileName} again`,
        unit: 'bars',
        total: null,
        lane: 'compute',
        work: async (control) => {
          made = await rerun(await uploaded(uploadId), control);
          return made.orderHash;
        },
      });
      const { error, state } = await jobs.finished(jobId);
      if (made !== undefined && state === 'done') return made;
      const { details, ...rest } = error ?? {
        code: 'CANCELLED',
        message: 'Running the bundle again was cancelled.',
        retryable: false,
      };
      throw RenataError.fromPayload(details === undefined ? rest : { ...rest, details });
    },
  };
}

interface RunBars {
  /** Null for a run of several instruments. */
  readonly own: BarColumns | null;
  /** In the order of the manifest. */
  readonly beside: readonly BarColumns[];
  readonly where: BundleRerun['bars'];
}

interface Outcome {
  readonly orderHash: string;
  readonly statistics: readonly Statistic[];
}

/** Code of a bundle is never run as it is, whatever its bundle or the user's list of files says. */
function sandboxed(program: StrategyProgram): StrategyProgram {
  return program.kind === 'code' ? { ...program, trusted: false } : program;
}

/** Statistics that are not the same to the last digit; what a bundle cannot hold is not defined. */
function differences(
  before: BundleManifest['run']['statistics'],
  now: readonly Statistic[],
): BundleRerun['differences'] {
  const made = new Map(now.map(({ name, value }) => [name, value]));
  return before
    .map(({ name, value }) => {
      const run = made.get(name) ?? Number.NaN;
      const bundle = value ?? Number.NaN;
      return { name, bundle, run: Number.isFinite(run) ? run : Number.NaN };
    })
    .filter(({ bundle, run }) => bundle !== run && !(Number.isNaN(bundle) && Number.isNaN(run)));
}

function noPortfolio(strategy: string): RenataError {
  return new RenataError(
    'BAD_FILE',
    `The bundle says that "${strategy}" traded several instruments, which it cannot; ask for the file again.`,
  );
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { STRATEGIES } from '../../engine/backtest/strategies.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import type { DatasetVersion } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { isoDate, isoTime } from '../../engine/domain/time.ts';
import { timeframe as parseTimeframe } from '../../engine/domain/timeframe.ts';
import {
  BARS_PART,
  EQUITY_PART,
  FILL_RULES_VERSION,
  hashOfBars,
  packBars,
  packColumns,
  readBundle,
  REPORT_PART,
  unpackBars,
  writeBundle,
  type Bundle,
} from '../../engine/report/bundle.ts';
import { compareRuns } from '../../engine/report/comparison.ts';
import {
  ambiguousTable,
  csvOf,
  fillTable,
  orderTable,
  tradeTable,
} from '../../engine/report/tables.ts';
import type { Deflate } from '../../engine/report/zip.ts';
import { BUNDLE_FORMAT, BUNDLE_VERSION } from '../../engine/protocol/run-bundle.ts';
import type { Comparison, ImportOptions, Run } from '../../engine/protocol/schemas.ts';
import { lowerBound, sliceColumns } from '../../engine/series/columns.ts';
import type { DatasetDetails, Store } from '../storage/store-client.ts';
import type { ComputePool } from './compute.ts';
import type { JobControl } from './jobs.ts';
import { readMarketAgain } from './run-market.ts';

export interface ReportsOptions {
  readonly store: Store;
  readonly compute: ComputePool;
  readonly calendarsDirectory: string;
  /** Of the program. */
  readonly version: string;
  /** Text of a user's strategy, which goes into bundles; null for those that come with Renata. */
  readonly strategySource?: (id: string) => Promise<StrategySource | null>;
}

export interface StrategySource {
  /** Such as `typescript` or `yaml`. */
  readonly language: string;
  readonly text: string;
}

/** A file whose bars a run read that is not stored. */
export interface RunFile {
  readonly path: string;
  readonly options: Partial<ImportOptions>;
}

export interface BundleFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
  /** Whether the bars are in it, so that it can be run anywhere. */
  readonly hasBars: boolean;
}

/** What came of running a bundle again. */
export interface Rerun {
  readonly hash: string;
  /** Where the bars came from. */
  readonly bars: 'bundle' | 'store';
  readonly orderHash: string;
  readonly expectedOrderHash: string;
  readonly sameOrders: boolean;
  /** Statistics that differ from those in the bundle. */
  readonly differences: readonly { name: string; bundle: number; run: number }[];
  /** Version of the program that made the bundle, and of this one. */
  readonly madeBy: string;
  readonly runBy: string;
  /** Versions of the fill rules, then and now. */
  readonly fillRules: { readonly bundle: number; readonly run: number };
}

/** Tear sheets, comparisons and bundles of runs. */
export interface Reports {
  /** @throws RenataError NOT_FOUND */
  html(runId: string): Promise<{ readonly fileName: string; readonly html: string }>;
  /** The tear sheet of a run at hand; `file` where its bars are those of a file. */
  sheet(run: Run, file?: RunFile): Promise<string>;
  /** @throws RenataError NOT_FOUND */
  compare(runIds: readonly string[]): Promise<Comparison>;
  /** @throws RenataError NOT_FOUND */
  bundle(runId: string, withBars: boolean): Promise<BundleFile>;
  /** @throws RenataError BAD_FILE unless every byte is as it was written */
  open(bytes: Uint8Array): Bundle;
  /** Runs a bundle again. @throws RenataError BAD_FILE, NOT_FOUND when its bars are nowhere */
  rerun(bytes: Uint8Array, control: JobControl): Promise<Rerun>;
}

const SOURCE_PART = 'strategy.txt';

const DEFLATE: Deflate = {
  // A fixed level and strategy, so that the same Node gives the same bytes.
  pack: (bytes) => deflateRawSync(bytes, { level: 6, strategy: constants.Z_DEFAULT_STRATEGY }),
  unpack(bytes, length) {
    const unpacked = inflateRawSync(bytes, { maxOutputLength: Math.max(1, length) });
    if (unpacked.length !== length) throw new RangeError('another length than was announced');
    return unpacked;
  },
};

export function createReports(options: ReportsOptions): Reports {
  const { store, compute, calendarsDirectory, version } = options;

  /** The dataset of a run, and the version that it read; null when it is gone. */
  async function originOf(
    datasetId: string,
    contentHash: string,
  ): Promise<{ readonly details: DatasetDetails; readonly version: DatasetVersion } | null> {
    const datasets = await store.listDatasets();
    if (!datasets.some(({ id }) => id === datasetId)) return null;
    const details = await store.getDataset(datasetId);
    const found = details.versions.find((each) => each.contentHash === contentHash);
    return found === undefined ? null : { details, version: found };
  }

  /** The bars that a run read; null when they are not to be had any more. */
  async function storedBars(
    asked: Pick<Run['summary']['request'], 'datasetId' | 'start' | 'end' | 'adjustment'>,
    contentHash: string,
  ): Promise<BarColumns | null> {
    const origin = await originOf(asked.datasetId, contentHash);
    if (origin === null) return null;
    const { datasetId, start, end, adjustment } = asked;
    const { bars } = await store.readBars({
      datasetId,
      start,
      end,
      adjustment,
      version: origin.version.version,
    });
    return bars;
  }

  async function barsOf({ summary, time }: Run): Promise<BarColumns | null> {
    const bars = await storedBars(summary.request, summary.dataHash);
    return bars !== null && sameTimes(bars.time, time) ? bars : null;
  }

  async function zoneOf(calendar: string): Promise<string> {
    const path = join(calendarsDirectory, `${calendar}.json`);
    const data = await readFile(path, 'utf8').catch(() => null);
    return data === null ? 'UTC' : (JSON.parse(data) as CalendarData).timeZone;
  }

  async function sheet(run: Run, file?: RunFile): Promise<string> {
    const { summary } = run;
    const common = { run, strategyTitle: titleOfStrategy(summary.request.strategy), version };
    if (file !== undefined) {
      const read = await store.readFile({ path: file.path }, file.options);
      const from = lowerBound(read.bars.time, summary.firstTime);
      const bars = sliceColumns(read.bars, from, from + run.time.length);
      return compute.run('tearSheet', {
        ...common,
        bars: sameTimes(bars.time, run.time) ? bars : null,
        zone: await zoneOf(read.calendar),
      });
    }
    const origin = await originOf(summary.request.datasetId, summary.dataHash);
    const bars = await barsOf(run);
    if (origin === null) return compute.run('tearSheet', { ...common, bars });
    const { calendar, currency } = origin.details.summary;
    const zone = await zoneOf(calendar);
    return compute.run('tearSheet', { ...common, bars, currency, zone });
  }

  return {
    sheet,
    async html(runId) {
      const run = await store.getRun(runId);
      return { fileName: `${fileStem(run)}.html`, html: await sheet(run) };
    },
    async compare(runIds) {
      const runs = await Promise.all(runIds.map((runId) => store.getRun(runId)));
      const titles = runs.map(({ summary }) => titleOfStrategy(summary.request.strategy));
      return compareRuns(runs, titles);
    },
    async bundle(runId, withBars) {
      const run = await store.getRun(runId);
      const { summary } = run;
      const { datasetId } = summary.request;
      const bars = await barsOf(run);
      const origin = await originOf(datasetId, summary.dataHash);
      const hasBars = withBars && bars !== null;
      const packed = bars === null ? null : packBars(bars);
      const source = (await options.strategySource?.(summary.request.strategy)) ?? null;
      const parts = [
        { name: REPORT_PART, bytes: Buffer.from(await sheet(run)) },
        { name: 'orders.csv', bytes: Buffer.from(csvOf(orderTable(run.orders), isoTime)) },
        { name: 'trades.csv', bytes: Buffer.from(csvOf(tradeTable(run.trades), isoTime)) },
        ...(run.fills === undefined
          ? []
          : [{ name: 'fills.csv', bytes: Buffer.from(csvOf(fillTable(run.fills), isoTime)) }]),
        ...(run.ambiguous === undefined
          ? []
          : [
              {
                name: 'ambiguous.csv',
                bytes: Buffer.from(csvOf(ambiguousTable(run.ambiguous, run.trades), isoTime)),
              },
            ]),
        {
          name: EQUITY_PART,
          bytes: packColumns([run.time, run.equity, run.benchmark, run.position]),
        },
        ...(source === null ? [] : [{ name: SOURCE_PART, bytes: Buffer.from(source.text) }]),
        ...(hasBars && packed !== null ? [{ name: BARS_PART, bytes: packed }] : []),
      ];
      const { id, createdAt, request, symbol, timeframe, barCount } = summary;
      const { firstTime, lastTime, orderHash, statistics } = summary;
      const { bytes, hash } = writeBundle(
        {
          format: BUNDLE_FORMAT,
          version: BUNDLE_VERSION,
          program: { name: 'Renata', version },
          fillRules: { version: FILL_RULES_VERSION },
          run: {
            id,
            createdAt,
            request,
            symbol,
            timeframe,
            barCount,
            firstTime,
            lastTime,
            orderHash,
            statistics: statistics.map((each) => ({
              ...each,
              value: Number.isFinite(each.value) ? each.value : null,
            })),
            ...(run.reads === undefined ? {} : { reads: run.reads }),
          },
          strategy: {
            id: request.strategy,
            title: titleOfStrategy(request.strategy),
            source: source === null ? null : { part: SOURCE_PART, language: source.language },
          },
          data: {
            contentHash: summary.dataHash,
            barsHash: bars === null ? null : hashOfBars(bars),
            provenance: origin?.version.provenance ?? null,
            part: hasBars ? BARS_PART : null,
          },
        },
        parts,
        DEFLATE,
      );
      return { fileName: `${fileStem(run)}.renata`, bytes, hash, hasBars };
    },
    open: (bytes) => readBundle(bytes, DEFLATE),
    async rerun(bytes, control) {
      const bundle = readBundle(bytes, DEFLATE);
      const { manifest, hash } = bundle;
      const { request, orderHash: expectedOrderHash, statistics } = manifest.run;
      if (manifest.strategy.source !== null) {
        throw new RenataError(
          'BAD_INPUT',
          `The bundle holds a strategy of its own, "${request.strategy}"; read its text and add it to your strategies first, nothing of a bundle is executed.`,
        );
      }
      const own = manifest.data.part === null ? undefined : bundle.parts.get(manifest.data.part);
      const bars = own === undefined ? await fromStore(manifest) : unpackBars(own);
      const { strategy, parameters, settings } = request;
      const { reads, timeframe } = manifest.run;
      const asked = { adjustment: request.adjustment, timeframe: parseTimeframe(timeframe) };
      const market = reads === undefined ? {} : await readMarketAgain(reads, asked, bars, options);
      const { result } = await compute.run(
        'backtest',
        { strategy, parameters, settings, bars, ...market },
        {
          signal: control.signal,
          onProgress: ({ done, total }) => control.progress(done, total),
        },
      );
      const made = new Map(result.statistics.map(({ name, value }) => [name, value]));
      const differences = statistics
        .map(({ name, value }) => ({
          name,
          bundle: value ?? Number.NaN,
          run: made.get(name) ?? Number.NaN,
        }))
        .filter(({ bundle: before, run }) => !Object.is(before, run));
      return {
        hash,
        bars: own === undefined ? 'store' : 'bundle',
        orderHash: result.orderHash,
        expectedOrderHash,
        sameOrders: result.orderHash === expectedOrderHash,
        differences,
        madeBy: manifest.program.version,
        runBy: version,
        fillRules: { bundle: manifest.fillRules.version, run: FILL_RULES_VERSION },
      };
    },
  };

  async function fromStore({ run, data }: Bundle['manifest']): Promise<BarColumns> {
    const bars = await storedBars(run.request, data.contentHash);
    if (bars === null) {
      throw new RenataError(
        'NOT_FOUND',
        `The bundle was made without its bars, and the store has no ${run.request.datasetId} with the content hash ${data.contentHash}; import those bars first.`,
        { details: { parameter: 'bundle' } },
      );
    }
    if (hashOfBars(bars) !== data.barsHash) {
      throw new RenataError(
        'CONFLICT',
        `The bars of ${run.request.datasetId} in this store are not those that the run read: splits, dividends or their dates differ.`,
      );
    }
    return bars;
  }
}

function titleOfStrategy(id: string): string {
  return STRATEGIES.find((known) => known.id === id)?.title ?? id;
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** `sma-cross-SPX-1d-2026-02-03` with what file names can hold. */
function fileStem({ summary }: Run): string {
  const { request, symbol, timeframe, createdAt } = summary;
  const name = [request.strategy, symbol, timeframe, isoDate(createdAt)].join('-');
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 120);
}

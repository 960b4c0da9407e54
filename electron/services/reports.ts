import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import { isoDate } from '../../engine/domain/time.ts';
import { compareRuns } from '../../engine/report/comparison.ts';
import type { Comparison, ImportOptions, Run } from '../../engine/protocol/schemas.ts';
import type { TearSheetTask } from '../../engine/protocol/tasks.ts';
import { lowerBound, sliceColumns } from '../../engine/series/columns.ts';
import type { Store } from '../storage/store-client.ts';
import type { ComputePool } from './compute.ts';
import { barsOfRun, findVersion, sameTimes } from './run-data.ts';
import type { TitleOfRun } from './run-titles.ts';

export interface ReportsOptions {
  readonly store: Store;
  readonly compute: ComputePool;
  readonly calendarsDirectory: string;
  /** Of the program. */
  readonly version: string;
  readonly titleOf: TitleOfRun;
}

/** A file whose bars a run read that is not stored. */
export interface RunFile {
  readonly path: string;
  readonly options: Partial<ImportOptions>;
}

/** Tear sheets and comparisons of runs. */
export interface Reports {
  /** @throws RenataError NOT_FOUND */
  html(runId: string): Promise<{ readonly fileName: string; readonly html: string }>;
  /** The tear sheet of a run at hand; `file` where its bars are those of a file. */
  sheet(run: Run, file?: RunFile): Promise<string>;
  /** @throws RenataError NOT_FOUND */
  compare(runIds: readonly string[]): Promise<Comparison>;
  /** What the tear sheet of a stored run is made of. */
  sheetTask(run: Run): Promise<TearSheetTask>;
}

export function createReports(options: ReportsOptions): Reports {
  const { store, compute, calendarsDirectory, version, titleOf } = options;

  async function zoneOf(calendar: string): Promise<string> {
    const path = join(calendarsDirectory, `${calendar}.json`);
    const data = await readFile(path, 'utf8').catch(() => null);
    return data === null ? 'UTC' : (JSON.parse(data) as CalendarData).timeZone;
  }

  async function sheetTask(run: Run): Promise<TearSheetTask> {
    const { summary } = run;
    const common = { run, strategyTitle: await titleOf(summary), version };
    const origin = await findVersion(store, summary.request.datasetId, summary.dataHash);
    const bars = await barsOfRun(store, run);
    if (origin === null) return { ...common, bars };
    const { calendar, currency } = origin.details.summary;
    return { ...common, bars, currency, zone: await zoneOf(calendar) };
  }

  async function sheet(run: Run, file?: RunFile): Promise<string> {
    if (file === undefined) return compute.run('tearSheet', await sheetTask(run));
    const { summary } = run;
    const read = await store.readFile({ path: file.path }, file.options);
    const from = lowerBound(read.bars.time, summary.firstTime);
    const bars = sliceColumns(read.bars, from, from + run.time.length);
    return compute.run('tearSheet', {
      run,
      strategyTitle: await titleOf(summary),
      version,
      bars: sameTimes(bars.time, run.time) ? bars : null,
      zone: await zoneOf(read.calendar),
    });
  }

  return {
    sheet,
    sheetTask,
    async html(runId) {
      const run = await store.getRun(runId);
      return { fileName: `${fileStem(run)}.html`, html: await sheet(run) };
    },
    async compare(runIds) {
      const runs = await Promise.all(runIds.map((runId) => store.getRun(runId)));
      const titles = await Promise.all(runs.map(({ summary }) => titleOf(summary)));
      return compareRuns(runs, titles);
    },
  };
}

/** `sma-cross-SPX-1d-2026-02-03` with what file names can hold. */
export function fileStem({ summary }: Run): string {
  const { request, symbol, timeframe, createdAt } = summary;
  const name = [request.strategy, symbol, timeframe, isoDate(createdAt)].join('-');
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 120);
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADJUSTMENTS, type Adjustment } from '../../engine/domain/bar.ts';
import type { CalendarData } from '../../engine/domain/calendar.ts';
import type { DatasetSummary } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { timeframeMillis, type Timeframe } from '../../engine/domain/timeframe.ts';
import { nearest } from '../../engine/expressions/failure.ts';
import type { RunReads } from '../../engine/protocol/schemas.ts';
import type { TaskBars } from '../../engine/protocol/tasks.ts';
import type { Store } from '../storage/store-client.ts';

/** A calendar as it is delivered with the program. @throws RenataError NOT_FOUND */
export async function readCalendar(directory: string, name: string): Promise<CalendarData> {
  return JSON.parse((await calendarFile(directory, name)).toString()) as CalendarData;
}

const CALENDAR_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The name may come from a file of somebody else: it must not lead to another folder. */
async function calendarFile(directory: string, name: string): Promise<Buffer> {
  const bytes = CALENDAR_NAME.test(name)
    ? await readFile(join(directory, `${name}.json`)).catch(() => null)
    : null;
  if (bytes !== null) return bytes;
  throw new RenataError('NOT_FOUND', `There is no calendar "${name}".`, {
    details: { parameter: 'calendar' },
  });
}

/** SHA-256 of a calendar's file, hex. */
export async function hashOfCalendar(directory: string, name: string): Promise<string> {
  const bytes = await calendarFile(directory, name);
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The dataset for an instrument that is named by symbol, `SYMBOL.VENUE` or `VENUE:SYMBOL`: the coarsest
 * whose bars are fine enough for all the timeframes asked of it, the finest where none is.
 * @throws RenataError NOT_FOUND, or BAD_INPUT for a symbol of several venues
 */
export function chooseDataset(
  name: string,
  asked: readonly Timeframe[],
  datasets: readonly DatasetSummary[],
): DatasetSummary {
  const [venue, symbol] = name.split(':');
  const id = symbol === undefined ? name : `${symbol}.${venue}`;
  const found = datasets.filter(
    (dataset) => dataset.symbol.toUpperCase() === id || dataset.instrumentId.toUpperCase() === id,
  );
  const instruments = [...new Set(found.map(({ instrumentId }) => instrumentId))];
  if (instruments.length > 1) {
    throw new RenataError(
      'BAD_INPUT',
      `${name} is stored for several venues; write ${instruments.join(' or ')}.`,
      { details: { parameter: 'symbol' } },
    );
  }
  const length = (dataset: DatasetSummary): number => timeframeMillis(dataset.timeframe);
  const sorted = found.toSorted((a, b) => length(b) - length(a));
  const fine = (dataset: DatasetSummary): boolean =>
    asked.every((each) => length(dataset) <= timeframeMillis(each));
  const chosen = sorted.find(fine) ?? sorted.at(-1);
  if (chosen !== undefined) return chosen;
  const near = nearest(id, new Set(datasets.map((dataset) => dataset.symbol.toUpperCase())));
  const hint = near === undefined ? 'import them or check the name.' : `did you mean ${near}?`;
  throw new RenataError('NOT_FOUND', `there are no bars of ${name}; ${hint}`, {
    details: { parameter: 'symbol', ...(near === undefined ? {} : { suggestion: near }) },
  });
}

/** Whole bars of another instrument, with where they come from. */
export interface OtherBars extends TaskBars {
  readonly datasetId: string;
  readonly adjustment: Adjustment;
  readonly contentHash: string;
}

/** Where the bars of other instruments came from, as it is kept with a run. */
export function sourcesOf(
  others: Readonly<Record<string, OtherBars>>,
): NonNullable<RunReads['others']> {
  return Object.entries(others).map(
    ([name, { datasetId, adjustment, contentHash, timeframe, calendar }]) => ({
      name,
      datasetId,
      timeframe,
      adjustment,
      calendar: calendar.name,
      contentHash,
    }),
  );
}

/** Prices can only be had at least as adjusted as they are stored. */
export function adjustmentFor(dataset: DatasetSummary, wanted: Adjustment): Adjustment {
  const stored = dataset.current.provenance.adjustment;
  return ADJUSTMENTS.indexOf(stored) > ADJUSTMENTS.indexOf(wanted) ? stored : wanted;
}

/**
 * Whole bars of the instruments that something reads besides its own.
 * @param reads names, each with the timeframes asked of it; `null` is `timeframe`
 */
export async function readOthers(
  reads: ReadonlyMap<string, readonly (string | null)[]>,
  timeframe: Timeframe,
  adjustment: Adjustment,
  { store, calendarsDirectory }: { readonly store: Store; readonly calendarsDirectory: string },
): Promise<Record<string, OtherBars>> {
  const others: Record<string, OtherBars> = {};
  if (reads.size === 0) return others;
  const datasets = await store.listDatasets();
  for (const [name, timeframes] of reads) {
    const asked = timeframes.map((each) => (each ?? timeframe) as Timeframe);
    const dataset = chooseDataset(name, asked, datasets);
    const { id: datasetId } = dataset;
    const used = adjustmentFor(dataset, adjustment);
    const [{ bars, timeframe: stored, contentHash }, calendar] = await Promise.all([
      store.readBars({ datasetId, adjustment: used }),
      readCalendar(calendarsDirectory, dataset.calendar),
    ]);
    const from = { datasetId, adjustment: used, contentHash };
    others[name] = { bars, timeframe: stored, calendar, ...from };
  }
  return others;
}

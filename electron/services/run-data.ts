import type { BarColumns } from '../../engine/domain/bar.ts';
import type { DatasetVersion } from '../../engine/domain/dataset.ts';
import { timeframe as parseTimeframe } from '../../engine/domain/timeframe.ts';
import type { Run } from '../../engine/protocol/schemas.ts';
import type { BarSource, Reading } from '../../engine/report/bar-sources.ts';
import type { DatasetDetails, ReadRequest, Store } from '../storage/store-client.ts';
import { readFinerBars } from './run-market.ts';

/** What past runs read, found again in the store. */

/** A stored version with its dataset; null when it is gone. */
export async function findVersion(
  store: Store,
  datasetId: string,
  contentHash: string,
): Promise<{ readonly details: DatasetDetails; readonly version: DatasetVersion } | null> {
  const datasets = await store.listDatasets();
  if (!datasets.some(({ id }) => id === datasetId)) return null;
  const details = await store.getDataset(datasetId);
  const found = details.versions.find((each) => each.contentHash === contentHash);
  return found === undefined ? null : { details, version: found };
}

type Asked = Pick<ReadRequest, 'datasetId' | 'start' | 'end' | 'adjustment'>;

/** Bars of the version that has this hash; null when it is gone. */
export async function readVersion(
  store: Store,
  { datasetId, start, end, adjustment }: Asked,
  contentHash: string,
): Promise<BarColumns | null> {
  const found = await findVersion(store, datasetId, contentHash);
  if (found === null) return null;
  const { version } = found.version;
  const range = { start: start ?? null, end: end ?? null };
  const { bars } = await store.readBars({
    datasetId,
    ...range,
    version,
    ...(adjustment === undefined ? {} : { adjustment }),
  });
  return bars;
}

/** The bars of a run of one instrument; null when they are not to be had any more. */
export async function barsOfRun(store: Store, { summary, time }: Run): Promise<BarColumns | null> {
  const bars = await readVersion(store, summary.request, summary.dataHash);
  return bars !== null && sameTimes(bars.time, time) ? bars : null;
}

export function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Bars that a run read besides its own, as it read them; null when they are gone.
 * @param own the run's own bars, which tell over what range finer ones were read
 */
export async function readBeside(
  store: Store,
  { kind, datasetId, adjustment, contentHash }: BarSource,
  { request, timeframe }: Reading,
  own: BarColumns | null,
): Promise<BarColumns | null> {
  if (kind === 'instrument') {
    const { start, end } = request;
    return readVersion(store, { datasetId, adjustment, start, end }, contentHash);
  }
  if (kind === 'other') return readVersion(store, { datasetId, adjustment }, contentHash);
  const found = await findVersion(store, datasetId, contentHash);
  if (found === null || own === null) return null;
  const base = parseTimeframe(timeframe);
  const { version } = found.version;
  return (await readFinerBars(store, datasetId, adjustment, base, own, version)).bars;
}

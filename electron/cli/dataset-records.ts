import { isoTime } from '../../engine/domain/time.ts';
import type { CallOutput } from '../../engine/protocol/contract.ts';
import type { Dataset } from './datasets.ts';

type Version = CallOutput<'data.get'>['versions'][number];

/** A dataset for machines: as the contract has it, times as ISO 8601. */
export function datasetRecord(dataset: Dataset): Record<string, unknown> {
  return { ...dataset, current: versionRecord(dataset.current) };
}

export function versionRecord(version: Version): Record<string, unknown> {
  const { provenance } = version;
  return {
    ...version,
    firstTime: isoTime(version.firstTime),
    lastTime: isoTime(version.lastTime),
    provenance: { ...provenance, fetchedAt: isoTime(provenance.fetchedAt) },
  };
}

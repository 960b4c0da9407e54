import type { BundleTaskBars } from '../protocol/bundle-tasks.ts';
import type { BundleManifest } from '../protocol/run-bundle.ts';

/** What tells which bars a run read besides its own: a stored run, or the manifest of a bundle. */
export type Reading = Pick<
  BundleManifest['run'],
  'request' | 'timeframe' | 'reads' | 'instruments'
>;
export type BarSource = Omit<BundleTaskBars, 'bars'>;

/** The bars that a run read besides its own, in the order in which bundles have them. */
export function sourcesBeside({ request, reads, instruments = [] }: Reading): readonly BarSource[] {
  const { adjustment } = request;
  const { others = [], finer } = reads ?? {};
  return [
    ...instruments.map(({ symbol, datasetId, dataHash }): BarSource => {
      const common = { datasetId, adjustment, contentHash: dataHash };
      return { kind: 'instrument', name: symbol, ...common };
    }),
    ...others.map(({ name, datasetId, contentHash, adjustment: used }): BarSource => {
      const common = { datasetId, adjustment: used, contentHash };
      return { kind: 'other', name, ...common };
    }),
    ...(finer === undefined
      ? []
      : [
          {
            kind: 'finer' as const,
            name: finer.timeframe,
            datasetId: finer.datasetId,
            adjustment,
            contentHash: finer.contentHash,
          },
        ]),
  ];
}

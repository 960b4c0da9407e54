import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { Store } from '../storage/store-client.ts';
import type { Backtests } from './backtests.ts';
import { tellImport } from './history.ts';
import type { Jobs } from './jobs.ts';
import { RESERVED_PREFIX } from './workspace-documents.ts';

/** Kept once the store has been filled, so that data which the user deletes stay deleted. */
const MARKER = `${RESERVED_PREFIX}seed`;
const PACKAGE = 'vega-datasets';
const FILE = 'sp500-2000.csv';
export const SEED_DATASET = 'SPX.INDEX@1d';

export interface SeedOptions {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly backtests: Backtests;
  /** Looked at first, as `datasets/…`; the npm package otherwise. */
  readonly resourcesDirectory: string;
  readonly onDataChanged: () => void;
}

/**
 * Fills an empty store at the first start with the S&P 500's daily bars of 2000 to 2020 and a finished
 * backtest of them. Resolves once that is done, or at once where it is not needed.
 */
export async function seed(options: SeedOptions): Promise<void> {
  const { store, jobs, backtests } = options;
  if ((await store.loadDocument(MARKER)) !== null) return;
  const datasets = await store.listDatasets();
  // A first start that was ended half-way left at most the dataset; it is taken up again.
  if (datasets.some((dataset) => dataset.id !== SEED_DATASET)) return;
  const importId = jobs.start({
    kind: 'seed',
    title: 'First start: S&P 500 daily bars',
    unit: 'rows',
    total: null,
    lane: 'store',
    work: async (control) => {
      const result = await store.importFile(
        {
          path: seedFile(options.resourcesDirectory),
          fileName: FILE,
          source: `npm package ${PACKAGE}, ${FILE}`,
          options: {
            symbol: 'SPX',
            venue: 'INDEX',
            name: 'S&P 500',
            timeframe: '1d',
            calendar: 'us-equity',
            currency: 'USD',
            adjustment: 'raw',
          },
        },
        { signal: control.signal, onProgress: (progress) => tellImport(control, progress) },
      );
      options.onDataChanged();
      return result.datasetId;
    },
  });
  const imported = await jobs.finished(importId);
  if (imported.state !== 'done') return;
  const backtestId = await backtests.start({
    strategy: 'sma-cross',
    parameters: { fast: 10, slow: 30 },
    datasetId: SEED_DATASET,
    adjustment: 'raw',
    start: null,
    end: null,
    settings: DEFAULT_SETTINGS,
  });
  const run = await jobs.finished(backtestId);
  if (run.state === 'done') {
    await store.saveDocument(MARKER, JSON.stringify({ dataset: SEED_DATASET, run: run.result }));
  }
}

function seedFile(resourcesDirectory: string): string {
  const packaged = join(resourcesDirectory, 'datasets', FILE);
  if (existsSync(packaged)) return packaged;
  try {
    const entry = createRequire(import.meta.url).resolve(PACKAGE);
    return join(dirname(entry), '..', 'data', FILE);
  } catch (error) {
    throw new RenataError(
      'UNAVAILABLE',
      `The S&P 500 series of the first start is missing: neither ${packaged} nor the package ${PACKAGE} is there; install Renata again.`,
      { cause: error },
    );
  }
}

import type { EventPayload } from '../../../engine/protocol/contract.ts';
import type { Store } from '../../storage/store-client.ts';
import type { ComputePool } from '../compute.ts';
import type { Jobs } from '../jobs.ts';
import type { StrategyLibrary } from '../strategies/library.ts';
import type { Calibration } from './calibration.ts';
import type { Ledger } from './ledger.ts';

/** What all research works with. */
export interface ResearchContext {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly compute: ComputePool;
  readonly strategies: StrategyLibrary;
  readonly calendarsDirectory: string;
  readonly ledger: Ledger;
  readonly calibration: Calibration;
  readonly onChanged: (payload: EventPayload<'research.changed'>) => void;
  readonly now: () => number;
}

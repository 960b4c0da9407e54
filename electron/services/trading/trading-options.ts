import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Fill } from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { OrderJournal } from '../../storage/journal.ts';
import type { MarketDataService } from '../market-data/types.ts';
import type { AlgorithmStanding } from './algorithm-records.ts';
import type { FigureSource } from './figures.ts';
import type { Notice } from './notices.ts';

export interface TradingOptions {
  readonly journal: OrderJournal;
  readonly clock: Clock;
  readonly market: MarketDataService;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  readonly dayOf: (account: AccountId, now: UnixMillis) => string;
  readonly events: TradingEvents;
  readonly onDefect: (error: unknown, what: string) => void;
  /** Volatility and volume of an instrument's days; not known when absent. */
  readonly figures?: FigureSource;
  /** A time on the clock of an instrument's market; UTC when absent. */
  readonly clockOf?: (id: InstrumentId, time: number) => number;
  /** Milliseconds between comparisons with each venue; a minute when absent. */
  readonly reconcileEvery?: number;
  /** Whether the watchdog has stopped trading, as `DeskOptions` has it. */
  readonly isTripped?: () => boolean;
}

/** What happens, as it happens; whoever shows it gathers and thins it. */
export interface TradingEvents {
  readonly onOrder: (order: OrderRecord) => void;
  readonly onFill: (fill: Fill) => void;
  readonly onPositions: () => void;
  readonly onAccounts: () => void;
  readonly onRisk: () => void;
  readonly onCases: (open: number) => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onAlgorithm?: (standing: AlgorithmStanding) => void;
}

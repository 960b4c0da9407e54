import type { MarketCalendar } from '../../../engine/domain/calendar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import type {
  LiveStrategyRequest,
  LiveStrategyView,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import type { OrderJournal } from '../../storage/journal.ts';
import type { MarketDataService } from '../market-data/types.ts';
import type { LoadedStrategy } from '../strategies/library.ts';
import type { Notice, Trading } from '../trading/trading.ts';
import type { CodePlace } from './code-thread.ts';

/** What strategies at work are given. */
export interface LiveStrategiesOptions {
  readonly trading: Trading;
  readonly market: MarketDataService;
  readonly journal: Pick<OrderJournal, 'about'>;
  readonly clock: Clock;
  readonly calendar: (name: string) => MarketCalendar;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  /** Sources that are connected, for bars of the past. */
  readonly sources: () => readonly MarketDataClient[];
  /** A strategy of the library, or a text. @throws RenataError naming what is wrong with it */
  readonly load: (
    request: Pick<LiveStrategyRequest, 'strategy' | 'source'>,
  ) => Promise<LoadedStrategy>;
  /** Where strategies in code run. */
  readonly code: CodePlace;
  readonly onChange: (runs: readonly LiveStrategyView[]) => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

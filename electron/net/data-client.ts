import { messageOf } from '../../engine/domain/errors.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../engine/domain/market-data.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import type { ConnectionState } from '../../engine/ports/connection.ts';
import type { DataGap } from '../../engine/ports/market-data-client.ts';
import type { AdapterContext } from './adapter.ts';
import { ConnectionTracker } from './connection-tracker.ts';
import { Listeners } from './listeners.ts';
import { Tally } from './tally.ts';

/** What every source of prices does alike: it says how its connection stands, and tells prices and gaps. */
export abstract class DataClient {
  protected readonly tracker: ConnectionTracker;
  readonly #data: Listeners<readonly MarketDatum[]>;
  readonly #gaps: Listeners<DataGap>;

  constructor({ clock, log }: Pick<AdapterContext, 'clock' | 'log'>) {
    this.tracker = new ConnectionTracker(clock, log);
    const faults = new Tally();
    const onFault = (error: unknown): void => {
      if (faults.add())
        log('error', 'Prices that came were not taken.', {
          problem: messageOf(error),
          count: faults.count,
        });
    };
    this.#data = new Listeners(onFault);
    this.#gaps = new Listeners(onFault);
  }

  get connection(): ConnectionState {
    return this.tracker.state;
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.tracker.on(listener);
  }

  onData(listener: (batch: readonly MarketDatum[]) => void): () => void {
    return this.#data.on(listener);
  }

  onGap(listener: (gap: DataGap) => void): () => void {
    return this.#gaps.on(listener);
  }

  protected tell(batch: readonly MarketDatum[]): void {
    if (batch.length > 0) this.#data.tell(batch);
  }

  /** What came between may be missing: of one instrument, or of all that is wanted where it is null. */
  protected tellGap(
    instrument: InstrumentId | null,
    from: number,
    to: number,
    reason: string,
  ): void {
    this.#gaps.tell({ instrument, from: unixMillis(from), to: unixMillis(to), reason });
  }
}

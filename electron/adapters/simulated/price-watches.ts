import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { AdapterContext } from '../../net/adapter.ts';

/** Milliseconds after which prices that no source had are asked for again. */
const AGAIN = 1000;

/**
 * Prices of what the paper account holds or has orders in. A source may connect later than the account: until
 * one has the instrument it is asked for again, since a stop without prices protects nothing.
 */
export class PriceWatches {
  readonly #context: Pick<AdapterContext, 'clock' | 'feed' | 'log'>;
  /** What ends each: the watch, or the wait for the next attempt. */
  readonly #watches = new Map<InstrumentId, () => void>();

  constructor(context: Pick<AdapterContext, 'clock' | 'feed' | 'log'>) {
    this.#context = context;
  }

  /** Settles after the first attempt. */
  async add(id: InstrumentId): Promise<void> {
    if (!this.#watches.has(id)) await this.#open(id, true);
  }

  end(): void {
    for (const end of this.#watches.values()) end();
    this.#watches.clear();
  }

  async #open(id: InstrumentId, first: boolean): Promise<void> {
    const { clock, feed, log } = this.#context;
    let ended = false;
    const mine = (): void => {
      ended = true;
    };
    this.#watches.set(id, mine);
    try {
      const end = await feed.watch(id, ['quote', 'trade', 'bar']);
      if (ended) end();
      else this.#watches.set(id, end);
    } catch (error) {
      if (first) {
        log('warn', 'no prices for paper trading', { instrument: id, reason: messageOf(error) });
      }
      if (!ended) {
        this.#watches.set(
          id,
          clock.after(AGAIN, () => void this.#open(id, false)),
        );
      }
    }
  }
}

import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';

/** Rules of instruments change by announcement: each is asked for again after a day. */
const FRESH = 24 * 3_600_000;
/** "No such instrument" is asked again after this. */
const ABSENT = 5 * 60_000;
const FOUND = 20;

interface Known {
  readonly instrument: TradableInstrument | null;
  readonly at: number;
}

/** Rules of instruments by source, in memory. */
export class InstrumentCache {
  readonly #clock: Clock;
  /** By source, and then by instrument: every order asks several times. */
  readonly #known = new Map<string, Map<InstrumentId, Known>>();
  readonly #asked = new Map<string, Promise<TradableInstrument | null>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Without asking, from the first of the sources that has told it. */
  known(id: InstrumentId, sources: Iterable<string>): TradableInstrument | null {
    for (const source of sources) {
      const found = this.#known.get(source)?.get(id)?.instrument ?? null;
      if (found !== null) return found;
    }
    return null;
  }

  /** The source has come anew, perhaps with other instruments: what it did not have is asked again. */
  renew(source: string): void {
    const known = this.#known.get(source);
    for (const [id, { instrument }] of known ?? []) if (instrument === null) known?.delete(id);
  }

  /** null when the source has no such instrument. @throws VenueError when it does not answer */
  async at(client: MarketDataClient, id: InstrumentId): Promise<TradableInstrument | null> {
    const known = this.#known.get(client.venue)?.get(id);
    const age = this.#clock.elapsed() - (known?.at ?? 0);
    if (known !== undefined && age < (known.instrument === null ? ABSENT : FRESH)) {
      return known.instrument;
    }
    const key = `${client.venue} ${id}`;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = this.#ask(client, id).finally(() => this.#asked.delete(key));
      this.#asked.set(key, asked);
    }
    try {
      return await asked;
    } catch (error) {
      // Yesterday's rules are better than none.
      if (known?.instrument !== undefined && known.instrument !== null) return known.instrument;
      throw error;
    }
  }

  /** @throws RenataError NOT_FOUND, or UNAVAILABLE when a source that may have it does not answer */
  async first(
    clients: readonly MarketDataClient[],
    id: InstrumentId,
  ): Promise<{ readonly client: MarketDataClient; readonly instrument: TradableInstrument }> {
    let failure: unknown;
    for (const client of clients) {
      try {
        const instrument = await this.at(client, id);
        if (instrument !== null) return { client, instrument };
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) {
      const why = failure instanceof Error ? failure.message : 'it does not answer';
      throw new RenataError('UNAVAILABLE', `${id} could not be looked up: ${why}`, {
        retryable: true,
        cause: failure,
      });
    }
    throw new RenataError(
      'NOT_FOUND',
      clients.length === 0
        ? `There is no source of prices for ${id}; connect one first.`
        : `No source knows ${id}; look it up by its name first.`,
    );
  }

  async find(
    client: MarketDataClient,
    query: string,
  ): Promise<readonly { readonly connection: string; readonly instrument: TradableInstrument }[]> {
    const found = await client.findInstruments(query, FOUND);
    return found.map((instrument) => {
      this.#keep(client.venue, instrument.id, instrument);
      return { connection: client.venue, instrument };
    });
  }

  async #ask(client: MarketDataClient, id: InstrumentId): Promise<TradableInstrument | null> {
    try {
      const instrument = await client.instrument(id);
      this.#keep(client.venue, id, instrument);
      return instrument;
    } catch (error) {
      if (!(error instanceof VenueError && error.failure === 'not-found')) throw error;
      this.#keep(client.venue, id, null);
      return null;
    }
  }

  #keep(source: string, id: InstrumentId, instrument: TradableInstrument | null): void {
    const known = this.#known.get(source) ?? new Map<InstrumentId, Known>();
    known.set(id, { instrument, at: this.#clock.elapsed() });
    this.#known.set(source, known);
  }
}

import { create } from 'zustand';
import { toErrorPayload, type ErrorPayload } from '../../engine/domain/errors.ts';
import type { DataKind } from '../../engine/domain/market-data.ts';
import type { BookView, QuoteView } from '../../engine/protocol/live-schemas.ts';
import type { Client } from './client.ts';
import { withMarket, type MarketState } from './trading-state.ts';

/** Prices as they are now, of what somebody looks at. */
export const useMarket = create<
  MarketState & {
    /** Why an instrument is watched in vain. */
    readonly failures: ReadonlyMap<string, ErrorPayload>;
  }
>(() => ({ quotes: new Map(), books: new Map(), failures: new Map() }));

interface Watched {
  readonly instrument: string;
  readonly kinds: readonly DataKind[];
  users: number;
  watchId: string | undefined;
  /** Calls of one watch come one after another: an end never overtakes its beginning. */
  work: Promise<void>;
}

/** Watches of this window, each asked for once however many panels want it. */
export class MarketWatches {
  readonly #client: () => Pick<Client, 'call'>;
  readonly #watched = new Map<string, Watched>();

  constructor(client: () => Pick<Client, 'call'>) {
    this.#client = client;
  }

  /** Returns the function that ends it. */
  watch(instrument: string, kinds: readonly DataKind[]): () => void {
    const key = `${instrument}|${kinds.toSorted().join()}`;
    const watched = this.#watched.get(key) ?? {
      instrument,
      kinds,
      users: 0,
      watchId: undefined,
      work: Promise.resolve(),
    };
    this.#watched.set(key, watched);
    watched.users += 1;
    if (watched.users === 1) this.#settle(watched);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      watched.users -= 1;
      if (watched.users > 0) return;
      this.#settle(watched);
    };
  }

  /** The carrier is back: what this window watched is asked for again. */
  restore(): void {
    for (const watched of this.#watched.values()) {
      const { watchId } = watched;
      watched.watchId = undefined;
      if (watchId !== undefined) this.#end(watched, watchId);
      this.#settle(watched);
    }
  }

  /** The workstation was started again: it does not know the watches, and may have given their names anew. */
  forget(): void {
    for (const watched of this.#watched.values()) watched.watchId = undefined;
  }

  /** Tries again what had no source: one has come. */
  retry(): void {
    for (const watched of this.#watched.values()) this.#settle(watched);
  }

  #settle(watched: Watched): void {
    watched.work = watched.work.then(async () => {
      const wanted = watched.users > 0;
      const { instrument, kinds, watchId } = watched;
      if (wanted && watchId === undefined) {
        try {
          const answer = await this.#client().call('market.watch', {
            instrument,
            kinds: [...kinds],
          });
          watched.watchId = answer.watchId;
          setFailure(instrument, undefined);
          tellMarket(answer.quote === null ? [] : [answer.quote], books(answer.book));
        } catch (error) {
          setFailure(instrument, toErrorPayload(error));
        }
      } else if (!wanted) {
        if (watchId !== undefined) {
          watched.watchId = undefined;
          this.#end(watched, watchId);
        }
        const key = `${instrument}|${kinds.toSorted().join()}`;
        if (this.#watched.get(key) === watched && watched.users === 0) this.#watched.delete(key);
      }
    });
  }

  #end(watched: Watched, watchId: string): void {
    watched.work = watched.work.then(() =>
      this.#client()
        .call('market.unwatch', { watchId })
        .then(() => undefined)
        // A watch that cannot be ended ends with the session.
        .catch(() => undefined),
    );
  }
}

const books = (book: BookView | null): readonly BookView[] => (book === null ? [] : [book]);

export function tellMarket(quotes: readonly QuoteView[], changed: readonly BookView[]): void {
  if (quotes.length + changed.length === 0) return;
  useMarket.setState((state) => withMarket(state, quotes, changed));
}

function setFailure(instrument: string, failure: ErrorPayload | undefined): void {
  const { failures } = useMarket.getState();
  if (failures.get(instrument) === failure) return;
  const changed = new Map(failures);
  if (failure === undefined) changed.delete(instrument);
  else changed.set(instrument, failure);
  useMarket.setState({ failures: changed });
}

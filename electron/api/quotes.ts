import type { EventName, EventPayload } from '../../engine/protocol/contract.ts';
import type { QuoteView } from '../../engine/protocol/live-schemas.ts';
import type { CallContext, Dispatch } from '../ipc/registry.ts';

export interface QuotesOptions {
  readonly dispatch: Dispatch;
  readonly subscribe: (listener: (name: EventName, payload: unknown) => void) => () => void;
}

/** Quotes for requests that come and go. */
export interface Quotes {
  /**
   * The newest quote, or the first that comes; null where none comes in time.
   * @throws RenataError for an instrument that nobody has
   */
  newest(instrument: string): Promise<QuoteView | null>;
  close(): Promise<void>;
}

/** How long the first quote of an instrument is waited for, ms. */
export const QUOTE_PATIENCE = 5000;
/** How long an instrument is heard after the last request for it, so that the next one finds it. */
const LINGER = 60_000;
const MOST = 200;
const CONTEXT: CallContext = { carrier: 'api' };

interface Heard {
  readonly watchId: Promise<string>;
  quote: QuoteView | null;
  readonly waiting: Set<(quote: QuoteView) => void>;
  timer: NodeJS.Timeout | undefined;
}

export function createQuotes({ dispatch, subscribe }: QuotesOptions): Quotes {
  const heard = new Map<string, Heard>();
  const unsubscribe = subscribe((name, payload) => {
    if (name !== 'market.data' || heard.size === 0) return;
    for (const quote of (payload as EventPayload<'market.data'>).quotes) {
      const known = heard.get(quote.instrument);
      if (known === undefined) continue;
      known.quote = quote;
      for (const tell of known.waiting) tell(quote);
    }
  });

  function hear(instrument: string): Heard {
    const answer = dispatch('market.watch', { instrument, kinds: ['quote'] }, CONTEXT).then(
      (output) => output as { readonly watchId: string; readonly quote: QuoteView | null },
    );
    const fresh: Heard = {
      watchId: answer.then(({ watchId, quote }) => {
        fresh.quote ??= quote;
        return watchId;
      }),
      quote: null,
      waiting: new Set(),
      timer: undefined,
    };
    heard.set(instrument, fresh);
    return fresh;
  }

  async function forget(instrument: string): Promise<void> {
    const known = heard.get(instrument);
    if (known === undefined) return;
    heard.delete(instrument);
    clearTimeout(known.timer);
    try {
      await dispatch('market.unwatch', { watchId: await known.watchId }, CONTEXT);
    } catch {
      // It was never watched, or the market data has ended.
    }
  }

  return {
    async newest(instrument) {
      const known = heard.get(instrument) ?? hear(instrument);
      try {
        await known.watchId;
      } catch (error) {
        if (heard.get(instrument) === known) heard.delete(instrument);
        throw error;
      }
      clearTimeout(known.timer);
      known.timer = setTimeout(() => void forget(instrument), LINGER).unref();
      // The one that was asked for last stays longest.
      heard.delete(instrument);
      heard.set(instrument, known);
      const [oldest] = heard.keys();
      if (heard.size > MOST && oldest !== undefined) void forget(oldest);
      if (known.quote !== null) return known.quote;
      const { promise, resolve } = Promise.withResolvers<QuoteView | null>();
      known.waiting.add(resolve);
      const patience = setTimeout(() => resolve(null), QUOTE_PATIENCE);
      const quote = await promise;
      clearTimeout(patience);
      known.waiting.delete(resolve);
      return quote;
    },
    async close() {
      unsubscribe();
      await Promise.all([...heard.keys()].map(forget));
    },
  };
}

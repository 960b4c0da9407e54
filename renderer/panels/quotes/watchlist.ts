import type { QuoteView } from '../../../engine/protocol/live-schemas.ts';

/** Instruments of the watchlist, as they are kept. */
export interface Watchlist {
  readonly instruments: readonly string[];
}

export const MOST_WATCHED = 500;

export function parseWatchlist(stored: unknown): Watchlist | undefined {
  const list = (stored as { instruments?: unknown } | null)?.instruments;
  if (!Array.isArray(list)) return undefined;
  const texts = list.filter(
    (each): each is string =>
      typeof each === 'string' && /^[^\s.][^\s]{0,60}\.[A-Z][A-Z0-9_-]*$/.test(each),
  );
  return { instruments: [...new Set(texts)].slice(0, MOST_WATCHED) };
}

export function withWatched(list: Watchlist, instrument: string): Watchlist {
  if (list.instruments.includes(instrument)) return list;
  return { instruments: [...list.instruments, instrument].slice(-MOST_WATCHED) };
}

export function withoutWatched(list: Watchlist, instrument: string): Watchlist {
  return { instruments: list.instruments.filter((each) => each !== instrument) };
}

/** One row: an instrument and what is known of its price. */
export interface QuoteRow {
  readonly instrument: string;
  readonly quote: QuoteView | undefined;
  /** Why there is no price; empty where nothing is wrong. */
  readonly fault: string;
}

/** Rows of the watchlist; a row stays the same object while nothing of it has changed. */
export function quoteRows(
  before: readonly QuoteRow[],
  instruments: readonly string[],
  quotes: ReadonlyMap<string, QuoteView>,
  faults: ReadonlyMap<string, { readonly message: string }>,
): readonly QuoteRow[] {
  const known = new Map(before.map((row) => [row.instrument, row]));
  let same = before.length === instruments.length;
  const rows = instruments.map((instrument, index) => {
    const quote = quotes.get(instrument);
    const fault = quote === undefined ? (faults.get(instrument)?.message ?? '') : '';
    const old = known.get(instrument);
    const kept = old !== undefined && old.quote === quote && old.fault === fault;
    const row = kept ? old : { instrument, quote, fault };
    if (before[index] !== row) same = false;
    return row;
  });
  return same ? before : rows;
}

/** Middle of bid and ask where there was no trade yet. */
export function lastOf(quote: QuoteView | undefined): number | null {
  if (quote === undefined) return null;
  if (quote.last !== null) return quote.last;
  return quote.bid === null || quote.ask === null ? null : (quote.bid + quote.ask) / 2;
}

/** Change from the close before, else from the day's open; null without either. */
export function changeOf(quote: QuoteView | undefined): number | null {
  const last = lastOf(quote);
  const from = quote?.previousClose ?? quote?.open ?? null;
  return last === null || from === null || from === 0 ? null : last / from - 1;
}

/** The change as it is shown: what rounds to nothing has neither sign nor colour. */
export function shownChange(quote: QuoteView | undefined): number | null {
  const change = changeOf(quote);
  // Adding 0 makes a negative nothing a plain one.
  return change === null ? null : Math.round(change * 10_000) / 10_000 + 0;
}

import { symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { optionOf, sourceNameOf, stockOrPair, type SourceName } from './naming.ts';
import { QUERY_PATIENCE, VENUE, type Rest } from './rest.ts';
import { contractSchema, tickerSchema, tickersSchema } from './schemas.ts';

/** Milliseconds for which the answer to a search is kept: the free plan has few requests. */
const FOUND_LIVES = 10 * 60_000;
const MOST_SEARCHES = 200;
const OPTION_TYPED = /^(?:O:)?([A-Z0-9.]{1,8}\d{6}[CP]\d{8})(?:\.OPRA)?$/;

/** Rules of instruments, each asked for once. */
export class Instruments {
  readonly #rest: Rest;
  readonly #clock: Clock;
  readonly #known = new Map<string, Promise<TradableInstrument>>();
  readonly #found = new Map<
    string,
    { readonly at: number; readonly all: Promise<readonly TradableInstrument[]> }
  >();

  constructor(rest: Rest, clock: Clock) {
    this.#rest = rest;
    this.#clock = clock;
  }

  /** @throws VenueError `not-found` */
  async get(id: InstrumentId): Promise<{ rules: TradableInstrument; source: SourceName }> {
    const source = sourceNameOf(id);
    if (source === null) {
      throw new VenueError(
        'not-found',
        `${VENUE} can have no ${id}; its names are like AAPL.XNAS, SPY251219C00650000.OPRA and BTC/USD.CRYPTO.`,
      );
    }
    const rules = await this.#ask(source);
    if (rules.id === id) return { rules, source };
    throw new VenueError('not-found', `${VENUE} knows no ${id}; it has ${rules.id}.`);
  }

  async find(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const wanted = query.trim().toUpperCase();
    if (wanted === '' || limit < 1) return [];
    const option = OPTION_TYPED.exec(wanted)?.[1];
    if (option !== undefined) return this.#option(option);
    const all = await this.#search(wanted);
    const rank = ({ symbol, name }: TradableInstrument): number => {
      if (symbol === wanted) return 0;
      if (symbol.startsWith(wanted)) return 1;
      return name.toUpperCase().startsWith(wanted) ? 2 : 3;
    };
    return all
      .toSorted((a, b) => rank(a) - rank(b) || (a.symbol < b.symbol ? -1 : 1))
      .slice(0, limit);
  }

  async #option(symbol: string): Promise<readonly TradableInstrument[]> {
    try {
      const ticker = `O:${symbol}`;
      return [await this.#ask({ cluster: 'options', ticker, streamed: ticker })];
    } catch (error) {
      if (error instanceof VenueError && error.failure === 'not-found') return [];
      throw error;
    }
  }

  #search(wanted: string): Promise<readonly TradableInstrument[]> {
    const now = this.#clock.elapsed();
    const known = this.#found.get(wanted);
    if (known !== undefined && now - known.at < FOUND_LIVES) return known.all;
    const all = this.#rest.client
      .request({
        method: 'GET',
        path: '/v3/reference/tickers',
        query: { search: wanted, active: true, sort: 'ticker', order: 'asc', limit: 1000 },
        schema: tickersSchema,
        priority: 'query',
        patience: QUERY_PATIENCE,
      })
      .then(({ results }) => results.map(stockOrPair).filter((each) => each !== null));
    this.#found.set(wanted, { at: now, all });
    all.catch(() => this.#found.delete(wanted));
    const oldest = this.#found.keys().next();
    if (this.#found.size > MOST_SEARCHES && oldest.done !== true) this.#found.delete(oldest.value);
    return all;
  }

  #ask(source: SourceName): Promise<TradableInstrument> {
    const known = this.#known.get(source.ticker);
    if (known !== undefined) return known;
    const asked = (
      source.cluster === 'options' ? this.#contract(source) : this.#ticker(source)
    ).catch((error: unknown) => {
      // A failed question is asked again.
      this.#known.delete(source.ticker);
      throw error;
    });
    this.#known.set(source.ticker, asked);
    return asked;
  }

  async #ticker({ ticker }: SourceName): Promise<TradableInstrument> {
    const { results } = await this.#rest.client.request({
      method: 'GET',
      path: `/v3/reference/tickers/${encodeURIComponent(ticker)}`,
      schema: tickerSchema,
      priority: 'query',
      patience: QUERY_PATIENCE,
    });
    const rules = stockOrPair(results);
    if (rules === null || sourceNameOf(rules.id)?.ticker !== ticker)
      throw new VenueError(
        'not-found',
        `${VENUE} has ${ticker}, but as nothing that is shown here.`,
      );
    return rules;
  }

  async #contract({ ticker }: SourceName): Promise<TradableInstrument> {
    const { results } = await this.#rest.client.request({
      method: 'GET',
      path: `/v3/reference/options/contracts/${encodeURIComponent(ticker)}`,
      schema: contractSchema,
      priority: 'query',
      patience: QUERY_PATIENCE,
    });
    const rules = optionOf(results);
    if (rules === null || symbolOf(rules.id) !== ticker.slice(2))
      throw new VenueError(
        'not-found',
        `${VENUE} has ${ticker}, but as nothing that is shown here.`,
      );
    return rules;
  }
}

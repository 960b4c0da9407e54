import { decimal, ONE, ZERO } from '../../../engine/domain/decimal.ts';
import { instrumentId, symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Priority } from '../../net/rate-gate.ts';
import type { RestClient } from '../../net/rest-client.ts';
import { QUERY_PATIENCE } from './rest.ts';
import { assetSchema, assetsSchema, type AlpacaAsset } from './schemas.ts';

/** Alpaca's names of exchanges and their market identifier codes. Stocks without an exchange trade over the counter. */
const MICS: ReadonlyMap<string, string> = new Map([
  ['NASDAQ', 'XNAS'],
  ['NYSE', 'XNYS'],
  ['ARCA', 'ARCX'],
  ['NYSEARCA', 'ARCX'],
  ['AMEX', 'XASE'],
  ['BATS', 'BATS'],
  ['OTC', 'PINK'],
]);

/** The rule of sub-penny prices: 0.0001 below one dollar, 0.01 from there on. */
const TICKS = [
  { from: ZERO, tickSize: decimal('0.0001') },
  { from: ONE, tickSize: decimal('0.01') },
];
const PART_OF_SHARE = decimal('0.000000001');
const LIST_LIVES = 12 * 60 * 60_000;

/** null for what is no US stock. */
export function instrumentOf(asset: AlpacaAsset): TradableInstrument | null {
  const mic = MICS.get(asset.exchange);
  if (asset.class !== 'us_equity' || mic === undefined) return null;
  let id: InstrumentId;
  try {
    id = instrumentId(asset.symbol, mic);
  } catch {
    return null;
  }
  const easy =
    asset.borrow_status === undefined
      ? asset.easy_to_borrow !== false
      : asset.borrow_status === 'easy_to_borrow';
  const lot = asset.fractionable ? PART_OF_SHARE : ONE;
  return {
    id,
    symbol: asset.symbol,
    name: asset.name,
    assetClass: 'equity',
    currency: 'USD',
    baseCurrency: '',
    calendar: 'us-equity',
    ticks: TICKS,
    lotSize: lot,
    minQuantity: lot,
    maxQuantity: null,
    minNotional: null,
    maxNotional: null,
    multiplier: ONE,
    tradable: asset.tradable && asset.status === 'active',
    shortable: asset.shortable && easy,
    fractional: asset.fractionable,
    marginable: asset.marginable,
    expiry: null,
  };
}

const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9./-]{0,31}$/;
/** How long a symbol that Alpaca does not have is not asked for again. */
const UNKNOWN_LIVES = 60_000;
const MOST_UNKNOWN = 1000;

/** US stocks as Alpaca lists them. Orders and prices name only a symbol; the exchange comes from here. */
export class Instruments {
  readonly #client: RestClient;
  readonly #clock: Clock;
  readonly #bySymbol = new Map<string, Promise<TradableInstrument>>();
  readonly #ids = new Map<string, InstrumentId>();
  /** Symbols that Alpaca does not have, with when it said so. */
  readonly #unknown = new Map<string, number>();
  #list: { readonly at: number; readonly all: Promise<readonly TradableInstrument[]> } | undefined;

  constructor(client: RestClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The id of a symbol. @throws VenueError `not-found` for what is no US stock */
  async id(symbol: string): Promise<InstrumentId> {
    return this.#ids.get(symbol) ?? (await this.#asset(symbol)).id;
  }

  /**
   * @param priority `order` where an order waits for the answer
   * @throws VenueError `not-found`
   */
  async get(id: InstrumentId, priority: Priority = 'query'): Promise<TradableInstrument> {
    const instrument = await this.#asset(symbolOf(id), priority);
    if (instrument.id === id) return instrument;
    throw new VenueError('not-found', `Alpaca knows no ${id}; it has ${instrument.id}.`);
  }

  async find(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const wanted = query.trim().toUpperCase();
    if (wanted === '') return [];
    const all = await this.#everything();
    const rank = ({ symbol, name }: TradableInstrument): number => {
      if (symbol === wanted) return 0;
      if (symbol.startsWith(wanted)) return 1;
      return name.toUpperCase().includes(wanted) ? 2 : 3;
    };
    return all
      .map((instrument) => ({ instrument, rank: rank(instrument) }))
      .filter((each) => each.rank < 3)
      .toSorted((a, b) => a.rank - b.rank || (a.instrument.symbol < b.instrument.symbol ? -1 : 1))
      .slice(0, limit)
      .map(({ instrument }) => instrument);
  }

  #asset(symbol: string, priority: Priority = 'query'): Promise<TradableInstrument> {
    const known = this.#bySymbol.get(symbol);
    if (known !== undefined) return known;
    const unknown = new VenueError('not-found', `Alpaca knows no ${symbol.slice(0, 32)}.`);
    // Questions are few; one about nonsense must not hold up what is told of real orders.
    const refusedAt = this.#unknown.get(symbol);
    const lately = refusedAt !== undefined && this.#clock.elapsed() - refusedAt < UNKNOWN_LIVES;
    if (lately || !SYMBOL.test(symbol)) return Promise.reject(unknown);
    const asked = this.#client
      .request({
        method: 'GET',
        path: `/v2/assets/${encodeURIComponent(symbol)}`,
        schema: assetSchema,
        priority,
        patience: QUERY_PATIENCE,
      })
      .then((asset) => {
        const instrument = instrumentOf(asset);
        if (instrument === null)
          throw new VenueError('not-found', `${symbol} is no stock of a US exchange at Alpaca.`);
        this.#ids.set(symbol, instrument.id);
        return instrument;
      });
    this.#bySymbol.set(symbol, asked);
    // A failed question is asked again.
    asked.catch((error: unknown) => {
      this.#bySymbol.delete(symbol);
      if (!(error instanceof VenueError) || error.failure !== 'not-found') return;
      if (this.#unknown.size >= MOST_UNKNOWN) this.#unknown.clear();
      this.#unknown.set(symbol, this.#clock.elapsed());
    });
    return asked;
  }

  #everything(): Promise<readonly TradableInstrument[]> {
    const now = this.#clock.elapsed();
    if (this.#list !== undefined && now - this.#list.at < LIST_LIVES) return this.#list.all;
    const all = this.#client
      .request({
        method: 'GET',
        path: '/v2/assets',
        query: { status: 'active', asset_class: 'us_equity' },
        schema: assetsSchema,
        priority: 'query',
        timeout: 60_000,
      })
      .then((assets) => assets.map(instrumentOf).filter((each) => each !== null));
    const list = { at: now, all };
    this.#list = list;
    all.catch(() => {
      if (this.#list === list) this.#list = undefined;
    });
    return all;
  }
}

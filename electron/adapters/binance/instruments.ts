import {
  decimal,
  greatest,
  isPositive,
  ONE,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import { instrumentId, symbolOf, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../../../engine/domain/time.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { rulesOf, type Rules } from './filters.ts';
import type { BinanceRest } from './rest.ts';
import { exchangeSchema, symbolSchema, type BinanceSymbol } from './schemas.ts';
import type { BinanceSettings } from './settings.ts';

/** Rules of pairs change now and then, and new pairs come. */
const LIST_LIVES = MS_PER_HOUR;
/** Before they are asked for again when that failed. */
const LIST_AGAIN = MS_PER_MINUTE;
const VENUE = 'BINANCE';

export interface Pair {
  readonly instrument: TradableInstrument;
  readonly rules: Rules;
  readonly base: string;
  readonly quote: string;
  /** Whether orders in it are taken and followed here. */
  readonly ours: boolean;
}

/** What is traded through a connection. */
export type Scope = Pick<BinanceSettings, 'quoteAsset' | 'assets'>;

interface Listed {
  readonly at: number;
  readonly bySymbol: ReadonlyMap<string, Pair>;
  /** The pair of an asset with the account's currency. */
  readonly byAsset: ReadonlyMap<string, Pair>;
}

/**
 * null for a pair that has no name or no rules of ours. Positions are told in pairs with one currency: an
 * order in another one could not be followed.
 */
export function pairOf(symbol: BinanceSymbol, { quoteAsset, assets }: Scope): Pair | null {
  let id: InstrumentId;
  let rules: Rules;
  try {
    id = instrumentId(symbol.symbol, VENUE);
    rules = rulesOf(symbol);
  } catch {
    return null;
  }
  const step = (of: Decimal, places: number): Decimal =>
    isPositive(of) ? of : decimal(`1e-${places}`);
  const lot = step(rules.lot.step, symbol.baseAssetPrecision);
  const { baseAsset, status } = symbol;
  const ours = symbol.quoteAsset === quoteAsset && (assets === null || assets.has(baseAsset));
  const or = (value: Decimal): Decimal | null => (isPositive(value) ? value : null);
  return {
    rules,
    base: baseAsset,
    quote: symbol.quoteAsset,
    ours,
    instrument: {
      id,
      symbol: symbol.symbol,
      name: `${symbol.baseAsset} / ${symbol.quoteAsset}`,
      assetClass: 'crypto',
      currency: symbol.quoteAsset,
      baseCurrency: symbol.baseAsset,
      calendar: 'crypto',
      ticks: [{ from: ZERO, tickSize: step(rules.tick, symbol.quoteAssetPrecision) }],
      lotSize: lot,
      minQuantity: greatest(rules.lot.least, lot),
      maxQuantity: or(rules.lot.most),
      minNotional: or(rules.minNotional),
      maxNotional: or(rules.maxNotional),
      multiplier: ONE,
      tradable: status === 'TRADING' && symbol.isSpotTradingAllowed && ours,
      shortable: false,
      fractional: true,
      marginable: false,
      expiry: null,
    },
  };
}

/** Pairs of the exchange with the rules of their orders. */
export class Instruments {
  readonly #rest: BinanceRest;
  readonly #context: Pick<AdapterContext, 'clock' | 'log'>;
  readonly #scope: Scope;
  #list: Listed | undefined;
  #asking: Promise<Listed> | undefined;

  constructor(rest: BinanceRest, context: Pick<AdapterContext, 'clock' | 'log'>, scope: Scope) {
    this.#rest = rest;
    this.#context = context;
    this.#scope = scope;
  }

  /** @throws VenueError `not-found` */
  async pair(id: InstrumentId): Promise<Pair> {
    const pair = (await this.load()).bySymbol.get(symbolOf(id));
    if (pair?.instrument.id === id) return pair;
    throw new VenueError(
      'not-found',
      `Binance knows no ${id}; pairs are written like BTCUSDT.BINANCE.`,
    );
  }

  /** A pair that orders are taken in. @throws VenueError `not-sent` for others */
  async ours(id: InstrumentId): Promise<Pair> {
    const pair = await this.pair(id);
    if (pair.ours) return pair;
    const { symbol } = pair.instrument;
    const { quoteAsset } = this.#scope;
    throw new VenueError(
      'not-sent',
      pair.quote === quoteAsset
        ? `${pair.base} is not among the assets that this connection trades; add it in Connections.`
        : `Orders are taken in pairs with ${quoteAsset} alone, the account currency of this connection; ${symbol} is paid in ${pair.quote}.`,
      { code: 'NOT_AT_BINANCE' },
    );
  }

  /** The pair of a symbol, where orders in it are followed here. */
  async followed(symbol: string): Promise<Pair | null> {
    const pair = (await this.load()).bySymbol.get(symbol);
    return pair?.ours === true ? pair : null;
  }

  /** The pair of an asset with the account's currency; null when there is none. */
  async ofAsset(asset: string): Promise<Pair | null> {
    return (await this.load()).byAsset.get(asset) ?? null;
  }

  async find(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const wanted = query.trim().toUpperCase().replaceAll('/', '');
    if (wanted === '') return [];
    const { bySymbol } = await this.load();
    const rank = ({ instrument, base }: Pair): number => {
      if (instrument.symbol === wanted) return 0;
      if (base === wanted) return instrument.tradable ? 1 : 2;
      if (instrument.symbol.startsWith(wanted)) return instrument.tradable ? 3 : 4;
      return instrument.symbol.includes(wanted) ? 5 : 6;
    };
    return [...bySymbol.values()]
      .map((pair) => ({ pair, rank: rank(pair) }))
      .filter((each) => each.rank < 6)
      .toSorted(
        (a, b) => a.rank - b.rank || (a.pair.instrument.symbol < b.pair.instrument.symbol ? -1 : 1),
      )
      .slice(0, limit)
      .map(({ pair }) => pair.instrument);
  }

  /** All pairs; asked for again after an hour, and the old ones hold when that fails. */
  async load(): Promise<Listed> {
    const known = this.#list;
    if (known !== undefined && this.#context.clock.elapsed() - known.at < LIST_LIVES) return known;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    if (known === undefined) return this.#asking;
    this.#asking.catch(() => {
      this.#context.log('warn', 'Binance did not tell its pairs; those of before are used.');
      this.#list = { ...known, at: this.#context.clock.elapsed() - LIST_LIVES + LIST_AGAIN };
    });
    return known;
  }

  async #ask(): Promise<Listed> {
    const told = await this.#rest.request({
      method: 'GET',
      path: '/api/v3/exchangeInfo',
      security: 'none',
      weight: 20,
      schema: exchangeSchema,
      timeout: 60_000,
    });
    const weight = told.rateLimits.find(
      (each) =>
        each.rateLimitType === 'REQUEST_WEIGHT' &&
        each.interval === 'MINUTE' &&
        each.intervalNum === 1,
    );
    if (weight !== undefined) this.#rest.weightLimit = weight.limit;
    const bySymbol = new Map<string, Pair>();
    const byAsset = new Map<string, Pair>();
    let unread = 0;
    for (const each of told.symbols) {
      const symbol = symbolSchema.safeParse(each);
      const pair = symbol.success ? pairOf(symbol.data, this.#scope) : null;
      if (pair === null) {
        unread += 1;
        continue;
      }
      bySymbol.set(pair.instrument.symbol, pair);
      if (pair.quote === this.#scope.quoteAsset) byAsset.set(pair.base, pair);
    }
    if (unread > 0)
      this.#context.log('warn', 'Binance told pairs that cannot be read.', { pairs: unread });
    const list = { at: this.#context.clock.elapsed(), bySymbol, byAsset };
    this.#list = list;
    return list;
  }
}

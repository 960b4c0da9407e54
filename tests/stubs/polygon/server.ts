import {
  Refusal as RefusalOf,
  RestStub,
  type StubAnswer,
  type StubBar,
  type StubRequest,
} from '../rest-stub.ts';
import { SpecCheck } from '../spec-check.ts';
import { StubStreams } from './streams.ts';

export const KEY = 'stub_key_0123456789abcdef';

const STOCKS = [
  ['AAPL', 'XNAS', 'Apple Inc.', 'CS'],
  ['MSFT', 'XNAS', 'Microsoft Corp', 'CS'],
  ['SPY', 'ARCX', 'SPDR S&P 500 ETF Trust', 'ETF'],
  ['BRK.B', 'XNYS', 'Berkshire Hathaway Inc. Class B', 'CS'],
  ['BACpL', 'XNYS', 'Bank of America Corporation preferred', 'PFD'],
] as const;
const PAIRS = [
  ['BTC', 'USD', 'Bitcoin - United States Dollar'],
  ['ETH', 'USD', 'Ethereum - United States Dollar'],
] as const;
const OPTION = 'O:SPY251219C00650000';

class Refusal extends RefusalOf<string> {}

/** Massive (Polygon.io) on 127.0.0.1: its REST calls, its streams, and faults on command. */
export class StubPolygon extends RestStub {
  readonly streams = new StubStreams(KEY);
  readonly spec = new SpecCheck('polygon');
  /** By ticker and length: `AAPL 1 minute`. */
  readonly bars = new Map<string, readonly StubBar[]>();
  readonly quotes = new Map<string, Readonly<Record<string, number>>>();
  readonly trades = new Map<string, Readonly<Record<string, unknown>>>();
  readonly minutes = new Map<string, StubBar>();
  /** Bars of one answer at most, whatever is asked for. */
  page = 50_000;
  /** Each page begins with the bar that the one before ended with. */
  overlap = false;
  /** Where next pages are said to be; this server when null. */
  pageOrigin: string | null = null;
  /** Days that the plan goes back; null for all. */
  plan: { readonly last: boolean } = { last: true };

  static start(): Promise<StubPolygon> {
    return new StubPolygon().listen();
  }

  get settings(): Readonly<Record<string, string | number>> {
    return {
      restUrl: this.origin,
      streamUrl: this.socket,
      streams: 'real-time',
      requestsPerMinute: 100_000,
    };
  }

  /** Path and query: all of them are questions. */
  protected override noted(_call: string, { path, query }: StubRequest): string {
    return decodeURIComponent(path) + (query === '' ? '' : `?${query}`);
  }

  protected answer({ path, query: text, headers }: StubRequest): StubAnswer {
    if (headers.authorization !== `Bearer ${KEY}`)
      return { status: 401, body: { status: 'ERROR', request_id: 'r', error: 'Unknown API Key' } };
    const query = Object.fromEntries(new URLSearchParams(text));
    // The name of a page is not described; it comes with its address.
    const { cursor, ...described } = query;
    const parts = path.split('/').slice(1).map(decodeURIComponent);
    const call = `GET ${templateOf(parts)}`;
    this.spec.request(call, described);
    try {
      const answer = this.#do(call, parts, query, cursor);
      this.spec.answer(call, 200, JSON.parse(JSON.stringify(answer)));
      return { status: 200, body: answer };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, code, message } = error;
      return { status, body: { status: code, request_id: 'r', message } };
    }
  }

  #do(
    call: string,
    parts: readonly string[],
    query: Readonly<Record<string, string>>,
    cursor: string | undefined,
  ): object {
    const common = { status: 'OK', request_id: 'r' };
    const last = parts.at(-1) as string;
    if (call.startsWith('GET /v2/aggs/'))
      return { ...common, ...this.#aggregates(parts, query, cursor) };
    switch (call) {
      case 'GET /v1/marketstatus/now':
        return { market: 'open', serverTime: '2026-01-05T10:00:00-05:00' };
      case 'GET /v3/reference/tickers': {
        const text = (query['search'] ?? '').toUpperCase();
        const results = tickers().filter(
          ({ ticker, name }) => ticker.includes(text) || name.toUpperCase().includes(text),
        );
        return { ...common, count: results.length, results };
      }
      case 'GET /v3/reference/tickers/{ticker}': {
        const results = tickers().find(({ ticker }) => ticker === last);
        if (results === undefined) throw new Refusal(404, 'NOT_FOUND', 'Ticker not found.');
        return { ...common, results };
      }
      case 'GET /v3/reference/options/contracts/{options_ticker}':
        if (last !== OPTION) throw new Refusal(404, 'NOT_FOUND', 'Contract not found.');
        return {
          ...common,
          results: {
            cfi: 'OCASPS',
            contract_type: 'call',
            exercise_style: 'american',
            expiration_date: '2025-12-19',
            primary_exchange: 'BATO',
            shares_per_contract: 100,
            strike_price: 650,
            ticker: OPTION,
            underlying_ticker: 'SPY',
          },
        };
      case 'GET /v3/reference/conditions':
        return this.#conditions(query, cursor);
      case 'GET /v2/last/nbbo/{stocksTicker}': {
        this.#checkPlan();
        const quote = this.quotes.get(last);
        if (quote === undefined) throw new Refusal(404, 'NOT_FOUND', 'Quote not found.');
        return { ...common, results: { T: last, y: quote['t'], ...quote } };
      }
      case 'GET /v2/last/trade/{stocksTicker}':
      case 'GET /v2/last/trade/{optionsTicker}': {
        this.#checkPlan();
        const trade = this.trades.get(last);
        if (trade === undefined) throw new Refusal(404, 'NOT_FOUND', 'Trade not found.');
        return { ...common, results: { T: last, y: trade['t'], ...trade } };
      }
      case 'GET /v1/last/crypto/{from}/{to}': {
        const [from, to] = parts.slice(-2);
        const trade = this.trades.get(`${from}-${to}`);
        if (trade === undefined) throw new Refusal(404, 'NOT_FOUND', 'Trade not found.');
        return { status: 'success', request_id: 'r', symbol: `${from}-${to}`, last: trade };
      }
      case 'GET /v2/snapshot/locale/us/markets/stocks/tickers/{stocksTicker}': {
        this.#checkPlan();
        const min = this.minutes.get(last);
        if (min === undefined) throw new Refusal(404, 'NOT_FOUND', 'Ticker not found.');
        const day = { o: min.o, h: min.h, l: min.l, c: min.c, v: min.v, vw: min.c };
        const ticker = { ticker: last, day, prevDay: day, min: { ...min, av: 1, n: 1, vw: min.c } };
        return { ...common, ticker };
      }
      default:
        throw new Refusal(404, 'NOT_FOUND', 'Not found.');
    }
  }

  #checkPlan(): void {
    if (this.plan.last) return;
    throw new Refusal(
      403,
      'NOT_AUTHORIZED',
      'You are not entitled to this data. Please upgrade your plan at https://polygon.io/pricing',
    );
  }

  #aggregates(
    parts: readonly string[],
    query: Readonly<Record<string, string>>,
    cursor: string | undefined,
  ): object {
    const [ticker = '', , count, unit, from, to] = parts.slice(3);
    const kept = cursor === undefined ? query : (JSON.parse(atob(cursor)) as typeof query);
    const all = (this.bars.get(`${ticker} ${count} ${unit}`) ?? []).filter(
      ({ t }) => t >= Number(from) && t <= Number(to),
    );
    const skip = Number(kept['skip'] ?? 0);
    const size = Math.min(Number(kept['limit'] ?? 5000), this.page);
    const start = this.overlap && skip > 0 ? skip - 1 : skip;
    const page = all.slice(start, skip + size);
    const adjusted = kept['adjusted'] !== 'false';
    const next = skip + size < all.length;
    const name = btoa(JSON.stringify({ ...kept, skip: String(skip + size) }));
    const results = page.map((bar) => ({
      ...bar,
      // A split of four for one, as far as this stub knows of any.
      ...(adjusted ? { o: bar.o / 4, h: bar.h / 4, l: bar.l / 4, c: bar.c / 4, v: bar.v * 4 } : {}),
      n: 1,
      vw: bar.c,
    }));
    return {
      ticker,
      adjusted,
      queryCount: page.length,
      resultsCount: page.length,
      ...(results.length === 0 ? {} : { results }),
      ...(next
        ? {
            next_url: `${this.pageOrigin ?? this.origin}/v2/aggs/ticker/${encodeURIComponent(ticker)}/range/${count}/${unit}/${from}/${to}?cursor=${encodeURIComponent(name)}`,
          }
        : {}),
    };
  }

  #conditions(query: Readonly<Record<string, string>>, cursor: string | undefined): object {
    const rule = (id: number, name: string, last: boolean): object => ({
      id,
      type: 'sale_condition',
      name,
      asset_class: query['asset_class'] ?? 'stocks',
      sip_mapping: {},
      data_types: ['trade'],
      update_rules: Object.fromEntries(
        ['consolidated', 'market_center'].map((each) => [
          each,
          { updates_high_low: last, updates_open_close: last, updates_volume: true },
        ]),
      ),
    });
    const all = [
      rule(0, 'Regular Sale', true),
      rule(14, 'Intermarket Sweep', true),
      rule(37, 'Odd Lot Trade', false),
      // One that is in no built-in list.
      rule(93, 'A new one', false),
    ];
    const results = cursor === undefined ? all.slice(0, 2) : all.slice(2);
    return {
      status: 'OK',
      request_id: 'r',
      count: results.length,
      results,
      ...(cursor === undefined
        ? { next_url: `${this.origin}/v3/reference/conditions?cursor=2` }
        : {}),
    };
  }
}

interface StubTicker {
  readonly ticker: string;
  readonly name: string;
}

function tickers(): (StubTicker & Readonly<Record<string, unknown>>)[] {
  return [
    ...STOCKS.map(([ticker, exchange, name, type]) => ({
      ticker,
      name,
      market: 'stocks',
      locale: 'us',
      primary_exchange: exchange,
      type,
      active: true,
      currency_name: 'usd',
    })),
    {
      ticker: 'OTCX',
      name: 'Over The Counter',
      market: 'otc',
      locale: 'us',
      active: true,
      type: 'OS',
    },
    { ticker: 'I:SPX', name: 'S&P 500', market: 'indices', locale: 'us', active: true },
    ...PAIRS.map(([base, quote, name]) => ({
      ticker: `X:${base}${quote}`,
      name,
      market: 'crypto',
      locale: 'global',
      active: true,
      currency_symbol: quote,
      currency_name: 'United States Dollar',
      base_currency_symbol: base,
      base_currency_name: base,
    })),
  ];
}

/** The path as the description writes it. */
function templateOf(parts: readonly string[]): string {
  const path = parts.join('/');
  const kind = (ticker: string): string =>
    ticker.startsWith('X:') ? 'crypto' : ticker.startsWith('O:') ? 'options' : 'stocks';
  if (path.startsWith('v2/aggs/ticker/'))
    return `/v2/aggs/ticker/{${kind(parts[3] as string)}Ticker}/range/{multiplier}/{timespan}/{from}/{to}`;
  if (path.startsWith('v2/last/nbbo/')) return '/v2/last/nbbo/{stocksTicker}';
  if (path.startsWith('v2/last/trade/'))
    return `/v2/last/trade/{${kind(parts[3] as string)}Ticker}`;
  if (path.startsWith('v1/last/crypto/')) return '/v1/last/crypto/{from}/{to}';
  if (path.startsWith('v2/snapshot/'))
    return '/v2/snapshot/locale/us/markets/stocks/tickers/{stocksTicker}';
  if (path.startsWith('v3/reference/tickers/')) return '/v3/reference/tickers/{ticker}';
  if (path.startsWith('v3/reference/options/contracts/'))
    return '/v3/reference/options/contracts/{options_ticker}';
  return `/${path}`;
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A row of a chart: seconds since 1970, and prices, which may be missing. */
export interface ChartRow {
  readonly t: number;
  readonly o: number | null;
  readonly h: number | null;
  readonly l: number | null;
  readonly c: number | null;
  readonly v: number | null;
}

export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'drop' };

/**
 * Speaks as Yahoo's servers do: a page that gives a cookie, a token for the cookie, quotes for both, charts
 * and search without. Faults meet the next requests whose path begins as they say.
 */
export class YahooStub {
  readonly quotes = new Map<string, Record<string, unknown>>();
  readonly rows = new Map<string, readonly ChartRow[]>();
  readonly meta = new Map<string, Record<string, unknown>>();
  /** `/v8/finance/chart/AAPL?interval=1d` and so on. */
  readonly requests: string[] = [];
  readonly #faults: { readonly path: string; readonly fault: Fault }[] = [];
  readonly #server: Server;
  #token = 1;
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  fault(path: string, fault: Fault, times = 1): void {
    for (let i = 0; i < times; i += 1) this.#faults.push({ path, fault });
  }

  mend(): void {
    this.#faults.length = 0;
  }

  /** Tokens that were given are not taken any more. */
  expireTokens(): void {
    this.#token += 1;
  }

  asked(path: string): number {
    return this.requests.filter((each) => each.startsWith(path)).length;
  }

  /** Sends what is meant for Yahoo's hosts to this server, and nothing anywhere else. */
  readonly fetch: typeof fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (!url.hostname.endsWith('.yahoo.com')) throw new Error(`not Yahoo: ${url.hostname}`);
    return fetch(`http://127.0.0.1:${this.#port}${url.pathname}${url.search}`, init);
  };

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    this.requests.push(url.pathname + url.search);
    const at = this.#faults.findIndex(({ path }) => url.pathname.startsWith(path));
    const [found] = at < 0 ? [] : this.#faults.splice(at, 1);
    if (found !== undefined) {
      this.#fail(found.fault, request, response);
      return;
    }
    const cookie = request.headers.cookie ?? '';
    if (url.pathname === '/quote/AAPL') {
      const expires = new Date(Date.now() + 3_600_000).toUTCString();
      response.setHeader('set-cookie', `A3=stub; Expires=${expires}; Domain=.yahoo.com; Path=/`);
      response.end('<html></html>');
    } else if (url.pathname === '/v1/test/getcrumb') {
      if (cookie.includes('A3=stub')) response.end(`token${this.#token}`);
      else send(response, 401, failure('finance', 'Unauthorized', 'Invalid Cookie'));
    } else if (url.pathname === '/v7/finance/quote') {
      this.#sendQuotes(url, cookie, response);
    } else if (url.pathname.startsWith('/v8/finance/chart/')) {
      this.#sendChart(url, response);
    } else if (url.pathname === '/v1/finance/search') {
      const text = (url.searchParams.get('q') ?? '').toUpperCase();
      const quotes = [...this.quotes.keys()]
        .filter((symbol) => symbol.includes(text))
        .map((symbol) => ({ symbol, isYahooFinance: true, quoteType: 'EQUITY' }));
      send(response, 200, { count: quotes.length, quotes, news: [] });
    } else {
      send(response, 404, failure('finance', 'Not Found', 'HTTP 404 Not Found'));
    }
  }

  #sendQuotes(url: URL, cookie: string, response: ServerResponse): void {
    const good = url.searchParams.get('crumb') === `token${this.#token}`;
    if (!good || !cookie.includes('A3=stub')) {
      send(response, 401, failure('finance', 'Unauthorized', 'Invalid Crumb'));
      return;
    }
    const symbols = (url.searchParams.get('symbols') ?? '').split(',');
    const result = symbols.flatMap((symbol) => this.quotes.get(symbol) ?? []);
    send(response, 200, { quoteResponse: { result, error: null } });
  }

  #sendChart(url: URL, response: ServerResponse): void {
    const symbol = decodeURIComponent(url.pathname.slice('/v8/finance/chart/'.length));
    const interval = url.searchParams.get('interval') ?? '';
    const rows = this.rows.get(`${symbol} ${interval}`);
    if (rows === undefined) {
      const text = 'No data found, symbol may be delisted';
      send(response, 404, failure('chart', 'Not Found', text));
      return;
    }
    const from = Number(url.searchParams.get('period1'));
    const to = Number(url.searchParams.get('period2'));
    const inside = rows.filter(({ t }) => t >= from && t < to);
    const meta = {
      currency: 'USD',
      symbol,
      exchangeName: 'NMS',
      instrumentType: 'EQUITY',
      gmtoffset: -18_000,
      timezone: 'EST',
      exchangeTimezoneName: 'America/New_York',
      regularMarketPrice: 1,
      priceHint: 2,
      ...this.meta.get(symbol),
    };
    const quote = {
      open: inside.map(({ o }) => o),
      high: inside.map(({ h }) => h),
      low: inside.map(({ l }) => l),
      close: inside.map(({ c }) => c),
      volume: inside.map(({ v }) => v),
    };
    const result =
      inside.length === 0
        ? { meta, indicators: { quote: [{}] } }
        : { meta, timestamp: inside.map(({ t }) => t), indicators: { quote: [quote] } };
    send(response, 200, { chart: { result: [result], error: null } });
  }

  #fail(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
    if (fault.kind === 'drop') request.socket.destroy();
    else if (fault.kind === 'text') response.end(fault.text);
    else {
      if (fault.retryAfter !== undefined) {
        response.setHeader('retry-after', String(fault.retryAfter));
      }
      response.statusCode = fault.status;
      response.end('Too Many Requests');
    }
  }
}

function failure(top: string, code: string, description: string): unknown {
  return { [top]: { result: null, error: { code, description } } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

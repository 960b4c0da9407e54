import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal, StubExchange } from './exchange.ts';
import {
  accountJson,
  canceledJson,
  exchangeJson,
  orderJson,
  pairJson,
  placedJson,
  tradeJson,
} from './json.ts';
import { StubMarket } from './market.ts';
import { SpecCheck } from './spec-check.ts';
import { StubStreams, timeProblem } from './streams.ts';

/** What goes wrong with the next calls that fit. */
export interface Fault {
  /** `POST /api/v3/order`, or the beginning of it. */
  readonly call: string;
  /** How many calls; 1 when absent. */
  readonly times?: number;
  readonly what:
    | { readonly kind: 'drop-before' } // the connection ends before anything is done
    | { readonly kind: 'drop-after' } // it is done, and nobody is told
    | { readonly kind: 'truncate' } // it is done, and half of the answer comes
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string;
        readonly headers?: Readonly<Record<string, string>>;
      }
    | { readonly kind: 'malformed'; readonly body: string } // it is done, and the answer makes no sense
    | { readonly kind: 'slow'; readonly milliseconds: number };
}

export const KEYS = {
  apiKey: 'stubkey0123456789abcdefstubkey0123456789abcdefstubkey0123456789ab',
  secretKey: 'stubsecret0123456789abcdefstubsecret0123456789abcdefstubsecret01',
} as const;

const WEIGHTS: Readonly<Record<string, number>> = {
  'GET /api/v3/exchangeInfo': 20,
  'GET /api/v3/depth': 50,
  'GET /api/v3/klines': 2,
  'GET /api/v3/account': 20,
  'GET /api/v3/openOrders': 80,
  'GET /api/v3/allOrders': 20,
  'GET /api/v3/myTrades': 20,
  'GET /api/v3/order': 4,
};
const MINUTE = 60_000;
/** A client that goes on after so many refusals is banned. */
const PATIENCE = 10;

/** Binance on 127.0.0.1: its REST calls, its streams, and faults on command. */
export class StubBinance {
  readonly exchange: StubExchange;
  readonly streams: StubStreams;
  readonly market: StubMarket;
  readonly spec = new SpecCheck();
  /** Calls as they came: method and path without query. */
  readonly calls: string[] = [];
  readonly queries: Readonly<Record<string, string>>[] = [];
  readonly listenKeys = new Map<string, number>();
  /** Milliseconds by which the venue's clock is ahead. */
  skew = 0;
  /** Weight that one minute allows. */
  weightLimit = 6000;
  /** Whether the time of requests is held against its window. */
  punctual = true;
  /** Listen keys are not made any more. */
  gone = false;
  readonly #now: () => number;
  #server: Server;
  #port = 0;
  #faults: { readonly fault: Fault; left: number }[] = [];
  #used = { minute: 0, weight: 0, refused: 0 };

  private constructor(now: () => number) {
    this.#now = now;
    this.exchange = new StubExchange(() => this.now());
    this.streams = new StubStreams({
      keys: KEYS,
      now: () => this.now(),
      punctual: () => this.punctual,
      isListenKey: (key) => (this.listenKeys.get(key) ?? 0) > this.now(),
    });
    this.market = new StubMarket(this.streams, () => this.now());
    this.exchange.onEvent = (event) => this.streams.event(event);
    this.#server = this.#serverOf();
  }

  static async start(now: () => number = Date.now): Promise<StubBinance> {
    const stub = new StubBinance(now);
    await stub.#listen(0);
    return stub;
  }

  /** The venue's clock. */
  now(): number {
    return Math.floor(this.#now() + this.skew);
  }

  get settings(): Readonly<Record<string, string | number>> {
    const socket = `ws://127.0.0.1:${this.#port}`;
    return {
      restUrl: `http://127.0.0.1:${this.#port}`,
      apiStreamUrl: `${socket}/ws-api/v3`,
      streamUrl: socket,
    };
  }

  fault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** Everything that listens to the key hears that it has expired, and then nothing more. */
  expireListenKeys(): void {
    for (const key of this.listenKeys.keys())
      this.streams.sendUsers(
        JSON.stringify({ e: 'listenKeyExpired', E: String(this.now()), listenKey: key }),
      );
    this.listenKeys.clear();
  }

  /** All connections end; a moment later the venue is there again, with its orders. */
  async restart(): Promise<void> {
    await this.close();
    this.#server = this.#serverOf();
    await this.#listen(this.#port);
  }

  async close(): Promise<void> {
    this.streams.close();
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #serverOf(): Server {
    const server = createServer((request, response) => void this.#serve(request, response));
    this.streams.attach(server);
    return server;
  }

  async #listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(port, '127.0.0.1', resolve);
    await promise;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #fault(call: string): Fault['what'] | null {
    const found = this.#faults.find((each) => each.left > 0 && call.startsWith(each.fault.call));
    if (found === undefined) return null;
    found.left -= 1;
    return found.fault.what;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const call = `${request.method ?? 'GET'} ${path}`;
    this.calls.push(call);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const fault = this.#fault(call);
    if (fault?.kind === 'drop-before') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body ?? '{}');
      return;
    }
    if (fault?.kind === 'slow') {
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, fault.milliseconds);
      await promise;
    }
    const limited = this.#limit(call);
    const [status, answer, headers] = limited ?? this.#answer(call, query, body, request);
    if (fault?.kind === 'drop-after') {
      request.socket.destroy();
      return;
    }
    const json = fault?.kind === 'malformed' ? fault.body : JSON.stringify(answer);
    if (fault?.kind === 'truncate') {
      response.writeHead(status, { 'content-length': String(Buffer.byteLength(json)) });
      response.write(json.slice(0, json.length / 2));
      setImmediate(() => request.socket.destroy());
      return;
    }
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-mbx-used-weight-1m': String(this.#used.weight),
      ...headers,
    });
    response.end(json);
  }

  /** Counts weight by the minute of the venue; who goes on after a refusal is banned. */
  #limit(call: string): readonly [number, unknown, Readonly<Record<string, string>>] | null {
    const minute = Math.floor(this.now() / MINUTE);
    if (this.#used.minute !== minute) this.#used = { minute, weight: 0, refused: 0 };
    this.#used.weight += WEIGHTS[call] ?? 1;
    if (this.#used.weight <= this.weightLimit) return null;
    this.#used.refused += 1;
    const banned = this.#used.refused > PATIENCE;
    const left = Math.ceil((MINUTE - (this.now() % MINUTE)) / 1000);
    return [
      banned ? 418 : 429,
      { code: -1003, msg: 'Too much request weight used.' },
      { 'retry-after': String(banned ? 120 : left) },
    ];
  }

  #answer(
    call: string,
    query: string,
    body: string,
    request: IncomingMessage,
  ): readonly [number, unknown, Readonly<Record<string, string>>] {
    const given = Object.fromEntries(new URLSearchParams(query));
    this.queries.push(given);
    this.spec.request(call, given, body);
    try {
      if (this.spec.needsKey(call)) this.#admit(call, query, given, request);
      const answer = this.#do(call, given);
      this.spec.answer(call, 200, JSON.parse(JSON.stringify(answer)));
      return [200, answer, {}];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const said = { code: error.code, msg: error.message };
      this.spec.answer(call, error.status, said);
      return [error.status, said, {}];
    }
  }

  /** The key, the signature over exactly what was sent, and the time. */
  #admit(
    call: string,
    query: string,
    given: Readonly<Record<string, string>>,
    request: IncomingMessage,
  ): void {
    if (request.headers['x-mbx-apikey'] !== KEYS.apiKey)
      throw new Refusal(-2015, 'Invalid API-key, IP, or permissions for action.', 401);
    if (call.endsWith('/userDataStream')) return;
    const at = query.lastIndexOf('&signature=');
    const right = createHmac('sha256', KEYS.secretKey).update(query.slice(0, at)).digest('hex');
    if (at < 0 || query.slice(at + '&signature='.length) !== right)
      throw new Refusal(-1022, 'Signature for this request is not valid.');
    const window = Number(given['recvWindow'] ?? 5000);
    const problem = timeProblem(Number(given['timestamp']), window, this.now());
    if (problem !== null && this.punctual)
      throw new Refusal(problem.code, problem.msg, problem.status);
  }

  #do(call: string, given: Readonly<Record<string, string>>): unknown {
    const { exchange, market } = this;
    const { symbol = '' } = given;
    const find = (): ReturnType<StubExchange['require']> =>
      given['orderId'] === undefined
        ? exchange.named(symbol, given['origClientOrderId'] ?? '')
        : exchange.require(symbol, Number(given['orderId']));
    switch (call) {
      case 'GET /api/v3/time':
        return { serverTime: this.now() };
      case 'GET /api/v3/exchangeInfo':
        return exchangeJson(this.now(), this.weightLimit);
      case 'GET /api/v3/account':
        return accountJson(exchange);
      case 'GET /api/v3/ticker/price':
        return [...exchange.prices].map(([name, price]) => ({ symbol: name, price }));
      case 'GET /api/v3/ticker/bookTicker':
        return market.quote(exchange.pair(symbol).symbol);
      case 'GET /api/v3/depth':
        return market.depth(exchange.pair(symbol).symbol, Number(given['limit'] ?? 100));
      case 'GET /api/v3/klines':
        return market.klines(exchange.pair(symbol).symbol, given);
      case 'POST /api/v3/order':
        return placedJson(exchange.place(given));
      case 'POST /api/v3/orderList/oco':
        return pairJson(exchange.placePair(given), this.now());
      case 'GET /api/v3/order':
        return orderJson(find());
      case 'DELETE /api/v3/order': {
        let order;
        try {
          order = find();
        } catch {
          throw new Refusal(-2011, 'Unknown order sent.');
        }
        return canceledJson(exchange.cancel(order));
      }
      case 'GET /api/v3/openOrders':
        return exchange.orders.filter((order) => exchange.isOpen(order)).map(orderJson);
      case 'DELETE /api/v3/openOrders':
        return exchange.cancelAll(exchange.pair(symbol).symbol).map(canceledJson);
      case 'GET /api/v3/allOrders':
        return exchange.orders
          .filter((order) => order.symbol === symbol && order.id >= Number(given['orderId'] ?? 0))
          .slice(0, Number(given['limit'] ?? 500))
          .map(orderJson);
      case 'GET /api/v3/myTrades':
        return this.#trades(given);
      case 'POST /api/v3/userDataStream':
        return this.#makeListenKey();
      case 'PUT /api/v3/userDataStream':
      case 'DELETE /api/v3/userDataStream': {
        const key = given['listenKey'] ?? '';
        if (!this.listenKeys.has(key)) throw new Refusal(-1125, 'This listenKey does not exist.');
        if (call.startsWith('PUT')) this.listenKeys.set(key, this.now() + 60 * MINUTE);
        else this.listenKeys.delete(key);
        return {};
      }
      default:
        throw new Refusal(-1000, 'no such call', 404);
    }
  }

  #makeListenKey(): object {
    if (this.gone) throw new Refusal(-1000, 'Gone', 410);
    const active = [...this.listenKeys].find(([, until]) => until > this.now())?.[0];
    const listenKey = active ?? randomBytes(32).toString('hex');
    this.listenKeys.set(listenKey, this.now() + 60 * MINUTE);
    return { listenKey };
  }

  #trades(given: Readonly<Record<string, string>>): object[] {
    const { symbol, startTime, endTime, fromId, limit = '500' } = given;
    const combined = fromId !== undefined && (startTime !== undefined || endTime !== undefined);
    if (combined) throw new Refusal(-1128, 'Combination of optional parameters invalid.');
    const [from, to] = [Number(startTime ?? 0), Number(endTime ?? Number.MAX_SAFE_INTEGER)];
    if (startTime !== undefined && endTime !== undefined && to - from > 24 * 60 * MINUTE)
      throw new Refusal(-1127, 'More than 24 hours between startTime and endTime.');
    const list = this.exchange.trades.filter(
      (trade) =>
        trade.order.symbol === symbol &&
        trade.time >= from &&
        trade.time <= to &&
        trade.id >= Number(fromId ?? 0),
    );
    const size = Number(limit);
    // From a number or a time on, the oldest; else the newest.
    const page =
      fromId === undefined && startTime === undefined ? list.slice(-size) : list.slice(0, size);
    return page.map(tradeJson);
  }
}

import { createHmac, randomBytes } from 'node:crypto';
import type { Decimal } from '../../../engine/domain/decimal.ts';
import { RestStub, type StubAnswer, type StubRequest } from '../rest-stub.ts';
import { SpecCheck } from '../spec-check.ts';
import { Refusal, StubExchange, type StubTrade } from './exchange.ts';
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
import { StubStreams, timeProblem } from './streams.ts';

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
export class StubBinance extends RestStub {
  readonly exchange: StubExchange;
  readonly streams: StubStreams;
  readonly market: StubMarket;
  readonly spec = new SpecCheck('binance');
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
  #used = { minute: 0, weight: 0, refused: 0 };

  private constructor(now: () => number) {
    super();
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
  }

  static start(now: () => number = Date.now): Promise<StubBinance> {
    return new StubBinance(now).listen();
  }

  /** The venue's clock. */
  now(): number {
    return Math.floor(this.#now() + this.skew);
  }

  get settings(): Readonly<Record<string, string | number>> {
    const { origin, socket } = this;
    return { restUrl: origin, apiStreamUrl: `${socket}/ws-api/v3`, streamUrl: socket };
  }

  /** A part of the order that has this name of ours. */
  fill(name: string, quantity: Decimal, price: Decimal): StubTrade {
    const { exchange } = this;
    const order = exchange.orders.findLast((each) => each.name === name);
    if (order === undefined) throw new Error(`there is no order ${name}`);
    return exchange.fill(order.symbol, order.id, quantity, price);
  }

  /** Everything that listens to the key hears that it has expired, and then nothing more. */
  expireListenKeys(): void {
    for (const key of this.listenKeys.keys())
      this.streams.sendUsers(
        JSON.stringify({ e: 'listenKeyExpired', E: String(this.now()), listenKey: key }),
      );
    this.listenKeys.clear();
  }

  protected answer(request: StubRequest): StubAnswer {
    const { status, body, headers } = this.#limit(request) ?? this.#answer(request);
    const weight = { 'x-mbx-used-weight-1m': String(this.#used.weight) };
    return { status, body, headers: { ...weight, ...headers } };
  }

  /** Counts weight by the minute of the venue; who goes on after a refusal is banned. */
  #limit({ method, path }: StubRequest): StubAnswer | null {
    const minute = Math.floor(this.now() / MINUTE);
    if (this.#used.minute !== minute) this.#used = { minute, weight: 0, refused: 0 };
    this.#used.weight += WEIGHTS[`${method} ${path}`] ?? 1;
    if (this.#used.weight <= this.weightLimit) return null;
    this.#used.refused += 1;
    const banned = this.#used.refused > PATIENCE;
    const left = Math.ceil((MINUTE - (this.now() % MINUTE)) / 1000);
    return {
      status: banned ? 418 : 429,
      body: { code: -1003, msg: 'Too much request weight used.' },
      headers: { 'retry-after': String(banned ? 120 : left) },
    };
  }

  #answer(request: StubRequest): StubAnswer {
    const { method, path, query, body } = request;
    const call = `${method} ${path}`;
    const given = Object.fromEntries(new URLSearchParams(query));
    this.queries.push(given);
    this.spec.request(call, given, body === '' ? undefined : body);
    try {
      if (this.spec.needsKey(call)) this.#admit(call, given, request);
      const answer = this.#do(call, given);
      this.spec.answer(call, 200, JSON.parse(JSON.stringify(answer)));
      return { status: 200, body: answer };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const said = { code: error.code, msg: error.message };
      this.spec.answer(call, error.status, said);
      return { status: error.status, body: said };
    }
  }

  /** The key, the signature over exactly what was sent, and the time. */
  #admit(
    call: string,
    given: Readonly<Record<string, string>>,
    { query, headers }: StubRequest,
  ): void {
    if (headers['x-mbx-apikey'] !== KEYS.apiKey)
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

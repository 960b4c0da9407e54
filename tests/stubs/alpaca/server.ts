import type { Decimal } from '../../../engine/domain/decimal.ts';
import {
  RestStub,
  Refusal,
  type StubAnswer,
  type StubBar,
  type StubRequest,
} from '../rest-stub.ts';
import { SpecCheck } from '../spec-check.ts';
import { StubExchange, type StubFill } from './exchange.ts';
import { accountJson, assetsJson, iso, orderJson, positionsJson } from './json.ts';
import { StubStreams } from './streams.ts';

export const KEYS = { keyId: 'PKSTUB0000000000', secretKey: 'stub-secret-0123456789' } as const;

/** Alpaca on 127.0.0.1: its REST calls, its two streams, and faults on command. */
export class StubAlpaca extends RestStub {
  readonly exchange: StubExchange;
  readonly streams = new StubStreams(KEYS);
  readonly spec = new SpecCheck('alpaca');
  readonly bodies: unknown[] = [];
  readonly bars = new Map<string, StubBar[]>();
  readonly quotes = new Map<
    string,
    { bp: number; bs: number; ap: number; as: number; t: number }
  >();
  /** Bars in one answer at most, whatever is asked for. */
  barsPage = 10_000;

  private constructor(now: () => number) {
    super();
    this.exchange = new StubExchange(now);
    this.exchange.onEvent = (event) => this.streams.event(event);
  }

  static start(now: () => number = Date.now): Promise<StubAlpaca> {
    return new StubAlpaca(now).listen();
  }

  get settings(): Readonly<Record<string, string | number>> {
    return { tradingUrl: this.origin, dataUrl: this.origin, dataStreamUrl: this.socket };
  }

  /** A part of the order that has this name of ours. */
  fill(name: string, quantity: Decimal, price: Decimal): StubFill {
    return this.exchange.fill(this.exchange.named(name).id, quantity, price);
  }

  protected answer({ method, path, query, body: text, headers }: StubRequest): StubAnswer {
    const known =
      headers['apca-api-key-id'] === KEYS.keyId &&
      headers['apca-api-secret-key'] === KEYS.secretKey;
    if (!known) return { status: 401, body: { message: 'unauthorized.' } };
    const [template, id] = templateOf(path);
    const call = `${method} ${template}`;
    const given = Object.fromEntries(new URLSearchParams(query));
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    this.spec.request(call, given, body);
    if (body !== undefined) this.bodies.push(body);
    let status = 200;
    let answer: unknown;
    try {
      [status, answer] = this.#do(call, id, given, body as Readonly<Record<string, unknown>>);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, body: { code: error.code, message: error.message } };
    }
    const told = status === 204 ? undefined : answer;
    this.spec.answer(call, status, told === undefined ? told : JSON.parse(JSON.stringify(told)));
    return { status, body: told };
  }

  #do(
    call: string,
    id: string,
    query: Readonly<Record<string, string>>,
    body: Readonly<Record<string, unknown>>,
  ): readonly [number, unknown] {
    const { exchange } = this;
    switch (call) {
      case 'GET /v2/account':
        return [200, accountJson(exchange)];
      case 'GET /v2/positions':
        return [200, positionsJson(exchange)];
      case 'POST /v2/orders':
        return [200, orderJson(exchange.place(body), true)];
      case 'GET /v2/orders':
        return [200, this.#orders(query)];
      case 'DELETE /v2/orders':
        return [207, exchange.cancelAll()];
      case 'GET /v2/orders/{order_id}':
        return [200, orderJson(exchange.require(id), query['nested'] === 'true')];
      case 'PATCH /v2/orders/{order_id}':
        return [200, orderJson(exchange.replace(id, body), false)];
      case 'DELETE /v2/orders/{order_id}':
        exchange.cancel(id);
        return [204, null];
      case 'GET /v2/orders:by_client_order_id':
        return [200, orderJson(exchange.named(query['client_order_id'] ?? ''), false)];
      case 'GET /v2/account/activities/{activity_type}':
        return [200, this.#activities(query)];
      case 'GET /v2/assets':
        return [200, assetsJson()];
      case 'GET /v2/assets/{symbol_or_asset_id}': {
        const found = assetsJson().find((each) => (each as { symbol: string }).symbol === id);
        if (found === undefined) throw new Refusal(404, 40410000, `asset not found for ${id}`);
        return [200, found];
      }
      case 'GET /v2/clock': {
        const time = new Date(exchange.now()).toISOString();
        return [200, { timestamp: time, is_open: true, next_open: time, next_close: time }];
      }
      case 'GET /v2/stocks/bars':
        return [200, this.#bars(query)];
      case 'GET /v2/stocks/quotes/latest':
        return [200, this.#quotes(query)];
      default:
        throw new Refusal(404, 40410000, 'endpoint not found');
    }
  }

  #orders(query: Readonly<Record<string, string>>): object[] {
    const { exchange } = this;
    const nested = query['nested'] === 'true';
    const symbols = query['symbols']?.split(',');
    let list = exchange.orders.filter(
      (order) =>
        (query['status'] === 'all' || exchange.isOpen(order) === (query['status'] !== 'closed')) &&
        (symbols === undefined || symbols.includes(order.symbol)) &&
        !(nested && order.parent !== null),
    );
    if (query['direction'] !== 'asc') list = list.toReversed();
    const before = query['before_order_id'];
    if (before !== undefined) list = list.slice(list.findIndex((order) => order.id === before) + 1);
    return list.slice(0, Number(query['limit'] ?? 50)).map((order) => orderJson(order, nested));
  }

  #activities(query: Readonly<Record<string, string>>): object[] {
    const after = Date.parse(query['after'] ?? '1970-01-01');
    let list = this.exchange.fills.filter(({ time }) => time > after);
    if (query['direction'] !== 'asc') list = list.toReversed();
    const token = query['page_token'];
    if (token !== undefined) list = list.slice(list.findIndex(({ id }) => id === token) + 1);
    return list.slice(0, Number(query['page_size'] ?? 100)).map((fill) => ({
      id: fill.id,
      activity_type: 'FILL',
      transaction_time: iso(fill.time),
      type: fill.cumulative === fill.order.qty ? 'fill' : 'partial_fill',
      price: fill.price,
      qty: fill.qty,
      side: fill.order.side,
      symbol: fill.order.symbol,
      leaves_qty: '0',
      order_id: fill.order.id,
      cum_qty: fill.cumulative,
      order_status: fill.order.status,
    }));
  }

  #bars(query: Readonly<Record<string, string>>): object {
    const symbol = query['symbols'] ?? '';
    const from = Date.parse(query['start'] ?? '');
    const to = Date.parse(query['end'] ?? '');
    const skip = Number(query['page_token'] ?? 0);
    const all = (this.bars.get(symbol) ?? []).filter(({ t }) => t >= from && t <= to);
    const size = Math.min(Number(query['limit'] ?? 1000), this.barsPage);
    const page = all.slice(skip, skip + size);
    return {
      bars: {
        [symbol]: page.map((bar) => ({
          ...bar,
          t: new Date(bar.t).toISOString(),
          n: 1,
          vw: bar.c,
        })),
      },
      next_page_token: skip + size < all.length ? String(skip + size) : null,
    };
  }

  #quotes(query: Readonly<Record<string, string>>): object {
    const symbols = (query['symbols'] ?? '').split(',');
    const quotes = symbols.flatMap((symbol) => {
      const quote = this.quotes.get(symbol);
      if (quote === undefined) return [];
      return [[symbol, { ...quote, t: iso(quote.t), ax: 'V', bx: 'V', c: ['R'], z: 'C' }] as const];
    });
    return { quotes: Object.fromEntries(quotes) };
  }
}

/** The path as the description writes it, and what stands in its place. */
function templateOf(path: string): readonly [string, string] {
  for (const [start, template] of [
    ['/v2/orders/', '/v2/orders/{order_id}'],
    ['/v2/assets/', '/v2/assets/{symbol_or_asset_id}'],
    ['/v2/account/activities/', '/v2/account/activities/{activity_type}'],
  ] as const) {
    if (path.startsWith(start)) return [template, decodeURIComponent(path.slice(start.length))];
  }
  return [path, ''];
}

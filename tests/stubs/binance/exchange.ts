import {
  add,
  compare,
  decimal,
  isMultiple,
  isPositive,
  least,
  multiply,
  negate,
  subtract,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import { Refusal as RefusalOf } from '../rest-stub.ts';
import { accountEvent, executionEvent, listEvent } from './json.ts';
import { STUB_PAIRS, type StubPair } from './pairs.ts';

export interface StubOrder {
  readonly symbol: string;
  readonly id: number;
  readonly name: string;
  readonly listId: number;
  readonly side: 'BUY' | 'SELL';
  readonly type: string;
  readonly timeInForce: string;
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly stop: Decimal;
  readonly iceberg: Decimal;
  filled: Decimal;
  paid: Decimal;
  status: string;
  /** Reached its stop, or had none. */
  working: boolean;
  readonly time: number;
  updated: number;
}

export interface StubTrade {
  readonly id: number;
  readonly order: StubOrder;
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly commission: Decimal;
  readonly commissionAsset: string;
  readonly maker: boolean;
  readonly time: number;
}

/** Its errors are told by their code; most have the same status. */
export class Refusal extends RefusalOf {
  constructor(code: number, message: string, status = 400) {
    super(status, code, message);
  }
}

export type StubEvent = Readonly<Record<string, unknown>>;
type Given = Readonly<Record<string, string>>;

const TIMED = new Set(['LIMIT', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT']);
const LIMITED = new Set([...TIMED, 'LIMIT_MAKER']);
const STOPPED = new Set(['STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT']);
const TYPES = new Set([...LIMITED, ...STOPPED, 'MARKET']);
const OPEN = new Set(['NEW', 'PARTIALLY_FILLED', 'PENDING_NEW']);

/** The truth of the stub: its orders, trades and balances. Nobody but it decides what has happened. */
export class StubExchange {
  readonly orders: StubOrder[] = [];
  readonly trades: StubTrade[] = [];
  readonly balances = new Map<string, { free: Decimal; locked: Decimal }>([
    ['USDT', { free: decimal('1000000'), locked: ZERO }],
    ['BTC', { free: decimal('5'), locked: ZERO }],
    ['ETH', { free: decimal('20.5'), locked: ZERO }],
    ['BNB', { free: decimal('100'), locked: ZERO }],
    ['JUNK', { free: decimal('7'), locked: ZERO }],
  ]);
  readonly prices = new Map<string, Decimal>(
    STUB_PAIRS.map(({ symbol, price }) => [symbol, decimal(price)]),
  );
  readonly uid = 4_012_345;
  canTrade = true;
  /** Part of what is received, or paid in BNB; 0 in the asset that is received when nothing is said. */
  commission: { rate: Decimal; asset: 'received' | 'BNB' } = { rate: ZERO, asset: 'received' };
  /** Orders that cross the price fill at once; the rest when `fill` says so. */
  filling = true;
  onEvent: (event: StubEvent) => void = () => undefined;
  /** Numbers begin alike in each pair: they name nothing beyond it. */
  readonly #numbers = new Map<string, { order: number; trade: number }>();
  #lists = 0;
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  pair(symbol: string): StubPair {
    const pair = STUB_PAIRS.find((each) => each.symbol === symbol);
    if (pair === undefined) throw new Refusal(-1121, 'Invalid symbol.');
    return pair;
  }

  isOpen({ status }: StubOrder): boolean {
    return OPEN.has(status);
  }

  place(given: Given): StubOrder {
    const order = this.#read(given, given['newClientOrderId'], -1);
    this.#accept(order);
    this.#match(order);
    return order;
  }

  /** Two orders of which one takes the other away. */
  placePair(given: Given): readonly StubOrder[] {
    const { symbol = '', side = '', quantity = '' } = given;
    const leg = (where: 'above' | 'below'): StubOrder => {
      const own = (name: string): Given => {
        const value = given[`${where}${name}`];
        const key = `${name[0]?.toLowerCase()}${name.slice(1)}`;
        return value === undefined ? {} : { [key]: value };
      };
      return this.#read(
        {
          symbol,
          side,
          quantity,
          ...own('Type'),
          ...own('Price'),
          ...own('StopPrice'),
          ...own('TimeInForce'),
        },
        given[`${where}ClientOrderId`],
        this.#lists,
      );
    };
    const legs = [leg('above'), leg('below')];
    const types = legs.map(({ type }) => type);
    if (types.filter((type) => type === 'LIMIT_MAKER').length !== 1)
      throw new Refusal(-1158, 'Order type not supported in OCO.');
    const last = this.prices.get(symbol) ?? ZERO;
    const level = ({ type, price, stop }: StubOrder): Decimal =>
      type === 'LIMIT_MAKER' ? price : stop;
    const [above, below] = legs as [StubOrder, StubOrder];
    if (compare(level(above), last) <= 0 || compare(level(below), last) >= 0)
      throw new Refusal(-2010, 'The relationship of the prices for the orders is not correct.');
    this.#lists += 1;
    this.#accept(above, legs);
    this.onEvent(listEvent(legs, 'EXEC_STARTED', 'EXECUTING', this.now()));
    return legs;
  }

  #read(given: Given, name: string | undefined, listId: number): StubOrder {
    const { symbol = '', side, type = '', quantity } = given;
    const pair = this.pair(symbol);
    if (!this.canTrade) throw new Refusal(-2010, 'This account may not place or cancel orders.');
    if (pair.status !== 'TRADING') throw new Refusal(-1013, 'Market is closed.');
    if (side !== 'BUY' && side !== 'SELL') throw new Refusal(-1117, 'Invalid side.');
    if (!TYPES.has(type)) throw new Refusal(-1116, 'Invalid orderType.');
    const need = (field: string, wanted: boolean): void => {
      if (wanted && given[field] === undefined)
        throw new Refusal(
          -1102,
          `Mandatory parameter '${field}' was not sent, was empty/null, or malformed.`,
        );
      if (!wanted && given[field] !== undefined)
        throw new Refusal(-1106, `Parameter '${field}' sent when not required.`);
    };
    need('quantity', true);
    need('price', LIMITED.has(type));
    need('stopPrice', STOPPED.has(type));
    need('timeInForce', TIMED.has(type));
    if (given['icebergQty'] !== undefined && !LIMITED.has(type))
      throw new Refusal(-1106, "Parameter 'icebergQty' sent when not required.");
    const amount = (field: string): Decimal => decimal(given[field] ?? '0', field);
    const price = amount('price');
    const own = quantity === undefined ? ZERO : decimal(quantity);
    if (!isMultiple(own, decimal(pair.step)) || compare(own, decimal(pair.step)) < 0)
      throw new Refusal(-1013, 'Filter failure: LOT_SIZE');
    if (!isMultiple(price, decimal(pair.tick)))
      throw new Refusal(-1013, 'Filter failure: PRICE_FILTER');
    if (LIMITED.has(type) && compare(multiply(own, price), decimal(pair.notional)) < 0)
      throw new Refusal(-1013, 'Filter failure: NOTIONAL');
    if (this.orders.filter((each) => each.symbol === symbol && this.isOpen(each)).length >= 200)
      throw new Refusal(-1013, 'Filter failure: MAX_NUM_ORDERS');
    const id = name ?? `x-auto-${this.orders.length}-${this.now().toString(36)}`;
    if (!/^[a-zA-Z0-9-_.:/]{1,36}$/.test(id))
      throw new Refusal(-1100, "Illegal characters found in parameter 'newClientOrderId'.");
    if (this.orders.some((each) => each.name === id && this.isOpen(each)))
      throw new Refusal(-2010, 'Duplicate order sent.');
    const time = this.now();
    return {
      symbol,
      id: this.#number(symbol, 'order'),
      name: id,
      listId,
      side,
      type,
      timeInForce: given['timeInForce'] ?? 'GTC',
      quantity: own,
      price,
      stop: amount('stopPrice'),
      iceberg: amount('icebergQty'),
      filled: ZERO,
      paid: ZERO,
      status: 'NEW',
      working: !STOPPED.has(type),
      time,
      updated: time,
    };
  }

  #accept(order: StubOrder, all: readonly StubOrder[] = [order]): void {
    if (order.type === 'LIMIT_MAKER' && all.length === 1 && this.#crosses(order))
      throw new Refusal(-2010, 'Order would immediately match and take.');
    // Both orders of a pair lock one amount.
    this.#lock(order, order.quantity);
    for (const each of all) {
      this.orders.push(each);
      this.tell(each, 'NEW');
    }
    this.#tellAccount(order.symbol);
  }

  #match(order: StubOrder): void {
    if (!order.working || !this.filling) return;
    const price = this.prices.get(order.symbol) ?? ZERO;
    if (order.type === 'MARKET' || this.#crosses(order))
      this.fill(order.symbol, order.id, order.quantity, price, false);
    else if (order.timeInForce !== 'GTC') this.#end(order, 'EXPIRED');
  }

  #crosses({ symbol, side, price, type }: StubOrder): boolean {
    if (!LIMITED.has(type)) return false;
    const side_ = compare(price, this.prices.get(symbol) ?? ZERO);
    return side === 'BUY' ? side_ >= 0 : side_ <= 0;
  }

  #number(symbol: string, kind: 'order' | 'trade'): number {
    const numbers = this.#numbers.get(symbol) ?? { order: 1000, trade: 500 };
    numbers[kind] += 1;
    this.#numbers.set(symbol, numbers);
    return numbers[kind];
  }

  #balance(asset: string): { free: Decimal; locked: Decimal } {
    const balance = this.balances.get(asset) ?? { free: ZERO, locked: ZERO };
    this.balances.set(asset, balance);
    return balance;
  }

  /** What an order needs is kept from others; a market order to buy takes what it costs when it fills. */
  #needs(order: StubOrder, quantity: Decimal): readonly [string, Decimal] {
    const { base, quote } = this.pair(order.symbol);
    if (order.side === 'SELL') return [base, quantity];
    // The orders of a pair that buys lock different amounts; none is kept here.
    if (order.listId >= 0) return [quote, ZERO];
    return [quote, LIMITED.has(order.type) ? multiply(quantity, order.price) : ZERO];
  }

  #lock(order: StubOrder, quantity: Decimal): void {
    const [asset, amount] = this.#needs(order, quantity);
    const balance = this.#balance(asset);
    if (compare(balance.free, amount) < 0)
      throw new Refusal(-2010, 'Account has insufficient balance for requested action.');
    balance.free = subtract(balance.free, amount);
    balance.locked = add(balance.locked, amount);
  }

  #unlock(order: StubOrder, quantity: Decimal): void {
    const [asset, amount] = this.#needs(order, quantity);
    const balance = this.#balance(asset);
    balance.free = add(balance.free, amount);
    balance.locked = subtract(balance.locked, amount);
  }

  require(symbol: string, id: number): StubOrder {
    const order = this.orders.find((each) => each.symbol === symbol && each.id === id);
    if (order === undefined) throw new Refusal(-2013, 'Order does not exist.');
    return order;
  }

  /** The newest of this name. */
  named(symbol: string, name: string): StubOrder {
    const order = this.orders.findLast((each) => each.symbol === symbol && each.name === name);
    if (order === undefined) throw new Refusal(-2013, 'Order does not exist.');
    return order;
  }

  fill(symbol: string, id: number, quantity: Decimal, price: Decimal, maker = true): StubTrade {
    const order = this.require(symbol, id);
    const size = least(quantity, subtract(order.quantity, order.filled));
    const paid = multiply(size, price);
    const { base, quote } = this.pair(symbol);
    const buys = order.side === 'BUY';
    this.#unlock(order, size);
    this.#move(base, buys ? size : negate(size));
    this.#move(quote, buys ? negate(paid) : paid);
    const { rate, asset } = this.commission;
    const received = buys ? size : paid;
    const commissionAsset = asset === 'BNB' ? 'BNB' : buys ? base : quote;
    const commission = multiply(asset === 'BNB' ? decimal('0.01') : received, rate);
    if (isPositive(commission)) this.#move(commissionAsset, negate(commission));
    order.working = true;
    order.filled = add(order.filled, size);
    order.paid = add(order.paid, paid);
    order.updated = this.now();
    const whole = compare(order.filled, order.quantity) >= 0;
    order.status = whole ? 'FILLED' : 'PARTIALLY_FILLED';
    const trade: StubTrade = {
      id: this.#number(symbol, 'trade'),
      order,
      quantity: size,
      price,
      commission,
      commissionAsset,
      maker,
      time: order.updated,
    };
    this.trades.push(trade);
    this.tell(order, 'TRADE', trade);
    this.#others(order, 'EXPIRED');
    this.#tellAccount(symbol, commissionAsset);
    return trade;
  }

  #move(asset: string, amount: Decimal): void {
    const balance = this.#balance(asset);
    balance.free = add(balance.free, amount);
  }

  /** An order with a stop has reached it. */
  trigger(symbol: string, id: number): void {
    const order = this.require(symbol, id);
    order.working = true;
    order.updated = this.now();
    this.tell(order, 'NEW');
    if (LIMITED.has(order.type)) return;
    this.fill(symbol, id, order.quantity, this.prices.get(symbol) ?? ZERO, false);
  }

  cancel(order: StubOrder): StubOrder {
    if (!this.isOpen(order)) throw new Refusal(-2011, 'Unknown order sent.');
    this.#end(order, 'CANCELED');
    this.#others(order, 'CANCELED');
    this.#tellAccount(order.symbol);
    return order;
  }

  cancelAll(symbol: string): readonly StubOrder[] {
    const open = this.orders.filter((each) => each.symbol === symbol && this.isOpen(each));
    if (open.length === 0) throw new Refusal(-2011, 'Unknown order sent.');
    for (const order of open) if (this.isOpen(order)) this.cancel(order);
    return open;
  }

  /** The other order of a pair ends with the first one. */
  #others(order: StubOrder, status: 'EXPIRED' | 'CANCELED'): void {
    if (order.listId < 0) return;
    const legs = this.orders.filter((each) => each.listId === order.listId);
    for (const leg of legs) {
      if (leg === order || !this.isOpen(leg)) continue;
      leg.status = status;
      leg.updated = this.now();
      this.tell(leg, status);
      this.onEvent(listEvent(legs, 'ALL_DONE', 'ALL_DONE', this.now()));
    }
  }

  #end(order: StubOrder, status: 'EXPIRED' | 'CANCELED'): void {
    this.#unlock(order, subtract(order.quantity, order.filled));
    order.status = status;
    order.updated = this.now();
    this.tell(order, status);
  }

  tell(order: StubOrder, execution: string, trade: StubTrade | null = null): void {
    this.onEvent(executionEvent(order, execution, trade, this.now()));
  }

  #tellAccount(symbol: string, more = ''): void {
    const { base, quote } = this.pair(symbol);
    const assets = [...new Set([base, quote, more])].filter((each) => this.balances.has(each));
    this.onEvent(
      accountEvent(
        assets.map((asset) => [asset, this.#balance(asset)] as const),
        this.now(),
      ),
    );
  }
}

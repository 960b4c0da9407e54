import { iso, orderJson, STUB_ASSETS } from './json.ts';
import { randomUUID } from 'node:crypto';
import {
  add,
  compare,
  decimal,
  decimalOf,
  least,
  multiply,
  negate,
  subtract,
  toFixed,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import { Refusal } from '../rest-stub.ts';

export interface StubOrder {
  id: string;
  client_order_id: string;
  symbol: string;
  side: 'buy' | 'sell';
  type: string;
  order_class: string;
  time_in_force: string;
  qty: Decimal | null;
  notional: Decimal | null;
  filled: Decimal;
  paid: Decimal;
  limit_price: string | null;
  stop_price: string | null;
  trail_price: string | null;
  trail_percent: string | null;
  extended_hours: boolean;
  status: string;
  replaces: string | null;
  replaced_by: string | null;
  legs: StubOrder[] | null;
  parent: StubOrder | null;
  created: number;
  updated: number;
}

export interface StubFill {
  readonly id: string;
  readonly execution: string;
  readonly order: StubOrder;
  readonly qty: Decimal;
  readonly price: Decimal;
  readonly cumulative: Decimal;
  readonly time: number;
}

const OPEN = new Set([
  'new',
  'partially_filled',
  'held',
  'accepted',
  'pending_new',
  'pending_replace',
  'pending_cancel',
]);
export type StubEvent = Readonly<Record<string, unknown>>;

/** The truth of the stub: its orders, fills, positions and money. Nobody but it decides what has happened. */
export class StubExchange {
  readonly orders: StubOrder[] = [];
  readonly fills: StubFill[] = [];
  readonly positions = new Map<string, { qty: Decimal; price: Decimal }>();
  readonly prices = new Map<string, number>([
    ['AAPL', 100],
    ['MSFT', 400],
    ['SPY', 500],
  ]);
  readonly account = randomUUID();
  number = 'PA3STUB0001';
  cash = decimal('100000');
  blocked = false;
  /** What becomes of replacements. */
  replacing: 'confirm' | 'reject' | 'wait' = 'confirm';
  /** Market orders fill at once; limit orders when `trade` says so. */
  filling = true;
  onEvent: (event: StubEvent) => void = () => undefined;
  readonly now: () => number;
  #sequence = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  place(body: Readonly<Record<string, unknown>>): StubOrder {
    const text = (name: string): string | null =>
      typeof body[name] === 'string' ? body[name] : null;
    const name = text('client_order_id') ?? randomUUID();
    if (this.orders.some((each) => each.client_order_id === name))
      throw new Refusal(422, 40010001, 'client_order_id must be unique');
    const symbol = text('symbol') ?? '';
    if (!STUB_ASSETS.some(([known]) => known === symbol))
      throw new Refusal(422, 42210000, `asset "${symbol}" not found`);
    const type = text('type') ?? '';
    const limit =
      text('limit_price') ?? (body['take_profit'] as { limit_price?: string })?.limit_price ?? null;
    if (limit !== null && compare(decimal(limit), decimal('1')) >= 0 && /\.\d{3,}$/.test(limit))
      throw new Refusal(
        422,
        42210000,
        `invalid limit_price ${limit}. sub-penny increment does not fulfill minimum pricing criteria`,
      );
    const fractional = (text('qty') ?? '').includes('.');
    if (fractional && text('time_in_force') !== 'day')
      throw new Refusal(422, 42210000, 'fractional orders must be DAY orders');
    const qty = text('qty') === null ? null : decimal(text('qty') as string);
    const price = decimalOf(this.prices.get(symbol) ?? 100);
    if (
      text('side') === 'buy' &&
      qty !== null &&
      compare(
        multiply(qty, limit === null ? price : decimal(limit)),
        multiply(this.cash, decimal('2')),
      ) > 0
    )
      throw new Refusal(403, 40310000, 'insufficient buying power');
    const order = this.#make({
      client_order_id: name,
      symbol,
      side: body['side'] as 'buy' | 'sell',
      type,
      order_class: text('order_class') ?? '',
      time_in_force: text('time_in_force') ?? 'day',
      qty,
      notional: text('notional') === null ? null : decimal(text('notional') as string),
      limit_price: type === 'limit' || type === 'stop_limit' ? limit : null,
      stop_price: text('stop_price'),
      trail_price: text('trail_price'),
      trail_percent: text('trail_percent'),
      extended_hours: body['extended_hours'] === true,
      status: 'new',
    });
    this.#addLegs(order, body);
    this.tell('new', order);
    if (type === 'market' && this.filling && !['opg', 'cls'].includes(order.time_in_force)) {
      const size = qty ?? decimal(toFixed(decimalOf(Number(order.notional) / Number(price)), 9));
      this.fill(order.id, size, price);
    }
    return order;
  }

  #addLegs(order: StubOrder, body: Readonly<Record<string, unknown>>): void {
    const { order_class: kind } = order;
    if (kind === '' || kind === 'simple') return;
    const target = body['take_profit'] as { limit_price: string } | undefined;
    const stop = body['stop_loss'] as { stop_price?: string; limit_price?: string } | undefined;
    if (kind === 'bracket' && (target === undefined || stop === undefined))
      throw new Refusal(422, 42210000, 'bracket orders require take_profit and stop_loss');
    if (kind === 'oco' && order.type !== 'limit')
      throw new Refusal(422, 42210000, 'oco orders must be limit orders');
    const side = kind === 'oco' ? order.side : order.side === 'buy' ? 'sell' : 'buy';
    const common = {
      client_order_id: '',
      symbol: order.symbol,
      side,
      order_class: kind,
      time_in_force: order.time_in_force,
      qty: order.qty,
      notional: null,
      trail_price: null,
      trail_percent: null,
      extended_hours: false,
      status: 'held',
    } as const;
    order.legs = [];
    if (target !== undefined && kind !== 'oco')
      order.legs.push(
        this.#make(
          {
            ...common,
            client_order_id: randomUUID(),
            type: 'limit',
            limit_price: target.limit_price,
            stop_price: null,
          },
          order,
        ),
      );
    if (stop !== undefined)
      order.legs.push(
        this.#make(
          {
            ...common,
            client_order_id: randomUUID(),
            type: stop.limit_price === undefined ? 'stop' : 'stop_limit',
            limit_price: stop.limit_price ?? null,
            stop_price: stop.stop_price ?? null,
          },
          order,
        ),
      );
  }

  #make(
    given: Pick<
      StubOrder,
      | 'client_order_id'
      | 'symbol'
      | 'side'
      | 'type'
      | 'order_class'
      | 'time_in_force'
      | 'qty'
      | 'notional'
      | 'limit_price'
      | 'stop_price'
      | 'trail_price'
      | 'trail_percent'
      | 'extended_hours'
      | 'status'
    >,
    parent: StubOrder | null = null,
  ): StubOrder {
    const order: StubOrder = {
      ...given,
      id: randomUUID(),
      filled: ZERO,
      paid: ZERO,
      replaces: null,
      replaced_by: null,
      legs: null,
      parent,
      created: this.now(),
      updated: this.now(),
    };
    this.orders.push(order);
    return order;
  }

  require(id: string): StubOrder {
    const order = this.orders.find((each) => each.id === id);
    if (order === undefined) throw new Refusal(404, 40410000, `order not found for ${id}`);
    return order;
  }

  named(name: string): StubOrder {
    const order = this.orders.find((each) => each.client_order_id === name);
    if (order === undefined) throw new Refusal(404, 40410000, 'order not found');
    return order;
  }

  isOpen(order: StubOrder): boolean {
    return OPEN.has(order.status);
  }

  fill(id: string, qty: Decimal, price: Decimal): StubFill {
    const order = this.require(id);
    const size = order.qty === null ? qty : least(qty, subtract(order.qty, order.filled));
    order.filled = add(order.filled, size);
    order.paid = add(order.paid, multiply(size, price));
    const whole = order.qty === null || compare(order.filled, order.qty) >= 0;
    order.status = whole ? 'filled' : 'partially_filled';
    order.updated = this.now();
    const signed = order.side === 'buy' ? size : negate(size);
    const held = this.positions.get(order.symbol)?.qty ?? ZERO;
    const now = add(held, signed);
    if (now === ZERO) this.positions.delete(order.symbol);
    else this.positions.set(order.symbol, { qty: now, price });
    this.cash = subtract(this.cash, multiply(signed, price));
    this.#sequence += 1;
    const execution = randomUUID();
    const stamp = new Date(this.now()).toISOString().replaceAll(/[-:TZ.]/g, '');
    const fill: StubFill = {
      id: `${stamp}${String(this.#sequence).padStart(6, '0')}::${execution}`,
      execution,
      order,
      qty: size,
      price,
      cumulative: order.filled,
      time: this.now(),
    };
    this.fills.push(fill);
    this.tell(whole ? 'fill' : 'partial_fill', order, {
      execution_id: execution,
      price,
      qty: size,
      position_qty: now,
      timestamp: iso(fill.time),
    });
    if (whole) this.#afterFill(order);
    return fill;
  }

  #afterFill(order: StubOrder): void {
    if (order.parent === null && order.order_class !== 'oco') {
      for (const leg of order.legs ?? []) {
        // The target works at once; the stop is held until it is reached.
        if (leg.type !== 'limit' || leg.status !== 'held') continue;
        leg.status = 'new';
        this.tell('new', leg);
      }
      return;
    }
    for (const other of this.#group(order)) {
      if (other === order || (other === order.parent && order.order_class !== 'oco')) continue;
      if (this.isOpen(other)) this.#end(other, 'canceled');
    }
  }

  #group(order: StubOrder): readonly StubOrder[] {
    const root = order.parent ?? order;
    return [root, ...(root.legs ?? [])];
  }

  cancel(id: string): void {
    const order = this.require(id);
    if (!this.isOpen(order) || order.status === 'pending_replace')
      throw new Refusal(422, 42210000, `order is already in "${order.status}" state`);
    for (const each of this.#group(order)) if (this.isOpen(each)) this.#end(each, 'canceled');
  }

  cancelAll(): { id: string; status: number }[] {
    const open = this.orders.filter((order) => this.isOpen(order));
    for (const order of open) this.#end(order, 'canceled');
    return open.map(({ id }) => ({ id, status: 200 }));
  }

  #end(order: StubOrder, status: 'canceled'): void {
    order.status = status;
    order.updated = this.now();
    this.tell(status, order);
  }

  replace(id: string, body: Readonly<Record<string, unknown>>): StubOrder {
    const old = this.require(id);
    if (!['new', 'partially_filled', 'held'].includes(old.status))
      throw new Refusal(422, 42210000, `cannot replace order in ${old.status} status`);
    const name =
      typeof body['client_order_id'] === 'string' ? body['client_order_id'] : randomUUID();
    if (this.orders.some((each) => each.client_order_id === name))
      throw new Refusal(422, 40010001, 'client_order_id must be unique');
    const text = (key: string, before: string | null): string | null =>
      typeof body[key] === 'string' ? body[key] : before;
    // What the replacement has filled begins at nothing; its quantity is that of the request, or the old one.
    const next = this.#make(
      {
        ...old,
        client_order_id: name,
        qty: typeof body['qty'] === 'string' ? decimal(body['qty']) : old.qty,
        limit_price: text('limit_price', old.limit_price),
        stop_price: text('stop_price', old.stop_price),
        trail_price: old.trail_price === null ? null : text('trail', old.trail_price),
        trail_percent: old.trail_percent === null ? null : text('trail', old.trail_percent),
        status: 'pending_new',
      },
      old.parent,
    );
    next.replaces = old.id;
    const before = old.status;
    old.status = 'pending_replace';
    this.tell('pending_replace', old);
    if (this.replacing === 'confirm') this.confirm(next);
    if (this.replacing === 'reject') {
      old.status = before;
      next.status = 'rejected';
      this.tell('order_replace_rejected', old);
      this.tell('rejected', next);
    }
    return next;
  }

  confirm(next: StubOrder): void {
    const old = this.require(next.replaces as string);
    const held = old.parent !== null && old.type !== 'limit';
    old.status = 'replaced';
    old.replaced_by = next.id;
    old.updated = this.now();
    next.status = held ? 'held' : 'new';
    if (old.parent !== null)
      old.parent.legs = (old.parent.legs ?? []).map((leg) => (leg === old ? next : leg));
    this.tell('replaced', old);
    if (!held) this.tell('new', next);
  }

  /** Takes a trade back; with `works` the order works on, and may fill the same part again. */
  bust(fill: StubFill, works = false): void {
    const { order, qty, price, execution } = fill;
    this.fills.splice(this.fills.indexOf(fill), 1);
    if (works) {
      order.filled = subtract(order.filled, qty);
      order.paid = subtract(order.paid, multiply(qty, price));
      order.status = order.filled === ZERO ? 'new' : 'partially_filled';
    }
    this.tell('trade_bust', order, { previous_execution_id: execution });
  }

  tell(event: string, order: StubOrder, more: StubEvent = {}): void {
    this.onEvent({ event, timestamp: iso(this.now()), ...more, order: orderJson(order, false) });
  }
}

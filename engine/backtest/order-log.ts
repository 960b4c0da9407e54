import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { FillColumns, OrderColumns } from '../domain/backtest.ts';
import {
  ORDER_SIDES,
  ORDER_STATES,
  ORDER_TYPES,
  TIMES_IN_FORCE,
  type OrderState,
} from '../domain/order.ts';
import { GrowableFloats, GrowableInts } from './growable.ts';
import type { WorkingOrder } from './matching/working-order.ts';

const INITIALIZED = ORDER_STATES.indexOf('Initialized');
const ACCEPTED = ORDER_STATES.indexOf('Accepted');
const FILLED = ORDER_STATES.indexOf('Filled');
const PARTLY = ORDER_STATES.indexOf('PartiallyFilled');

/** Every order and every fill of a run as columns, in the order they came. */
export class OrderLog {
  private readonly placedBar = new GrowableInts();
  private readonly doneBar = new GrowableInts();
  private readonly side = new GrowableInts();
  private readonly type = new GrowableInts();
  private readonly state = new GrowableInts();
  private readonly quantity = new GrowableFloats();
  private readonly limitPrice = new GrowableFloats();
  private readonly stopPrice = new GrowableFloats();
  private readonly fillPrice = new GrowableFloats();
  private readonly commission = new GrowableFloats();
  private readonly tag: string[] = [];
  private readonly timeInForce = new GrowableInts();
  private readonly filled = new GrowableFloats();
  private readonly parent = new GrowableInts();
  private readonly group = new GrowableInts();
  private readonly instrument = new GrowableInts();
  private readonly fillOrder = new GrowableInts();
  private readonly fillBar = new GrowableInts();
  private readonly fillQuantity = new GrowableFloats();
  private readonly fillAt = new GrowableFloats();
  private readonly fillCommission = new GrowableFloats();
  /** An order has a time in force, a parent or a group, so the columns of these are shown. */
  private extended = false;
  /** An order was filled in more than one piece. */
  private pieces = false;
  private readonly portfolio: boolean;

  /** @param portfolio whether orders name their instrument */
  constructor(portfolio = false) {
    this.portfolio = portfolio;
  }

  /** Number that the next order gets. */
  get count(): number {
    return this.tag.length;
  }

  /** Adds an order that has been accepted, or waits for its parent. Its number is `count` before. */
  add(order: WorkingOrder, bar: number, instrument = 0): void {
    this.placedBar.push(bar);
    this.doneBar.push(-1);
    this.side.push(order.buys ? 0 : 1);
    this.type.push(ORDER_TYPES.indexOf(order.type));
    this.state.push(order.waiting ? INITIALIZED : ACCEPTED);
    this.quantity.push(order.quantity);
    this.limitPrice.push(order.limitPrice);
    this.stopPrice.push(order.stopPrice);
    this.fillPrice.push(Number.NaN);
    this.commission.push(0);
    this.tag.push(order.tag);
    this.timeInForce.push(TIMES_IN_FORCE.indexOf(order.timeInForce));
    this.filled.push(0);
    this.parent.push(order.parent);
    this.group.push(order.group);
    this.instrument.push(instrument);
    if (order.timeInForce !== 'gtc' || order.parent >= 0 || order.group > 0) this.extended = true;
  }

  /** Takes over what has changed since the order was given. */
  update(order: WorkingOrder): void {
    const { id } = order;
    this.quantity.set(id, order.quantity);
    this.limitPrice.set(id, order.limitPrice);
    this.stopPrice.set(id, order.stopPrice);
    this.group.set(id, order.group);
    if (order.group > 0) this.extended = true;
    if (!order.waiting && this.state.get(id) === INITIALIZED) this.state.set(id, ACCEPTED);
  }

  /** Takes over what was filled before a split, in the units of after. */
  restate(order: WorkingOrder): void {
    if (!(order.filled > 0)) return;
    this.filled.set(order.id, order.filled);
    this.fillPrice.set(order.id, order.notional / order.filled);
  }

  /** Books a fill; the order's own sums have been brought up to date. */
  fill(
    order: WorkingOrder,
    bar: number,
    quantity: number,
    price: number,
    commission: number,
    complete: boolean,
  ): void {
    const { id } = order;
    this.fillOrder.push(id);
    this.fillBar.push(bar);
    this.fillQuantity.push(quantity);
    this.fillAt.push(price);
    this.fillCommission.push(commission);
    const whole = order.filled === quantity;
    if (!whole || !complete) this.pieces = true;
    this.doneBar.set(id, complete ? bar : -1);
    this.state.set(id, complete ? FILLED : PARTLY);
    this.quantity.set(id, complete ? order.filled : order.quantity);
    this.filled.set(id, order.filled);
    this.fillPrice.set(id, whole ? price : order.notional / order.filled);
    this.commission.set(id, order.fees);
    if (order.trails) this.stopPrice.set(id, order.stopPrice);
  }

  end(order: number, bar: number, state: OrderState): void {
    this.doneBar.set(order, bar);
    this.state.set(order, ORDER_STATES.indexOf(state));
  }

  toColumns(): OrderColumns {
    return {
      count: this.tag.length,
      placedBar: this.placedBar.toArray(),
      doneBar: this.doneBar.toArray(),
      side: decode(this.side, ORDER_SIDES),
      type: decode(this.type, ORDER_TYPES),
      state: decode(this.state, ORDER_STATES),
      quantity: this.quantity.toArray(),
      limitPrice: this.limitPrice.toArray(),
      stopPrice: this.stopPrice.toArray(),
      fillPrice: this.fillPrice.toArray(),
      commission: this.commission.toArray(),
      tag: this.tag,
      ...(this.extended || this.pieces
        ? {
            timeInForce: decode(this.timeInForce, TIMES_IN_FORCE),
            filled: this.filled.toArray(),
            parent: this.parent.toArray(),
            group: this.group.toArray(),
          }
        : {}),
      ...(this.portfolio ? { instrument: this.instrument.toArray() } : {}),
    };
  }

  /** Every fill in sequence; undefined while each order is filled in one piece or not at all. */
  fills(): FillColumns | undefined {
    return this.pieces ? this.allFills() : undefined;
  }

  allFills(): FillColumns {
    return {
      count: this.fillOrder.length,
      order: this.fillOrder.toArray(),
      bar: this.fillBar.toArray(),
      quantity: this.fillQuantity.toArray(),
      price: this.fillAt.toArray(),
      commission: this.fillCommission.toArray(),
    };
  }

  /**
   * SHA-256 over the columns, one after the other: bars, side, type and state as little-endian 32-bit
   * whole numbers, prices, quantities and commissions as IEEE 754 doubles. Tags are names, not deeds,
   * and do not count. Columns that not every run has, and the fills of orders filled in pieces, follow
   * where there are any.
   */
  hash(): string {
    const digest = sha256.create();
    for (const column of [this.placedBar, this.doneBar, this.side, this.type, this.state]) {
      digest.update(bytesOf(column.rows()));
    }
    for (const column of [
      this.quantity,
      this.limitPrice,
      this.stopPrice,
      this.fillPrice,
      this.commission,
    ]) {
      digest.update(bytesOf(canonical(column.rows())));
    }
    const whole: GrowableInts[] = [];
    const parts: GrowableFloats[] = [];
    if (this.extended || this.pieces) {
      whole.push(this.timeInForce, this.parent, this.group);
      parts.push(this.filled);
    }
    if (this.portfolio) whole.push(this.instrument);
    if (this.pieces) {
      whole.push(this.fillOrder, this.fillBar);
      parts.push(this.fillQuantity, this.fillAt, this.fillCommission);
    }
    for (const column of whole) digest.update(bytesOf(column.rows()));
    for (const column of parts) digest.update(bytesOf(canonical(column.rows())));
    return bytesToHex(digest.digest());
  }
}

/** An indexed loop: an iterator per row would cost more than the run itself. */
function decode<Name>(codes: GrowableInts, names: readonly Name[]): Name[] {
  const decoded: Name[] = [];
  for (let i = 0; i < codes.length; i += 1) decoded.push(names[codes.get(i)] as Name);
  return decoded;
}

/** Gives all NaNs one form, so that equal orders have equal bytes. */
function canonical(column: Float64Array): Float64Array {
  for (let i = 0; i < column.length; i += 1) {
    const value = column[i] as number;
    if (Number.isNaN(value)) column[i] = Number.NaN;
  }
  return column;
}

function bytesOf(column: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

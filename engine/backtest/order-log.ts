import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { OrderColumns } from '../domain/backtest.ts';
import {
  ORDER_SIDES,
  ORDER_STATES,
  ORDER_TYPES,
  type OrderSide,
  type OrderState,
  type OrderType,
} from '../domain/order.ts';
import { GrowableFloats, GrowableInts } from './growable.ts';

const ACCEPTED = ORDER_STATES.indexOf('Accepted');

/** Every order of a run as columns, in the order they were given. */
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

  /** Adds an accepted order and gives its number. `quantity` is NaN while the size rule will decide it. */
  add(
    bar: number,
    side: OrderSide,
    type: OrderType,
    quantity: number,
    limitPrice: number,
    stopPrice: number,
    tag: string,
  ): number {
    this.placedBar.push(bar);
    this.doneBar.push(-1);
    this.side.push(side === 'buy' ? 0 : 1);
    this.type.push(ORDER_TYPES.indexOf(type));
    this.state.push(ACCEPTED);
    this.quantity.push(quantity);
    this.limitPrice.push(limitPrice);
    this.stopPrice.push(stopPrice);
    this.fillPrice.push(Number.NaN);
    this.commission.push(0);
    this.tag.push(tag);
    return this.tag.length - 1;
  }

  fill(order: number, bar: number, quantity: number, price: number, commission: number): void {
    this.end(order, bar, 'Filled');
    this.quantity.set(order, quantity);
    this.fillPrice.set(order, price);
    this.commission.set(order, commission);
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
    };
  }

  /**
   * SHA-256 over the columns, one after the other: bars, side, type and state as little-endian 32-bit
   * whole numbers, prices, quantities and commissions as IEEE 754 doubles. Tags are names, not deeds,
   * and do not count.
   */
  hash(): string {
    const digest = sha256.create();
    for (const column of [this.placedBar, this.doneBar, this.side, this.type, this.state]) {
      digest.update(bytesOf(column.toArray()));
    }
    for (const column of [
      this.quantity,
      this.limitPrice,
      this.stopPrice,
      this.fillPrice,
      this.commission,
    ]) {
      digest.update(bytesOf(canonical(column.toArray())));
    }
    return bytesToHex(digest.digest());
  }
}

/** An indexed loop: an iterator per row would cost more than the run itself. */
function decode<Name>(codes: GrowableInts, names: readonly Name[]): Name[] {
  const decoded: Name[] = [];
  for (let i = 0; i < codes.length; i += 1) decoded.push(names[codes.get(i)] as Name);
  return decoded;
}

/** All NaNs have one form here, so that equal orders have equal bytes. */
function canonical(column: Float64Array): Float64Array {
  for (let i = 0; i < column.length; i += 1) {
    if (Number.isNaN(column[i])) column[i] = Number.NaN;
  }
  return column;
}

function bytesOf(column: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

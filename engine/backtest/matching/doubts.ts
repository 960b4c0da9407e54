import { GrowableFloats, GrowableInts } from '../growable.ts';
import {
  better,
  limitReached,
  priceInside,
  reachedAfter,
  stopReached,
  trailingLevel,
  worse,
  type Prices,
} from './prices.ts';
import type { WorkingOrder } from './working-order.ts';

/** Which trades a doubt is about, and what else could have happened to them. */
export const DOUBT_ROLES = [
  'exit', // the exit by this order could have been at the other price
  'entry', // the trades that this order opened could have ended at the other price
  'held', // trades held over the bar could have ended at the other price
  'other-side', // instead of this entry the other side could have been entered
] as const;
export type DoubtRole = (typeof DOUBT_ROLES)[number];

/** What a run could not know of the insides of its bars. */
export class DoubtLog {
  readonly role = new GrowableInts(4);
  readonly order = new GrowableInts(4);
  readonly bar = new GrowableInts(4);
  /** Where the trade could have ended, or the other side begun. */
  readonly price = new GrowableFloats(4);
  /** Close of the bar, at which the other side is marked. */
  readonly mark = new GrowableFloats(4);

  add(role: DoubtRole, order: number, bar: number, price: number, mark: number): void {
    this.role.push(DOUBT_ROLES.indexOf(role));
    this.order.push(order);
    this.bar.push(bar);
    this.price.push(price);
    this.mark.push(mark);
  }

  get count(): number {
    return this.role.length;
  }
}

/** An order that the range of the bar reaches, and at what price. */
interface Reached {
  readonly order: WorkingOrder;
  readonly price: number;
  /** The order that has to be filled first. */
  readonly parent: WorkingOrder | null;
  /** Whether every path that fills the parent reaches it after that. */
  readonly certain: boolean;
  /** A trailing stop that is reached only if the best price came first. */
  readonly raised: boolean;
}

/** Finds bars whose result depends on the path inside them. */
export class Doubts {
  private readonly log: DoubtLog;
  private reached: Reached[] = [];

  constructor(log: DoubtLog) {
    this.log = log;
  }

  /** Whether more than one thing could happen inside the bar; keeps what, for `note`. */
  look(orders: readonly WorkingOrder[], bar: number, prices: Prices, finerBar = -1): boolean {
    if (orders.length === 0) return false;
    if (orders.length === 1 && !(orders[0] as WorkingOrder).trails) return false;
    this.reached = [];
    let raised = false;
    for (const order of orders) {
      if (!order.working || order.waiting) continue;
      if (order.inside > bar && order.finer > finerBar) continue;
      const price = priceInside(order, prices.open, prices.high, prices.low);
      if (price !== undefined) {
        this.reached.push({ order, price, parent: null, certain: true, raised: false });
        this.lookAtChildren(orders, order, price, prices);
      } else if (raisedInDoubt(order, prices)) {
        raised = true;
        const level = trailingLevel(order, order.buys ? prices.low : prices.high);
        this.reached.push({ order, price: level, parent: null, certain: false, raised: true });
      }
    }
    return raised || this.reached.length > 1;
  }

  private lookAtChildren(
    orders: readonly WorkingOrder[],
    parent: WorkingOrder,
    entry: number,
    { open, high, low, close }: Prices,
  ): void {
    for (const order of orders) {
      if (order.parent !== parent.id || !order.waiting || !order.working) continue;
      let price = Number.NaN;
      if (order.stops) {
        const level = Number.isNaN(order.stopPrice) ? trailingLevel(order, entry) : order.stopPrice;
        if (order.buys ? high >= level : low <= level) price = worse(order, entry, level);
      } else if (order.type === 'limit' && limitReached(order, high, low)) {
        price = better(order, entry, order.limitPrice);
      }
      if (Number.isNaN(price)) continue;
      const certain = price === entry || reachedAfter(open, entry, price, close);
      this.reached.push({ order, price, parent, certain, raised: false });
    }
  }

  /** Writes down what else could have happened, once the bar has been matched. */
  note(bar: number, { open, close }: Prices): void {
    const was = (order: WorkingOrder): boolean => order.filledBar === bar;
    for (const one of this.reached) {
      const { order, price, parent } = one;
      if (was(order)) {
        // Taken as hit, though the price may have been there before the entry.
        if (parent !== null && !one.certain) this.log.add('exit', order.id, bar, close, close);
        continue;
      }
      if (one.raised) {
        if (order.working) this.log.add('held', order.buys ? 1 : 0, bar, price, close);
        continue;
      }
      if (parent !== null && was(parent)) {
        const sibling = this.reached.some(
          (other) => other.parent === parent && was(other.order) && other.order.buys === order.buys,
        );
        if (!sibling) this.log.add('entry', parent.id, bar, price, close);
      }
      for (const other of this.reached) {
        if (!was(other.order) || other === one) continue;
        const linked =
          (order.group !== 0 && order.group === other.order.group) ||
          (order.reduceOnly && other.order.reduceOnly);
        // On its way to this price the market passed the other one first: that is no matter of doubt.
        if (!linked || passes(open, price, other.price)) continue;
        const role = order.buys === other.order.buys ? 'exit' : 'other-side';
        this.log.add(role, other.order.id, bar, price, close);
      }
    }
  }
}

/** Whether the way from the open to a price leads through another one. */
function passes(open: number, price: number, other: number): boolean {
  return (other - open) * (price - open) > 0 && Math.abs(other - open) < Math.abs(price - open);
}

function raisedInDoubt(order: WorkingOrder, { high, low, close }: Prices): boolean {
  if (!order.trails || order.triggered || stopReached(order, high, low)) return false;
  const level = trailingLevel(order, order.buys ? low : high);
  const reached = order.buys ? high >= level : low <= level;
  const certain = order.buys ? close >= level : close <= level;
  return reached && !certain && (order.buys ? level < order.stopPrice : level > order.stopPrice);
}

import { priceInside, type Prices } from './prices.ts';
import type { WorkingOrder } from './working-order.ts';

/** An order that the range of a bar reaches, until its turn has come. */
interface Level {
  readonly order: WorkingOrder;
  readonly distance: number;
  /** 1 above the open, -1 below it, 0 at it. */
  readonly side: number;
}

/** Which orders take part in what is matched. */
export type TakesPart = (order: WorkingOrder) => boolean;

/**
 * The order in which a bar fills what its range reaches. Stops go before everything else, since the path
 * is not known and the worse one is taken; but on its way to a level the price passes every nearer one on
 * the same side of the open, whatever the path, so these go before it. Between the sides, and among
 * equals, the one that was given first.
 */
export class Sequence {
  private readonly levels: Level[] = [];
  private readonly takesPart: TakesPart;

  constructor(orders: readonly WorkingOrder[], { open, high, low }: Prices, takesPart: TakesPart) {
    this.takesPart = takesPart;
    for (const order of orders) {
      if (!takesPart(order)) continue;
      const price = priceInside(order, open, high, low);
      if (price === undefined) continue;
      this.levels.push({
        order,
        distance: Math.abs(price - open),
        side: Math.sign(price - open),
      });
    }
  }

  /**
   * Takes out the order whose turn it is, on the way to the next stop or, without `stops`, to the next
   * of the others; undefined when there is none. An order that has ended on the way has no turn.
   */
  next(stops: boolean): WorkingOrder | undefined {
    const { levels, takesPart } = this;
    const target = levels.find(({ order }) => order.stops === stops && takesPart(order));
    if (target === undefined) return undefined;
    let turn = target;
    for (const level of levels) {
      if (level.side !== target.side || level.distance >= target.distance) continue;
      const nearer =
        level.distance < turn.distance ||
        (level.distance === turn.distance && level.order.stops && !turn.order.stops);
      if (nearer && takesPart(level.order)) turn = level;
    }
    levels.splice(levels.indexOf(turn), 1);
    return turn.order;
  }
}

import type { OrderEvent, OrderRequest } from '../backtest/strategy.ts';
import type { OrderSide } from '../domain/order.ts';
import type { LiveLeg } from './portfolio-leg.ts';

/** A fill may exceed the money by this part of it: rounding only, as in a backtest. */
const ROUNDING = 1e-9;

/** An order towards a target that makes a position larger, and was not given yet. */
export interface Aim {
  readonly leg: LiveLeg;
  readonly side: OrderSide;
  readonly quantity: number;
  readonly tag: string;
  /** On which it was decided. */
  readonly moment: number;
}

/** An order of an aim that works; its money is spoken for. */
interface Working {
  readonly leg: LiveLeg;
  readonly buys: boolean;
  left: number;
}

/**
 * Orders towards targets that need money. One whose money is there is given at once; one that needs what
 * a sale of the run will bring waits until that is over, and is then made smaller where the money does not
 * suffice. So sells come before buys whatever the account would lend.
 */
export class PortfolioAims {
  readonly #legs: readonly LiveLeg[];
  readonly #cash: () => number;
  #waiting: Aim[] = [];
  readonly #working = new Map<string, Working>();

  constructor(legs: readonly LiveLeg[], cash: () => number) {
    this.#legs = legs;
    this.#cash = cash;
  }

  get waiting(): readonly Aim[] {
    return this.#waiting;
  }

  add(aim: Aim): void {
    this.#waiting.push(aim);
  }

  clear(): readonly Aim[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  /** The next order that can be given; undefined while all that are left have to wait. */
  next(): { readonly aim: Aim; readonly request: OrderRequest } | undefined {
    const [aim] = this.#waiting;
    if (aim === undefined) return undefined;
    const { leg, side, quantity, tag } = aim;
    const most = this.#most(leg, side === 'buy');
    const enough = quantity <= most * (1 + ROUNDING);
    if (!enough && this.#freeing()) return undefined;
    this.#waiting.shift();
    const units = enough ? quantity : leg.costs.lots(most);
    // With nothing to buy it is given as it was meant: the book says what it lacks.
    return { aim, request: { side, tag, quantity: units > 0 ? units : quantity } };
  }

  /** The order of an aim was taken. */
  given(leg: LiveLeg, order: number, { side, quantity }: OrderRequest): void {
    const left = quantity ?? 0;
    this.#working.set(keyOf(leg, order), { leg, buys: side === 'buy', left });
  }

  hear(leg: LiveLeg, { order, state, quantity }: OrderEvent): void {
    const key = keyOf(leg, order);
    const working = this.#working.get(key);
    if (working === undefined) return;
    if (state === 'PartiallyFilled') working.left -= quantity;
    else this.#working.delete(key);
  }

  /** Whether something at the market is on its way that makes a position smaller. */
  #freeing(): boolean {
    const exits = this.#legs.some(({ book }) =>
      book.wanted().some(({ exit, terms }) => exit && terms?.type === 'market'),
    );
    return exits || Array.from(this.#working.values(), moreUnits).some((more) => more < 0);
  }

  /** Units that can be bought, or sold short, at the last close: as a backtest's at a fill. */
  #most(leg: LiveLeg, buys: boolean): number {
    const { book, costs } = leg;
    const price = this.#price(leg, buys);
    const held = book.position;
    const against = held * (buys ? 1 : -1) < 0 ? Math.abs(held) : 0;
    let equity = this.#cash();
    let bound = 0;
    for (const other of this.#legs) {
      const mark = other === leg ? price : other.book.lastClose;
      const { position } = other.book;
      if (position === 0) continue;
      const worth = mark * other.multiplier;
      equity += position * worth;
      if (other !== leg || against === 0) bound += Math.abs(position) * worth * initialOf(other);
    }
    for (const working of this.#working.values()) {
      const { leg: other, buys: way } = working;
      const worth = this.#price(other, way) * other.multiplier;
      bound += Math.max(0, moreUnits(working)) * worth * initialOf(other);
    }
    const free = Math.max(0, equity - bound) / initialOf(leg);
    return against + Math.max(0, costs.affordable(free, price, rowOf(leg), !buys));
  }

  #price(leg: LiveLeg, buys: boolean): number {
    return leg.costs.slipped(leg.book.lastClose, buys, 0, rowOf(leg));
  }
}

/** By how many units more a position will have to be held. */
function moreUnits({ leg, buys, left }: Working): number {
  const { position } = leg.book;
  return Math.abs(position + (buys ? left : -left)) - Math.abs(position);
}

function initialOf({ settings }: LiveLeg): number {
  return settings.margin?.initial ?? 1;
}

function rowOf({ bars }: LiveLeg): number {
  return Math.max(0, bars.length - 1);
}

function keyOf({ row }: LiveLeg, order: number): string {
  return `${row}.${order}`;
}

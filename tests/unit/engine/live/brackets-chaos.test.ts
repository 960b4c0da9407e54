import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import type { StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { decimalOf } from '../../../../engine/domain/decimal.ts';
import { sentWith } from '../../../../engine/live/links.ts';
import type { LiveEvent, Wanted } from '../../../../engine/live/types.ts';
import { bookOf } from './scripted-book.ts';

/** An order at a venue that fills, refuses and cancels as chance has it, and tells it late. */
interface Placed {
  readonly wanted: Wanted;
  /** Units in all, as the run has asked for last. */
  units: number;
  filled: number;
  open: boolean;
  canceling: boolean;
  /** Exits of a bracket: they work once this has filled. */
  readonly entry: Placed | null;
}

class Chaos {
  readonly floor = bookOf({ cash: 1_000_000, short: true });
  readonly #random: Random;
  readonly #placed = new Map<string, Placed>();
  #price = 100;
  #trades = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  get #orders(): Placed[] {
    return [...this.#placed.values()];
  }

  #chance(part: number): boolean {
    return this.#random.uniform() < part;
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#random.uniform() * items.length)];
  }

  /** A close, on which the strategy does something of everything. */
  close(): void {
    this.#price = Math.max(20, this.#price + (this.#random.uniform() - 0.5) * 4);
    this.floor.close(this.#price, (context) => this.#decide(context));
    this.sync();
  }

  #decide(context: StrategyContext): void {
    const price = this.#price;
    const side = this.#chance(0.5) ? 'buy' : 'sell';
    const way = side === 'buy' ? 1 : -1;
    const quantity = 1 + Math.floor(this.#random.uniform() * 20);
    const what = Math.floor(this.#random.uniform() * 9);
    if (what === 0) context.cancelAll();
    else if (what === 1) context.exit('out');
    else if (what <= 4) {
      if (this.#chance(0.5)) context.cancelAll();
      const entry = this.#chance(0.5)
        ? ({ side, quantity } as const)
        : ({ side, quantity, type: 'limit', limitPrice: price - way } as const);
      context.bracket({
        entry,
        ...(this.#chance(0.8) ? { stopLoss: { stopPrice: price - 5 * way } } : {}),
        ...(this.#chance(0.8) ? { takeProfit: { limitPrice: price + 5 * way } } : {}),
      });
    } else if (what === 5) {
      const stop = { type: 'stop', quantity } as const;
      const first = context.order({ ...stop, side: 'buy', stopPrice: price + 2 });
      context.order({ ...stop, side: 'sell', stopPrice: price - 2, oco: first });
    } else {
      const ids = this.floor.book.orders().map(({ id }) => id);
      const id = this.#pick(ids);
      if (id === undefined) return;
      if (what === 6) context.cancel(id);
      else if (what === 7) context.amend(id, { quantity });
      else context.amend(id, { stopPrice: price - 4 * way, limitPrice: price + 4 * way });
    }
  }

  /** What the venue does of itself: a fill, a cancellation or a refusal. */
  happen(): void {
    const working = this.#orders.filter(
      ({ open, entry }) => open && (entry === null || entry.filled > 0),
    );
    const order = this.#pick(working);
    if (order === undefined) return;
    if (order.canceling && this.#chance(0.6)) this.#end(order, 'Canceled');
    else if (this.#chance(0.8)) this.fill(order, this.#chance(0.5));
    else if (order.filled === 0 && this.#chance(0.3)) this.#end(order, 'Rejected');
    else if (order.wanted.exit && this.#chance(0.2)) this.#end(order, 'Canceled');
    this.sync();
  }

  fill(order: Placed, whole: boolean): void {
    // Exits of a bracket are as large as what its entry has filled.
    const units =
      order.entry?.open === true ? Math.min(order.units, order.entry.filled) : order.units;
    const left = units - order.filled;
    if (!(left > 0)) return;
    const quantity = whole ? left : Math.ceil(left * this.#random.uniform());
    order.filled += quantity;
    const done = order.filled >= units;
    if (done) order.open = false;
    this.#trades += 1;
    const { slot, attempt } = order.wanted;
    this.#tell({
      kind: 'fill',
      slot,
      attempt,
      trade: `T${this.#trades}`,
      quantity: decimalOf(quantity),
      price: decimalOf(Math.round(this.#price * 100) / 100),
      commission: decimalOf(0),
      done,
    });
    if (done) this.#endExits(order);
  }

  #end(order: Placed, state: 'Canceled' | 'Rejected'): void {
    order.open = false;
    const { slot, attempt } = order.wanted;
    this.#tell({ kind: 'end', slot, attempt, state, reason: '' });
    this.#endExits(order);
  }

  /** An entry that has ended without a fill takes its exits with it. */
  #endExits(entry: Placed): void {
    if (entry.filled > 0) return;
    for (const exit of this.#orders) {
      if (exit.entry === entry && exit.open) this.#end(exit, 'Canceled');
    }
  }

  #tell(event: LiveEvent): void {
    this.floor.book.tell(event);
  }

  /** Asks of the venue what the run wants, until there is no more to ask. */
  sync(): void {
    for (let round = 0; round < 50; round += 1) if (!this.#once()) return;
    throw new Error('The orders do not come to rest.');
  }

  #once(): boolean {
    const all = this.floor.book.wanted();
    for (const wanted of all) {
      const found = this.#placed.get(keyOf(wanted));
      if (found === undefined) {
        if (wanted.terms === null && wanted.dropped) {
          this.floor.book.release(wanted.slot);
          return true;
        }
        continue;
      }
      if (!found.open || found.canceling) continue;
      if (wanted.terms === null) {
        found.canceling = true;
        const { slot, attempt } = wanted;
        this.#tell({ kind: 'replace', slot, attempt });
        return true;
      }
      const kept = wanted.entry !== null && found.entry !== null;
      if (!kept && wanted.terms.type !== 'market' && found.units !== wanted.terms.quantity) {
        found.units = Math.max(found.filled + 1, wanted.terms.quantity);
      }
    }
    for (const wanted of all) {
      if (this.#placed.has(keyOf(wanted)) || wanted.terms === null || wanted.waits) continue;
      if (this.#inTheWay(wanted, all)) continue;
      const entry = this.#place(wanted, null);
      const free = all.filter((each) => !this.#placed.has(keyOf(each)));
      for (const exit of sentWith(wanted, free)) this.#place(exit, entry);
      return true;
    }
    return false;
  }

  #inTheWay(each: Wanted, all: readonly Wanted[]): boolean {
    return all.some((other) => {
      const going = other.terms === null && other.side === each.side && other.slot !== each.slot;
      const hangs = other.waits && other.entry === each.slot;
      return (going || hangs) && this.#placed.get(keyOf(other))?.open === true;
    });
  }

  #place(wanted: Wanted, entry: Placed | null): Placed {
    const units = wanted.terms?.quantity ?? 0;
    const placed = { wanted, units, filled: 0, open: true, canceling: false, entry };
    this.#placed.set(keyOf(wanted), placed);
    return placed;
  }

  /** The run ends flat: what is being cancelled is, and what is at the market fills. */
  flatten(): void {
    this.#tell({ kind: 'close', flatten: true });
    for (let round = 0; round < 500; round += 1) {
      this.sync();
      const order = this.#orders.find(({ open, canceling }) => open && canceling);
      const market = this.#orders.find(
        ({ open, wanted }) => open && wanted.terms?.type === 'market',
      );
      if (order !== undefined) this.#end(order, 'Canceled');
      else if (market !== undefined) this.fill(market, true);
      else if (this.floor.book.wanted().length === 0) return;
      else this.close();
    }
    throw new Error(`It does not end: ${JSON.stringify(this.floor.book.wanted())}`);
  }

  /** Units of stops, and of targets, that the venue could fill against the position. */
  resting(kind: 'stop' | 'limit'): number {
    return this.floor.book
      .wanted()
      .filter(({ exit, terms, waits }) => exit && !waits && terms?.type === kind)
      .reduce((sum, { slot, attempt, terms }) => {
        const filled = this.#placed.get(`${slot}.${attempt}`)?.filled ?? 0;
        return sum + (terms?.quantity ?? 0) - filled;
      }, 0);
  }

  get sold(): number {
    return this.#orders.reduce(
      (sum, { wanted, filled }) => sum + (wanted.side === 'buy' ? filled : -filled),
      0,
    );
  }
}

function keyOf({ slot, attempt }: Wanted): string {
  return `${slot}.${attempt}`;
}

describe('orders that hang on others, at a venue that does what it likes', () => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed + 1))(
    'seed %i: the run counts every fill, asks for no more exits than it holds, and ends flat',
    (seed) => {
      const chaos = new Chaos(seed);
      for (let step = 0; step < 400; step += 1) {
        if (step % 4 === 0) chaos.close();
        else chaos.happen();
        const { position } = chaos.floor.book;
        expect(position).toBe(chaos.sold);
        expect(chaos.resting('stop')).toBeLessThanOrEqual(Math.abs(position));
        expect(chaos.resting('limit')).toBeLessThanOrEqual(Math.abs(position));
      }
      chaos.flatten();
      expect(chaos.floor.book.position).toBe(0);
      expect(chaos.sold).toBe(0);
    },
  );
});

import {
  add,
  compare,
  isPositive,
  subtract,
  ZERO,
  type Decimal,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import type { OrderSource } from '../../../engine/domain/live-order.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { Desk } from './desk.ts';
import { isHeld, type HeldStops } from './held-stops.ts';
import type { OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface ExitsOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  /** Keeps stops that the venue does not have. */
  readonly held: HeldStops;
  /** A protection that could not be kept: the position is bare. */
  readonly onUnprotected: (order: OrderRecord, why: string) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** An exit follows its entry also while nothing else is let through. */
const PROTECTION: OrderSource = { kind: 'protection', name: 'exits' };

/**
 * Keeps groups together that their venue does not hold: exits are sent once their entry has filled, with
 * what has filled, follow it as it fills further, and take each other away. All that it knows is in the
 * ledger, so that it goes on after a restart by looking again.
 */
export class Exits {
  readonly #options: ExitsOptions;
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();
  /** What was asked of the venue since all was looked at: a refusal is not answered by asking again at once. */
  readonly #asked = new Set<string>();

  constructor(options: ExitsOptions) {
    this.#options = options;
  }

  /** Something about an order of a group has changed. */
  look(order: OrderRecord): void {
    const { group } = order;
    if (group === null) return;
    const account = this.#options.venues.find(order.account);
    if (account === undefined || account.client.capabilities.groups.includes(group.kind)) return;
    if (this.#busy.has(group.id)) {
      this.#again.add(group.id);
      return;
    }
    void this.#settle(group.id);
  }

  /** Looks at every group that has an open order; at start and after a reconnection. */
  lookAtAll(): void {
    this.#asked.clear();
    for (const order of this.#options.log.ledger.open()) this.look(order);
    this.#options.held.recover();
  }

  async #settle(group: string): Promise<void> {
    this.#busy.add(group);
    try {
      do {
        this.#again.delete(group);
        await this.#once(group);
      } while (this.#again.has(group));
    } catch (error) {
      this.#options.onDefect(error, 'exits');
    } finally {
      this.#busy.delete(group);
    }
  }

  async #once(group: string): Promise<void> {
    const { log } = this.#options;
    const orders = log.ledger.group(group);
    const entry = orders.find(({ parent, group: of }) => parent === null && of?.role === 'entry');
    const exits = orders.filter((order) => order !== entry);
    if (entry !== undefined) {
      await this.#follow(entry, exits);
      // Exits of an entry that ended without a fill have nothing to protect.
      if (isClosed(entry) && !isPositive(entry.filledQuantity)) {
        await this.#cancelOpen(exits);
        return;
      }
      await this.#endEntry(entry, exits);
    }
    const kind = orders[0]?.group?.kind;
    if (kind === 'oco' || kind === 'bracket') await this.#takeAway(log.ledger.group(group), entry);
  }

  /** Sends exits for what has filled, and enlarges them as more fills. */
  async #follow(entry: OrderRecord, exits: readonly OrderRecord[]): Promise<void> {
    const { desk } = this.#options;
    const filled = entry.filledQuantity;
    if (!isPositive(filled)) return;
    const open = exits.filter((exit) => !isClosed(exit));
    const alreadyOut = exits.some(({ filledQuantity }) => isPositive(filledQuantity));
    const keptHere = open.filter((exit) => this.#isKept(exit));
    if (!alreadyOut) {
      await desk.release(
        open.filter((exit) => !keptHere.includes(exit)),
        filled,
      );
    }
    for (const stop of keptHere) this.#options.held.keep(stop, entry);
    for (const exit of open) {
      if (!exit.marks.submitted) continue;
      const others = exits.filter((other) => other !== exit);
      const gone = others.reduce(
        (sum, other) => (compare(other.filledQuantity, sum) > 0 ? other.filledQuantity : sum),
        ZERO as Quantity,
      );
      const wanted = subtract(filled, gone) as Quantity;
      if (exit.terms.quantity === wanted || !isPositive(wanted)) continue;
      if (compare(wanted, exit.filledQuantity) <= 0) continue;
      if (exit.pending !== null || exit.marks.canceling || exit.state === 'Submitted') continue;
      if (!this.#first(`${exit.clientOrderId}|${wanted}`)) continue;
      try {
        const { decision } = await desk.amend(exit.clientOrderId, { quantity: wanted }, PROTECTION);
        if (!decision.allowed)
          this.#options.onUnprotected(exit, decision.denials[0]?.message ?? '');
      } catch (error) {
        this.#options.onUnprotected(exit, error instanceof Error ? error.message : String(error));
      }
    }
    for (const exit of exits) {
      const failed = exit.state === 'Rejected' || exit.state === 'Denied';
      if (failed && exit.group?.role === 'stop-loss')
        this.#options.onUnprotected(exit, exit.reason);
    }
  }

  /** An exit that has filled ends the trade: what is left of the entry would fill with nothing behind it. */
  async #endEntry(entry: OrderRecord, exits: readonly OrderRecord[]): Promise<void> {
    const out = exits.reduce((sum: Decimal, { filledQuantity }) => add(sum, filledQuantity), ZERO);
    if (!isPositive(out)) return;
    await this.#cancelOpen([entry]);
    const bare = subtract(entry.filledQuantity, out);
    const over =
      exits.every(isClosed) && isClosed(this.#options.log.ledger.require(entry.clientOrderId));
    if (over && isPositive(bare) && this.#first(`${entry.clientOrderId}|bare|${bare}`))
      this.#options.onUnprotected(entry, `${bare} filled after its exits had ended`);
  }

  /** Of exits, or of two legs, one that is filled takes the others away. */
  async #takeAway(orders: readonly OrderRecord[], entry: OrderRecord | undefined): Promise<void> {
    const legs = orders.filter((order) => order !== entry);
    const needed = entry?.filledQuantity;
    const done = legs.find(({ state, filledQuantity, terms }) => {
      if (!isPositive(filledQuantity)) return false;
      if (state === 'Filled')
        return (
          needed === undefined ||
          isClosed(entry as OrderRecord) ||
          compare(filledQuantity, needed) >= 0
        );
      return needed === undefined && compare(filledQuantity, terms.quantity) >= 0;
    });
    // Two entries of an OCO pair: any fill ends the other, or both would be in the market.
    const touched =
      entry === undefined
        ? legs.find(({ filledQuantity }) => isPositive(filledQuantity))
        : undefined;
    const winner = done ?? touched;
    if (winner === undefined) return;
    await this.#cancelOpen(legs.filter((leg) => leg !== winner));
  }

  /** Whether an exit waits here for its price, because the venue does not have its type. */
  #isKept({ account, group, marks, terms }: OrderRecord): boolean {
    const client = this.#options.venues.find(account)?.client;
    if (client === undefined || group?.role !== 'stop-loss' || marks.submitted) return false;
    return isHeld(terms.type, client.capabilities);
  }

  #first(what: string): boolean {
    if (this.#asked.has(what)) return false;
    this.#asked.add(what);
    return true;
  }

  async #cancelOpen(orders: readonly OrderRecord[]): Promise<void> {
    for (const order of orders) {
      if (isClosed(order) || order.marks.canceling) continue;
      if (this.#first(`${order.clientOrderId}|cancel`))
        await this.#options.desk.cancel(order.clientOrderId);
    }
  }
}

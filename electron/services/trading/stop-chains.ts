import {
  absolute,
  isNegative,
  isPositive,
  isZero,
  least,
  subtract,
  ZERO,
  type Decimal,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import { clientOrderId, type ClientOrderId } from '../../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { MarketDataService } from '../market-data/types.ts';
import { tickAt } from './algorithm-records.ts';
import type { Desk } from './desk.ts';
import { isReady } from './doubts.ts';
import type { OrderLog } from './order-log.ts';
import { StopAlarms, type StopAlarmsOptions } from './stop-alarms.ts';
import { beyond } from './stop-prices.ts';
import type { Venues } from './venues.ts';

export interface StopChainsOptions extends StopAlarmsOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly market: Pick<MarketDataService, 'mark' | 'instrument'>;
  /** The kill switch has been used: nothing more is sent by itself. */
  readonly isKilled: () => boolean;
  /** Asks the venue how an order stands. */
  readonly ask: (id: ClientOrderId) => Promise<void>;
}

/** How far beyond the market the orders of a triggered stop may trade; null: at any price. */
const COLLARS = [0.005, 0.02, null] as const;
/** How far where the venue has no market orders. */
const WIDEST = 0.1;
/** Milliseconds that each of them has to fill. */
const PATIENCE = 2000;
/** A triggered stop that was interrupted for longer than this is for the user to look at. */
const INTERRUPTED = 60_000;

/** Orders that a triggered stop is sent as, one after the other. */
interface Chain {
  readonly stop: OrderRecord;
  since: number;
  /** The stage that `since` is about. */
  stage: number;
  alarm: string;
  busy: boolean;
}

/**
 * Closes positions whose stop was reached: by a limit order near the market, then by a wider one, then at the
 * market. Each is an order of its own that is named after the stop, so that none is sent twice, also after a
 * crash.
 */
export class StopChains {
  readonly #options: StopChainsOptions;
  readonly #alarms: StopAlarms;
  readonly #chains = new Map<ClientOrderId, Chain>();
  /** Stops that were left to the user. */
  readonly #told = new Set<ClientOrderId>();

  constructor(options: StopChainsOptions) {
    this.#options = options;
    this.#alarms = new StopAlarms(options);
  }

  get size(): number {
    return this.#chains.size;
  }

  has(id: ClientOrderId): boolean {
    return this.#chains.has(id);
  }

  /** Whether an order of a stop has been written down. */
  hasBegun(id: ClientOrderId): boolean {
    return this.#options.log.ledger.get(stageId(id, 1)) !== undefined;
  }

  /** Stops that had been reached when Renata ended. */
  interrupted(): readonly OrderRecord[] {
    const { ledger } = this.#options.log;
    const stops: OrderRecord[] = [];
    for (const { clientOrderId: id, tag, source } of ledger.all()) {
      if (source.kind !== 'protection' || !tag.startsWith(TAG) || !id.endsWith('-1')) continue;
      const stop = ledger.get(clientOrderId(tag.slice(TAG.length)));
      if (stop !== undefined && !this.#chains.has(stop.clientOrderId)) stops.push(stop);
    }
    return stops;
  }

  /** Goes on with a stop that had been reached. @returns whether there is something to go on with */
  resume(stop: OrderRecord): boolean {
    const { clock, isKilled, onUnprotected } = this.#options;
    const last = this.#last(stop.clientOrderId);
    if (last === undefined || isKilled()) return false;
    const left = isPositive(this.#left(stop.clientOrderId));
    if (isClosed(last.order) && !left) return false;
    const ago = clock.now() - last.order.changedAt;
    if (isClosed(last.order) && ago > INTERRUPTED) {
      const bare = isPositive(this.holding(stop)) && ago < MS_PER_DAY;
      if (bare && !this.#told.has(stop.clientOrderId))
        onUnprotected(last.order, 'Renata ended while it was being closed');
      this.#told.add(stop.clientOrderId);
      return false;
    }
    this.#chains.set(stop.clientOrderId, {
      stop,
      since: clock.elapsed(),
      stage: last.stage,
      alarm: '',
      busy: false,
    });
    return true;
  }

  /** Sends the first order of a stop that was reached, and looks after it from then on. */
  async begin(stop: OrderRecord, quantity: Quantity): Promise<void> {
    const { desk, clock } = this.#options;
    const { clientOrderId: id } = stop;
    const chain: Chain = { stop, since: clock.elapsed(), stage: 1, alarm: '', busy: true };
    this.#chains.set(id, chain);
    try {
      await this.#send(chain, 1, quantity);
      // It is what its orders are now.
      await desk.cancel(id);
    } catch (error) {
      if (!this.hasBegun(id)) this.#chains.delete(id);
      throw error;
    } finally {
      chain.busy = false;
    }
  }

  /** Looks after the orders of all stops that were reached. */
  look(): void {
    for (const chain of this.#chains.values()) {
      if (!chain.busy) this.#alarms.guard(chain, this.#escalate(chain));
    }
  }

  clear(): void {
    this.#chains.clear();
  }

  /** Units of the position that the side of a stop can close. */
  holding({ account, instrument, terms }: OrderRecord): Decimal {
    const held = this.#options.log.positions.get(account, instrument)?.quantity ?? ZERO;
    if (isZero(held) || isNegative(held) === (terms.side === 'sell')) return ZERO;
    return absolute(held);
  }

  async #escalate(chain: Chain): Promise<void> {
    const { desk, clock, venues } = this.#options;
    const id = chain.stop.clientOrderId;
    const last = this.#last(id);
    if (last === undefined) {
      this.#chains.delete(id);
      return;
    }
    if (last.stage !== chain.stage) {
      chain.stage = last.stage;
      chain.since = clock.elapsed();
    }
    const client = venues.find(chain.stop.account)?.client;
    if (client === undefined || !isReady(client)) {
      const name = client?.venue ?? chain.stop.account;
      this.#alarms.give(chain, last.order, `${name} is not connected`);
      return;
    }
    const { order, stage } = last;
    if (!isClosed(order)) {
      const over = clock.elapsed() - chain.since >= PATIENCE;
      // What became of an order that is unknown is being found out: nothing is sent in its place.
      const { accepted, submitted, canceling } = order.marks;
      const settled = (accepted || !submitted) && !canceling && order.state !== 'Unknown';
      if (!over || !settled || (stage === COLLARS.length && submitted)) return;
      chain.since = clock.elapsed();
      const after = await desk.cancel(order.clientOrderId);
      // A refused cancellation may mean that it has ended already, without our hearing of it.
      if (!isClosed(after) && !after.marks.canceling) await this.#options.ask(after.clientOrderId);
      return;
    }
    const left = least(this.#left(id), this.holding(chain.stop)) as Quantity;
    if (!isPositive(left)) {
      this.#chains.delete(id);
      return;
    }
    if (stage < COLLARS.length) {
      try {
        await this.#send(chain, stage + 1, left);
      } catch (error) {
        this.#alarms.failed(chain, order, error);
      }
      return;
    }
    this.#alarms.give(chain, order, order.reason === '' ? `${left} are not closed` : order.reason);
    this.#chains.delete(id);
  }

  async #send(chain: Chain, stage: number, quantity: Quantity): Promise<void> {
    const { desk, clock } = this.#options;
    const { stop } = chain;
    const { account, instrument, strategy } = stop;
    const terms = await this.#termsOf(stop, stage, quantity);
    const id = stageId(stop.clientOrderId, stage);
    chain.stage = stage;
    chain.since = clock.elapsed();
    await desk.place({
      requestId: id,
      hash: id,
      intents: [
        {
          clientOrderId: id,
          account,
          instrument,
          terms,
          source: { kind: 'protection', name: 'stop' },
          strategy,
          group: null,
          parent: null,
          decidedAt: clock.now(),
          decisionPrice: stop.terms.stopPrice ?? null,
          tag: `${TAG}${stop.clientOrderId}`,
        },
      ],
    });
  }

  async #termsOf(stop: OrderRecord, stage: number, quantity: Quantity): Promise<OrderTerms> {
    const { market, venues } = this.#options;
    const { account, instrument } = stop;
    const { timesInForce, orderTypes } = venues.account(account).client.capabilities;
    const { side } = stop.terms;
    const collar = COLLARS[stage - 1] ?? null;
    const mark = market.mark(instrument);
    const rules = await market.instrument(instrument);
    const far = side === 'sell' ? mark?.bid : mark?.ask;
    const near = [far, mark?.last].find((price) => Number.isFinite(price));
    const priced = orderTypes.includes('limit') && near !== undefined;
    const anyPrice = collar === null && orderTypes.includes('market');
    const common = { side, quantity, reduceOnly: true } as const;
    if (anyPrice || !priced) {
      return {
        ...common,
        type: 'market',
        timeInForce: timesInForce.includes('day') ? 'day' : 'gtc',
      };
    }
    return {
      ...common,
      type: 'limit',
      limitPrice: beyond(near, collar ?? WIDEST, side, (price) => tickAt(rules, price)),
      timeInForce: timesInForce.includes('gtc') ? 'gtc' : 'day',
    };
  }

  /** The newest order of a stop that was reached. */
  #last(id: ClientOrderId): { readonly order: OrderRecord; readonly stage: number } | undefined {
    const { ledger } = this.#options.log;
    for (let stage = COLLARS.length; stage >= 1; stage -= 1) {
      const order = ledger.get(stageId(id, stage));
      if (order !== undefined) return { order, stage };
    }
    return undefined;
  }

  /** Units that its orders have not closed. */
  #left(id: ClientOrderId): Decimal {
    const { ledger } = this.#options.log;
    const first = ledger.get(stageId(id, 1));
    let left: Decimal = first?.terms.quantity ?? ZERO;
    for (let stage = 1; stage <= COLLARS.length; stage += 1) {
      left = subtract(left, ledger.get(stageId(id, stage))?.filledQuantity ?? ZERO);
    }
    return left;
  }
}

const TAG = 'stop ';

const stageId = (id: ClientOrderId, stage: number): ClientOrderId =>
  clientOrderId(`${id}-${stage}`);

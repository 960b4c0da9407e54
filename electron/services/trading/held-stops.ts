import {
  add,
  decimalOf,
  isPositive,
  least,
  roundToStep,
  subtract,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import type { ClientOrderId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderType } from '../../../engine/domain/order.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { ExecutionCapabilities } from '../../../engine/ports/execution-client.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { MarketDataService, Watch } from '../market-data/types.ts';
import { tickAt } from './algorithm-records.ts';
import { isReady } from './doubts.ts';
import { StopAlarms } from './stop-alarms.ts';
import { StopChains, type StopChainsOptions } from './stop-chains.ts';
import { betterFor, stopLevel, tradingPrice, trails } from './stop-prices.ts';

export interface HeldStopsOptions extends StopChainsOptions {
  readonly market: Pick<
    MarketDataService,
    'mark' | 'watch' | 'listen' | 'instrument' | 'knownInstrument'
  >;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  /** A stop has been reached, and what becomes of it. */
  readonly onTriggered: (order: OrderRecord, text: string) => void;
}

/** Stops that are kept here where a venue does not have them. */
export const HELD_TYPES = ['stop', 'stop_limit', 'trailing_stop'] as const satisfies OrderType[];

/** Whether a stop of a type has to be kept here. */
export function isHeld(type: OrderType, { orderTypes }: ExecutionCapabilities): boolean {
  return (HELD_TYPES as readonly OrderType[]).includes(type) && !orderTypes.includes(type);
}

/** Milliseconds that other exits have to be gone before the stop is sent all the same. */
const ROOM = 2000;
const LOOK_EVERY = 250;
/** Prices of a market that trades are older than this: the stop is blind. */
const BLIND = 60_000;
interface Held {
  readonly id: ClientOrderId;
  readonly entry: ClientOrderId;
  /** Best price of a trailing stop since it is kept. */
  best: number;
  /** When its level was journaled last. */
  noted: number;
  triggered: number | null;
  /** What was told of it: an alarm is given once for each outage. */
  alarm: string;
  busy: boolean;
}

/**
 * Keeps protective stops for venues that do not have them. The market is watched here; when a stop is
 * reached, other exits are taken away and the position is closed, as `StopChains` does it. It works only
 * while Renata runs and is connected: otherwise it alarms.
 */
export class HeldStops {
  readonly #options: HeldStopsOptions;
  readonly #alarms: StopAlarms;
  readonly #chains: StopChains;
  readonly #held = new Map<ClientOrderId, Held>();
  readonly #watches = new Map<InstrumentId, Watch | null>();
  #endTimer: (() => void) | undefined;
  #endTicks: (() => void) | undefined;
  #closed = false;

  constructor(options: HeldStopsOptions) {
    this.#options = options;
    this.#alarms = new StopAlarms(options);
    this.#chains = new StopChains(options);
  }

  /** Keeps a stop of an entry that has filled. */
  keep(stop: OrderRecord, entry: OrderRecord): void {
    const { clientOrderId: id } = stop;
    if (this.#closed || this.#held.has(id) || this.#chains.has(id)) return;
    if (this.#chains.hasBegun(id)) {
      this.#resume(stop);
      return;
    }
    this.#held.set(id, {
      id,
      entry: entry.clientOrderId,
      best: Number.NaN,
      noted: 0,
      triggered: null,
      alarm: '',
      busy: false,
    });
    this.#begin(stop.instrument);
  }

  /** Goes on with stops that had been reached when Renata ended. */
  recover(): void {
    for (const stop of this.#chains.interrupted()) this.#resume(stop);
  }

  /** The kill switch: nothing that was reached is sent any more. */
  stopAll(): void {
    this.#chains.clear();
    this.#held.clear();
  }

  close(): void {
    this.#closed = true;
    this.#endTimer?.();
    this.#endTicks?.();
    for (const watch of this.#watches.values()) watch?.end();
  }

  #resume(stop: OrderRecord): void {
    if (this.#chains.resume(stop)) this.#begin(stop.instrument);
  }

  #begin(instrument: InstrumentId): void {
    const { market } = this.#options;
    this.#endTicks ??= market.listen((batch) => {
      const moved = new Set(batch.map((each) => each.instrument));
      for (const held of this.#held.values()) {
        const stop = this.#options.log.ledger.get(held.id);
        if (stop !== undefined && moved.has(stop.instrument)) this.#look(held);
      }
    });
    void this.#follow(instrument);
    this.#tick();
  }

  async #follow(instrument: InstrumentId): Promise<void> {
    if (this.#watches.has(instrument)) return;
    this.#watches.set(instrument, null);
    try {
      const watch = await this.#options.market.watch(instrument, ['quote', 'trade']);
      if (this.#closed) watch.end();
      else this.#watches.set(instrument, watch);
    } catch {
      // Asked again at the next look; without prices it alarms.
      this.#watches.delete(instrument);
    }
  }

  #tick(): void {
    if (this.#closed || this.#endTimer !== undefined) return;
    this.#endTimer = this.#options.clock.after(LOOK_EVERY, () => {
      this.#endTimer = undefined;
      for (const held of this.#held.values()) this.#look(held);
      this.#chains.look();
      if (this.#held.size + this.#chains.size > 0) this.#tick();
      else this.#rest();
    });
  }

  /** Nothing is kept any more. */
  #rest(): void {
    for (const watch of this.#watches.values()) watch?.end();
    this.#watches.clear();
    this.#endTicks?.();
    this.#endTicks = undefined;
  }

  /** Looks at the market of a stop. */
  #look(held: Held): void {
    const { log, clock } = this.#options;
    const stop = log.ledger.get(held.id);
    if (stop === undefined || isClosed(stop) || stop.marks.submitted) {
      this.#held.delete(held.id);
      return;
    }
    if (held.busy) return;
    const { mark, why } = this.#sees(stop);
    if (why !== '') this.#alarms.give(held, stop, why);
    else if (held.triggered === null) held.alarm = '';
    if (mark === null || why !== '') {
      void this.#follow(stop.instrument);
      return;
    }
    const price = tradingPrice(mark);
    const level = this.#level(stop, held, price);
    const reached = stop.terms.side === 'sell' ? price <= level : price >= level;
    if (held.triggered === null && !reached) return;
    held.triggered ??= clock.elapsed();
    this.#alarms.guard(held, this.#fire(stop, held, level));
  }

  /** What can be seen of the market, and why the stop could not do its work now. */
  #sees(stop: OrderRecord): { readonly mark: Mark | null; readonly why: string } {
    const { venues, market, session, clock } = this.#options;
    const client = venues.find(stop.account)?.client;
    if (client === undefined || !isReady(client)) {
      const name = client?.venue ?? stop.account;
      return { mark: null, why: `${name} is not connected, and Renata keeps the stop` };
    }
    const mark = market.mark(stop.instrument);
    const open = session(stop.instrument) === 'regular';
    const blind = mark === null || !Number.isFinite(tradingPrice(mark));
    if (open && (blind || clock.now() - mark.time > BLIND)) {
      return { mark: null, why: 'no prices of its market come, and Renata keeps the stop' };
    }
    return { mark: blind ? null : mark, why: '' };
  }

  /** The price at which it is reached; that of a trailing one follows the best price. */
  #level({ terms, clientOrderId: id, instrument }: OrderRecord, held: Held, price: number): number {
    if (!trails(terms)) return stopLevel(terms, price);
    held.best = Number.isNaN(held.best) ? price : betterFor(terms.side)(held.best, price);
    const level = stopLevel(terms, held.best);
    this.#noteLevel(id, instrument, held, level);
    return level;
  }

  /** Journals how far a trailing stop has come, so that a restart does not forget it. */
  #noteLevel(id: ClientOrderId, instrument: InstrumentId, held: Held, level: number): void {
    const { clock, log, market, onDefect } = this.#options;
    const rules = market.knownInstrument(instrument);
    if (rules === null || clock.elapsed() - held.noted < 1000) return;
    const exact = decimalOf(Number(level.toFixed(10)));
    const stopPrice = roundToStep(exact, tickAt(rules, exact), 'half-even') as Price;
    const { terms } = log.ledger.require(id);
    if (terms.stopPrice === stopPrice) return;
    held.noted = clock.elapsed();
    log
      .tell(id, [{ type: 'amended', terms: { ...terms, stopPrice }, venueOrderId: null }], 'local')
      .catch((error: unknown) => onDefect(error, 'held stop'));
  }

  /** Makes room for a stop that was reached, and sends the first of its orders. */
  async #fire(stop: OrderRecord, held: Held, level: number): Promise<void> {
    const { log, desk, clock } = this.#options;
    const { clientOrderId: id, group } = stop;
    const others = log.ledger
      .group(group?.id ?? '')
      .filter((order) => order.clientOrderId !== id && !isClosed(order));
    for (const order of others) {
      if (!order.marks.canceling) await desk.cancel(order.clientOrderId);
    }
    const gone = log.ledger
      .group(group?.id ?? '')
      .every((order) => order.clientOrderId === id || isClosed(order));
    // An exit on the other side of the market hardly fills now; the position must not wait for it for ever.
    if (!gone && clock.elapsed() - (held.triggered ?? 0) < ROOM) return;
    const entry = log.ledger.require(held.entry);
    const out = log.ledger
      .group(group?.id ?? '')
      .filter((order) => order !== entry)
      .reduce<Decimal>((sum, order) => add(sum, order.filledQuantity), ZERO);
    const wanted = least(subtract(entry.filledQuantity, out), this.#chains.holding(stop));
    this.#held.delete(id);
    if (!isPositive(wanted)) {
      await desk.cancel(id);
      return;
    }
    const at = Number(level.toFixed(8));
    const text = `${stop.terms.side} ${wanted} ${stop.instrument}: its stop at ${at} was reached.`;
    this.#options.onTriggered(stop, text);
    if (stop.terms.type === 'stop_limit') {
      await this.#sendLimit(stop, wanted as Quantity);
      return;
    }
    try {
      await this.#chains.begin(stop, wanted as Quantity);
    } catch (error) {
      if (this.#chains.hasBegun(id)) throw error;
      // Nothing has left: it is tried again at the next look.
      this.#held.set(id, held);
      this.#alarms.failed(held, stop, error);
    }
  }

  /** A stop with a limit of the user's own is sent as that, and stays so. */
  async #sendLimit(stop: OrderRecord, quantity: Quantity): Promise<void> {
    const { log, desk } = this.#options;
    const { stopPrice: _reached, ...rest } = stop.terms;
    const terms: OrderTerms = { ...rest, type: 'limit' };
    await log.tell(stop.clientOrderId, [{ type: 'amended', terms, venueOrderId: null }], 'local');
    await desk.release([log.ledger.require(stop.clientOrderId)], quantity);
  }
}

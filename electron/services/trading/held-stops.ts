import {
  absolute,
  add,
  compare,
  decimalOf,
  isNegative,
  isPositive,
  isZero,
  least,
  multiply,
  roundToStep,
  subtract,
  toNumber,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import {
  clientOrderId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../../engine/domain/live-order.ts';
import type { OrderType } from '../../../engine/domain/order.ts';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionCapabilities } from '../../../engine/ports/execution-client.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { MarketDataService, Watch } from '../market-data/types.ts';
import { tickAt } from './algorithm-records.ts';
import type { Desk } from './desk.ts';
import { isReady } from './doubts.ts';
import type { OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface HeldStopsOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly market: Pick<
    MarketDataService,
    'mark' | 'watch' | 'listen' | 'instrument' | 'knownInstrument'
  >;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  /** The kill switch has been used: nothing more is sent by itself. */
  readonly isKilled: () => boolean;
  /** Asks the venue how an order stands. */
  readonly ask: (id: ClientOrderId) => Promise<void>;
  /** A protection that does not stand now. */
  readonly onUnprotected: (order: OrderRecord, why: string) => void;
  /** A stop has been reached, and what becomes of it. */
  readonly onTriggered: (order: OrderRecord, text: string) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Stops that are kept here where a venue does not have them. */
export const HELD_TYPES = ['stop', 'stop_limit', 'trailing_stop'] as const satisfies OrderType[];

/** Whether a stop of a type has to be kept here. */
export function isHeld(type: OrderType, { orderTypes }: ExecutionCapabilities): boolean {
  return (HELD_TYPES as readonly OrderType[]).includes(type) && !orderTypes.includes(type);
}

/** How far beyond the market the orders of a triggered stop may trade; null: at any price. */
const COLLARS = [0.005, 0.02, null] as const;
/** How far where the venue has no market orders. */
const WIDEST = 0.1;
/** Milliseconds that each of them has to fill. */
const PATIENCE = 2000;
/** Milliseconds that other exits have to be gone before the stop is sent all the same. */
const ROOM = 2000;
const LOOK_EVERY = 250;
/** Prices of a market that trades are older than this: the stop is blind. */
const BLIND = 60_000;
/** A triggered stop that was interrupted for longer than this is for the user to look at. */
const INTERRUPTED = 60_000;

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
 * Keeps protective stops for venues that do not have them. The market is watched here; when a stop is
 * reached, other exits are taken away and the position is closed by a limit order near the market, then by a
 * wider one, then at the market. Each is an order of its own that is named after the stop, so that none is
 * sent twice, also after a crash. It works only while Renata runs and is connected: otherwise it alarms.
 */
export class HeldStops {
  readonly #options: HeldStopsOptions;
  readonly #held = new Map<ClientOrderId, Held>();
  readonly #chains = new Map<ClientOrderId, Chain>();
  readonly #watches = new Map<InstrumentId, Watch | null>();
  /** Stops that were left to the user. */
  readonly #told = new Set<ClientOrderId>();
  #endTimer: (() => void) | undefined;
  #endTicks: (() => void) | undefined;
  #closed = false;

  constructor(options: HeldStopsOptions) {
    this.#options = options;
  }

  /** Keeps a stop of an entry that has filled. */
  keep(stop: OrderRecord, entry: OrderRecord): void {
    const { clientOrderId: id } = stop;
    if (this.#closed || this.#held.has(id) || this.#chains.has(id)) return;
    if (this.#options.log.ledger.get(stageId(id, 1)) !== undefined) {
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
    const { ledger } = this.#options.log;
    for (const order of ledger.all()) {
      const { clientOrderId: id, tag, source } = order;
      if (source.kind !== 'protection' || !tag.startsWith(TAG) || !id.endsWith('-1')) continue;
      const stop = ledger.get(clientOrderId(tag.slice(TAG.length)));
      if (stop !== undefined && !this.#chains.has(stop.clientOrderId)) this.#resume(stop);
    }
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
    const { clock, isKilled } = this.#options;
    const last = this.#last(stop.clientOrderId);
    if (last === undefined || isKilled()) return;
    const left = isPositive(this.#left(stop.clientOrderId));
    if (isClosed(last.order) && !left) return;
    const ago = clock.now() - last.order.changedAt;
    if (isClosed(last.order) && ago > INTERRUPTED) {
      const bare = isPositive(this.#holding(stop)) && ago < MS_PER_DAY;
      if (bare && !this.#told.has(stop.clientOrderId))
        this.#options.onUnprotected(last.order, 'Renata ended while it was being closed');
      this.#told.add(stop.clientOrderId);
      return;
    }
    this.#chains.set(stop.clientOrderId, {
      stop,
      since: clock.elapsed(),
      stage: last.stage,
      alarm: '',
      busy: false,
    });
    this.#begin(stop.instrument);
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
      for (const chain of this.#chains.values()) this.#go(chain);
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
    if (why !== '') this.#alarm(held, stop, why);
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
    this.#guard(held, this.#fire(stop, held, level));
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
    const { side, stopPrice, trailAmount, trailPercent } = terms;
    const fixed = stopPrice === undefined ? Number.NaN : toNumber(stopPrice);
    if (trailAmount === undefined && trailPercent === undefined) return fixed;
    const sells = side === 'sell';
    const better = sells ? Math.max : Math.min;
    held.best = Number.isNaN(held.best) ? price : better(held.best, price);
    const distance =
      trailAmount === undefined
        ? (held.best * toNumber(trailPercent as Decimal)) / 100
        : toNumber(trailAmount);
    const own = sells ? held.best - distance : held.best + distance;
    const level = Number.isNaN(fixed) ? own : better(fixed, own);
    this.#noteLevel(id, instrument, held, level, fixed);
    return level;
  }

  /** Journals how far a trailing stop has come, so that a restart does not forget it. */
  #noteLevel(
    id: ClientOrderId,
    instrument: InstrumentId,
    held: Held,
    level: number,
    known: number,
  ): void {
    const { clock, log, market, onDefect } = this.#options;
    const rules = market.knownInstrument(instrument);
    if (rules === null || clock.elapsed() - held.noted < 1000) return;
    const exact = decimalOf(Number(level.toFixed(10)));
    const stopPrice = roundToStep(exact, tickAt(rules, exact), 'half-even') as Price;
    if (toNumber(stopPrice) === known) return;
    held.noted = clock.elapsed();
    const { terms } = log.ledger.require(id);
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
    const wanted = least(subtract(entry.filledQuantity, out), this.#holding(stop));
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
    const chain: Chain = { stop, since: clock.elapsed(), stage: 1, alarm: '', busy: true };
    this.#chains.set(id, chain);
    try {
      await this.#send(chain, 1, wanted as Quantity);
      // It is what its orders are now.
      await desk.cancel(id);
    } catch (error) {
      if (log.ledger.get(stageId(id, 1)) !== undefined) throw error;
      // Nothing has left: it is tried again at the next look.
      this.#chains.delete(id);
      this.#held.set(id, held);
      this.#failed(held, stop, error);
    } finally {
      chain.busy = false;
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

  /** Looks after the orders of a stop that was reached. */
  #go(chain: Chain): void {
    if (chain.busy) return;
    this.#guard(chain, this.#escalate(chain));
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
      this.#alarm(chain, last.order, `${client?.venue ?? chain.stop.account} is not connected`);
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
    const left = least(this.#left(id), this.#holding(chain.stop)) as Quantity;
    if (!isPositive(left)) {
      this.#chains.delete(id);
      return;
    }
    if (stage < COLLARS.length) {
      try {
        await this.#send(chain, stage + 1, left);
      } catch (error) {
        this.#failed(chain, order, error);
      }
      return;
    }
    this.#alarm(chain, order, order.reason === '' ? `${left} are not closed` : order.reason);
    this.#chains.delete(id);
  }

  async #send(chain: Chain, stage: number, quantity: Quantity): Promise<void> {
    const { desk, market, clock, venues } = this.#options;
    const { stop } = chain;
    const { account, instrument, strategy } = stop;
    const { capabilities } = venues.account(account).client;
    const { timesInForce, orderTypes } = capabilities;
    const { side, stopPrice } = stop.terms;
    const collar = COLLARS[stage - 1] ?? null;
    const mark = market.mark(instrument);
    const rules = await market.instrument(instrument);
    const far = side === 'sell' ? mark?.bid : mark?.ask;
    const near = [far, mark?.last].find((price) => Number.isFinite(price));
    const priced = orderTypes.includes('limit') && near !== undefined;
    const anyPrice = collar === null && orderTypes.includes('market');
    const common = { side, quantity, reduceOnly: true } as const;
    const terms: OrderTerms =
      anyPrice || !priced
        ? { ...common, type: 'market', timeInForce: timesInForce.includes('day') ? 'day' : 'gtc' }
        : {
            ...common,
            type: 'limit',
            limitPrice: beyond(near, collar ?? WIDEST, side, (price) => tickAt(rules, price)),
            timeInForce: timesInForce.includes('gtc') ? 'gtc' : 'day',
          };
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
          decisionPrice: stopPrice ?? null,
          tag: `${TAG}${stop.clientOrderId}`,
        },
      ],
    });
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

  /** Units of the position that its side can close. */
  #holding({ account, instrument, terms }: OrderRecord): Decimal {
    const held = this.#options.log.positions.get(account, instrument)?.quantity ?? ZERO;
    if (isZero(held) || isNegative(held) === (terms.side === 'sell')) return ZERO;
    return absolute(held);
  }

  /** Gives an alarm, once for each reason. */
  #alarm(of: { alarm: string }, order: OrderRecord, why: string): void {
    if (of.alarm === why) return;
    of.alarm = why;
    this.#options.onUnprotected(order, why);
  }

  #failed(of: { alarm: string }, order: OrderRecord, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (of.alarm !== why) this.#options.onDefect(error, 'held stop');
    this.#alarm(of, order, why);
  }

  #guard(of: { busy: boolean }, work: Promise<void>): void {
    of.busy = true;
    void work
      .catch((error: unknown) => this.#options.onDefect(error, 'held stop'))
      .finally(() => {
        of.busy = false;
      });
  }
}

const TAG = 'stop ';

const stageId = (id: ClientOrderId, stage: number): ClientOrderId =>
  clientOrderId(`${id}-${stage}`);

/** The last trade, as far as the quotes of now do not belie it. */
function tradingPrice({ bid, ask, last }: Mark): number {
  if (!Number.isFinite(bid) || !Number.isFinite(ask)) return last;
  if (!Number.isFinite(last)) return (bid + ask) / 2;
  return Math.min(Math.max(last, bid), ask);
}

/** A price so far on the bad side of another, on a tick. */
function beyond(
  price: number,
  part: number,
  side: 'buy' | 'sell',
  tickOf: (price: Decimal) => Price,
): Price {
  const from = decimalOf(Number(price.toFixed(10)));
  const off = multiply(absolute(from), decimalOf(part));
  const exact = side === 'sell' ? subtract(from, off) : add(from, off);
  const tick = tickOf(exact);
  const near = roundToStep(exact, tick, 'half-even');
  const inside = side === 'sell' ? compare(near, exact) > 0 : compare(near, exact) < 0;
  if (!inside) return near as Price;
  return (side === 'sell' ? subtract(near, tick) : add(near, tick)) as Price;
}

import { toNumber } from '../../../engine/domain/decimal.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Fill } from '../../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import type { OrderType } from '../../../engine/domain/order.ts';
import {
  fitSlippage,
  type SlippageFit,
  type SlippageSample,
} from '../../../engine/execution/fit-slippage.ts';
import { FIGURES_WINDOW, type MarketFigures } from '../../../engine/execution/market-figures.ts';
import { qualityOf, type ExecutedOrder } from '../../../engine/execution/quality.ts';
import { isClosed, type OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { JournalDraft, JournalEntry } from '../../../engine/ports/journal.ts';
import type { MarketDataService, Watch } from '../market-data/types.ts';
import type { AlgorithmStanding } from './algorithm-records.ts';
import { entry, type OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface ExecutionQualityOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly market: Pick<MarketDataService, 'mark' | 'knownInstrument' | 'watch' | 'listen'>;
  readonly clock: Clock;
  readonly algorithms: () => readonly AlgorithmStanding[];
  /** Volatility and volume of an instrument's days; null where no source has them. */
  readonly figures: (id: InstrumentId) => Promise<MarketFigures | null>;
  /** A time on the clock of the instrument's market. */
  readonly clockOf: (id: InstrumentId, time: number) => number;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** What is noted of the market while an order goes; null: not known. One entry of the journal each. */
type Note =
  | {
      readonly what: 'arrival';
      readonly time: number;
      readonly mid: number | null;
      readonly venue: string;
      readonly currency: string;
      readonly multiplier: number;
    }
  | { readonly what: 'fill'; readonly trade: string; readonly mid: number | null }
  | {
      readonly what: 'end';
      readonly time: number;
      readonly price: number | null;
      readonly vwap: number | null;
    }
  | ({ readonly what: 'market' } & MarketFigures);

type NoteOf<What extends Note['what']> = Extract<Note, { readonly what: What }>;

/** What is known of an order or algorithm besides its own facts. */
interface Kept {
  arrival: NoteOf<'arrival'> | null;
  readonly mids: Map<string, number | null>;
  end: NoteOf<'end'> | null;
  figures: MarketFigures | null;
}

/** Trades of the market while something works. */
interface Tape {
  value: number;
  volume: number;
}

/** Orders that work from a moment on which the market decides, not at once. */
const TRIGGERED: ReadonlySet<OrderType> = new Set<OrderType>([
  'stop',
  'stop_limit',
  'trailing_stop',
  'trailing_stop_limit',
  'market_if_touched',
  'limit_if_touched',
]);
/** Orders that take what there is: those which slippage in a backtest is for. */
const TAKING: ReadonlySet<OrderType> = new Set<OrderType>([
  'market',
  'stop',
  'trailing_stop',
  'market_if_touched',
]);
/** Notes wait so long for others before they are journaled, so that no order waits for them. */
const GATHER = 100;
/** A fill that is told later than this was not seen in its market. */
const FRESH = 10_000;

/**
 * Notes what the market was when orders arrived, filled and ended, so that they can be measured. The notes
 * are journaled; what was not seen, because Renata did not run or no prices came, stays unknown.
 */
export class ExecutionQuality {
  readonly #options: ExecutionQualityOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #tapes = new Map<InstrumentId, Map<string, Tape>>();
  readonly #watches = new Map<InstrumentId, Watch>();
  #drafts: JournalDraft[] = [];
  #cancelFlush: (() => void) | undefined;
  #endTicks: (() => void) | undefined;
  #closed = false;

  constructor(options: ExecutionQualityOptions, entries: readonly JournalEntry[]) {
    this.#options = options;
    for (const { kind, subject, body } of entries) {
      if (kind === 'quality') this.#apply(subject, JSON.parse(body) as Note);
    }
  }

  /** Something about an order has changed. */
  look(order: OrderRecord): void {
    const { clientOrderId: id, marks, terms, source } = order;
    if (source.kind === 'external' || this.#closed) return;
    const triggers = TRIGGERED.has(terms.type);
    const works = marks.submitted && (!triggers || marks.triggered || order.fills.length > 0);
    if (works) this.#arrived(id, order);
    if (isClosed(order)) this.#ended(id, order.instrument);
  }

  /** A fill was booked; heard before the order is looked at. */
  fill(fill: Fill, order: OrderRecord): void {
    const { clientOrderId: id, source, marks } = order;
    if (source.kind === 'external' || this.#closed) return;
    if (marks.submitted) this.#arrived(id, order);
    const late = Math.abs(this.#options.clock.now() - fill.venueTime) > FRESH;
    const mid = late ? null : this.#mid(fill.instrument);
    this.#note(id, { what: 'fill', trade: fill.tradeId, mid });
  }

  /** Something about an algorithm has changed. */
  algorithm(standing: AlgorithmStanding): void {
    const { id, report, denied } = standing;
    if (denied || this.#closed) return;
    if (report.status === 'working') this.#arrived(id, standing);
    if (report.status === 'done') this.#ended(id, standing.instrument);
  }

  /**
   * What has ended, as it can be measured: orders as they were sent, or decisions, of which an algorithm is
   * one with the fills of all its children.
   */
  executed(of: 'orders' | 'decisions'): readonly ExecutedOrder[] {
    const found: ExecutedOrder[] = [];
    const children = new Map<string, OrderRecord[]>();
    for (const order of this.#options.log.ledger.all()) {
      const child = order.source.kind === 'algorithm';
      if (child) children.set(order.tag, [...(children.get(order.tag) ?? []), order]);
      if (child && of === 'decisions') continue;
      const executed = this.#executedOrder(order);
      if (executed !== null) found.push(executed);
    }
    if (of === 'orders') return found;
    for (const standing of this.#options.algorithms()) {
      const executed = this.#executedAlgorithm(standing, children.get(standing.id) ?? []);
      if (executed !== null) found.push(executed);
    }
    return found;
  }

  /** The account of something that was executed. */
  accountOf(id: string): AccountId | undefined {
    const order = this.#options.log.ledger.get(id as OrderRecord['clientOrderId']);
    return order?.account ?? this.#options.algorithms().find((each) => each.id === id)?.account;
  }

  /** Models of slippage fitted to the orders that took what there was. */
  fit(): SlippageFit & { readonly leftOut: number } {
    const samples: SlippageSample[] = [];
    let leftOut = 0;
    for (const order of this.#options.log.ledger.all()) {
      if (!TAKING.has(order.terms.type) || order.fills.length === 0) continue;
      const executed = this.#executedOrder(order);
      const figures = this.#kept.get(order.clientOrderId)?.figures;
      const quality = executed === null ? null : qualityOf(executed);
      const cost = (quality?.slippage.arrival.bps ?? Number.NaN) / 10_000;
      if (quality === null || figures === undefined || figures === null || !Number.isFinite(cost)) {
        leftOut += 1;
        continue;
      }
      const { volatility, volume } = figures;
      samples.push({ cost, volatility, share: quality.filled / volume });
    }
    return { ...fitSlippage(samples, FIGURES_WINDOW), leftOut };
  }

  /** Writes what was noted. */
  async flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const drafts = this.#drafts;
    this.#drafts = [];
    const { log } = this.#options;
    if (drafts.length > 0 && !log.failed) await log.write(drafts);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#endTicks?.();
    for (const watch of this.#watches.values()) watch.end();
    this.#watches.clear();
    await this.flush().catch(() => undefined);
  }

  #executedOrder(order: OrderRecord): ExecutedOrder | null {
    const { clientOrderId: id, state, terms, source } = order;
    if (!isClosed(order) || state === 'Denied' || state === 'Rejected') return null;
    // A stop is decided on at its price, long before.
    const decided = TRIGGERED.has(terms.type) ? terms.stopPrice : undefined;
    return this.#executed({
      id,
      instrument: order.instrument,
      algorithm: source.kind === 'algorithm' ? source.name : '',
      side: terms.side,
      quantity: terms.quantity,
      decisionPrice: decided ?? order.decisionPrice,
      orders: [order],
    });
  }

  #executedAlgorithm(
    { id, order, report, denied, decisionPrice, instrument }: AlgorithmStanding,
    orders: readonly OrderRecord[],
  ): ExecutedOrder | null {
    if (denied || report.status !== 'done') return null;
    const { side, quantity, method } = order;
    return this.#executed({
      id,
      instrument,
      algorithm: method.kind,
      side,
      quantity,
      decisionPrice,
      orders,
    });
  }

  #executed(what: {
    readonly id: string;
    readonly instrument: InstrumentId;
    readonly algorithm: string;
    readonly side: ExecutedOrder['side'];
    readonly quantity: string;
    readonly decisionPrice: string | null;
    readonly orders: readonly OrderRecord[];
  }): ExecutedOrder | null {
    const { id, instrument, algorithm, side, quantity, decisionPrice, orders } = what;
    const kept = this.#kept.get(id);
    if (kept?.arrival === undefined || kept.arrival === null) return null;
    const { arrival, end } = kept;
    return {
      id,
      venue: arrival.venue,
      algorithm,
      currency: arrival.currency,
      multiplier: arrival.multiplier,
      side,
      quantity: Number(quantity),
      fills: orders.flatMap(({ clientOrderId, fills }) =>
        fills.map((fill) => ({
          time: fill.venueTime,
          price: toNumber(fill.price),
          quantity: toNumber(fill.quantity),
          commission: commissionOf(fill, arrival.currency),
          mid: known(this.#kept.get(clientOrderId)?.mids.get(fill.tradeId)),
        })),
      ),
      decisionPrice: decisionPrice === null ? Number.NaN : Number(decisionPrice),
      arrivalPrice: known(arrival.mid),
      intervalVwap: known(end?.vwap),
      endPrice: known(end?.price),
      arrivedAt: this.#options.clockOf(instrument, arrival.time),
    };
  }

  #arrived(
    id: string,
    { account, instrument }: { readonly account: AccountId; readonly instrument: InstrumentId },
  ): void {
    const kept = this.#keptOf(id);
    if (kept.arrival !== null || kept.end !== null) return;
    const { market, venues, clock } = this.#options;
    const rules = market.knownInstrument(instrument);
    this.#note(id, {
      what: 'arrival',
      time: clock.now(),
      mid: this.#mid(instrument),
      venue: venues.find(account)?.client.venue ?? '',
      currency: rules?.currency ?? '',
      multiplier: rules === null ? 1 : toNumber(rules.multiplier),
    });
    const tapes = this.#tapes.get(instrument) ?? new Map<string, Tape>();
    this.#tapes.set(instrument, tapes);
    tapes.set(id, { value: 0, volume: 0 });
    void this.#follow(instrument);
    void this.#measure(id, instrument);
  }

  #ended(id: string, instrument: InstrumentId): void {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.arrival === null || kept.end !== null) return;
    const { market, clock } = this.#options;
    const tapes = this.#tapes.get(instrument);
    const tape = tapes?.get(id);
    const last = market.mark(instrument)?.last ?? Number.NaN;
    this.#note(id, {
      what: 'end',
      time: clock.now(),
      price: this.#mid(instrument) ?? (Number.isFinite(last) ? last : null),
      vwap: tape === undefined || !(tape.volume > 0) ? null : tape.value / tape.volume,
    });
    tapes?.delete(id);
    if (tapes?.size !== 0) return;
    this.#tapes.delete(instrument);
    this.#watches.get(instrument)?.end();
    this.#watches.delete(instrument);
  }

  /** Hears the trades of an instrument while something works in it. */
  async #follow(instrument: InstrumentId): Promise<void> {
    const { market } = this.#options;
    this.#endTicks ??= market.listen((batch) => this.#hear(batch));
    if (this.#watches.has(instrument)) return;
    try {
      const watch = await market.watch(instrument, ['quote', 'trade']);
      const wanted = !this.#closed && this.#tapes.has(instrument) && !this.#watches.has(instrument);
      if (wanted) this.#watches.set(instrument, watch);
      else watch.end();
    } catch {
      // Nobody streams it: there is no interval to measure against.
    }
  }

  #hear(batch: readonly MarketDatum[]): void {
    for (const each of batch) {
      if (each.kind !== 'trade' || !each.regular || !(each.size > 0)) continue;
      for (const tape of this.#tapes.get(each.instrument)?.values() ?? []) {
        tape.value += each.price * each.size;
        tape.volume += each.size;
      }
    }
  }

  async #measure(id: string, instrument: InstrumentId): Promise<void> {
    const figures = await this.#options.figures(instrument).catch(() => null);
    if (figures !== null && !this.#closed) this.#note(id, { what: 'market', ...figures });
  }

  #mid(instrument: InstrumentId): number | null {
    const mark = this.#options.market.mark(instrument);
    if (mark === null || !(mark.ask >= mark.bid)) return null;
    const mid = (mark.bid + mark.ask) / 2;
    return Number.isFinite(mid) ? Number(mid.toPrecision(15)) : null;
  }

  #note(id: string, note: Note): void {
    this.#apply(id, note);
    this.#drafts.push(entry('quality', id, note));
    this.#cancelFlush ??= this.#options.clock.after(GATHER, () => {
      this.#cancelFlush = undefined;
      this.flush().catch((error: unknown) => this.#options.onDefect(error, 'execution quality'));
    });
  }

  #apply(id: string, note: Note): void {
    const kept = this.#keptOf(id);
    switch (note.what) {
      case 'arrival':
        kept.arrival ??= note;
        break;
      case 'fill':
        if (!kept.mids.has(note.trade)) kept.mids.set(note.trade, note.mid);
        break;
      case 'end':
        kept.end ??= note;
        break;
      case 'market':
        kept.figures ??= { volatility: note.volatility, volume: note.volume };
    }
  }

  #keptOf(id: string): Kept {
    const found = this.#kept.get(id);
    if (found !== undefined) return found;
    const kept: Kept = { arrival: null, mids: new Map(), end: null, figures: null };
    this.#kept.set(id, kept);
    return kept;
  }
}

const known = (value: number | null | undefined): number => value ?? Number.NaN;

/** In the currency of the price; what was not told yet counts as nothing, another currency as not known. */
function commissionOf({ commission, commissionCurrency }: Fill, currency: string): number {
  if (commission === null || commission === '0') return 0;
  return commissionCurrency === currency ? toNumber(commission) : Number.NaN;
}

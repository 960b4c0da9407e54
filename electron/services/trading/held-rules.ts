import { toNumber } from '../../../engine/domain/decimal.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import { markPrice } from '../../../engine/risk/valuation.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { MarketDataService } from '../market-data/types.ts';
import { valuedAtLastNotice, type Notice } from './notices.ts';
import { entry, type OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface HeldRulesOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly market: Pick<MarketDataService, 'instrument' | 'knownInstrument' | 'mark'>;
  readonly clock: Clock;
  readonly onNotice: (notice: Notice) => void;
}

/** What was known last of an instrument that is held. */
interface LastKnown {
  readonly rules: TradableInstrument;
  readonly price: number | null;
  readonly time: UnixMillis;
}

/** How far a price moves until it is noted again. */
const STEP = 0.01;
const SUBJECT = 'held:';

/**
 * Rules and prices of instruments that are held or ordered, from their venue where no source of data has
 * them. What was known last is remembered, also over a restart: a source that does not know an instrument
 * any more must not hold up orders in all others.
 */
export class HeldRules {
  readonly #options: HeldRulesOptions;
  readonly #own = new Map<InstrumentId, TradableInstrument>();
  readonly #last = new Map<InstrumentId, LastKnown>();
  /** Prices as they were noted in the journal. */
  readonly #noted = new Map<InstrumentId, number | null>();
  readonly #told = new Set<InstrumentId>();

  /** @param entries those of the journal that the order log did not know */
  constructor(options: HeldRulesOptions, entries: readonly JournalEntry[]) {
    this.#options = options;
    for (const { kind, subject, body } of entries) {
      if (kind !== 'state' || !subject.startsWith(SUBJECT)) continue;
      const id = subject.slice(SUBJECT.length) as InstrumentId;
      const last = JSON.parse(body) as LastKnown;
      this.#last.set(id, last);
      this.#noted.set(id, last.price);
    }
  }

  /** Those of now, else those that were known last; null for an instrument that was never looked up. */
  of(id: InstrumentId): TradableInstrument | null {
    return this.#now(id) ?? this.#last.get(id)?.rules ?? null;
  }

  /** Price of now, else the last one that was known, with its time: for the value of what is held. */
  mark(id: InstrumentId): Mark | null {
    const { market, log } = this.#options;
    const mark = market.mark(id);
    if (markPrice(mark) !== null) return mark;
    const last = this.#last.get(id);
    if (last !== undefined && last.price !== null) return lastMark(last.price, last.time);
    // Nobody has ever told a price: what was paid is the best that is known.
    for (const { instrument, averagePrice, changedAt } of log.positions.list()) {
      if (instrument === id && averagePrice !== null)
        return lastMark(toNumber(averagePrice), changedAt);
    }
    return mark;
  }

  /** Looks the rules of an instrument up, with the account's own venue where no source of data has them. */
  async prepare(account: AccountId, instrument: InstrumentId): Promise<void> {
    const { market, venues } = this.#options;
    if (market.knownInstrument(instrument) !== null) return;
    try {
      await market.instrument(instrument);
    } catch {
      const client = venues.find(account)?.client;
      const rules = await client?.instrument(instrument).catch(() => null);
      if (rules !== undefined && rules !== null) this.#own.set(instrument, rules);
      else this.#own.delete(instrument);
    }
  }

  /** The same for what an account holds; remembers it, and says what is valued by what was known last. */
  async look(account: AccountId): Promise<void> {
    const { log, market, clock, onNotice } = this.#options;
    for (const { instrument: id } of log.positions.list(account)) {
      await this.prepare(account, id);
      const rules = this.#now(id);
      const price = markPrice(market.mark(id));
      if (rules !== null) {
        this.#told.delete(id);
        const known = price === null ? (this.#last.get(id)?.price ?? null) : toNumber(price);
        await this.#remember(id, { rules, price: known, time: clock.now() });
      } else if (!this.#told.has(id)) {
        this.#told.add(id);
        onNotice(valuedAtLastNotice(account, id, this.mark(id)));
      }
    }
  }

  #now(id: InstrumentId): TradableInstrument | null {
    return this.#options.market.knownInstrument(id) ?? this.#own.get(id) ?? null;
  }

  async #remember(id: InstrumentId, known: LastKnown): Promise<void> {
    this.#last.set(id, known);
    const { price } = known;
    const noted = this.#noted.get(id);
    const near =
      noted === price ||
      (typeof noted === 'number' && price !== null && Math.abs(price / noted - 1) < STEP);
    if (near) return;
    this.#noted.set(id, price);
    await this.#options.log.write([entry('state', `${SUBJECT}${id}`, known)]);
  }
}

const lastMark = (price: number, time: UnixMillis): Mark => ({
  bid: Number.NaN,
  ask: Number.NaN,
  last: price,
  time,
});

import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import { MS_PER_DAY, MS_PER_SECOND, unixMillis } from '../../../engine/domain/time.ts';
import type { FillReport } from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';

/** The market that never closes, and counts its days in UTC. */
const ALWAYS_OPEN = 'crypto';
const ZONES: Readonly<Record<string, string>> = { 'us-equity': 'America/New_York' };

/** Days as the markets count them in which the paper account trades. */
export class MarketDays {
  readonly #zones = new Map<InstrumentId, string | undefined>();
  /** Something that is not traded around the clock was traded once. */
  #usual = false;
  #always = false;

  /** An order was given; its instrument is unknown where no source has ever told it. */
  traded(instrument: Pick<TradableInstrument, 'id' | 'calendar'> | undefined): void {
    if (instrument?.calendar === ALWAYS_OPEN) this.#always = true;
    else this.#usual = true;
    if (instrument !== undefined) this.#zones.set(instrument.id, ZONES[instrument.calendar]);
  }

  /** Day of a market at an instant, as milliseconds of its date: orders for the day end with it. */
  of(id: InstrumentId, time: number): number {
    const zone = this.#zones.get(id);
    if (zone !== undefined) return timeZone(zone).wallDay(time);
    return Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
  }

  /**
   * Zone of the account's days: UTC as long as nothing was traded but what never closes. Undefined, as other
   * accounts have it, where something else ever was: no day begins anew because of what is held.
   */
  readonly zone = (): string | undefined => (this.#always && !this.#usual ? 'UTC' : undefined);
}

/** Time of the prices of a fill, where it is another one than that of the clock: a replay, or delayed prices. */
export function elsewhere(market: number, now: number): Pick<FillReport, 'marketTime'> {
  const apart = Math.abs(market - now) >= MS_PER_SECOND;
  return apart ? { marketTime: unixMillis(Math.floor(market)) } : {};
}

import type { AccountId } from '../../../engine/domain/identifiers.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { Venues } from './venues.ts';

/** Accounts of American brokers and most paper accounts begin their day at midnight in New York. */
const USUAL_ZONE = 'America/New_York';

/** Days of accounts as their venues count them: losses of a day belong to one of these. */
export class AccountDays {
  readonly #venues: () => Pick<Venues, 'find'>;
  /** Zones stay known while a venue is not connected, so that no day begins anew because of that. */
  readonly #zones = new Map<AccountId, string>();
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  /** @param venues asked for when a day is wanted */
  constructor(venues: () => Pick<Venues, 'find'>) {
    this.#venues = venues;
  }

  /** Day of an account, `YYYY-MM-DD` in the zone of its venue. */
  readonly of = (account: AccountId, now: UnixMillis): string => {
    const known = this.#venues().find(account);
    if (known !== undefined) {
      const { dayZone } = known;
      const zone = typeof dayZone === 'function' ? dayZone() : dayZone;
      this.#zones.set(account, zone ?? USUAL_ZONE);
    }
    return this.#format(this.#zones.get(account) ?? USUAL_ZONE).format(new Date(now));
  };

  #format(zone: string): Intl.DateTimeFormat {
    const made = this.#formats.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone });
    this.#formats.set(zone, made);
    return made;
  }
}

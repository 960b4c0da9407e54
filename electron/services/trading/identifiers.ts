import { randomFillSync } from 'node:crypto';
import { clientOrderId, type ClientOrderId } from '../../../engine/domain/identifiers.ts';

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Chance for the next identifiers: asking the system for each one would take longer than the risk gate. */
const POOL = new Uint8Array(4096);
let used = POOL.length;

/**
 * A new identifier: 10 characters of time and 16 of chance (a ULID), 27 with the letter in front. Short
 * and plain enough for every venue, sorted by time, and never the same twice.
 */
export function newId(letter: string, now: number): string {
  let time = '';
  for (let rest = Math.floor(now), i = 0; i < 10; i += 1) {
    time = (ALPHABET[rest % 32] as string) + time;
    rest = Math.floor(rest / 32);
  }
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  let chance = '';
  for (const end = used + 16; used < end; used += 1)
    chance += ALPHABET[(POOL[used] as number) % 32] as string;
  return letter + time + chance;
}

export const newClientOrderId = (now: number): ClientOrderId => clientOrderId(newId('R', now));

import { afterAll, expect } from 'vitest';
import { compare, ZERO } from '../../engine/domain/decimal.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { TradableInstrument } from '../../engine/ports/instruments.ts';
import { VenueError, type VenueFailure } from '../../engine/ports/venue-error.ts';

/** Numbers of checks that have no meaning for a venue, and why. */
export type Without = Readonly<Record<string, string>>;

/** Tells which checks a venue goes without; a number that no check has, or one without its reason, fails. */
export function leavingOut(without: Without): (number: string) => boolean {
  const known = new Set<string>();
  afterAll(() => {
    for (const [number, reason] of Object.entries(without)) {
      expect(known, 'numbers of checks').toContain(number);
      expect(reason, number).not.toBe('');
    }
  });
  return (number) => {
    known.add(number);
    return without[number] !== undefined;
  };
}

/** The VenueError that work fails with. */
export async function failureOf(work: Promise<unknown>): Promise<VenueError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof VenueError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

export interface Refusal {
  readonly how: VenueFailure;
  readonly definite: boolean;
  readonly sentence: string;
}

/** As `failureOf`; bad input, which is refused on this side, counts as not sent. */
export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    if (error instanceof VenueError)
      return { how: error.failure, definite: error.definite, sentence: error.message };
    if (error instanceof RenataError && error.code === 'BAD_INPUT')
      return { how: 'not-sent', definite: true, sentence: error.message };
    throw error;
  }
  throw new Error('It was not refused.');
}

/** Waits until one of what was told fits. */
export async function until<Told>(
  told: readonly Told[],
  fits: (each: Told) => boolean,
): Promise<void> {
  await expect.poll(() => told.some(fits)).toBe(true);
}

/** Rules that an order can be held against. */
export function checkRules(rules: TradableInstrument): void {
  expect(rules.symbol).not.toBe('');
  expect(rules.currency).toMatch(/^[A-Z0-9]{2,8}$/);
  expect(rules.ticks.length).toBeGreaterThan(0);
  expect(rules.ticks[0]?.from).toBe('0');
  for (const { tickSize } of rules.ticks) expect(compare(tickSize, ZERO)).toBeGreaterThan(0);
  expect(compare(rules.lotSize, ZERO)).toBeGreaterThan(0);
  expect(compare(rules.minQuantity, ZERO)).toBeGreaterThan(0);
  expect(compare(rules.multiplier, ZERO)).toBeGreaterThan(0);
}

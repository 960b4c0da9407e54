import type { Brand } from './brand.ts';
import { RenataError } from './errors.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from './time.ts';

/** Bar length as traders write it: `1s 1m 5m 15m 1h 4h 1d 1w 1M`, canonical (no `60m`, `24h`, `7d`). */
export type Timeframe = Brand<string, 'Timeframe'>;

const UNIT_MS: Readonly<Record<string, number>> = {
  s: MS_PER_SECOND,
  m: MS_PER_MINUTE,
  h: MS_PER_HOUR,
  d: MS_PER_DAY,
  w: 7 * MS_PER_DAY,
};

const CARRY: readonly (readonly [unit: string, count: number, next: string])[] = [
  ['s', 60, 'm'],
  ['m', 60, 'h'],
  ['h', 24, 'd'],
  ['d', 7, 'w'],
];

/**
 * Parses and canonicalises a timeframe (`60m` becomes `1h`; `D` and `W` alone mean `1d`, `1w`).
 * @throws RenataError BAD_INPUT when the text is no timeframe.
 */
export function timeframe(text: string): Timeframe {
  const match = /^(\d{0,5})(s|m|h|d|w|M|H|D|W)$/.exec(text.trim());
  const count = match === null ? 0 : Number(match[1] === '' ? '1' : match[1]);
  if (match === null || count < 1) {
    throw new RenataError(
      'BAD_INPUT',
      `timeframe: "${text}" is not a bar length; use for example 1m, 5m, 15m, 1h, 4h, 1d, 1w or 1M.`,
      { details: { parameter: 'timeframe' } },
    );
  }
  let n = count;
  let unit = match[2] === 'M' ? 'M' : (match[2] ?? '').toLowerCase();
  for (const [from, size, next] of CARRY) {
    if (unit === from && n % size === 0) {
      n /= size;
      unit = next;
    }
  }
  return `${n}${unit}` as Timeframe;
}

/** Nominal length in milliseconds; a month counts as 30 days. */
export function timeframeMillis(value: Timeframe): number {
  const count = Number(value.slice(0, -1));
  const unit = value.slice(-1);
  return unit === 'M' ? count * 30 * MS_PER_DAY : count * (UNIT_MS[unit] ?? 0);
}

/** True for bars of a day or longer, whose time is a session date and not a clock time. */
export function isDailyOrLonger(value: Timeframe): boolean {
  return timeframeMillis(value) >= MS_PER_DAY;
}

/** The canonical timeframe of a spacing in milliseconds, or `undefined` where none fits exactly. */
export function timeframeOfMillis(spacing: number): Timeframe | undefined {
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    const size = UNIT_MS[unit] ?? 0;
    if (spacing >= size && spacing % size === 0) return timeframe(`${spacing / size}${unit}`);
  }
  return undefined;
}

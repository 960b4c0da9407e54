import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../domain/time.ts';
import { lowerBound } from '../series/columns.ts';

/** A mark of an axis: the value that it stands for and its label. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** From values to the distance along an axis. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly kind: 'linear' | 'log';
  at(value: number): number;
}

/** Maps `low` to `from` and `high` to `to`. @param kind a log scale needs `low` above 0 */
export function scaleOf(
  low: number,
  high: number,
  from: number,
  to: number,
  kind: 'linear' | 'log' = 'linear',
): Scale {
  const place = kind === 'log' ? Math.log : (value: number): number => value;
  const base = place(low);
  const span = place(high) - base;
  const at = (value: number): number =>
    span === 0 ? (from + to) / 2 : from + ((place(value) - base) / span) * (to - from);
  return { low, high, kind, at };
}

/**
 * Step of round numbers (1, 2 or 5 times a power of ten) that cuts a span into about `count` parts, never
 * more than 1.6 times as many.
 */
export function niceStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  if (part < Math.SQRT2) return power;
  if (part < Math.sqrt(10)) return 2 * power;
  return part < Math.sqrt(50) ? 5 * power : 10 * power;
}

/** Round values from `low` to `high`, both inclusive, about `count` of them. */
export function niceTicks(low: number, high: number, count: number): number[] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [];
  if (!(high > low)) return [low];
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Whole multiples divided by a power of ten have no tail such as 0.30000000000000004.
  const fine = step < 1 ? Math.round(1 / step) : 0;
  const exact = fine > 0 && Math.abs(fine * step - 1) < 1e-9;
  return Array.from({ length: last - first + 1 }, (_, i) =>
    exact ? (first + i) / fine : Number(((first + i) * step).toPrecision(12)),
  );
}

/** Values 1, 2 and 5 times powers of ten; powers alone where those would be more than `count`. */
export function logTicks(low: number, high: number, count: number): number[] {
  for (const factors of [[1, 2, 5], [1, 5], [1]]) {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
      for (const factor of factors) {
        const value = Number(`${factor}e${power}`);
        if (value >= low && value <= high) ticks.push(value);
      }
    }
    if (ticks.length <= count * 1.5 || factors.length === 1) {
      return ticks.length >= 2 ? ticks : niceTicks(low, high, count);
    }
  }
  return [];
}

/** Decimals that tell neighbouring ticks apart. */
export function tickDigits(ticks: readonly number[]): number {
  let digits = 0;
  for (const tick of ticks) {
    while (digits < 8 && Math.abs(Number(tick.toFixed(digits)) - tick) > 1e-9) digits += 1;
  }
  return digits;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

interface Unit {
  /** About how long, ms. */
  readonly length: number;
  first(time: number): number;
  next(time: number): number;
  label(time: number): string;
}

function months(count: number): Unit {
  const begin = (year: number, month: number): number => Date.UTC(year, month, 1);
  return {
    length: count * 30 * MS_PER_DAY,
    first: (time) => {
      const date = new Date(time);
      const total = date.getUTCFullYear() * 12 + date.getUTCMonth();
      const floor = Math.floor(total / count) * count;
      const at = begin(Math.floor(floor / 12), floor % 12);
      return at === time ? at : begin(Math.floor((floor + count) / 12), (floor + count) % 12);
    },
    next: (time) => {
      const date = new Date(time);
      return begin(date.getUTCFullYear(), date.getUTCMonth() + count);
    },
    label: (time) => {
      const date = new Date(time);
      const month = date.getUTCMonth();
      const year = String(date.getUTCFullYear());
      return count % 12 === 0 || month === 0 ? year : (MONTHS[month] as string);
    },
  };
}

function spans(length: number): Unit {
  return {
    length,
    first: (time) => Math.ceil(time / length) * length,
    next: (time) => time + length,
    label: (time) => {
      const date = new Date(time);
      if (time % MS_PER_DAY === 0) {
        return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] as string}`;
      }
      return date.toISOString().slice(11, 16);
    },
  };
}

const UNITS: readonly Unit[] = [
  ...[1, 5, 15, 30].map((count) => spans(count * MS_PER_MINUTE)),
  ...[1, 3, 6, 12].map((count) => spans(count * MS_PER_HOUR)),
  ...[1, 2, 7].map((count) => spans(count * MS_PER_DAY)),
  ...[1, 3, 6, 12, 24, 60, 120, 240].map(months),
];

/**
 * Marks of a time axis on which bars stand side by side: the first bar at or after each begin of a round
 * unit of time (UTC), at most `count`. A mark's value is the bar's index.
 */
export function timeTicks(time: Float64Array, count: number): Tick[] {
  const first = time[0];
  const last = time.at(-1);
  if (first === undefined || last === undefined) return [];
  if (first === last) return [{ value: 0, label: new Date(first).toISOString().slice(0, 10) }];
  for (const unit of UNITS) {
    if ((last - first) / unit.length > count * 4) continue;
    const ticks: Tick[] = [];
    let before = -1;
    for (let at = unit.first(first); at <= last; at = unit.next(at)) {
      const value = lowerBound(time, at);
      // A day without bars has no mark of its own.
      if (value === before || value >= time.length) continue;
      ticks.push({ value, label: unit.label(at) });
      before = value;
    }
    if (ticks.length <= count) return ticks;
  }
  return [];
}

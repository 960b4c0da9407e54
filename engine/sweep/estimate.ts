import { rowBytes } from './table.ts';
import type { SweepRunner } from './run.ts';

/** How long and how large a sweep will be. */
export interface SweepEstimate {
  /** Combinations that pass the constraints and will be run. */
  readonly combinations: number;
  /** Whether they were counted; a large space is judged by a part of it. */
  readonly exact: boolean;
  /** Bytes of all results. */
  readonly bytes: number;
  /** Of everything: the combinations and what is looked at when they are done. */
  readonly seconds: number;
  /** The part of it that comes after the last combination. */
  readonly reviewSeconds: number;
  /** Of one run event by event. */
  readonly runSeconds: number;
  /** The same in words, with the reason where the event-driven engine is needed. */
  readonly text: string;
}

/**
 * Nanoseconds for a bar of a combination before any was measured, on one core of the year 2023: many pairs of
 * averages together; one combination alone; with books kept bar by bar; event by event. Code in the sandbox
 * is slower than all of them.
 */
export const NANOSECONDS = {
  together: 2.5,
  alone: 30,
  replayed: 20,
  events: 500,
  code: 12_000,
} as const;

/** Combinations that are run again to compare them, at most, and bars of runs that this may take. */
const MOST_COMPARED = 64;
const MOST_BARS = 20_000_000;
const LEAST_COMPARED = 8;
/** Neighbours that a plateau is looked for among, at most. */
const MOST_NEIGHBOURS = 4_000_000;
/** Seconds to compare the returns of those combinations, and to look at one neighbour. */
const COMPARING = 0.08;
const NEIGHBOUR = 0.5e-6;

/** Combinations of a finished sweep that are run again to compare them: none where their bars are too many. */
export function comparedOf(bars: number): number {
  const most = Math.min(MOST_COMPARED, Math.floor(MOST_BARS / bars));
  return most < LEAST_COMPARED ? 0 : most;
}

/** Whether a plateau is looked for in so many results of so many parameters. */
export function looksForPlateau(rows: number, dimensions: number): boolean {
  return rows * 3 ** dimensions <= MOST_NEIGHBOURS;
}

/**
 * Says how long and how large a sweep will be, before it starts.
 * @param options.most combinations that a random or adaptive search runs at most
 * @param options.nanoseconds measured time for a bar of a combination, once some are done
 * @param options.code whether combinations are code of others
 */
export function estimateSweep(
  runner: Pick<SweepRunner, 'space' | 'reason' | 'barCount' | 'path'>,
  options: {
    readonly threads: number;
    readonly most?: number;
    readonly nanoseconds?: number | undefined;
    readonly code?: boolean;
  },
): SweepEstimate {
  const { space, reason, barCount } = runner;
  const { valid, exact } = space.count();
  const combinations = Math.min(valid, options.most ?? Infinity);
  const usual =
    options.code === true ? NANOSECONDS.code : NANOSECONDS[pathOf(runner, combinations)];
  const each = options.nanoseconds ?? usual;
  // What follows the combinations is run event by event, whatever was quicker for them.
  const run = runner.path === 'events' ? each : NANOSECONDS.events;
  const runSeconds = (barCount * run) / 1e9;
  const reviewSeconds = reviewOf(combinations, barCount, space.dimensions.length, runSeconds);
  const swept = (combinations * barCount * each) / 1e9 / Math.max(1, options.threads);
  const seconds = swept + reviewSeconds;
  const bytes = combinations * rowBytes(space.dimensions.length);
  const about = exact ? '' : 'about ';
  const why = reason === undefined ? '' : ` ${reason}`;
  const text =
    `${about}${combinations.toLocaleString('en-US')} combinations of ${barCount.toLocaleString('en-US')} bars: ` +
    `about ${durationText(seconds)} on ${options.threads} ${options.threads === 1 ? 'thread' : 'threads'}, ` +
    `${bytesText(bytes)} of results.${why}`;
  return { combinations, exact, bytes, seconds, reviewSeconds, runSeconds, text };
}

/** Few pairs of averages are looked at one by one. */
function pathOf(
  { path, space }: Pick<SweepRunner, 'space' | 'path'>,
  combinations: number,
): SweepRunner['path'] {
  if (path !== 'together') return path;
  const periods = new Set<number>();
  for (const dimension of space.dimensions) {
    for (let k = 0; k < dimension.count; k += 1) periods.add(dimension.code(k));
  }
  return combinations < worthTogether(periods.size) ? 'alone' : path;
}

/** Pairs of so many averages that it is quicker to follow together: measured. */
export function worthTogether(periods: number): number {
  return (periods * periods) / 16 + periods;
}

/** Seconds after the last combination: runs that are compared, and the look for a plateau. */
function reviewOf(rows: number, bars: number, dimensions: number, runSeconds: number): number {
  const compared = Math.min(rows, comparedOf(bars));
  const comparing = compared < LEAST_COMPARED ? 0 : COMPARING;
  const neighbours = looksForPlateau(rows, dimensions) ? rows * 3 ** dimensions : 0;
  return (1 + compared) * runSeconds + comparing + neighbours * NEIGHBOUR;
}

/** `a second`, `14 seconds`, `3.2 hours` */
export function durationText(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [365.25 * 86_400, 'years'],
    [86_400, 'days'],
    [3_600, 'hours'],
    [60, 'minutes'],
  ];
  for (const [length, name] of units) {
    if (seconds >= 2 * length) return `${rounded(seconds / length)} ${name}`;
  }
  return seconds < 1 ? 'a second' : `${rounded(seconds)} seconds`;
}

function bytesText(bytes: number): string {
  const units: readonly (readonly [number, string])[] = [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ];
  for (const [size, name] of units) {
    if (bytes >= size) return `${rounded(bytes / size)} ${name}`;
  }
  return `${bytes} bytes`;
}

function rounded(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

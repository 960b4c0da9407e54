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
  readonly seconds: number;
  /** The same in words, with the reason where the event-driven engine is needed. */
  readonly text: string;
}

/**
 * Nanoseconds for a bar of a combination, on one core of the year 2023: many pairs of averages together;
 * one combination alone; with books kept bar by bar; event by event.
 */
const NANOSECONDS = { together: 1, alone: 15, replayed: 15, events: 250 } as const;

/**
 * Says how long and how large a sweep will be, before it starts.
 * @param options.most combinations that a random or adaptive search runs at most
 * @param options.nanoseconds measured time for a bar of a combination, once some are done
 */
export function estimateSweep(
  runner: Pick<SweepRunner, 'space' | 'reason' | 'barCount' | 'path'>,
  options: {
    readonly threads: number;
    readonly most?: number;
    readonly nanoseconds?: number;
  },
): SweepEstimate {
  const { space, reason, barCount } = runner;
  const { valid, exact } = space.count();
  const combinations = Math.min(valid, options.most ?? Infinity);
  const each = options.nanoseconds ?? NANOSECONDS[runner.path];
  const seconds = (combinations * barCount * each) / 1e9 / Math.max(1, options.threads);
  const bytes = combinations * rowBytes(space.dimensions.length);
  const about = exact ? '' : 'about ';
  const why = reason === undefined ? '' : ` ${reason}`;
  const text =
    `${about}${combinations.toLocaleString('en-US')} combinations of ${barCount.toLocaleString('en-US')} bars: ` +
    `about ${durationText(seconds)} on ${options.threads} ${options.threads === 1 ? 'thread' : 'threads'}, ` +
    `${bytesText(bytes)} of results.${why}`;
  return { combinations, exact, bytes, seconds, text };
}

function durationText(seconds: number): string {
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

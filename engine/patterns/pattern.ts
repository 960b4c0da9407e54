/** Price-structure patterns that are found, each with its geometry beside the finder. */
export const PATTERN_KINDS = [
  'double-top',
  'double-bottom',
  'triple-top',
  'triple-bottom',
  'head-and-shoulders',
  'inverse-head-and-shoulders',
  'ascending-triangle',
  'descending-triangle',
  'symmetrical-triangle',
  'rising-wedge',
  'falling-wedge',
  'rectangle',
  'ascending-channel',
  'descending-channel',
  'bull-flag',
  'bear-flag',
  'cup-and-handle',
  'gartley',
  'bat',
  'butterfly',
  'crab',
  'ab-cd',
  'support',
  'resistance',
  'rising-trend-line',
  'falling-trend-line',
  'gap-up',
  'gap-down',
  'inside-bar',
  'outside-bar',
  'regular-divergence',
  'hidden-divergence',
] as const;
export type PatternKind = (typeof PATTERN_KINDS)[number];

export type Direction = 'bullish' | 'bearish' | 'neutral';

/** A corner of a pattern: bar number, price and what it is (`head`, `neckline`, `X`, …). */
export interface PatternPoint {
  readonly bar: number;
  readonly price: number;
  readonly role: string;
}

/** A pattern that has been confirmed. Nothing about it was known before `confirmedAt`. */
export interface PatternMatch {
  readonly kind: PatternKind;
  readonly direction: Direction;
  /** In order of time. */
  readonly points: readonly PatternPoint[];
  /** Bar on whose close the pattern is known. */
  readonly confirmedAt: number;
  /** 0 to 1: how near the geometry is to the ideal one. */
  readonly confidence: number;
  /** Price that the pattern projects, where its definition has one. */
  readonly target: number | null;
  /** Price beyond which the pattern has failed. */
  readonly invalidation: number | null;
}

/** A pattern whose shape stands and that waits for a close beyond its line. */
export interface Candidate {
  /** Forms of one shape share it, so that each is confirmed once. */
  readonly key: string;
  /** Last bar on which it may be confirmed. */
  readonly expiresAt: number;
  /** Judges a closed bar: a match confirms, `dropped` gives up, `undefined` waits. */
  judge(
    bar: number,
    high: number,
    low: number,
    close: number,
  ): PatternMatch | 'dropped' | undefined;
}

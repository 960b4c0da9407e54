/** Words of execution algorithms and of order advice that contract, command line and engine share. */

/** How much it matters to be filled soon. */
export const URGENCIES = ['low', 'normal', 'high'] as const;
export type Urgency = (typeof URGENCIES)[number];

/**
 * What becomes of units that a slice has not filled: they are added to the next slice, spread over those
 * that are left, or given up and reported at the end.
 */
export const CATCH_UP = ['at-once', 'spread', 'none'] as const;
export type CatchUp = (typeof CATCH_UP)[number];

/** The price of a child: across the spread, at the near side of it, or in its middle. */
export const CHILD_STYLES = ['take', 'join', 'mid'] as const;
export type ChildStyle = (typeof CHILD_STYLES)[number];

export const ALGORITHM_STATUS = [
  'waiting', // for its start
  'working',
  'paused', // by the user, or because children were refused
  'finishing', // at the end: children are taken away, the last one works
  'cancelling',
  'done',
] as const;
export type AlgorithmStatus = (typeof ALGORITHM_STATUS)[number];

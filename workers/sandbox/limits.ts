/** Bounds of one strategy in the sandbox. */
export const SANDBOX = {
  /** Memory of the strategy besides the columns that it reads, bytes. */
  memory: 64 * 1024 * 1024,
  /** Columns that fit beside it, whatever their length. */
  columns: 40,
  /** Stack, bytes: some hundred calls in each other. */
  stack: 128 * 1024,
  /** Looks at the counter that one call may take; about ten thousand steps each, a second or two in all. */
  looks: 3_000,
  /**
   * Million steps that a whole run may take where its settings do not say: by the clock half an hour or
   * more, where a million bars of two averages take some seconds.
   */
  work: 100_000,
  /** Indicators and series that are computed for it, outside of its memory. */
  series: 200,
  plots: 32,
  /** Orders, changes and cancels of one bar, and of the whole run: each is kept in the result. */
  ordersOnBar: 1_000,
  orders: 2_000_000,
} as const;

/** Steps between two looks at the counter: the engine's own figure. */
const STEPS_BETWEEN_LOOKS = 10_000;

/** Looks that so many million steps come to; one at least, since a step less is not seen. */
export function looksOf(work: number): number {
  return Math.max(1, Math.floor((work * 1e6) / STEPS_BETWEEN_LOOKS));
}

export function workOf(looks: number): number {
  return (looks * STEPS_BETWEEN_LOOKS) / 1e6;
}

/** Most memory that WebAssembly has. */
export const MOST_MEMORY = 2 ** 31 - 65_536;
export const PAGE = 65_536;

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
  /** Indicators and series that are computed for it, outside of its memory. */
  series: 200,
  plots: 32,
  /** Orders, changes and cancels of one bar, and of the whole run: each is kept in the result. */
  ordersOnBar: 1_000,
  orders: 2_000_000,
} as const;

/** Most memory that WebAssembly has. */
export const MOST_MEMORY = 2 ** 31 - 65_536;
export const PAGE = 65_536;

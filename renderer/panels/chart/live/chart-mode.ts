/** What the chart follows. */
export interface ChartMode {
  /** Shows the instrument of the ticket, with the bars of its source; otherwise a stored series. */
  readonly symbol: boolean;
  /** Length of bars of the ticket's instrument. */
  readonly timeframe: string;
  /** A stored series is continued by live bars where a connected source has its instrument. */
  readonly follow: boolean;
}

export const LIVE_TIMEFRAMES = ['1m', '5m', '15m', '1h', '1d'] as const;
export const FIRST_MODE: ChartMode = { symbol: false, timeframe: '1m', follow: true };

/** Reads what was kept. */
export function parseMode(stored: unknown): ChartMode | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const given = stored as Readonly<Record<string, unknown>>;
  return {
    symbol: given['symbol'] === true,
    timeframe: LIVE_TIMEFRAMES.find((each) => each === given['timeframe']) ?? FIRST_MODE.timeframe,
    follow: given['follow'] !== false,
  };
}

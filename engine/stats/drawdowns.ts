/** One fall of the equity below its peak. */
export interface Drawdown {
  /** Index of the peak, of the lowest point, and of the bar that reached the peak again. */
  readonly peak: number;
  readonly valley: number;
  /** The last bar while it has not recovered. */
  readonly end: number;
  readonly recovered: boolean;
  /** Depth as a fraction of the peak, > 0. */
  readonly depth: number;
}

/** All drawdowns of an equity curve, in order of time. Bars of NaN are passed over. */
export function drawdownsOf(equity: Float64Array): Drawdown[] {
  const found: Drawdown[] = [];
  let peak = 0;
  let top = Number.NEGATIVE_INFINITY;
  let valley = -1;
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i] as number;
    if (value >= top) {
      if (valley >= 0) {
        found.push({ peak, valley, end: i, recovered: true, depth: 1 - lowest / top });
        valley = -1;
        lowest = Number.POSITIVE_INFINITY;
      }
      top = value;
      peak = i;
    } else if (value < lowest) {
      lowest = value;
      valley = i;
    }
  }
  if (valley >= 0) {
    const end = equity.length - 1;
    found.push({ peak, valley, end, recovered: false, depth: 1 - lowest / top });
  }
  return found;
}

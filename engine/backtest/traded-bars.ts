import type { BarColumns } from '../domain/bar.ts';

/**
 * Tells bars that were traded from those that were not: a price is missing, or the bar only repeats the
 * close before it, without volume, after a bar that had some. Such a bar was filled forward, and nobody
 * could have traded at its price. Bars are asked for in order.
 */
export class TradedBars {
  private readonly bars: BarColumns;
  private filledForward = -1;

  constructor(bars: BarColumns) {
    this.bars = bars;
  }

  at(index: number): boolean {
    const { bars } = this;
    const open = bars.open[index] as number;
    const high = bars.high[index] as number;
    const low = bars.low[index] as number;
    const close = bars.close[index] as number;
    const sum = open + high + low + close;
    if (sum - sum !== 0) return false;
    // Markets whose volume is not known have none on any bar.
    if (bars.volume[index] !== 0 || index === 0) return true;
    const before = bars.close[index - 1] as number;
    if (open !== before || high !== before || low !== before || close !== before) return true;
    const repeats = this.filledForward === index - 1 || (bars.volume[index - 1] as number) > 0;
    if (repeats) this.filledForward = index;
    return !repeats;
  }
}

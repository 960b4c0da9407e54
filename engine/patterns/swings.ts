/** A turning point of the price: an extreme that a move of at least the reversal has followed. */
export interface Swing {
  readonly kind: 'high' | 'low';
  readonly bar: number;
  readonly price: number;
  /** Bar on whose close the reversal had reached its size. */
  readonly knownAt: number;
}

/** Size of the move that makes an extreme a swing: a part of the price, or a multiple of its true range. */
export type Reversal = { readonly percent: number } | { readonly atr: number };

/** Bars over which the average true range is smoothed (Wilder). */
const ATR_PERIOD = 14;

/**
 * Zigzag over highs and lows, bar by bar, in constant memory. A swing is given on the bar that confirms
 * it and never changes afterwards. On a bar that both makes a new extreme and falls back far enough, the
 * extreme counts first: the order inside a bar is not known.
 */
export class SwingFinder {
  private readonly reversal: Reversal;
  private bar = -1;
  private lastClose = Number.NaN;
  private range = Number.NaN;
  private ranges = 0;
  private rising: boolean | undefined;
  private highBar = 0;
  private highest = Number.NEGATIVE_INFINITY;
  private lowBar = 0;
  private lowest = Number.POSITIVE_INFINITY;

  constructor(reversal: Reversal) {
    this.reversal = reversal;
  }

  /** Average true range so far, in price. */
  get averageRange(): number {
    return this.range;
  }

  /** Takes a closed bar and gives the swing that it confirms. Bars with missing prices are passed over. */
  update(high: number, low: number, close: number): Swing | undefined {
    this.bar += 1;
    if (!Number.isFinite(high + low + close)) return undefined;
    this.track(high, low, close);
    if (this.rising !== false && high >= this.highest) {
      this.highest = high;
      this.highBar = this.bar;
      if (this.rising === true) return undefined;
    }
    if (this.rising !== true && low <= this.lowest) {
      this.lowest = low;
      this.lowBar = this.bar;
      if (this.rising === false) return undefined;
    }
    if (this.rising !== false && this.highest - low >= this.size(this.highest)) {
      return this.turn('high', low);
    }
    if (this.rising !== true && high - this.lowest >= this.size(this.lowest)) {
      return this.turn('low', high);
    }
    return undefined;
  }

  private turn(kind: 'high' | 'low', opposite: number): Swing {
    const swing: Swing =
      kind === 'high'
        ? { kind, bar: this.highBar, price: this.highest, knownAt: this.bar }
        : { kind, bar: this.lowBar, price: this.lowest, knownAt: this.bar };
    this.rising = kind === 'low';
    if (kind === 'high') {
      this.lowest = opposite;
      this.lowBar = this.bar;
    } else {
      this.highest = opposite;
      this.highBar = this.bar;
    }
    return swing;
  }

  private size(price: number): number {
    if ('percent' in this.reversal) return (Math.abs(price) * this.reversal.percent) / 100;
    // Before the range is known nothing is a swing.
    return this.ranges < ATR_PERIOD ? Number.POSITIVE_INFINITY : this.range * this.reversal.atr;
  }

  private track(high: number, low: number, close: number): void {
    const trueRange = Number.isNaN(this.lastClose)
      ? high - low
      : Math.max(high, this.lastClose) - Math.min(low, this.lastClose);
    this.ranges += 1;
    const weight = Math.min(this.ranges, ATR_PERIOD);
    this.range = this.ranges === 1 ? trueRange : this.range + (trueRange - this.range) / weight;
    this.lastClose = close;
  }
}

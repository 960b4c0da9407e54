import { Random } from '../backtest/random.ts';
import type { TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { STILL } from '../stats/moments.ts';
import { quantileOf, sorted } from '../stats/shape.ts';
import { shuffle } from './bootstrap.ts';
import { percentileOf } from './monte-carlo.ts';
import { demand, watch, type WatchHooks } from './watch.ts';

export interface RandomEntryOptions {
  readonly seed: number;
  /** Random strategies. 1,000 when absent. */
  readonly samples?: number;
  /** Which price of a bar trades go in and out at: closes for runs that fill at the close. */
  readonly at?: 'open' | 'close';
  /** Costs of one side, as a fraction of the price: commission and slippage. 0 when absent. */
  readonly costPerSide?: number;
  /** 5, 25, 50, 75 and 95 % when absent. */
  readonly quantiles?: readonly number[];
}

/** Where the strategy stands among the random ones in one figure. */
export interface RandomStanding {
  /** Of the strategy's own entries and exits, at the same prices as the random ones. */
  readonly actual: number;
  /** Part of the random strategies below it, ties counting half. */
  readonly percentile: number;
  readonly quantiles: readonly number[];
  readonly average: number;
  /** Of the random strategies, ascending; those without a value are left out. */
  readonly results: Float64Array;
}

/** The standing is that of the compound growth. */
export interface RandomEntryResult extends RandomStanding {
  /** The same of the Sharpe ratio of a bar, over all bars from price to price. */
  readonly sharpe: RandomStanding;
  readonly trades: number;
  /** Trades that are still open at the end, which are left out. */
  readonly open: number;
  /** Part of the bars that the trades hold. */
  readonly exposure: number;
  readonly samples: number;
}

/** Samples between two looks at the hooks. */
const HOOK_SAMPLES = 64;
const USUAL_QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];

/**
 * What chance alone would have made of the same number of trades, the same holding times and the same mix
 * of long and short: entries are spread over the bars evenly at random, none overlapping. Every trade, the
 * strategy's own included, goes in and out at the open of its bars (or the close) with all money, so that
 * only the choice of the moments is compared.
 * @throws RenataError BAD_INPUT when there is no closed trade, or the trades overlap.
 */
export function randomEntryBaseline(
  bars: BarColumns,
  trades: TradeColumns,
  options: RandomEntryOptions,
  hooks: WatchHooks = {},
): RandomEntryResult {
  const { seed, samples = 1_000, costPerSide = 0, quantiles = USUAL_QUANTILES } = options;
  const real = closedTrades(trades);
  const count = real.length;
  demand(count > 0, 'trades', 'none was closed, so there is nothing to compare.');
  // A trade that is left in the bar it was entered in cannot be priced twice; it holds one bar.
  const holds = Int32Array.from(real, ({ entry, exit }) => Math.max(exit - entry, 1));
  const held = holds.reduce((sum, bars) => sum + bars, 0);
  const usable = bars.open.length - 1;
  const free = usable - held;
  const apart = real.every(({ entry }, k) => entry >= (real[k - 1]?.exit ?? 0));
  demand(
    free >= 0 && apart,
    'trades',
    'they overlap; the baseline is that of one position at a time.',
  );
  const sides = Int32Array.from(real, ({ side }) => side);
  const course = new Course(filled(bars[options.at ?? 'open']), costPerSide);
  real.forEach(({ entry, side }, k) => {
    course.trade(entry, Math.min(entry + (holds[k] as number), usable), side);
  });
  const actual = course.end();
  const random = new Random(seed);
  const growths = new Float64Array(samples);
  const sharpes = new Float64Array(samples);
  const places = new Float64Array(count);
  for (let sample = 0; sample < samples; sample += 1) {
    if (sample % HOOK_SAMPLES === 0) watch(hooks, sample, samples, 'The random entries');
    shuffleTogether(holds, sides, random);
    drawPlaces(places, free + count, random);
    let used = 0;
    for (let k = 0; k < count; k += 1) {
      // Of the places that are free or taken by a trade, those before this one are free but for k.
      const entry = (places[k] as number) - k + used;
      used += holds[k] as number;
      course.trade(entry, entry + (holds[k] as number), sides[k] as number);
    }
    const { growth, sharpe } = course.end();
    growths[sample] = growth;
    sharpes[sample] = sharpe;
  }
  watch(hooks, samples, samples, 'The random entries');
  return {
    ...standingOf(growths, actual.growth, quantiles),
    sharpe: standingOf(sharpes, actual.sharpe, quantiles),
    trades: count,
    open: trades.open.reduce((sum, open) => sum + open, 0),
    exposure: held / usable,
    samples,
  };
}

function standingOf(
  results: Float64Array,
  actual: number,
  quantiles: readonly number[],
): RandomStanding {
  const ascending = sorted(results);
  return {
    actual,
    percentile: Number.isFinite(actual) ? percentileOf(ascending, actual) : Number.NaN,
    quantiles: quantiles.map((q) => quantileOf(ascending, q)),
    average: ascending.reduce((sum, value) => sum + value, 0) / ascending.length,
    results: ascending,
  };
}

/** Growth and Sharpe ratio of trades over the same prices, one after another. */
class Course {
  private readonly price: Float64Array;
  private readonly cost: number;
  /** Sums of the returns from bar to bar up to each of them, and of their squares. */
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private growth = 1;
  private sum = 0;
  private square = 0;

  constructor(price: Float64Array, cost: number) {
    this.price = price;
    this.cost = cost;
    this.sums = new Float64Array(price.length);
    this.squares = new Float64Array(price.length);
    for (let i = 1; i < price.length; i += 1) {
      const change = this.change(i - 1);
      this.sums[i] = (this.sums[i - 1] as number) + change;
      this.squares[i] = (this.squares[i - 1] as number) + change * change;
    }
  }

  /** Return of being long from a bar to the next. */
  private change(bar: number): number {
    return (this.price[bar + 1] as number) / (this.price[bar] as number) - 1;
  }

  /** A bar's return is that of the side held, less the cost of a side in the first and the last bar. */
  trade(entry: number, exit: number, side: number): void {
    const { price, cost, sums, squares } = this;
    const paid = price[entry] as number;
    const got = price[exit] as number;
    this.growth *= Math.max((1 + (side * (got - paid)) / paid) * (1 - cost) ** 2, 0);
    this.sum += side * ((sums[exit] as number) - (sums[entry] as number)) - 2 * cost;
    this.square += (squares[exit] as number) - (squares[entry] as number);
    if (cost === 0) return;
    // (x - c)² - x² for each bar that bears a cost; one that bears both bears it twice.
    const lower = (bar: number, by: number): number => by * by - 2 * by * side * this.change(bar);
    if (exit - entry <= 1) this.square += lower(entry, 2 * cost);
    else this.square += lower(entry, cost) + lower(exit - 1, cost);
  }

  /** The figures of the trades since the last end. */
  end(): { readonly growth: number; readonly sharpe: number } {
    const count = this.price.length - 1;
    const average = this.sum / count;
    const variance = (this.square - count * average * average) / (count - 1);
    const risk = Math.sqrt(Math.max(variance, 0));
    const figures = { growth: this.growth, sharpe: risk > STILL ? average / risk : Number.NaN };
    this.growth = 1;
    this.sum = 0;
    this.square = 0;
    return figures;
  }
}

/**
 * Draws different places out of `size`, ascending, every choice as likely (Floyd's way). A place is one that
 * is free or that a trade takes as a whole, so every arrangement without overlap is as likely as any other.
 */
function drawPlaces(places: Float64Array, size: number, random: Random): void {
  const taken = new Set<number>();
  for (let last = size - places.length; last < size; last += 1) {
    const drawn = Math.floor(random.uniform() * (last + 1));
    taken.add(taken.has(drawn) ? last : drawn);
  }
  let k = 0;
  for (const place of taken) {
    places[k] = place;
    k += 1;
  }
  places.sort();
}

function closedTrades(
  trades: TradeColumns,
): readonly { readonly entry: number; readonly exit: number; readonly side: number }[] {
  return Array.from(trades.open.keys())
    .filter((i) => trades.open[i] === 0)
    .map((i) => ({
      entry: trades.entryBar[i] as number,
      exit: trades.exitBar[i] as number,
      side: Math.sign(trades.size[i] as number),
    }))
    .toSorted((a, b) => a.entry - b.entry || a.exit - b.exit);
}

/** Prices with missing ones taken from the one before them; leading ones from the first there is. */
function filled(prices: Float64Array): Float64Array {
  let last = prices.find((value) => Number.isFinite(value)) ?? Number.NaN;
  return prices.map((value) => {
    if (Number.isFinite(value)) last = value;
    return last;
  });
}

/** The same random order for holding times and sides, so that a long trade stays a long trade. */
function shuffleTogether(holds: Int32Array, sides: Int32Array, random: Random): void {
  const order = Int32Array.from(holds.keys());
  shuffle(order, random);
  const oldHolds = holds.slice();
  const oldSides = sides.slice();
  for (let k = 0; k < order.length; k += 1) {
    holds[k] = oldHolds[order[k] as number] as number;
    sides[k] = oldSides[order[k] as number] as number;
  }
}

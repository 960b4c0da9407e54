import { Random } from '../backtest/random.ts';
import type { TradeColumns } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { quantileOf, sorted } from '../stats/shape.ts';
import { shuffle } from './bootstrap.ts';
import { percentileOf } from './monte-carlo.ts';
import { demand, watch, type WatchHooks } from './watch.ts';

export interface RandomEntryOptions {
  readonly seed: number;
  /** Random strategies. 1,000 when absent. */
  readonly samples?: number;
  /** Costs of one side, as a fraction of the price: commission and slippage. 0 when absent. */
  readonly costPerSide?: number;
  /** 5, 25, 50, 75 and 95 % when absent. */
  readonly quantiles?: readonly number[];
}

export interface RandomEntryResult {
  /** Compound growth of the strategy's own entries and exits, at the same prices as the random ones. */
  readonly actual: number;
  /** Part of the random strategies below it, ties counting half. */
  readonly percentile: number;
  readonly quantiles: readonly number[];
  readonly average: number;
  readonly trades: number;
  readonly samples: number;
}

/** Samples between two looks at the hooks. */
const HOOK_SAMPLES = 64;
const USUAL_QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];

/**
 * What chance alone would have made of the same number of trades, the same holding times and the same mix
 * of long and short: entries are spread over the bars evenly at random, none overlapping. Every trade, the
 * strategy's own included, goes in and out at the open of its bars with all money, so that only the choice
 * of the moments is compared.
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
  // A trade that is left in the bar it was entered in cannot be priced at two opens; it holds one bar.
  const holds = Int32Array.from(real, ({ entry, exit }) => Math.max(exit - entry, 1));
  const held = holds.reduce((sum, bars) => sum + bars, 0);
  const usable = bars.open.length - 1;
  const free = usable - held;
  demand(free >= 0, 'trades', 'they overlap; the baseline is that of one position at a time.');
  const price = filledOpens(bars);
  const sides = Int32Array.from(real, ({ side }) => side);
  const grow = (entry: number, exit: number, side: number): number => {
    const paid = price[entry] as number;
    const got = price[Math.min(exit, usable)] as number;
    return Math.max((1 + (side * (got - paid)) / paid) * (1 - costPerSide) ** 2, 0);
  };
  let actual = 1;
  real.forEach(({ entry, side }, k) => {
    actual *= grow(entry, entry + (holds[k] as number), side);
  });
  const random = new Random(seed);
  const results = new Float64Array(samples);
  const gaps = new Float64Array(count);
  for (let sample = 0; sample < samples; sample += 1) {
    if (sample % HOOK_SAMPLES === 0) watch(hooks, sample, samples, 'The random entries');
    shuffleTogether(holds, sides, random);
    // Sorted uniform places among the free bars make every arrangement without overlap as likely.
    for (let k = 0; k < count; k += 1) gaps[k] = Math.floor(random.uniform() * (free + 1));
    gaps.sort();
    let growth = 1;
    let used = 0;
    for (let k = 0; k < count; k += 1) {
      const entry = (gaps[k] as number) + used;
      used += holds[k] as number;
      growth *= grow(entry, (gaps[k] as number) + used, sides[k] as number);
    }
    results[sample] = growth;
  }
  watch(hooks, samples, samples, 'The random entries');
  const ascending = sorted(results);
  return {
    actual,
    percentile: percentileOf(results, actual),
    quantiles: quantiles.map((q) => quantileOf(ascending, q)),
    average: results.reduce((sum, value) => sum + value, 0) / samples,
    trades: count,
    samples,
  };
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
    }));
}

/** Opens with missing ones taken from the price before them; leading ones from the first there is. */
function filledOpens({ open }: BarColumns): Float64Array {
  let last = open.find((value) => Number.isFinite(value)) ?? Number.NaN;
  return open.map((value) => {
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

import { STILL } from './moments.ts';
import { shapeFromSums, type Shape } from './shape.ts';

/**
 * What the figures of a run need of the returns of its bars and of those of the benchmark, from two passes
 * over both: sums first, then the moments around the means. Each sum runs from the first bar to the last,
 * as the functions for one figure do it, so that both agree to the bit or nearly so.
 */
export interface ReturnSums {
  readonly count: number;
  readonly returns: Float64Array;
  readonly market: Float64Array;
  readonly shape: Shape;
  readonly mean: number;
  /** Of a sample. */
  readonly deviation: number;
  /** Gains above the risk-free return and losses below it, both positive. */
  readonly above: number;
  readonly below: number;
  /** Root of the mean square of what fell short of the risk-free return. */
  readonly downside: number;
  readonly marketMean: number;
  readonly beta: number;
  readonly correlation: number;
  /** Mean and deviation of the returns less the benchmark's. */
  readonly activeMean: number;
  readonly activeDeviation: number;
}

/** Bars in one call: a loop compiled while it runs keeps its sums in memory, one object a sum. */
const BLOCK = 8_192;

/** Places of the sums of the first pass. */
const SUM = 0;
const MARKET = 1;
const ACTIVE = 2;
const ABOVE = 3;
const BELOW = 4;
const SHORT = 5;
/** Places of the means and of the moments of the second pass. */
const SECOND = 6;
const THIRD = 7;
const FOURTH = 8;
const JOINT = 9;
const MARKET_SECOND = 10;
const ACTIVE_SECOND = 11;
const PLACES = 12;

/**
 * @param cash before the first mark, of the equity and of the benchmark
 * @param rate risk-free return of one bar
 */
export function sumReturns(
  cash: number,
  equity: Float64Array,
  benchmark: Float64Array,
  rate: number,
): ReturnSums {
  const count = equity.length;
  const returns = new Float64Array(count);
  const market = new Float64Array(benchmark.length);
  const sums = new Float64Array(PLACES);
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(from + BLOCK, count);
    changes(equity, cash, returns, from, to);
    if (benchmark.length === count) changes(benchmark, cash, market, from, to);
    addUp(returns, market, rate, sums, from, to);
  }
  const mean = (sums[SUM] as number) / count;
  const marketMean = (sums[MARKET] as number) / count;
  const activeMean = (sums[ACTIVE] as number) / count;
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(from + BLOCK, count);
    addMoments(returns, market, mean, marketMean, activeMean, sums, from, to);
  }
  const second = sums[SECOND] as number;
  const marketSecond = sums[MARKET_SECOND] as number;
  const joint = sums[JOINT] as number;
  const sample = (squares: number): number =>
    count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN;
  const marketMoves = Math.sqrt(marketSecond / count) > STILL;
  const moves = Math.sqrt(second / count) > STILL;
  return {
    count,
    returns,
    market,
    shape: shapeFromSums(count, mean, second, sums[THIRD] as number, sums[FOURTH] as number),
    mean,
    deviation: sample(second),
    above: sums[ABOVE] as number,
    below: sums[BELOW] as number,
    downside: Math.sqrt((sums[SHORT] as number) / count),
    marketMean,
    beta: marketMoves ? joint / marketSecond : Number.NaN,
    correlation: moves && marketMoves ? joint / Math.sqrt(second * marketSecond) : Number.NaN,
    activeMean,
    activeDeviation: sample(sums[ACTIVE_SECOND] as number),
  };
}

/** Change of each mark against the one before it, as fractions. */
function changes(
  marks: Float64Array,
  cash: number,
  out: Float64Array,
  from: number,
  to: number,
): void {
  let before = from === 0 ? cash : (marks[from - 1] as number);
  for (let i = from; i < to; i += 1) {
    const mark = marks[i] as number;
    out[i] = mark / before - 1;
    before = mark;
  }
}

function addUp(
  returns: Float64Array,
  market: Float64Array,
  rate: number,
  sums: Float64Array,
  from: number,
  to: number,
): void {
  let sum = sums[SUM] as number;
  let marketSum = sums[MARKET] as number;
  let active = sums[ACTIVE] as number;
  let above = sums[ABOVE] as number;
  let below = sums[BELOW] as number;
  let short = sums[SHORT] as number;
  for (let i = from; i < to; i += 1) {
    const value = returns[i] as number;
    const other = market[i] as number;
    sum += value;
    marketSum += other;
    active += value - other;
    const over = value - rate;
    if (over > 0) {
      above += over;
    } else if (over < 0) {
      below -= over;
      short += over * over;
    }
  }
  sums[SUM] = sum;
  sums[MARKET] = marketSum;
  sums[ACTIVE] = active;
  sums[ABOVE] = above;
  sums[BELOW] = below;
  sums[SHORT] = short;
}

function addMoments(
  returns: Float64Array,
  market: Float64Array,
  mean: number,
  marketMean: number,
  activeMean: number,
  sums: Float64Array,
  from: number,
  to: number,
): void {
  let second = sums[SECOND] as number;
  let third = sums[THIRD] as number;
  let fourth = sums[FOURTH] as number;
  let joint = sums[JOINT] as number;
  let marketSecond = sums[MARKET_SECOND] as number;
  let activeSecond = sums[ACTIVE_SECOND] as number;
  for (let i = from; i < to; i += 1) {
    const value = returns[i] as number;
    const other = market[i] as number;
    const mine = value - mean;
    const theirs = other - marketMean;
    const apart = value - other - activeMean;
    const square = mine * mine;
    second += square;
    third += square * mine;
    fourth += square * square;
    joint += mine * theirs;
    marketSecond += theirs * theirs;
    activeSecond += apart * apart;
  }
  sums[SECOND] = second;
  sums[THIRD] = third;
  sums[FOURTH] = fourth;
  sums[JOINT] = joint;
  sums[MARKET_SECOND] = marketSecond;
  sums[ACTIVE_SECOND] = activeSecond;
}

import { mean } from '../stats/moments.ts';
import { combinations, groupsOf } from './splits.ts';
import { demand, demandFinite, watch, type WatchHooks } from './watch.ts';

/** How trials are ranked; both come from sums of blocks, so that 12,870 splits stay cheap. */
export type OverfitMetric = 'sharpe' | 'mean';

export interface OverfitOptions {
  /** Even number of blocks S; there are C(S, S / 2) splits. 16 when absent. */
  readonly blocks?: number;
  readonly metric?: OverfitMetric;
}

export interface OverfitResult {
  /** Part of the splits in which the best in sample is at or below the median out of sample. */
  readonly probability: number;
  /** Logit of the best one's relative rank out of sample, one a split. */
  readonly logits: Float64Array;
  /** The metric of the best in sample, there and out of sample, one a split. */
  readonly inSample: Float64Array;
  readonly outOfSample: Float64Array;
  /** Line through those pairs; a slope of about 0 or below: what looked best says nothing about the rest. */
  readonly slope: number;
  readonly intercept: number;
  readonly rSquared: number;
  /** Part of the splits in which the best in sample lost out of sample. */
  readonly probabilityOfLoss: number;
  readonly splits: number;
}

/** Splits between two looks at the hooks. */
const HOOK_SPLITS = 256;

/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein,
 * López de Prado and Zhu 2017).
 * @param trials returns of the same periods, one column for each trial
 */
export function overfitProbability(
  trials: readonly Float64Array[],
  options: OverfitOptions = {},
  hooks: WatchHooks = {},
): OverfitResult {
  const { blocks = 16, metric = 'sharpe' } = options;
  const length = trials[0]?.length ?? 0;
  demand(trials.length >= 2, 'trials', 'overfitting is a matter of choice: give at least two.');
  demand(blocks >= 2 && blocks % 2 === 0, 'blocks', `${blocks} must be an even number.`);
  demand(blocks <= 20, 'blocks', `${blocks} are more than 20; the splits would be too many.`);
  demand(
    trials.every((column) => column.length === length),
    'trials',
    'all need returns of the same periods.',
  );
  demand(length >= 2 * blocks, 'trials', `${length} periods are too few for ${blocks} blocks.`);
  demandFinite(trials, 'trials');
  const sums = blockSums(trials, blocks);
  const half = combinations(blocks, blocks / 2);
  const logits = new Float64Array(half.length);
  const inSample = new Float64Array(half.length);
  const outOfSample = new Float64Array(half.length);
  const inside = new Float64Array(trials.length);
  const outside = new Float64Array(trials.length);
  const chosen = new Uint8Array(blocks);
  for (const [split, members] of half.entries()) {
    if (split % HOOK_SPLITS === 0) watch(hooks, split, half.length, 'The overfitting test');
    chosen.fill(0);
    for (const block of members) chosen[block] = 1;
    sums.score(chosen, 1, metric, inside);
    sums.score(chosen, 0, metric, outside);
    const best = indexOfLargest(inside);
    const rank = relativeRank(outside, best);
    logits[split] = Math.log(rank / (1 - rank));
    inSample[split] = inside[best] as number;
    outOfSample[split] = outside[best] as number;
  }
  watch(hooks, half.length, half.length, 'The overfitting test');
  const share = (column: Float64Array, test: (value: number) => boolean): number =>
    column.filter(test).length / half.length;
  return {
    probability: share(logits, (value) => value <= 0),
    logits,
    inSample,
    outOfSample,
    ...lineThrough(inSample, outOfSample),
    probabilityOfLoss: share(outOfSample, (value) => value < 0),
    splits: half.length,
  };
}

/** Sums of each trial over each block, from which any union of blocks is scored. */
interface BlockSums {
  /** Writes the metric of each trial over the blocks whose flag is `side`. */
  score(chosen: Uint8Array, side: 0 | 1, metric: OverfitMetric, into: Float64Array): void;
}

function blockSums(trials: readonly Float64Array[], blocks: number): BlockSums {
  const length = trials[0]?.length ?? 0;
  const ranges = groupsOf(length, blocks);
  const plain = new Float64Array(trials.length * blocks);
  const squares = new Float64Array(trials.length * blocks);
  // Distances from the trial's own mean keep the digits of the variance.
  const centres = trials.map((column) => mean(column));
  trials.forEach((column, trial) => {
    const centre = centres[trial] as number;
    ranges.forEach(({ from, to }, block) => {
      let sum = 0;
      let square = 0;
      for (let i = from; i < to; i += 1) {
        const d = (column[i] as number) - centre;
        sum += d + centre;
        square += d * d;
      }
      plain[trial * blocks + block] = sum;
      squares[trial * blocks + block] = square;
    });
  });
  return {
    score(chosen, side, metric, into) {
      let count = 0;
      ranges.forEach(({ from, to }, block) => {
        if (chosen[block] === side) count += to - from;
      });
      for (let trial = 0; trial < trials.length; trial += 1) {
        let sum = 0;
        let square = 0;
        for (let block = 0; block < blocks; block += 1) {
          if (chosen[block] !== side) continue;
          sum += plain[trial * blocks + block] as number;
          square += squares[trial * blocks + block] as number;
        }
        const average = sum / count;
        if (metric === 'mean') {
          into[trial] = average;
          continue;
        }
        const off = average - (centres[trial] as number);
        const variance = (square - count * off * off) / (count - 1);
        // A trial that never moves has neither earned nor risked anything.
        into[trial] = variance > 0 ? average / Math.sqrt(variance) : 0;
      }
    },
  };
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) {
    if ((values[i] as number) > (values[best] as number)) best = i;
  }
  return best;
}

/** Rank over the count plus one, in (0, 1), the best highest; equal values share the mean of their ranks. */
function relativeRank(values: Float64Array, at: number): number {
  const mine = values[at] as number;
  let below = 0;
  let equal = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (value < mine) below += 1;
    else if (value === mine) equal += 1;
  }
  return (below + (equal + 1) / 2) / (values.length + 1);
}

/** Least squares of y on x. */
function lineThrough(
  x: Float64Array,
  y: Float64Array,
): { slope: number; intercept: number; rSquared: number } {
  const n = x.length;
  const meanX = mean(x);
  const meanY = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < n; i += 1) {
    const dx = (x[i] as number) - meanX;
    const dy = (y[i] as number) - meanY;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  const slope = xx > 0 ? xy / xx : Number.NaN;
  const rSquared = xx > 0 && yy > 0 ? (xy * xy) / (xx * yy) : Number.NaN;
  return { slope, intercept: meanY - slope * meanX, rSquared };
}

import { Random } from '../backtest/random.ts';
import { Shuffle } from './sampling.ts';
import type { Space } from './space.ts';

export interface AdaptiveOptions {
  readonly seed: number;
  /** Combinations that are drawn at random before anything is learnt. */
  readonly startup?: number;
  /** Combinations that are asked for together: the more, the less each one has learnt. */
  readonly batch?: number;
}

/** Share of the results that counts as good, and most of them. */
const GOOD_SHARE = 0.15;
const MOST_GOOD = 25;
/** Combinations that are drawn from the good ones' distribution to choose one from. */
const CANDIDATES = 24;
/** Draws that may fail the constraints or repeat before a combination is drawn at random. */
const MOST_DRAWS = 200;

interface Trial {
  readonly index: number;
  readonly score: number;
}

/**
 * Adaptive search by the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl, Algorithms
 * for Hyper-Parameter Optimization, NIPS 2011): results are split into good and other ones, for each
 * parameter a density is estimated of both, and the next combination is the one among draws from the good
 * density whose ratio good / other is the largest. Densities live on the places of a parameter's values:
 * Gaussians around the places tried, as wide as the distance to their neighbours, cut to the range and
 * mixed with a uniform prior; for choices, counts with the prior.
 *
 * Combinations are asked for in batches. A batch depends on the seed and on the results of the batches
 * before it alone, in whatever order these came; so a killed search goes on by telling it the stored results.
 */
export class AdaptiveSearch {
  private readonly space: Space;
  private readonly seed: number;
  private readonly startup: number;
  private readonly batch: number;
  private readonly shuffle: Shuffle;
  private readonly asked = new Set<number>();
  private readonly trials: Trial[] = [];
  private readonly digits: Int32Array;
  private readonly codes: Float64Array;
  /** Next place of the random order. */
  private place = 0;
  private batches = 0;

  constructor(space: Space, { seed, startup, batch = 16 }: AdaptiveOptions) {
    this.space = space;
    this.seed = seed;
    this.batch = batch;
    this.startup = startup ?? Math.max(20, 4 * space.dimensions.length);
    this.shuffle = new Shuffle(space.size, seed);
    this.digits = new Int32Array(space.dimensions.length);
    this.codes = new Float64Array(space.dimensions.length);
  }

  /**
   * The next combinations to run; empty when the space has no others. All results of the batch before
   * must have been told.
   */
  next(): Float64Array {
    const wanted = this.batches === 0 ? this.startup : this.batch;
    const chosen: number[] = [];
    const model = this.batches === 0 ? undefined : this.learn();
    const random = new Random((this.seed + Math.imul(this.batches + 1, 0x9e3779b9)) >>> 0);
    while (chosen.length < wanted) {
      const index = (model === undefined ? undefined : this.propose(model, random)) ?? this.draw();
      if (index === undefined) break;
      this.asked.add(index);
      chosen.push(index);
    }
    this.batches += 1;
    return Float64Array.from(chosen);
  }

  /**
   * Goes on after a kill: asks for the same batches again and tells what is known of them.
   * @param known scores by the combination's number
   * @returns what is missing of the first batch that is not known whole; empty when nothing is left
   */
  resume(known: ReadonlyMap<number, number>): Float64Array {
    for (;;) {
      const batch = this.next();
      const missing = batch.filter((index) => !known.has(index));
      for (const index of batch) {
        const score = known.get(index);
        if (score !== undefined) this.tell(index, score);
      }
      if (missing.length > 0 || batch.length === 0) return missing;
    }
  }

  /** Tells the score of a combination that was asked for; larger is better, -Infinity has none. */
  tell(index: number, score: number): void {
    this.trials.push({ index, score: Number.isNaN(score) ? -Infinity : score });
  }

  /** A combination at random that was not asked for. */
  private draw(): number | undefined {
    while (this.place < this.space.size) {
      const index = this.shuffle.at(this.place);
      this.place += 1;
      if (!this.asked.has(index) && this.space.read(index, this.codes)) return index;
    }
    return undefined;
  }

  private learn(): Model[] {
    const { space, digits } = this;
    // By score, then by number: the order in which results came must not matter.
    const sorted = this.trials.toSorted((a, b) =>
      a.score === b.score ? a.index - b.index : a.score > b.score ? -1 : 1,
    );
    const good = Math.min(MOST_GOOD, Math.max(1, Math.ceil(GOOD_SHARE * sorted.length)));
    const places = space.dimensions.map(() => new Int32Array(sorted.length));
    for (const [k, { index }] of sorted.entries()) {
      space.digits(index, digits);
      for (const [d, column] of places.entries()) column[k] = digits[d] as number;
    }
    return space.dimensions.map(({ kind, count }, d) => {
      const column = places[d] as Int32Array;
      const ordered = kind === 'integer' || kind === 'real';
      const densityOf = (part: Int32Array): Density =>
        ordered ? new ParzenDensity(part, count) : new CountDensity(part, count);
      return { good: densityOf(column.subarray(0, good)), other: densityOf(column.subarray(good)) };
    });
  }

  private propose(models: readonly Model[], random: Random): number | undefined {
    let best: number | undefined;
    let bestRatio = -Infinity;
    let found = 0;
    for (let draw = 0; draw < MOST_DRAWS && found < CANDIDATES; draw += 1) {
      let ratio = 0;
      for (const [d, { good, other }] of models.entries()) {
        const digit = good.draw(random);
        this.digits[d] = digit;
        ratio += Math.log(good.at(digit)) - Math.log(other.at(digit));
      }
      const index = this.space.indexOf(this.digits);
      if (this.asked.has(index) || !this.space.read(index, this.codes)) continue;
      found += 1;
      if (ratio > bestRatio) {
        bestRatio = ratio;
        best = index;
      }
    }
    return best;
  }
}

interface Model {
  readonly good: Density;
  readonly other: Density;
}

interface Density {
  draw(random: Random): number;
  at(place: number): number;
}

/** Counts of unordered values, each seen once more than it was. */
class CountDensity implements Density {
  private readonly weights: Float64Array;
  private readonly total: number;

  constructor(places: Int32Array, count: number) {
    this.weights = new Float64Array(count).fill(1);
    for (const place of places) this.weights[place] = (this.weights[place] as number) + 1;
    this.total = places.length + count;
  }

  draw(random: Random): number {
    let left = random.uniform() * this.total;
    for (const [place, weight] of this.weights.entries()) {
      left -= weight;
      if (left < 0) return place;
    }
    return this.weights.length - 1;
  }

  at(place: number): number {
    return (this.weights[place] as number) / this.total;
  }
}

/** Gaussians around ordered places, cut to the range, and a uniform part of the weight of one of them. */
class ParzenDensity implements Density {
  private readonly centres: Int32Array;
  private readonly widths: Float64Array;
  private readonly count: number;
  private readonly known = new Map<number, number>();

  constructor(places: Int32Array, count: number) {
    this.centres = places.toSorted();
    this.count = count;
    const most = Math.max(1, count / 2);
    const least = Math.max(0.5, count / Math.min(100, 2 + 2 * places.length));
    this.widths = Float64Array.from(this.centres, (centre, k) => {
      const before = centre - (this.centres[k - 1] ?? -1);
      const after = (this.centres[k + 1] ?? count) - centre;
      return Math.min(most, Math.max(least, before, after));
    });
  }

  draw(random: Random): number {
    const { centres, widths, count } = this;
    const which = Math.floor(random.uniform() * (centres.length + 1));
    if (which === centres.length) return Math.floor(random.uniform() * count);
    for (;;) {
      const normal = random.normal() * (widths[which] as number);
      const place = Math.round((centres[which] as number) + normal);
      if (place >= 0 && place < count) return place;
    }
  }

  at(place: number): number {
    const density = this.known.get(place) ?? this.density(place);
    this.known.set(place, density);
    return density;
  }

  private density(place: number): number {
    const { centres, widths, count } = this;
    let density = 1 / count;
    for (let k = 0; k < centres.length; k += 1) {
      const centre = centres[k] as number;
      const width = widths[k] as number;
      const inside = normalBetween(-0.5 - centre, count - 0.5 - centre, width);
      density += normalBetween(place - 0.5 - centre, place + 0.5 - centre, width) / inside;
    }
    return density / (centres.length + 1);
  }
}

/** Share of a centred normal distribution between two distances. */
function normalBetween(from: number, to: number, width: number): number {
  return normalBelow(to / width) - normalBelow(from / width);
}

/** Normal distribution function: Abramowitz and Stegun 26.2.17, error below 7.5e-8. */
function normalBelow(x: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(x));
  const series =
    t *
    (0.319_381_53 +
      t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  const tail = Math.exp((-x * x) / 2) * 0.398_942_280_401_432_7 * series;
  return x >= 0 ? 1 - tail : tail;
}

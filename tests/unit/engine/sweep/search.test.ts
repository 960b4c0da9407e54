import { describe, expect, it } from 'vitest';
import type { Parameter } from '../../../../engine/domain/parameters.ts';
import { AdaptiveSearch } from '../../../../engine/sweep/adaptive.ts';
import { sampleCombinations, Shuffle } from '../../../../engine/sweep/sampling.ts';
import { Space, type SpaceDescription } from '../../../../engine/sweep/space.ts';

function spaceOf(ranges: Readonly<Record<string, string>>, rest: Partial<SpaceDescription> = {}) {
  const parameters = Object.keys(ranges).map((name): Parameter =>
    name === 'mode'
      ? {
          kind: 'choice',
          name,
          label: '',
          description: '',
          default: 'a',
          choices: ['a', 'b', 'c', 'd'],
        }
      : {
          kind: 'integer',
          name,
          label: '',
          description: '',
          default: 1,
          min: -1e6,
          max: 1e6,
          step: 1,
        },
  );
  return new Space({ id: 'test', parameters, validate: () => undefined }, { ranges, ...rest });
}

describe('a shuffle', () => {
  it.each([1, 2, 3, 4, 5, 16, 17, 1_000, 4_097])('has each of %i numbers once', (size) => {
    const shuffle = new Shuffle(size, 7);
    const seen = new Set(Array.from({ length: size }, (_, place) => shuffle.at(place)));
    expect(seen.size).toBe(size);
    expect(Math.max(...seen)).toBe(size - 1);
    expect(Math.min(...seen)).toBe(0);
  });

  it('spreads evenly and depends on its seed alone', () => {
    const size = 10_000;
    const first = Array.from({ length: 2_000 }, (_, place) => new Shuffle(size, 3).at(place));
    const again = Array.from({ length: 2_000 }, (_, place) => new Shuffle(size, 3).at(place));
    const other = Array.from({ length: 2_000 }, (_, place) => new Shuffle(size, 4).at(place));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const value of first) {
      const tenth = Math.floor((value * 10) / size);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // 200 are expected in each; the deviation is √(2000 × 0.1 × 0.9 × 0.8) = 12.
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(60);
  });

  it('reaches beyond 32 bits', () => {
    const shuffle = new Shuffle(2 ** 53 - 1, 1);
    const drawn = Array.from({ length: 1_000 }, (_, place) => shuffle.at(place));
    expect(new Set(drawn).size).toBe(1_000);
    expect(drawn.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
    const mean = drawn.reduce((sum, value) => sum + value / 2 ** 53, 0) / 1_000;
    // The mean of 1,000 uniform numbers deviates by 0.0091.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.045);
  });
});

describe('a random sample', () => {
  const space = spaceOf({ a: '1..50', b: '1..50' }, { constraints: ['a < b'] });

  it('repeats nothing and keeps to the constraints', () => {
    const sample = sampleCombinations(space, 300, 5);
    expect(sample.length).toBe(300);
    expect(new Set(sample).size).toBe(300);
    const codes = new Float64Array(2);
    for (const index of sample) expect(space.read(index, codes)).toBe(true);
    expect(sampleCombinations(space, 300, 5)).toEqual(sample);
    expect(sampleCombinations(space, 300, 6)).not.toEqual(sample);
    // A larger sample of the same seed begins with the smaller one.
    expect(sampleCombinations(space, 400, 5).subarray(0, 300)).toEqual(sample);
  });

  it('is everything where more is asked for than there is', () => {
    const all = sampleCombinations(space, 1e6, 5);
    expect(all.length).toBe((50 * 49) / 2);
    const none = spaceOf({ a: '1..50' }, { constraints: ['a < 0'] });
    expect(() => sampleCombinations(none, 5, 1)).toThrow('none of the 50 combinations passes');
  });

  it('is drawn from 10^9 combinations without listing them', () => {
    const large = spaceOf({ a: '1..1000', b: '1..1000', c: '1..1000' });
    expect(large.size).toBe(1e9);
    expect(new Set(sampleCombinations(large, 1_000, 1)).size).toBe(1_000);
  });
});

describe('an adaptive search', () => {
  const space = spaceOf({ x: '0..199', y: '0..199', mode: 'all' }, { constraints: ['x != y'] });

  /** A hill at x = 140, y = 60 in mode c; other modes lie lower. */
  function score(index: number): number {
    const codes = new Float64Array(3);
    space.read(index, codes);
    const [x = 0, y = 0, mode = 0] = codes;
    return -(((x - 140) / 100) ** 2) - ((y - 60) / 100) ** 2 - (mode === 2 ? 0 : 0.5);
  }

  function search(seed: number, most: number): { tried: number[]; best: number } {
    const adaptive = new AdaptiveSearch(space, { seed });
    const tried: number[] = [];
    while (tried.length < most) {
      for (const index of adaptive.next()) {
        tried.push(index);
        adaptive.tell(index, score(index));
      }
    }
    return { tried, best: Math.max(...tried.map(score)) };
  }

  it('finds the hill where as many random draws do not', () => {
    let adaptiveMean = 0;
    let randomMean = 0;
    for (let seed = 1; seed <= 10; seed += 1) {
      const { tried, best } = search(seed, 300);
      const drawn = sampleCombinations(space, tried.length, seed);
      adaptiveMean += best / 10;
      randomMean += Math.max(...Array.from(drawn, score)) / 10;
    }
    // The hill is 0 high. Of 300 random draws 75 are in the right mode, one to 40,000 / 75 = 533 places:
    // a disc of radius² 533 / π = 170, so that the best one lies about 170 / 100² = 0.017 below the top.
    expect(randomMean).toBeLessThan(-0.005);
    expect(adaptiveMean).toBeGreaterThan(-0.002);
  });

  it('repeats nothing, keeps to the constraints and gives the same for the same seed', () => {
    const { tried } = search(3, 200);
    expect(new Set(tried).size).toBe(tried.length);
    const codes = new Float64Array(3);
    for (const index of tried) expect(space.read(index, codes)).toBe(true);
    expect(search(3, 200).tried).toEqual(tried);
    expect(search(4, 200).tried).not.toEqual(tried);
  });

  it('does not depend on the order in which results come', () => {
    const forwards = new AdaptiveSearch(space, { seed: 1 });
    const backwards = new AdaptiveSearch(space, { seed: 1 });
    for (let batch = 0; batch < 5; batch += 1) {
      const asked = forwards.next();
      expect(backwards.next()).toEqual(asked);
      // Coarse scores, so that many are equal.
      for (const index of asked) forwards.tell(index, Math.round(2 * score(index)));
      for (const index of asked.toReversed()) backwards.tell(index, Math.round(2 * score(index)));
    }
  });

  it('goes on after a kill as if there had been none', () => {
    const whole = search(5, 120).tried;
    // 20 at first, then batches of 16: the kill comes in the middle of the fourth batch.
    const stored = new Map(whole.slice(0, 20 + 16 + 16 + 7).map((index) => [index, score(index)]));
    const resumed = new AdaptiveSearch(space, { seed: 5 });
    const tried = [...stored.keys()];
    let batch = resumed.resume(stored);
    expect(batch.length).toBe(9);
    while (tried.length < 120) {
      for (const index of batch) {
        tried.push(index);
        resumed.tell(index, score(index));
      }
      batch = resumed.next();
    }
    expect(tried.slice(0, 120)).toEqual(whole.slice(0, 120));
  });

  it('ends when everything was tried', () => {
    const small = spaceOf({ x: '0..9', mode: 'all' }, { constraints: ['x > 2'] });
    const adaptive = new AdaptiveSearch(small, { seed: 1, startup: 5, batch: 4 });
    const tried: number[] = [];
    for (;;) {
      const batch = adaptive.next();
      if (batch.length === 0) break;
      for (const index of batch) {
        tried.push(index);
        // Undefined and unbounded scores are no reason to stop.
        adaptive.tell(index, index % 3 === 0 ? Number.NaN : index % 3 === 1 ? -Infinity : index);
      }
    }
    expect(new Set(tried).size).toBe(28);
  });
});

import { Random } from '../backtest/random.ts';
import type { Space } from './space.ts';

const ROUNDS = 6;

/**
 * A seeded order of the numbers 0 to `size` - 1 in which each stands once, computed place by place: a
 * Feistel network over the next power of four, walked along its cycle until it comes back into the range
 * (Black and Rogaway, Ciphers with Arbitrary Finite Domains, CT-RSA 2002). It mixes; it hides nothing.
 */
export class Shuffle {
  private readonly size: number;
  private readonly half: number;
  private readonly keys: Uint32Array;

  /** @param size from 1 to 2^53 - 1 */
  constructor(size: number, seed: number) {
    this.size = size;
    let bits = 1;
    while (4 ** bits < size) bits += 1;
    this.half = 2 ** bits;
    const random = new Random(seed);
    this.keys = Uint32Array.from({ length: ROUNDS }, () => random.uint32());
  }

  /** The number at a place, 0 <= place < size. */
  at(place: number): number {
    let value = place;
    do value = this.mix(value);
    while (value >= this.size);
    return value;
  }

  private mix(value: number): number {
    const { half } = this;
    let right = value % half;
    let left = (value - right) / half;
    for (const key of this.keys) {
      const next = (left ^ (scramble(right, key) & (half - 1))) >>> 0;
      left = right;
      right = next;
    }
    return left * half + right;
  }
}

/** The finaliser of MurmurHash3 (Appleby) over half a number and a key. */
function scramble(value: number, key: number): number {
  let z = (value ^ key) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/**
 * Numbers of `count` combinations of the space that pass its constraints, drawn without repetition; all
 * of them when there are fewer.
 * @throws RenataError BAD_INPUT when none passes
 */
export function sampleCombinations(space: Space, count: number, seed: number): Float64Array {
  const shuffle = new Shuffle(space.size, seed);
  const codes = new Float64Array(space.dimensions.length);
  const wanted = Math.min(count, space.size);
  const drawn = new Float64Array(wanted);
  let found = 0;
  for (let place = 0; place < space.size && found < wanted; place += 1) {
    const index = shuffle.at(place);
    if (!space.read(index, codes)) continue;
    drawn[found] = index;
    found += 1;
  }
  if (found === 0) throw space.nothingPasses();
  return drawn.slice(0, found);
}

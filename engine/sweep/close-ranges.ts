/** Bars of a block: 2 ** BLOCK_SHIFT. */
const BLOCK_SHIFT = 4;
const BLOCK_MASK = (1 << BLOCK_SHIFT) - 1;

/**
 * Highest and lowest close of any stretch of bars, and its deepest fall as a share of the peak before
 * it, without walking over the stretch. The three combine: of two neighbouring stretches the fall is the
 * deepest of both and of the later low against the earlier high.
 *
 * Each bar keeps the figures from it to the end of its block and from the beginning of its block to it;
 * over the blocks stands a disjoint sparse table, which holds for each level the figures outwards from
 * the middle of every group of 2, 4, 8, … blocks, so that a range of blocks is two entries. Memory is
 * 48 bytes a bar and 24 bytes a block and level.
 */
export class CloseRanges {
  /** Results of `find`. */
  highest = Number.NaN;
  lowest = Number.NaN;
  /** Least value of a later close over an earlier one, 1 where nothing falls. */
  fall = Number.NaN;
  private readonly close: Float64Array;
  /** For each bar: high, low and fall to the end of its block, then from the block's beginning. */
  private readonly edges: Float64Array;
  /** For each level and block: high, low, fall. Level 0 holds the blocks themselves. */
  private readonly levels: Float64Array;
  private readonly blocks: number;

  /** @param close finite prices above 0 */
  constructor(close: Float64Array) {
    this.close = close;
    const length = close.length;
    this.edges = new Float64Array(length * 6);
    this.blocks = (length + BLOCK_MASK) >> BLOCK_SHIFT;
    const depth = this.blocks > 1 ? 32 - Math.clz32(this.blocks - 1) : 0;
    this.levels = new Float64Array((depth + 1) * this.blocks * 3);
    this.fillEdges();
    for (let level = 1; level <= depth; level += 1) this.fillLevel(level);
  }

  /** Finds the figures of bars `from` to `to`, both inclusive. */
  find(from: number, to: number): void {
    const first = from >> BLOCK_SHIFT;
    const last = to >> BLOCK_SHIFT;
    if (first === last) {
      this.walk(from, to);
      return;
    }
    const { edges, levels } = this;
    const a = from * 6;
    const b = to * 6 + 3;
    let highest = edges[a] as number;
    let lowest = edges[a + 1] as number;
    let fall = edges[a + 2] as number;
    if (last - first > 1) {
      const left = first + 1;
      const right = last - 1;
      // The highest bit in which they differ is the level whose middle lies between them.
      const base = left === right ? 0 : (32 - Math.clz32(left ^ right)) * this.blocks;
      for (let k = left === right ? 1 : 0; k < 2; k += 1) {
        const at = (base + (k === 0 ? left : right)) * 3;
        const high = levels[at] as number;
        const low = levels[at + 1] as number;
        const inside = levels[at + 2] as number;
        if (inside < fall) fall = inside;
        if (low < fall * highest) fall = low / highest;
        if (high > highest) highest = high;
        if (low < lowest) lowest = low;
      }
    }
    const high = edges[b] as number;
    const low = edges[b + 1] as number;
    const inside = edges[b + 2] as number;
    if (inside < fall) fall = inside;
    if (low < fall * highest) fall = low / highest;
    this.highest = high > highest ? high : highest;
    this.lowest = low < lowest ? low : lowest;
    this.fall = fall;
  }

  private walk(from: number, to: number): void {
    const { close } = this;
    let highest = close[from] as number;
    let lowest = highest;
    let fall = 1;
    for (let i = from + 1; i <= to; i += 1) {
      const price = close[i] as number;
      if (price > highest) highest = price;
      else if (price < fall * highest) fall = price / highest;
      if (price < lowest) lowest = price;
    }
    this.highest = highest;
    this.lowest = lowest;
    this.fall = fall;
  }

  private fillEdges(): void {
    const { close, edges, levels } = this;
    for (let block = 0; block < this.blocks; block += 1) {
      const begin = block << BLOCK_SHIFT;
      const end = Math.min(begin + BLOCK_MASK, close.length - 1);
      let highest = -Infinity;
      let lowest = Infinity;
      let fall = 1;
      for (let i = end; i >= begin; i -= 1) {
        const price = close[i] as number;
        if (lowest / price < fall) fall = lowest / price;
        if (price > highest) highest = price;
        if (price < lowest) lowest = price;
        put(edges, i * 6, highest, lowest, fall);
      }
      put(levels, block * 3, highest, lowest, fall);
      highest = -Infinity;
      lowest = Infinity;
      fall = 1;
      for (let i = begin; i <= end; i += 1) {
        const price = close[i] as number;
        if (price / highest < fall && highest > 0) fall = price / highest;
        if (price > highest) highest = price;
        if (price < lowest) lowest = price;
        put(edges, i * 6 + 3, highest, lowest, fall);
      }
    }
  }

  /** Groups of 2 ** level blocks: from the middle down to the group's beginning and up to its end. */
  private fillLevel(level: number): void {
    const { levels, blocks } = this;
    const half = 1 << (level - 1);
    const base = level * blocks;
    for (let middle = half; middle < blocks; middle += half * 2) {
      let highest = -Infinity;
      let lowest = Infinity;
      let fall = 1;
      for (let block = middle - 1; block >= middle - half; block -= 1) {
        const high = levels[block * 3] as number;
        const low = levels[block * 3 + 1] as number;
        fall = Math.min(fall, levels[block * 3 + 2] as number, lowest / high);
        if (high > highest) highest = high;
        if (low < lowest) lowest = low;
        put(levels, (base + block) * 3, highest, lowest, fall);
      }
      highest = -Infinity;
      lowest = Infinity;
      fall = 1;
      const end = Math.min(middle + half, blocks);
      for (let block = middle; block < end; block += 1) {
        const high = levels[block * 3] as number;
        const low = levels[block * 3 + 1] as number;
        fall = Math.min(fall, levels[block * 3 + 2] as number);
        if (highest > 0) fall = Math.min(fall, low / highest);
        if (high > highest) highest = high;
        if (low < lowest) lowest = low;
        put(levels, (base + block) * 3, highest, lowest, fall);
      }
    }
  }
}

function put(table: Float64Array, at: number, highest: number, lowest: number, fall: number): void {
  table[at] = highest;
  table[at + 1] = lowest;
  table[at + 2] = fall;
}

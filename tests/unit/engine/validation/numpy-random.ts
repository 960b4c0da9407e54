/**
 * The normal numbers of NumPy's `RandomState(seed)`: MT19937 of Matsumoto and Nishimura (1998) and the polar
 * method as NumPy has it. Published figures for NumPy's samples can be checked with it.
 */
export class NumpyRandom {
  private readonly state = new Uint32Array(624);
  private next = 624;
  private held: number | undefined;

  constructor(seed: number) {
    this.state[0] = seed;
    for (let i = 1; i < 624; i += 1) {
      const before = this.state[i - 1] ?? 0;
      this.state[i] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + i;
    }
  }

  private uint32(): number {
    if (this.next === 624) this.twist();
    let y = this.state[this.next] ?? 0;
    this.next += 1;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let i = 0; i < 624; i += 1) {
      const y = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % 624] ?? 0) & 0x7fffffff);
      state[i] = (state[(i + 397) % 624] ?? 0) ^ (y >>> 1) ^ ((y & 1) === 0 ? 0 : 0x9908b0df);
    }
    this.next = 0;
  }

  private uniform(): number {
    const a = this.uint32() >>> 5;
    const b = this.uint32() >>> 6;
    return (a * 67_108_864 + b) / 9_007_199_254_740_992;
  }

  normal(): number {
    if (this.held !== undefined) {
      const value = this.held;
      this.held = undefined;
      return value;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const r = x * x + y * y;
      if (r >= 1 || r === 0) continue;
      const f = Math.sqrt((-2 * Math.log(r)) / r);
      this.held = f * x;
      return f * y;
    }
  }
}

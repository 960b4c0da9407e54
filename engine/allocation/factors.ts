import { dotAt } from './matrix.ts';

/**
 * The factors of an active set, after Goldfarb and Idnani: J with J J' = G⁻¹ and the upper triangle R with
 * J' N = [R; 0], where the columns of N are the gradients of the active constraints. Column k of J is kept
 * as row k of `j`, and column k of R as row k of `r`.
 */
export class ActiveFactors {
  readonly size: number;
  readonly j: Float64Array;
  readonly r: Float64Array;
  count = 0;
  private readonly image: Float64Array;

  /** @param inverse the inverse of the lower Cholesky triangle of G; it becomes J */
  constructor(inverse: Float64Array, size: number) {
    this.size = size;
    this.j = inverse;
    this.r = new Float64Array(size * size);
    this.image = new Float64Array(size);
  }

  /** d = J' n of a dense gradient. */
  imageOf(gradient: Float64Array, d: Float64Array): void {
    const n = this.size;
    for (let k = 0; k < n; k += 1) d[k] = dotAt(this.j, k * n, gradient, 0, n);
  }

  /** d = J' n of a gradient with one entry. */
  imageOfUnit(index: number, sign: number, d: Float64Array): void {
    const n = this.size;
    for (let k = 0; k < n; k += 1) d[k] = sign * (this.j[k * n + index] as number);
  }

  /** z = J2 d2: the step of x that keeps the active constraints. */
  primalStep(d: Float64Array, z: Float64Array): void {
    this.combine(d, this.count, z);
  }

  /** R⁻¹ of the first entries of d. */
  dualStep(d: Float64Array, step: Float64Array): void {
    const n = this.size;
    const q = this.count;
    for (let i = 0; i < q; i += 1) step[i] = d[i] as number;
    for (let i = q - 1; i >= 0; i -= 1) {
      const value = (step[i] as number) / (this.r[i * n + i] as number);
      step[i] = value;
      for (let k = 0; k < i; k += 1) {
        step[k] = (step[k] as number) - (this.r[i * n + k] as number) * value;
      }
    }
  }

  /** R⁻ᵀ of the first entries of b, in place. */
  solveTransposed(b: Float64Array): void {
    const n = this.size;
    for (let i = 0; i < this.count; i += 1) {
      b[i] = ((b[i] as number) - dotAt(this.r, i * n, b, 0, i)) / (this.r[i * n + i] as number);
    }
  }

  /** Sum of the columns of J from `from` on, times the entries of d. */
  combine(d: Float64Array, from: number, z: Float64Array): void {
    const n = this.size;
    z.fill(0);
    for (let k = from; k < n; k += 1) {
      const factor = d[k] as number;
      if (factor === 0) continue;
      const at = k * n;
      for (let i = 0; i < n; i += 1) z[i] = (z[i] as number) + factor * (this.j[at + i] as number);
    }
  }

  /** Takes in the constraint whose image is d and whose primal step is z = J2 d2. */
  add(d: Float64Array, z: Float64Array): void {
    const n = this.size;
    const q = this.count;
    let squares = 0;
    for (let k = q; k < n; k += 1) squares += (d[k] as number) ** 2;
    const head = d[q] as number;
    // One Householder reflection takes d2 to (corner, 0, …, 0).
    const corner = head > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    const first = head - corner;
    const beta = 1 / (squares - corner * head);
    const turned = this.image;
    for (let i = 0; i < n; i += 1) {
      turned[i] = (z[i] as number) - corner * (this.j[q * n + i] as number);
    }
    if (Number.isFinite(beta)) {
      for (let k = q; k < n; k += 1) {
        const factor = beta * (k === q ? first : (d[k] as number));
        if (factor === 0) continue;
        const at = k * n;
        for (let i = 0; i < n; i += 1) {
          this.j[at + i] = (this.j[at + i] as number) - factor * (turned[i] as number);
        }
      }
    }
    for (let k = 0; k < q; k += 1) this.r[q * n + k] = d[k] as number;
    this.r[q * n + q] = corner;
    this.count = q + 1;
  }

  /** Lets go of the active constraint at a position; those after it move up by one. */
  drop(position: number): void {
    const n = this.size;
    const last = this.count - 1;
    for (let k = position; k < last; k += 1) {
      for (let i = 0; i <= k + 1; i += 1) this.r[k * n + i] = this.r[(k + 1) * n + i] as number;
    }
    this.count = last;
    for (let k = position; k < last; k += 1) {
      const a = this.r[k * n + k] as number;
      const b = this.r[k * n + k + 1] as number;
      const length = Math.hypot(a, b);
      if (length === 0) continue;
      const c = a / length;
      const s = b / length;
      for (let column = k; column < last; column += 1) turn(this.r, column * n + k, 1, c, s, 1);
      this.r[k * n + k + 1] = 0;
      turn(this.j, k * n, n, c, s, n);
    }
  }
}

/** Rotates `count` pairs: the numbers from `at` on with those `gap` further. */
function turn(
  values: Float64Array,
  at: number,
  gap: number,
  c: number,
  s: number,
  count: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const first = values[at + i] as number;
    const second = values[at + gap + i] as number;
    values[at + i] = c * first + s * second;
    values[at + gap + i] = c * second - s * first;
  }
}

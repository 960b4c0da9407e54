/**
 * Dense linear algebra of the size that portfolios have. A symmetric matrix of `n` rows is a
 * Float64Array of n × n numbers, row by row.
 */

/** Sum of products of `count` numbers from two places. */
export function dotAt(
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  count: number,
): number {
  let even = 0;
  let odd = 0;
  let i = 0;
  // Two sums run side by side: half the wait for each addition.
  for (; i + 1 < count; i += 2) {
    even += (a[fromA + i] as number) * (b[fromB + i] as number);
    odd += (a[fromA + i + 1] as number) * (b[fromB + i + 1] as number);
  }
  if (i < count) even += (a[fromA + i] as number) * (b[fromB + i] as number);
  return even + odd;
}

export function dot(a: Float64Array, b: Float64Array): number {
  return dotAt(a, 0, b, 0, a.length);
}

export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] as number;
  return sum;
}

/** Matrix times vector. */
export function timesVector(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  const product = new Float64Array(matrix.length / n);
  for (let i = 0; i < product.length; i += 1) product[i] = dotAt(matrix, i * n, vector, 0, n);
  return product;
}

/** x' M x. */
export function quadraticForm(matrix: Float64Array, x: Float64Array): number {
  return dot(x, timesVector(matrix, x));
}

/**
 * Lower triangle L of a symmetric matrix M = L L'.
 * @returns null when a pivot is not above `tolerance` times its diagonal entry: M is not (safely) positive definite
 */
export function cholesky(matrix: Float64Array, n: number, tolerance = 0): Float64Array | null {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const rest = (matrix[i * n + j] as number) - dotAt(lower, i * n, lower, j * n, j);
      lower[i * n + j] = rest / (lower[j * n + j] as number);
    }
    const diagonal = matrix[i * n + i] as number;
    const pivot = diagonal - dotAt(lower, i * n, lower, i * n, i);
    if (!(pivot > tolerance * diagonal) || !(pivot > 0)) return null;
    lower[i * n + i] = Math.sqrt(pivot);
  }
  return lower;
}

/** The x of L L' x = b. */
export function solveCholesky(lower: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i += 1) {
    x[i] = ((x[i] as number) - dotAt(lower, i * n, x, 0, i)) / (lower[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    const value = (x[i] as number) / (lower[i * n + i] as number);
    x[i] = value;
    for (let k = 0; k < i; k += 1) x[k] = (x[k] as number) - (lower[i * n + k] as number) * value;
  }
  return x;
}

/** Inverse of a lower triangle, itself lower. */
export function invertLower(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    const scale = 1 / (lower[i * n + i] as number);
    for (let k = 0; k < i; k += 1) {
      const factor = -(lower[i * n + k] as number) * scale;
      if (factor === 0) continue;
      for (let j = 0; j <= k; j += 1) {
        inverse[i * n + j] =
          (inverse[i * n + j] as number) + factor * (inverse[k * n + j] as number);
      }
    }
    inverse[i * n + i] = scale;
  }
  return inverse;
}

/**
 * Inverse of a square matrix by Gauss-Jordan elimination with row pivoting.
 * @returns null when it is singular to working precision
 */
export function invertSquare(matrix: Float64Array, n: number): Float64Array | null {
  const work = Float64Array.from(matrix);
  const inverse = new Float64Array(n * n);
  let largest = 0;
  for (const value of work) largest = Math.max(largest, Math.abs(value));
  for (let i = 0; i < n; i += 1) inverse[i * n + i] = 1;
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < n; row += 1) {
      const better = Math.abs(work[row * n + column] as number);
      if (better > Math.abs(work[pivot * n + column] as number)) pivot = row;
    }
    if (!(Math.abs(work[pivot * n + column] as number) > 1e-14 * largest)) return null;
    if (pivot !== column) {
      swapRows(work, n, pivot, column);
      swapRows(inverse, n, pivot, column);
    }
    const scale = 1 / (work[column * n + column] as number);
    scaleRow(work, n, column, scale);
    scaleRow(inverse, n, column, scale);
    for (let row = 0; row < n; row += 1) {
      const factor = work[row * n + column] as number;
      if (row === column || factor === 0) continue;
      subtractRow(work, n, row, column, factor);
      subtractRow(inverse, n, row, column, factor);
    }
  }
  return inverse;
}

function swapRows(matrix: Float64Array, n: number, a: number, b: number): void {
  for (let j = 0; j < n; j += 1) {
    const kept = matrix[a * n + j] as number;
    matrix[a * n + j] = matrix[b * n + j] as number;
    matrix[b * n + j] = kept;
  }
}

function scaleRow(matrix: Float64Array, n: number, row: number, scale: number): void {
  for (let j = 0; j < n; j += 1) matrix[row * n + j] = (matrix[row * n + j] as number) * scale;
}

function subtractRow(
  matrix: Float64Array,
  n: number,
  row: number,
  other: number,
  factor: number,
): void {
  for (let j = 0; j < n; j += 1) {
    matrix[row * n + j] =
      (matrix[row * n + j] as number) - factor * (matrix[other * n + j] as number);
  }
}

export interface Eigen {
  /** In the order of the vectors, not sorted. */
  readonly values: Float64Array;
  /** Row k is the vector of value k, of length 1. */
  readonly vectors: Float64Array;
}

/** Eigenvalues and vectors of a symmetric matrix by Jacobi's rotations, sweep after sweep. */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) vectors[i * n + i] = 1;
  const whole = Math.sqrt(dot(a, a));
  for (let sweep = 0; sweep < 60; sweep += 1) {
    let off = 0;
    for (let p = 0; p < n; p += 1) {
      for (let q = p + 1; q < n; q += 1) off += (a[p * n + q] as number) ** 2;
    }
    if (Math.sqrt(2 * off) <= 1e-15 * whole) break;
    for (let p = 0; p < n; p += 1) {
      for (let q = p + 1; q < n; q += 1) rotatePair(a, vectors, n, p, q);
    }
  }
  const values = new Float64Array(n);
  for (let i = 0; i < n; i += 1) values[i] = a[i * n + i] as number;
  return { values, vectors };
}

/** Turns the plane of p and q so that the entry between them becomes 0. */
function rotatePair(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const between = a[p * n + q] as number;
  if (between === 0) return;
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * between);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k += 1) {
    const first = a[k * n + p] as number;
    const second = a[k * n + q] as number;
    a[k * n + p] = c * first - s * second;
    a[k * n + q] = s * first + c * second;
  }
  for (const rows of [a, vectors]) {
    for (let k = 0; k < n; k += 1) {
      const first = rows[p * n + k] as number;
      const second = rows[q * n + k] as number;
      rows[p * n + k] = c * first - s * second;
      rows[q * n + k] = s * first + c * second;
    }
  }
}

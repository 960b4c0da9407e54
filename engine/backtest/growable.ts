/** Typed columns that grow by doubling: recording allocates nothing per row. */
export class GrowableFloats {
  private data: Float64Array;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new Float64Array(this.data.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length] = value;
    this.length += 1;
  }

  get(index: number): number {
    return this.data[index] as number;
  }

  set(index: number, value: number): void {
    this.data[index] = value;
  }

  /** A copy of the rows that were pushed. */
  toArray(): Float64Array {
    return this.data.slice(0, this.length);
  }

  /** The rows themselves, until the next one is pushed. */
  rows(): Float64Array {
    return this.data.subarray(0, this.length);
  }
}

/** The same for whole numbers of 32 bits. */
export class GrowableInts {
  private data: Int32Array;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new Int32Array(this.data.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length] = value;
    this.length += 1;
  }

  get(index: number): number {
    return this.data[index] as number;
  }

  set(index: number, value: number): void {
    this.data[index] = value;
  }

  /** A copy of the rows that were pushed. */
  toArray(): Int32Array {
    return this.data.slice(0, this.length);
  }

  /** The rows themselves, until the next one is pushed. */
  rows(): Int32Array {
    return this.data.subarray(0, this.length);
  }
}

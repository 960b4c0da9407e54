/** Keeps computed columns up to a number of bytes; what was used longest ago goes first. */
export class ColumnCache {
  private readonly kept = new Map<string, Float64Array>();
  private readonly capBytes: number;
  /** In use. */
  bytes = 0;

  constructor(capBytes: number) {
    this.capBytes = capBytes;
  }

  get(key: string, make: () => Float64Array): Float64Array {
    const known = this.kept.get(key);
    if (known !== undefined) {
      // A map keeps the order of insertion: put again, it is the newest.
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    const made = make();
    this.kept.set(key, made);
    this.bytes += made.byteLength;
    for (const [oldest, column] of this.kept) {
      if (this.bytes <= this.capBytes || oldest === key) break;
      this.kept.delete(oldest);
      this.bytes -= column.byteLength;
    }
    return made;
  }
}

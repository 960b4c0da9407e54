/** One that calls over some carrier, for as long as it is there. */
export class Caller {
  readonly #ends = new Set<() => void>();
  #gone = false;

  /**
   * Calls back once it is gone; at once where it is already.
   * @returns the function that takes it back
   */
  onGone(end: () => void): () => void {
    if (this.#gone) {
      end();
      return () => undefined;
    }
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  leave(): void {
    this.#gone = true;
    for (const end of this.#ends) end();
    this.#ends.clear();
  }
}

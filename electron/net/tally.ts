/** Counted one by one in the log up to here, and then each thousandth: a storm must not fill the disk. */
const SINGLY = 20;
const EACH = 1000;

/** Counts what goes wrong again and again. */
export class Tally {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @returns whether this one is to be logged */
  add(): boolean {
    this.#count += 1;
    return this.#count <= SINGLY || this.#count % EACH === 0;
  }
}

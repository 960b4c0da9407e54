/** Who wants to hear of something. */
export class Listeners<Value> {
  readonly #all = new Set<(value: Value) => void>();
  readonly #onFault: (error: unknown) => void;

  /** @param onFault a listener has thrown */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** @returns what ends it */
  on(listener: (value: Value) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  /**
   * Tells all of them. A defect in one must not keep the others from hearing it, nor end the process from
   * inside of a socket's callback.
   */
  tell(value: Value): void {
    for (const listener of this.#all) {
      try {
        listener(value);
      } catch (error) {
        this.#onFault(error);
      }
    }
  }
}

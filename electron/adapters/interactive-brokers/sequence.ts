/** Runs tasks one after the other, at once where nothing waits; a task may have to ask TWS first. */
export class Sequence {
  readonly #onFailure: (error: unknown) => void;
  readonly #waiting: (() => void | Promise<void>)[] = [];
  #running: Promise<void> | null = null;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  push(task: () => void | Promise<void>): void {
    if (this.#running !== null) {
      this.#waiting.push(task);
      return;
    }
    const rest = this.#run(task);
    if (rest !== null) this.#running = this.#drain(rest);
  }

  /** Settles when all that was pushed before has run. */
  async idle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.push(resolve);
    await promise;
  }

  #run(task: () => void | Promise<void>): Promise<void> | null {
    try {
      const rest = task();
      return rest instanceof Promise ? rest.catch(this.#onFailure) : null;
    } catch (error) {
      this.#onFailure(error);
      return null;
    }
  }

  async #drain(first: Promise<void>): Promise<void> {
    await first;
    for (;;) {
      const task = this.#waiting.shift();
      if (task === undefined) break;
      await this.#run(task);
    }
    this.#running = null;
  }
}

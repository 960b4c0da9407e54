import { unixMillis, type UnixMillis } from '../../engine/domain/time.ts';
import type { Clock } from '../../engine/ports/clock.ts';

/** A clock that stands still until it is told. */
export class FakeClock implements Clock {
  #now: number;
  readonly #start: number;
  #timers: { at: number; run: () => void; id: number }[] = [];
  #nextId = 0;

  constructor(start = Date.UTC(2024, 0, 2, 15, 0)) {
    this.#now = start;
    this.#start = start;
  }

  now(): UnixMillis {
    return unixMillis(this.#now);
  }

  elapsed(): number {
    return this.#now - this.#start;
  }

  after(milliseconds: number, run: () => void): () => void {
    const id = (this.#nextId += 1);
    this.#timers.push({ at: this.#now + Math.max(0, milliseconds), run, id });
    return () => {
      this.#timers = this.#timers.filter((timer) => timer.id !== id);
    };
  }

  /** Lets time pass; timers run in their order, and what they start gets its turn between them. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await settle();
    for (;;) {
      const next = this.#timers
        .filter(({ at }) => at <= until)
        .toSorted((a, b) => a.at - b.at || a.id - b.id)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = until;
    await settle();
  }
}

/** Lets everything that needs no timer come to rest. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) {
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    await promise;
  }
}

/** Milliseconds between two looks at the clocks. */
export const TICK = 500;
/** A look that comes so much too late tells that this process did not run either: the machine slept. */
const SLEPT = 3000;
/** What the main process has, after a sleep, to come to itself. */
const GRACE = 15_000;

export interface Clocks {
  /** Milliseconds from any fixed start; stands still while some systems sleep. */
  readonly elapsed: number;
  /** Time of day; it jumps over a sleep, and when it is set. */
  readonly wall: number;
}

/**
 * Decides when silence has lasted too long. Only time in which this process ran itself counts: in a sleep
 * of the machine nobody can beat.
 */
export class Judge {
  #limit: number;
  #last: Clocks;
  #silent = 0;
  #grace = 0;
  #exposed = false;
  #armed = false;
  #tripped = false;

  constructor(now: Clocks) {
    this.#limit = Number.POSITIVE_INFINITY;
    this.#last = now;
  }

  get tripped(): boolean {
    return this.#tripped;
  }

  /** Begins anew with another limit; with none, nothing is watched. */
  arm(limit: number | null, now: Clocks): void {
    this.#armed = limit !== null;
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#tripped = false;
    this.#silent = 0;
    this.#grace = 0;
    this.#last = now;
  }

  beat(exposed: boolean): void {
    this.#exposed = exposed;
    this.#silent = 0;
    this.#grace = 0;
  }

  /** @returns whether it is time to act; true once */
  tick(now: Clocks): boolean {
    const step = Math.max(0, now.elapsed - this.#last.elapsed);
    const jump = Math.max(step, now.wall - this.#last.wall);
    this.#last = now;
    if (jump > TICK + SLEPT) {
      this.#silent += TICK;
      this.#grace = GRACE;
    } else {
      this.#silent += step;
    }
    return this.#silent >= this.#limit + this.#grace && this.#trip();
  }

  /** The main process has gone without a goodbye. @returns whether it is time to act; true once */
  died(): boolean {
    return this.#trip();
  }

  #trip(): boolean {
    if (this.#tripped || !this.#armed || !this.#exposed) return false;
    this.#tripped = true;
    return true;
  }
}

import type { Clock } from '../../../engine/ports/clock.ts';

/** Between two measurements while nothing asks for one. */
export const MEASURE_EVERY = 10 * 60_000;

/**
 * The clock of Binance. Signed requests carry its time and are refused when it is off. It is counted on from
 * the last measurement by a clock that never jumps, so that a change of this computer's time does not matter.
 */
export class ServerTime {
  readonly #clock: Clock;
  #measured: { readonly server: number; readonly elapsed: number } | undefined;
  #sent = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds by the clock of Binance; that of this computer before the first measurement. */
  now(): number {
    const measured = this.#measured;
    if (measured === undefined) return this.#clock.now();
    return Math.floor(measured.server + this.#clock.elapsed() - measured.elapsed);
  }

  /** By how much its clock is ahead of ours; 0 before the first measurement. */
  get offset(): number {
    return this.#measured === undefined ? 0 : this.now() - this.#clock.now();
  }

  /** Milliseconds since the last measurement. */
  get age(): number {
    const measured = this.#measured;
    return measured === undefined
      ? Number.POSITIVE_INFINITY
      : this.#clock.elapsed() - measured.elapsed;
  }

  /** The question for the time leaves now. */
  asked(): void {
    this.#sent = this.#clock.elapsed();
  }

  /** The answer has come; it was made half of the way ago. */
  told(serverTime: number): void {
    const elapsed = this.#clock.elapsed();
    this.#measured = { server: serverTime + (elapsed - this.#sent) / 2, elapsed };
  }
}

import { RenataError, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CodeFailure } from '../../../engine/domain/twin.ts';
import type { PortfolioAnswer, PortfolioInput } from '../../../engine/live/portfolio-code.ts';
import { ScriptedPortfolio } from '../../../engine/live/portfolio-script.ts';
import type { PortfolioAtWork } from './code-thread.ts';

/**
 * The mind of a run of several instruments whose strategy is code: it thinks elsewhere, and the run's own
 * books do what it did. Every input goes to it before the run takes it.
 */
export class PortfolioMind {
  /** What the run's core has for a strategy. */
  readonly script = new ScriptedPortfolio();
  readonly #work: PortfolioAtWork;
  #ended: ErrorPayload | null = null;
  #failed: CodeFailure | null = null;
  #moments = 0;

  constructor(work: PortfolioAtWork) {
    this.#work = work;
  }

  /** Why it decides nothing any more; null while it does. */
  get ended(): ErrorPayload | null {
    return this.#ended;
  }

  /** Where it has ended, for its twin. */
  get failed(): CodeFailure | null {
    return this.#failed;
  }

  /** @throws RenataError the reason for which it has ended */
  requireAlive(): void {
    if (this.#ended !== null) throw RenataError.fromPayload(this.#ended);
  }

  /** Thinks about an input that the run is about to take. @returns what it did; null once it has ended */
  async hear(input: PortfolioInput): Promise<PortfolioAnswer | null> {
    if (this.#ended !== null) return null;
    const answer = await this.#work.hear(input);
    if (answer.ended === null) {
      this.#count(input);
      this.script.add(answer.calls);
    } else this.end(input, answer.calls, answer.ended);
    return answer;
  }

  /** A slot that the run has released: nothing is thought about it. */
  release(instrument: number, slot: number): void {
    if (this.#ended === null) void this.#work.hear({ kind: 'release', instrument, slot });
  }

  /** It has ended with an input, of which it had done this much; it is not tried again. */
  end(input: PortfolioInput, calls: PortfolioAnswer['calls'], why: ErrorPayload): void {
    this.#count(input);
    this.#failed = { bar: this.#moments - 1, on: input.kind === 'event' ? 'order' : 'bar' };
    this.script.add(calls);
    this.script.end();
    this.#ended = why;
    void this.close();
  }

  async close(): Promise<void> {
    await this.#work.close();
  }

  #count(input: PortfolioInput): void {
    if (input.kind === 'moments') this.#moments += input.moments.length;
  }
}

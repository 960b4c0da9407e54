import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { PortfolioAnswer, PortfolioInput } from '../../../engine/live/portfolio-code.ts';
import { ScriptedPortfolio } from '../../../engine/live/portfolio-script.ts';

/** A strategy of several instruments in code, at work somewhere, told its inputs one after the other. */
export interface PortfolioCodeAtWork {
  /** What it did with an input. It never fails: a strategy that cannot go on has ended. */
  hear(input: PortfolioInput): Promise<PortfolioAnswer>;
  close(): Promise<void>;
}

/**
 * The mind of a run of several instruments whose strategy is code: it thinks elsewhere, and the run's own
 * books do what it did. Every input goes to it before the run takes it.
 */
export class PortfolioMind {
  /** What the run's core has for a strategy. */
  readonly script = new ScriptedPortfolio();
  readonly #work: PortfolioCodeAtWork;
  #ended: ErrorPayload | null = null;

  constructor(work: PortfolioCodeAtWork) {
    this.#work = work;
  }

  /** Why it decides nothing any more; null while it does. */
  get ended(): ErrorPayload | null {
    return this.#ended;
  }

  /** Thinks about an input that the run is about to take. @returns what it did; null once it has ended */
  async hear(input: PortfolioInput): Promise<PortfolioAnswer | null> {
    if (this.#ended !== null) return null;
    const answer = await this.#work.hear(input);
    if (answer.ended === null) this.script.add(answer.calls);
    else this.end(answer.calls, answer.ended);
    return answer;
  }

  /** A slot that the run has released: nothing is thought about it. */
  release(instrument: number, slot: number): void {
    if (this.#ended === null) void this.#work.hear({ kind: 'release', instrument, slot });
  }

  /** It has ended with an input, of which it had done this much; it is not tried again. */
  end(calls: PortfolioAnswer['calls'], why: ErrorPayload): void {
    this.script.add(calls);
    this.script.end();
    this.#ended = why;
    void this.close();
  }

  async close(): Promise<void> {
    await this.#work.close();
  }
}

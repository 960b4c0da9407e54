import { RenataError, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import type { CodeFailure } from '../../../engine/domain/twin.ts';
import type { AnyCall, CodeAnswer, CodeInput, LiveInput } from '../../../engine/live/code.ts';
import type { CodeAtWork } from './code-thread.ts';
import type { Ended } from './written.ts';

export interface CodeSource {
  readonly id: string;
  /** Its name in messages. */
  readonly file: string;
  /** JavaScript: types have been taken out. */
  readonly code: string;
  readonly parameters: readonly Parameter[];
}

/** What a run's own books have for a strategy: it does what was done elsewhere. */
interface Script {
  add(calls: readonly AnyCall[]): void;
  /** After the calls that are known there are no others. */
  end(): void;
}

/**
 * The mind of a run whose strategy is code: it thinks elsewhere, and the run's own books do what it did.
 * Every input goes to it before the run takes it. Once it has ended the run decides nothing more.
 */
export class CodeMind {
  readonly source: CodeSource;
  readonly #work: CodeAtWork;
  readonly #script: Script;
  #ended: ErrorPayload | null = null;
  #failed: CodeFailure | null = null;
  #moments = 0;

  constructor(source: CodeSource, work: CodeAtWork, script: Script) {
    this.source = source;
    this.#work = work;
    this.#script = script;
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
  async hear(input: LiveInput): Promise<CodeAnswer | null> {
    if (this.#ended !== null) return null;
    const answer = await this.#work.hear(input);
    if (answer.ended === null) {
      this.#count(input);
      this.#script.add(answer.calls);
    } else this.end(input, { calls: answer.calls, why: answer.ended });
    return answer;
  }

  /** A slot that the run has released: nothing is thought about it. */
  release(input: CodeInput & { readonly kind: 'release' }): void {
    if (this.#ended === null) void this.#work.hear(input);
  }

  /** It has ended with an input, of which it had done this much; it is not tried again. */
  end(input: LiveInput, { calls, why }: Ended): void {
    this.#count(input);
    this.#failed = { bar: this.#moments - 1, on: input.kind === 'event' ? 'order' : 'bar' };
    this.#script.add(calls);
    this.#script.end();
    this.#ended = why;
    void this.close();
  }

  async close(): Promise<void> {
    await this.#work.close();
  }

  #count(input: LiveInput): void {
    if (input.kind === 'moments') this.#moments += input.moments.length;
  }
}

import { messageOf } from '../../../engine/domain/errors.ts';
import type { Encoder } from '@stoqey/ib/dist/core/io/encoder.js';
import type { Clock } from '../../../engine/ports/clock.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Priority } from '../../net/rate-gate.ts';
import { isNote, refusal } from './codes.ts';
import { FIRST_REQUEST_ID } from './order-ids.ts';

export interface Question<Answer> {
  /** For messages: "the open orders". */
  readonly what: string;
  readonly priority: Priority;
  readonly timeout?: number;
  /** Set for questions whose answers carry no number: one of each lane is asked at a time. */
  readonly lane?: string;
  readonly send: (encoder: Encoder, id: number) => void;
  /** Called with what comes for it; anything but undefined is the answer. */
  readonly take: (name: string, args: readonly unknown[]) => Answer | undefined;
  /** What an error of TWS means where it is an answer too. */
  readonly failed?: (code: number, text: string) => Answer | undefined;
  /** Sent when the answer is not wanted any more, and after it has come where it would go on. */
  readonly cancel?: (encoder: Encoder, id: number) => void;
  readonly cancelAfter?: boolean;
  readonly signal?: { readonly aborted: boolean; onAbort(run: () => void): () => void };
}

interface Pending {
  readonly question: Question<unknown>;
  readonly finish: (answer: unknown) => void;
  readonly fail: (error: Error) => void;
}

export interface RequestsOptions {
  readonly clock: Clock;
  readonly timeout: number;
  readonly send: (priority: Priority, make: (encoder: Encoder) => void) => Promise<void>;
}

/** Questions to TWS and their answers, by number or, where TWS numbers none, one at a time. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #lanes = new Map<string, Promise<unknown>>();
  #next = FIRST_REQUEST_ID;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  nextId(): number {
    this.#next = this.#next >= 2_147_000_000 ? FIRST_REQUEST_ID : this.#next + 1;
    return this.#next;
  }

  /** @throws VenueError when TWS refuses, does not answer or goes away */
  async ask<Answer>(question: Question<Answer>): Promise<Answer> {
    const { lane } = question;
    if (lane === undefined) return this.#ask(question);
    const before = this.#lanes.get(lane) ?? Promise.resolve();
    const turn = before.then(
      () => this.#ask(question),
      () => this.#ask(question),
    );
    this.#lanes.set(lane, turn);
    return turn;
  }

  async #ask<Answer>(question: Question<Answer>): Promise<Answer> {
    const id = this.nextId();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    // Nobody listens yet when the connection ends while the question waits for its turn.
    promise.catch(() => undefined);
    const endings: (() => void)[] = [];
    const end = (): void => {
      this.#pending.delete(id);
      for (const ending of endings) ending();
    };
    const pending: Pending = {
      question: question,
      finish: (answer) => {
        end();
        resolve(answer as Answer);
        if (question.cancelAfter === true) this.#cancel(question, id);
      },
      fail: (error) => {
        end();
        reject(error);
      },
    };
    this.#pending.set(id, pending);
    try {
      await this.#options.send(question.priority, (encoder) => question.send(encoder, id));
    } catch (error) {
      pending.fail(error instanceof Error ? error : new Error(String(error)));
      return promise;
    }
    if (this.#pending.get(id) !== pending) return promise;
    const give = (error: Error): void => {
      pending.fail(error);
      this.#cancel(question, id);
    };
    const { timeout = this.#options.timeout, what, signal } = question;
    endings.push(
      this.#options.clock.after(timeout, () =>
        give(
          new VenueError('unknown', `Interactive Brokers did not answer about ${what} in time.`),
        ),
      ),
    );
    if (signal !== undefined) {
      const stop = (): void => give(new VenueError('not-sent', `No longer wanted: ${what}.`));
      if (signal.aborted) stop();
      else endings.push(signal.onAbort(stop));
    }
    return promise;
  }

  #cancel(question: Question<never> | Question<unknown>, id: number): void {
    const { cancel, priority } = question;
    if (cancel === undefined) return;
    this.#options.send(priority, (encoder) => cancel(encoder, id)).catch(() => undefined);
  }

  /** @returns whether a question wanted it by its number */
  event(name: string, args: readonly unknown[]): boolean {
    const [id] = args;
    const numbered = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (numbered !== undefined && numbered.question.lane === undefined) {
      this.#offer(numbered, name, args);
      return true;
    }
    for (const pending of this.#pending.values()) {
      if (pending.question.lane !== undefined) this.#offer(pending, name, args);
    }
    return false;
  }

  /** @returns whether the message belonged to a question */
  message(id: number, code: number, text: string): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    const answer = pending.question.failed?.(code, text);
    if (answer !== undefined) pending.finish(answer);
    else if (!isNote(code, text)) pending.fail(refusal(code, text));
    return true;
  }

  /** Fails all that is open: the connection has ended. */
  drop(reason: string): void {
    for (const pending of this.#pending.values()) pending.fail(new VenueError('unknown', reason));
  }

  #offer(pending: Pending, name: string, args: readonly unknown[]): void {
    let answer: unknown;
    try {
      answer = pending.question.take(name, args);
    } catch (error) {
      const why = messageOf(error);
      pending.fail(
        error instanceof VenueError
          ? error
          : new VenueError(
              'unknown',
              `An answer about ${pending.question.what} was malformed: ${why}`,
            ),
      );
      return;
    }
    if (answer !== undefined) pending.finish(answer);
  }
}

import type { Clock } from '../../../engine/ports/clock.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';

export type Asked = 'submit' | 'amend' | 'cancel' | 'what-if';

interface Waiting {
  readonly asked: Asked;
  readonly settle: (value: unknown) => void;
  readonly fail: (error: VenueError) => void;
  /** What TWS said that may, or may not, be a refusal. */
  said: VenueError | null;
}

/**
 * Requests about orders that wait for TWS's first word on them. No word in time means that nothing is
 * known of them: they are asked for later, and never sent again.
 */
export class OrderAnswers {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #waiting = new Map<number, Waiting>();

  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  /** @throws VenueError */
  wait<Answer>(orderId: number, asked: Asked): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    promise.catch(() => undefined);
    const end = (): void => {
      cancel();
      if (this.#waiting.get(orderId) === waiting) this.#waiting.delete(orderId);
    };
    const waiting: Waiting = {
      asked,
      said: null,
      settle: (value) => {
        end();
        resolve(value as Answer);
      },
      fail: (error) => {
        end();
        reject(error);
      },
    };
    this.#waiting
      .get(orderId)
      ?.fail(new VenueError('unknown', 'Another request for the order came before the answer.'));
    this.#waiting.set(orderId, waiting);
    const cancel = this.#clock.after(this.#timeout, () => {
      const said = waiting.said === null ? '' : ` It said: ${waiting.said.message}`;
      waiting.fail(
        new VenueError(
          'unknown',
          `Interactive Brokers did not say in time what became of it.${said}`,
          {
            code: waiting.said?.code ?? '',
          },
        ),
      );
    });
    return promise;
  }

  asked(orderId: number): Asked | null {
    return this.#waiting.get(orderId)?.asked ?? null;
  }

  settle(orderId: number, value: unknown): void {
    this.#waiting.get(orderId)?.settle(value);
  }

  fail(orderId: number, error: VenueError): void {
    this.#waiting.get(orderId)?.fail(error);
  }

  note(orderId: number, error: VenueError): void {
    const waiting = this.#waiting.get(orderId);
    if (waiting !== undefined) waiting.said = error;
  }

  said(orderId: number): VenueError | null {
    return this.#waiting.get(orderId)?.said ?? null;
  }

  drop(reason: string): void {
    for (const waiting of this.#waiting.values()) waiting.fail(new VenueError('unknown', reason));
  }
}

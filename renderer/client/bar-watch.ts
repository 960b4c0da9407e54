import type { CallOutput, EventPayload } from '../../engine/protocol/contract.ts';
import { toErrorPayload, type ErrorPayload } from '../../engine/domain/errors.ts';
import type { Client } from './client.ts';

export interface BarTarget {
  readonly instrument: string;
  readonly timeframe: string;
  /** Start of the first closed bar that is wanted; the newest ones when null. */
  readonly from: number | null;
}

export type BarAnswer = CallOutput<'market.watchBars'>;
export type BarEvent = EventPayload<'market.bars'>['charts'][number];

export interface BarHearer {
  readonly onAnswer: (answer: BarAnswer) => void;
  readonly onBars: (news: BarEvent) => void;
  readonly onFailure: (error: ErrorPayload) => void;
}

/** Follows the bars of one instrument and timeframe, across lost connections of the window too. */
export class BarWatch {
  readonly #client: Pick<Client, 'call' | 'on' | 'onState'>;
  readonly #target: BarTarget;
  readonly #hearer: BarHearer;
  readonly #endings: (() => void)[];
  #watchId: string | undefined;
  /** Calls come one after another: an end never overtakes its beginning. */
  #work: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(
    client: Pick<Client, 'call' | 'on' | 'onState'>,
    target: BarTarget,
    hearer: BarHearer,
  ) {
    this.#client = client;
    this.#target = target;
    this.#hearer = hearer;
    let open = false;
    this.#endings = [
      client.on('market.bars', ({ charts }) => {
        for (const news of charts) {
          const own = news.instrument === target.instrument && news.timeframe === target.timeframe;
          if (own && !this.#ended) hearer.onBars(news);
        }
      }),
      client.onState((state) => {
        // A workstation that was started again does not know the watch.
        if (state === 'ended') this.#watchId = undefined;
        if (state === 'open' && !open) this.ask();
        open = state === 'open';
      }),
    ];
  }

  /** Asks for all bars anew. */
  ask(): void {
    this.#work = this.#work.then(async () => {
      if (this.#ended) return;
      const before = this.#watchId;
      this.#watchId = undefined;
      // First, so that a replay that has begun again is not told by what knew the one before.
      if (before !== undefined) await this.#unwatch(before);
      try {
        const answer = await this.#client.call('market.watchBars', { ...this.#target });
        this.#watchId = answer.watchId;
        if (!this.#isOver()) this.#hearer.onAnswer(answer);
      } catch (error) {
        if (!this.#isOver()) this.#hearer.onFailure(toErrorPayload(error));
      }
    });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const end of this.#endings) end();
    this.#work = this.#work.then(async () => {
      const id = this.#watchId;
      this.#watchId = undefined;
      if (id !== undefined) await this.#unwatch(id);
    });
  }

  #isOver(): boolean {
    return this.#ended;
  }

  async #unwatch(watchId: string): Promise<void> {
    // One that cannot be ended has ended with the session.
    await this.#client.call('market.unwatch', { watchId }).catch(() => undefined);
  }
}

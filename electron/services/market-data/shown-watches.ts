import { RenataError } from '../../../engine/domain/errors.ts';
import type { Watch } from './types.ts';

/** Hears once that whoever asked is gone. @returns the function that takes it back */
export type OnGone = (end: () => void) => () => void;

const MOST = 2000;

/** Watches that callers have asked for, each ended by its name or with its caller. */
export class ShownWatches {
  readonly #watches = new Map<string, { readonly watch: Watch; readonly takeBack: () => void }>();
  #next = 1;

  /** @throws RenataError CONFLICT when there are too many; nothing is begun then */
  async begin<Begun extends Watch>(
    begin: () => Promise<Begun>,
    onGone: OnGone,
  ): Promise<{ readonly watchId: string; readonly watch: Begun }> {
    if (this.#watches.size >= MOST) {
      throw new RenataError('CONFLICT', `There are ${MOST} watches already; end some first.`);
    }
    const watch = await begin();
    const watchId = `W${this.#next}`;
    this.#next += 1;
    const known = { watch, takeBack: (): void => undefined };
    this.#watches.set(watchId, known);
    // A caller that has gone meanwhile ends it at once.
    known.takeBack = onGone(() => this.end(watchId));
    return { watchId, watch };
  }

  /** One that is not there has ended already. */
  end(watchId: string): void {
    const known = this.#watches.get(watchId);
    if (known === undefined) return;
    this.#watches.delete(watchId);
    known.takeBack();
    known.watch.end();
  }
}

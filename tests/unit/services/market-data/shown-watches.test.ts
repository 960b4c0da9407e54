import { describe, expect, it } from 'vitest';
import { Caller } from '../../../../electron/ipc/caller.ts';
import { ShownWatches } from '../../../../electron/services/market-data/shown-watches.ts';

/** Watches that note their ends, for callers of their own. */
function open() {
  const watches = new ShownWatches();
  const ended: string[] = [];
  const begin = (id: string, caller = new Caller()) =>
    watches.begin(
      async () => ({ id, end: () => ended.push(id) }),
      (end) => caller.onGone(end),
    );
  return { watches, ended, begin };
}

describe('watches that callers have asked for', () => {
  it('end by their name, once', async () => {
    const { watches, ended, begin } = open();
    const caller = new Caller();
    const { watchId } = await begin('a', caller);
    watches.end(watchId);
    watches.end(watchId);
    caller.leave();
    expect(ended).toEqual(['a']);
  });

  it('end with their caller, and those of others do not', async () => {
    const { ended, begin } = open();
    const [one, two] = [new Caller(), new Caller()];
    await begin('a', one);
    await begin('b', two);
    await begin('c', one);
    one.leave();
    expect(ended).toEqual(['a', 'c']);
    two.leave();
    expect(ended).toEqual(['a', 'c', 'b']);
  });

  it('end at once when the caller has gone while they began', async () => {
    const { ended, begin } = open();
    const caller = new Caller();
    caller.leave();
    await begin('a', caller);
    expect(ended).toEqual(['a']);
  });

  it('are so many at most; what is refused is not begun, and an end makes room', async () => {
    const { watches, ended, begin } = open();
    const caller = new Caller();
    const first = await begin('first', caller);
    for (let i = 1; i < 2000; i += 1) await begin(`w${i}`, caller);
    let begun = false;
    const late = watches.begin(
      async () => {
        begun = true;
        return { id: 'late', end: () => undefined };
      },
      () => () => undefined,
    );
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(begun).toBe(false);
    watches.end(first.watchId);
    await begin('next');
    caller.leave();
    expect(ended).toHaveLength(2000);
  });
});

import { describe, expect, it } from 'vitest';
import { RateGate, type Priority } from '../../../electron/net/rate-gate.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const MINUTE = 60_000;

interface AskOptions {
  readonly cost?: number;
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

/** A gate whose grants are written down with the second in which they came. */
function gateOf(
  requests: number,
  keptForOrders = 0,
): {
  readonly clock: FakeClock;
  readonly gate: RateGate;
  readonly granted: string[];
  readonly ask: (name: string, priority: Priority, options?: AskOptions) => void;
} {
  const clock = new FakeClock();
  const gate = new RateGate(clock, [{ what: 'requests', requests, perMilliseconds: MINUTE }], {
    keptForOrders,
  });
  const granted: string[] = [];
  const ask = (name: string, priority: Priority, options: AskOptions = {}): void => {
    gate.take(priority, options).then(
      () => granted.push(`${name} ${clock.elapsed() / 1000}`),
      (error: Error) => granted.push(`${name} failed ${clock.elapsed() / 1000}: ${error.message}`),
    );
  };
  return { clock, gate, granted, ask };
}

const many = (count: number, of: (i: number) => void): void => {
  for (let i = 0; i < count; i += 1) of(i);
};

describe('the rate gate', () => {
  it('grants no more in any period than its limit, and the rest as the period goes on', async () => {
    const { clock, granted, ask } = gateOf(3);
    many(2, (i) => ask(`a${i}`, 'query'));
    await clock.pass(10_000);
    many(3, (i) => ask(`b${i}`, 'query'));
    await clock.pass(MINUTE);
    // Two at 0 s, one at 10 s; the others when those of 0 s are a minute old.
    expect(granted).toEqual(['a0 0', 'a1 0', 'b0 10', 'b1 60', 'b2 60']);
  });

  it('lets orders go first, then questions, then history', async () => {
    const { clock, granted, ask } = gateOf(1);
    ask('first', 'history');
    ask('history', 'history');
    ask('question', 'query');
    ask('order', 'order');
    await clock.pass(3 * MINUTE);
    expect(granted).toEqual(['first 0', 'order 60', 'question 120', 'history 180']);
  });

  it('without a kept part, an order waits until the questions before it are a minute old', async () => {
    const { clock, granted, ask } = gateOf(8);
    many(8, (i) => ask(`q${i}`, 'query'));
    ask('order', 'order');
    await clock.pass(MINUTE);
    expect(granted.at(-1)).toBe('order 60');
  });

  it('keeps a part for orders, however many questions wait', async () => {
    const { clock, granted, ask } = gateOf(8, 0.25);
    many(20, (i) => ask(`q${i}`, 'query'));
    await settle();
    // 8 less a quarter.
    expect(granted).toEqual(['q0 0', 'q1 0', 'q2 0', 'q3 0', 'q4 0', 'q5 0']);
    ask('o0', 'order');
    ask('o1', 'order');
    ask('o2', 'order');
    await settle();
    // All 8 of the limit are used now: the third order waits, and goes before every question.
    expect(granted.slice(6)).toEqual(['o0 0', 'o1 0']);
    await clock.pass(MINUTE);
    expect(granted[8]).toBe('o2 60');
    // Of the six that everything else may use, one is taken by the order.
    expect(granted.slice(9)).toEqual(['q6 60', 'q7 60', 'q8 60', 'q9 60', 'q10 60']);
  });

  it('lets orders use the whole limit, and questions through in the end', async () => {
    const { clock, granted, ask } = gateOf(4, 0.5);
    many(4, (i) => ask(`o${i}`, 'order'));
    ask('q', 'query');
    await settle();
    expect(granted).toHaveLength(4);
    await clock.pass(MINUTE);
    expect(granted.at(-1)).toBe('q 60');
  });

  it('answers questions also where the whole limit is one, or all of it is kept', async () => {
    for (const [requests, kept] of [
      [1, 0.9],
      [5, 1],
    ] as const) {
      const { granted, ask } = gateOf(requests, kept);
      ask('q', 'query');
      await settle();
      expect(granted).toEqual(['q 0']);
    }
  });

  it('lets what is dearer than the whole limit go alone', async () => {
    const { clock, granted, ask } = gateOf(4, 0.5);
    ask('o', 'order');
    ask('dear', 'query', { cost: 10 });
    ask('after', 'query');
    await clock.pass(3 * MINUTE);
    expect(granted).toEqual(['o 0', 'dear 60', 'after 120']);
  });

  it('lets orders through while it is held, and nothing while it is paused', async () => {
    const { clock, gate, granted, ask } = gateOf(100);
    gate.hold(30_000);
    ask('q', 'query');
    ask('h', 'history');
    ask('o0', 'order');
    await settle();
    expect(granted).toEqual(['o0 0']);
    gate.pause(20_000);
    ask('o1', 'order');
    await clock.pass(30_000);
    expect(granted).toEqual(['o0 0', 'o1 20', 'q 30', 'h 30']);
  });

  it('fails what has waited too long as not sent, and lets what stood behind it go', async () => {
    const { clock, granted, ask } = gateOf(4);
    many(2, (i) => ask(`a${i}`, 'query'));
    // Needs the whole limit, so it holds up what is cheap.
    ask('dear', 'query', { cost: 4, patience: 5000 });
    ask('cheap', 'query');
    await clock.pass(4000);
    expect(granted).toHaveLength(2);
    await clock.pass(1000);
    expect(granted.slice(2).toSorted()).toEqual([
      'cheap 5',
      'dear failed 5: The rate limit of the venue left no room for the request in time.',
    ]);
  });

  it('forgets what is cancelled while it waits, and takes nothing that was cancelled before', async () => {
    const { clock, granted, ask } = gateOf(2);
    const [early, late, gone] = [
      new AbortController(),
      new AbortController(),
      new AbortController(),
    ];
    gone.abort();
    ask('gone', 'query', { signal: gone.signal });
    ask('a', 'query', { signal: early.signal });
    ask('b', 'query');
    ask('history', 'history', { signal: late.signal });
    ask('c', 'history');
    await clock.pass(1000);
    // What was let through is not called back.
    early.abort();
    late.abort();
    await clock.pass(MINUTE);
    expect(granted.toSorted()).toEqual([
      'a 0',
      'b 0',
      'c 60',
      'gone failed 0: The request was cancelled before it was sent.',
      'history failed 1: The request was cancelled before it was sent.',
    ]);
  });

  it('fails everything that waits when it is closed', async () => {
    const { clock, gate, granted, ask } = gateOf(1);
    ask('a', 'query');
    ask('b', 'query');
    ask('c', 'order');
    gate.close('The venue was disconnected.');
    await clock.pass(5 * MINUTE);
    expect(granted.toSorted()).toEqual([
      'a 0',
      'b failed 0: The venue was disconnected.',
      'c failed 0: The venue was disconnected.',
    ]);
  });
});

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, describe, expect, it } from 'vitest';
import { add, negate, ZERO, type Decimal } from '../../engine/domain/decimal.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import { Exchange, isLive, leftOf } from '../support/exchange.ts';
import type { ToChild, ToParent } from './order-crash-child.ts';

/** Kills in each data directory, and directories. */
const KILLS = Number(process.env['RENATA_KILLS'] ?? 50);
const FOLDERS = 4;
const SPEED = 100;
/** Compiled once for all processes. */
const CACHE = mkdtempSync(join(tmpdir(), 'renata-crash-cache-'));
afterAll(() => rmSync(CACHE, { recursive: true, force: true, maxRetries: 5 }));

/** Numbers that only look random: a run can be had again. */
function drawsOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Told = Extract<ToParent, { kind: 'told' }>;

/** The exchange, its market, and the processes that trade there one after the other. */
class Venue {
  readonly exchange: Exchange;
  readonly clock: Clock;
  /** How many orders, changes and cancellations were given in all. */
  acted = 0;
  readonly #folder: string;
  readonly #draw: (below: number) => number;

  constructor(folder: string, seed: number) {
    this.#folder = folder;
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) * SPEED;
    this.clock = {
      now: () => unixMillis(Math.floor(Date.UTC(2024, 0, 2, 15) + elapsed())),
      elapsed,
      after: (milliseconds, run) => {
        const timer = setTimeout(run, milliseconds / SPEED);
        return () => clearTimeout(timer);
      },
    };
    this.exchange = new Exchange(this.clock);
    this.#draw = drawsOf(seed);
  }

  /** Runs a process until it has acted so often, and so long after; then it is killed. */
  async drive(seed: number): Promise<void> {
    const after = this.#draw(12);
    const delay = this.#draw(9);
    const { child, gone } = this.#start('drive', seed);
    let count = 0;
    child.on('message', (message: ToParent) => {
      if (message.kind !== 'acted') return;
      this.acted += 1;
      count += 1;
      this.#market();
      if (count === after + 1) setTimeout(() => child.kill('SIGKILL'), delay);
    });
    await gone;
  }

  async recover(): Promise<Told> {
    const { child, gone } = this.#start('recover', 0);
    const { promise, resolve, reject } = Promise.withResolvers<Told>();
    child.on('message', (message: ToParent) => {
      if (message.kind === 'told') resolve(message);
    });
    void gone.then(() => reject(new Error('the process that recovers has ended')));
    const told = await promise;
    child.kill('SIGKILL');
    await gone;
    return told;
  }

  #start(task: string, seed: number) {
    const child = fork(
      join(import.meta.dirname, 'order-crash-child.ts'),
      [this.#folder, task, String(seed), String(this.clock.now())],
      {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        serialization: 'advanced',
        env: { ...process.env, NODE_COMPILE_CACHE: CACHE },
      },
    );
    const tell = (message: ToChild): void => {
      if (child.connected) child.send(message, () => undefined);
    };
    const end = this.exchange.onReport((report) => tell({ kind: 'report', report }));
    child.on('message', (message: ToParent) => {
      if (message.kind === 'call') void this.#answer(message, tell);
    });
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    child.on('exit', () => {
      end();
      resolve();
    });
    return { child, gone };
  }

  async #answer(
    { id, method, args }: Extract<ToParent, { kind: 'call' }>,
    tell: (message: ToChild) => void,
  ): Promise<void> {
    // Some requests take long, some lose their answer, some never arrive.
    const changes = ['submit', 'amend', 'cancel'].includes(method);
    const kind = this.#draw(20);
    if (changes && kind === 0) this.exchange.faults.push('lost-before');
    if (changes && kind === 1) this.exchange.faults.push('lost-after');
    if (changes && kind === 2) this.exchange.faults.push('slow');
    try {
      const work = this.exchange[method as 'submit'] as (...all: unknown[]) => Promise<unknown>;
      tell({ kind: 'answer', id, value: await work.apply(this.exchange, args) });
    } catch (error) {
      const { failure, message } =
        error instanceof VenueError ? error : new VenueError('unknown', String(error));
      tell({ kind: 'failure', id, failure, message });
    }
  }

  /** Now and then an order is filled, or ended by the venue. */
  #market(): void {
    const live = this.exchange.orders.flatMap((order, i) => (isLive(order) ? [i] : []));
    const at = live[this.#draw(Math.max(1, live.length))];
    const order = at === undefined ? undefined : this.exchange.orders[at];
    if (at === undefined || order === undefined) return;
    const what = this.#draw(4);
    if (what <= 1) {
      const part = Math.min(Number(leftOf(order)), 1 + this.#draw(40));
      this.exchange.fill(at, String(part), '99');
    } else if (what === 2 && this.#draw(5) === 0) this.exchange.end(at, 'expired');
  }
}

const WORDS = {
  accepted: 'Accepted',
  'partially-filled': 'PartiallyFilled',
  filled: 'Filled',
  canceled: 'Canceled',
  expired: 'Expired',
} as Readonly<Record<string, string>>;

// Processes spend most of their time starting; the directories have nothing to do with each other.
describe.concurrent('orders of a process that is killed', () => {
  it.for(Array.from({ length: FOLDERS }, (_, n) => n + 1))(
    `are none lost, doubled or wrong after ${KILLS} kills (%i)`,
    { timeout: 1_200_000 },
    // The context's own clean-up: the global one is hung on whichever test was started last.
    async (run, { onTestFinished }) => {
      const folder = mkdtempSync(join(tmpdir(), 'renata-crash-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
      const venue = new Venue(folder, run * 7919);
      for (let n = 0; n < KILLS; n += 1) await venue.drive(run * 1000 + n);
      const told = await venue.recover();
      const { exchange } = venue;
      const sent = exchange.received
        .filter((what) => what.startsWith('submit '))
        .map((what) => what.slice(7));
      expect(venue.acted).toBeGreaterThan(KILLS * 3);
      expect(exchange.orders.length).toBeGreaterThan(KILLS);
      expect(exchange.trades.length).toBeGreaterThan(KILLS / 2);
      expect(new Set(sent).size).toBe(sent.length);
      const known = told.orders as {
        id: string;
        state: string;
        quantity: string;
        filled: string;
        reason: string;
      }[];
      const byId = new Map(known.map((order) => [order.id, order]));
      expect(byId.size).toBe(known.length);
      const missing = exchange.orders.filter(({ intent }) => !byId.has(intent.clientOrderId));
      expect(missing.map(({ intent, terms }) => [intent, terms])).toEqual([]);
      for (const order of exchange.orders) {
        const ended = order.status === 'canceled' || order.status === 'expired';
        const ours = byId.get(order.intent.clientOrderId);
        // An enlargement that arrived late, of an order that then ended: what we knew of it is filled.
        const whole = ended && ours?.quantity === order.filled;
        expect(ours).toMatchObject({
          state: whole ? expect.stringMatching(/Filled|Canceled|Expired/) : WORDS[order.status],
          filled: order.filled,
          ...(ended ? {} : { quantity: order.terms.quantity }),
        });
        byId.delete(order.intent.clientOrderId);
      }
      // What is left never came to the venue, and is known not to work.
      expect(
        [...byId.values()].filter(
          ({ state, reason }) =>
            state !== 'Denied' &&
            state !== 'Rejected' &&
            !(state === 'Canceled' && reason === 'Cancelled before it was sent.'),
        ),
      ).toEqual([]);
      expect(told.fills.toSorted()).toEqual(
        exchange.trades.map(({ tradeId }) => tradeId).toSorted(),
      );
      let held: Decimal = ZERO;
      for (const { side, quantity } of exchange.trades)
        held = add(held, side === 'buy' ? quantity : negate(quantity));
      expect(told.held).toBe(held);
      // A change that arrives after the venue was asked for the order shows only in too large a fill.
      const cases = told.cases as { venueSays: string }[];
      expect(cases.filter(({ venueSays }) => venueSays !== 'filled (overfill)')).toEqual([]);
      expect(told.chain).toMatchObject({ fault: null });
    },
  );
});

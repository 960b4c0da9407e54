import { describe, expect, it } from 'vitest';
import {
  AccountSession,
  type AccountStream,
  type AccountStreamEvents,
} from '../../../electron/net/account-session.ts';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import { accountId } from '../../../engine/domain/identifiers.ts';
import type { VenueAccount } from '../../../engine/ports/execution-client.ts';
import { VenueError, type VenueFailure } from '../../../engine/ports/venue-error.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

/** A stream of which the test says what happens to it. */
class FakeStream implements AccountStream {
  readonly events: AccountStreamEvents;
  readonly done: string[] = [];

  constructor(events: AccountStreamEvents) {
    this.events = events;
  }

  start(): void {
    this.done.push('start');
  }

  restart(reason: string): void {
    this.done.push(`restart: ${reason}`);
  }

  close(): void {
    this.done.push('close');
  }
}

/** A venue whose answers come when the test gives them. */
class FakeSession extends AccountSession<string> {
  readonly clock: FakeClock;
  readonly logs: string[];
  readonly streams: FakeStream[] = [];
  readonly questions: PromiseWithResolvers<string>[] = [];
  readonly told: string[] = [];
  readonly phases: string[] = [];
  ends = 0;

  constructor(clock = new FakeClock(), logs: string[] = []) {
    super('Venue', 'paper', {
      clock,
      random: () => 1,
      log: (_level: string, message: string, facts: object) =>
        logs.push(`${message} ${JSON.stringify(facts)}`),
    } as unknown as AdapterContext);
    this.clock = clock;
    this.logs = logs;
    this.tracker.on(({ phase }) => {
      if (this.phases.at(-1) !== phase) this.phases.push(phase);
    });
  }

  get now(): string {
    return this.phase;
  }

  get stream(): FakeStream {
    return this.streams.at(-1) as FakeStream;
  }

  get ordersWork(): boolean | undefined {
    return this.tracker.state.parts.find(({ name }) => name === 'orders')?.working;
  }

  /** Answers the oldest question that waits. */
  async answer(account = 'A1'): Promise<void> {
    this.questions.shift()?.resolve(account);
    await settle();
  }

  async refuse(failure: VenueFailure, message = 'It does not work.'): Promise<void> {
    this.questions.shift()?.reject(new VenueError(failure, message));
    await settle();
  }

  /** Connects, up to ready. */
  async ready(): Promise<void> {
    const connected = this.connect();
    await settle();
    await this.answer();
    this.stream.events.onUp();
    await settle();
    await this.answer();
    await connected;
  }

  protected override get hopeless(): ReadonlySet<VenueFailure> {
    return new Set<VenueFailure>(['unauthorized']);
  }

  protected override ask(): Promise<string> {
    const question = Promise.withResolvers<string>();
    this.questions.push(question);
    return question.promise;
  }

  protected override accountOf(told: string): VenueAccount {
    return { id: accountId(told), live: false, currency: 'USD', name: 'Venue paper' };
  }

  protected override accountTold(told: string): void {
    // Whoever is told may ask for the account.
    this.told.push(`${told} ${this.known().id}`);
  }

  protected override openStream(events: AccountStreamEvents): AccountStream {
    const stream = new FakeStream(events);
    this.streams.push(stream);
    return stream;
  }

  protected override ended(): void {
    this.ends += 1;
  }
}

describe('the connection of an account', () => {
  it('is ready when the stream tells of orders and the account was asked for after that', async () => {
    const session = new FakeSession();
    const connected = session.connect();
    await settle();
    expect(session.ordersWork).toBe(false);
    await session.answer();
    expect(session.stream.done).toEqual(['start']);
    expect(session.now).toBe('connecting');
    session.stream.events.onUp();
    await settle();
    expect(session.now).toBe('synchronizing');
    expect(session.ordersWork).toBe(false);
    await session.answer();
    await connected;
    expect(session.tracker.state).toMatchObject({
      phase: 'ready',
      message: 'Connected to Venue, paper account A1.',
    });
    expect(session.ordersWork).toBe(true);
    expect(session.told).toEqual(['A1 A1', 'A1 A1']);
  });

  it('blocks orders while the stream is down, and asks for the account again', async () => {
    const session = new FakeSession();
    await session.ready();
    session.stream.events.onDown('gone', 500);
    expect(session.tracker.state).toMatchObject({
      phase: 'reconnecting',
      message: 'The stream of orders from Venue ended: gone.',
    });
    expect(session.ordersWork).toBe(false);
    session.stream.events.onUp();
    await settle();
    await session.answer();
    expect(session.now).toBe('ready');
    expect(session.ordersWork).toBe(true);
  });

  it('takes another connection when the account does not answer after a reconnection', async () => {
    const session = new FakeSession();
    await session.ready();
    session.stream.events.onUp();
    await settle();
    await session.refuse('unknown', 'Venue failed (500).');
    expect(session.stream.done.at(-1)).toBe('restart: Venue failed (500).');
    expect(session.now).toBe('synchronizing');
  });

  it('waits for the answer of the present connection, not for that of one before', async () => {
    const session = new FakeSession();
    await session.ready();
    session.stream.events.onUp();
    await settle();
    session.stream.events.onDown('gone', 10);
    session.stream.events.onUp();
    await settle();
    await session.answer();
    expect(session.now).toBe('synchronizing');
    await session.answer();
    expect(session.now).toBe('ready');
    // Nor does a late failure of the earlier one end the present one.
    session.stream.events.onUp();
    await settle();
    session.stream.events.onUp();
    await settle();
    await session.refuse('unknown');
    await session.answer();
    expect(session.now).toBe('ready');
    expect(session.stream.done).toEqual(['start']);
  });

  it('tries again with growing waits while the venue does not answer', async () => {
    const session = new FakeSession();
    const connected = session.connect();
    await settle();
    await session.refuse('unknown');
    // `connect` leaves the rest to the state.
    await connected;
    expect(session.now).toBe('reconnecting');
    for (const wait of [1000, 2000, 4000]) {
      await session.clock.pass(wait - 1);
      expect(session.questions).toHaveLength(0);
      await session.clock.pass(1);
      expect(session.questions).toHaveLength(1);
      await session.refuse('unknown');
    }
    await session.clock.pass(8000);
    await session.answer();
    expect(session.stream.done).toEqual(['start']);
  });

  it('returns from connecting after a while, also when nothing answers', async () => {
    const session = new FakeSession();
    let returned = false;
    void session.connect().then(() => {
      returned = true;
    });
    await session.clock.pass(14_999);
    expect(returned).toBe(false);
    await session.clock.pass(1);
    expect(returned).toBe(true);
    expect(session.now).toBe('connecting');
  });

  it('leaves wrong keys to the user, and tries them again when it is told to', async () => {
    const session = new FakeSession();
    const connected = session.connect();
    const failed = expect(connected).rejects.toMatchObject({
      failure: 'unauthorized',
      message: 'Wrong keys.',
    });
    await settle();
    await session.refuse('unauthorized', 'Wrong keys.');
    await failed;
    await session.clock.pass(3_600_000);
    expect(session.questions).toHaveLength(0);
    await session.ready();
    expect(session.now).toBe('ready');
    session.stream.events.onRefused('The keys were taken back.');
    expect(session.tracker.state).toMatchObject({
      phase: 'needs-user',
      message: 'The keys were taken back.',
    });
    expect(session.ordersWork).toBe(false);
    expect(session.stream.done).toEqual(['start', 'close']);
  });

  it('opens one stream when it is ended and begun again before the account has answered', async () => {
    const session = new FakeSession();
    void session.connect();
    await settle();
    await session.disconnect();
    void session.connect();
    await settle();
    expect(session.questions).toHaveLength(2);
    await session.answer('OLD');
    await session.answer('NEW');
    expect(session.streams).toHaveLength(1);
    expect(session.stream.done).toEqual(['start']);
    session.stream.events.onUp();
    await settle();
    await session.answer('NEW');
    expect(session.now).toBe('ready');
  });

  it('does not come back after it was ended', async () => {
    const session = new FakeSession();
    void session.connect();
    await settle();
    await session.refuse('unknown');
    await session.disconnect();
    await session.clock.pass(3_600_000);
    expect(session.questions).toHaveLength(0);
    expect(session.now).toBe('disconnected');
    expect(session.ends).toBe(1);
    // An answer that comes late changes nothing either.
    await session.ready();
    session.stream.events.onUp();
    await settle();
    await session.disconnect();
    await session.answer();
    expect(session.now).toBe('disconnected');
    expect(session.ordersWork).toBe(false);
  });

  it('refuses orders before it is connected, after it was ended, and for other accounts', async () => {
    const session = new FakeSession();
    const failure = (account: string): string => {
      try {
        session.check(accountId(account));
        return '';
      } catch (error) {
        expect(error).toMatchObject({ failure: 'not-sent' });
        return (error as Error).message;
      }
    };
    expect(failure('A1')).toBe('Venue is not connected.');
    await session.ready();
    expect(failure('A1')).toBe('');
    expect(failure('A2')).toBe('These keys are of the account A1, not A2.');
    await session.disconnect();
    expect(failure('A1')).toBe('Venue is not connected.');
  });
});

describe('messages that cannot be read', () => {
  it('make it ready anew, once in five seconds at most', async () => {
    const session = new FakeSession();
    await session.ready();
    for (let i = 0; i < 3; i += 1) session.onMalformed('an order');
    await session.clock.pass(0);
    expect(session.now).toBe('synchronizing');
    expect(session.questions).toHaveLength(1);
    await session.answer();
    expect(session.now).toBe('ready');
    session.onMalformed('an order');
    await session.clock.pass(4999);
    expect(session.now).toBe('ready');
    await session.clock.pass(1);
    expect(session.now).toBe('synchronizing');
    expect(session.malformed).toBe(4);
  });

  it('do so also after a connection that ended while one of them waited to be compared', async () => {
    const session = new FakeSession();
    await session.ready();
    session.onMalformed('an order');
    await session.clock.pass(0);
    await session.answer();
    session.onMalformed('an order');
    await session.disconnect();
    await session.ready();
    session.onMalformed('an order');
    await session.clock.pass(5000);
    expect(session.now).toBe('synchronizing');
    await session.answer();
    expect(session.now).toBe('ready');
  });

  it('are not all written into the log', async () => {
    const session = new FakeSession();
    await session.ready();
    for (let i = 0; i < 2500; i += 1) session.onMalformed('an order');
    expect(session.malformed).toBe(2500);
    // Twenty by themselves, then each thousandth.
    expect(session.logs).toHaveLength(22);
    expect(session.logs.at(-1)).toBe(
      'Venue sent a message that cannot be read. {"problem":"an order","count":2000}',
    );
  });
});

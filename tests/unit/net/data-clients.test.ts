import { describe, expect, it } from 'vitest';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import { DataClient } from '../../../electron/net/data-client.ts';
import {
  StreamedDataClient,
  type PriceStream,
} from '../../../electron/net/streamed-data-client.ts';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const AAPL = instrumentId('AAPL', 'XNAS');

function contextOf(clock: FakeClock, logs: string[]): AdapterContext {
  const log = (level: string, message: string, facts: object): void => {
    logs.push(`${level} ${message} ${JSON.stringify(facts)}`);
  };
  return { clock, random: () => 1, log } as unknown as AdapterContext;
}

class Source extends DataClient {
  declare tell: (batch: readonly MarketDatum[]) => void;
  declare tellGap: (instrument: null, from: number, to: number, reason: string) => void;
}

const quote = (time: number): MarketDatum => ({
  kind: 'quote',
  instrument: AAPL,
  venueTime: time as MarketDatum['venueTime'],
  receivedTime: time as MarketDatum['receivedTime'],
  bid: 1,
  ask: 2,
  bidSize: 3,
  askSize: 4,
});

describe('a source of prices', () => {
  it('tells prices and gaps to those who listen, and nothing of nothing', () => {
    const source = new Source(contextOf(new FakeClock(), []));
    const heard: unknown[] = [];
    const end = source.onData((batch) => heard.push(batch.length));
    source.onGap(({ instrument, from, to, reason }) => heard.push([instrument, from, to, reason]));
    source.tell([]);
    source.tell([quote(1), quote(2)]);
    source.tellGap(null, 5, 9, 'It was away.');
    end();
    source.tell([quote(3)]);
    expect(heard).toEqual([2, [null, 5, 9, 'It was away.']]);
  });

  it('tells the others what one of them fails to take, and logs it now and then', () => {
    const logs: string[] = [];
    const source = new Source(contextOf(new FakeClock(), logs));
    let heard = 0;
    source.onData(() => {
      throw new Error('a defect');
    });
    source.onData(() => {
      heard += 1;
    });
    for (let i = 0; i < 1000; i += 1) source.tell([quote(i)]);
    expect(heard).toBe(1000);
    expect(logs).toHaveLength(21);
    expect(logs[0]).toBe('error Prices that came were not taken. {"problem":"a defect","count":1}');
  });
});

class FakeStream implements PriceStream {
  up = false;
  started = 0;
  closed = 0;

  start(): void {
    this.started += 1;
  }

  close(): void {
    this.up = false;
    this.closed += 1;
  }
}

/** A client of which the test plays the stream. */
class Client extends StreamedDataClient<FakeStream> {
  readonly streams: FakeStream[] = [];
  readonly asked: PromiseWithResolvers<void>[] = [];
  readonly gaps: string[] = [];
  wants = true;
  whole = 0;

  constructor(clock: FakeClock, logs: string[] = []) {
    super('Venue', contextOf(clock, logs));
    this.onGap(({ instrument, from, to, reason }) =>
      this.gaps.push(`${instrument ?? 'all'} ${from - start} to ${to - start}: ${reason}`),
    );
  }

  get stream(): FakeStream {
    return this.streams.at(-1) as FakeStream;
  }

  async comeUp(): Promise<void> {
    this.stream.up = true;
    void this.streamUp(this.stream);
    await settle();
  }

  async served(error?: VenueError): Promise<void> {
    const asked = this.asked.shift();
    if (error === undefined) asked?.resolve();
    else asked?.reject(error);
    await settle();
  }

  fall(reason = 'gone', retryIn: number | null = 100, needsUser = false): void {
    this.stream.up = false;
    this.streamDown(reason, retryIn, needsUser);
  }

  hear(time: number): void {
    this.streamHeard(time);
  }

  break(problem: string): void {
    this.unreadable(problem, AAPL);
  }

  get quotesWork(): boolean | undefined {
    return this.connection.parts.find(({ name }) => name === 'quotes')?.working;
  }

  protected override openStream(): FakeStream {
    const stream = new FakeStream();
    this.streams.push(stream);
    return stream;
  }

  protected override get wantsAnything(): boolean {
    return this.wants;
  }

  protected override askAgain(): Promise<void> {
    const asked = Promise.withResolvers<void>();
    this.asked.push(asked);
    return asked.promise;
  }

  protected override whenWhole(): void {
    this.whole += 1;
  }

  protected override get readyMessage(): string {
    return 'Connected.';
  }
}

let start = 0;

function open(): { readonly client: Client; readonly clock: FakeClock; readonly logs: string[] } {
  const clock = new FakeClock();
  start = clock.now();
  const logs: string[] = [];
  return { client: new Client(clock, logs), clock, logs };
}

describe('prices that come by one stream', () => {
  it('are ready when the stream serves what is wanted', async () => {
    const { client } = open();
    const connected = client.connect();
    await client.comeUp();
    expect(client.connection.phase).toBe('synchronizing');
    expect(client.quotesWork).toBe(false);
    await client.served();
    await connected;
    expect(client.connection).toMatchObject({ phase: 'ready', message: 'Connected.' });
    expect(client.quotesWork).toBe(true);
    expect([client.whole, client.gaps]).toEqual([1, []]);
  });

  it('are ready at once where nothing is wanted', async () => {
    const { client } = open();
    client.wants = false;
    void client.connect();
    await client.comeUp();
    expect(client.connection.phase).toBe('ready');
    expect(client.asked).toHaveLength(0);
  });

  it('are told as missing from the last word on, when the stream has come back', async () => {
    const { client, clock } = open();
    void client.connect();
    await client.comeUp();
    await client.served();
    await clock.pass(1000);
    client.hear(clock.now());
    // Half-open for a while: nothing was heard, and nobody knew.
    await clock.pass(30_000);
    client.fall();
    expect(client.connection).toMatchObject({
      phase: 'reconnecting',
      message: 'The stream of prices from Venue ended: gone',
    });
    await clock.pass(500);
    // It comes up and falls again before it served anything: the gap is one.
    await client.comeUp();
    client.fall();
    await client.served(new VenueError('unknown', 'The stream ended.'));
    await clock.pass(500);
    await client.comeUp();
    await client.served();
    expect(client.gaps).toEqual(['all 1000 to 32000: The connection was interrupted.']);
    expect(client.connection.phase).toBe('ready');
  });

  it('are degraded while something that is wanted is refused', async () => {
    const { client } = open();
    void client.connect();
    await client.comeUp();
    await client.served(new VenueError('rejected', 'The plan has no more symbols.'));
    expect(client.connection).toMatchObject({
      phase: 'degraded',
      message: 'The plan has no more symbols.',
    });
    expect(client.quotesWork).toBe(false);
  });

  it('leave to the user what only the user can mend, and can be connected again', async () => {
    const { client } = open();
    const failed = expect(client.connect()).rejects.toMatchObject({
      failure: 'unauthorized',
      message: 'Wrong keys.',
    });
    client.fall('Wrong keys.', null, true);
    await failed;
    expect(client.stream.closed).toBe(1);
    const again = client.connect();
    expect(client.streams).toHaveLength(2);
    // Another program has it for now: that passes by itself.
    client.fall('Taken.', 60_000, true);
    await again;
    expect(client.connection.phase).toBe('needs-user');
    expect(client.stream.closed).toBe(0);
  });

  it('do not hold up connecting for longer than 15 seconds', async () => {
    const { client, clock } = open();
    let returned = false;
    void client.connect().then(() => {
      returned = true;
    });
    await clock.pass(14_999);
    expect(returned).toBe(false);
    await clock.pass(1);
    expect(returned).toBe(true);
  });

  it('end with the connection, whatever is under way', async () => {
    const { client } = open();
    const connected = client.connect();
    await client.comeUp();
    await client.disconnect();
    await connected;
    const old = client.stream;
    void client.connect();
    expect(client.streams).toHaveLength(2);
    // What the old stream begins to serve now counts for nothing.
    old.up = true;
    await client.served();
    expect(client.connection.phase).toBe('connecting');
    expect(client.whole).toBe(0);
  });

  it('are told as missing where a message cannot be read, and logged now and then', async () => {
    const { client, clock, logs } = open();
    void client.connect();
    await client.comeUp();
    await client.served();
    client.hear(clock.now());
    await clock.pass(70);
    client.break('a tick');
    expect(client.gaps).toEqual([`${AAPL} 0 to 70: A message could not be read.`]);
    for (let i = 1; i < 2000; i += 1) client.break('a tick');
    expect(client.malformed).toBe(2000);
    expect(logs).toHaveLength(22);
    client.wants = false;
    client.break('a tick');
    expect(client.gaps).toHaveLength(2000);
  });
});

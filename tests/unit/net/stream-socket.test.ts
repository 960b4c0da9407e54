import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { ConnectionTracker } from '../../../electron/net/connection-tracker.ts';
import { StreamSocket, type StreamOptions } from '../../../electron/net/stream-socket.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const QUICK = { first: 10, longest: 10 };
let server: WebSocketServer;
let address = '';
let connections = 0;
const ends: (() => void)[] = [];

beforeEach(async () => {
  connections = 0;
  const http = createServer();
  server = new WebSocketServer({ server: http });
  server.on('connection', () => {
    connections += 1;
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  http.listen(0, '127.0.0.1', resolve);
  await promise;
  address = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  ends.push(() => http.close());
});

afterEach(() => {
  for (const each of server.clients) each.terminate();
  for (const end of ends.splice(0).toReversed()) end();
});

/** A socket on a clock that stands still, with what it told. */
function open(options: Partial<StreamOptions>): {
  readonly socket: StreamSocket;
  readonly clock: FakeClock;
  readonly told: string[];
} {
  const clock = new FakeClock();
  const told: string[] = [];
  const socket = new StreamSocket({
    venue: 'Venue',
    url: () => address,
    clock,
    random: () => 1,
    waits: QUICK,
    onOpen: () => void told.push('open'),
    onMessage: (data) => void told.push(String(data)),
    onDown: (reason, retryIn) => void told.push(`down in ${retryIn}: ${reason}`),
    ...options,
  });
  ends.push(() => socket.close());
  socket.start();
  return { socket, clock, told };
}

describe('a stream', () => {
  it('that is not let in in time is made anew', async () => {
    const { clock, told } = open({ login: 500 });
    await expect.poll(() => told).toEqual(['open']);
    await clock.pass(499);
    expect(told).toEqual(['open']);
    await clock.pass(1);
    expect(told).toEqual(['open', 'down in 10: it did not let us in in time']);
    await clock.pass(10);
    await expect.poll(() => connections).toBe(2);
  });

  it('that is let in stays, and so does one that needs no log-in', async () => {
    for (const login of [500, undefined]) {
      const { socket, clock, told } = open({ login, silence: 3_600_000 });
      await expect.poll(() => told).toEqual(['open']);
      socket.letIn();
      await clock.pass(60_000);
      expect(told).toEqual(['open']);
    }
  });

  it('whose message ends in a defect of ours is made anew, and nothing else happens', async () => {
    let defects = 0;
    const { clock, told } = open({
      onMessage: () => {
        defects += 1;
        throw new TypeError('a defect');
      },
    });
    await expect.poll(() => told).toEqual(['open']);
    for (const each of server.clients) {
      each.send('one');
      each.send('two');
    }
    await expect
      .poll(() => told)
      .toEqual(['open', 'down in 10: a message was not dealt with: a defect']);
    expect(defects).toBe(1);
    await clock.pass(10);
    await expect.poll(() => told.at(-1)).toBe('open');
  });

  it('whose address cannot be used is tried again, and the address is not told', async () => {
    const { clock, told } = open({ url: () => `${address}/ws/SECRET#KEY` });
    await expect.poll(() => told).toHaveLength(1);
    expect(told[0]).toBe('down in 10: the address of the stream cannot be used');
    await clock.pass(10);
    await expect.poll(() => told).toHaveLength(2);
  });
});

describe('the state of a connection', () => {
  it('is told to all who listen, also when one of them fails', () => {
    const logs: string[] = [];
    const tracker = new ConnectionTracker(new FakeClock(), (level, message, facts) =>
      logs.push(`${level} ${message} ${JSON.stringify(facts)}`),
    );
    const heard: string[] = [];
    tracker.on(() => {
      throw new Error('a defect');
    });
    const end = tracker.on(({ phase }) => heard.push(phase));
    tracker.set('connecting', 'Connecting.');
    end();
    tracker.set('ready', 'Connected.');
    expect(heard).toEqual(['connecting']);
    expect(tracker.state.phase).toBe('ready');
    expect(logs).toEqual(
      Array.from(
        { length: 2 },
        () => 'error The state of a connection was not taken. {"problem":"a defect"}',
      ),
    );
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { EventName } from '../../engine/protocol/contract.ts';
import type { Caller } from '../../electron/ipc/caller.ts';
import { carryOverWebSocket } from '../../electron/ipc/websocket.ts';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';

const SLOW_BYTES = 256 * 1024;

let server: Server;
let end: () => Promise<void>;
let emit: (name: EventName, payload: unknown) => void;
let time = 0;
let callers: Caller[] = [];

async function serve(heartbeatMs: number): Promise<void> {
  time = 0;
  callers = [];
  server = createServer();
  end = carryOverWebSocket({
    server,
    authorize: () => true,
    dispatch: async (_name, _input, { caller }) => {
      if (caller !== undefined) callers.push(caller);
      return null;
    },
    subscribe: (listener) => {
      emit = listener;
      return () => undefined;
    },
    limits: { slowBytes: SLOW_BYTES, slowMs: 1_000, heartbeatMs },
    now: () => time,
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}
afterEach(async () => {
  await end();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

async function open(): Promise<WebSocket> {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
  await new Promise((resolve) => {
    socket.once('open', resolve);
  });
  return socket;
}

/** Sockets that the server has open. */
const connections = (): Promise<number> =>
  new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('a window that does not keep up', () => {
  it('misses health and progress, gets what counts, and is cut off in the end', async () => {
    await serve(60_000);
    const socket = await open();
    const names: string[] = [];
    socket.on('message', (data: Buffer) => {
      names.push((decodeFrame(data) as { name: string }).name);
    });
    let closed = false;
    socket.once('close', () => {
      closed = true;
    });
    socket.pause();
    // More than the system's own buffers of a connection take in.
    const ballast = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 32; i += 1) emit('runs.changed', { ballast });
    await pause(50);
    for (let i = 0; i < 100; i += 1) {
      emit('app.health', {});
      emit('job.changed', { state: 'running' });
    }
    emit('job.changed', { state: 'done' });
    emit('data.changed', {});
    expect(closed).toBe(false);
    socket.resume();
    await expect.poll(() => names.at(-1)).toBe('data.changed');
    expect(names).toEqual([
      ...Array.from({ length: 32 }, () => 'runs.changed'),
      'job.changed',
      'data.changed',
    ]);

    socket.pause();
    for (let i = 0; i < 32; i += 1) emit('runs.changed', { ballast });
    await pause(50);
    time = 1_001;
    emit('app.health', {});
    time = 2_002;
    emit('app.health', {});
    socket.resume();
    await expect.poll(() => closed).toBe(true);
  });

  it('is cut off when it does not answer at all', async () => {
    await serve(1_500);
    const socket = await open();
    let closed = false;
    socket.once('close', () => {
      closed = true;
    });
    let pings = 0;
    socket.on('ping', () => {
      pings += 1;
    });
    // It answers pings by itself as long as it reads.
    await expect.poll(() => pings).toBeGreaterThanOrEqual(2);
    expect(closed).toBe(false);
    socket.pause();
    // The server lets it go; the socket sees that when it reads again.
    await expect.poll(connections).toBe(0);
    socket.resume();
    await expect.poll(() => closed).toBe(true);
  });
});

describe('a window that closes', () => {
  it('takes along what it has begun, and nothing of another', async () => {
    await serve(60_000);
    const ended: string[] = [];
    const begin = async (name: string): Promise<WebSocket> => {
      const socket = await open();
      const before = callers.length;
      socket.send(encodeFrame({ kind: 'call', id: 1, name: 'app.health', input: {} }));
      await expect.poll(() => callers.length).toBe(before + 1);
      callers.at(-1)?.onGone(() => ended.push(name));
      return socket;
    };
    const first = await begin('first');
    const second = await begin('second');
    first.terminate();
    await expect.poll(() => ended).toEqual(['first']);
    second.close();
    await expect.poll(() => ended).toEqual(['first', 'second']);
  });
});

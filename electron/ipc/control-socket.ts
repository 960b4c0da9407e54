import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';
import { MAX_MESSAGE_BYTES, type EventName } from '../../engine/protocol/contract.ts';
import { Caller } from './caller.ts';
import { answerFrame, errorFrame } from './frames.ts';
import { createRateLimit, DEFAULT_RATE_LIMITS } from './rate-limit.ts';
import type { Dispatch } from './registry.ts';

const KEY_FILE = 'control.key';
const KEY_BYTES = 32;
/** Systems allow 104 to 108 bytes for the address of a local socket. */
const LONGEST_ADDRESS = 100;
const LENGTH_BYTES = 4;
/** Unsent bytes after which a client that does not read is cut off. */
const MOST_UNSENT = 16 * 1024 * 1024;

export interface ControlOptions {
  readonly dataDirectory: string;
  readonly dispatch: Dispatch;
  readonly subscribe: (listener: (name: EventName, payload: unknown) => void) => () => void;
  readonly now?: () => number;
}

/** Where the running workstation of a data directory listens: a file of the user's own, or a named pipe. */
export function controlAddress(dataDirectory: string): string {
  const folder = resolve(dataDirectory);
  const name = `renata-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const inside = join(folder, 'control.sock');
  return Buffer.byteLength(inside) <= LONGEST_ADDRESS ? inside : join(tmpdir(), `${name}.sock`);
}

/** @returns null where no workstation has ever run */
export function readControlKey(dataDirectory: string): Buffer | null {
  try {
    const key = Buffer.from(readFileSync(join(dataDirectory, KEY_FILE), 'utf8').trim(), 'hex');
    return key.length === KEY_BYTES ? key : null;
  } catch {
    return null;
  }
}

/**
 * Carries the contract to the command line of the same user: one workstation trades, and `renata order`
 * talks to it. A client first sends the key of the data directory, which only the user can read, then
 * frames, each with its length in front. Returns the function that ends it.
 */
export async function carryOverControlSocket(
  options: ControlOptions,
): Promise<() => Promise<void>> {
  const { dataDirectory, dispatch, subscribe, now = () => performance.now() } = options;
  const key = randomBytes(KEY_BYTES);
  writeFileSync(join(dataDirectory, KEY_FILE), `${key.toString('hex')}\n`, { mode: 0o600 });
  chmodSync(join(dataDirectory, KEY_FILE), 0o600);
  const address = controlAddress(dataDirectory);
  // Left behind by a workstation that was killed; the desk's lock says that none is running.
  if (process.platform !== 'win32') rmSync(address, { force: true });
  const clients = new Set<Socket>();
  const known = new Set<Socket>();

  const server = createServer((socket) => {
    clients.add(socket);
    const caller = new Caller();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clients.delete(socket);
      known.delete(socket);
      caller.leave();
    });
    const limit = createRateLimit(DEFAULT_RATE_LIMITS, now);
    const send = (bytes: Uint8Array): void => {
      if (!socket.writable) return;
      socket.write(framed(bytes));
      if (socket.writableLength > MOST_UNSENT) socket.destroy();
    };
    const read = frameReader((bytes) => {
      if (!known.has(socket)) {
        if (bytes.length === KEY_BYTES && timingSafeEqual(bytes, key)) known.add(socket);
        else socket.destroy();
        return;
      }
      let frame: unknown;
      try {
        frame = decodeFrame(bytes);
      } catch (error) {
        send(encodeFrame(errorFrame(null, error)));
        return;
      }
      void answerFrame(dispatch, frame, { carrier: 'cli', caller }, limit).then((answer) =>
        send(encodeFrame(answer)),
      );
    });
    socket.on('data', (chunk: Buffer) => {
      if (!read(chunk)) socket.destroy();
    });
  });
  const unsubscribe = subscribe((name, payload) => {
    if (known.size === 0) return;
    const bytes = framed(encodeFrame({ kind: 'event', name, payload }));
    for (const socket of known) {
      if (socket.writable) socket.write(bytes);
      if (socket.writableLength > MOST_UNSENT) socket.destroy();
    }
  });
  const { promise, resolve: ready, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(address, () => ready());
  await promise;
  if (process.platform !== 'win32') chmodSync(address, 0o600);
  server.unref();
  return async () => {
    unsubscribe();
    for (const socket of clients) socket.destroy();
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    await closed.promise;
  };
}

/** A message with its length in front. */
export function framed(bytes: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(LENGTH_BYTES + bytes.length);
  message.writeUInt32BE(bytes.length, 0);
  message.set(bytes, LENGTH_BYTES);
  return message;
}

/** Puts messages together from what arrives. The function it returns is false for one that is too long. */
export function frameReader(onFrame: (bytes: Uint8Array) => void): (chunk: Buffer) => boolean {
  let waiting: Buffer = Buffer.alloc(0);
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    while (waiting.length >= LENGTH_BYTES) {
      const length = waiting.readUInt32BE(0);
      if (length > MAX_MESSAGE_BYTES) return false;
      if (waiting.length < LENGTH_BYTES + length) break;
      const bytes = Uint8Array.from(waiting.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
      waiting = waiting.subarray(LENGTH_BYTES + length);
      onFrame(bytes);
    }
    return true;
  };
}

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { RenataError } from '../../engine/domain/errors.ts';
import { SOCKET_PATH } from '../../engine/protocol/bridge.ts';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';
import { MAX_MESSAGE_BYTES, type EventName } from '../../engine/protocol/contract.ts';
import type { ServerFrame } from '../../engine/protocol/wire.ts';
import { Caller } from './caller.ts';
import { answerFrame, errorFrame } from './frames.ts';
import {
  createRateLimit,
  DEFAULT_RATE_LIMITS,
  type RateLimit,
  type RateLimits,
} from './rate-limit.ts';
import type { Dispatch } from './registry.ts';

export interface SocketLimits extends RateLimits {
  readonly maxSockets: number;
  /** Unreadable messages after which a socket is closed. */
  readonly maxMalformed: number;
  /** Unsent bytes from which on a client gets no progress and no health any more. */
  readonly slowBytes: number;
  /** Time after which a client that stays slow is cut off, ms. */
  readonly slowMs: number;
  /** Interval of the check that the other side still answers, ms. */
  readonly heartbeatMs: number;
}

export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  ...DEFAULT_RATE_LIMITS,
  maxSockets: 16,
  maxMalformed: 20,
  slowBytes: 2 * 1024 * 1024,
  slowMs: 30_000,
  heartbeatMs: 30_000,
};

export interface SocketCarrierOptions {
  readonly server: Server;
  /** Checks cookie, Origin and Host of the request that opens a socket. */
  readonly authorize: (request: IncomingMessage) => boolean;
  readonly dispatch: Dispatch;
  readonly subscribe: (listener: (name: EventName, payload: unknown) => void) => () => void;
  readonly limits?: Partial<SocketLimits>;
  readonly now?: () => number;
}

interface Client {
  readonly socket: WebSocket;
  readonly limit: RateLimit;
  malformed: number;
  alive: boolean;
  slowSince: number | null;
  readonly caller: Caller;
}

/** Policy violation, in the WebSocket protocol's own close codes. */
const CLOSE_POLICY = 1008;
const CLOSE_GOING_AWAY = 1001;

/**
 * Carries the contract over WebSockets of an HTTP server: binary messages, one frame each. Returns the
 * function that closes all sockets.
 */
export function carryOverWebSocket(options: SocketCarrierOptions): () => Promise<void> {
  const limits: SocketLimits = { ...DEFAULT_SOCKET_LIMITS, ...options.limits };
  const now = options.now ?? (() => performance.now());
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const clients = new Set<Client>();

  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // Without a listener a reset connection would end the process.
    stream.on('error', () => stream.destroy());
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== SOCKET_PATH) return refuse(stream, '404 Not Found');
    if (!options.authorize(request)) return refuse(stream, '403 Forbidden');
    if (clients.size >= limits.maxSockets) return refuse(stream, '503 Service Unavailable');
    sockets.handleUpgrade(request, stream, head, (socket) => {
      serve(socket);
    });
  };

  function serve(socket: WebSocket): void {
    const client: Client = {
      socket,
      limit: createRateLimit(limits, now),
      malformed: 0,
      alive: true,
      slowSince: null,
      caller: new Caller(),
    };
    clients.add(client);
    socket.on('close', () => {
      clients.delete(client);
      client.caller.leave();
    });
    // Oversized and malformed messages arrive here; ws closes the socket with the fitting code.
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => {
      client.alive = true;
    });
    socket.on('message', (data, isBinary) => {
      void receive(client, data, isBinary);
    });
  }

  async function receive(client: Client, data: RawData, isBinary: boolean): Promise<void> {
    client.alive = true;
    let frame: unknown;
    try {
      if (!isBinary) throw new RenataError('BAD_INPUT', 'Frames are binary messages, not text.');
      frame = decodeFrame(bytesOf(data));
    } catch (error) {
      client.malformed += 1;
      if (client.malformed > limits.maxMalformed) {
        client.socket.close(CLOSE_POLICY, 'too many unreadable messages');
        return;
      }
      send(client, errorFrame(null, error));
      return;
    }
    const { caller } = client;
    const context = { carrier: 'websocket', caller } as const;
    send(client, await answerFrame(options.dispatch, frame, context, client.limit));
  }

  function send(client: Client, frame: ServerFrame): void {
    if (client.socket.readyState !== client.socket.OPEN) return;
    client.socket.send(encodeFrame(frame), { binary: true });
  }

  /** True while the client does not keep up; cuts it off when that lasts. */
  function isSlow(client: Client): boolean {
    if (client.socket.bufferedAmount <= limits.slowBytes) {
      client.slowSince = null;
      return false;
    }
    client.slowSince ??= now();
    if (now() - client.slowSince > limits.slowMs) client.socket.terminate();
    return true;
  }

  const unsubscribe = options.subscribe((name, payload) => {
    if (clients.size === 0) return;
    let bytes: Uint8Array | undefined;
    for (const client of clients) {
      if (isSlow(client) && canMiss(name, payload)) continue;
      if (client.socket.readyState !== client.socket.OPEN) continue;
      bytes ??= encodeFrame({ kind: 'event', name, payload });
      client.socket.send(bytes, { binary: true });
    }
  });

  const heartbeat = setInterval(() => {
    for (const client of clients) {
      if (!client.alive) client.socket.terminate();
      client.alive = false;
      if (client.socket.readyState === client.socket.OPEN) client.socket.ping();
    }
  }, limits.heartbeatMs);
  heartbeat.unref();

  options.server.on('upgrade', onUpgrade);
  return async () => {
    clearInterval(heartbeat);
    unsubscribe();
    options.server.off('upgrade', onUpgrade);
    await Promise.all([...clients].map((client) => closeSocket(client.socket)));
  };
}

/** Events that the next one of their kind makes good. */
function canMiss(name: EventName, payload: unknown): boolean {
  if (name === 'app.health') return true;
  return (
    name === 'job.changed' &&
    typeof payload === 'object' &&
    payload !== null &&
    'state' in payload &&
    payload.state === 'running'
  );
}

function closeSocket(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) {
      resolve();
      return;
    }
    socket.once('close', () => {
      clearTimeout(limit);
      resolve();
    });
    // A client that does not answer the close must not hold up the end of the program.
    const limit = setTimeout(() => socket.terminate(), 500);
    socket.close(CLOSE_GOING_AWAY, 'the workstation is closing');
  });
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

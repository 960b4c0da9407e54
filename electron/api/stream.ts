import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { RenataError } from '../../engine/domain/errors.ts';
import type { EventName, EventPayload } from '../../engine/protocol/contract.ts';
import { validate } from '../../engine/protocol/wire.ts';
import type { CallContext, Dispatch } from '../ipc/registry.ts';
import { ApiError, errorAnswer, jsonText } from './answers.ts';
import type { Guard } from './guard.ts';
import { streamRequest, TOPICS, type Topic } from './stream-words.ts';
import type { Program, TokenBook } from './tokens.ts';

export interface StreamLimits {
  readonly maxSockets: number;
  /** Messages that cannot be read, after which a socket is closed. */
  readonly maxMalformed: number;
  /** Unsent bytes from which on a program gets no market data any more. */
  readonly slowBytes: number;
  /** Unsent bytes at which it is cut off. */
  readonly mostUnsent: number;
  readonly heartbeatMs: number;
  /** How often it is looked whether the tokens of open sockets still stand. */
  readonly tokenCheckMs: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  maxSockets: 2048,
  maxMalformed: 20,
  slowBytes: 1024 * 1024,
  mostUnsent: 8 * 1024 * 1024,
  heartbeatMs: 15_000,
  tokenCheckMs: 1000,
};

export interface StreamOptions {
  readonly server: Server;
  readonly guard: Guard;
  readonly tokens: TokenBook;
  readonly dispatch: Dispatch;
  readonly subscribe: (listener: (name: EventName, payload: unknown) => void) => () => void;
  readonly onOpened: (program: Program) => void;
  readonly onClosed: (program: Program, code: number) => void;
  readonly onRefused: (status: number) => void;
  readonly limits?: Partial<StreamLimits>;
}

export interface Stream {
  readonly sockets: number;
  close(): Promise<void>;
}

interface Listener {
  readonly socket: WebSocket;
  readonly program: Program;
  topics: ReadonlySet<string>;
  instruments: ReadonlySet<string>;
  sequence: number;
  malformed: number;
  alive: boolean;
  /** Requests are answered one after the other. */
  last: Promise<void>;
}

/** An event on its way to those who hear it. */
interface Waiting {
  readonly name: Topic;
  /** Counted, but not sent. */
  readonly late: boolean;
  readonly listeners: readonly Listener[];
  next: number;
  readonly textFor: (listener: Listener) => string | null;
}

/** Sockets that are written to before something else gets its turn. */
const SLICE = 50;
/** Events that may wait before prices are left out. */
const MOST_WAITING = 50;

const PATH = '/v1/stream';
const MAX_REQUEST_BYTES = 64 * 1024;
/** Policy violation, in the WebSocket protocol's own close codes. */
const CLOSE_POLICY = 1008;
const CLOSE_GOING_AWAY = 1001;
const CONTEXT: CallContext = { carrier: 'api' };

/** Opens `/v1/stream` on a server: events of the contract as JSON, for programs that may read. */
export function openStream(options: StreamOptions): Stream {
  const limits: StreamLimits = { ...DEFAULT_STREAM_LIMITS, ...options.limits };
  const { server, guard, tokens } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_REQUEST_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const listeners = new Set<Listener>();
  const watches = createWatches(options.dispatch);

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // Without a listener a reset connection would end the process.
    stream.on('error', () => stream.destroy());
    let program: Program;
    try {
      program = guard.admit(request.headers);
      guard.enter(program)();
      if ((request.url ?? '').split('?', 1)[0] !== PATH) {
        throw new ApiError(404, 'NOT_FOUND', `WebSockets open at ${PATH} only.`);
      }
      if (listeners.size >= limits.maxSockets) {
        throw new ApiError(503, 'UNAVAILABLE', `${limits.maxSockets} streams are open.`, true);
      }
    } catch (error) {
      options.onRefused(refuse(stream, error));
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => serve(socket, program));
  }

  function serve(socket: WebSocket, program: Program): void {
    const listener: Listener = {
      socket,
      program,
      topics: new Set(),
      instruments: new Set(),
      sequence: 0,
      malformed: 0,
      alive: true,
      last: Promise.resolve(),
    };
    listeners.add(listener);
    options.onOpened(program);
    socket.on('close', (code) => {
      listeners.delete(listener);
      listener.last = listener.last.then(() => leaveAll(listener));
      options.onClosed(program, code);
    });
    // Messages that are too long arrive here; ws closes the socket with the fitting code.
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => {
      listener.alive = true;
    });
    socket.on('message', (data, isBinary) => {
      listener.alive = true;
      let end: () => void;
      try {
        end = guard.enter(program);
      } catch (error) {
        send(listener, { type: 'error', error: errorAnswer(error).error });
        return;
      }
      listener.last = listener.last.then(() => answer(listener, data, isBinary)).finally(end);
    });
  }

  async function answer(listener: Listener, data: RawData, isBinary: boolean): Promise<void> {
    if (!listeners.has(listener)) return;
    let request;
    try {
      request = validate(streamRequest, parse(data, isBinary), 'subscribe');
    } catch (error) {
      listener.malformed += 1;
      if (listener.malformed > limits.maxMalformed) {
        listener.socket.close(CLOSE_POLICY, 'too many unreadable messages');
      }
      send(listener, { type: 'error', error: errorAnswer(error).error });
      return;
    }
    const wanted = new Set(request.topics.includes('market.data') ? request.instruments : []);
    const before = listener.instruments;
    const added: string[] = [];
    try {
      for (const instrument of wanted) {
        if (before.has(instrument)) continue;
        await watches.enter(instrument);
        added.push(instrument);
      }
    } catch (error) {
      // All or nothing: what was heard before is heard further.
      for (const instrument of added) await watches.leave(instrument);
      send(listener, { type: 'error', error: errorAnswer(error).error });
      return;
    }
    listener.instruments = wanted;
    listener.topics = new Set(request.topics);
    for (const instrument of before) if (!wanted.has(instrument)) await watches.leave(instrument);
    send(listener, { type: 'subscribed', topics: [...listener.topics], instruments: [...wanted] });
  }

  async function leaveAll(listener: Listener): Promise<void> {
    const { instruments } = listener;
    listener.instruments = new Set();
    for (const instrument of instruments) await watches.leave(instrument);
  }

  function send(listener: Listener, message: unknown): void {
    write(listener, jsonText(message));
  }

  function write({ socket }: Listener, text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(text);
    if (socket.bufferedAmount > limits.mostUnsent) socket.terminate();
  }

  function sendEvent(listener: Listener, { name, late }: Waiting, payload: string): void {
    listener.sequence += 1;
    // Prices that are late are worth nothing; everything else counts.
    if (late || (name === 'market.data' && listener.socket.bufferedAmount > limits.slowBytes)) {
      return;
    }
    write(
      listener,
      `{"type":"event","sequence":${listener.sequence},"name":"${name}","payload":${payload}}`,
    );
  }

  // A thousand streams take a while: requests are answered between slices of them.
  const queue: Waiting[] = [];
  let pumping = false;

  /** Sends what waits to one slice after the other, each event to all before the next. */
  function pump(): void {
    let left = SLICE;
    for (;;) {
      const event = queue[0];
      if (event === undefined) {
        pumping = false;
        return;
      }
      while (event.next < event.listeners.length) {
        if (left === 0) {
          pumping = true;
          setImmediate(pump);
          return;
        }
        const listener = event.listeners[event.next] as Listener;
        event.next += 1;
        left -= 1;
        // He may have gone, or want something else by now.
        if (!listeners.has(listener) || !listener.topics.has(event.name)) continue;
        const text = event.textFor(listener);
        if (text !== null) sendEvent(listener, event, text);
      }
      queue.shift();
    }
  }

  const unsubscribe = options.subscribe((name, payload) => {
    if (!isTopic(name)) return;
    const hearing = [...listeners].filter(({ topics }) => topics.has(name));
    if (hearing.length === 0) return;
    const late = name === 'market.data' && queue.length >= MOST_WAITING;
    queue.push({ name, late, listeners: hearing, next: 0, textFor: writer(name, payload) });
    if (!pumping) pump();
  });

  const heartbeat = setInterval(() => {
    for (const listener of listeners) {
      if (!listener.alive) listener.socket.terminate();
      listener.alive = false;
      if (listener.socket.readyState === listener.socket.OPEN) listener.socket.ping();
    }
  }, limits.heartbeatMs);
  heartbeat.unref();
  const tokenCheck = setInterval(() => {
    const standing = namesOf(tokens);
    for (const { program, socket } of listeners) {
      if (standing.get(program.name) !== program.createdAt) {
        socket.close(CLOSE_POLICY, 'the token was revoked');
      }
    }
  }, limits.tokenCheckMs);
  tokenCheck.unref();

  server.on('upgrade', onUpgrade);
  return {
    get sockets() {
      return listeners.size;
    },
    async close() {
      clearInterval(heartbeat);
      clearInterval(tokenCheck);
      unsubscribe();
      server.off('upgrade', onUpgrade);
      await Promise.all([...listeners].map(({ socket }) => closeSocket(socket)));
    },
  };
}

function isTopic(name: EventName): name is Topic {
  return (TOPICS as readonly string[]).includes(name);
}

/** When each program's token was made; nobody's where the file cannot be read. */
function namesOf(tokens: TokenBook): ReadonlyMap<string, number> {
  try {
    return new Map(tokens.list().map(({ name, createdAt }) => [name, createdAt]));
  } catch {
    return new Map();
  }
}

/** One watch for each instrument, however many programs want it. */
function createWatches(dispatch: Dispatch): {
  enter(instrument: string): Promise<void>;
  leave(instrument: string): Promise<void>;
} {
  const held = new Map<string, { readonly id: Promise<string>; users: number }>();
  return {
    async enter(instrument) {
      let watch = held.get(instrument);
      if (watch === undefined) {
        const input = { instrument, kinds: ['quote'] };
        watch = {
          id: dispatch('market.watch', input, CONTEXT).then(
            (output) => (output as { readonly watchId: string }).watchId,
          ),
          users: 0,
        };
        held.set(instrument, watch);
      }
      watch.users += 1;
      try {
        await watch.id;
      } catch (error) {
        if (held.get(instrument) === watch) held.delete(instrument);
        throw error;
      }
    },
    async leave(instrument) {
      const watch = held.get(instrument);
      if (watch === undefined) return;
      watch.users -= 1;
      if (watch.users > 0) return;
      held.delete(instrument);
      await dispatch('market.unwatch', { watchId: await watch.id }, CONTEXT).catch(() => undefined);
    },
  };
}

/** The text of an event for each who hears it: market data cut to what he watches, all else the same. */
function writer(name: Topic, payload: unknown): Waiting['textFor'] {
  if (name !== 'market.data') {
    let whole: string | undefined;
    return () => (whole ??= jsonText(payload));
  }
  const { quotes } = payload as EventPayload<'market.data'>;
  const texts: (string | undefined)[] = [];
  return ({ instruments }) => {
    const own: string[] = [];
    for (const [index, quote] of quotes.entries()) {
      if (instruments.has(quote.instrument)) own.push((texts[index] ??= jsonText(quote)));
    }
    return own.length === 0 ? null : `{"quotes":[${own.join(',')}]}`;
  };
}

function parse(data: RawData, isBinary: boolean): unknown {
  if (isBinary) throw new RenataError('BAD_INPUT', 'Messages are JSON texts, not binary.');
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RenataError('BAD_INPUT', 'The message is no JSON document.');
  }
}

/** Answers a request to open a socket with an error. Returns its status. */
function refuse(stream: Duplex, thrown: unknown): number {
  const { status, error } = errorAnswer(thrown);
  const body = jsonText({ error });
  stream.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return status;
}

function closeSocket(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) {
      resolve();
      return;
    }
    socket.once('close', () => {
      clearTimeout(patience);
      resolve();
    });
    // A program that does not answer the close must not hold up the end of the workstation.
    const patience = setTimeout(() => socket.terminate(), 500);
    socket.close(CLOSE_GOING_AWAY, 'the workstation is closing');
  });
}

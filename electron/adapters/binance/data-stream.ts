import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { frameJson, type Fields } from '../../net/frames.ts';
import { StreamSocket } from '../../net/stream-socket.ts';
import type { Patience } from './user-stream.ts';

export interface DataStreamEvents {
  readonly onUp: () => void;
  readonly onDown: (reason: string, retryIn: number | null) => void;
  readonly onMessage: (stream: string, data: Fields, receivedTime: number) => void;
  readonly onMalformed: (problem: string) => void;
}

type Method = 'SUBSCRIBE' | 'UNSUBSCRIBE';
interface Request {
  readonly method: Method;
  readonly streams: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: VenueError) => void;
}

/** Streams that one connection carries. */
export const MOST_STREAMS = 1024;
/** Names in one message. */
const BATCH = 200;
/** Milliseconds in which the stream confirms a request. */
const ANSWER = 10_000;
/** Binance ends connections that send more than five messages a second; pings are among them. */
const GATHER = 300;
const PING_EVERY = 20_000;
const SILENCE = 60_000;

/** The combined stream of prices: what is asked for is gathered, and sent a few times a second at most. */
export class DataStream {
  readonly #socket: StreamSocket;
  readonly #context: AdapterContext;
  readonly #events: DataStreamEvents;
  readonly #gather: number;
  #queue: Request[] = [];
  readonly #sent = new Map<number, readonly Request[]>();
  readonly #timeouts = new Map<number, () => void>();
  #cancelFlush: (() => void) | undefined;
  #id = 0;
  #up = false;

  constructor(url: string, context: AdapterContext, patience: Patience, events: DataStreamEvents) {
    this.#context = context;
    this.#events = events;
    this.#gather = patience.gather ?? GATHER;
    this.#socket = new StreamSocket({
      venue: 'Binance',
      url: () => `${url}/stream`,
      clock: context.clock,
      random: context.random,
      pingEvery: patience.pingEvery ?? PING_EVERY,
      silence: patience.silence ?? SILENCE,
      waits: patience.waits,
      onOpen: () => {
        this.#up = true;
        events.onUp();
      },
      onMessage: (data, receivedTime) => this.#onMessage(data, receivedTime),
      onDown: (reason, retryIn) => {
        this.#up = false;
        this.#fail('The stream of prices ended before the subscription was confirmed.');
        events.onDown(reason, retryIn);
      },
    });
  }

  get up(): boolean {
    return this.#up;
  }

  start(): void {
    this.#socket.start();
  }

  restart(reason: string): void {
    this.#socket.restart(reason);
  }

  close(): void {
    this.#up = false;
    this.#fail('The stream of prices was closed.');
    this.#socket.close();
  }

  /** @throws VenueError `rejected` when Binance refuses it, `unknown` when it does not answer */
  request(method: Method, streams: readonly string[]): Promise<void> {
    if (streams.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ method, streams, resolve, reject });
    this.#flushSoon();
    return promise;
  }

  #flushSoon(): void {
    this.#cancelFlush ??= this.#context.clock.after(this.#gather, () => {
      this.#cancelFlush = undefined;
      this.#flush();
    });
  }

  /** One message: the oldest requests of one kind, in their order. */
  #flush(): void {
    const [first] = this.#queue;
    if (first === undefined || !this.#up) return;
    const taken: Request[] = [];
    let names = 0;
    for (const request of this.#queue) {
      const fits = names === 0 || names + request.streams.length <= BATCH;
      if (request.method !== first.method || !fits) break;
      taken.push(request);
      names += request.streams.length;
    }
    this.#queue = this.#queue.slice(taken.length);
    this.#id += 1;
    const id = this.#id;
    const params = [...new Set(taken.flatMap(({ streams }) => streams))];
    try {
      this.#socket.send(JSON.stringify({ method: first.method, params, id }));
    } catch (error) {
      const failure =
        error instanceof VenueError ? error : new VenueError('unknown', String(error));
      for (const { reject } of taken) reject(failure);
      return;
    }
    this.#sent.set(id, taken);
    this.#timeouts.set(
      id,
      this.#context.clock.after(ANSWER, () =>
        this.#answer(id, new VenueError('unknown', 'Binance did not confirm the subscription.')),
      ),
    );
    if (this.#queue.length > 0) this.#flushSoon();
  }

  #answer(id: number, error: VenueError | null): void {
    const requests = this.#sent.get(id);
    this.#timeouts.get(id)?.();
    this.#timeouts.delete(id);
    this.#sent.delete(id);
    for (const { resolve, reject } of requests ?? []) {
      if (error === null) resolve();
      else reject(error);
    }
  }

  #fail(reason: string): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const error = new VenueError('unknown', reason);
    for (const id of this.#sent.keys()) this.#answer(id, error);
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }

  #onMessage(data: string | Buffer, receivedTime: number): void {
    const value = frameJson(data);
    if (value === undefined) {
      this.#events.onMalformed('a message that is no JSON');
      return;
    }
    if (typeof value !== 'object' || value === null) {
      this.#events.onMalformed('a message that is no object');
      return;
    }
    const message = value as Fields;
    const { stream, data: body, id } = message;
    if (typeof stream === 'string' && typeof body === 'object' && body !== null) {
      this.#events.onMessage(stream, body as Fields, receivedTime);
    } else if (message['e'] === 'serverShutdown') {
      this.#socket.restart('the server is shutting down');
    } else if (typeof id === 'number' && this.#sent.has(id)) {
      this.#answer(id, refusalOf(message));
    } else if ('error' in message || 'code' in message || 'result' in message) {
      // An answer to a question that nobody waits for any more.
      this.#context.log('info', 'Binance answered something that was not asked.');
    } else {
      this.#events.onMalformed('a message without the name of its stream');
    }
  }
}

function refusalOf(message: Fields): VenueError | null {
  const own = message['error'];
  const said = (typeof own === 'object' && own !== null ? own : message) as Fields;
  if (typeof said['code'] !== 'number' && own === undefined) return null;
  const text = typeof said['msg'] === 'string' ? said['msg'] : '';
  const plain = text.replaceAll(/[^\x20-\x7E]/g, ' ').slice(0, 200);
  return new VenueError('rejected', `Binance refuses the subscription: ${plain}.`, {
    code: typeof said['code'] === 'number' ? String(said['code']) : '',
  });
}

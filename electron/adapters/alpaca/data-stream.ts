import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { frameEntries, type Fields } from '../../net/frames.ts';
import { StreamSocket } from '../../net/stream-socket.ts';
import { meaningOf, sentenceOf } from './channels.ts';
import { LOGIN, type Patience } from './order-stream.ts';
import type { AlpacaKeys } from './settings.ts';

/** Symbols by channel. */
export type Wanted = Readonly<Record<string, readonly string[]>>;

export interface DataStreamEvents {
  /** Let in; what is wanted has to be asked for. */
  readonly onUp: () => void;
  /** `taken`: another program has the connection. `user`: no further attempt is made. */
  readonly onDown: (reason: string, why: 'lost' | 'taken' | 'user', retryIn: number | null) => void;
  readonly onMessages: (messages: readonly Fields[], receivedTime: number) => void;
  readonly onMalformed: (problem: string) => void;
}

interface Request {
  readonly action: 'subscribe' | 'unsubscribe';
  readonly wanted: Wanted;
  readonly resolve: () => void;
  readonly reject: (error: VenueError) => void;
}

/** Milliseconds in which the stream confirms a subscription. */
const ANSWER = 10_000;

/**
 * The stream of prices: logs in, and sends requests one after the other, because answers do not name the
 * request that they belong to.
 */
export class DataStream {
  readonly #socket: StreamSocket;
  readonly #context: AdapterContext;
  readonly #events: DataStreamEvents;
  readonly #requests: Request[] = [];
  #current: Request | undefined;
  #cancelAnswer: (() => void) | undefined;
  #in = false;
  #why: 'lost' | 'taken' | 'user' = 'lost';
  #reason = '';

  constructor(
    url: string,
    keys: AlpacaKeys,
    context: AdapterContext,
    patience: Patience,
    events: DataStreamEvents,
  ) {
    this.#context = context;
    this.#events = events;
    this.#socket = new StreamSocket({
      venue: 'Alpaca',
      url: () => url,
      clock: context.clock,
      random: context.random,
      pingEvery: patience.pingEvery,
      silence: patience.silence,
      waits: patience.waits,
      login: patience.login ?? LOGIN,
      onOpen: (socket) => {
        this.#why = 'lost';
        this.#reason = '';
        socket.send(JSON.stringify({ action: 'auth', key: keys.keyId, secret: keys.secretKey }));
      },
      onMessage: (data, receivedTime) => this.#onMessage(data, receivedTime),
      onClose: () => (this.#why === 'user' ? 'stop' : 'reconnect'),
      onDown: (reason, retryIn) => this.#down(reason, retryIn),
    });
  }

  get up(): boolean {
    return this.#in;
  }

  start(): void {
    this.#socket.start();
  }

  close(): void {
    this.#in = false;
    this.#fail('The stream of prices was closed.');
    this.#socket.close();
  }

  /** @throws VenueError `rejected` when Alpaca refuses it, `unknown` when it does not answer */
  request(action: Request['action'], wanted: Wanted): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#requests.push({ action, wanted, resolve, reject });
    this.#next();
    return promise;
  }

  #next(): void {
    if (this.#current !== undefined || !this.#in) return;
    const request = this.#requests.shift();
    if (request === undefined) return;
    this.#current = request;
    try {
      this.#socket.send(JSON.stringify({ action: request.action, ...request.wanted }));
    } catch (error) {
      this.#answer(error instanceof VenueError ? error : new VenueError('unknown', String(error)));
      return;
    }
    this.#cancelAnswer = this.#context.clock.after(ANSWER, () => {
      this.#answer(new VenueError('unknown', 'Alpaca did not confirm the subscription.'));
    });
  }

  #answer(error: VenueError | null): void {
    const request = this.#current;
    this.#cancelAnswer?.();
    this.#current = undefined;
    if (error === null) request?.resolve();
    else request?.reject(error);
    this.#next();
  }

  #fail(reason: string): void {
    this.#cancelAnswer?.();
    const waiting = [this.#current, ...this.#requests.splice(0)];
    this.#current = undefined;
    for (const request of waiting) request?.reject(new VenueError('unknown', reason));
  }

  #down(reason: string, retryIn: number | null): void {
    this.#in = false;
    this.#fail('The stream of prices ended before the subscription was confirmed.');
    this.#events.onDown(this.#reason === '' ? reason : this.#reason, this.#why, retryIn);
  }

  #onMessage(data: string | Buffer, receivedTime: number): void {
    const ticks: Fields[] = [];
    for (const message of frameEntries(data, this.#events.onMalformed)) {
      const type = message['T'];
      if (type === 'success') this.#onSuccess(message);
      else if (type === 'subscription') this.#onSubscription(message);
      else if (type === 'error') this.#onError(message);
      else ticks.push(message);
    }
    if (ticks.length > 0) this.#events.onMessages(ticks, receivedTime);
  }

  #onSuccess({ msg }: Fields): void {
    if (msg !== 'authenticated' || this.#in) return;
    this.#socket.letIn();
    this.#in = true;
    this.#events.onUp();
    this.#next();
  }

  /** The answer is the whole list of what is subscribed. */
  #onSubscription(message: Fields): void {
    const request = this.#current;
    if (request === undefined) return;
    const served = Object.entries(request.wanted).every(([channel, symbols]) => {
      const list = message[channel];
      const has = Array.isArray(list) ? new Set(list as unknown[]) : new Set<unknown>();
      return symbols.every((symbol) => has.has(symbol) === (request.action === 'subscribe'));
    });
    if (served) this.#answer(null);
  }

  #onError(message: Fields): void {
    const code = typeof message['code'] === 'number' ? message['code'] : 0;
    const sentence = sentenceOf(code);
    const meaning = meaningOf(code);
    this.#context.log('warn', 'Alpaca’s stream of prices told an error.', { code });
    if (meaning === 'harmless') return;
    if (meaning === 'request') {
      this.#answer(new VenueError('rejected', sentence, { code: String(code) }));
      return;
    }
    this.#why = meaning === 'again' ? 'lost' : meaning;
    this.#reason = sentence;
    this.#socket.restart(sentence);
  }
}

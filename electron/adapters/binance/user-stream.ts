import { MS_PER_MINUTE } from '../../../engine/domain/time.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AccountStreamEvents } from '../../net/account-session.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { BackoffLimits } from '../../net/backoff.ts';
import { frameJson } from '../../net/frames.ts';
import { StreamSocket } from '../../net/stream-socket.ts';
import { GONE, meaningOf, NO_LISTEN_KEY, OFF_TIME } from './errors.ts';
import type { BinanceRest } from './rest.ts';
import {
  apiAnswerSchema,
  apiEventSchema,
  eventSchema,
  listenKeySchema,
  nothing,
} from './schemas.ts';
import type { BinanceKeys, BinanceSettings } from './settings.ts';
import { signedParameters } from './signing.ts';

/** How patient the streams are; tests are less so. */
export interface Patience {
  readonly pingEvery?: number;
  readonly silence?: number;
  readonly waits?: BackoffLimits;
  /** Milliseconds in which a stream has to let us in after it was opened. */
  readonly login?: number;
  /** Milliseconds between two signs of life for a listen key. */
  readonly keepAlive?: number;
  /** Milliseconds in which subscriptions are gathered into one message. */
  readonly gather?: number;
}

const LOGIN = 10_000;
const KEEP_ALIVE = 30 * MS_PER_MINUTE;
const KEEP_ALIVE_AGAIN = MS_PER_MINUTE;
/** Binance counts a ping as a message; a few a minute are enough. */
const PING_EVERY = 20_000;
const SILENCE = 60_000;

export type Event = Readonly<Record<string, unknown>> & { readonly e: string };

export interface UserStreamEvents extends AccountStreamEvents {
  readonly onEvent: (event: Event, receivedTime: number) => void;
}

export interface UserStreamOptions {
  readonly settings: BinanceSettings;
  readonly keys: BinanceKeys;
  readonly rest: BinanceRest;
  readonly context: AdapterContext;
  readonly patience: Patience;
  readonly events: UserStreamEvents;
}

/**
 * What happens to orders and balances. Two ways: a signed subscription on the WebSocket API, and a stream
 * whose address holds a listen key that has to be kept alive. Both tell the same events.
 */
export class UserStream {
  readonly #options: UserStreamOptions;
  readonly #socket: StreamSocket;
  readonly #byKey: boolean;
  #listenKey: string | undefined;
  #request = 0;
  #in = false;
  #refused = false;
  #closed = false;
  #cancelKeepAlive: (() => void) | undefined;

  constructor(options: UserStreamOptions) {
    this.#options = options;
    const { context, patience, settings, events } = options;
    this.#byKey = settings.userStream === 'listen-key';
    this.#socket = new StreamSocket({
      venue: 'Binance',
      url: () => (this.#byKey ? this.#keyedAddress() : settings.apiStreamUrl),
      clock: context.clock,
      random: context.random,
      pingEvery: patience.pingEvery ?? PING_EVERY,
      silence: patience.silence ?? SILENCE,
      waits: patience.waits,
      login: patience.login ?? LOGIN,
      onOpen: () => this.#opened(),
      onMessage: (data, receivedTime) => this.#onMessage(data, receivedTime),
      onClose: () => (this.#refused ? 'stop' : 'reconnect'),
      onDown: (reason, retryIn) => {
        this.#in = false;
        this.#cancelKeepAlive?.();
        if (!this.#refused) events.onDown(reason, retryIn);
      },
    });
  }

  start(): void {
    this.#socket.start();
  }

  restart(reason: string): void {
    this.#socket.restart(reason);
  }

  close(): void {
    this.#in = false;
    this.#closed = true;
    this.#cancelKeepAlive?.();
    this.#socket.close();
    const key = this.#listenKey;
    this.#listenKey = undefined;
    if (key === undefined || this.#refused) return;
    // A key that nobody listens to ends by itself; this is courtesy.
    this.#keyCall('DELETE', key).catch(() => undefined);
  }

  /** A new key for each connection: the old one may have expired. */
  async #keyedAddress(): Promise<string> {
    const { rest, settings } = this.#options;
    try {
      const { listenKey } = await rest.request({
        method: 'POST',
        path: '/api/v3/userDataStream',
        security: 'key',
        weight: 2,
        schema: listenKeySchema,
      });
      this.#listenKey = listenKey;
      return `${settings.streamUrl}/ws/${listenKey}`;
    } catch (error) {
      if (error instanceof VenueError) {
        if (error.code === GONE) {
          this.#refuse(
            'Binance makes no listen keys any more (410): choose websocket-api as the stream of orders in Connections.',
          );
        } else if (error.failure === 'unauthorized') this.#refuse(error.message);
      }
      throw error;
    }
  }

  #opened(): void {
    const { patience, settings, keys, rest } = this.#options;
    if (this.#byKey) {
      this.#keepAliveIn(patience.keepAlive ?? KEEP_ALIVE);
      this.#up();
      return;
    }
    this.#request += 1;
    this.#socket.send(
      JSON.stringify({
        id: this.#request,
        method: 'userDataStream.subscribe.signature',
        params: signedParameters(keys, rest.time.now(), settings.recvWindow),
      }),
    );
  }

  #up(): void {
    this.#socket.letIn();
    if (this.#in) return;
    this.#in = true;
    this.#options.events.onUp();
  }

  #keepAliveIn(milliseconds: number): void {
    const { context, patience } = this.#options;
    this.#cancelKeepAlive?.();
    this.#cancelKeepAlive = context.clock.after(milliseconds, () => {
      const key = this.#listenKey;
      if (key === undefined) return;
      this.#keyCall('PUT', key).then(
        () => {
          if (this.#in) this.#keepAliveIn(patience.keepAlive ?? KEEP_ALIVE);
        },
        (error: unknown) => {
          if (!this.#in || this.#listenKey !== key) return;
          const code = error instanceof VenueError ? error.code : '';
          if (code === NO_LISTEN_KEY) this.#socket.restart('the listen key has expired');
          else this.#keepAliveIn(Math.min(KEEP_ALIVE_AGAIN, patience.keepAlive ?? KEEP_ALIVE));
        },
      );
    });
  }

  async #keyCall(method: 'PUT' | 'DELETE', listenKey: string): Promise<void> {
    await this.#options.rest.request({
      method,
      path: '/api/v3/userDataStream',
      security: 'key',
      weight: 2,
      query: { listenKey },
      schema: nothing,
    });
  }

  #onMessage(data: string | Buffer, receivedTime: number): void {
    const { events } = this.#options;
    const value = frameJson(data);
    if (value === undefined) {
      events.onMalformed('a message that is no JSON');
      return;
    }
    if (!this.#byKey) {
      const answer = apiAnswerSchema.safeParse(value);
      if (answer.success) {
        this.#onAnswer(answer.data);
        return;
      }
    }
    const read = this.#byKey ? eventSchema.safeParse(value) : undefined;
    const wrapped = apiEventSchema.safeParse(value);
    const event: Event | undefined = read?.success === true ? read.data : wrapped.data?.event;
    if (event === undefined) {
      events.onMalformed('a message without an event');
      return;
    }
    switch (event.e) {
      case 'listenKeyExpired':
        this.#listenKey = undefined;
        this.#socket.restart('the listen key has expired');
        return;
      case 'eventStreamTerminated':
        this.#socket.restart('Binance has ended the subscription');
        return;
      case 'serverShutdown':
        this.#socket.restart('the server is shutting down');
        return;
      default:
        events.onEvent(event, receivedTime);
    }
  }

  #onAnswer(answer: {
    readonly id: string | number | null;
    readonly status: number;
    readonly error?: { readonly code: number; readonly msg: string } | undefined;
  }): void {
    const { context, rest } = this.#options;
    if (answer.status === 200) {
      if (answer.id === this.#request) this.#up();
      return;
    }
    // An answer that names no request, or an old one, says nothing of this subscription.
    if (answer.id !== this.#request && answer.id !== null) return;
    if (this.#in) return;
    const { code = 0, msg = '' } = answer.error ?? {};
    const meaning = meaningOf(code, msg, answer.status);
    context.log('warn', 'Binance refused the stream of orders.', { code, status: answer.status });
    if (meaning.failure === 'unauthorized') {
      this.#refuse(meaning.message);
      return;
    }
    if (meaning.code !== OFF_TIME) {
      this.#socket.restart(meaning.message);
      return;
    }
    const again = (): void => this.#socket.restart(meaning.message);
    rest.measure().then(again, again);
  }

  #refuse(message: string): void {
    if (this.#closed) return;
    this.#refused = true;
    this.close();
    this.#options.events.onRefused(message);
  }
}

import type { AccountStreamEvents } from '../../net/account-session.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { BackoffLimits } from '../../net/backoff.ts';
import { frameJson } from '../../net/frames.ts';
import { StreamSocket } from '../../net/stream-socket.ts';
import {
  authorizationSchema,
  envelopeSchema,
  listeningSchema,
  updateSchema,
  type AlpacaUpdate,
} from './schemas.ts';
import type { AlpacaKeys } from './settings.ts';

/** How patient the streams are; tests are less so. */
export interface Patience {
  readonly pingEvery?: number;
  readonly silence?: number;
  readonly waits?: BackoffLimits;
  /** Milliseconds in which a stream has to let us in after it was opened. */
  readonly login?: number;
  /** Milliseconds in which a replacement has to be confirmed by the stream before it is asked for. */
  readonly replacement?: number;
}

export const LOGIN = 10_000;

export interface OrderStreamEvents extends AccountStreamEvents {
  readonly onUpdate: (update: AlpacaUpdate, receivedTime: number) => void;
}

/** The stream of order updates. Its frames are binary and hold JSON; text frames are read as well. */
export class OrderStream {
  readonly #socket: StreamSocket;
  readonly #events: OrderStreamEvents;
  readonly #context: AdapterContext;
  #listening = false;
  #refused = false;

  constructor(
    url: string,
    keys: AlpacaKeys,
    context: AdapterContext,
    patience: Patience,
    events: OrderStreamEvents,
  ) {
    this.#events = events;
    this.#context = context;
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
        socket.send(
          JSON.stringify({
            action: 'authenticate',
            data: { key_id: keys.keyId, secret_key: keys.secretKey },
          }),
        );
      },
      onMessage: (data, receivedTime) => this.#onMessage(data, receivedTime),
      onClose: () => (this.#refused ? 'stop' : 'reconnect'),
      onDown: (reason, retryIn) => {
        this.#listening = false;
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
    this.#listening = false;
    this.#socket.close();
  }

  #onMessage(data: string | Buffer, receivedTime: number): void {
    const value = frameJson(data);
    if (value === undefined) {
      this.#events.onMalformed('a message that is no JSON');
      return;
    }
    const envelope = envelopeSchema.safeParse(value);
    if (!envelope.success) {
      this.#events.onMalformed('a message without the name of its stream');
      return;
    }
    const { stream, data: body } = envelope.data;
    if (stream === 'authorization') this.#onAuthorization(body);
    else if (stream === 'listening') this.#onListening(body);
    else if (stream === 'trade_updates') this.#onUpdate(body, receivedTime);
    else this.#context.log('info', 'Alpaca sent a message of an unknown stream.');
  }

  #onAuthorization(body: unknown): void {
    const said = authorizationSchema.safeParse(body);
    if (!said.success) {
      this.#events.onMalformed('an answer to the log-in');
    } else if (said.data.status === 'authorized') {
      this.#socket.send(JSON.stringify({ action: 'listen', data: { streams: ['trade_updates'] } }));
    } else {
      this.#refused = true;
      this.#events.onRefused('Alpaca refuses the keys for its stream of orders; check them.');
      this.close();
    }
  }

  #onListening(body: unknown): void {
    const said = listeningSchema.safeParse(body);
    if (said.data?.streams?.includes('trade_updates') !== true) {
      this.#socket.restart('it does not tell of orders');
      return;
    }
    this.#socket.letIn();
    if (this.#listening) return;
    this.#listening = true;
    this.#events.onUp();
  }

  #onUpdate(body: unknown, receivedTime: number): void {
    const update = updateSchema.safeParse(body);
    if (update.success) {
      this.#events.onUpdate(update.data, receivedTime);
      return;
    }
    const issue = update.error.issues[0];
    this.#events.onMalformed(
      `an order update (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`,
    );
  }
}

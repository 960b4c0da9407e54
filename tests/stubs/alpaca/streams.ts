import type { WebSocket } from 'ws';
import { messageOf, OrderSockets } from '../sockets.ts';

interface Client {
  readonly socket: WebSocket;
  authorized: boolean;
  listening: boolean;
  readonly channels: Map<string, Set<string>>;
}

export interface StreamKeys {
  readonly keyId: string;
  readonly secretKey: string;
}

export const DATA_CHANNELS = [
  'trades',
  'quotes',
  'bars',
  'updatedBars',
  'dailyBars',
  'statuses',
  'lulds',
  'corrections',
  'cancelErrors',
] as const;
const CHANNEL_OF: Readonly<Record<string, string>> = {
  t: 'trades',
  q: 'quotes',
  b: 'bars',
  u: 'updatedBars',
  d: 'dailyBars',
  s: 'statuses',
  l: 'lulds',
  c: 'corrections',
  x: 'cancelErrors',
};

/** Both streams: `/stream` tells of orders in binary frames, `/v2/{feed}` of prices in text frames. */
export class StubStreams extends OrderSockets {
  readonly orders = new Set<Client>();
  readonly data = new Set<Client>();
  /** Messages that clients sent, without their keys. */
  readonly heard: string[] = [];
  symbolLimit = Number.POSITIVE_INFINITY;
  connectionLimit = 1;
  feeds = new Set(['iex']);
  readonly #keys: StreamKeys;

  constructor(keys: StreamKeys) {
    super();
    this.#keys = keys;
  }

  protected open(socket: WebSocket, path: string): void {
    if (path === '/stream') this.#onOrders(socket);
    else this.#onData(socket, path.split('/').at(-1) ?? '');
  }

  /** In the envelope and the binary frame of the real stream. */
  protected send(event: object): void {
    this.sendOrders({ stream: 'trade_updates', data: event });
  }

  sendOrders(message: object | string): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    for (const { socket, listening } of this.orders) {
      if (listening) socket.send(Buffer.from(text), { binary: true });
    }
  }

  /** Ticks for those that subscribed to their symbol and kind. */
  tick(...messages: Readonly<Record<string, unknown>>[]): void {
    for (const client of this.data) {
      const wanted = messages.filter(({ T, S }) => {
        const channel = CHANNEL_OF[String(T)] ?? '';
        const list = client.channels.get(channel);
        return list?.has(String(S)) === true || list?.has('*') === true;
      });
      if (wanted.length > 0) client.socket.send(JSON.stringify(wanted));
    }
  }

  sendData(text: string): void {
    for (const { socket, authorized } of this.data) if (authorized) socket.send(text);
  }

  error(code: number, msg: string): void {
    this.sendData(JSON.stringify([{ T: 'error', code, msg }]));
  }

  dropOrders(): void {
    for (const { socket } of this.orders) socket.terminate();
  }

  dropData(): void {
    for (const { socket } of this.data) socket.terminate();
  }

  #onOrders(socket: WebSocket): void {
    const client: Client = { socket, authorized: false, listening: false, channels: new Map() };
    this.orders.add(client);
    socket.on('close', () => this.orders.delete(client));
    const answer = (message: object): void =>
      socket.send(Buffer.from(JSON.stringify(message)), { binary: true });
    socket.on('message', (raw) => {
      if (this.mute) return;
      const { action, data, key, secret } = messageOf<{
        action: string;
        key?: string;
        secret?: string;
        data?: { key_id?: string; secret_key?: string; streams?: string[] };
      }>(raw);
      this.heard.push(action);
      if (action === 'authenticate' || action === 'auth') {
        client.authorized =
          (data?.key_id ?? key) === this.#keys.keyId &&
          (data?.secret_key ?? secret) === this.#keys.secretKey;
        const status = client.authorized ? 'authorized' : 'unauthorized';
        answer({ stream: 'authorization', data: { status, action: 'authenticate' } });
      } else if (action === 'listen' && !client.authorized) {
        answer({ stream: 'authorization', data: { status: 'unauthorized', action: 'listen' } });
      } else if (action === 'listen') {
        const streams = (data?.streams ?? []).filter((each) => each === 'trade_updates');
        client.listening = streams.length > 0;
        answer({ stream: 'listening', data: { streams } });
      }
    });
  }

  #onData(socket: WebSocket, feed: string): void {
    const client: Client = { socket, authorized: false, listening: false, channels: new Map() };
    const answer = (message: object): void => socket.send(JSON.stringify([message]));
    this.data.add(client);
    socket.on('close', () => this.data.delete(client));
    answer({ T: 'success', msg: 'connected' });
    socket.on('message', (raw) => {
      if (this.mute) return;
      const message = messageOf<Readonly<Record<string, unknown>>>(raw);
      const { action } = message;
      this.heard.push(String(action));
      if (action === 'auth') {
        const problem = this.#refusal(client, feed, message);
        if (problem === null) {
          client.authorized = true;
          answer({ T: 'success', msg: 'authenticated' });
        } else {
          answer({ T: 'error', ...problem });
          socket.close();
        }
        return;
      }
      if (!client.authorized) {
        answer({ T: 'error', code: 401, msg: 'not authenticated' });
        return;
      }
      this.#change(client, message, answer);
    });
  }

  #refusal(
    client: Client,
    feed: string,
    message: Readonly<Record<string, unknown>>,
  ): { readonly code: number; readonly msg: string } | null {
    if (client.authorized) return { code: 403, msg: 'already authenticated' };
    if (message['key'] !== this.#keys.keyId || message['secret'] !== this.#keys.secretKey)
      return { code: 402, msg: 'auth failed' };
    if (!this.feeds.has(feed)) return { code: 409, msg: 'insufficient subscription' };
    const others = [...this.data].filter((each) => each !== client && each.authorized).length;
    return others >= this.connectionLimit ? { code: 406, msg: 'connection limit exceeded' } : null;
  }

  #change(
    client: Client,
    message: Readonly<Record<string, unknown>>,
    answer: (message: object) => void,
  ): void {
    const next = new Map([...client.channels].map(([name, list]) => [name, new Set(list)]));
    for (const [name, symbols] of Object.entries(message)) {
      if (name === 'action') continue;
      if (!(DATA_CHANNELS as readonly string[]).includes(name)) {
        answer({ T: 'error', code: 410, msg: 'invalid subscribe action for this feed' });
        return;
      }
      const list = next.get(name) ?? new Set<string>();
      for (const symbol of symbols as string[]) {
        if (message['action'] === 'subscribe') list.add(symbol);
        else list.delete(symbol);
      }
      next.set(name, list);
    }
    // Corrections and cancellations of trades come with the trades.
    for (const name of ['corrections', 'cancelErrors'])
      next.set(name, new Set(next.get('trades') ?? []));
    if (new Set([...next.values()].flatMap((list) => [...list])).size > this.symbolLimit) {
      answer({ T: 'error', code: 405, msg: 'symbol limit exceeded' });
      return;
    }
    client.channels.clear();
    for (const [name, list] of next) client.channels.set(name, list);
    answer({
      T: 'subscription',
      ...Object.fromEntries(DATA_CHANNELS.map((name) => [name, [...(next.get(name) ?? [])]])),
    });
  }
}

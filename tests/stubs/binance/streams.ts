import { createHmac } from 'node:crypto';
import type { WebSocket } from 'ws';
import { messageOf, OrderSockets } from '../sockets.ts';

interface Client {
  readonly socket: WebSocket;
  readonly kind: 'api' | 'key' | 'data';
  /** The listen key of its address. */
  readonly key: string;
  subscription: number | null;
  readonly streams: Set<string>;
}

export interface StreamTruth {
  readonly keys: { readonly apiKey: string; readonly secretKey: string };
  /** The venue's clock. */
  readonly now: () => number;
  readonly punctual: () => boolean;
  readonly isListenKey: (key: string) => boolean;
}

type Message = Readonly<Record<string, unknown>>;

/** The WebSocket API (`/ws-api/v3`), streams of listen keys (`/ws/…`) and the combined stream of prices (`/stream`). */
export class StubStreams extends OrderSockets<Message> {
  readonly clients = new Set<Client>();
  /** Methods that clients asked for. */
  readonly heard: string[] = [];
  /** Refuses subscriptions of the WebSocket API with this error. */
  subscriptionError: {
    readonly status: number;
    readonly code: number;
    readonly msg: string;
  } | null = null;
  /** How often a client sent more than five messages in a second. */
  tooFast = 0;
  readonly #truth: StreamTruth;
  #subscriptions = 0;

  constructor(truth: StreamTruth) {
    super();
    this.#truth = truth;
  }

  users(): readonly Client[] {
    return [...this.clients].filter(
      ({ kind, key, subscription }) =>
        (kind === 'api' && subscription !== null) ||
        (kind === 'key' && this.#truth.isListenKey(key)),
    );
  }

  /** In the envelope of each stream. */
  protected send(event: Message): void {
    this.#toUsers((client) =>
      JSON.stringify(
        client.kind === 'api' ? { subscriptionId: client.subscription, event } : event,
      ),
    );
  }

  sendUsers(text: string): void {
    this.#toUsers(() => text);
  }

  #toUsers(text: (client: Client) => string): void {
    for (const client of this.users()) client.socket.send(text(client));
  }

  /** A message of one stream, for those that subscribed to it. */
  tick(stream: string, data: Message): void {
    const text = JSON.stringify({ stream, data });
    for (const { kind, streams, socket } of this.clients)
      if (kind === 'data' && streams.has(stream)) socket.send(text);
  }

  sendData(text: string): void {
    for (const { kind, socket } of this.clients) if (kind === 'data') socket.send(text);
  }

  dropOrders(): void {
    for (const { kind, socket } of this.clients) if (kind !== 'data') socket.terminate();
  }

  dropData(): void {
    for (const { kind, socket } of this.clients) if (kind === 'data') socket.terminate();
  }

  protected open(socket: WebSocket, path: string): void {
    const kind = path.startsWith('/ws-api/') ? 'api' : path === '/stream' ? 'data' : 'key';
    const client: Client = {
      socket,
      kind,
      key: kind === 'key' ? path.slice('/ws/'.length) : '',
      subscription: null,
      streams: new Set(),
    };
    this.clients.add(client);
    const times: number[] = [];
    socket.on('close', () => this.clients.delete(client));
    socket.on('message', (raw) => {
      times.push(performance.now());
      if (times.length > 5 && (times.at(-1) as number) - (times.at(-6) as number) < 1000)
        this.tooFast += 1;
      if (this.mute) return;
      const message = messageOf<Message>(raw);
      this.heard.push(String(message['method']));
      if (kind === 'api') this.#onApi(client, message);
      else this.#onData(client, message);
    });
  }

  #onApi(client: Client, { id, method, params }: Message): void {
    const rateLimits = [
      {
        rateLimitType: 'REQUEST_WEIGHT',
        interval: 'MINUTE',
        intervalNum: 1,
        limit: 6000,
        count: 2,
      },
    ];
    const refuse = (status: number, code: number, msg: string): void =>
      client.socket.send(JSON.stringify({ id, status, error: { code, msg }, rateLimits }));
    if (method !== 'userDataStream.subscribe.signature') {
      refuse(400, -1000, 'Unknown method.');
      return;
    }
    const problem = this.subscriptionError ?? this.#signatureProblem(params as Message);
    if (problem !== null) {
      refuse(problem.status, problem.code, problem.msg);
      return;
    }
    client.subscription = this.#subscriptions;
    this.#subscriptions += 1;
    const result = { subscriptionId: client.subscription };
    client.socket.send(JSON.stringify({ id, status: 200, result, rateLimits }));
  }

  /** The signature is over all other parameters in alphabetical order. */
  #signatureProblem(
    params: Message,
  ): { readonly status: number; readonly code: number; readonly msg: string } | null {
    const { keys, now, punctual } = this.#truth;
    const { signature, ...rest } = params;
    if (rest['apiKey'] !== keys.apiKey)
      return { status: 401, code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' };
    const text = Object.keys(rest)
      .toSorted()
      .map((name) => `${name}=${String(rest[name])}`)
      .join('&');
    const right = createHmac('sha256', keys.secretKey).update(text).digest('hex');
    if (signature !== right)
      return { status: 400, code: -1022, msg: 'Signature for this request is not valid.' };
    if (!punctual()) return null;
    return timeProblem(Number(rest['timestamp']), Number(rest['recvWindow'] ?? 5000), now());
  }

  #onData(client: Client, { id, method, params }: Message): void {
    const names = Array.isArray(params) ? (params as string[]) : [];
    if (method === 'SUBSCRIBE') for (const name of names) client.streams.add(name);
    else if (method === 'UNSUBSCRIBE') for (const name of names) client.streams.delete(name);
    else {
      client.socket.send(JSON.stringify({ error: { code: 2, msg: 'Invalid request' }, id }));
      return;
    }
    if (client.streams.size > 1024) {
      client.socket.send(JSON.stringify({ error: { code: 2, msg: 'too many streams' }, id }));
      return;
    }
    client.socket.send(JSON.stringify({ result: null, id }));
  }
}

/** The window in which a request is taken. */
export function timeProblem(
  timestamp: number,
  recvWindow: number,
  now: number,
): { readonly status: number; readonly code: number; readonly msg: string } | null {
  if (!Number.isInteger(timestamp) || !(recvWindow > 0 && recvWindow <= 60_000))
    return { status: 400, code: -1102, msg: "Mandatory parameter 'timestamp' was not sent." };
  if (timestamp >= now + 1000)
    return {
      status: 400,
      code: -1021,
      msg: "Timestamp for this request was 1000ms ahead of the server's time.",
    };
  return now - timestamp <= recvWindow
    ? null
    : {
        status: 400,
        code: -1021,
        msg: 'Timestamp for this request is outside of the recvWindow.',
      };
}

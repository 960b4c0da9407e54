import type { WebSocket } from 'ws';
import { messageOf, StubSockets } from '../sockets.ts';

interface Client {
  readonly socket: WebSocket;
  readonly cluster: string;
  authorized: boolean;
  readonly names: Set<string>;
}

const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  stocks: ['T', 'Q', 'A', 'AM'],
  options: ['T', 'Q', 'A', 'AM'],
  crypto: ['XT', 'XQ', 'XA', 'XAS'],
};

export type StubEvent = Readonly<Record<string, unknown>>;

/** The streams of the clusters, one path each: a log-in by message, names of channel and ticker, lists of events. */
export class StubStreams extends StubSockets {
  readonly clients = new Set<Client>();
  /** Actions that clients sent, without their keys: `auth`, `subscribe T.AAPL`, … */
  readonly heard: string[] = [];
  readonly connections = new Map<string, number>();
  /** Clusters that the plan includes. */
  plan = new Set(['stocks', 'options', 'crypto']);
  /** Names that are refused when they are asked for. */
  readonly forbidden = new Set<string>();
  /** Subscriptions are served and not confirmed. */
  silentAnswers = false;
  /** Confirms all names of a request in one message. */
  together = false;
  /** Bytes that may wait to be sent to a client until it counts as slow. */
  buffer = Number.POSITIVE_INFINITY;
  readonly #key: string;

  constructor(key: string) {
    super();
    this.#key = key;
  }

  /** Events for those that want them, all in one frame. */
  tell(...events: StubEvent[]): void {
    for (const client of this.clients) {
      const wanted = events.filter((event) => {
        const name = String(event['sym'] ?? event['pair']);
        const channel = String(event['ev']);
        return client.names.has(`${channel}.${name}`) || client.names.has(`${channel}.*`);
      });
      if (wanted.length > 0) this.#send(client, JSON.stringify(wanted));
    }
  }

  /** Text as it is, to all that are let in. */
  raw(text: string): void {
    for (const client of this.clients) if (client.authorized) this.#send(client, text);
  }

  status(status: string, message: string): void {
    this.raw(JSON.stringify([{ ev: 'status', status, message }]));
  }

  dropData(): void {
    for (const { socket } of this.clients) socket.terminate();
  }

  /** As the server does with a client that reads too slowly. */
  kick(): void {
    for (const { socket } of this.clients) socket.close(1008, 'slow consumer');
  }

  /** Frozen ones are not sent to, either. */
  override freeze(): void {
    super.freeze();
    this.clients.clear();
  }

  subscribed(name: string): boolean {
    return [...this.clients].some(({ names }) => names.has(name));
  }

  #send(client: Client, text: string): void {
    client.socket.send(text);
    if (client.socket.bufferedAmount > this.buffer) client.socket.close(1008, 'slow consumer');
  }

  protected open(socket: WebSocket, path: string): void {
    const cluster = path.slice(1);
    const client: Client = { socket, cluster, authorized: false, names: new Set() };
    const status = (word: string, message: string): void =>
      socket.send(JSON.stringify([{ ev: 'status', status: word, message }]));
    this.connections.set(cluster, (this.connections.get(cluster) ?? 0) + 1);
    this.clients.add(client);
    socket.on('close', () => this.clients.delete(client));
    status('connected', 'Connected Successfully');
    socket.on('message', (raw) => {
      const { action, params } = messageOf<{ action: string; params: string }>(raw);
      this.heard.push(action === 'auth' ? 'auth' : `${action} ${params}`);
      if (action === 'auth') this.#onAuth(client, params, status);
      else if (!client.authorized) status('error', 'not authenticated');
      else this.#onNames(client, action, params.split(','), status);
    });
  }

  #onAuth(client: Client, key: string, status: (word: string, message: string) => void): void {
    if (this.mute) return;
    if (key !== this.#key || !this.plan.has(client.cluster)) {
      const problem =
        key === this.#key ? 'Your plan does not include websocket access' : 'authentication failed';
      status('auth_failed', problem);
      client.socket.close();
      return;
    }
    client.authorized = true;
    status('auth_success', 'authenticated');
    // One connection of a cluster for a key: the older one is ended.
    for (const other of this.clients) {
      if (other === client || other.cluster !== client.cluster || !other.authorized) continue;
      other.socket.send(
        JSON.stringify([
          {
            ev: 'status',
            status: 'max_connections',
            message: 'Maximum number of connections exceeded.',
          },
        ]),
      );
      other.socket.close();
      this.clients.delete(other);
    }
  }

  #onNames(
    client: Client,
    action: string,
    names: readonly string[],
    status: (word: string, message: string) => void,
  ): void {
    if (names.some((name) => this.forbidden.has(name))) {
      status('error', 'not authorized for this data');
      return;
    }
    const done: string[] = [];
    for (const name of names) {
      if (CHANNELS[client.cluster]?.includes(name.split('.')[0] as string) !== true) {
        status('error', `invalid channel ${name}`);
        return;
      }
      // What is held already is not confirmed.
      if (client.names.has(name) === (action === 'subscribe')) continue;
      if (action === 'subscribe') client.names.add(name);
      else client.names.delete(name);
      done.push(name);
    }
    if (this.silentAnswers) return;
    const word = action === 'subscribe' ? 'subscribed to: ' : 'unsubscribed to: ';
    if (this.together && done.length > 0) status('success', word + done.join(','));
    else for (const name of done) status('success', word + name);
  }
}

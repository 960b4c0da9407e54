import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Field } from './answers.ts';
import { frame, unframe } from './frames.ts';

export interface Client {
  readonly socket: Socket;
  id: number;
  bytes: Buffer;
  greeted: boolean;
  started: boolean;
}

/** The socket side of TWS: greeting, frames, and everything that can go wrong with them. */
export abstract class StubServer {
  readonly received: string[][] = [];
  readonly clients = new Set<Client>();
  readonly handshakes: string[] = [];
  serverVersion: number;
  /** Says nothing any more, and keeps the connection: half open. */
  mute = false;
  duplicate = false;
  /** Turns round the order of what is sent within these milliseconds. */
  reorder = 0;
  delay = 0;
  /** Changes fields before they are sent. */
  tamper: ((fields: Field[]) => Field[]) | null = null;
  /** Answers nothing of these kinds. */
  readonly ignored = new Set<number>();
  #server: Server | undefined;
  #port = 0;
  #held: { client: Client; bytes: Buffer }[] = [];

  constructor(serverVersion: number) {
    this.serverVersion = serverVersion;
  }

  protected abstract take(client: Client, fields: string[]): void;
  protected abstract gone(client: Client): void;

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(this.#port, '127.0.0.1', resolve);
    await promise;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.cut();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    await promise;
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const { socket } of this.clients) socket.destroy();
    this.clients.clear();
  }

  /** A message to all programs, or about one request. */
  say(id: number, code: number, text: string, client?: Client): void {
    for (const each of client === undefined ? this.clients : [client])
      this.send(each, [4, 2, id, code, text, '']);
  }

  /** Bytes as they are, for frames that are none. */
  raw(bytes: Buffer): void {
    for (const { socket } of this.clients) socket.write(bytes);
  }

  broadcast(fields: readonly Field[]): void {
    for (const client of this.clients) this.send(client, [...fields]);
  }

  #accept(socket: Socket): void {
    const client: Client = {
      socket,
      id: -1,
      bytes: Buffer.alloc(0),
      greeted: false,
      started: false,
    };
    this.clients.add(client);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.clients.delete(client);
      this.gone(client);
    });
    socket.on('data', (data) => {
      client.bytes = Buffer.concat([client.bytes, data]);
      this.#read(client);
    });
  }

  #read(client: Client): void {
    if (!client.greeted) {
      // "API", a zero byte, four bytes of length, and the range of versions.
      if (client.bytes.length < 8) return;
      if (client.bytes.subarray(0, 4).toString('latin1') !== 'API\0')
        throw new Error('No greeting.');
      const length = client.bytes.readUInt32BE(4);
      if (client.bytes.length < 8 + length) return;
      this.handshakes.push(client.bytes.subarray(8, 8 + length).toString('utf8'));
      client.bytes = client.bytes.subarray(8 + length);
      client.greeted = true;
      this.send(client, [this.serverVersion, '20240102 10:00:00 Eastern Standard Time']);
    }
    const { messages, rest } = unframe(client.bytes);
    client.bytes = rest;
    for (const message of messages) {
      this.received.push(message);
      if (!this.ignored.has(Number(message[0]))) this.take(client, message);
    }
  }

  send(client: Client, fields: Field[]): void {
    if (this.mute) return;
    const told = this.tamper === null ? fields : this.tamper(fields);
    const bytes = frame(told);
    const write = (out: Buffer): void => {
      if (!client.socket.destroyed) client.socket.write(out);
    };
    if (this.reorder > 0 && client.started) {
      if (this.#held.length === 0) setTimeout(() => this.#release(), this.reorder);
      this.#held.push({ client, bytes });
      return;
    }
    if (this.delay > 0) {
      setTimeout(() => write(bytes), this.delay);
      return;
    }
    write(bytes);
    if (this.duplicate && client.started) write(bytes);
  }

  #release(): void {
    const ends = (bytes: Buffer): boolean =>
      ['53', '55', '62', '64', '102', '52'].includes(
        bytes.subarray(4).toString('utf8').split('\0')[0] ?? '',
      );
    // The ends of lists stay at the end: TWS sends them once all has been sent.
    const held = this.#held.splice(0);
    const turned = [
      ...held.filter(({ bytes }) => !ends(bytes)).toReversed(),
      ...held.filter(({ bytes }) => ends(bytes)),
    ];
    for (const { client, bytes } of turned)
      if (!client.socket.destroyed) client.socket.write(bytes);
  }
}

import type { Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';

/** The streams of a stub, which may be refused, ended, or left open without a word. */
export abstract class StubSockets {
  /** Refuses new connections with this status. */
  refuse: number | null = null;
  /** Does not answer. */
  mute = false;
  readonly #server = new WebSocketServer({ noServer: true, autoPong: true });

  protected abstract open(socket: WebSocket, path: string): void;

  /** How many connections are open. */
  get size(): number {
    return this.#server.clients.size;
  }

  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => {
      if (this.refuse !== null) {
        socket.end(`HTTP/1.1 ${this.refuse} No\r\nConnection: close\r\n\r\n`);
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (client) => {
        client.on('error', () => undefined);
        this.open(client, request.url ?? '');
      });
    });
  }

  /** The connections stay open, and nothing is read or answered any more. */
  freeze(): void {
    for (const socket of this.#server.clients) socket.pause();
  }

  /** All connections end; new ones are taken. */
  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }
}

/** Those of a venue that tells of orders; what it tells may be kept back. */
export abstract class OrderSockets<Event extends object = object> extends StubSockets {
  /** Events of orders are kept back while it is true; they come out in the order of `release`. */
  holding = false;
  readonly held: Event[] = [];

  /** Ends the streams of orders. */
  abstract dropOrders(): void;
  /** Ends the streams of prices. */
  abstract dropData(): void;
  protected abstract send(event: Event): void;

  /** Tells of an order or balance. */
  event(event: Event): void {
    if (this.holding) this.held.push(event);
    else this.send(event);
  }

  /** Sends what was held back, in any order that the test likes. */
  release(arrange: (events: Event[]) => Event[] = (events) => events): void {
    this.holding = false;
    for (const event of arrange(this.held.splice(0))) this.event(event);
  }
}

/** What a client sent. */
export function messageOf<Message>(raw: unknown): Message {
  return JSON.parse((raw as Buffer).toString('utf8')) as Message;
}

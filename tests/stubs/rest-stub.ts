import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StubSockets } from './sockets.ts';

/** What goes wrong with the next calls that fit. */
export interface Fault {
  /** `POST /v2/orders`, or the beginning of it. */
  readonly call: string;
  /** How many calls; 1 when absent. */
  readonly times?: number;
  readonly what:
    | { readonly kind: 'drop-before' } // the connection ends before anything is done
    | { readonly kind: 'drop-after' } // it is done, and nobody is told
    | { readonly kind: 'truncate' } // it is done, and half of the answer comes
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly body?: string;
        readonly headers?: Readonly<Record<string, string>>;
      }
    | { readonly kind: 'malformed'; readonly body: string } // it is done, and the answer makes no sense
    | { readonly kind: 'slow'; readonly milliseconds: number }
    | { readonly kind: 'slow'; readonly until: Promise<void> };
}

/** A bar as sources of stocks name its parts. */
export interface StubBar {
  readonly t: number;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
}

/** What a stub says no to, and why. */
export class Refusal<Code = number> extends Error {
  readonly status: number;
  readonly code: Code;

  constructor(status: number, code: Code, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface StubRequest {
  readonly method: string;
  /** As it was sent, without its query. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export interface StubAnswer {
  readonly status: number;
  /** undefined: the answer has none. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** A venue on 127.0.0.1: its REST calls, its streams, and faults on command. */
export abstract class RestStub {
  /** Calls as they came: method and path without query, where a venue does not say otherwise. */
  readonly calls: string[] = [];
  abstract readonly streams: StubSockets;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #port = 0;
  #faults: { readonly fault: Fault; left: number }[] = [];

  protected abstract answer(request: StubRequest): StubAnswer;

  /** What is written down of a call. */
  protected noted(call: string, _request: StubRequest): string {
    return call;
  }

  /** Begins to listen: at any port, and after an end at the one that it had. */
  async listen(): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(this.#port, '127.0.0.1', resolve);
    await promise;
    this.#server.off('error', reject);
    if (this.#port === 0) this.streams.attach(this.#server);
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The address of streams. */
  get socket(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  fault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** How many calls began like this. */
  asked(beginning: string): number {
    return this.calls.filter((call) => call.startsWith(beginning)).length;
  }

  async close(): Promise<void> {
    this.streams.close();
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  /** All connections end; a moment later the venue is there again, with all that it knew. */
  async restart(): Promise<void> {
    await this.close();
    await this.listen();
  }

  #fault(call: string): Fault['what'] | undefined {
    const found = this.#faults.find((each) => each.left > 0 && call.startsWith(each.fault.call));
    if (found !== undefined) found.left -= 1;
    return found?.fault.what;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const call = `${method} ${decodeURIComponent(path)}`;
    const bare = { method, path, query, headers };
    this.calls.push(this.noted(call, { ...bare, body: '' }));
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const fault = this.#fault(call);
    if (fault?.kind === 'drop-before') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, { ...JSON_TYPE, ...fault.headers });
      response.end(fault.body ?? '{}');
      return;
    }
    if (fault?.kind === 'slow') await ('until' in fault ? fault.until : sleep(fault.milliseconds));
    const answer = this.answer({ ...bare, body });
    if (fault?.kind === 'drop-after') {
      request.socket.destroy();
      return;
    }
    const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
    const json = fault?.kind === 'malformed' ? fault.body : text;
    if (fault?.kind === 'truncate') {
      const length = String(Buffer.byteLength(json));
      response.writeHead(answer.status, { 'content-length': length });
      response.write(json.slice(0, json.length / 2));
      setImmediate(() => request.socket.destroy());
      return;
    }
    response.writeHead(answer.status, { ...JSON_TYPE, ...answer.headers });
    response.end(json);
  }
}

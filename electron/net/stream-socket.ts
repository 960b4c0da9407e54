import { WebSocket } from 'ws';
import { messageOf } from '../../engine/domain/errors.ts';
import type { Clock, Random } from '../../engine/ports/clock.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import { backoff, type BackoffLimits } from './backoff.ts';

/** What happens when a socket has ended: come back after a while, or leave it to the user. */
export type Reconnection = 'reconnect' | 'stop';

export interface StreamHandlers {
  /** The socket stands: log in and subscribe again. A throw or rejection ends this attempt. */
  readonly onOpen: (socket: StreamSocket) => void | Promise<void>;
  readonly onMessage: (data: string | Buffer, receivedTime: number) => void;
  /** The socket has ended or could not be made. `retryIn`: milliseconds until the next attempt; null when none comes. */
  readonly onDown: (reason: string, retryIn: number | null) => void;
  /** Whether to come back after this end; `reconnect` when absent. */
  readonly onClose?: (code: number, reason: string, status: number | null) => Reconnection;
}

export interface StreamOptions extends StreamHandlers {
  readonly venue: string;
  /** Asked anew for each attempt: addresses may hold a key that changes. */
  readonly url: () => string | Promise<string>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds between pings; 0 sends none. 15 s when absent. */
  readonly pingEvery?: number | undefined;
  /** Milliseconds without any frame after which the socket counts as dead; 45 s when absent. */
  readonly silence?: number | undefined;
  readonly waits?: BackoffLimits | undefined;
  /**
   * Milliseconds in which the venue has to let us in after the socket was opened: `letIn` is called then.
   * It need not when absent.
   */
  readonly login?: number | undefined;
  readonly maxPayload?: number;
  /** Bytes that may wait to be sent before sending fails; 1 MiB when absent. */
  readonly maxWaiting?: number;
}

const WAITS: BackoffLimits = { first: 500, longest: 30_000 };
/** A connection that has stood for so long makes the next failure the first one again. */
const STEADY = 30_000;
const HANDSHAKE = 15_000;

/**
 * A WebSocket that comes back: pings, notices half-open connections by their silence, and reconnects
 * with growing waits until it is closed.
 */
export class StreamSocket {
  readonly #options: StreamOptions;
  #socket: WebSocket | undefined;
  #attempt = 0;
  #closed = false;
  #cancelRetry: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;
  #cancelLogin: (() => void) | undefined;
  #lastFrame = 0;
  #openedAt = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get open(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  start(): void {
    this.#closed = false;
    void this.#connect();
  }

  /** @throws VenueError `not-sent` when the socket is down or too much waits to be sent */
  send(data: string | Uint8Array): void {
    const socket = this.#socket;
    const { venue, maxWaiting = 1024 * 1024 } = this.#options;
    if (socket === undefined || socket.readyState !== WebSocket.OPEN) {
      throw new VenueError('not-sent', `The stream of ${venue} is not connected.`);
    }
    if (socket.bufferedAmount > maxWaiting) {
      throw new VenueError('not-sent', `The stream of ${venue} takes nothing more for now.`);
    }
    socket.send(data);
  }

  /** The venue has answered to the log-in. */
  letIn(): void {
    this.#cancelLogin?.();
  }

  /** Drops the present connection and makes another, for example after a gap or an expired key. */
  restart(reason: string): void {
    if (this.#closed) return;
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#end(socket, 4000, reason, null);
    socket.terminate();
  }

  /** Ends for good. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#cancelWatch?.();
    this.#cancelLogin?.();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    if (socket.readyState === WebSocket.OPEN) socket.close(1000);
    const cancel = this.#options.clock.after(1000, () => socket.terminate());
    socket.on('close', cancel);
    if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
  }

  async #connect(): Promise<void> {
    const { url, headers, maxPayload = 16 * 1024 * 1024, clock } = this.#options;
    let address: string;
    try {
      address = await url();
    } catch (error) {
      if (!this.#closed) this.#retry(messageOf(error));
      return;
    }
    if (this.#closed) return;
    let socket: WebSocket;
    try {
      socket = new WebSocket(address, {
        ...(headers === undefined ? {} : { headers: { ...headers } }),
        maxPayload,
        handshakeTimeout: HANDSHAKE,
        followRedirects: false,
        perMessageDeflate: false,
      });
    } catch {
      // What it says may hold the address, and that a key.
      this.#retry('the address of the stream cannot be used');
      return;
    }
    this.#socket = socket;
    let status: number | null = null;
    socket.on('unexpected-response', (request, response) => {
      status = response.statusCode ?? null;
      request.destroy();
      this.#end(socket, 1006, `the venue answered ${String(status)}`, status);
    });
    socket.on('open', () => {
      this.#openedAt = clock.elapsed();
      this.#lastFrame = this.#openedAt;
      this.#watch(socket);
      this.#awaitLogin();
      void this.#opened(socket);
    });
    const heard = (): void => {
      this.#lastFrame = clock.elapsed();
    };
    socket.on('ping', heard);
    socket.on('pong', heard);
    socket.on('message', (data, binary) => {
      if (socket !== this.#socket) return;
      heard();
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
      try {
        this.#options.onMessage(binary ? bytes : bytes.toString('utf8'), clock.now());
      } catch (error) {
        // A defect of ours must not end the process; what the message said comes with the next connection.
        this.restart(`a message was not dealt with: ${messageOf(error)}`);
      }
    });
    socket.on('error', (error) => this.#end(socket, 1006, error.message, status));
    socket.on('close', (code, reason) => this.#end(socket, code, reason.toString('utf8'), status));
  }

  async #opened(socket: WebSocket): Promise<void> {
    try {
      await this.#options.onOpen(this);
    } catch (error) {
      if (socket !== this.#socket) return;
      this.#end(socket, 4001, messageOf(error), null);
      socket.terminate();
    }
  }

  #awaitLogin(): void {
    const { clock, login } = this.#options;
    this.#cancelLogin?.();
    if (login === undefined) return;
    this.#cancelLogin = clock.after(login, () => this.restart('it did not let us in in time'));
  }

  #watch(socket: WebSocket): void {
    const { clock, pingEvery = 15_000, silence = 45_000 } = this.#options;
    const every = pingEvery > 0 ? Math.min(pingEvery, silence / 2) : silence / 2;
    const look = (): void => {
      if (socket !== this.#socket) return;
      const quiet = clock.elapsed() - this.#lastFrame;
      if (quiet >= silence) {
        this.#end(socket, 4002, `nothing was heard for ${Math.round(quiet / 1000)} s`, null);
        socket.terminate();
        return;
      }
      if (pingEvery > 0 && socket.readyState === WebSocket.OPEN) socket.ping();
      this.#cancelWatch = clock.after(every, look);
    };
    this.#cancelWatch = clock.after(every, look);
  }

  #end(socket: WebSocket, code: number, reason: string, status: number | null): void {
    if (socket !== this.#socket || this.#closed) return;
    this.#socket = undefined;
    this.#cancelWatch?.();
    this.#cancelLogin?.();
    socket.removeAllListeners();
    // Late errors of a dead socket have no one else to hear them.
    socket.on('error', () => undefined);
    if (this.#openedAt > 0 && this.#options.clock.elapsed() - this.#openedAt >= STEADY)
      this.#attempt = 0;
    this.#openedAt = 0;
    const text = reason === '' ? `closed (${code})` : reason;
    if (this.#options.onClose?.(code, reason, status) === 'stop') {
      this.#closed = true;
      this.#options.onDown(text, null);
      return;
    }
    this.#retry(text);
  }

  #retry(reason: string): void {
    const { clock, random, waits = WAITS } = this.#options;
    const wait = backoff(this.#attempt, waits, random);
    this.#attempt += 1;
    this.#options.onDown(reason, wait);
    this.#cancelRetry = clock.after(wait, () => void this.#connect());
  }
}

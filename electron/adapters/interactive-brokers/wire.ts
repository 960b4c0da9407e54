import { connect, type Socket } from 'node:net';
import '@stoqey/ib';
import { Decoder } from '@stoqey/ib/dist/core/io/decoder.js';
import { Encoder } from '@stoqey/ib/dist/core/io/encoder.js';
import { VenueError } from '../../../engine/ports/venue-error.ts';

/**
 * Versions of the protocol that are spoken. TWS is told the highest one and answers with what it speaks of
 * them, so that a newer TWS sends nothing that the decoder does not know. The library's own limit is the
 * same; a test holds both together.
 */
export const MIN_SERVER_VERSION = 176;
export const MAX_SERVER_VERSION = 193;

/** No message of TWS is longer; a longer one means that the framing is lost. */
const MAX_FRAME = 0xff_ff_ff;
const MAX_WAITING = 1024 * 1024;
const START_API = 71;
/** Code that the decoder gives to messages that it cannot read. */
const UNREADABLE = 505;
const TICK_PRICE = '1';
const BID = '1';
const BID_SIZE = 0;

export interface WireHandlers {
  /** The versions are agreed on and the session is asked for. */
  readonly onHandshake: (serverVersion: number) => void;
  readonly onEvent: (name: string, args: readonly unknown[]) => void;
  /** What TWS says of a request (`id` of 0 or more) or of itself (-1). */
  readonly onMessage: (id: number, code: number, text: string) => void;
  /** A message that could not be read; nothing of it was used. `kind` is its number on the wire. */
  readonly onUnreadable: (kind: number, reason: string) => void;
  /** All messages of a piece of data were handed out. */
  readonly onIdle: () => void;
  /** Once. `final`: another attempt would end the same way. */
  readonly onClosed: (reason: string, final: boolean) => void;
}

export interface WireOptions extends WireHandlers {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
}

interface Decoded {
  readonly events: { readonly name: string; readonly args: readonly unknown[] }[];
  readonly messages: { readonly id: number; readonly code: number; readonly text: string }[];
  trouble: string | null;
}

/**
 * One TCP connection to TWS, from its handshake to its end; never used again. Messages are made and read
 * by the library; the socket is ours, because the library's own one stops the process on a frame with a
 * negative length or a message that makes its decoder throw, and sends what waited before a disconnection
 * on the next connection.
 */
export class TwsWire {
  readonly #options: WireOptions;
  readonly #socket: Socket;
  readonly #encoder: Encoder;
  #decoder: Decoder;
  #decoded: Decoded = { events: [], messages: [], trouble: null };
  #outgoing: Buffer[] = [];
  #refused: string | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #serverVersion = 0;
  #closed = false;
  #connected = false;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#encoder = new Encoder(this.#encoderCallbacks());
    this.#decoder = this.#newDecoder();
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true });
    this.#socket.on('connect', () => this.#greet());
    this.#socket.on('data', (data) => this.#take(data));
    this.#socket.on('error', (error) => this.close(textOf(error)));
    this.#socket.on('end', () => this.close('TWS closed the connection'));
    this.#socket.on('close', () => this.close('the connection was closed'));
  }

  /** Whether the TCP connection stood at some time. */
  get reached(): boolean {
    return this.#connected;
  }

  get serverVersion(): number {
    return this.#serverVersion;
  }

  get open(): boolean {
    return this.#serverVersion > 0 && !this.#closed && this.#socket.writable;
  }

  /**
   * Sends what the encoder is told to make, in one piece and in this order.
   * @throws VenueError `not-sent` when it cannot be sent; nothing of it has left then
   */
  send(make: (encoder: Encoder) => void): void {
    if (!this.open) throw new VenueError('not-sent', 'TWS is not connected.', { code: '504' });
    if (this.#socket.writableLength > MAX_WAITING) {
      throw new VenueError('not-sent', 'TWS takes nothing more for now.');
    }
    this.#outgoing = [];
    this.#refused = null;
    try {
      make(this.#encoder);
    } catch (cause) {
      throw new VenueError('not-sent', `The message could not be made: ${textOf(cause)}`, {
        cause,
      });
    }
    // Set by the encoder's callbacks.
    const refused = this.#refused as string | null;
    if (refused !== null) {
      throw new VenueError('not-sent', `This version of TWS cannot do it: ${refused}`);
    }
    this.#socket.write(Buffer.concat(this.#outgoing));
  }

  close(reason: string, final = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#options.onClosed(reason, final);
  }

  #greet(): void {
    this.#connected = true;
    const versions = `v${MIN_SERVER_VERSION}..${MAX_SERVER_VERSION}`;
    this.#socket.write(Buffer.concat([Buffer.from('API\0', 'latin1'), framed(versions)]));
  }

  #take(data: Buffer): void {
    if (this.#closed) return;
    let bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    while (bytes.length >= 4) {
      const length = bytes.readInt32BE(0);
      if (length < 0 || length > MAX_FRAME) {
        this.close(`TWS sent a frame of ${length} bytes; the stream cannot be read any more`);
        return;
      }
      if (bytes.length < 4 + length) break;
      const frame = bytes.subarray(4, 4 + length);
      bytes = bytes.subarray(4 + length);
      this.#frame(frame);
      // A handler may have closed the connection; what it still holds belongs to nobody.
      if (this.#hasEnded()) return;
    }
    // A copy: the rest must not keep a large piece of memory alive.
    this.#rest = Buffer.from(bytes);
    this.#options.onIdle();
  }

  #hasEnded(): boolean {
    return this.#closed;
  }

  #frame(frame: Buffer): void {
    const text = frame.toString('utf8');
    const tokens = text.split('\0');
    if (tokens.pop() !== '') {
      if (this.#serverVersion === 0) this.close('what answers is not TWS', true);
      else this.#options.onUnreadable(Number.parseInt(tokens[0] ?? '', 10), 'it does not end');
      return;
    }
    if (this.#serverVersion === 0) this.#agree(tokens);
    else this.#decode(tokens);
  }

  #agree(tokens: readonly string[]): void {
    const version = Number(tokens[0]);
    if (!Number.isInteger(version)) {
      this.close('what answers is not TWS', true);
      return;
    }
    if (version < MIN_SERVER_VERSION) {
      this.close(
        `this TWS is too old (protocol ${version}); install TWS or IB Gateway 10.30 or newer`,
        true,
      );
      return;
    }
    if (version > MAX_SERVER_VERSION) {
      this.close(
        `this TWS insists on protocol ${version}; Renata speaks ${MIN_SERVER_VERSION} to ${MAX_SERVER_VERSION}`,
        true,
      );
      return;
    }
    this.#serverVersion = version;
    this.#socket.write(framed([START_API, 2, this.#options.clientId, ''].join('\0') + '\0'));
    this.#options.onHandshake(version);
  }

  /** All or nothing: what comes before a part that cannot be read may be read wrongly as well. */
  #decode(tokens: string[]): void {
    this.#decoded = { events: [], messages: [], trouble: null };
    try {
      this.#decoder.enqueueMessage(tokens);
      this.#decoder.process();
    } catch (error) {
      this.#decoded.trouble = textOf(error);
    }
    const { events, messages, trouble } = this.#decoded;
    if (trouble !== null) {
      this.#decoder = this.#newDecoder();
      this.#options.onUnreadable(Number.parseInt(tokens[0] ?? '', 10), trouble.slice(0, 300));
      return;
    }
    const size = forgottenSize(tokens);
    if (size !== null && events.length === 1) events.push(size);
    for (const { id, code, text } of messages) this.#options.onMessage(id, code, text);
    for (const { name, args } of events) this.#options.onEvent(name, args);
  }

  #newDecoder(): Decoder {
    const version = (): number => this.#serverVersion;
    return new Decoder({
      get serverVersion() {
        return version();
      },
      emitEvent: (name, ...args) => {
        this.#decoded.events.push({ name, args });
      },
      emitError: (text, code, id) => {
        if (code === UNREADABLE && id === undefined) this.#decoded.trouble ??= text;
        else this.#decoded.messages.push({ id: id ?? -1, code, text });
      },
      emitInfo: (text, code) => {
        this.#decoded.messages.push({ id: -1, code, text });
      },
    });
  }

  #encoderCallbacks(): ConstructorParameters<typeof Encoder>[0] {
    const version = (): number => this.#serverVersion;
    return {
      get serverVersion() {
        return version();
      },
      sendMsg: (...tokens) => {
        this.#outgoing.push(framed(`${tokens.flat(5).map(onWire).join('\0')}\0`));
      },
      emitError: (text) => {
        this.#refused = text;
      },
    };
  }
}

/**
 * The size of a bid comes with its price. The library tells that of asks and trades, but takes the bid's
 * kind, which is 0, for none.
 */
function forgottenSize(tokens: readonly string[]): Decoded['events'][number] | null {
  const [kind, , id, tick, , size = ''] = tokens;
  if (kind !== TICK_PRICE || tick !== BID || size === '') return null;
  return { name: 'tickSize', args: [Number(id), BID_SIZE, Number(size)] };
}

function onWire(token: unknown): string {
  if (token === undefined || token === null) return '';
  if (typeof token === 'boolean') return token ? '1' : '0';
  if (typeof token === 'number') return String(token);
  // A zero byte would end the field and shift all that follow.
  return typeof token === 'string' ? token.replaceAll('\0', '') : '';
}

function framed(text: string): Buffer {
  const body = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message;
}

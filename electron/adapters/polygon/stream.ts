import { messageOf } from '../../../engine/domain/errors.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { BackoffLimits } from '../../net/backoff.ts';
import { frameEntries, type Fields } from '../../net/frames.ts';
import { StreamSocket } from '../../net/stream-socket.ts';
import { FrameQueue, type Frame } from './frame-queue.ts';
import type { Cluster } from './naming.ts';
import { plain, VENUE } from './rest.ts';

/** How patient a stream is; tests are less so. */
export interface Patience {
  readonly pingEvery?: number;
  readonly silence?: number;
  readonly waits?: BackoffLimits;
  /** Milliseconds in which the stream has to let us in. */
  readonly login?: number;
  /** Milliseconds in which a subscription is confirmed. */
  readonly answer?: number;
  /** Milliseconds until another program that took the stream is disturbed. */
  readonly taken?: number;
  /** Characters of frames that may wait to be read. */
  readonly most?: number;
}

const LOGIN = 10_000;
const ANSWER = 10_000;
const TAKEN = 5 * 60_000;
/** Names of one request; each is confirmed by itself. */
const TOGETHER = 200;

/**
 * `lost`: another attempt follows by itself. `taken`: another program has the stream. `refused`: the plan
 * does not have it; no further attempt is made.
 */
export type Loss = 'lost' | 'taken' | 'refused';

export interface StreamEvents {
  /** Let in; what is wanted has to be asked for. */
  readonly onUp: () => void;
  readonly onDown: (reason: string, why: Loss, retryIn: number | null) => void;
  readonly onEvents: (events: readonly Fields[], receivedTime: number) => void;
  readonly onMalformed: (problem: string) => void;
  /** Frames were thrown away because they came faster than they could be read. */
  readonly onLost: (frames: number, from: number) => void;
}

interface Request {
  readonly action: 'subscribe' | 'unsubscribe';
  readonly names: readonly string[];
  /** Names that are not confirmed yet. */
  readonly open: Set<string>;
  /** Sent by itself, because it was part of several of which one was refused. */
  readonly alone: boolean;
  readonly resolve: () => void;
  readonly reject: (error: VenueError) => void;
}

/** Messages of the server itself come in frames of their own, and begin so. */
const STATUS = '[{"ev":"status"';

/**
 * The stream of one market: logs in by a message, and sends what is asked for together in one request at a
 * time, because a refusal does not say what it is of; several that were refused together are sent one by one.
 */
export class ClusterStream {
  readonly #cluster: Cluster;
  readonly #context: AdapterContext;
  readonly #events: StreamEvents;
  readonly #patience: Patience;
  readonly #socket: StreamSocket;
  readonly #requests: Request[] = [];
  readonly #queue: FrameQueue;
  #current: readonly Request[] = [];
  #connection = 0;
  #heard = 0;
  #cancelAnswer: (() => void) | undefined;
  #cancelTaken: (() => void) | undefined;
  #in = false;
  /** It let us in before: a refusal now may be a fault of its own that passes. */
  #wasIn = false;
  #closed = false;
  #why: Loss = 'lost';
  #reason = '';

  constructor(
    cluster: Cluster,
    url: string,
    key: string,
    context: AdapterContext,
    patience: Patience,
    events: StreamEvents,
  ) {
    this.#cluster = cluster;
    this.#context = context;
    this.#events = events;
    this.#patience = patience;
    const { clock, random } = context;
    const { pingEvery, silence, waits, login = LOGIN, most } = patience;
    this.#queue = new FrameQueue({
      read: (frame) => this.#read(frame),
      onLost: (frames, from) => events.onLost(frames, from),
      onFault: (error) =>
        context.log('error', 'Prices that came could not be told.', {
          cluster,
          problem: messageOf(error),
        }),
      ...(most === undefined ? {} : { most }),
    });
    this.#socket = new StreamSocket({
      venue: VENUE,
      url: () => `${url}/${cluster}`,
      clock,
      random,
      pingEvery,
      silence,
      waits,
      login,
      onOpen: (socket) => {
        this.#why = 'lost';
        this.#reason = '';
        this.#connection += 1;
        socket.send(JSON.stringify({ action: 'auth', params: key }));
      },
      onMessage: (data, receivedTime) => {
        this.#heard = receivedTime;
        const text = typeof data === 'string' ? data : data.toString('utf8');
        const frame = { text, receivedTime, connection: this.#connection };
        // Why the server ends a stream has to be known before it ends.
        if (text.startsWith(STATUS)) this.#read(frame);
        else this.#queue.push(frame);
      },
      onClose: (code, reason) => {
        if (this.#why !== 'lost') return 'stop';
        if (code === 1008 && this.#reason === '') this.#reason = tooSlow(reason);
        return 'reconnect';
      },
      onDown: (reason, retryIn) => this.#down(reason, retryIn),
    });
  }

  get up(): boolean {
    return this.#in;
  }

  /** When the last frame came; 0 when none did. */
  get heard(): number {
    return this.#heard;
  }

  start(): void {
    this.#closed = false;
    this.#socket.start();
  }

  restart(reason: string): void {
    this.#socket.restart(reason);
  }

  close(): void {
    this.#closed = true;
    this.#in = false;
    this.#cancelTaken?.();
    this.#queue.close();
    this.#fail('The stream was closed.');
    this.#socket.close();
  }

  /** @throws VenueError `rejected` when it is refused, `unknown` when the stream ends before */
  async request(action: Request['action'], names: readonly string[]): Promise<void> {
    const parts: Promise<void>[] = [];
    for (let i = 0; i < names.length; i += TOGETHER)
      parts.push(this.#enqueue(action, names.slice(i, i + TOGETHER)));
    await Promise.all(parts);
  }

  #enqueue(action: Request['action'], names: readonly string[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#requests.push({ action, names, open: new Set(names), alone: false, resolve, reject });
    this.#next();
    return promise;
  }

  #next(): void {
    if (this.#current.length > 0 || !this.#in) return;
    const [first] = this.#requests;
    if (first === undefined) return;
    let count = 1;
    let names = first.names.length;
    for (const each of this.#requests.slice(1)) {
      names += each.names.length;
      if (first.alone || each.alone || each.action !== first.action || names > TOGETHER) break;
      count += 1;
    }
    this.#current = this.#requests.splice(0, count);
    const params = this.#current.flatMap((each) => each.names).join(',');
    try {
      this.#socket.send(JSON.stringify({ action: first.action, params }));
    } catch (error) {
      this.#refused(error instanceof VenueError ? error : new VenueError('unknown', String(error)));
      return;
    }
    this.#cancelAnswer = this.#context.clock.after(this.#patience.answer ?? ANSWER, () => {
      // What it has already, it does not confirm again; data says whether it is served.
      this.#context.log('info', 'A subscription was not confirmed.', {
        cluster: this.#cluster,
        names: this.#current.flatMap((each) => [...each.open]).slice(0, 10),
      });
      for (const each of this.#current) each.resolve();
      this.#settled();
    });
  }

  #settled(): void {
    this.#cancelAnswer?.();
    this.#current = [];
    this.#next();
  }

  #refused(error: VenueError): void {
    const open = this.#current.filter((each) => each.open.size > 0);
    if (open.length === 1) open[0]?.reject(error);
    else this.#requests.unshift(...open.map((each) => ({ ...each, alone: true })));
    this.#settled();
  }

  #fail(reason: string): void {
    this.#cancelAnswer?.();
    const waiting = [...this.#current, ...this.#requests.splice(0)];
    this.#current = [];
    for (const request of waiting) request.reject(new VenueError('unknown', reason));
  }

  #down(reason: string, retryIn: number | null): void {
    this.#in = false;
    this.#fail('The stream ended before the subscription was confirmed.');
    const text = this.#reason === '' ? reason : this.#reason;
    let wait = retryIn;
    if (this.#why === 'taken' && !this.#closed) {
      wait = this.#patience.taken ?? TAKEN;
      this.#cancelTaken?.();
      this.#cancelTaken = this.#context.clock.after(wait, () => {
        if (!this.#closed) this.#socket.start();
      });
    }
    this.#events.onDown(text, this.#why, wait);
  }

  #read({ text, receivedTime, connection }: Frame): void {
    if (this.#closed) return;
    const events: Fields[] = [];
    for (const event of frameEntries(text, this.#events.onMalformed)) {
      // What an earlier connection said of itself is over; its prices count.
      if (event['ev'] !== 'status') events.push(event);
      else if (connection === this.#connection) this.#onStatus(event);
    }
    if (events.length > 0) this.#events.onEvents(events, receivedTime);
  }

  #onStatus({ status, message }: Fields): void {
    const text = typeof message === 'string' ? plain(message) : '';
    switch (status) {
      case 'connected':
        return;
      case 'auth_success':
        if (this.#in || !this.#socket.open) return;
        this.#socket.letIn();
        this.#in = true;
        this.#wasIn = true;
        this.#events.onUp();
        this.#next();
        return;
      case 'auth_failed':
        this.#end(
          this.#wasIn ? 'lost' : 'refused',
          `${VENUE} does not stream ${this.#cluster} to this key${said(text)}; the plan may not include it.`,
        );
        return;
      case 'auth_timeout':
        this.#end('lost', 'The log-in came too late.');
        return;
      case 'max_connections':
        this.#end(
          'taken',
          `Another program uses the one stream of ${this.#cluster} that ${VENUE} allows for this key; close it there.`,
        );
        return;
      case 'success':
        this.#confirmed(text);
        return;
      case 'error':
      case 'not_authorized':
        this.#context.log('warn', 'The stream refused a request.', {
          cluster: this.#cluster,
          message: text,
        });
        if (/slow|buffer/i.test(text)) this.#end('lost', tooSlow(text));
        else
          this.#refused(
            new VenueError('rejected', `${VENUE} does not stream this${said(text)}.`, {
              code: 'STREAM_REFUSED',
            }),
          );
        return;
      case 'force_disconnect':
      case 'disconnected':
        this.#end('lost', text === '' ? 'The server ended the stream.' : text);
        return;
      default:
        this.#context.log('info', 'The stream told a status that is not known.', {
          cluster: this.#cluster,
          status: typeof status === 'string' ? plain(status) : '',
          message: text,
        });
    }
  }

  /** `subscribed to: T.AAPL`, one name or several. */
  #confirmed(text: string): void {
    const names = /^(un)?subscribed to:\s*(.*)$/i.exec(text);
    const action = this.#current[0]?.action;
    if (names === null || action === undefined) return;
    if ((names[1] !== undefined) !== (action === 'unsubscribe')) return;
    for (const name of (names[2] as string).split(',')) {
      for (const request of this.#current) {
        if (request.open.delete(name.trim()) && request.open.size === 0) request.resolve();
      }
    }
    if (this.#current.every(({ open }) => open.size === 0)) this.#settled();
  }

  #end(why: Loss, reason: string): void {
    this.#why = why;
    this.#reason = reason;
    this.#socket.restart(reason);
  }
}

const said = (text: string): string => (text === '' ? '' : ` (it says: ${text})`);
const tooSlow = (reason: string): string =>
  `The server ended the stream because it was not read fast enough${said(plain(reason))}.`;

import { messageOf } from '../../engine/domain/errors.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import type { AdapterContext } from './adapter.ts';
import { DataClient } from './data-client.ts';
import { Tally } from './tally.ts';

/** How long the first connection may take until `connect` leaves the rest to the state. */
const FIRST_TRY = 15_000;

/** A stream that comes back by itself, and carries prices while it is up. */
export interface PriceStream {
  readonly up: boolean;
  start(): void;
  close(): void;
}

/**
 * Prices that come by one stream: what was wanted is asked for again when it has come back, and what was
 * missed meanwhile is told as a gap. The stream calls `streamUp`, `streamDown` and `unreadable`.
 */
export abstract class StreamedDataClient<Stream extends PriceStream> extends DataClient {
  protected readonly context: AdapterContext;
  /** Name of the venue in messages. */
  readonly #title: string;
  readonly #unreadable = new Tally();
  #stream: Stream | undefined;
  /** When the stream last told something; 0 while it never did. */
  #heard = 0;
  /** When the stream was last known to be whole; null while it is, or never was. */
  #wholeUntil: number | null = null;
  #settleFirst: (() => void) | undefined;

  constructor(title: string, context: AdapterContext) {
    super(context);
    this.#title = title;
    this.context = context;
  }

  /** Makes the stream, which is started then. */
  protected abstract openStream(): Stream;
  /** Whether anything is wanted of the stream. */
  protected abstract get wantsAnything(): boolean;
  /** Asks for everything that is wanted. @throws VenueError for what is refused */
  protected abstract askAgain(stream: Stream): Promise<void>;
  /** The stream tells what is wanted: its last words before that may be old. */
  protected abstract whenWhole(): void;
  /** What is said of a connection that is ready. */
  protected abstract get readyMessage(): string;

  /** Messages of the stream that could not be read. */
  get malformed(): number {
    return this.#unreadable.count;
  }

  /** The stream while it is up. */
  protected get upStream(): Stream | undefined {
    return this.#stream?.up === true ? this.#stream : undefined;
  }

  protected get connecting(): boolean {
    return this.#stream !== undefined;
  }

  /** @throws VenueError `unauthorized` when nothing helps but the user */
  async connect(): Promise<void> {
    if (this.#stream !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settleFirst = resolve;
    const cancel = this.context.clock.after(FIRST_TRY, resolve);
    this.tracker.part('quotes', false, 'Not connected yet.');
    this.tracker.part('history', true, '');
    this.tracker.set('connecting', `Connecting to the prices of ${this.#title}.`);
    const stream = this.openStream();
    this.#stream = stream;
    stream.start();
    await promise;
    cancel();
    const { phase, until, message } = this.connection;
    if (this.#stream !== stream || phase !== 'needs-user' || until !== null) return;
    stream.close();
    this.#stream = undefined;
    throw new VenueError('unauthorized', message);
  }

  async disconnect(): Promise<void> {
    this.#stream?.close();
    this.#stream = undefined;
    this.#wholeUntil = null;
    this.#settleFirst?.();
    this.tracker.part('quotes', false, 'Disconnected.');
    this.tracker.set('disconnected', 'Not connected.');
    await Promise.resolve();
  }

  /** The stream carries messages: everything is asked for, and what was missed is told. */
  protected async streamUp(stream: Stream): Promise<void> {
    let note = '';
    if (this.wantsAnything) {
      const message = `Asking ${this.#title} for the prices that were on before.`;
      this.tracker.set('synchronizing', message);
      try {
        await this.askAgain(stream);
      } catch (error) {
        if (!stream.up) return;
        note = messageOf(error);
      }
    }
    if (this.#stream !== stream || !stream.up) return;
    const now = this.context.clock.now();
    if (this.#wholeUntil !== null && this.wantsAnything)
      this.tellGap(null, this.#wholeUntil, now, 'The connection was interrupted.');
    this.#wholeUntil = null;
    this.tracker.part('quotes', note === '', note);
    if (note === '') this.tracker.set('ready', this.readyMessage);
    else this.tracker.set('degraded', note);
    this.#settleFirst?.();
    this.whenWhole();
  }

  /** @param needsUser it does not come back before the user has done something, or not before `retryIn` */
  protected streamDown(reason: string, retryIn: number | null, needsUser = false): void {
    const { phase, since } = this.connection;
    // A half-open connection is noticed late: what it should have told since its last word is missing.
    if (phase === 'ready' || phase === 'degraded')
      this.#wholeUntil ??= Math.max(this.#heard, since);
    this.tracker.part('quotes', false, reason);
    if (needsUser) this.tracker.set('needs-user', reason, { retryIn });
    else
      this.tracker.set(
        'reconnecting',
        `The stream of prices from ${this.#title} ended: ${reason}`,
        { retryIn },
      );
    this.#settleFirst?.();
  }

  protected streamHeard(receivedTime: number): void {
    this.#heard = receivedTime;
  }

  /** What a message said that cannot be read is missing. */
  protected unreadable(problem: string, instrument: InstrumentId | null): void {
    if (this.#unreadable.add())
      this.context.log('warn', `The stream of prices of ${this.#title} sent what cannot be read.`, {
        problem,
        count: this.#unreadable.count,
      });
    const now = this.context.clock.now();
    const from = this.#heard === 0 ? now : Math.min(now, this.#heard);
    if (this.wantsAnything) this.tellGap(instrument, from, now, 'A message could not be read.');
  }
}

import { messageOf } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { Fields } from '../../net/frames.ts';
import { channelsOf, readEvent } from './messages.ts';
import type { Cluster, SourceName } from './naming.ts';
import { ClusterStream, type Loss, type Patience } from './stream.ts';

/**
 * `opening`: for the first time. `down`: it comes back by itself. `taken`: another program has it.
 * `refused`: the plan does not include it.
 */
export type MarketState = 'opening' | 'up' | 'down' | Exclude<Loss, 'lost'>;

export interface MarketEvents {
  readonly onState: () => void;
  readonly onBatch: (batch: readonly MarketDatum[]) => void;
  readonly onGap: (instrument: InstrumentId, from: number, to: number, reason: string) => void;
  readonly onMalformed: (problem: string) => void;
  readonly irregular: (cluster: Cluster) => ReadonlySet<number>;
}

/** Malformed messages become gaps together, so that a storm of them is not one of gaps. */
const GATHER = 100;
/** How long a stream counts as not whole after prices were thrown away. */
const BEHIND = 30_000;

interface Newest {
  sequence: number;
  time: number;
}

/** What is wanted of one market, and its stream. */
export class Market {
  readonly cluster: Cluster;
  readonly #context: AdapterContext;
  readonly #events: MarketEvents;
  readonly #secondBars: boolean;
  readonly #stream: ClusterStream;
  /** By the name in the stream: what is wanted, whatever becomes of the connection. */
  readonly #wanted = new Map<string, Map<DataKind, InstrumentId>>();
  readonly #newest = new Map<string, Newest>();
  /** Names that the present connection was asked for. */
  #asked = new Set<string>();
  /** Counts connections: what was begun for an earlier one does not count any more. */
  #ups = 0;
  /** Names that the stream refused when it was opened. */
  readonly #refusedNames = new Set<string>();
  readonly #damaged = new Map<InstrumentId, number>();
  #cancelGather: (() => void) | undefined;
  #cancelBehind: (() => void) | undefined;
  #opened = Promise.withResolvers<void>();
  #state: MarketState = 'opening';
  #note = '';
  #retryIn: number | null = null;
  #upSince = 0;
  /** When the stream was last known to be whole; null while it is, or never was. */
  #wholeUntil: number | null = null;

  constructor(
    cluster: Cluster,
    url: string,
    key: string,
    context: AdapterContext,
    patience: Patience,
    secondBars: boolean,
    events: MarketEvents,
  ) {
    this.cluster = cluster;
    this.#context = context;
    this.#events = events;
    this.#secondBars = secondBars;
    this.#stream = new ClusterStream(cluster, url, key, context, patience, {
      onUp: () => void this.#up(),
      onDown: (reason, why, retryIn) => this.#down(reason, why, retryIn),
      onEvents: (list, receivedTime) => this.#onEvents(list, receivedTime),
      onMalformed: (problem) => {
        events.onMalformed(problem);
        this.#damage(null);
      },
      onLost: (frames, from) => this.#onLost(frames, from),
    });
  }

  get state(): MarketState {
    return this.#state;
  }

  /** Why it is not whole; empty when it is. */
  get note(): string {
    return this.#note;
  }

  get retryIn(): number | null {
    return this.#retryIn;
  }

  get idle(): boolean {
    return this.#wanted.size === 0;
  }

  start(): void {
    this.#stream.start();
  }

  close(): void {
    this.#cancelGather?.();
    this.#cancelBehind?.();
    this.#stream.close();
    this.#opened.resolve();
  }

  wants(source: SourceName, kind: DataKind): boolean {
    return this.#wanted.get(source.streamed)?.has(kind) === true;
  }

  /** @throws VenueError `rejected` when the stream or the plan refuses it */
  async subscribe(source: SourceName, instrument: InstrumentId, kind: DataKind): Promise<void> {
    const kinds = this.#wanted.get(source.streamed) ?? new Map<DataKind, InstrumentId>();
    kinds.set(kind, instrument);
    this.#wanted.set(source.streamed, kinds);
    const names = this.#namesOf(source.streamed, kind);
    if (this.#stream.up && names.some((name) => !this.#asked.has(name))) {
      for (const name of names) this.#asked.add(name);
      try {
        await this.#stream.request('subscribe', names);
      } catch (error) {
        // When the connection ends meanwhile, the next one asks for it again.
        if (!(error instanceof VenueError) || error.failure !== 'rejected') return;
        this.#forget(source.streamed, kind);
        throw error;
      }
      return;
    }
    // It is part of what the first connection asks for.
    if (this.#state === 'opening') await this.#opened.promise;
    if (this.#state === 'refused') {
      this.#forget(source.streamed, kind);
      throw new VenueError('rejected', this.#note, { code: 'STREAM_REFUSED' });
    }
    if (names.some((name) => this.#refusedNames.has(name))) {
      this.#forget(source.streamed, kind);
      throw new VenueError('rejected', this.#note, { code: 'STREAM_REFUSED' });
    }
  }

  async unsubscribe(source: SourceName, kind: DataKind): Promise<void> {
    if (!this.#forget(source.streamed, kind) || !this.#stream.up) return;
    try {
      await this.#stream.request('unsubscribe', this.#namesOf(source.streamed, kind));
    } catch (error) {
      this.#context.log('info', 'The end of a subscription was not confirmed.', {
        name: source.streamed,
        problem: messageOf(error),
      });
    }
  }

  /** Whether what was asked for by itself is newer than what the stream told. */
  isNews({ streamed }: SourceName, { kind, venueTime }: MarketDatum): boolean {
    if (this.#wanted.get(streamed)?.has(kind) !== true) return false;
    const known = this.#newest.get(`${kind} ${streamed}`);
    return known === undefined || venueTime > known.time;
  }

  #namesOf(streamed: string, kind: DataKind): readonly string[] {
    return channelsOf(this.cluster, kind, this.#secondBars).map((each) => `${each}.${streamed}`);
  }

  #forget(streamed: string, kind: DataKind): boolean {
    const kinds = this.#wanted.get(streamed);
    const had = kinds?.delete(kind) === true;
    if (kinds?.size === 0) this.#wanted.delete(streamed);
    this.#newest.delete(`${kind} ${streamed}`);
    for (const name of this.#namesOf(streamed, kind)) this.#asked.delete(name);
    return had;
  }

  /** Asks for everything that is wanted, and tells what was missed. */
  async #up(): Promise<void> {
    this.#ups += 1;
    const connection = this.#ups;
    const names = [...this.#wanted].flatMap(([streamed, kinds]) =>
      [...kinds.keys()].flatMap((kind) => this.#namesOf(streamed, kind)),
    );
    this.#asked = new Set(names);
    this.#refusedNames.clear();
    let note = '';
    // Each by itself, so that one that is refused does not take the others with it.
    const answers = await Promise.allSettled(
      names.map((name) => this.#stream.request('subscribe', [name])),
    );
    if (!this.#stream.up || connection !== this.#ups) return;
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') continue;
      this.#refusedNames.add(names[i] as string);
      note = answer.reason instanceof Error ? answer.reason.message : String(answer.reason);
    }
    const now = this.#context.clock.now();
    if (this.#wholeUntil !== null)
      this.#gaps(this.#wholeUntil, now, `The stream was interrupted: ${this.#note}`);
    this.#wholeUntil = null;
    this.#upSince = now;
    this.#state = 'up';
    this.#note = note;
    this.#retryIn = null;
    this.#opened.resolve();
    this.#events.onState();
  }

  #down(reason: string, why: Loss, retryIn: number | null): void {
    // A half-open connection is noticed late: what it should have told since its last word is missing.
    if (this.#state === 'up') this.#wholeUntil ??= Math.max(this.#stream.heard, this.#upSince);
    this.#asked.clear();
    this.#state = why === 'lost' ? 'down' : why;
    this.#note = reason;
    this.#retryIn = retryIn;
    this.#opened.resolve();
    this.#events.onState();
  }

  #onEvents(list: readonly Fields[], receivedTime: number): void {
    const batch: MarketDatum[] = [];
    const irregular = this.#events.irregular(this.cluster);
    const idOf = (name: string, kind: DataKind): InstrumentId | undefined =>
      this.#wanted.get(name)?.get(kind);
    for (const event of list) {
      const reading = readEvent(event, idOf, irregular, receivedTime);
      if (reading.kind === 'datum') {
        if (this.#inOrder(event, reading.datum, reading.sequence)) batch.push(reading.datum);
      } else if (reading.kind === 'malformed') {
        this.#events.onMalformed('an event');
        this.#damage(reading.instrument);
      }
    }
    if (batch.length > 0) this.#events.onBatch(batch);
  }

  /** An older quote must not replace a newer one, and one that comes twice says nothing new. */
  #inOrder(event: Fields, datum: MarketDatum, sequence: number): boolean {
    const key = `${datum.kind} ${String(event['sym'] ?? event['pair'])}`;
    const known = this.#newest.get(key);
    const time = datum.venueTime;
    if (known === undefined) {
      this.#newest.set(key, { sequence, time });
      return true;
    }
    // Numbers begin anew each day, so both have to be older. Without numbers the time decides.
    const older =
      Number.isNaN(sequence) || Number.isNaN(known.sequence)
        ? time < known.time
        : sequence <= known.sequence && time <= known.time;
    if (older) return datum.kind !== 'quote';
    known.sequence = sequence;
    known.time = Math.max(known.time, time);
    return true;
  }

  /** Something of it could not be read: what it said is missing. */
  #damage(instrument: InstrumentId | null): void {
    const now = this.#context.clock.now();
    for (const id of instrument === null ? this.#instruments() : [instrument])
      if (!this.#damaged.has(id)) this.#damaged.set(id, now);
    this.#cancelGather ??= this.#context.clock.after(GATHER, () => {
      this.#cancelGather = undefined;
      const until = this.#context.clock.now();
      for (const [id, from] of this.#damaged)
        this.#events.onGap(id, from, until, 'A message could not be read.');
      this.#damaged.clear();
    });
  }

  #onLost(frames: number, from: number): void {
    this.#context.log('warn', 'Prices came faster than they could be read; some are missing.', {
      cluster: this.cluster,
      frames,
    });
    this.#note = 'Prices came faster than they could be read; some are missing.';
    this.#gaps(from, this.#context.clock.now(), this.#note);
    this.#cancelBehind?.();
    this.#cancelBehind = this.#context.clock.after(BEHIND, () => {
      if (this.#state === 'up') this.#note = '';
      this.#events.onState();
    });
    this.#events.onState();
  }

  #gaps(from: number, to: number, reason: string): void {
    for (const id of this.#instruments()) this.#events.onGap(id, Math.min(from, to), to, reason);
  }

  #instruments(): ReadonlySet<InstrumentId> {
    return new Set([...this.#wanted.values()].flatMap((kinds) => [...kinds.values()]));
  }
}

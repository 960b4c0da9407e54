import type { BarColumns } from '../../../engine/domain/bar.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataGap,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { Listeners } from '../../net/listeners.ts';
import { CODES, isNote, plain, refusal } from './codes.ts';
import type { Contracts } from './contracts.ts';
import { VENUE } from './execution.ts';
import { History, TIMEFRAMES } from './history.ts';
import { HISTORY_LIMITS } from './history-pacing.ts';
import { Line, lineKindOf, type LineKind } from './lines.ts';
import { Scanners, type ScanRequest, type ScanRow } from './scanners.ts';
import { MESSAGES_PER_SECOND, type TwsSession } from './session.ts';

/** Silence of so long after a subscription means that it was taken: TWS only answers refusals for sure. */
const SETTLED_AFTER = 2000;
const DELAYED = 3;
const REAL_TIME = 1;

/** Prices from Interactive Brokers, through TWS or IB Gateway. */
export class TwsData implements MarketDataClient {
  readonly venue = VENUE;
  readonly capabilities: DataCapabilities = {
    streams: ['quote', 'trade', 'book', 'bar', 'status'],
    timeframes: TIMEFRAMES,
    historyDepth: null,
    adjustment: 'split',
    maxSubscriptions: 100,
    rateLimits: [
      { what: 'messages', requests: MESSAGES_PER_SECOND, perMilliseconds: 1000 },
      HISTORY_LIMITS.small,
      HISTORY_LIMITS.contract,
      HISTORY_LIMITS.identical,
    ],
  };
  readonly #session: TwsSession;
  readonly #contracts: Contracts;
  readonly #history: History;
  readonly #scanners: Scanners;
  readonly #lines = new Map<string, Line>();
  readonly #byRequest = new Map<number, Line>();
  readonly #settling = new Map<number, PromiseWithResolvers<void>>();
  readonly #data: Listeners<readonly MarketDatum[]>;
  readonly #gaps: Listeners<DataGap>;
  #batch: MarketDatum[] = [];
  #downSince: UnixMillis | null = null;
  #downReason = '';

  constructor(session: TwsSession, contracts: Contracts) {
    this.#session = session;
    this.#contracts = contracts;
    this.#history = new History(session);
    this.#scanners = new Scanners(session);
    const onFault = (error: unknown): void =>
      session.log('error', 'Data was not taken', { reason: messageOf(error) });
    this.#data = new Listeners(onFault);
    this.#gaps = new Listeners(onFault);
    session.use({
      onUp: (kept) => this.#restore(kept),
      onDown: (reason) => this.#down(reason),
      onEvent: (name, args) => this.#event(name, args),
      onMessage: (id, code, text) => this.#message(id, code, text),
      onDoubt: () => undefined,
      onIdle: () => this.#flush(),
    });
  }

  get connection(): ConnectionState {
    return this.#session.connectionOf(this);
  }

  async connect(): Promise<void> {
    const back = this.#session.isApart(this);
    const started = this.#session.start(this);
    // The session went on for orders alone; its lines are opened anew.
    if (back && this.#session.up) await this.#restore(false);
    return started;
  }

  async disconnect(): Promise<void> {
    this.#session.stop(this);
    if (!this.#session.isApart(this)) return;
    this.#down('disconnected');
    // TWS counts the lines that are open.
    for (const line of this.#lines.values()) {
      const { requestId } = line;
      this.#byRequest.delete(requestId);
      if (this.#session.up && requestId !== 0)
        this.#session
          .send('query', (encoder) => line.close(encoder, requestId))
          .catch(() => undefined);
    }
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.#session.onConnection(this, listener);
  }

  onData(listener: (batch: readonly MarketDatum[]) => void): () => void {
    return this.#data.on(listener);
  }

  onGap(listener: (gap: DataGap) => void): () => void {
    return this.#gaps.on(listener);
  }

  async subscribe(subscription: DataSubscription): Promise<void> {
    const { instrument, kind } = subscription;
    const key = keyOf(instrument, lineKindOf(kind));
    const known = this.#lines.get(key);
    if (known !== undefined) {
      known.kinds.add(kind);
      return;
    }
    const contract = await this.#contracts.resolve(instrument);
    // Another call may have come in between.
    const raced = this.#lines.get(key);
    if (raced !== undefined) {
      raced.kinds.add(kind);
      return;
    }
    const line = new Line(lineKindOf(kind), contract);
    line.kinds.add(kind);
    this.#lines.set(key, line);
    try {
      await this.#open(line, true);
    } catch (error) {
      this.#forget(key, line);
      throw error;
    }
  }

  async unsubscribe(subscription: DataSubscription): Promise<void> {
    const { instrument, kind } = subscription;
    const key = keyOf(instrument, lineKindOf(kind));
    const line = this.#lines.get(key);
    if (line === undefined) return;
    line.kinds.delete(kind);
    if (line.kinds.size > 0) return;
    const { requestId } = line;
    this.#forget(key, line);
    if (this.#session.up && requestId !== 0) {
      await this.#session.send('query', (encoder) => line.close(encoder, requestId));
    }
  }

  async history(request: HistoryRequest): Promise<BarColumns> {
    return this.#history.bars(await this.#contracts.resolve(request.instrument), request);
  }

  /** Runs a market scanner once. @throws VenueError */
  scan(request: ScanRequest): Promise<readonly ScanRow[]> {
    return this.#scanners.scan(request);
  }

  /** What scanners there are, as TWS's own XML. @throws VenueError */
  scannerParameters(): Promise<string> {
    return this.#scanners.parameters();
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    return this.#contracts.find(query, limit);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return (await this.#contracts.resolve(id)).instrument;
  }

  async #open(line: Line, wait: boolean): Promise<void> {
    const requestId = this.#session.requests.nextId();
    this.#byRequest.delete(line.requestId);
    line.restart(requestId);
    this.#byRequest.set(requestId, line);
    const settled = Promise.withResolvers<void>();
    settled.promise.catch(() => undefined);
    if (wait) this.#settling.set(requestId, settled);
    await this.#session.send('query', (encoder) => line.open(encoder, requestId));
    if (!wait) return;
    const cancel = this.#session.clock.after(SETTLED_AFTER, settled.resolve);
    try {
      await settled.promise;
    } finally {
      cancel();
      this.#settling.delete(requestId);
    }
  }

  #forget(key: string, line: Line): void {
    if (this.#lines.get(key) === line) this.#lines.delete(key);
    this.#byRequest.delete(line.requestId);
    this.#session.problems.clear(key);
  }

  async #restore(kept: boolean): Promise<void> {
    if (this.#session.isApart(this)) return;
    await this.#session.send('query', (encoder) =>
      encoder.reqMarketDataType(this.#session.settings.delayedData ? DELAYED : REAL_TIME),
    );
    for (const line of this.#lines.values()) {
      // Books are rows by their place: a change that was missed spoils all later ones.
      if (!kept || line.kind === 'depth') await this.#open(line, false);
    }
    const from = this.#downSince;
    this.#downSince = null;
    if (from === null) return;
    const gap: DataGap = {
      instrument: null,
      from,
      to: this.#session.clock.now(),
      reason: this.#downReason,
    };
    this.#gaps.tell(gap);
  }

  #down(reason: string): void {
    this.#flush();
    for (const settled of this.#settling.values()) {
      settled.reject(new VenueError('unknown', `The connection to TWS was lost (${reason}).`));
    }
    this.#settling.clear();
    this.#history.close(`The connection to TWS was lost (${reason}).`);
    if (this.#downSince !== null) return;
    this.#downSince = this.#session.clock.now();
    this.#downReason = reason;
  }

  #event(name: string, args: readonly unknown[]): void {
    const [id] = args;
    const line = typeof id === 'number' ? this.#byRequest.get(id) : undefined;
    if (line === undefined) return;
    this.#settling.get(line.requestId)?.resolve();
    if (name === 'marketDataType') {
      const key = keyOf(line.contract.instrument.id, line.kind);
      if (args[1] === REAL_TIME) this.#session.problems.clear(key);
      else
        this.#session.problems.set(
          key,
          'quotes',
          `Prices of ${line.contract.instrument.id} are delayed or frozen.`,
        );
      return;
    }
    if (!line.take(name, args, this.#session.clock.now(), this.#batch)) this.#broken(line);
  }

  #message(id: number, code: number, text: string): void {
    const line = this.#byRequest.get(id);
    if (line === undefined) return;
    if (code === CODES.depthReset || code === CODES.depthHalted) {
      this.#broken(line);
      return;
    }
    const settling = this.#settling.get(id);
    if (isNote(code, text)) return;
    if (settling !== undefined && code !== CODES.competingSession) {
      settling.reject(refusal(code, text));
      return;
    }
    const { instrument } = line.contract;
    this.#session.problems.set(
      keyOf(instrument.id, line.kind),
      'quotes',
      `${instrument.id}: ${plain(text)} (${code})`,
    );
  }

  /** What came does not fit what came before: begins again. */
  #broken(line: Line): void {
    const { requestId } = line;
    const now = this.#session.clock.now();
    line.clear(now, this.#batch);
    this.#byRequest.delete(requestId);
    const gap: DataGap = {
      instrument: line.contract.instrument.id,
      from: now,
      to: now,
      reason: 'The book was told anew.',
    };
    this.#gaps.tell(gap);
    this.#session
      .send('query', (encoder) => line.close(encoder, requestId))
      .then(() => this.#open(line, false))
      .catch(() => undefined);
  }

  #flush(): void {
    const now = this.#session.clock.now();
    for (const line of this.#byRequest.values()) line.flush(now, this.#batch);
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#data.tell(batch);
  }
}

const keyOf = (instrument: InstrumentId, kind: LineKind): string => `line ${kind} ${instrument}`;

import type { BarColumns } from '../../../engine/domain/bar.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind } from '../../../engine/domain/market-data.ts';
import { MS_PER_MINUTE } from '../../../engine/domain/time.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  DataCapabilities,
  DataSubscription,
  HistoryRequest,
  MarketDataClient,
} from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { backoff } from '../../net/backoff.ts';
import { DataClient } from '../../net/data-client.ts';
import { Tally } from '../../net/tally.ts';
import { Conditions } from './conditions.ts';
import { readHistory, TIMEFRAMES_HERE } from './history.ts';
import { Instruments } from './instruments.ts';
import { latest } from './latest.ts';
import { Market } from './market.ts';
import { KINDS_HERE } from './messages.ts';
import { sourceNameOf, type Cluster, type SourceName } from './naming.ts';
import { openRest, QUERY_PATIENCE, VENUE, type Rest } from './rest.ts';
import { marketStatusSchema } from './schemas.ts';
import type { PolygonSettings } from './settings.ts';
import type { Patience } from './stream.ts';

/** Waits between two attempts to reach the source. */
const WAITS = { first: 5_000, longest: 5 * MS_PER_MINUTE };
/** Milliseconds for which a stream stays open that nobody wants anything of. */
const IDLE = 10_000;

/** Prices of Massive, which was Polygon.io: stocks, options and pairs of crypto. */
export class PolygonData extends DataClient implements MarketDataClient {
  readonly venue = 'polygon';
  readonly capabilities: DataCapabilities;
  readonly #settings: PolygonSettings;
  readonly #key: string;
  readonly #context: AdapterContext;
  readonly #patience: Patience;
  readonly #rest: Rest;
  readonly #instruments: Instruments;
  readonly #conditions: Conditions;
  readonly #markets = new Map<Cluster, Market>();
  readonly #idle = new Map<Cluster, () => void>();
  #wanted = false;
  #online = false;
  #attempt = 0;
  #cancelRetry: (() => void) | undefined;
  readonly #malformed = new Tally();

  constructor(options: {
    readonly settings: PolygonSettings;
    readonly key: string;
    readonly context: AdapterContext;
    readonly patience?: Patience;
  }) {
    const { settings, key, context, patience = {} } = options;
    super(context);
    const { requestsPerMinute } = settings;
    this.#settings = settings;
    this.#key = key;
    this.#context = context;
    this.#patience = patience;
    this.#rest = openRest(settings.restUrl, key, context, requestsPerMinute);
    this.#instruments = new Instruments(this.#rest, context.clock);
    this.#conditions = new Conditions(this.#rest, context);
    this.capabilities = {
      streams: settings.streamUrl === null ? [] : KINDS_HERE,
      timeframes: TIMEFRAMES_HERE,
      // 2 years in the free plan, 5, 10 or all in others; the source says so when it is passed.
      historyDepth: null,
      adjustment: settings.adjusted ? 'split' : 'raw',
      // Of options 1,000 contracts have quotes at once; the stream says so.
      maxSubscriptions: null,
      rateLimits: [
        { what: 'requests', requests: requestsPerMinute, perMilliseconds: MS_PER_MINUTE },
      ],
    };
  }

  /** Messages of the streams that could not be read. */
  get malformed(): number {
    return this.#malformed.count;
  }

  /** @throws VenueError `unauthorized` when the key is refused */
  async connect(): Promise<void> {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempt = 0;
    this.tracker.set('connecting', `Asking ${VENUE}.`, { parts: [] });
    await this.#look();
  }

  async disconnect(): Promise<void> {
    this.#wanted = false;
    this.#online = false;
    this.#cancelRetry?.();
    for (const cancel of this.#idle.values()) cancel();
    this.#idle.clear();
    for (const market of this.#markets.values()) market.close();
    this.#markets.clear();
    this.#rest.gate.close(`${VENUE} was disconnected.`);
    this.tracker.set('disconnected', 'Not connected.', { parts: [] });
    await Promise.resolve();
  }

  findInstruments(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    return this.#instruments.find(query, limit);
  }

  async instrument(id: InstrumentId): Promise<TradableInstrument> {
    return (await this.#instruments.get(id)).rules;
  }

  async subscribe({ instrument, kind }: DataSubscription): Promise<void> {
    const { streamUrl } = this.#settings;
    if (!KINDS_HERE.includes(kind))
      throw new VenueError('rejected', `${VENUE} streams no ${kind} here.`);
    if (streamUrl === null) {
      throw new VenueError(
        'rejected',
        `Streams of ${VENUE} are turned off; choose delayed or real-time in Connections, as the plan has it.`,
      );
    }
    const { source } = await this.#instruments.get(instrument);
    if (!this.#wanted) throw new VenueError('not-sent', `${VENUE} is not connected.`);
    const market = this.#marketOf(source.cluster, streamUrl);
    if (market.wants(source, kind)) return;
    try {
      await market.subscribe(source, instrument, kind);
    } catch (error) {
      this.#whenIdle(market);
      throw error;
    }
    void this.#tellLatest(market, source, instrument, kind);
  }

  async unsubscribe({ instrument, kind }: DataSubscription): Promise<void> {
    const source = sourceNameOf(instrument);
    const market = source === null ? undefined : this.#markets.get(source.cluster);
    if (source === null || market === undefined) return;
    await market.unsubscribe(source, kind);
    this.#whenIdle(market);
  }

  async history(request: HistoryRequest): Promise<BarColumns> {
    const { source } = await this.#instruments.get(request.instrument);
    return readHistory(this.#rest, request, source, this.#settings.adjusted, this.#context.clock);
  }

  /** Sees whether the key is good, and tries again when the source cannot be reached. */
  async #look(): Promise<void> {
    try {
      await this.#rest.client.request({
        method: 'GET',
        path: '/v1/marketstatus/now',
        schema: marketStatusSchema,
        priority: 'query',
        patience: QUERY_PATIENCE,
      });
      if (!this.#wanted) return;
      this.#online = true;
      this.#refresh();
    } catch (error) {
      if (!this.#wanted) return;
      const message = messageOf(error);
      if (error instanceof VenueError && error.failure === 'unauthorized') {
        this.#wanted = false;
        this.tracker.set('needs-user', message);
        throw error;
      }
      // What the plan lacks here does not tell of the rest.
      if (error instanceof VenueError && error.failure === 'rejected') {
        this.#online = true;
        this.#refresh();
        return;
      }
      const wait = backoff(this.#attempt, WAITS, this.#context.random);
      this.#attempt += 1;
      this.tracker.part('history', false, message);
      this.tracker.set('reconnecting', message, { retryIn: wait });
      this.#cancelRetry = this.#context.clock.after(wait, () => {
        this.#look().catch(() => undefined);
      });
    }
  }

  #marketOf(cluster: Cluster, url: string): Market {
    this.#idle.get(cluster)?.();
    this.#idle.delete(cluster);
    const known = this.#markets.get(cluster);
    if (known !== undefined && !(known.state === 'refused' && known.idle)) return known;
    known?.close();
    const { secondBars } = this.#settings;
    const market = new Market(cluster, url, this.#key, this.#context, this.#patience, secondBars, {
      onState: () => this.#refresh(),
      onBatch: (batch) => this.tell(batch),
      onGap: (instrument, from, to, reason) => this.tellGap(instrument, from, to, reason),
      onMalformed: (problem) => this.#onMalformed(cluster, problem),
      irregular: (each) => this.#conditions.irregular(each),
    });
    this.#markets.set(cluster, market);
    market.start();
    this.#refresh();
    return market;
  }

  /** A key may have one stream of each market: one that is of no use is given back. */
  #whenIdle(market: Market): void {
    const { cluster } = market;
    if (!market.idle || this.#markets.get(cluster) !== market) return;
    this.#idle.get(cluster)?.();
    const end = (): void => {
      this.#idle.delete(cluster);
      if (!market.idle || this.#markets.get(cluster) !== market) return;
      this.#markets.delete(cluster);
      market.close();
      this.#refresh();
    };
    this.#idle.set(cluster, this.#context.clock.after(IDLE, end));
    this.#refresh();
  }

  /** Phase and parts from what the markets say. */
  #refresh(): void {
    if (!this.#wanted || !this.#online) return;
    const markets = [...this.#markets.values()];
    const ill = markets.filter(({ state, note }) => state !== 'opening' && note !== '');
    const taken = markets.find(({ state }) => state === 'taken');
    const opening = markets.some(({ state }) => state === 'opening');
    const off = this.#settings.streamUrl === null;
    const note = off
      ? 'Streams are turned off in Connections.'
      : ill.map((market) => `${market.cluster}: ${market.note}`).join(' ');
    const parts = [
      { name: 'history', working: true, note: '' },
      ...(off
        ? []
        : [{ name: 'quotes', working: markets.every(({ state }) => state === 'up'), note }]),
    ];
    if (taken !== undefined)
      this.tracker.set('needs-user', taken.note, { retryIn: taken.retryIn, parts });
    else if (ill.length > 0) {
      const retryIn = ill.find((market) => market.retryIn !== null)?.retryIn ?? null;
      this.tracker.set('degraded', note, { retryIn, parts });
    } else if (opening)
      this.tracker.set('synchronizing', `Opening streams of ${VENUE}.`, { parts });
    else this.tracker.set('ready', `Connected to ${VENUE}.${off ? ` ${note}` : ''}`, { parts });
  }

  async #tellLatest(
    market: Market,
    source: SourceName,
    instrument: InstrumentId,
    kind: DataKind,
  ): Promise<void> {
    try {
      if (kind === 'trade') await this.#conditions.learn(source.cluster);
      const irregular = this.#conditions.irregular(source.cluster);
      const { clock } = this.#context;
      const datum = await latest(this.#rest, instrument, source, kind, irregular, () =>
        clock.now(),
      );
      if (datum !== undefined && market.isNews(source, datum)) this.tell([datum]);
    } catch (error) {
      this.#context.log('info', `${VENUE} did not tell what is known of an instrument.`, {
        instrument,
        kind,
        problem: messageOf(error),
      });
    }
  }

  #onMalformed(cluster: Cluster, problem: string): void {
    if (!this.#malformed.add()) return;
    this.#context.log('warn', 'A stream sent a message that cannot be read.', {
      cluster,
      problem,
      count: this.#malformed.count,
    });
  }
}

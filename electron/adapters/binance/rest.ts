import type { z } from 'zod';
import { MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND } from '../../../engine/domain/time.ts';
import type { RateLimit } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { RateGate, type Priority } from '../../net/rate-gate.ts';
import { RestClient, type Query, type RestAnswer } from '../../net/rest-client.ts';
import { explain, OFF_TIME } from './errors.ts';
import { timeSchema } from './schemas.ts';
import type { ServerTime } from './server-time.ts';
import { signedQuery } from './signing.ts';
import type { BinanceKeys } from './settings.ts';

/** Weight of all requests of one address in a minute, and orders of one account. */
const WEIGHT = 6000;
export const RATE_LIMITS: readonly RateLimit[] = [
  { what: 'request weight', requests: WEIGHT, perMilliseconds: MS_PER_MINUTE },
  { what: 'orders', requests: 100, perMilliseconds: 10 * MS_PER_SECOND },
  { what: 'orders', requests: 200_000, perMilliseconds: MS_PER_DAY },
];
/** Part of the weight that is kept for orders and cancellations while everything is compared at once. */
const KEPT_FOR_ORDERS = 0.1;
/** An order that has waited so long for the rate limit is not what was decided any more. */
const ORDER_PATIENCE = 5000;
const QUERY_PATIENCE = 20_000;
const HISTORY_PATIENCE = 3 * MS_PER_MINUTE;
/** Used up by other programs as well: from this part of the limit on, nothing more is sent until the next minute. */
const NEARLY_ALL = 0.95;

/** What a call needs: nothing, the key, or the key with time and signature. */
export type Security = 'none' | 'key' | 'signed';

export interface Call<Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly security: Security;
  readonly weight: number;
  readonly schema: z.ZodType<Answer>;
  readonly query?: Query;
  readonly priority?: Priority;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** How many orders it counts for. */
  readonly orders?: number;
}

/** The venue refuses requests for a while. */
export interface Barred {
  readonly message: string;
  readonly milliseconds: number;
}

const KEY_PATHS = new Set(['/api/v3/userDataStream']);
const OPEN_PATHS = new Set([
  '/api/v3/time',
  '/api/v3/exchangeInfo',
  '/api/v3/depth',
  '/api/v3/klines',
  '/api/v3/ticker/price',
  '/api/v3/ticker/bookTicker',
]);

/** What a path needs; everything that is not known to be open is signed. */
export function securityOf(path: string): Security {
  if (OPEN_PATHS.has(path)) return 'none';
  return KEY_PATHS.has(path) ? 'key' : 'signed';
}

/** Calls of Binance's REST API: signed, at the rate that it allows, and silent while it is barred. */
export class BinanceRest {
  readonly time: ServerTime;
  readonly #context: Pick<AdapterContext, 'clock' | 'random'>;
  readonly #weights: RateGate;
  readonly #orders: RateGate;
  readonly #client: RestClient;
  readonly #listeners = new Set<(barred: Barred) => void>();
  #limit = WEIGHT;
  #barredUntil = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  constructor(options: {
    readonly baseUrl: string;
    readonly keys: BinanceKeys | null;
    readonly recvWindow: number;
    readonly context: Pick<AdapterContext, 'clock' | 'random'>;
    readonly time: ServerTime;
  }) {
    const { baseUrl, keys, recvWindow, context, time } = options;
    const { clock, random } = context;
    this.time = time;
    this.#context = context;
    const [weights, ...orders] = RATE_LIMITS;
    this.#weights = new RateGate(clock, [weights as RateLimit], {
      keptForOrders: KEPT_FOR_ORDERS,
    });
    this.#orders = new RateGate(clock, orders);
    this.#client = new RestClient({
      venue: 'Binance',
      baseUrl,
      clock,
      random,
      gate: this.#weights,
      secrets: keys === null ? [] : [keys.apiKey, keys.secretKey],
      sign: ({ url, headers }) => {
        const path = url.pathname.slice(url.pathname.indexOf('/api/'));
        if (path === '/api/v3/time') time.asked();
        const security = securityOf(path);
        if (security === 'none' || keys === null) return;
        headers.set('X-MBX-APIKEY', keys.apiKey);
        if (security !== 'signed') return;
        const query = url.search.slice(1);
        url.search = signedQuery(query, keys.secretKey, time.now(), recvWindow);
      },
      explain: (answer) => explain(answer, clock.now()),
      onAnswer: (answer) => this.#onAnswer(answer),
    });
  }

  /** Hears of pauses that the venue asks for. */
  onBarred(listener: (barred: Barred) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Milliseconds until requests are taken again; 0 for now. */
  get barredFor(): number {
    return Math.max(0, this.#barredUntil - this.#context.clock.elapsed());
  }

  /** The limit on weight as the venue tells it. */
  set weightLimit(limit: number) {
    this.#limit = limit;
  }

  /** @throws VenueError whose `failure` says what is known; see there */
  async request<Answer>(call: Call<Answer>): Promise<Answer> {
    const changes = call.method !== 'GET' && call.security === 'signed';
    const patience = changes
      ? ORDER_PATIENCE
      : call.priority === 'history'
        ? HISTORY_PATIENCE
        : QUERY_PATIENCE;
    this.#refuseWhileBarred(patience);
    if (call.orders !== undefined)
      await this.#orders.take('order', { cost: call.orders, patience });
    try {
      return await this.#once(call, changes, patience);
    } catch (error) {
      if (!(error instanceof VenueError) || error.code !== OFF_TIME) throw error;
      await this.measure();
      // Reading is asked again with the right time; whoever changes something decides anew.
      if (call.method !== 'GET') throw error;
      return this.#once(call, changes, patience);
    }
  }

  #once<Answer>(call: Call<Answer>, changes: boolean, patience: number): Promise<Answer> {
    const { method, path, schema, weight, query, timeout, signal } = call;
    return this.#client.request({
      method,
      path,
      schema,
      cost: weight,
      patience,
      priority: changes ? 'order' : (call.priority ?? 'query'),
      ...(query === undefined ? {} : { query }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Asks for the time of the venue; questions at once are one. @throws VenueError */
  measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  async #measure(): Promise<void> {
    const { serverTime } = await this.#client.request({
      method: 'GET',
      path: '/api/v3/time',
      schema: timeSchema,
      cost: 1,
      priority: 'order',
      patience: QUERY_PATIENCE,
    });
    this.time.told(serverTime);
  }

  #refuseWhileBarred(patience: number): void {
    const wait = this.barredFor;
    if (wait <= patience) return;
    throw new VenueError(
      'rate-limited',
      `Nothing was sent: Binance takes no requests for another ${Math.ceil(wait / 1000)} s.`,
      { code: 'BARRED', retryAfter: wait },
    );
  }

  #onAnswer(answer: RestAnswer): void {
    const { clock } = this.#context;
    const { status, headers } = answer;
    if (status === 429 || status === 418) {
      const error = explain(answer, clock.now());
      const milliseconds = error?.retryAfter ?? 0;
      this.#barredUntil = Math.max(this.#barredUntil, clock.elapsed() + milliseconds);
      for (const listener of this.#listeners)
        listener({ message: error?.message ?? '', milliseconds: this.barredFor });
      return;
    }
    // Other programs at this address use up the same weight.
    const used = Number(headers.get('x-mbx-used-weight-1m') ?? Number.NaN);
    if (used >= this.#limit * NEARLY_ALL)
      this.#weights.pause(MS_PER_MINUTE - (this.time.now() % MS_PER_MINUTE));
  }
}

import type { z } from 'zod';
import type { Clock, Random } from '../../engine/ports/clock.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import { backoff } from './backoff.ts';
import type { Priority, RateGate } from './rate-gate.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RestRequest<Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What the answer must look like; everything else is not let in. */
  readonly schema: z.ZodType<Answer>;
  readonly priority: Priority;
  /** Weight by the venue's count; 1 when absent. */
  readonly cost?: number;
  /** Milliseconds until no answer counts as none; 10 s when absent. */
  readonly timeout?: number;
  /** Milliseconds that it may wait for the rate limit; then it fails as not sent. Without end when absent. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

/** What goes over the wire, for a venue that signs it. */
export interface OutgoingRequest {
  readonly method: string;
  url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface RestOptions {
  /** Name of the venue in messages. */
  readonly venue: string;
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly gate: RateGate;
  /** Adds keys and signatures; called for each attempt, since signatures hold the time. */
  readonly sign?: (request: OutgoingRequest) => void;
  /** The venue's own meaning of an answer that is no success; undefined leaves it to the status. */
  readonly explain?: (answer: RestAnswer) => VenueError | undefined;
  /** Hears of every answer: used weights, server dates. */
  readonly onAnswer?: (answer: RestAnswer) => void;
  /** Largest answer in bytes; 32 MiB when absent. */
  readonly maxBytes?: number;
  /** Keys: what the venue says of a refusal is shown, logged and journaled without them. */
  readonly secrets?: readonly string[];
}

const TIMEOUT = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;
const ATTEMPTS = 4;
const WAITS = { first: 500, longest: 30_000 };
/** A ban may last for days: who asks is told at once instead of waiting for its end. */
const LONGEST_PAUSE = 60_000;
/** Nothing was sent when the connection could not be made. */
const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Calls of one REST API. Reading is tried again after failures that pass; what changes something is sent
 * once and never again: whoever asked has to find out what became of it.
 */
export class RestClient {
  readonly #options: RestOptions;
  readonly #ending = new AbortController();

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** @throws VenueError whose `failure` says what is known; see there */
  async request<Answer>(request: RestRequest<Answer>): Promise<Answer> {
    const reading = request.method === 'GET';
    for (let attempt = 0; ; attempt += 1) {
      const { priority, cost, patience, signal } = request;
      await this.#options.gate.take(priority, { cost, patience, signal });
      try {
        return await this.#attempt(request);
      } catch (thrown) {
        const error = this.#asVenueError(thrown);
        const passes =
          error.failure === 'unknown' ||
          error.failure === 'rate-limited' ||
          error.failure === 'not-sent';
        if (error.failure === 'rate-limited')
          this.#options.gate.pause(error.retryAfter ?? WAITS.first);
        const given = (): boolean => signal?.aborted === true || this.#ending.signal.aborted;
        if (!reading || !passes || given() || attempt + 1 >= ATTEMPTS) throw error;
        const wait = Math.max(backoff(attempt, WAITS, this.#options.random), error.retryAfter ?? 0);
        if (wait > LONGEST_PAUSE) throw error;
        await this.#sleep(wait, signal);
        if (given()) throw error;
      }
    }
  }

  /** Ends what is under way. */
  close(): void {
    this.#ending.abort();
  }

  async #attempt<Answer>(request: RestRequest<Answer>): Promise<Answer> {
    const { venue, clock } = this.#options;
    const answer = await this.#send(request);
    this.#options.onAnswer?.(answer);
    if (answer.status < 200 || answer.status > 299) {
      const said = { ...answer, text: this.#withoutKeys(answer.text) };
      throw this.#options.explain?.(said) ?? byStatus(venue, said, clock.now());
    }
    let value: unknown;
    try {
      value = answer.text === '' ? null : JSON.parse(answer.text);
    } catch (cause) {
      throw new VenueError(
        'unknown',
        `${venue} sent an answer to ${request.path} that is no JSON.`,
        { cause },
      );
    }
    const parsed = request.schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where =
      issue === undefined ? '' : ` at ${issue.path.join('.') || 'its top'}: ${issue.message}`;
    throw new VenueError(
      'unknown',
      `${venue} sent an unexpected answer to ${request.path}${where}.`,
    );
  }

  async #send(request: RestRequest<unknown>): Promise<RestAnswer> {
    const { baseUrl, sign, maxBytes = MAX_BYTES } = this.#options;
    const url = new URL(baseUrl.replace(/\/$/, '') + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = new Headers({ accept: 'application/json' });
    if (body !== undefined) headers.set('content-type', 'application/json');
    const outgoing: OutgoingRequest = { method: request.method, url, headers, body };
    sign?.(outgoing);
    const signals = [this.#ending.signal, AbortSignal.timeout(request.timeout ?? TIMEOUT)];
    if (request.signal !== undefined) signals.push(request.signal);
    const response = await fetch(outgoing.url, {
      method: request.method,
      headers,
      ...(body === undefined ? {} : { body }),
      // A redirect could carry keys to another host.
      redirect: 'error',
      signal: AbortSignal.any(signals),
    });
    return {
      status: response.status,
      headers: response.headers,
      text: await bounded(response, maxBytes),
    };
  }

  #asVenueError(thrown: unknown): VenueError {
    if (thrown instanceof VenueError) return thrown;
    const { venue } = this.#options;
    const code = causeCode(thrown);
    if (NO_CONNECTION.has(code)) {
      return new VenueError('not-sent', `${venue} cannot be reached (${code}).`, {
        code,
        cause: thrown,
      });
    }
    const timedOut = thrown instanceof Error && thrown.name === 'TimeoutError';
    const what = timedOut
      ? 'did not answer in time'
      : `broke the connection${code === '' ? '' : ` (${code})`}`;
    return new VenueError('unknown', `${venue} ${what}.`, { code, cause: thrown });
  }

  #withoutKeys(text: string): string {
    const secrets = this.#options.secrets ?? [];
    return secrets.reduce(
      (clean, key) => (key === '' ? clean : clean.replaceAll(key, '[redacted]')),
      text,
    );
  }

  #sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(milliseconds, resolve);
    const end = (): void => {
      cancel();
      resolve();
    };
    const signals = [this.#ending.signal, ...(signal === undefined ? [] : [signal])];
    for (const each of signals) each.addEventListener('abort', end, { once: true });
    return promise.finally(() => {
      for (const each of signals) each.removeEventListener('abort', end);
    });
  }
}

/** Milliseconds that a `Retry-After` asks for; undefined without one. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  // Without a clock a date says nothing.
  return Number.isNaN(date - now) ? undefined : Math.max(0, date - now);
}

/**
 * What a status says where the venue does not say more.
 * @param now for a `Retry-After` that names a date
 */
export function byStatus(venue: string, answer: RestAnswer, now = Number.NaN): VenueError {
  const { status } = answer;
  const code = String(status);
  if (status === 429) {
    const wait = retryAfter(answer.headers, now);
    return new VenueError('rate-limited', `${venue} refuses more requests for now (429).`, {
      code,
      ...(wait === undefined ? {} : { retryAfter: wait }),
    });
  }
  if (status === 401 || status === 403) {
    return new VenueError(
      'unauthorized',
      `${venue} refuses the key (${status}); check it in Connections.`,
      { code },
    );
  }
  if (status === 404)
    return new VenueError('not-found', `${venue} knows no such thing (404).`, { code });
  // 408 and 5xx leave open whether something was done.
  if (status >= 400 && status < 500 && status !== 408) {
    return new VenueError('rejected', `${venue} refused the request (${status}).`, { code });
  }
  return new VenueError('unknown', `${venue} failed (${status}).`, { code });
}

async function bounded(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new VenueError('unknown', `An answer of more than ${maxBytes} bytes was cut off.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function causeCode(thrown: unknown): string {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    if (error instanceof AggregateError) {
      const codes = error.errors.map((each) => causeCode(each)).filter((each) => each !== '');
      if (codes.length > 0 && codes.every((each) => each === codes[0])) return codes[0] as string;
    }
  }
  return '';
}

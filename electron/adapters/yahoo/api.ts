import YahooFinance from 'yahoo-finance2';
import { ExtendedCookieJar } from 'yahoo-finance2/lib/cookieJar';
import type { z } from 'zod';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { RateGate } from '../../net/rate-gate.ts';
import { retryAfter } from '../../net/rest-client.ts';
import {
  chartShape,
  quoteShape,
  searchShape,
  type YahooChart,
  type YahooQuote,
} from './schemas.ts';

export type Fetch = typeof fetch;
export type Interval = '1m' | '5m' | '15m' | '30m' | '60m' | '1d' | '1wk' | '1mo';

export interface ApiOptions {
  readonly clock: Clock;
  /** Every request to Yahoo passes it. */
  readonly gate: RateGate;
  readonly fetch?: Fetch;
  /** Something was left out. */
  readonly onOdd: (what: string) => void;
}

const TIMEOUT = 15_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Milliseconds without requests after a refusal that names no time. */
const PAUSE = 60_000;
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const quiet = (): void => undefined;
const SILENT = { info: quiet, warn: quiet, error: quiet, debug: quiet, dir: quiet };

/**
 * Yahoo through the package, which knows its cookies and tokens. The border is here: answers are checked by
 * shapes of our own, and every failure becomes a VenueError that says what is the matter.
 */
export class YahooApi {
  readonly #options: ApiOptions;
  readonly #ending = new AbortController();
  #package: InstanceType<typeof YahooFinance>;
  /** Counts packages, so that one refused token is thrown away once. */
  #generation = 0;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#package = this.#make();
  }

  /** Quotes of symbols; those that Yahoo does not know are absent. @throws VenueError */
  async quotes(symbols: readonly string[]): Promise<readonly YahooQuote[]> {
    const answer: unknown = await this.#call((yahoo) =>
      yahoo.quote([...symbols], { return: 'array' }, { validateResult: false }),
    );
    if (!Array.isArray(answer)) throw odd('quotes', 'no list');
    const quotes: YahooQuote[] = [];
    for (const each of answer) {
      const parsed = quoteShape.safeParse(each);
      if (parsed.success) quotes.push(parsed.data);
      else this.#options.onOdd(`A quote was left out: ${problemOf(parsed.error)}.`);
    }
    return quotes;
  }

  /** @throws VenueError `not-found` for a symbol that Yahoo does not know */
  async chart(symbol: string, interval: Interval, from: number, to: number): Promise<YahooChart> {
    const answer: unknown = await this.#call((yahoo) =>
      yahoo.chart(
        encodeURIComponent(symbol),
        {
          period1: new Date(from),
          period2: new Date(to),
          // The package's types lack none of these.
          interval,
          includePrePost: false,
          events: '',
          return: 'object',
        },
        { validateResult: false },
      ),
    );
    return checked('bars', chartShape, answer);
  }

  /** Symbols for what a user typed. @throws VenueError */
  async search(query: string, limit: number): Promise<readonly string[]> {
    const answer: unknown = await this.#call((yahoo) =>
      yahoo.search(query, { quotesCount: limit, newsCount: 0 }, { validateResult: false }),
    );
    const { quotes } = checked('search results', searchShape, answer);
    return quotes.flatMap(({ symbol, isYahooFinance }) =>
      symbol === undefined || isYahooFinance === false ? [] : symbol,
    );
  }

  close(): void {
    this.#ending.abort();
    this.#options.gate.close('Yahoo was disconnected.');
  }

  /** A token that is refused is thrown away, and the call made once more with a new one. */
  async #call<Answer>(
    run: (yahoo: InstanceType<typeof YahooFinance>) => Promise<Answer>,
  ): Promise<Answer> {
    const generation = this.#generation;
    try {
      return await run(this.#package);
    } catch (thrown) {
      const error = asVenueError(thrown);
      if (error.failure !== 'unauthorized') throw error;
      if (generation === this.#generation) {
        this.#generation += 1;
        this.#package = this.#make();
      }
    }
    try {
      return await run(this.#package);
    } catch (thrown) {
      throw asVenueError(thrown);
    }
  }

  #make(): InstanceType<typeof YahooFinance> {
    return new YahooFinance({
      fetch: (input, init) => this.#fetch(input, init),
      // The package's own jar is shared by all its users.
      cookieJar: new ExtendedCookieJar(),
      queue: { concurrency: 1 },
      validation: { logErrors: false, logOptionsErrors: false },
      versionCheck: false,
      suppressNotices: ['yahooSurvey'],
      logger: SILENT,
    });
  }

  /** Refusals end here, before the package writes addresses with tokens to the console. */
  readonly #fetch: Fetch = async (input, init) => {
    const { gate, clock } = this.#options;
    await gate.take('query', { patience: 5 * 60_000 });
    let response: Response;
    try {
      response = await (this.#options.fetch ?? fetch)(input, {
        ...init,
        signal: AbortSignal.any([this.#ending.signal, AbortSignal.timeout(TIMEOUT)]),
      });
    } catch (thrown) {
      throw asVenueError(thrown);
    }
    const { status } = response;
    if (status === 429) {
      const wait = retryAfter(response.headers, clock.now()) ?? PAUSE;
      gate.pause(wait);
      await response.body?.cancel();
      throw new VenueError(
        'rate-limited',
        'Yahoo refuses this address for now (429): it was asked too often, perhaps by other programs. Wait, or ask less often.',
        { code: '429', retryAfter: wait },
      );
    }
    if (status >= 500) {
      await response.body?.cancel();
      throw new VenueError('unknown', `Yahoo is down (${status}); it has to mend that itself.`, {
        code: String(status),
      });
    }
    if (status < 400 || !isApi(input)) return bounded(response);
    const text = (await (await bounded(response)).text()).slice(0, 4096);
    throw refusal(status, text);
  };
}

function refusal(status: number, text: string): VenueError {
  const code = String(status);
  const why = /"description"\s*:\s*"([^"]{1,300})"/.exec(text)?.[1] ?? '';
  if (status === 401 || status === 403) {
    return new VenueError(
      'unauthorized',
      `Yahoo does not accept the token that it gave (${status}${why === '' ? '' : `: ${why}`}); it may block this address.`,
      { code },
    );
  }
  if (status === 404) {
    return new VenueError(
      'not-found',
      why === '' ? 'Yahoo knows no such symbol.' : `Yahoo: ${why}`,
      {
        code,
      },
    );
  }
  return new VenueError(
    'rejected',
    `Yahoo refuses the request (${status}${why === '' ? '' : `: ${why}`}).`,
    { code },
  );
}

function asVenueError(thrown: unknown): VenueError {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof VenueError) return error;
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    if (UNREACHABLE.has(code)) {
      return new VenueError(
        'not-sent',
        `Yahoo cannot be reached (${code}); check the connection to the internet.`,
        { code, cause: thrown },
      );
    }
  }
  const message = messageOf(thrown);
  if (/crumb|set-cookie|consent/i.test(message)) {
    return new VenueError(
      'unauthorized',
      'Yahoo did not give the cookie and token that its prices need; it may block this address, or have changed its site.',
      { code: 'crumb', cause: thrown },
    );
  }
  const late = thrown instanceof Error && thrown.name === 'TimeoutError';
  return new VenueError(
    'unknown',
    late ? 'Yahoo did not answer in time.' : 'Yahoo sent no answer that can be understood.',
    { cause: thrown },
  );
}

function checked<Shape>(what: string, shape: z.ZodType<Shape>, answer: unknown): Shape {
  const parsed = shape.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw odd(what, problemOf(parsed.error));
}

function odd(what: string, problem: string): VenueError {
  return new VenueError('unknown', `Yahoo sent ${what} of an unexpected form (${problem}).`);
}

function problemOf(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'unknown' : `${issue.path.join('.') || 'top'}: ${issue.message}`;
}

function isApi(input: Parameters<Fetch>[0]): boolean {
  const url = new URL(input instanceof Request ? input.url : String(input));
  return url.hostname.startsWith('query');
}

/** The answer with its body read, refused when it is longer than any answer should be. */
async function bounded(response: Response): Promise<Response> {
  const { status, headers } = response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw new VenueError(
        'unknown',
        `An answer of Yahoo of more than ${MAX_BYTES} bytes was cut off.`,
      );
    }
    chunks.push(chunk);
  }
  const empty = status === 204 || status === 304;
  return new Response(empty ? null : Buffer.concat(chunks), { status, headers });
}

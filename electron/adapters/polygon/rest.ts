import { z } from 'zod';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { RateGate } from '../../net/rate-gate.ts';
import {
  byStatus,
  RestClient,
  retryAfter,
  type Query,
  type RestAnswer,
} from '../../net/rest-client.ts';

export const VENUE = 'Massive (Polygon)';
const MINUTE = 60_000;
/** Milliseconds without requests after a refusal for their rate that names no time. */
const PAUSE = 12_000;
/** What a person waits for gives up after so long. */
export const QUERY_PATIENCE = 2 * MINUTE;
/** Both names of the firm's REST host; next pages may name either. */
const TWINS: ReadonlySet<string> = new Set(['api.massive.com', 'api.polygon.io']);

export interface Rest {
  readonly client: RestClient;
  readonly gate: RateGate;
  /** Origin that the key may be sent to. */
  readonly origin: string;
}

export function openRest(
  origin: string,
  key: string,
  context: Pick<AdapterContext, 'clock' | 'random'>,
  requestsPerMinute: number,
): Rest {
  const { clock, random } = context;
  const gate = new RateGate(clock, [
    { what: 'requests', requests: requestsPerMinute, perMilliseconds: MINUTE },
  ]);
  const client = new RestClient({
    venue: VENUE,
    baseUrl: origin,
    clock,
    random,
    gate,
    secrets: [key],
    // In a header, so that no address holds it.
    sign: ({ headers }) => headers.set('authorization', `Bearer ${key}`),
    explain: (answer) => explain(answer, clock.now()),
    maxBytes: 64 * 1024 * 1024,
  });
  return { client, gate, origin };
}

/**
 * Path and query of the next page. The request goes to our own origin whatever the address says, and one
 * that names another host is refused: it would be a way to lead the key astray.
 * @throws VenueError `rejected`
 */
export function nextPage(
  nextUrl: string,
  origin: string,
): { readonly path: string; readonly query: Query } {
  const own = new URL(origin);
  let url: URL | null = null;
  try {
    url = new URL(nextUrl);
  } catch {
    // Refused below.
  }
  const twin =
    url !== null &&
    url.protocol === 'https:' &&
    own.protocol === 'https:' &&
    TWINS.has(url.host) &&
    TWINS.has(own.host);
  if (url === null || (url.origin !== own.origin && !twin)) {
    const where = url === null ? 'something that is no address' : url.host;
    throw new VenueError(
      'rejected',
      `${VENUE} names ${where.slice(0, 80)} for the next page; it is not asked, because the key would go there.`,
      { code: 'FOREIGN_PAGE' },
    );
  }
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams)
    if (name.toLowerCase() !== 'apikey') query[name] = value;
  return { path: url.pathname, query };
}

const refusalSchema = z.object({
  status: z.string().optional(),
  message: z.string().optional(),
  error: z.string().optional(),
});

/** What an answer that is no success says. */
export function explain(answer: RestAnswer, now: number): VenueError | undefined {
  const { status } = answer;
  const said = readRefusal(answer.text);
  if (status === 429) {
    return new VenueError(
      'rate-limited',
      `${VENUE} refuses more requests for now (429): the plan allows only so many a minute; set that number in Connections.`,
      { code: '429', retryAfter: retryAfter(answer.headers, now) ?? PAUSE },
    );
  }
  if (status === 401) {
    return new VenueError(
      'unauthorized',
      `${VENUE} does not know this API key (401); copy it again from its dashboard into Connections.`,
      { code: '401' },
    );
  }
  if (status === 403) {
    return new VenueError(
      'rejected',
      `The plan at ${VENUE} does not include what was asked for (403 ${said.status === '' ? 'NOT_AUTHORIZED' : said.status}${said.text === '' ? '' : `: ${said.text}`}); ask for something else, or take a larger plan.`,
      { code: said.status === '' ? 'NOT_AUTHORIZED' : said.status },
    );
  }
  if (status === 404) {
    return new VenueError('not-found', `${VENUE} knows no such thing (404).`, { code: '404' });
  }
  if (status === 400 || status === 422) {
    return new VenueError(
      'rejected',
      `${VENUE} refuses the request (${status}${said.text === '' ? '' : `: ${said.text}`}).`,
      { code: String(status) },
    );
  }
  return byStatus(VENUE, answer);
}

function readRefusal(text: string): { readonly status: string; readonly text: string } {
  try {
    const { status = '', message, error } = refusalSchema.parse(JSON.parse(text));
    return {
      status: /^[A-Z_]{1,40}$/.test(status) ? status : '',
      text: plain(message ?? error ?? ''),
    };
  } catch {
    return { status: '', text: '' };
  }
}

/** Text of the venue that may be shown and logged. */
export function plain(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7E]/g, ' ')
    .slice(0, 200)
    .replace(/[\s.]+$/, '');
}

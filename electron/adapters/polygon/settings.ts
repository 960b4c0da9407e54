import { RenataError } from '../../../engine/domain/errors.ts';
import type { AdapterField, Keys, Settings } from '../../net/adapter.ts';

export const STREAMS = ['none', 'delayed', 'real-time'] as const;
export type Streams = (typeof STREAMS)[number];

export interface PolygonSettings {
  /** Origin of the REST calls, without a slash at its end. */
  readonly restUrl: string;
  /** Origin of the streams; null when none are wanted. */
  readonly streamUrl: string | null;
  readonly requestsPerMinute: number;
  readonly adjusted: boolean;
  /** Bars of a second are streamed next to those of a minute. */
  readonly secondBars: boolean;
}

const REST_URL = 'https://api.massive.com';
const STREAM_URLS: Readonly<Record<Exclude<Streams, 'none'>, string>> = {
  delayed: 'wss://delayed.massive.com',
  'real-time': 'wss://socket.massive.com',
};
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** The firm has two names, and both work. */
const THEIRS = /(?:^|\.)(?:massive\.com|polygon\.io)$/;
/** Requests a minute of the free plan. */
const FREE = 5;

const field = (
  name: string,
  label: string,
  kind: AdapterField['kind'],
  fallback: AdapterField['default'],
  help: string,
  rest: { readonly choices?: readonly string[]; readonly required?: boolean } = {},
): AdapterField => ({
  name,
  label,
  kind,
  help,
  default: fallback,
  choices: rest.choices ?? [],
  required: rest.required ?? false,
});

export const FIELDS: readonly AdapterField[] = [
  field('apiKey', 'API key', 'key', null, 'From the dashboard of Massive (before: Polygon.io).', {
    required: true,
  }),
  field(
    'requestsPerMinute',
    'Requests a minute',
    'number',
    FREE,
    'What the plan allows: 5 in the free one; paid ones have no fixed limit, 6000 is reasonable.',
  ),
  field(
    'streams',
    'Streams',
    'choice',
    'none',
    'What the plan streams: none in the free one, 15 minutes delayed, or real time.',
    { choices: STREAMS },
  ),
  field(
    'adjusted',
    'Adjusted for splits',
    'boolean',
    false,
    'History that is corrected for splits; off gives prices as they were traded.',
  ),
  field(
    'secondBars',
    'Bars of a second',
    'boolean',
    false,
    'Streams bars of a second next to those of a minute.',
  ),
  field('restUrl', 'Address', 'text', '', `Empty for ${REST_URL}.`),
  field('streamUrl', 'Stream address', 'text', '', 'Empty for the usual one of the streams.'),
];

/** @throws RenataError BAD_INPUT naming the field that is wrong */
export function readSettings(settings: Settings): PolygonSettings {
  const rate = settings['requestsPerMinute'] ?? FREE;
  if (typeof rate !== 'number' || !Number.isInteger(rate) || rate < 1 || rate > 100_000)
    throw bad('requestsPerMinute', 'must be a whole number from 1 to 100000');
  const streams = STREAMS.find((each) => each === (settings['streams'] ?? 'none'));
  if (streams === undefined) throw bad('streams', `must be one of ${STREAMS.join(', ')}`);
  return {
    restUrl: address('restUrl', settings['restUrl'], REST_URL, 'http'),
    streamUrl:
      streams === 'none'
        ? null
        : address('streamUrl', settings['streamUrl'], STREAM_URLS[streams], 'ws'),
    requestsPerMinute: rate,
    adjusted: settings['adjusted'] === true,
    secondBars: settings['secondBars'] === true,
  };
}

/** @throws RenataError BAD_INPUT when the key is missing */
export function readKey(keys: Keys): string {
  const key = keys['apiKey']?.trim() ?? '';
  if (key === '') throw bad('apiKey', 'is missing; enter the API key');
  // It goes into a header: what is no plain text would break it.
  if (!/^[\x21-\x7E]{1,256}$/.test(key))
    throw bad('apiKey', 'has characters that no key has; copy it again');
  return key;
}

/** The key is sent there: nothing but the firm's own hosts, encrypted, or this computer will do. */
function address(name: string, given: unknown, usual: string, scheme: 'http' | 'ws'): string {
  const wanted = typeof given === 'string' && given.trim() !== '' ? given.trim() : usual;
  let url: URL;
  try {
    url = new URL(wanted);
  } catch {
    throw bad(name, `"${wanted.slice(0, 80)}" is not an address; write it like ${usual}`);
  }
  const local =
    LOOPBACK.has(url.hostname) && (url.protocol === `${scheme}:` || url.protocol === `${scheme}s:`);
  const theirs = THEIRS.test(url.hostname) && url.protocol === `${scheme}s:` && url.port === '';
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || url.pathname !== '/' || !(local || theirs)) {
    throw bad(
      name,
      `must be an address of massive.com or polygon.io over ${scheme}s without a path, or of this computer`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

function bad(name: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${name}: ${what}.`, { details: { parameter: name } });
}

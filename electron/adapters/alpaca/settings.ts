import { RenataError } from '../../../engine/domain/errors.ts';
import type { AdapterField, Keys, Settings } from '../../net/adapter.ts';

export const FEEDS = ['iex', 'sip', 'delayed_sip'] as const;
export type Feed = (typeof FEEDS)[number];

export interface AlpacaSettings {
  readonly tradingUrl: string;
  /** Stream of order updates. */
  readonly ordersUrl: string;
  readonly dataUrl: string;
  readonly dataStreamUrl: string;
  readonly live: boolean;
  readonly feed: Feed;
  readonly dataRequestsPerMinute: number;
}

export interface AlpacaKeys {
  readonly keyId: string;
  readonly secretKey: string;
}

const PAPER_HOST = 'paper-api.alpaca.markets';
const PAPER_URL = `https://${PAPER_HOST}`;
const LIVE_URL = 'https://api.alpaca.markets';
const DATA_URL = 'https://data.alpaca.markets';
const STREAM_URL = 'wss://stream.data.alpaca.markets';
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

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
  field('keyId', 'API key ID', 'key', null, 'From the dashboard of the account, paper or live.', {
    required: true,
  }),
  field('secretKey', 'Secret key', 'key', null, 'Shown once, when the API key is made.', {
    required: true,
  }),
  field(
    'environment',
    'Account',
    'choice',
    'paper',
    'Paper or live; the keys must be those of the account that is chosen.',
    { choices: ['paper', 'live'], required: true },
  ),
  field(
    'feed',
    'Price feed',
    'choice',
    'iex',
    'IEX alone is free; SIP, all exchanges, needs a paid data plan; delayed SIP is 15 minutes late.',
    { choices: FEEDS },
  ),
  field(
    'dataRequestsPerMinute',
    'Data requests a minute',
    'number',
    200,
    'What the data plan allows: 200 in the free one, up to 10,000 in a paid one.',
  ),
  field('tradingUrl', 'Trading address', 'text', '', 'Empty for the usual one of the account.'),
  field('dataUrl', 'Data address', 'text', '', 'Empty for the usual one.'),
  field('dataStreamUrl', 'Data stream address', 'text', '', 'Empty for the usual one.'),
];

/** @throws RenataError BAD_INPUT naming the field that is wrong */
export function readSettings(settings: Settings): AlpacaSettings {
  const environment = settings['environment'] ?? 'paper';
  if (environment !== 'paper' && environment !== 'live')
    throw bad('environment', 'must be paper or live');
  const feed = FEEDS.find((each) => each === (settings['feed'] ?? 'iex'));
  if (feed === undefined) throw bad('feed', `must be one of ${FEEDS.join(', ')}`);
  const rate = settings['dataRequestsPerMinute'] ?? 200;
  if (typeof rate !== 'number' || !Number.isInteger(rate) || rate < 1 || rate > 100_000)
    throw bad('dataRequestsPerMinute', 'must be a whole number from 1 to 100000');
  const usual = environment === 'live' ? LIVE_URL : PAPER_URL;
  const trading = address('tradingUrl', settings['tradingUrl'], usual, 'http');
  return {
    tradingUrl: text(trading),
    ordersUrl: `${text(trading).replace(/^http/, 'ws')}/stream`,
    dataUrl: text(address('dataUrl', settings['dataUrl'], DATA_URL, 'http')),
    dataStreamUrl: text(address('dataStreamUrl', settings['dataStreamUrl'], STREAM_URL, 'ws')),
    live: isLiveHost(trading),
    feed,
    dataRequestsPerMinute: rate,
  };
}

/** @throws RenataError BAD_INPUT naming the key that is missing */
export function readKeys(keys: Keys): AlpacaKeys {
  const { keyId, secretKey } = keys;
  if (keyId === undefined || keyId === '') throw bad('keyId', 'is missing; enter the API key ID');
  if (secretKey === undefined || secretKey === '')
    throw bad('secretKey', 'is missing; enter the secret key');
  return { keyId, secretKey };
}

/** By the address that orders go to, whatever else is set: all but paper and this computer is real money. */
function isLiveHost(url: URL): boolean {
  return url.hostname !== PAPER_HOST && !LOOPBACK.has(url.hostname);
}

/** Keys are sent there: nothing but Alpaca, encrypted, or this computer will do. */
function address(name: string, given: unknown, usual: string, scheme: 'http' | 'ws'): URL {
  const wanted = typeof given === 'string' && given.trim() !== '' ? given.trim() : usual;
  let url: URL;
  try {
    url = new URL(wanted);
  } catch {
    throw bad(name, `"${wanted.slice(0, 80)}" is not an address; write it like ${usual}`);
  }
  const local = LOOPBACK.has(url.hostname) && /^(?:https?|wss?):$/.test(url.protocol);
  const theirs =
    url.hostname.endsWith('.alpaca.markets') && url.protocol === `${scheme}s:` && url.port === '';
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  const fits = url.protocol.startsWith(scheme) && plain && (local || theirs);
  if (!fits)
    throw bad(name, `must be an address of alpaca.markets over ${scheme}s, or of this computer`);
  return url;
}

const text = (url: URL): string => url.href.replace(/\/+$/, '');

function bad(name: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${name}: ${what}.`, { details: { parameter: name } });
}

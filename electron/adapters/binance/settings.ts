import { RenataError } from '../../../engine/domain/errors.ts';
import type { AdapterField, Keys, Settings } from '../../net/adapter.ts';

/** How orders are told: a signed subscription of the WebSocket API, or a stream named by a listen key. */
export const USER_STREAMS = ['websocket-api', 'listen-key'] as const;
export type UserStreamKind = (typeof USER_STREAMS)[number];

export interface BinanceSettings {
  readonly restUrl: string;
  /** The WebSocket API, which tells of orders after a signed subscription. */
  readonly apiStreamUrl: string;
  /** Streams by name: those of listen keys. */
  readonly streamUrl: string;
  readonly dataUrl: string;
  readonly dataStreamUrl: string;
  readonly live: boolean;
  readonly userStream: UserStreamKind;
  /** What things are paid in; orders are taken in its pairs alone. */
  readonly quoteAsset: string;
  /** Assets that are traded and count as positions; null for all. */
  readonly assets: ReadonlySet<string> | null;
  readonly recvWindow: number;
}

export interface BinanceKeys {
  readonly apiKey: string;
  readonly secretKey: string;
}

interface Addresses {
  readonly rest: string;
  readonly api: string;
  readonly stream: string;
}

const ADDRESSES: Readonly<Record<'testnet' | 'live', Addresses>> = {
  testnet: {
    rest: 'https://testnet.binance.vision',
    api: 'wss://ws-api.testnet.binance.vision/ws-api/v3',
    stream: 'wss://stream.testnet.binance.vision',
  },
  live: {
    rest: 'https://api.binance.com',
    api: 'wss://ws-api.binance.com:443/ws-api/v3',
    stream: 'wss://stream.binance.com:9443',
  },
};
const PAPER_HOST = /(?:^|\.)testnet\.binance\.vision$/;
const THEIR_HOST = /(?:^|\.)binance\.(?:com|vision)$/;
const THEIR_PORTS = new Set(['', '443', '9443']);
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const ASSET = /^[A-Z0-9]{1,20}$/;

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
  field(
    'apiKey',
    'API key',
    'key',
    null,
    'An HMAC key; without keys there are prices alone, and no orders.',
  ),
  field('secretKey', 'Secret key', 'key', null, 'Shown once, when the API key is made.'),
  field(
    'environment',
    'Account',
    'choice',
    'testnet',
    'The test network or the real exchange; the keys must be those of the one that is chosen.',
    { choices: ['testnet', 'live'], required: true },
  ),
  field(
    'quoteAsset',
    'Account currency',
    'text',
    'USDT',
    'What is paid with. Orders are taken in pairs with it, and holdings are told in these pairs.',
  ),
  field(
    'assets',
    'Assets that are traded',
    'text',
    'BTC ETH',
    'Orders are taken in these alone, and holdings of them are positions; "*" for all. A position needs a price before new orders are let through.',
  ),
  field(
    'userStream',
    'Stream of orders',
    'choice',
    'websocket-api',
    'Binance has replaced listen keys by its WebSocket API; the old way is for venues that still have it.',
    { choices: USER_STREAMS },
  ),
  field(
    'recvWindow',
    'Receive window',
    'number',
    5000,
    'Milliseconds after which Binance does not take a request any more, 1 to 60000.',
  ),
  field('restUrl', 'REST address', 'text', '', 'Empty for the usual one of the account.'),
  field('apiStreamUrl', 'WebSocket API address', 'text', '', 'Empty for the usual one.'),
  field('streamUrl', 'Stream address', 'text', '', 'Empty for the usual one of the account.'),
  field('dataUrl', 'Address of prices', 'text', '', 'Empty for the REST address.'),
  field('dataStreamUrl', 'Stream address of prices', 'text', '', 'Empty for the stream address.'),
];

/** @throws RenataError BAD_INPUT naming the field that is wrong */
export function readSettings(settings: Settings): BinanceSettings {
  const environment = settings['environment'] ?? 'testnet';
  if (environment !== 'testnet' && environment !== 'live')
    throw bad('environment', 'must be testnet or live');
  const kind = settings['userStream'] ?? 'websocket-api';
  const userStream = USER_STREAMS.find((each) => each === kind);
  if (userStream === undefined)
    throw bad('userStream', `must be one of ${USER_STREAMS.join(', ')}`);
  const quoteAsset =
    String(settings['quoteAsset'] ?? '')
      .trim()
      .toUpperCase() || 'USDT';
  if (!ASSET.test(quoteAsset))
    throw bad('quoteAsset', `"${quoteAsset.slice(0, 20)}" is no asset; write it like USDT`);
  const recvWindow = settings['recvWindow'] ?? 5000;
  if (
    typeof recvWindow !== 'number' ||
    !Number.isInteger(recvWindow) ||
    recvWindow < 1 ||
    recvWindow > 60_000
  )
    throw bad('recvWindow', 'must be a whole number from 1 to 60000');
  const usual = ADDRESSES[environment];
  const rest = address('restUrl', settings['restUrl'], usual.rest, 'http');
  const api = address('apiStreamUrl', settings['apiStreamUrl'], usual.api, 'ws');
  const stream = text(address('streamUrl', settings['streamUrl'], usual.stream, 'ws'));
  return {
    restUrl: text(rest),
    apiStreamUrl: text(api),
    streamUrl: stream,
    dataUrl: text(address('dataUrl', settings['dataUrl'], text(rest), 'http')),
    dataStreamUrl: text(address('dataStreamUrl', settings['dataStreamUrl'], stream, 'ws')),
    live: isLiveHost(rest),
    userStream,
    quoteAsset,
    assets: readAssets(settings['assets']),
    recvWindow,
  };
}

/**
 * null without keys: prices need none.
 * @throws RenataError BAD_INPUT naming the key that is missing
 */
export function readKeys(keys: Keys): BinanceKeys | null {
  const { apiKey = '', secretKey = '' } = keys;
  if (apiKey === '' && secretKey === '') return null;
  if (apiKey === '') throw bad('apiKey', 'is missing; enter the API key');
  if (secretKey === '') throw bad('secretKey', 'is missing; enter the secret key');
  return { apiKey, secretKey };
}

function readAssets(given: Settings[string] | undefined): ReadonlySet<string> | null {
  const names = String(given ?? 'BTC ETH')
    .toUpperCase()
    .split(/[\s,;]+/)
    .filter((each) => each !== '');
  if (names.length === 1 && names[0] === '*') return null;
  const wrong = names.find((each) => !ASSET.test(each));
  if (wrong !== undefined || names.length === 0)
    throw bad(
      'assets',
      `"${(wrong ?? '').slice(0, 20)}" is no asset; write them like BTC ETH, or * for all`,
    );
  return new Set(names);
}

/** By the address that orders go to, whatever else is set: all but the test network and this computer is real money. */
function isLiveHost(url: URL): boolean {
  return !PAPER_HOST.test(url.hostname) && !LOOPBACK.has(url.hostname);
}

/** Keys are sent there: nothing but Binance, encrypted, or this computer will do. */
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
    THEIR_HOST.test(url.hostname) && url.protocol === `${scheme}s:` && THEIR_PORTS.has(url.port);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!url.protocol.startsWith(scheme) || !plain || !(local || theirs))
    throw bad(name, `must be an address of Binance over ${scheme}s, or of this computer`);
  return url;
}

const text = (url: URL): string => url.href.replace(/\/+$/, '');

function bad(name: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${name}: ${what}.`, { details: { parameter: name } });
}

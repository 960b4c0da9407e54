import type { AdapterField, Keys, Settings } from '../../net/adapter.ts';
import {
  addressOf,
  addressText,
  badSetting,
  choiceOf,
  isThisComputer,
  keyOf,
  settingField as field,
  wholeNumberOf,
  type VenueHosts,
} from '../../net/setting-fields.ts';

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
const HOSTS: VenueHosts = {
  title: 'Binance',
  host: /(?:^|\.)binance\.(?:com|vision)$/,
  ports: ['443', '9443'],
};
const ASSET = /^[A-Z0-9]{1,20}$/;

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
  const environment = choiceOf(settings, 'environment', ['testnet', 'live'], 'testnet');
  const quoteAsset =
    String(settings['quoteAsset'] ?? '')
      .trim()
      .toUpperCase() || 'USDT';
  if (!ASSET.test(quoteAsset))
    throw badSetting('quoteAsset', `"${quoteAsset.slice(0, 20)}" is no asset; write it like USDT`);
  const usual = ADDRESSES[environment];
  const address = (name: string, fallback: string, scheme: 'http' | 'ws'): URL =>
    addressOf(settings, name, fallback, scheme, HOSTS);
  const rest = address('restUrl', usual.rest, 'http');
  const stream = addressText(address('streamUrl', usual.stream, 'ws'));
  return {
    restUrl: addressText(rest),
    apiStreamUrl: addressText(address('apiStreamUrl', usual.api, 'ws')),
    streamUrl: stream,
    dataUrl: addressText(address('dataUrl', addressText(rest), 'http')),
    dataStreamUrl: addressText(address('dataStreamUrl', stream, 'ws')),
    live: isLive(rest, environment),
    userStream: choiceOf(settings, 'userStream', USER_STREAMS, 'websocket-api'),
    quoteAsset,
    assets: readAssets(settings['assets']),
    recvWindow: wholeNumberOf(settings, 'recvWindow', 5000, [1, 60_000]),
  };
}

/**
 * null without keys: prices need none.
 * @throws RenataError BAD_INPUT naming the key that is missing
 */
export function readKeys(keys: Keys): BinanceKeys | null {
  const apiKey = keyOf(keys, 'apiKey');
  const secretKey = keyOf(keys, 'secretKey');
  if (apiKey === '' && secretKey === '') return null;
  if (apiKey === '') throw badSetting('apiKey', 'is missing; enter the API key');
  if (secretKey === '') throw badSetting('secretKey', 'is missing; enter the secret key');
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
    throw badSetting(
      'assets',
      `"${(wrong ?? '').slice(0, 20)}" is no asset; write them like BTC ETH, or * for all`,
    );
  return new Set(names);
}

/**
 * By the address that orders go to: all but the test network and this computer is real money. What stands behind an
 * address of this computer only the user knows, a proxy of the real venue or none: there the choice counts.
 */
function isLive(url: URL, environment: string): boolean {
  if (isThisComputer(url)) return environment === 'live';
  return !PAPER_HOST.test(url.hostname);
}

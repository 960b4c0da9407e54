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
const HOSTS: VenueHosts = { title: 'alpaca.markets', host: /\.alpaca\.markets$/ };

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
  const environment = choiceOf(settings, 'environment', ['paper', 'live'], 'paper');
  const usual = environment === 'live' ? LIVE_URL : PAPER_URL;
  const trading = addressOf(settings, 'tradingUrl', usual, 'http', HOSTS);
  return {
    tradingUrl: addressText(trading),
    ordersUrl: `${addressText(trading).replace(/^http/, 'ws')}/stream`,
    dataUrl: addressText(addressOf(settings, 'dataUrl', DATA_URL, 'http', HOSTS)),
    dataStreamUrl: addressText(addressOf(settings, 'dataStreamUrl', STREAM_URL, 'ws', HOSTS)),
    live: isLive(trading, environment),
    feed: choiceOf(settings, 'feed', FEEDS, 'iex'),
    dataRequestsPerMinute: wholeNumberOf(settings, 'dataRequestsPerMinute', 200, [1, 100_000]),
  };
}

/** @throws RenataError BAD_INPUT naming the key that is missing */
export function readKeys(keys: Keys): AlpacaKeys {
  const keyId = keyOf(keys, 'keyId');
  const secretKey = keyOf(keys, 'secretKey');
  if (keyId === '') throw badSetting('keyId', 'is missing; enter the API key ID');
  if (secretKey === '') throw badSetting('secretKey', 'is missing; enter the secret key');
  return { keyId, secretKey };
}

/**
 * By the address that orders go to: all but paper and this computer is real money. What stands behind an
 * address of this computer only the user knows, a proxy of the real venue or none: there the choice counts.
 */
function isLive(url: URL, environment: string): boolean {
  if (isThisComputer(url)) return environment === 'live';
  return url.hostname !== PAPER_HOST;
}

import type { AdapterField, Keys, Settings } from '../../net/adapter.ts';
import {
  addressOf,
  addressText,
  badSetting,
  choiceOf,
  keyOf,
  settingField as field,
  wholeNumberOf,
  type VenueHosts,
} from '../../net/setting-fields.ts';

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
/** The firm has two names, and both work. */
const HOSTS: VenueHosts = {
  title: 'massive.com or polygon.io',
  host: /(?:^|\.)(?:massive\.com|polygon\.io)$/,
  paths: false,
};
/** Requests a minute of the free plan. */
const FREE = 5;

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
  const streams = choiceOf(settings, 'streams', STREAMS, 'none');
  const address = (name: string, usual: string, scheme: 'http' | 'ws'): string =>
    addressText(addressOf(settings, name, usual, scheme, HOSTS));
  return {
    restUrl: address('restUrl', REST_URL, 'http'),
    streamUrl: streams === 'none' ? null : address('streamUrl', STREAM_URLS[streams], 'ws'),
    requestsPerMinute: wholeNumberOf(settings, 'requestsPerMinute', FREE, [1, 100_000]),
    adjusted: settings['adjusted'] === true,
    secondBars: settings['secondBars'] === true,
  };
}

/** @throws RenataError BAD_INPUT when the key is missing */
export function readKey(keys: Keys): string {
  const key = keyOf(keys, 'apiKey');
  if (key === '') throw badSetting('apiKey', 'is missing; enter the API key');
  return key;
}

import type { AdapterManifest, Settings } from '../../net/adapter.ts';
import { badSetting, settingField as field } from '../../net/setting-fields.ts';
import { YahooClient } from './client.ts';

export const manifest: AdapterManifest = {
  id: 'yahoo',
  title: 'Yahoo Finance',
  description:
    'Delayed quotes and history of many markets, for personal use; no account is needed.',
  roles: ['data'],
  fields: [
    field(
      'every',
      'Ask every',
      'number',
      15,
      'Seconds between two looks at the quotes, 5 or more.',
    ),
    field(
      'requestsPerMinute',
      'Requests a minute',
      'number',
      30,
      'Yahoo blocks addresses that ask too often; 1 to 120.',
    ),
  ],
  isLive: () => false,
  open: (settings, _keys, context) => {
    const seconds = numberOf(settings, 'every', 15, 5, 3600);
    const requestsPerMinute = numberOf(settings, 'requestsPerMinute', 30, 1, 120);
    return { data: new YahooClient({ every: seconds * 1000, requestsPerMinute }, context) };
  },
};

function numberOf(
  settings: Settings,
  name: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const value = settings[name] ?? fallback;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw badSetting(name, `give a number from ${least} to ${most}`);
}

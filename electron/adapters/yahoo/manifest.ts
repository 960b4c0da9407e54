import { RenataError } from '../../../engine/domain/errors.ts';
import type { AdapterManifest, Settings } from '../../net/adapter.ts';
import { YahooClient } from './client.ts';

export const manifest: AdapterManifest = {
  id: 'yahoo',
  title: 'Yahoo Finance',
  description:
    'Delayed quotes and history of many markets, for personal use; no account is needed.',
  roles: ['data'],
  fields: [
    {
      name: 'every',
      label: 'Ask every',
      help: 'Seconds between two looks at the quotes, 5 or more.',
      kind: 'number',
      choices: [],
      default: 15,
      required: false,
    },
    {
      name: 'requestsPerMinute',
      label: 'Requests a minute',
      help: 'Yahoo blocks addresses that ask too often; 1 to 120.',
      kind: 'number',
      choices: [],
      default: 30,
      required: false,
    },
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
  throw new RenataError('BAD_INPUT', `${name}: give a number from ${least} to ${most}.`, {
    details: { parameter: name },
  });
}

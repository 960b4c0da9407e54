import { isAbsolute } from 'node:path';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import { ASSET_CLASSES } from '../../../engine/domain/instrument.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import type { AdapterManifest, Settings } from '../../net/adapter.ts';
import { badSetting, choiceOf, settingField as field } from '../../net/setting-fields.ts';
import { CsvClient } from './client.ts';

const CALENDARS = ['none', 'us-equity', 'forex', 'crypto'] as const;
const CURRENCY = /^[A-Z][A-Z0-9]{1,9}$/;

export const manifest: AdapterManifest = {
  id: 'csv',
  title: 'CSV folder',
  description: 'Prices from CSV files of a folder that other programs write.',
  roles: ['data'],
  fields: [
    field('folder', 'Folder', 'text', null, 'Full path of the folder that is watched.', {
      required: true,
    }),
    field('every', 'Look every', 'number', 1000, 'Milliseconds between two looks, 100 or more.'),
    field(
      'timeZone',
      'Time zone',
      'text',
      'UTC',
      'Zone of times that are written without one, such as America/New_York.',
    ),
    field('venue', 'Venue', 'text', 'LOCAL', 'Venue of the symbols: AAPL.csv becomes AAPL.LOCAL.'),
    field('calendar', 'Calendar', 'choice', 'none', 'Trading hours of the instruments.', {
      choices: CALENDARS,
    }),
    field('assetClass', 'Asset class', 'choice', 'equity', 'What the files are prices of.', {
      choices: ASSET_CLASSES,
    }),
    field('currency', 'Currency', 'text', 'USD', 'Currency of the prices.'),
  ],
  isLive: () => false,
  open: (settings, _keys, context) => {
    const folder = textOf(settings, 'folder', '');
    if (!isAbsolute(folder)) {
      throw badSetting('folder', `"${folder}" must be the full path of a folder, from the root on`);
    }
    const every = settings.every ?? 1000;
    if (typeof every !== 'number' || !(every >= 100 && every <= 3_600_000)) {
      throw badSetting('every', 'give a number of milliseconds from 100 to 3600000');
    }
    const venue = textOf(settings, 'venue', 'LOCAL').toUpperCase();
    // Refuses a venue that no instrument can have.
    instrumentId('A', venue);
    const currency = textOf(settings, 'currency', 'USD').toUpperCase();
    if (!CURRENCY.test(currency))
      throw badSetting('currency', `"${currency.slice(0, 20)}" is no currency; write it like USD`);
    const data = new CsvClient(
      {
        folder,
        every,
        zone: timeZone(textOf(settings, 'timeZone', 'UTC')),
        venue,
        calendar: choiceOf(settings, 'calendar', CALENDARS, 'none'),
        assetClass: choiceOf(settings, 'assetClass', ASSET_CLASSES, 'equity'),
        currency,
      },
      context,
    );
    return { data };
  },
};

function textOf(settings: Settings, name: string, fallback: string): string {
  const value = settings[name] ?? fallback;
  return typeof value === 'string' ? value.trim() : String(value);
}

import { isAbsolute } from 'node:path';
import { RenataError } from '../../../engine/domain/errors.ts';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import { ASSET_CLASSES, type AssetClass } from '../../../engine/domain/instrument.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import type { AdapterField, AdapterManifest, Settings } from '../../net/adapter.ts';
import { CsvClient } from './client.ts';

const field = (
  name: string,
  label: string,
  kind: AdapterField['kind'],
  fallback: AdapterField['default'],
  help: string,
  choices: readonly string[] = [],
): AdapterField => ({
  name,
  label,
  help,
  kind,
  choices,
  default: fallback,
  required: fallback === null,
});

export const manifest: AdapterManifest = {
  id: 'csv',
  title: 'CSV folder',
  description: 'Prices from CSV files of a folder that other programs write.',
  roles: ['data'],
  fields: [
    field('folder', 'Folder', 'text', null, 'Full path of the folder that is watched.'),
    field('every', 'Look every', 'number', 1000, 'Milliseconds between two looks, 100 or more.'),
    field(
      'timeZone',
      'Time zone',
      'text',
      'UTC',
      'Zone of times that are written without one, such as America/New_York.',
    ),
    field('venue', 'Venue', 'text', 'LOCAL', 'Venue of the symbols: AAPL.csv becomes AAPL.LOCAL.'),
    field('calendar', 'Calendar', 'choice', 'none', 'Trading hours of the instruments.', [
      'none',
      'us-equity',
      'forex',
      'crypto',
    ]),
    field('assetClass', 'Asset class', 'choice', 'equity', 'What the files are prices of.', [
      ...ASSET_CLASSES,
    ]),
    field('currency', 'Currency', 'text', 'USD', 'Currency of the prices.'),
  ],
  isLive: () => false,
  open: (settings, _keys, context) => {
    const folder = textOf(settings, 'folder', '');
    if (!isAbsolute(folder)) {
      throw bad('folder', `"${folder}" must be the full path of a folder, from the root on`);
    }
    const every = settings.every ?? 1000;
    if (typeof every !== 'number' || !(every >= 100 && every <= 3_600_000)) {
      throw bad('every', 'give a number of milliseconds from 100 to 3600000');
    }
    const venue = textOf(settings, 'venue', 'LOCAL').toUpperCase();
    // Refuses a venue that no instrument can have.
    instrumentId('A', venue);
    const data = new CsvClient(
      {
        folder,
        every,
        zone: timeZone(textOf(settings, 'timeZone', 'UTC')),
        venue,
        calendar: textOf(settings, 'calendar', 'none'),
        assetClass: textOf(settings, 'assetClass', 'equity') as AssetClass,
        currency: textOf(settings, 'currency', 'USD').toUpperCase(),
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

function bad(name: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${name}: ${what}.`, { details: { parameter: name } });
}

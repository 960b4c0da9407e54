import type { AdapterContext, AdapterManifest, Keys, Settings } from '../../net/adapter.ts';
import { PolygonData } from './data.ts';
import { FIELDS, readKey, readSettings } from './settings.ts';
import type { Patience } from './stream.ts';

/** @throws RenataError BAD_INPUT naming the field or key that is wrong or missing */
export function openPolygon(
  settings: Settings,
  keys: Keys,
  context: AdapterContext,
  patience: Patience = {},
): PolygonData {
  return new PolygonData({
    settings: readSettings(settings),
    key: readKey(keys),
    context,
    patience,
  });
}

export const manifest: AdapterManifest = {
  id: 'polygon',
  title: 'Massive (Polygon.io)',
  description: 'Prices of US stocks, options and crypto from Massive, which was Polygon.io.',
  roles: ['data'],
  fields: FIELDS,
  isLive: () => false,
  open: (settings, keys, context) => ({ data: openPolygon(settings, keys, context) }),
};

import type { AdapterContext, AdapterManifest, Keys, Settings } from '../../net/adapter.ts';
import { isLiveAsRead } from '../../net/setting-fields.ts';
import { AlpacaData } from './data.ts';
import { AlpacaExecution } from './execution.ts';
import { Instruments } from './instruments.ts';
import type { Patience } from './order-stream.ts';
import { KEPT_FOR_ORDERS, openRest, TRADING_RATE } from './rest.ts';
import { FIELDS, readKeys, readSettings } from './settings.ts';

export interface Alpaca {
  readonly execution: AlpacaExecution;
  readonly data: AlpacaData;
}

/** @throws RenataError BAD_INPUT naming the field or key that is wrong or missing */
export function openAlpaca(
  settings: Settings,
  keys: Keys,
  context: AdapterContext,
  patience: Patience = {},
): Alpaca {
  const read = readSettings(settings);
  const given = readKeys(keys);
  const trading = openRest(read.tradingUrl, given, context, TRADING_RATE, {
    keptForOrders: KEPT_FOR_ORDERS,
  });
  const prices = openRest(read.dataUrl, given, context, read.dataRequestsPerMinute);
  const instruments = new Instruments(trading, context.clock);
  const common = { settings: read, keys: given, context, instruments, patience };
  return {
    execution: new AlpacaExecution({ ...common, client: trading }),
    data: new AlpacaData({ ...common, client: prices }),
  };
}

export const manifest: AdapterManifest = {
  id: 'alpaca',
  title: 'Alpaca',
  description: 'US stocks at Alpaca: paper and live orders, prices of IEX or of all exchanges.',
  roles: ['data', 'execution'],
  fields: FIELDS,
  isLive: isLiveAsRead(readSettings),
  open: (settings, keys, context) => openAlpaca(settings, keys, context),
};

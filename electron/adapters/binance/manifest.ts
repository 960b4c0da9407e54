import type { AdapterContext, AdapterManifest, Keys, Settings } from '../../net/adapter.ts';
import { isLiveAsRead } from '../../net/setting-fields.ts';
import { BinanceData } from './data.ts';
import { BinanceExecution } from './execution.ts';
import { Instruments } from './instruments.ts';
import { BinanceRest } from './rest.ts';
import { ServerTime } from './server-time.ts';
import { FIELDS, readKeys, readSettings } from './settings.ts';
import type { Patience } from './user-stream.ts';

export interface Binance {
  /** Without keys there are prices alone. */
  readonly execution?: BinanceExecution;
  readonly data: BinanceData;
}

/** @throws RenataError BAD_INPUT naming the field or key that is wrong or missing */
export function openBinance(
  settings: Settings,
  keys: Keys,
  context: AdapterContext,
  patience: Patience = {},
): Binance {
  const read = readSettings(settings);
  const given = readKeys(keys);
  const { recvWindow, restUrl, dataUrl } = read;
  const open = (baseUrl: string): BinanceRest =>
    new BinanceRest({
      baseUrl,
      keys: given,
      recvWindow,
      context,
      time: new ServerTime(context.clock),
    });
  const trading = open(restUrl);
  // One address has one limit.
  const prices = dataUrl === restUrl ? trading : open(dataUrl);
  const instruments = new Instruments(trading, context, read);
  const data = new BinanceData({
    settings: read,
    context,
    patience,
    rest: prices,
    instruments: prices === trading ? instruments : new Instruments(prices, context, read),
  });
  if (given === null) return { data };
  const execution = new BinanceExecution({
    settings: read,
    keys: given,
    context,
    patience,
    rest: trading,
    instruments,
  });
  return { execution, data };
}

export const manifest: AdapterManifest = {
  id: 'binance',
  title: 'Binance',
  description:
    'Crypto pairs at Binance, spot: orders on the test network or with real money, prices and history.',
  roles: ['data', 'execution'],
  fields: FIELDS,
  isLive: isLiveAsRead(readSettings),
  open: (settings, keys, context) => openBinance(settings, keys, context),
};

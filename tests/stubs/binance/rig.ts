import type { BinanceData } from '../../../electron/adapters/binance/data.ts';
import type { BinanceExecution } from '../../../electron/adapters/binance/execution.ts';
import { openBinance } from '../../../electron/adapters/binance/manifest.ts';
import type { Patience } from '../../../electron/adapters/binance/user-stream.ts';
import { accountId, instrumentId } from '../../../engine/domain/identifiers.ts';
import { decimal } from '../../../engine/domain/decimal.ts';
import type { OrderVenue } from '../order-venue.ts';
import { orderMaker, px, qty } from '../orders.ts';
import {
  closedAfter,
  connected,
  endRig,
  groundOf,
  PATIENT,
  record,
  type GroundOptions,
  type OrderRig,
} from '../rig.ts';
import { KEYS, StubBinance } from './server.ts';

export const BTC = instrumentId('BTCUSDT', 'BINANCE');
export const ETH = instrumentId('ETHUSDT', 'BINANCE');
export const ACCOUNT = accountId('BINANCE-TEST-4012345');

/** Streams that give up and come back within the patience of a test. */
export const QUICK: Patience = {
  pingEvery: 200,
  waits: { first: 20, longest: 60 },
  login: PATIENT,
  gather: 10,
};

export type RigOptions = GroundOptions<StubBinance, Patience>;

export interface Rig extends OrderRig {
  readonly stub: StubBinance;
  readonly execution: BinanceExecution;
  readonly data: BinanceData;
}

/** The adapter on a stub, not connected. Who opens it closes it. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const ground = await groundOf('binance', options, () => StubBinance.start());
  const { keys = KEYS, silence = PATIENT, login = PATIENT } = options;
  const { patience = { ...QUICK, silence, login } } = options;
  const { execution, data } = openBinance(ground.settings, keys, ground.context, patience);
  if (execution === undefined) throw new Error('A rig needs keys.');
  return { ...ground, execution, data, ...record({ execution, data }) };
}

export const closeRig = (rig: Rig): Promise<void> => endRig(rig, KEYS);

export const start = closedAfter(openRig, closeRig);
export const withOrders = connected(start, 'execution');
export const withData = connected(start, 'data');

export const { terms, intent } = orderMaker(ACCOUNT, BTC, {
  quantity: qty('0.01'),
  timeInForce: 'gtc',
  limitPrice: px('49000'),
});

export const BINANCE: OrderVenue = {
  start,
  withOrders,
  terms,
  intent,
  account: ACCOUNT,
  placing: 'POST /api/v3/order',
  asking: 'GET /api/v3/order',
  parts: [decimal('0.002'), decimal('0.003'), decimal('0.005')],
  price: decimal('49000'),
};

import { openAlpaca, type Alpaca } from '../../../electron/adapters/alpaca/manifest.ts';
import type { Patience } from '../../../electron/adapters/alpaca/order-stream.ts';
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
import { KEYS, StubAlpaca } from './server.ts';

export const AAPL = instrumentId('AAPL', 'XNAS');
export const MSFT = instrumentId('MSFT', 'XNAS');
export const ACCOUNT = accountId('PA3STUB0001');

/** Streams that give up and come back within the patience of a test. */
export const QUICK: Patience = {
  pingEvery: 50,
  waits: { first: 20, longest: 60 },
  replacement: 30_000,
};

export type RigOptions = GroundOptions<StubAlpaca, Patience>;

export interface Rig extends OrderRig, Alpaca {
  readonly stub: StubAlpaca;
  readonly execution: Alpaca['execution'];
  readonly data: Alpaca['data'];
}

/** The adapter on a stub, not connected. Who opens it closes it. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const ground = await groundOf('alpaca', options, () => StubAlpaca.start());
  const { keys = KEYS, silence = PATIENT, login = PATIENT } = options;
  const { patience = { ...QUICK, silence, login } } = options;
  const clients = openAlpaca(ground.settings, keys, ground.context, patience);
  return { ...ground, ...clients, ...record(clients) };
}

export const closeRig = (rig: Rig): Promise<void> => endRig(rig, KEYS);

export const start = closedAfter(openRig, closeRig);
export const withOrders = connected(start, 'execution');
export const withData = connected(start, 'data');

export const { terms, intent } = orderMaker(ACCOUNT, AAPL, {
  quantity: qty('10'),
  timeInForce: 'day',
  limitPrice: px('99'),
});

export const ALPACA: OrderVenue = {
  start,
  withOrders,
  terms,
  intent,
  account: ACCOUNT,
  placing: 'POST /v2/orders',
  asking: 'GET /v2/orders',
  parts: [decimal('2'), decimal('3'), decimal('5')],
  price: decimal('99'),
};

import type { PolygonData } from '../../../electron/adapters/polygon/data.ts';
import { openPolygon } from '../../../electron/adapters/polygon/manifest.ts';
import type { Patience } from '../../../electron/adapters/polygon/stream.ts';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import {
  closedAfter,
  connected,
  endRig,
  groundOf,
  PATIENT,
  record,
  SOON,
  soonerTimers,
  type DataRig,
  type GroundOptions,
} from '../rig.ts';
import { KEY, StubPolygon } from './server.ts';

export const AAPL = instrumentId('AAPL', 'XNAS');
export const MSFT = instrumentId('MSFT', 'XNAS');
export const BTC = instrumentId('BTC/USD', 'CRYPTO');
export const CALL = instrumentId('SPY251219C00650000', 'OPRA');

const SPEED = 10;
/** Streams that come back within the patience of a test; its timers run so many times sooner. */
export const QUICK: Patience = {
  pingEvery: 50 * SPEED,
  waits: { first: 20 * SPEED, longest: 60 * SPEED },
  login: PATIENT * SPEED,
  answer: PATIENT * SPEED,
  taken: 1500 * SPEED,
};
/** Answers that do not come are given up soon. */
export const HASTY: Patience = { ...QUICK, login: SOON * SPEED, answer: SOON * SPEED };

export type RigOptions = GroundOptions<StubPolygon, Patience>;

export interface Rig extends DataRig {
  readonly stub: StubPolygon;
  readonly data: PolygonData;
}

/** The adapter on a stub, not connected. Who opens it closes it. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const clock = options.clock ?? soonerTimers(SPEED);
  const ground = await groundOf('polygon', { ...options, clock }, () => StubPolygon.start());
  const { keys = { apiKey: KEY }, silence = PATIENT } = options;
  const { patience = { ...QUICK, silence } } = options;
  const data = openPolygon(ground.settings, keys, ground.context, patience);
  return { ...ground, data, ...record({ data }) };
}

export const closeRig = (rig: Rig): Promise<void> => endRig(rig, { apiKey: KEY });

export const start = closedAfter(openRig, closeRig);
export const withData = connected(start, 'data');

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
  soonerTimers,
  type DataRig,
  type GroundOptions,
} from '../rig.ts';
import { KEY, StubPolygon } from './server.ts';

export const AAPL = instrumentId('AAPL', 'XNAS');
export const MSFT = instrumentId('MSFT', 'XNAS');
export const BTC = instrumentId('BTC/USD', 'CRYPTO');
export const CALL = instrumentId('SPY251219C00650000', 'OPRA');

/** Streams that give up and come back within the patience of a test. */
export const QUICK: Patience = {
  pingEvery: 50,
  waits: { first: 20, longest: 60 },
  login: 500,
  answer: 300,
  taken: 300,
};

export type RigOptions = GroundOptions<StubPolygon, Patience>;

export interface Rig extends DataRig {
  readonly stub: StubPolygon;
  readonly data: PolygonData;
}

/** The adapter on a stub, not connected. Who opens it closes it. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const clock = options.clock ?? soonerTimers(10);
  const ground = await groundOf('polygon', { ...options, clock }, () => StubPolygon.start());
  // The timers make these shorter, too.
  const { keys = { apiKey: KEY }, silence = PATIENT } = options;
  const { patience = { ...slower(QUICK, 10), silence } } = options;
  const data = openPolygon(ground.settings, keys, ground.context, patience);
  return { ...ground, data, ...record({ data }) };
}

function slower(patience: Patience, times: number): Patience {
  const { waits, ...rest } = patience;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value * times])),
    ...(waits === undefined
      ? {}
      : { waits: { first: waits.first * times, longest: waits.longest * times } }),
  };
}

export const closeRig = (rig: Rig): Promise<void> => endRig(rig, { apiKey: KEY });

export const start = closedAfter(openRig, closeRig);
export const withData = connected(start, 'data');

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { PolygonData } from '../../../electron/adapters/polygon/data.ts';
import { openPolygon } from '../../../electron/adapters/polygon/manifest.ts';
import type { Patience } from '../../../electron/adapters/polygon/stream.ts';
import type { AdapterContext, Keys, Settings } from '../../../electron/net/adapter.ts';
import { systemClock } from '../../../electron/net/system-clock.ts';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { DataGap } from '../../../engine/ports/market-data-client.ts';
import { KEY, StubPolygon } from './server.ts';

export const AAPL = instrumentId('AAPL', 'XNAS');
export const MSFT = instrumentId('MSFT', 'XNAS');
export const BTC = instrumentId('BTC/USD', 'CRYPTO');
export const CALL = instrumentId('SPY251219C00650000', 'OPRA');

/** Streams that give up and come back within the patience of a test. */
export const QUICK: Patience = {
  pingEvery: 50,
  silence: 400,
  waits: { first: 20, longest: 60 },
  login: 500,
  answer: 300,
  taken: 300,
};

/** The machine's clock, of which the timers run so many times sooner. */
export function fastClock(speed: number): Clock {
  return { ...systemClock, after: (ms, run) => systemClock.after(ms / speed, run) };
}

export interface Rig {
  readonly stub: StubPolygon;
  readonly data: PolygonData;
  readonly ticks: MarketDatum[];
  readonly gaps: DataGap[];
  readonly states: ConnectionState[];
  readonly logs: string[];
  readonly folder: string;
}

export interface RigOptions {
  readonly stub?: StubPolygon;
  readonly settings?: Settings;
  readonly keys?: Keys;
  readonly patience?: Patience;
  readonly clock?: Clock;
}

/** The adapter on a stub, not connected. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const stub = options.stub ?? (await StubPolygon.start());
  const logs: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'renata-polygon-'));
  const refuse = (): never => {
    throw new Error('not part of this test');
  };
  const context: AdapterContext = {
    clock: options.clock ?? fastClock(10),
    random: Math.random,
    log: (level, message, facts) => logs.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`),
    feed: { listen: () => () => undefined, watch: refuse, instrument: refuse },
    series: { read: refuse },
    folder,
  };
  const data = openPolygon(
    { ...stub.settings, ...options.settings },
    options.keys ?? { apiKey: KEY },
    context,
    // The fast clock makes these shorter, too.
    options.patience ?? slower(QUICK, 10),
  );
  const ticks: MarketDatum[] = [];
  const gaps: DataGap[] = [];
  const states: ConnectionState[] = [];
  data.onData((batch) => ticks.push(...batch));
  data.onGap((gap) => gaps.push(gap));
  data.onConnection((state) => states.push(state));
  return { stub, data, ticks, gaps, states, logs, folder };
}

function slower(patience: Patience, times: number): Patience {
  const { waits, ...rest } = patience;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value * times])),
    // Times that are measured, not waited for.
    ...(patience.silence === undefined ? {} : { silence: patience.silence }),
    ...(waits === undefined
      ? {}
      : { waits: { first: waits.first * times, longest: waits.longest * times } }),
  };
}

/** Ends the adapter and the stub; everything that was called agreed with the description of the API. */
export async function closeRig(rig: Rig): Promise<void> {
  await rig.data.disconnect();
  await rig.stub.close();
  rmSync(rig.folder, { recursive: true, force: true });
  expect(rig.stub.spec.problems).toEqual([]);
  for (const line of [...rig.logs, ...rig.stub.calls, ...rig.states.map((s) => JSON.stringify(s))])
    expect(line).not.toContain(KEY);
}

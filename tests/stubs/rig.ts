import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { AdapterContext, Keys, Settings } from '../../electron/net/adapter.ts';
import { systemClock } from '../../electron/net/system-clock.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../engine/domain/market-data.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type { ConnectionState } from '../../engine/ports/connection.ts';
import type { ExecutionClient, ExecutionReport } from '../../engine/ports/execution-client.ts';
import type { DataGap, MarketDataClient } from '../../engine/ports/market-data-client.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import type { RestStub } from './rest-stub.ts';
import type { SpecCheck } from './spec-check.ts';

/** Everything that the clients of an adapter told, since a state may be over before one look at it. */
export interface Told {
  readonly reports: ExecutionReport[];
  readonly ticks: MarketDatum[];
  readonly gaps: DataGap[];
  /** Phases of the connection of orders, each until the next. */
  readonly phases: string[];
  /** Phases of the connection of prices. */
  readonly dataPhases: string[];
  /** Every state that was told, of orders and of prices. */
  readonly states: ConnectionState[];
}

export interface RigStub extends RestStub {
  readonly settings: Settings;
  readonly spec: SpecCheck;
}

/** An adapter on a stub: what it stands on, its clients, and what they told. */
export interface DataRig extends Told {
  readonly stub: RigStub;
  readonly data: MarketDataClient & { readonly malformed: number };
  readonly logs: readonly string[];
  readonly folder: string;
}

export interface OrderRig extends DataRig {
  readonly execution: ExecutionClient & { readonly malformed: number };
}

/** No machine is so slow that a stream that works counts as dead, or does not answer in time. */
export const PATIENT = 60_000;
/** For tests that wait for a stream to count as dead. */
export const SOON_DEAD = 1500;
/** For tests that wait until something that never comes is given up. */
export const SOON = 500;

export interface GroundOptions<Stub, Patience> {
  readonly stub?: Stub;
  readonly settings?: Settings;
  readonly keys?: Keys;
  readonly patience?: Patience;
  /** Milliseconds after which a stream that says nothing counts as dead. */
  readonly silence?: number;
  /** Milliseconds in which a stream has to let us in. */
  readonly login?: number;
  readonly clock?: Clock;
  /** What an adapter before it has kept. */
  readonly folder?: string;
}

/** What an adapter stands on. */
export interface Ground<Stub> {
  readonly stub: Stub;
  readonly settings: Settings;
  readonly context: AdapterContext;
  readonly logs: string[];
  readonly folder: string;
}

/** A context of an adapter that keeps what is logged. */
export function testContext(
  folder = tmpdir(),
  logs: string[] = [],
  clock: Clock = systemClock,
): AdapterContext {
  const refuse = (): never => {
    throw new Error('not part of this test');
  };
  return {
    clock,
    random: Math.random,
    log: (level, message, facts) => logs.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`),
    feed: { listen: () => () => undefined, watch: refuse, instrument: refuse },
    series: { read: refuse },
    folder,
  };
}

/** A stub, a folder and a context, as far as a test does not bring its own. */
export async function groundOf<Stub extends RigStub>(
  venue: string,
  options: Pick<GroundOptions<Stub, unknown>, 'stub' | 'settings' | 'clock' | 'folder'>,
  start: () => Promise<Stub>,
): Promise<Ground<Stub>> {
  const stub = options.stub ?? (await start());
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), `renata-${venue}-`));
  const logs: string[] = [];
  const context = testContext(folder, logs, options.clock);
  return { stub, settings: { ...stub.settings, ...options.settings }, context, logs, folder };
}

/** Writes down what clients tell from now on. */
export function record(clients: {
  readonly execution?: ExecutionClient;
  readonly data: MarketDataClient;
}): Told {
  const told: Told = { reports: [], ticks: [], gaps: [], phases: [], dataPhases: [], states: [] };
  const keep =
    (phases: string[]) =>
    (state: ConnectionState): void => {
      told.states.push(state);
      if (phases.at(-1) !== state.phase) phases.push(state.phase);
    };
  const { execution, data } = clients;
  execution?.onReport((report) => told.reports.push(report));
  execution?.onConnection(keep(told.phases));
  data.onConnection(keep(told.dataPhases));
  data.onData((batch) => told.ticks.push(...batch));
  data.onGap((gap) => told.gaps.push(gap));
  return told;
}

/**
 * Ends the adapter and the stub. Everything that was called agreed with the description of the API, and no
 * secret is in anything that is logged or shown, nor in an address.
 */
export async function endRig(
  rig: DataRig & Partial<Pick<OrderRig, 'execution'>>,
  keys: Keys,
): Promise<void> {
  await rig.execution?.disconnect();
  await rig.data.disconnect();
  await rig.stub.close();
  rmSync(rig.folder, { recursive: true, force: true, maxRetries: 5 });
  expect(rig.stub.spec.problems).toEqual([]);
  const states = rig.states.map((state) => JSON.stringify(state));
  for (const line of [...rig.logs, ...states, ...rig.stub.calls]) {
    for (const secret of Object.values(keys)) expect(line).not.toContain(secret);
    expect(line).not.toMatch(/signature=/);
  }
}

/** Opens rigs that are closed when the test has ended that asked for them. */
export function closedAfter<Rig, Options>(
  open: (options?: Options) => Promise<Rig>,
  close: (rig: Rig) => Promise<void>,
): (options?: Options) => Promise<Rig> {
  return async (options) => {
    const rig = await open(options);
    onTestFinished(() => close(rig));
    return rig;
  };
}

/** The same, with one of their clients connected. */
export function connected<
  Part extends 'execution' | 'data',
  Rig extends Readonly<Record<Part, { connect(): Promise<void> }>>,
  Options,
>(start: (options?: Options) => Promise<Rig>, part: Part): (options?: Options) => Promise<Rig> {
  return async (options) => {
    const rig = await start(options);
    await rig[part].connect();
    return rig;
  };
}

/** The machine's clock, of which the timers run so many times sooner. */
export function soonerTimers(speed: number): Clock {
  return { ...systemClock, after: (ms, run) => systemClock.after(ms / speed, run) };
}

/** A clock that runs so many times faster from now on, and its timers with it. */
export function fasterClock(speed: number): Clock {
  const began = { now: systemClock.now(), elapsed: systemClock.elapsed() };
  return {
    now: () => unixMillis(began.now + Math.floor((systemClock.elapsed() - began.elapsed) * speed)),
    elapsed: () => systemClock.elapsed() * speed,
    after: (milliseconds, run) => systemClock.after(milliseconds / speed, run),
  };
}

export function subscribe(
  { data }: Pick<DataRig, 'data'>,
  instrument: InstrumentId,
  kind: DataKind,
): Promise<void> {
  return data.subscribe({ instrument, kind });
}

/** One part of a connection as it is now. */
export const partOf = (
  { connection }: { readonly connection: ConnectionState },
  name: string,
): ConnectionState['parts'][number] | undefined =>
  connection.parts.find((each) => each.name === name);

/** Waits until a connection is ready, and stays so unless something happens to it. */
export const untilReady = (client: { readonly connection: ConnectionState }): Promise<void> =>
  expect.poll(() => client.connection.phase).toBe('ready');

/** The VenueError that a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<VenueError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof VenueError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

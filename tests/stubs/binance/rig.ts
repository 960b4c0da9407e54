import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BinanceData } from '../../../electron/adapters/binance/data.ts';
import type { BinanceExecution } from '../../../electron/adapters/binance/execution.ts';
import { openBinance } from '../../../electron/adapters/binance/manifest.ts';
import type { Patience } from '../../../electron/adapters/binance/user-stream.ts';
import type { AdapterContext, Keys, Settings } from '../../../electron/net/adapter.ts';
import { systemClock } from '../../../electron/net/system-clock.ts';
import type { Price, Quantity } from '../../../engine/domain/decimal.ts';
import {
  accountId,
  clientOrderId,
  instrumentId,
  type InstrumentId,
  type VenueOrderId,
} from '../../../engine/domain/identifiers.ts';
import type { OrderGroup, OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type {
  ExecutionReport,
  FillReport,
  OrderRef,
  OrderReport,
} from '../../../engine/ports/execution-client.ts';
import type { DataGap } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { KEYS, StubBinance } from './server.ts';

export const BTC = instrumentId('BTCUSDT', 'BINANCE');
export const ETH = instrumentId('ETHUSDT', 'BINANCE');
export const ACCOUNT = accountId('BINANCE-TEST-4012345');

/** Streams that give up and come back within the patience of a test. */
export const QUICK: Patience = {
  pingEvery: 200,
  silence: 1500,
  waits: { first: 20, longest: 60 },
  login: 500,
  gather: 10,
};

export interface Rig {
  readonly execution: BinanceExecution;
  readonly data: BinanceData;
  readonly stub: StubBinance;
  readonly reports: ExecutionReport[];
  readonly ticks: MarketDatum[];
  readonly gaps: DataGap[];
  readonly phases: string[];
  /** Every state that was told, of orders and of prices. */
  readonly states: ConnectionState[];
  readonly logs: string[];
  readonly folder: string;
}

export interface RigOptions {
  readonly stub?: StubBinance;
  readonly settings?: Settings;
  readonly keys?: Keys;
  readonly patience?: Patience;
  readonly clock?: Clock;
  /** What an adapter before it has kept. */
  readonly folder?: string;
}

/** A context of an adapter that keeps what is logged. */
export function testContext(
  logs: string[] = [],
  clock: Clock = systemClock,
  folder = mkdtempSync(join(tmpdir(), 'renata-binance-')),
): AdapterContext {
  const refuse = (): never => {
    throw new Error('not part of this test');
  };
  return {
    clock,
    random: Math.random,
    log: (level: string, message: string, facts?: object) =>
      logs.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`),
    feed: { listen: () => () => undefined, watch: refuse, instrument: refuse },
    folder,
  } as unknown as AdapterContext;
}

/** The adapter on a stub, not connected. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const stub = options.stub ?? (await StubBinance.start());
  const logs: string[] = [];
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'renata-binance-'));
  const { execution, data } = openBinance(
    { ...stub.settings, ...options.settings },
    options.keys ?? KEYS,
    testContext(logs, options.clock, folder),
    options.patience ?? QUICK,
  );
  if (execution === undefined) throw new Error('A rig needs keys.');
  const reports: ExecutionReport[] = [];
  const ticks: MarketDatum[] = [];
  const gaps: DataGap[] = [];
  const phases: string[] = [];
  const states: ConnectionState[] = [];
  execution.onConnection((state) => states.push(state));
  data.onConnection((state) => states.push(state));
  execution.onReport((report) => reports.push(report));
  execution.onConnection(({ phase }) => {
    if (phases.at(-1) !== phase) phases.push(phase);
  });
  data.onData((batch) => ticks.push(...batch));
  data.onGap((gap) => gaps.push(gap));
  return { execution, data, stub, reports, ticks, gaps, phases, states, logs, folder };
}

/** Ends the adapter and the stub; everything that was called agreed with the description of the API. */
export async function closeRig(rig: Rig): Promise<void> {
  await rig.execution.disconnect();
  await rig.data.disconnect();
  await rig.stub.close();
  rmSync(rig.folder, { recursive: true, force: true });
  expect(rig.stub.spec.problems).toEqual([]);
  for (const line of rig.logs) {
    expect(line).not.toContain(KEYS.apiKey);
    expect(line).not.toContain(KEYS.secretKey);
    expect(line).not.toMatch(/signature=/);
  }
}

export const qty = (text: string): Quantity => text as Quantity;
export const px = (text: string): Price => text as Price;

export function terms(given: Partial<OrderTerms> = {}): OrderTerms {
  return {
    side: 'buy',
    type: 'limit',
    quantity: qty('0.01'),
    timeInForce: 'gtc',
    ...(given.type === undefined || given.type === 'limit' ? { limitPrice: px('49000') } : {}),
    ...given,
  };
}

let count = 0;

export function intent(
  own: OrderTerms,
  more: {
    readonly group?: OrderGroup;
    readonly id?: string;
    readonly instrument?: InstrumentId;
  } = {},
): OrderIntent {
  count += 1;
  return {
    clientOrderId: clientOrderId(more.id ?? `RTEST${String(count).padStart(6, '0')}`),
    account: ACCOUNT,
    instrument: more.instrument ?? BTC,
    terms: own,
    source: { kind: 'person', name: '' },
    strategy: null,
    group: more.group ?? null,
    parent: null,
    decidedAt: systemClock.now(),
    decisionPrice: null,
    tag: '',
  };
}

export function refOf(order: OrderIntent, id: VenueOrderId | null = null): OrderRef {
  const { account, instrument, clientOrderId: name } = order;
  return { account, instrument, clientOrderId: name, venueOrderId: id };
}

export const fillsOf = ({ reports }: Rig): readonly FillReport[] =>
  reports.filter((report) => report.kind === 'fill');

export const ordersOf = ({ reports }: Rig, order: OrderIntent): readonly OrderReport[] =>
  reports.filter(
    (report) => report.kind === 'order' && report.clientOrderId === order.clientOrderId,
  ) as OrderReport[];

/** The last report of an order, once it has this status. */
export async function untilStatus(
  rig: Rig,
  order: OrderIntent,
  status: OrderReport['status'],
): Promise<OrderReport> {
  await expect.poll(() => ordersOf(rig, order).at(-1)?.status).toBe(status);
  return ordersOf(rig, order).at(-1) as OrderReport;
}

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

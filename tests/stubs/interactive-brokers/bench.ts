import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { price, quantity } from '../../../engine/domain/decimal.ts';
import { accountId, clientOrderId, instrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import { unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';
import { faultOf } from '../../../engine/orders/reports.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type {
  ExecutionReport,
  OrderRef,
  OrderReport,
} from '../../../engine/ports/execution-client.ts';
import type { DataGap } from '../../../engine/ports/market-data-client.ts';
import { Contracts } from '../../../electron/adapters/interactive-brokers/contracts.ts';
import { TwsData } from '../../../electron/adapters/interactive-brokers/data.ts';
import { TwsExecution } from '../../../electron/adapters/interactive-brokers/execution.ts';
import { TwsSession } from '../../../electron/adapters/interactive-brokers/session.ts';
import { readSettings } from '../../../electron/adapters/interactive-brokers/settings.ts';
import type { AdapterContext, Settings } from '../../../electron/net/adapter.ts';
import { StubTws, type StubOptions } from './tws.ts';

/** Real time, faster: its timers run as many times sooner. */
export class FastClock implements Clock {
  #speed = 1;
  #base: number;
  #elapsed = 0;
  #real = performance.now();

  constructor(start: number) {
    this.#base = start;
  }

  get speed(): number {
    return this.#speed;
  }

  /** From now on; what has passed stays as it was. */
  set speed(speed: number) {
    this.elapsed();
    this.#speed = speed;
  }

  now(): UnixMillis {
    return unixMillis(Math.floor(this.#base + this.elapsed()));
  }

  elapsed(): number {
    const real = performance.now();
    this.#elapsed += (real - this.#real) * this.#speed;
    this.#real = real;
    return this.#elapsed;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = setTimeout(run, milliseconds / this.#speed);
    return () => clearTimeout(timer);
  }

  /** Another date and time, as if the machine had slept. */
  set(time: number): void {
    this.#base = time - this.elapsed();
  }
}

export const ACCOUNT = accountId('DU1234567');
export const AAPL = instrumentId('AAPL', 'XNAS');
/** A Tuesday, 10:00 in New York. */
export const START = Date.UTC(2024, 0, 2, 15);

/** The adapter on a stub of TWS, and everything that it tells. */
export class Bench {
  readonly stub: StubTws;
  readonly clock: FastClock;
  readonly folder: string;
  readonly reports: ExecutionReport[] = [];
  readonly states: ConnectionState[] = [];
  readonly data: MarketDatum[] = [];
  readonly gaps: DataGap[] = [];
  readonly logged: string[] = [];
  /** Reports that the core would not take. */
  readonly faults: string[] = [];
  execution!: TwsExecution;
  market!: TwsData;
  session!: TwsSession;
  #count = 0;

  constructor(stub: StubTws, time: number) {
    this.stub = stub;
    this.clock = new FastClock(time);
    this.folder = mkdtempSync(join(tmpdir(), 'renata-tws-'));
  }

  open(settings: Settings = {}): void {
    const context: AdapterContext = {
      clock: this.clock,
      random: () => 0.5,
      log: (level, message, facts) =>
        this.logged.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`),
      series: {
        read: () => Promise.reject(new Error('no series')),
      },
      feed: {
        listen: () => () => undefined,
        watch: () => Promise.reject(new Error('no feed')),
        instrument: () => Promise.reject(new Error('no feed')),
      },
      folder: this.folder,
    };
    this.session = new TwsSession(
      readSettings({ port: this.stub.port, clientId: 7, ...settings }),
      context,
    );
    const contracts = new Contracts(this.session);
    this.execution = new TwsExecution(this.session, contracts);
    this.market = new TwsData(this.session, contracts);
    this.execution.onReport((report) => {
      this.reports.push(report);
      const fault = faultOf(report);
      if (fault !== null) this.faults.push(`${fault}: ${JSON.stringify(report)}`);
    });
    this.execution.onConnection((state) => this.states.push(state));
    this.market.onData((batch) => this.data.push(...batch));
    this.market.onGap((gap) => this.gaps.push(gap));
  }

  async connect(): Promise<void> {
    await this.execution.connect();
    await this.market.connect();
    await this.until(() => this.phase === 'ready', 'ready');
  }

  /** The program ends without a word and is started again. */
  async restart(settings: Settings = {}): Promise<void> {
    await this.close();
    this.reports.length = 0;
    this.open(settings);
    await this.connect();
  }

  get phase(): string {
    return this.execution.connection.phase;
  }

  part(name: string): boolean | undefined {
    return this.execution.connection.parts.find((part) => part.name === name)?.working;
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const end = performance.now() + 120_000;
    while (!holds()) {
      if (performance.now() > end) {
        throw new Error(
          `It never became so: ${what}. ${JSON.stringify(this.execution.connection)} ${this.logged.slice(-5).join('\n')}`,
        );
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, 5);
      await promise;
    }
  }

  intent(terms: Partial<OrderTerms> = {}, rest: Partial<OrderIntent> = {}): OrderIntent {
    this.#count += 1;
    return {
      clientOrderId: clientOrderId(`R-${process.pid}-${this.#count}`),
      account: ACCOUNT,
      instrument: AAPL,
      terms: {
        side: 'buy',
        type: 'limit',
        quantity: quantity('100'),
        limitPrice: price('187.25'),
        timeInForce: 'day',
        ...terms,
      },
      source: { kind: 'person', name: '' },
      strategy: null,
      group: null,
      parent: null,
      decidedAt: this.clock.now(),
      decisionPrice: null,
      tag: '',
      ...rest,
    };
  }

  ref(intent: OrderIntent, venueOrderId: OrderRef['venueOrderId'] = null): OrderRef {
    const { account, instrument, clientOrderId } = intent;
    return { account, instrument, clientOrderId, venueOrderId };
  }

  /** The last report of an order. */
  last(intent: OrderIntent): OrderReport | undefined {
    return this.reports.findLast(
      (report): report is OrderReport =>
        report.kind === 'order' && report.clientOrderId === intent.clientOrderId,
    );
  }

  async close(): Promise<void> {
    await this.execution.disconnect();
    await this.market.disconnect();
  }
}

const open: Bench[] = [];

export async function bench(
  options: StubOptions & {
    settings?: Settings;
    time?: number;
    connect?: boolean;
    speed?: number;
  } = {},
): Promise<Bench> {
  const stub = new StubTws(options);
  await stub.start();
  const made = new Bench(stub, options.time ?? START);
  open.push(made);
  made.clock.speed = options.speed ?? 1;
  made.open(options.settings);
  if (options.connect !== false) await made.connect();
  return made;
}

/** @throws Error when an adapter told something that the core would not take */
export async function closeAll(): Promise<void> {
  const faults: string[] = [];
  for (const each of open.splice(0)) {
    faults.push(...each.faults);
    await each.close();
    await each.stub.stop();
    rmSync(each.folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

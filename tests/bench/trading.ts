/**
 * Benchmark of the order path: orders through gate, journal (fsync) and desk to an exchange inside of the
 * process, and the recovery of 1,000 open orders. Each ends with the truth of the exchange being compared
 * with what is known here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../electron/net/system-clock.ts';
import { openJournal } from '../../electron/storage/journal.ts';
import { Trading } from '../../electron/services/trading/trading.ts';
import type { OrderJournal } from '../../electron/storage/journal.ts';
import { AAPL, ACCOUNT, Exchange } from '../support/exchange.ts';
import { marketOf, ticketOf } from '../support/trading-desk.ts';

export interface TradingBench {
  /** Orders given at once: journaled, synced, sent and accepted, a second. */
  readonly ordersPerSecond: number;
  /** Orders given one after another, each waiting for the disk: median and 99th percentile, ms. */
  readonly singleMs: { readonly median: number; readonly p99: number };
  /** The gate alone, µs an order with 1,000 open ones. */
  readonly gateMicroseconds: number;
  /** Start from the journal and comparison with the venue of 1,000 open orders, ms. */
  readonly recoveryMs: number;
  /** Reconnection and full comparison of the same open orders, ms; 2,000 are wanted. */
  readonly reconnectMs: number;
}

const ORDERS = 1000;
const PERSON = { kind: 'person', name: '' } as const;
const WIDE = {
  maxOrders: null,
  maxOpenOrders: null,
  duplicateWindowMs: null,
  maxConcentration: null,
  maxGrossExposure: null,
  maxLeverage: null,
  buyingPower: false,
} as const;

const one = (n: number) =>
  ticketOf({ terms: { quantity: '1', limitPrice: (90 + (n % 900) / 100).toFixed(2) } });

const silent = (): void => undefined;

/** A desk on the machine's own clock, compared with the exchange. */
async function openOn(exchange: Exchange, journal: OrderJournal): Promise<Trading> {
  const mark = { bid: 99.99, ask: 100.01, last: 100, time: systemClock.now() };
  const trading = await Trading.open({
    journal,
    clock: systemClock,
    market: marketOf(systemClock, new Map([[AAPL, mark]])),
    session: () => 'regular',
    dayOf: () => '2026-01-02',
    events: {
      onOrder: silent,
      onFill: silent,
      onPositions: silent,
      onAccounts: silent,
      onRisk: silent,
      onCases: silent,
      onNotice: silent,
    },
    onDefect: (error) => {
      throw error;
    },
  });
  await exchange.connect();
  trading.addVenue(exchange);
  trading.venues.setAccounts(exchange, await exchange.accounts());
  await trading.reconcile(ACCOUNT);
  return trading;
}

export async function run(): Promise<TradingBench> {
  const directory = mkdtempSync(join(tmpdir(), 'renata-bench-'));
  const threadUrl = pathToFileURL('electron/storage/thread.ts');
  try {
    const journal = await openJournal({ directory, threadUrl });
    const exchange = new Exchange(systemClock);
    const trading = await openOn(exchange, journal);
    await trading.risk.setLimits({ kind: 'global', name: '' }, WIDE);

    const began = performance.now();
    await Promise.all(
      Array.from({ length: ORDERS }, (_, n) => trading.place(`bench${n}`, one(n), PERSON)),
    );
    const together = performance.now() - began;
    const open = trading.log.ledger.open(ACCOUNT);
    if (exchange.orders.length !== ORDERS || open.length !== ORDERS) {
      throw new Error(`${exchange.orders.length} and ${open.length} of ${ORDERS} orders are there`);
    }

    const singles: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const start = performance.now();
      await trading.place(`single${n}`, one(n), PERSON);
      singles.push(performance.now() - start);
    }
    singles.sort((a, b) => a - b);

    const [sample] = open;
    if (sample === undefined) throw new Error('there is no order');
    const checks = 200;
    const gateBegan = performance.now();
    for (let n = 0; n < checks; n += 1) trading.risk.check(sample, sample);
    const gate = ((performance.now() - gateBegan) / checks) * 1000;
    await trading.close();
    await journal.close();

    const again = await openJournal({ directory, threadUrl });
    const recoveryBegan = performance.now();
    const after = await openOn(exchange, again);
    const recovery = performance.now() - recoveryBegan;
    // The connection breaks and comes back: no order passes until all are compared again.
    exchange.setPhase('reconnecting');
    if (after.reconciliation.isSettled(ACCOUNT))
      throw new Error('a lost connection went unnoticed');
    const reconnectBegan = performance.now();
    exchange.setPhase('ready');
    await after.reconcile(ACCOUNT);
    const reconnect = performance.now() - reconnectBegan;
    if (!after.reconciliation.isSettled(ACCOUNT)) throw new Error('it was not compared again');
    const known = after.log.ledger.open(ACCOUNT).length;
    const { fault } = await again.verify();
    if (known !== exchange.orders.length || fault !== null) throw new Error('the recovery differs');
    await after.close();
    await again.close();
    const at = (part: number): number => round(singles[Math.floor(singles.length * part)] ?? 0);
    return {
      ordersPerSecond: Math.round((ORDERS / together) * 1000),
      singleMs: { median: at(0.5), p99: at(0.99) },
      gateMicroseconds: round(gate),
      recoveryMs: round(recovery),
      reconnectMs: round(reconnect),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

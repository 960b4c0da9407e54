import { Counter, Gauge, type Registry } from 'prom-client';
import { ORDER_STATES } from '../../engine/domain/order.ts';
import { TRADING_STATES } from '../../engine/protocol/live-schemas.ts';
import type { Live } from '../services/live.ts';
import type { SourceStatistics } from '../services/market-data/types.ts';

/** Figures of orders, risk and prices, read when they are asked for. */
export function addLiveMetrics(live: Live, registry: Registry): void {
  const { trading, market, recordings, watchdog } = live;
  const registers = [registry];

  const orders = new Gauge({
    name: 'renata_orders',
    help: 'Orders of the journal by the state they are in.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      const counts = new Map<string, number>(ORDER_STATES.map((state) => [state, 0]));
      for (const { state } of trading.log.ledger.all()) {
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      for (const [state, count] of counts) orders.set({ state }, count);
    },
  });
  counter('renata_fills_total', 'Fills of the journal.', () => {
    let count = 0;
    for (const _fill of trading.log.ledger.fills()) count += 1;
    return count;
  });
  gauge(
    'renata_orders_open',
    'Orders that may still fill.',
    () => trading.log.ledger.open().length,
  );
  gauge('renata_journal_failed', '1 where the journal could not be written: nothing is sent.', () =>
    trading.log.failed ? 1 : 0,
  );

  const state = new Gauge({
    name: 'renata_trading_state',
    help: '1 for what the risk gate lets pass: all, exits alone, or nothing.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      for (const each of TRADING_STATES) {
        state.set({ state: each }, trading.risk.state.state === each ? 1 : 0);
      }
    },
  });
  const denials = new Counter({
    name: 'renata_risk_denials_total',
    help: 'Orders that were denied here, by the code of the first reason.',
    labelNames: ['code'] as const,
    registers,
    collect() {
      denials.reset();
      for (const { state: at, reasonCode } of trading.log.ledger.all()) {
        if (at === 'Denied') denials.inc({ code: reasonCode });
      }
    },
  });
  gauge('renata_reconciliation_cases_open', 'Differences from venues that wait.', () => {
    return trading.cases.open;
  });
  gauge('renata_watchdog_armed', '1 while the watchdog runs and watches an account.', () =>
    watchdog.state.armed ? 1 : 0,
  );
  gauge('renata_watchdog_tripped', '1 from when it has stopped trading to its release.', () =>
    watchdog.hasTripped ? 1 : 0,
  );

  sources(Gauge, 'renata_market_data_working', '1 while quotes of a source come.', (each) =>
    each.working ? 1 : 0,
  );
  sources(
    Gauge,
    'renata_market_data_subscriptions',
    'Instruments and kinds that a source streams.',
    (each) => each.subscriptions,
  );
  sources(
    Counter,
    'renata_market_data_received_total',
    'Messages of a source.',
    (each) => each.received,
  );
  sources(
    Counter,
    'renata_market_data_told_total',
    'Messages that were good.',
    (each) => each.told,
  );
  sources(
    Counter,
    'renata_market_data_gaps_total',
    'Breaks in what was received.',
    (each) => each.gaps,
  );
  const dropped = new Counter({
    name: 'renata_market_data_dropped_total',
    help: 'Messages that were dropped, by reason.',
    labelNames: ['source', 'reason'] as const,
    registers,
    collect() {
      dropped.reset();
      for (const { source, dropped: counts } of market.statistics()) {
        for (const [reason, count] of counts) dropped.inc({ source, reason }, count);
      }
    },
  });
  counter('renata_recording_rows_total', 'Rows of prices on the disk since the start.', () => {
    return recordings.statistics().rows;
  });
  counter('renata_recording_bytes_total', 'Bytes of them.', () => recordings.statistics().bytes);
  counter('renata_recording_lost_total', 'Rows that the disk could not take.', () => {
    return recordings.statistics().lost;
  });
  gauge('renata_recording_waiting_bytes', 'Bytes that wait for the disk.', () => {
    return recordings.statistics().waiting;
  });

  function gauge(name: string, help: string, value: () => number): void {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(value()) });
  }

  /** A count that is kept elsewhere. */
  function counter(name: string, help: string, value: () => number): void {
    const made: Counter = new Counter({
      name,
      help,
      registers,
      collect() {
        made.reset();
        made.inc(value());
      },
    });
  }

  function sources(
    Kind: typeof Gauge | typeof Counter,
    name: string,
    help: string,
    value: (statistics: SourceStatistics) => number,
  ): void {
    const made: Gauge<'source'> | Counter<'source'> = new Kind({
      name,
      help,
      labelNames: ['source'],
      registers,
      collect() {
        made.reset();
        for (const each of market.statistics()) made.inc({ source: each.source }, value(each));
      },
    });
  }
}

import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { MarketCalendar } from '../../../engine/domain/calendar.ts';
import { toNumber } from '../../../engine/domain/decimal.ts';
import type { TradeId } from '../../../engine/domain/identifiers.ts';
import { isDailyOrLonger } from '../../../engine/domain/timeframe.ts';
import { driftOf, type DriftRun, type Twins } from '../../../engine/live/drift.ts';
import type { OrderLedger } from '../../../engine/orders/ledger.ts';
import type { DriftReportView } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { StrategyRun } from './strategy-run.ts';

/** Bars that differ from history are listed up to this many. */
export const LISTED = 500;

export function reportOf(
  run: StrategyRun,
  facts: {
    readonly history: BarColumns | null;
    readonly calendar: MarketCalendar;
    readonly ledger: OrderLedger;
    /** The run as it stood when its twins were played, where they were played elsewhere. */
    readonly played?: { readonly run: DriftRun; readonly twins: Twins } | undefined;
  },
): DriftReportView {
  const { core, account, arrivals } = run;
  const daily = isDailyOrLonger(core.setup.market.timeframe);
  const report = driftOf(facts.played?.run ?? core, {
    arrival: ({ slot, attempt }) => arrivals.get(`${slot}.${attempt}`) ?? null,
    commission: (trade) => {
      const order = facts.ledger.byTrade(account, run.start.instrument.id, trade as TradeId);
      const told = order?.fills.find(({ tradeId }) => tradeId === trade)?.commission ?? null;
      return told === null ? null : toNumber(told);
    },
    // A bar of a date begins with its session.
    opening: (time) => (daily ? (facts.calendar.session(time)?.regular[0]?.from ?? time) : time),
    history: facts.history,
    twins: facts.played?.twins,
  });
  return {
    run: run.view(),
    ...report,
    orders: report.orders.map((row) => ({ ...row })),
    trades: report.trades.map((trade) => ({ ...trade })),
    corrected: report.corrected.slice(0, LISTED).map((bar) => ({ ...bar })),
  };
}

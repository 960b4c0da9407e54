import type { BarColumns } from '../../../engine/domain/bar.ts';
import { toNumber } from '../../../engine/domain/decimal.ts';
import type { TradeId } from '../../../engine/domain/identifiers.ts';
import { isDailyOrLonger } from '../../../engine/domain/timeframe.ts';
import type { PortfolioTwin } from '../../../engine/domain/twin.ts';
import { portfolioDriftOf, type FrozenPortfolio } from '../../../engine/live/portfolio-drift.ts';
import type { OrderLedger } from '../../../engine/orders/ledger.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { DriftReportView } from '../../../engine/protocol/live-strategy-schemas.ts';
import { LISTED } from './drift-report.ts';
import { placeOf } from './portfolio-records.ts';
import type { PortfolioRun } from './portfolio-run.ts';

/** A run of several instruments beside its twins, as people and programs see it. */
export function portfolioReport(
  run: PortfolioRun,
  facts: {
    readonly frozen: FrozenPortfolio;
    readonly history: readonly (BarColumns | null)[];
    readonly twins: { readonly seen: PortfolioTwin; readonly history: PortfolioTwin | null };
    readonly ledger: OrderLedger;
  },
): DriftReportView {
  const { account, arrivals, start } = run;
  const { history, twins, ledger } = facts;
  const of = (row: number): TradableInstrument => start.instruments[row] as TradableInstrument;
  const report = portfolioDriftOf(facts.frozen, {
    arrival: (order) => arrivals.get(placeOf(order.instrument, order)) ?? null,
    commission: (row, trade) => {
      const order = ledger.byTrade(account, of(row).id, trade as TradeId);
      const told = order?.fills.find(({ tradeId }) => tradeId === trade)?.commission ?? null;
      return told === null ? null : toNumber(told);
    },
    opening(row, time) {
      const { timeframe, calendar } = run.core.setup.instruments[row]?.market ?? {};
      const daily = timeframe !== undefined && isDailyOrLonger(timeframe);
      // A bar of a date begins with its session.
      return daily ? (calendar?.session(time)?.regular[0]?.from ?? time) : time;
    },
    history,
    twins,
  });
  const named = <Row extends { readonly instrument: number }>(each: Row) => ({
    ...each,
    instrument: of(each.instrument).id,
  });
  const standing = ({ equity }: { readonly equity: number }) => ({ equity, position: null });
  return {
    run: run.view(),
    ...report,
    live: standing(report.live),
    model: standing(report.model),
    history: report.history === null ? null : standing(report.history),
    instruments: report.instruments.map(named),
    orders: report.orders.map(named),
    trades: report.trades.map(named),
    corrected: report.corrected.slice(0, LISTED).map(named),
  };
}

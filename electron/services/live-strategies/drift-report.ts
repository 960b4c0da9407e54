import type { BarColumns } from '../../../engine/domain/bar.ts';
import { toNumber } from '../../../engine/domain/decimal.ts';
import type { TradeId } from '../../../engine/domain/identifiers.ts';
import { isDailyOrLonger } from '../../../engine/domain/timeframe.ts';
import type { PortfolioTwin } from '../../../engine/domain/twin.ts';
import { driftOf, type DriftRun, type Twins } from '../../../engine/live/drift.ts';
import { portfolioDriftOf, type FrozenPortfolio } from '../../../engine/live/portfolio-drift.ts';
import type { LiveMarket } from '../../../engine/live/program.ts';
import type { OrderLedger } from '../../../engine/orders/ledger.ts';
import type { DriftReportView } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { StrategyRun } from './strategy-run.ts';
import { placeOf } from './written.ts';

/** Bars that differ from history are listed up to this many. */
const LISTED = 500;

/** What is known of the orders of a run besides. */
function factsOf({ account, arrivals, instruments }: StrategyRun, ledger: OrderLedger) {
  return {
    arrival: (instrument: number, order: { readonly slot: number; readonly attempt: number }) =>
      arrivals.get(placeOf({ instrument, ...order })) ?? null,
    commission(instrument: number, trade: string): number | null {
      const id = instruments[instrument]?.id;
      const order = id === undefined ? undefined : ledger.byTrade(account, id, trade as TradeId);
      const told = order?.fills.find(({ tradeId }) => tradeId === trade)?.commission ?? null;
      return told === null ? null : toNumber(told);
    },
    /** A bar of a date begins with its session. */
    opening({ timeframe, calendar }: LiveMarket, time: number): number {
      return isDailyOrLonger(timeframe) ? (calendar.session(time)?.regular[0]?.from ?? time) : time;
    },
  };
}

/** A run of one instrument beside its twins, as people and programs see it. */
export function reportOf(
  run: StrategyRun,
  ledger: OrderLedger,
  {
    frozen,
    ...played
  }: {
    readonly frozen: DriftRun;
    readonly history: BarColumns | null;
    /** Where they were played elsewhere. */
    readonly twins?: Twins | undefined;
  },
): DriftReportView {
  const { arrival, commission, opening } = factsOf(run, ledger);
  const report = driftOf(frozen, {
    arrival: (order) => arrival(0, order),
    commission: (trade) => commission(0, trade),
    opening: (time) => opening(frozen.setup.market, time),
    ...played,
  });
  return {
    run: run.view(),
    ...report,
    orders: report.orders.map((row) => ({ ...row })),
    trades: report.trades.map((trade) => ({ ...trade })),
    corrected: report.corrected.slice(0, LISTED).map((bar) => ({ ...bar })),
  };
}

/** A run of several instruments beside its twins. */
export function portfolioReport(
  run: StrategyRun,
  ledger: OrderLedger,
  {
    frozen,
    ...played
  }: {
    readonly frozen: FrozenPortfolio;
    readonly history: readonly (BarColumns | null)[];
    readonly twins: { readonly seen: PortfolioTwin; readonly history: PortfolioTwin | null };
  },
): DriftReportView {
  const { arrival, commission, opening } = factsOf(run, ledger);
  const report = portfolioDriftOf(frozen, {
    arrival: (order) => arrival(order.instrument, order),
    commission,
    opening: (row, time) => {
      const market = frozen.setup.instruments[row]?.market;
      return market === undefined ? time : opening(market, time);
    },
    ...played,
  });
  const named = <Row extends { readonly instrument: number }>(each: Row) => ({
    ...each,
    instrument: run.instruments[each.instrument]?.id ?? '',
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

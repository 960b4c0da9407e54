import type { BarMode } from '../../../engine/live/types.ts';
import type { LiveStrategyView } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { PortfolioRun } from './portfolio-run.ts';

/** A run of several instruments as people and programs see it. */
export function portfolioView(run: PortfolioRun): LiveStrategyView {
  const { core, start, hands, state, reason } = run;
  const { request, instruments } = start;
  const { equity, cash } = core.account;
  const { times, modes, warmUp, setup } = core;
  const openOrders = hands.map((hand) => hand.open().length);
  return {
    id: run.id,
    kind: request.kind,
    strategy: request.strategy,
    title: start.title,
    parameters: { ...setup.parameters },
    instrument: request.instrument,
    instruments: core.legs.map(({ book, symbol }, row) => ({
      instrument: instruments[row]?.id ?? symbol,
      symbol,
      close: known(book.lastClose),
      position: book.held,
      entryPrice: known(book.entryPrice),
      openOrders: openOrders[row] ?? 0,
    })),
    timeframe: request.timeframe,
    account: request.account,
    state,
    reason,
    startedAt: start.time,
    end: request.end,
    onExit: request.onExit,
    bars: times.length - warmUp,
    warmUp,
    barsToGo: core.barsToGo,
    lastBar:
      times.length === 0
        ? null
        : { time: core.lastTime, close: null, mode: modes.at(-1) as BarMode },
    position: null,
    entryPrice: null,
    cash,
    equity: known(equity),
    profit: known(equity - core.settings.cash),
    fills: core.orders().reduce((sum, { fills }) => sum + fills.length, 0),
    openOrders: openOrders.reduce((sum, count) => sum + count, 0),
    missed: core.missed.length,
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

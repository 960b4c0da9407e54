import type { Arrival } from '../../../engine/live/drift.ts';
import type { BarMode } from '../../../engine/live/types.ts';
import type { LiveStrategyView } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { StrategyRun } from './strategy-run.ts';

/** A run as people and programs see it. */
export function viewOf(run: StrategyRun): LiveStrategyView {
  const { core, start, state, reason } = run;
  const { request } = start;
  const { account, bars, modes, warmUp } = core;
  const { equity, cash, entryPrice } = account;
  const last = bars.length - 1;
  const close = bars.close[last];
  const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    id: run.id,
    kind: request.kind,
    strategy: request.strategy,
    title: start.title,
    parameters: { ...core.parameters },
    instrument: request.instrument,
    timeframe: request.timeframe,
    account: request.account,
    state,
    reason,
    startedAt: start.time,
    end: request.end,
    onExit: request.onExit,
    bars: bars.length - warmUp,
    warmUp,
    barsToGo: run.barsToGo,
    lastBar:
      last < 0
        ? null
        : {
            time: bars.time[last] as number,
            close: known(close as number),
            mode: modes[last] as BarMode,
          },
    position: account.held,
    entryPrice: known(entryPrice),
    cash,
    equity: known(equity),
    profit: known(equity - core.settings.cash),
    fills: core.orders().reduce((sum, { fills }) => sum + fills.length, 0),
    openOrders: run.hand.open().length,
    missed: core.missed.length,
  };
}

/** The market as an order leaves; null where nothing is known of it. */
export function arrivalOf(mark: Mark | null): Arrival | null {
  if (mark === null) return null;
  const { bid, ask, last, time } = mark;
  const price = Number.isFinite(last) ? last : (bid + ask) / 2;
  return Number.isFinite(price) ? { price, time } : null;
}

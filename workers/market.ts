import { finerByDate } from '../engine/backtest/finer-bars.ts';
import { laterSessions, sessionsOf } from '../engine/backtest/sessions.ts';
import { MarketCalendar } from '../engine/domain/calendar.ts';
import { isDailyOrLonger, timeframeMillis } from '../engine/domain/timeframe.ts';
import type { ComputeTasks } from '../engine/protocol/tasks.ts';

type Input = ComputeTasks['backtest']['input'];

/** A task with the sessions of its bars, and with finer bars at the dates of bars of a day. */
export function withMarket({ market, ...task }: Input): Omit<Input, 'market'> {
  if (market === undefined) return task;
  const { bars, finer } = task;
  const calendar = new MarketCalendar(market.calendar);
  const days = isDailyOrLonger(market.timeframe);
  const length = timeframeMillis(market.timeframe);
  return {
    ...task,
    sessions: laterSessions(() => sessionsOf(bars.time, calendar, length)),
    ...(finer === undefined
      ? {}
      : { finer: days ? finerByDate(finer, bars.time, calendar) : finer }),
  };
}

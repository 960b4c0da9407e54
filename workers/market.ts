import { finerByDate } from '../engine/backtest/finer-bars.ts';
import { laterSessions, sessionsOf } from '../engine/backtest/sessions.ts';
import type { SimulationExtras } from '../engine/backtest/simulation.ts';
import type { BarColumns } from '../engine/domain/bar.ts';
import { MarketCalendar } from '../engine/domain/calendar.ts';
import { isDailyOrLonger, timeframeMillis } from '../engine/domain/timeframe.ts';
import type { ComputeTasks, TaskBars } from '../engine/protocol/tasks.ts';

type Input = ComputeTasks['backtest']['input'];

/** A task with the sessions of its bars, and with finer bars at the dates of bars of a day. */
export function withMarket({ market, ...task }: Input): Omit<Input, 'market'> {
  if (market === undefined) return task;
  const { bars, events, finer } = task;
  return { ...task, ...marketOf({ bars, ...market }, { events, finer }) };
}

/** What a run may know of its market besides the bars; the same for a backtest and for research. */
export function marketOf(
  { bars, timeframe, calendar: data }: TaskBars,
  { events, finer }: Pick<SimulationExtras, 'events'> & { readonly finer?: BarColumns | undefined },
): SimulationExtras {
  const calendar = new MarketCalendar(data);
  const length = timeframeMillis(timeframe);
  const daily = isDailyOrLonger(timeframe);
  return {
    sessions: laterSessions(() => sessionsOf(bars.time, calendar, length)),
    ...(events === undefined ? {} : { events }),
    ...(finer === undefined
      ? {}
      : { finer: daily ? finerByDate(finer, bars.time, calendar) : finer }),
  };
}

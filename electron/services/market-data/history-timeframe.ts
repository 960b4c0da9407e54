import {
  isDailyOrLonger,
  timeframe,
  timeframeMillis,
  type Timeframe,
} from '../../../engine/domain/timeframe.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';

/** Bars that history is asked for in small bars; more are asked for in the largest that fit. */
const FINE_SPAN = 5 * 86_400_000;
const DAY = timeframe('1d');

/** The bars of the source's history that those of `to` are joined from; undefined when it has none. */
export function historyTimeframe(
  client: MarketDataClient,
  to: Timeframe,
  span: number,
): Timeframe | undefined {
  const length = timeframeMillis(to);
  const daily = isDailyOrLonger(to);
  const fitting = client.capabilities.timeframes
    .filter((each) => {
      const own = timeframeMillis(each);
      // Days come from days where there are any; weeks and months from days.
      if (daily) return isDailyOrLonger(each) ? each === to || each === DAY : own <= length;
      return length % own === 0;
    })
    .toSorted((a, b) => timeframeMillis(a) - timeframeMillis(b));
  if (daily)
    return fitting.includes(to) ? to : (fitting.find((each) => each === DAY) ?? fitting.at(-1));
  // Hours of some venues begin on the hour and not at the open: small bars can be cut anywhere.
  const minute = fitting.find((each) => timeframeMillis(each) >= 60_000) ?? fitting[0];
  return span > FINE_SPAN ? fitting.at(-1) : minute;
}

/** The smallest bars of the source's history that the beginning of a bar can be joined from. */
export function finestTimeframe(client: MarketDataClient, to: Timeframe): Timeframe | undefined {
  return client.capabilities.timeframes
    .filter((each) => {
      const own = timeframeMillis(each);
      const fits = isDailyOrLonger(to) || timeframeMillis(to) % own === 0;
      return own >= 60_000 && own < timeframeMillis(to) && !isDailyOrLonger(each) && fits;
    })
    .toSorted((a, b) => timeframeMillis(a) - timeframeMillis(b))[0];
}

import { describe, expect, it } from 'vitest';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import type {
  HistoryRequest,
  MarketDataClient,
} from '../../../../engine/ports/market-data-client.ts';
import { DailyFigures } from '../../../../electron/services/trading/figures.ts';
import { AAPL, instrumentOf } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';

const HOUR = 3_600_000;

/** A source with days of 100, 110, 100 and 110; it may have none, or refuse. */
function sourceOf(kind: 'days' | 'minutes' | 'unknown') {
  const asked: HistoryRequest[] = [];
  const client = {
    venue: kind,
    capabilities: { timeframes: [timeframe(kind === 'minutes' ? '1m' : '1d')] },
    instrument: async () => {
      if (kind === 'unknown') throw new Error('no such instrument');
      return instrumentOf(AAPL);
    },
    history: async (request: HistoryRequest) => {
      asked.push(request);
      return { close: [100, 110, 100, 110], volume: [10, 20, 30, 40] };
    },
  } as unknown as MarketDataClient;
  return { client, asked };
}

describe('volatility and volume of days', () => {
  it('come from the first source that has days, once in six hours', async () => {
    const clock = new FakeClock(Date.UTC(2024, 0, 10, 15));
    const minutes = sourceOf('minutes');
    const unknown = sourceOf('unknown');
    const days = sourceOf('days');
    const figures = new DailyFigures(() => [minutes.client, unknown.client, days.client], clock);
    expect(figures.known(AAPL)).toBeNull();
    await settle();
    // Returns of L, -L and L: deviation L times the root of 4/3.
    expect(figures.known(AAPL)?.volatility).toBeCloseTo(Math.log(1.1) * Math.sqrt(4 / 3), 12);
    expect(await figures.of(AAPL)).toMatchObject({ volume: 25 });
    expect(minutes.asked).toEqual([]);
    expect(days.asked).toHaveLength(1);
    // The day that runs is not among them.
    expect(days.asked[0]).toMatchObject({ instrument: AAPL, end: Date.UTC(2024, 0, 10) });
    await clock.pass(5 * HOUR);
    await figures.of(AAPL);
    expect(days.asked).toHaveLength(1);
    await clock.pass(2 * HOUR);
    await figures.of(AAPL);
    expect(days.asked).toHaveLength(2);
  });

  it('are asked for again soon where no source had them', async () => {
    const clock = new FakeClock();
    const sources: MarketDataClient[] = [sourceOf('unknown').client];
    const figures = new DailyFigures(() => sources, clock);
    expect(await figures.of(AAPL)).toBeNull();
    sources.push(sourceOf('days').client);
    expect(await figures.of(AAPL)).toBeNull();
    await clock.pass(11 * 60_000);
    expect(await figures.of(AAPL)).toMatchObject({ volume: 25 });
  });
});

import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Timeframe } from '../../../engine/domain/timeframe.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { MarketDataService, Watch } from '../market-data/types.ts';

/** Longest wait for a first price; a market that is closed has none. */
const FIRST_PRICE = 3_000;

interface Heard {
  readonly market: MarketDataService;
  readonly clock: Clock;
}

/** Quotes of an instrument for the gate, and its bars as they close. */
export async function listenTo(
  { market, clock }: Heard,
  id: InstrumentId,
  timeframe: Timeframe,
  hear: (closed: BarColumns) => void,
): Promise<Watch[]> {
  const watch = await market.watch(id, ['quote', 'trade', 'bar']);
  try {
    await firstPrice({ market, clock }, id);
    return [watch, await market.onBar(id, timeframe, hear)];
  } catch (error) {
    watch.end();
    throw error;
  }
}

/**
 * Waits a moment for a first price: it tells the time that the source lives in, which for a replay is
 * not that of this machine.
 */
async function firstPrice({ market, clock }: Heard, id: InstrumentId): Promise<void> {
  const limit = clock.elapsed() + FIRST_PRICE;
  while (market.mark(id) === null && clock.elapsed() < limit) {
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(50, resolve);
    await promise;
  }
}

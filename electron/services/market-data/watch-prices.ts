import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind } from '../../../engine/domain/market-data.ts';
import type { DataWatch, MarketDataService } from './types.ts';

/**
 * Watches what somebody looks at. Where no source tells the trades that are wanted, such as a replay, bars
 * hold the last price.
 */
export async function watchPrices(
  market: Pick<MarketDataService, 'watch'>,
  id: InstrumentId,
  kinds: readonly DataKind[],
): Promise<DataWatch> {
  try {
    return await market.watch(id, kinds);
  } catch (error) {
    const untold = error instanceof RenataError && error.code === 'UNAVAILABLE';
    if (!untold || !kinds.includes('trade')) throw error;
    try {
      return await market.watch(id, ['bar']);
    } catch {
      throw error;
    }
  }
}

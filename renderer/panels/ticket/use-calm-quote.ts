import { useEffect, useState } from 'react';
import type { QuoteView } from '../../../engine/protocol/live-schemas.ts';
import { useMarket } from '../../client/trading-store.ts';

/**
 * A quote that changes every so often at most. What is made from it (the prices of exits) would otherwise
 * change with every tick, and never be what was checked.
 */
export function useCalmQuote(instrument: string, every: number): QuoteView | undefined {
  const [quote, setQuote] = useState<QuoteView>();
  const first = useMarket(({ quotes }) => quotes.has(instrument));
  useEffect(() => {
    const read = (): void => setQuote(useMarket.getState().quotes.get(instrument));
    read();
    const timer = setInterval(read, every);
    return () => clearInterval(timer);
  }, [instrument, every, first]);
  return quote?.instrument === instrument ? quote : undefined;
}

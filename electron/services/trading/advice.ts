import { toNumber } from '../../../engine/domain/decimal.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import type { Urgency } from '../../../engine/domain/algorithm.ts';
import { adviseOrder, type Advice } from '../../../engine/execution/advice.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { OrderCheck, QuoteView } from '../../../engine/protocol/live-schemas.ts';
import { tickAt } from './algorithm-records.ts';

/** The kind of order that would fit, in words; null where no price can be judged. */
export function adviceOf(
  { terms }: Pick<OrderIntent, 'terms'>,
  urgency: Urgency,
  market: {
    readonly quote: QuoteView | null;
    readonly instrument: TradableInstrument | null;
    /** Units that the market trades in a day; NaN when not known. */
    readonly dayVolume: number;
  },
): OrderCheck['advice'] {
  const { quote, instrument, dayVolume } = market;
  if (quote === null || instrument === null || quote.stale || quote.halted) return null;
  const bid = quote.bid ?? Number.NaN;
  const ask = quote.ask ?? Number.NaN;
  const advice = adviseOrder({
    side: terms.side,
    quantity: toNumber(terms.quantity),
    urgency,
    bid,
    ask,
    bidSize: quote.bidSize ?? Number.NaN,
    askSize: quote.askSize ?? Number.NaN,
    expectedVolume: dayVolume,
    tick: Number(tickAt(instrument, quote.bid === null ? null : String(Math.abs(quote.bid)))),
  });
  if (advice === null) return null;
  return { urgency, text: wordsOf(advice), reasons: [...advice.reasons] };
}

const METHODS: Readonly<Record<Extract<Advice['order'], { type: 'algorithm' }>['kind'], string>> = {
  pov: 'an algorithm that takes a part of the volume (pov)',
  twap: 'an algorithm with equal slices over time (twap)',
  shortfall: 'an algorithm that does most of it early (shortfall)',
  peg: 'an order that follows the near side (peg)',
};

function wordsOf({ order }: Advice): string {
  switch (order.type) {
    case 'market':
      return 'a market order';
    case 'limit':
      return `a limit order at ${order.limitPrice}`;
    case 'algorithm':
      return METHODS[order.kind];
  }
}

import type { Urgency } from '../domain/algorithm.ts';
import type { OrderSide } from '../domain/order.ts';

export interface AdviceRequest {
  readonly side: OrderSide;
  readonly quantity: number;
  readonly urgency: Urgency;
  readonly bid: number;
  readonly ask: number;
  /** Units at the best prices; NaN when not known. */
  readonly bidSize: number;
  readonly askSize: number;
  /** Units that the market trades in the time that the order may take; NaN when not known. */
  readonly expectedVolume: number;
  readonly tick: number;
}

export interface Advice {
  readonly order:
    | { readonly type: 'market' }
    | { readonly type: 'limit'; readonly limitPrice: number }
    | { readonly type: 'algorithm'; readonly kind: 'pov' | 'twap' | 'shortfall' | 'peg' };
  /** Half of the spread, which is what taking costs at least, in basis points; NaN without a quote. */
  readonly halfSpread: number;
  /** The order by what is shown on the side that it would take; NaN when not known. */
  readonly depthShare: number;
  /** The order by the expected volume; NaN when not known. */
  readonly volumeShare: number;
  /** Why, one sentence each. */
  readonly reasons: readonly string[];
}

/** Above this part of the expected volume an order moves the market and is worth dividing. */
export const LARGE_SHARE = 0.05;
/** A spread of this many basis points or more is dear to cross. */
export const WIDE_SPREAD = 10;

/**
 * The kind of order that fits spread, depth and urgency. Without a quote on both sides no price can be
 * judged: the advice is then null.
 */
export function adviseOrder(request: AdviceRequest): Advice | null {
  const { side, quantity, urgency, bid, ask, tick } = request;
  if (!(bid > 0) || !(ask >= bid) || !(ask < Infinity) || !(quantity > 0)) return null;
  const buys = side === 'buy';
  const halfSpread = ((ask - bid) * 10_000) / (ask + bid);
  const depthShare = quantity / (buys ? request.askSize : request.bidSize);
  const volumeShare = quantity / request.expectedVolume;
  const reasons: string[] = [];
  const facts = { halfSpread, depthShare, volumeShare, reasons };
  const percent = (part: number): string => `${Math.round(part * 1000) / 10} %`;
  const wide = 2 * halfSpread >= WIDE_SPREAD && ask - bid > tick * 1.5;

  if (volumeShare > LARGE_SHARE) {
    reasons.push(
      `The order is ${percent(volumeShare)} of the expected volume; more than ${percent(LARGE_SHARE)} at once moves the market.`,
    );
    if (urgency === 'high') {
      reasons.push('It is urgent: most of it early, as the shortfall schedule has it.');
      return { order: { type: 'algorithm', kind: 'shortfall' }, ...facts };
    }
    if (urgency === 'normal') {
      reasons.push('A part of the volume keeps it out of sight.');
      return { order: { type: 'algorithm', kind: 'pov' }, ...facts };
    }
    reasons.push('There is time: equal slices over the whole of it.');
    return { order: { type: 'algorithm', kind: 'twap' }, ...facts };
  }
  if (urgency === 'high') {
    if (depthShare <= 1 && !wide) {
      reasons.push('It is urgent, and the other side shows enough for it at a narrow spread.');
      return { order: { type: 'market' }, ...facts };
    }
    reasons.push(
      wide
        ? 'It is urgent, but the spread is wide: a limit at the other side takes what is there and pays no more.'
        : 'It is urgent, but the other side does not show enough: a limit there takes what is there and pays no more.',
    );
    return { order: { type: 'limit', limitPrice: buys ? ask : bid }, ...facts };
  }
  if (urgency === 'normal') {
    if (!wide && depthShare <= 1) {
      reasons.push(
        'The spread is narrow and the other side shows enough: a limit there fills at once.',
      );
      return { order: { type: 'limit', limitPrice: buys ? ask : bid }, ...facts };
    }
    reasons.push(
      wide
        ? 'The spread is wide: a price in its middle saves half of it.'
        : 'The other side does not show enough: a limit in the middle waits for more.',
    );
    return { order: { type: 'limit', limitPrice: inside(bid, ask, tick, buys) }, ...facts };
  }
  reasons.push('There is time: the order follows the near side and waits for the market to come.');
  return { order: { type: 'algorithm', kind: 'peg' }, ...facts };
}

/** Middle of the spread on the tick that is better for the order. */
function inside(bid: number, ask: number, tick: number, buys: boolean): number {
  const ticks = (bid + ask) / 2 / tick;
  const whole = buys ? Math.floor(ticks + 1e-9) : Math.ceil(ticks - 1e-9);
  return Number((whole * tick).toFixed(12));
}

import type { PatternMatch } from './pattern.ts';
import { SwingFinder, type Reversal, type Swing } from './swings.ts';

/**
 * Divergences between price and an oscillator at swings. Regular: the price makes a further extreme and
 * the oscillator does not. Hidden: the oscillator does and the price does not. Known when the second
 * price swing is.
 * @param oscillator one value a bar; a swing without a finite value is passed over
 */
export function divergences(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  oscillator: Float64Array,
  reversal: Reversal = { atr: 2 },
): PatternMatch[] {
  const finder = new SwingFinder(reversal);
  const last: { high: Swing | undefined; low: Swing | undefined } = {
    high: undefined,
    low: undefined,
  };
  const matches: PatternMatch[] = [];
  for (let i = 0; i < close.length; i += 1) {
    const swing = finder.update(high[i] as number, low[i] as number, close[i] as number);
    if (swing === undefined) continue;
    const before = last[swing.kind];
    const match = before === undefined ? undefined : compare(before, swing, oscillator);
    if (match !== undefined) matches.push(match);
    last[swing.kind] = swing;
  }
  return matches;
}

function compare(before: Swing, now: Swing, oscillator: Float64Array): PatternMatch | undefined {
  const first = oscillator[before.bar] as number;
  const second = oscillator[now.bar] as number;
  if (!Number.isFinite(first) || !Number.isFinite(second)) return undefined;
  const sign = now.kind === 'high' ? 1 : -1;
  const furtherPrice = (now.price - before.price) * sign > 0;
  const furtherOscillator = (second - first) * sign > 0;
  if (furtherPrice === furtherOscillator || now.price === before.price || first === second) {
    return undefined;
  }
  // At highs a regular divergence warns of a fall and a hidden one of more of the fall before it.
  const priceChange = Math.abs(now.price / before.price - 1);
  return {
    kind: furtherPrice ? 'regular-divergence' : 'hidden-divergence',
    direction: sign === 1 ? 'bearish' : 'bullish',
    points: [
      { bar: before.bar, price: before.price, role: 'first swing' },
      { bar: now.bar, price: now.price, role: 'second swing' },
    ],
    confirmedAt: now.knownAt,
    confidence: Math.min(1, 0.5 + priceChange * 10),
    target: null,
    invalidation: now.price,
  };
}

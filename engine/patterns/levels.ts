import { closeness, lineThrough, mean, valueAt } from './geometry.ts';
import type { PatternMatch } from './pattern.ts';
import type { Swing } from './swings.ts';

/** Swings that make a level or a line worth drawing. */
const TOUCHES = 3;
/** Swings that lie within this many average true ranges of each other touch the same level. */
const LEVEL_RANGES = 0.75;

/**
 * Support and resistance: prices at which the market has turned at least three times, the newest swing
 * included. Below the last close a level is support, above it resistance.
 */
export function levelMatches(
  swings: readonly Swing[],
  averageRange: number,
  close: number,
): PatternMatch[] {
  const newest = swings.at(-1);
  if (newest === undefined) return [];
  const tolerance = averageRange * LEVEL_RANGES;
  const touches = swings.filter(({ price }) => Math.abs(price - newest.price) <= tolerance);
  if (touches.length < TOUCHES) return [];
  const level = mean(touches.map(({ price }) => price));
  const support = level <= close;
  const spread = Math.max(...touches.map(({ price }) => Math.abs(price - level)));
  return [
    {
      kind: support ? 'support' : 'resistance',
      direction: support ? 'bullish' : 'bearish',
      points: touches.map(({ bar }) => ({ bar, price: level, role: 'touch' })),
      confirmedAt: newest.knownAt,
      confidence: closeness(spread, tolerance) * Math.min(1, touches.length / 5 + 0.2),
      target: null,
      invalidation: support ? level - tolerance : level + tolerance,
    },
  ];
}

/**
 * Trend lines: a rising line under three lows, or a falling one over three highs, that no swing of the
 * same side between them has broken.
 */
export function trendLineMatches(swings: readonly Swing[], averageRange: number): PatternMatch[] {
  const newest = swings.at(-1);
  if (newest === undefined) return [];
  const side = swings.filter(({ kind }) => kind === newest.kind);
  const sign = newest.kind === 'low' ? 1 : -1;
  const tolerance = averageRange * LEVEL_RANGES;
  for (const start of side.slice(0, -2)) {
    const line = lineThrough(start, newest);
    if (line.slope * sign <= 0) continue;
    const between = side.filter(({ bar }) => bar > start.bar && bar < newest.bar);
    const distances = between.map(({ bar, price }) => (price - valueAt(line, bar)) * sign);
    const touching = between.filter((_, i) => Math.abs(distances[i] as number) <= tolerance);
    if (distances.some((distance) => distance < -tolerance) || touching.length === 0) continue;
    const worst = Math.max(
      ...touching.map(({ bar, price }) => Math.abs(price - valueAt(line, bar))),
    );
    return [
      {
        kind: sign === 1 ? 'rising-trend-line' : 'falling-trend-line',
        direction: sign === 1 ? 'bullish' : 'bearish',
        points: [start, ...touching, newest].map(({ bar }) => ({
          bar,
          price: valueAt(line, bar),
          role: 'touch',
        })),
        confirmedAt: newest.knownAt,
        confidence: closeness(worst, tolerance),
        target: null,
        invalidation: valueAt(line, newest.knownAt) - tolerance * sign,
      },
    ];
  }
  return [];
}

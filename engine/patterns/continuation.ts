import { closeness, fitLine, mean, valueAt, type Place } from './geometry.ts';
import type { Candidate, PatternMatch } from './pattern.ts';
import type { Swing } from './swings.ts';

/** A pole is at least this many average true ranges high … */
const POLE_RANGES = 5;
/** … and gains at least this many of them a bar. */
const POLE_SPEED = 0.5;
/** Bars of a flag, least and most. */
const FLAG_BARS = [5, 25] as const;
/** A flag gives back at most this part of its pole. */
const FLAG_DEPTH = 0.5;

/** Cups: depth as a part of the rim's price, width in bars, rims that differ by a part of the depth. */
const CUP_DEPTH = [0.05, 0.5] as const;
const CUP_BARS = [20, 300] as const;
const RIM_TOLERANCE = 0.2;
/** A handle gives back at most this part of the cup. */
const HANDLE_DEPTH = 0.5;

/**
 * Bull and bear flags: a fast move (the pole) that ends in the newest swing, then a shallow drift against
 * it, confirmed by a close beyond the drift's upper (lower) line. The target repeats the pole.
 * @see Edwards and Magee, Technical Analysis of Stock Trends (1948), chapter 11
 */
export function flagCandidate(
  swings: readonly Swing[],
  averageRange: number,
): Candidate | undefined {
  const start = swings.at(-2);
  const peak = swings.at(-1);
  if (start === undefined || peak === undefined) return undefined;
  const sign = peak.kind === 'high' ? 1 : -1;
  const pole = (peak.price - start.price) * sign;
  const speed = pole / (peak.bar - start.bar) / averageRange;
  if (pole < POLE_RANGES * averageRange || speed < POLE_SPEED) return undefined;
  const drift: Place[] = [];
  let far = peak.price * sign;
  return {
    key: `flag ${start.bar} ${peak.bar}`,
    expiresAt: peak.bar + FLAG_BARS[1],
    judge(bar, high, low, close): PatternMatch | 'dropped' | undefined {
      const edge = sign === 1 ? high : -low;
      far = Math.min(far, sign === 1 ? low : -high);
      const depth = (peak.price * sign - far) / pole;
      if (depth > FLAG_DEPTH) return 'dropped';
      if (drift.length >= FLAG_BARS[0]) {
        const line = fitLine(drift);
        const boundary = valueAt(line, bar);
        if (line.slope <= 0 && close * sign > boundary) {
          return {
            kind: sign === 1 ? 'bull-flag' : 'bear-flag',
            direction: sign === 1 ? 'bullish' : 'bearish',
            points: [
              { bar: start.bar, price: start.price, role: 'pole' },
              { bar: peak.bar, price: peak.price, role: 'pole' },
              { bar, price: boundary * sign, role: 'flag' },
            ],
            confirmedAt: bar,
            confidence: mean([closeness(depth, FLAG_DEPTH), Math.min(1, speed / (2 * POLE_SPEED))]),
            target: (close * sign + pole) * sign,
            invalidation: far * sign,
          };
        }
      }
      drift.push({ bar, price: edge });
      return undefined;
    },
  };
}

/**
 * Cup and handle: two rims at one level with a rounded bottom between them, a shallow pull-back after the
 * second, and a close above the rims. The bottom counts as rounded when it lies near the middle.
 * @see O'Neil, How to Make Money in Stocks (1988), chapter 2
 */
export function cupCandidate(swings: readonly Swing[]): Candidate | undefined {
  const [left, bottom, right] = [swings.at(-3), swings.at(-2), swings.at(-1)];
  if (!left || !bottom || right?.kind !== 'high') return undefined;
  const rim = Math.max(left.price, right.price);
  const cup = (left.price + right.price) / 2 - bottom.price;
  const width = right.bar - left.bar;
  const depth = cup / rim;
  const difference = Math.abs(left.price - right.price) / cup;
  const centre = (bottom.bar - left.bar) / width;
  const fits =
    depth >= CUP_DEPTH[0] &&
    depth <= CUP_DEPTH[1] &&
    width >= CUP_BARS[0] &&
    width <= CUP_BARS[1] &&
    difference <= RIM_TOLERANCE &&
    centre >= 0.25 &&
    centre <= 0.75;
  if (!fits) return undefined;
  let lowest = right.price;
  return {
    key: `cup ${left.bar} ${bottom.bar} ${right.bar}`,
    expiresAt: right.bar + Math.ceil(width / 2),
    judge(bar, _high, low, close): PatternMatch | 'dropped' | undefined {
      lowest = Math.min(lowest, low);
      if (rim - lowest > cup * HANDLE_DEPTH) return 'dropped';
      if (close <= rim) return undefined;
      return {
        kind: 'cup-and-handle',
        direction: 'bullish',
        points: [
          { bar: left.bar, price: left.price, role: 'left rim' },
          { bar: bottom.bar, price: bottom.price, role: 'bottom' },
          { bar: right.bar, price: right.price, role: 'right rim' },
        ],
        confirmedAt: bar,
        confidence: mean([closeness(difference, RIM_TOLERANCE), closeness(centre - 0.5, 0.25)]),
        target: rim + cup,
        invalidation: lowest,
      };
    },
  };
}

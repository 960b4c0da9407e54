import { closeness, fitLine, valueAt, worstMiss, type Line } from './geometry.ts';
import type { Candidate, Direction, PatternKind, PatternMatch } from './pattern.ts';
import type { Swing } from './swings.ts';

/**
 * Shapes between two lines over the last swings: triangles, wedges, rectangles and channels. Slopes are
 * measured as the part of the shape's height that a line gains over the shape's width, so that one
 * definition serves all prices and timeframes. Confirmed by a close beyond a line.
 * Names after Edwards and Magee, Technical Analysis of Stock Trends (1948).
 */

/** Swings of one shape: three on one side, two or more on the other. */
const CORNERS = 5;
/** A line is flat when it gains less than this part of the height over the width. */
const FLAT = 0.2;
/** Lines are parallel when their gains differ by less than this. */
const PARALLEL = 0.25;
/** Swings may miss their line by this part of the height. */
const TOUCH_TOLERANCE = 0.18;

interface Shape {
  readonly kind: PatternKind;
  readonly bias: Direction;
}

/** The shape that the newest swing completes, if any. */
export function boundaryCandidates(swings: readonly Swing[]): Candidate[] {
  const corners = swings.slice(-CORNERS);
  if (corners.length < CORNERS) return [];
  const highs = corners.filter(({ kind }) => kind === 'high');
  const lows = corners.filter(({ kind }) => kind === 'low');
  const first = corners[0] as Swing;
  const last = corners.at(-1) as Swing;
  const upper = fitLine(highs);
  const lower = fitLine(lows);
  const width = last.bar - first.bar;
  const opening = valueAt(upper, first.bar) - valueAt(lower, first.bar);
  const closing = valueAt(upper, last.bar) - valueAt(lower, last.bar);
  const height = Math.max(opening, closing);
  if (!(opening > 0 && closing > 0 && width > 0)) return [];
  const miss = Math.max(worstMiss(upper, highs), worstMiss(lower, lows)) / height;
  if (miss > TOUCH_TOLERANCE) return [];
  const shape = classify((upper.slope * width) / height, (lower.slope * width) / height);
  if (shape === undefined) return [];
  return [
    candidate(shape, corners, {
      upper,
      lower,
      width,
      height,
      confidence: closeness(miss, TOUCH_TOLERANCE),
    }),
  ];
}

function classify(top: number, bottom: number): Shape | undefined {
  const flatTop = Math.abs(top) < FLAT;
  const flatBottom = Math.abs(bottom) < FLAT;
  if (flatTop && flatBottom) return { kind: 'rectangle', bias: 'neutral' };
  if (flatTop && bottom > 0) return { kind: 'ascending-triangle', bias: 'bullish' };
  if (flatBottom && top < 0) return { kind: 'descending-triangle', bias: 'bearish' };
  if (top < 0 && bottom > 0) return { kind: 'symmetrical-triangle', bias: 'neutral' };
  if (Math.abs(top - bottom) < PARALLEL) {
    return top > 0
      ? { kind: 'ascending-channel', bias: 'bearish' }
      : { kind: 'descending-channel', bias: 'bullish' };
  }
  // Converging lines of one direction are wedges; diverging ones have no name here.
  if (top > 0 && bottom > top) return { kind: 'rising-wedge', bias: 'bearish' };
  if (bottom < 0 && top < bottom) return { kind: 'falling-wedge', bias: 'bullish' };
  return undefined;
}

interface Bounds {
  readonly upper: Line;
  readonly lower: Line;
  readonly width: number;
  readonly height: number;
  readonly confidence: number;
}

function candidate(shape: Shape, corners: readonly Swing[], bounds: Bounds): Candidate {
  const { upper, lower, width, height } = bounds;
  const last = corners.at(-1) as Swing;
  return {
    key: `${shape.kind} ${corners.map(({ bar }) => bar).join(' ')}`,
    expiresAt: Math.min(last.knownAt + width, apex(upper, lower, last.bar)),
    judge(bar, _high, _low, close): PatternMatch | 'dropped' | undefined {
      const top = valueAt(upper, bar);
      const bottom = valueAt(lower, bar);
      if (close <= top && close >= bottom) return undefined;
      const up = close > top;
      const direction: Direction = up ? 'bullish' : 'bearish';
      const expected = shape.bias === 'neutral' || shape.bias === direction;
      return {
        kind: shape.kind,
        direction,
        points: corners.map((swing) => ({
          bar: swing.bar,
          price: swing.price,
          role: swing.kind === 'high' ? 'upper line' : 'lower line',
        })),
        confirmedAt: bar,
        // A break against the usual side is kept, at half the confidence.
        confidence: bounds.confidence * (expected ? 1 : 0.5),
        target: up ? top + height : bottom - height,
        invalidation: up ? bottom : top,
      };
    },
  };
}

/** Bar at which converging lines meet; far away for the others. */
function apex(upper: Line, lower: Line, from: number): number {
  const approach = lower.slope - upper.slope;
  if (approach <= 0) return Number.POSITIVE_INFINITY;
  return from + (valueAt(upper, from) - valueAt(lower, from)) / approach;
}

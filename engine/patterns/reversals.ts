import { closeness, lineThrough, mean, valueAt } from './geometry.ts';
import type { Candidate, PatternKind, PatternMatch, PatternPoint } from './pattern.ts';
import type { Swing } from './swings.ts';

/**
 * Reversal shapes over the last swings, written for tops; bottoms are the same on negated prices.
 * Geometry after Bulkowski, Encyclopedia of Chart Patterns (2005): tops at nearly one level, a head that
 * stands out, and a close beyond the neckline as confirmation; the target is the height, projected.
 */

/** Tops may differ by this part of the pattern's height. */
const LEVEL_TOLERANCE = 0.2;
/** Shoulders may differ by this part of the height. */
const SHOULDER_TOLERANCE = 0.35;
/** The head stands above the higher shoulder by at least this part of the height. */
const HEAD_PROMINENCE = 0.15;
/** A shape is given up after this many times its own width without a confirmation. */
const PATIENCE = 1.5;

interface Shape {
  readonly top: PatternKind;
  readonly bottom: PatternKind;
}

const DOUBLE: Shape = { top: 'double-top', bottom: 'double-bottom' };
const TRIPLE: Shape = { top: 'triple-top', bottom: 'triple-bottom' };
const SHOULDERS: Shape = { top: 'head-and-shoulders', bottom: 'inverse-head-and-shoulders' };

/** Shapes that the newest swing completes; they wait for a close beyond their neckline. */
export function reversalCandidates(swings: readonly Swing[]): Candidate[] {
  const newest = swings.at(-1);
  if (newest === undefined) return [];
  const sign = newest.kind === 'high' ? 1 : -1;
  const flipped = swings.map((swing) => ({
    bar: swing.bar,
    price: swing.price * sign,
    knownAt: swing.knownAt,
  }));
  return [
    doubleTop(flipped, sign),
    tripleTop(flipped, sign),
    headAndShoulders(flipped, sign),
  ].filter((candidate) => candidate !== undefined);
}

interface Corner {
  readonly bar: number;
  readonly price: number;
  readonly knownAt: number;
}

function doubleTop(swings: readonly Corner[], sign: 1 | -1): Candidate | undefined {
  const [before, first, valley, second] = lastOf(swings, 4);
  if (first === undefined || valley === undefined || second === undefined) return undefined;
  const height = (first.price + second.price) / 2 - valley.price;
  const difference = Math.abs(first.price - second.price) / height;
  // A double top reverses a rise: the swing before it lies below the neckline.
  const reverses = before === undefined || before.price < valley.price;
  if (!(height > 0) || difference > LEVEL_TOLERANCE || !reverses) return undefined;
  return neckline(DOUBLE, sign, {
    points: points(sign, [
      [first, 'first top'],
      [valley, 'neckline'],
      [second, 'second top'],
    ]),
    line: () => valley.price,
    ceiling: Math.max(first.price, second.price) + height * LEVEL_TOLERANCE,
    height,
    confidence: closeness(difference, LEVEL_TOLERANCE) * balance(first, valley, second),
    from: first,
    to: second,
  });
}

function tripleTop(swings: readonly Corner[], sign: 1 | -1): Candidate | undefined {
  const [first, valley, second, trough, third] = lastOf(swings, 5);
  if (!first || !valley || !second || !trough || !third) return undefined;
  const tops = [first.price, second.price, third.price];
  const floor = Math.min(valley.price, trough.price);
  const height = mean(tops) - floor;
  const spread = (Math.max(...tops) - Math.min(...tops)) / height;
  if (!(height > 0) || spread > LEVEL_TOLERANCE) return undefined;
  return neckline(TRIPLE, sign, {
    points: points(sign, [
      [first, 'first top'],
      [valley, 'neckline'],
      [second, 'second top'],
      [trough, 'neckline'],
      [third, 'third top'],
    ]),
    line: () => floor,
    ceiling: Math.max(...tops) + height * LEVEL_TOLERANCE,
    height,
    confidence: closeness(spread, LEVEL_TOLERANCE) * balance(first, second, third),
    from: first,
    to: third,
  });
}

function headAndShoulders(swings: readonly Corner[], sign: 1 | -1): Candidate | undefined {
  const [left, valley, head, trough, right] = lastOf(swings, 5);
  if (!left || !valley || !head || !trough || !right) return undefined;
  const neck = lineThrough(valley, trough);
  const height = head.price - valueAt(neck, head.bar);
  const prominence = (head.price - Math.max(left.price, right.price)) / height;
  const difference = Math.abs(left.price - right.price) / height;
  const aboveNeck = left.price > valueAt(neck, left.bar) && right.price > valueAt(neck, right.bar);
  const level = Math.abs(valley.price - trough.price) / height;
  const fits =
    height > 0 &&
    prominence >= HEAD_PROMINENCE &&
    difference <= SHOULDER_TOLERANCE &&
    level <= SHOULDER_TOLERANCE &&
    aboveNeck;
  if (!fits) return undefined;
  return neckline(SHOULDERS, sign, {
    points: points(sign, [
      [left, 'left shoulder'],
      [valley, 'neckline'],
      [head, 'head'],
      [trough, 'neckline'],
      [right, 'right shoulder'],
    ]),
    line: (bar) => valueAt(neck, bar),
    ceiling: head.price,
    height,
    confidence:
      mean([closeness(difference, SHOULDER_TOLERANCE), closeness(level, SHOULDER_TOLERANCE)]) *
      balance(left, head, right),
    from: left,
    to: right,
  });
}

interface Neckline {
  readonly points: readonly PatternPoint[];
  readonly line: (bar: number) => number;
  /** Price (negated for bottoms) above which the shape has failed. */
  readonly ceiling: number;
  readonly height: number;
  readonly confidence: number;
  readonly from: Corner;
  readonly to: Corner;
}

function neckline(shape: Shape, sign: 1 | -1, form: Neckline): Candidate {
  const kind = sign === 1 ? shape.top : shape.bottom;
  const width = form.to.bar - form.from.bar;
  return {
    key: `${kind} ${form.points.map(({ bar }) => bar).join(' ')}`,
    expiresAt: form.to.knownAt + Math.ceil(width * PATIENCE),
    judge(bar, high, low, close): PatternMatch | 'dropped' | undefined {
      if ((sign === 1 ? high : -low) > form.ceiling) return 'dropped';
      const neck = form.line(bar);
      if (close * sign >= neck) return undefined;
      return {
        kind,
        direction: sign === 1 ? 'bearish' : 'bullish',
        points: form.points,
        confirmedAt: bar,
        confidence: form.confidence,
        target: (neck - form.height) * sign,
        invalidation: form.ceiling * sign,
      };
    },
  };
}

function points(sign: 1 | -1, corners: readonly (readonly [Corner, string])[]): PatternPoint[] {
  return corners.map(([{ bar, price }, role]) => ({
    bar,
    price: price * sign,
    role: sign === 1 ? role : role.replace('top', 'bottom'),
  }));
}

/** 1 when the middle stands half-way between its sides, 0.5 when it touches one of them. */
function balance(left: Corner, middle: Corner, right: Corner): number {
  const share = (middle.bar - left.bar) / (right.bar - left.bar);
  return 1 - Math.abs(share - 0.5);
}

/** The last n swings, filled with `undefined` in front. */
function lastOf(swings: readonly Corner[], n: number): (Corner | undefined)[] {
  return Array.from({ length: n }, (_, i) => swings[swings.length - n + i]);
}

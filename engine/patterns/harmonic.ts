import { closeness, mean } from './geometry.ts';
import type { PatternKind, PatternMatch } from './pattern.ts';
import type { Swing } from './swings.ts';

/**
 * Harmonic patterns: five swings X A B C D whose legs stand in Fibonacci ratios. Ratios after Carney,
 * Harmonic Trading, volume 1 (2010), chapters 5 to 8. Known when the swing D is: the reversal from D
 * is itself the confirmation.
 */
interface Ratios {
  readonly kind: PatternKind;
  /** AB as a part of XA, BC of AB, CD of BC, AD of XA: least and most. */
  readonly ab: readonly [number, number];
  readonly bc: readonly [number, number];
  readonly cd: readonly [number, number];
  readonly ad: readonly [number, number];
}

const RATIOS: readonly Ratios[] = [
  {
    kind: 'gartley',
    ab: [0.618, 0.618],
    bc: [0.382, 0.886],
    cd: [1.13, 1.618],
    ad: [0.786, 0.786],
  },
  { kind: 'bat', ab: [0.382, 0.5], bc: [0.382, 0.886], cd: [1.618, 2.618], ad: [0.886, 0.886] },
  {
    kind: 'butterfly',
    ab: [0.786, 0.786],
    bc: [0.382, 0.886],
    cd: [1.618, 2.24],
    ad: [1.27, 1.27],
  },
  { kind: 'crab', ab: [0.382, 0.618], bc: [0.382, 0.886], cd: [2.24, 3.618], ad: [1.618, 1.618] },
];

/** Ratios may miss their range by this part of its bound. */
const TOLERANCE = 0.06;

/** Patterns whose last point is the newest swing. */
export function harmonicMatches(swings: readonly Swing[]): PatternMatch[] {
  const d = swings.at(-1);
  const [c, b, a, x] = [swings.at(-2), swings.at(-3), swings.at(-4), swings.at(-5)];
  if (!d || !c || !b || !a) return [];
  const bullish = d.kind === 'low';
  const ab = Math.abs(b.price - a.price);
  const bc = Math.abs(c.price - b.price) / ab;
  const cd = Math.abs(d.price - c.price) / Math.abs(c.price - b.price);
  const matches: PatternMatch[] = [];
  const add = (
    kind: PatternKind,
    corners: readonly Swing[],
    names: string,
    deviations: readonly number[],
  ): void => {
    const start = corners[0] as Swing;
    matches.push({
      kind,
      direction: bullish ? 'bullish' : 'bearish',
      points: corners.map(({ bar, price }, i) => ({ bar, price, role: names[i] ?? '' })),
      confirmedAt: d.knownAt,
      confidence: mean(deviations.map((deviation) => closeness(deviation, TOLERANCE))),
      target: d.price + (a.price - d.price) * 0.382,
      invalidation: bullish ? Math.min(d.price, start.price) : Math.max(d.price, start.price),
    });
  };
  const equalLegs = miss(Math.abs(d.price - c.price) / ab, [1, 1]);
  const retraced = miss(bc, [0.382, 0.886]);
  if (fits([equalLegs, retraced])) add('ab-cd', [a, b, c, d], 'ABCD', [equalLegs, retraced]);
  if (x === undefined) return matches;
  const xa = Math.abs(a.price - x.price);
  for (const ratios of RATIOS) {
    const deviations = [
      miss(ab / xa, ratios.ab),
      miss(bc, ratios.bc),
      miss(cd, ratios.cd),
      miss(Math.abs(d.price - a.price) / xa, ratios.ad),
    ];
    if (fits(deviations)) add(ratios.kind, [x, a, b, c, d], 'XABCD', deviations);
  }
  return matches;
}

function fits(deviations: readonly number[]): boolean {
  return deviations.every((deviation) => deviation <= TOLERANCE);
}

/** How far a ratio lies outside its range, as a part of the bound it misses; 0 inside. */
function miss(ratio: number, [low, high]: readonly [number, number]): number {
  if (ratio < low) return (low - ratio) / low;
  return ratio > high ? (ratio - high) / high : 0;
}

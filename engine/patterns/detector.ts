import type { BarColumns } from '../domain/bar.ts';
import { boundaryCandidates } from './boundaries.ts';
import { cupCandidate, flagCandidate } from './continuation.ts';
import { harmonicMatches } from './harmonic.ts';
import { levelMatches, trendLineMatches } from './levels.ts';
import type { Candidate, PatternKind, PatternMatch } from './pattern.ts';
import { reversalCandidates } from './reversals.ts';
import { SwingFinder, type Reversal, type Swing } from './swings.ts';

export interface PatternOptions {
  /** Size of a swing; three average true ranges by default. */
  readonly reversal?: Reversal;
  /** Only these kinds; all by default. */
  readonly kinds?: readonly PatternKind[];
}

/** Swings that are remembered: levels and trend lines look back over them. */
const MEMORY = 24;
/** Candidates that wait at one time. */
const MAX_CANDIDATES = 64;

/**
 * Finds price-structure patterns bar by bar in bounded memory. A pattern is given on the bar that confirms
 * it, and what was given never changes: over a prefix of the bars the detector gives a prefix of the
 * patterns.
 */
export class PatternDetector {
  private readonly finder: SwingFinder;
  private readonly kinds: ReadonlySet<PatternKind> | undefined;
  private swings: Swing[] = [];
  private candidates: Candidate[] = [];
  private bar = -1;
  private before: { readonly high: number; readonly low: number } | undefined;

  constructor(options: PatternOptions = {}) {
    this.finder = new SwingFinder(options.reversal ?? { atr: 3 });
    this.kinds = options.kinds === undefined ? undefined : new Set(options.kinds);
  }

  /** Takes a closed bar and gives the patterns that it confirms. */
  update(high: number, low: number, close: number): PatternMatch[] {
    this.bar += 1;
    const found = this.barPatterns(high, low, close);
    const finite = Number.isFinite(high + low + close);
    if (finite) found.push(...this.judge(high, low, close));
    const swing = this.finder.update(high, low, close);
    if (swing !== undefined) found.push(...this.onSwing(swing, close));
    const { kinds } = this;
    const wanted = kinds === undefined ? found : found.filter(({ kind }) => kinds.has(kind));
    return wanted.map((match) => withPossibleTarget(match, close));
  }

  private onSwing(swing: Swing, close: number): PatternMatch[] {
    this.swings = [...this.swings, swing].slice(-MEMORY);
    const range = this.finder.averageRange;
    const fresh = [
      ...reversalCandidates(this.swings),
      ...boundaryCandidates(this.swings),
      flagCandidate(this.swings, range),
      cupCandidate(this.swings),
    ].filter((candidate) => candidate !== undefined);
    const known = new Set(this.candidates.map(({ key }) => key));
    this.candidates = [...this.candidates, ...fresh.filter(({ key }) => !known.has(key))].slice(
      -MAX_CANDIDATES,
    );
    return [
      ...harmonicMatches(this.swings),
      ...levelMatches(this.swings, range, close),
      ...trendLineMatches(this.swings, range),
    ];
  }

  private judge(high: number, low: number, close: number): PatternMatch[] {
    const found: PatternMatch[] = [];
    this.candidates = this.candidates.filter((candidate) => {
      if (this.bar > candidate.expiresAt) return false;
      const verdict = candidate.judge(this.bar, high, low, close);
      if (verdict === undefined) return true;
      if (verdict !== 'dropped') found.push(verdict);
      return false;
    });
    return found;
  }

  private barPatterns(high: number, low: number, close: number): PatternMatch[] {
    const { before, bar } = this;
    if (!Number.isFinite(high + low + close)) return [];
    this.before = { high, low };
    if (before === undefined) return [];
    const make = (
      kind: PatternKind,
      direction: PatternMatch['direction'],
      from: number,
      to: number,
    ): PatternMatch => ({
      kind,
      direction,
      points: [
        { bar: bar - 1, price: from, role: 'before' },
        { bar, price: to, role: 'now' },
      ],
      confirmedAt: bar,
      confidence: 1,
      target: null,
      invalidation: direction === 'neutral' ? null : from,
    });
    if (low > before.high) return [make('gap-up', 'bullish', before.high, low)];
    if (high < before.low) return [make('gap-down', 'bearish', before.low, high)];
    if (high < before.high && low > before.low)
      return [make('inside-bar', 'neutral', before.high, high)];
    if (high > before.high && low < before.low)
      return [make('outside-bar', 'neutral', before.high, high)];
    return [];
  }
}

/** A height that is larger than the price projects nothing: what is above zero does not fall below. */
function withPossibleTarget(match: PatternMatch, close: number): PatternMatch {
  const { target } = match;
  return target !== null && target <= 0 && close > 0 ? { ...match, target: null } : match;
}

/** Finds the patterns of a whole series, in order of their confirmation. */
export function detectPatterns(bars: BarColumns, options: PatternOptions = {}): PatternMatch[] {
  const detector = new PatternDetector(options);
  const found: PatternMatch[] = [];
  for (let i = 0; i < bars.time.length; i += 1) {
    found.push(
      ...detector.update(bars.high[i] as number, bars.low[i] as number, bars.close[i] as number),
    );
  }
  return found;
}

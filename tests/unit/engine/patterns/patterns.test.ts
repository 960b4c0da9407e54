import { describe, expect, it } from 'vitest';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { detectPatterns, PatternDetector } from '../../../../engine/patterns/detector.ts';
import { divergences } from '../../../../engine/patterns/divergence.ts';
import type { PatternKind, PatternMatch } from '../../../../engine/patterns/pattern.ts';
import { SwingFinder, type Swing } from '../../../../engine/patterns/swings.ts';
import { readRows, sharedData } from '../series/market.ts';
import { fc } from '../../../support/properties.ts';

/** Bars whose closes run straight from corner to corner (`bar:price …`), with a tenth of range on each side. */
function path(text: string, margin = 0.1): BarColumns {
  return through(
    text.split(' ').map((corner) => corner.split(':').map(Number) as [number, number]),
    margin,
  );
}

function through(
  corners: readonly (readonly [bar: number, price: number])[],
  margin: number,
): BarColumns {
  const last = corners.at(-1)?.[0] ?? 0;
  const close = new Float64Array(last + 1);
  for (let k = 0; k + 1 < corners.length; k += 1) {
    const [fromBar, fromPrice] = corners[k] ?? [0, 0];
    const [toBar, toPrice] = corners[k + 1] ?? [0, 0];
    for (let bar = fromBar; bar <= toBar; bar += 1) {
      close[bar] = fromPrice + ((toPrice - fromPrice) * (bar - fromBar)) / (toBar - fromBar);
    }
  }
  return {
    time: close.map((_, i) => i),
    open: close,
    high: close.map((x) => x + margin),
    low: close.map((x) => x - margin),
    close,
    volume: close.map(() => 1),
  };
}

/** The same bars upside down. */
function mirrored(bars: BarColumns): BarColumns {
  const flip = (column: Float64Array): Float64Array => column.map((x) => 200 - x);
  return {
    ...bars,
    open: flip(bars.open),
    high: flip(bars.low),
    low: flip(bars.high),
    close: flip(bars.close),
  };
}

function find(bars: BarColumns, kind: PatternKind): PatternMatch[] {
  return detectPatterns(bars, { reversal: { percent: 2 }, kinds: [kind] });
}

const DOUBLE_TOP = path('0:90 10:110 20:100 30:110.5 45:95');
const TRIPLE_TOP = path('0:90 10:110 20:100 30:110.5 40:100.5 50:110 65:95');
const HEAD_AND_SHOULDERS = path('0:90 10:110 20:102 30:118 40:102.5 50:110.5 65:96');

describe('swings', () => {
  it('are known only after the reversal and never change', () => {
    const bars = DOUBLE_TOP;
    const finder = new SwingFinder({ percent: 2 });
    const swings: Swing[] = [];
    bars.close.forEach((close, i) => {
      const swing = finder.update(bars.high[i] ?? 0, bars.low[i] ?? 0, close);
      if (swing !== undefined) swings.push(swing);
    });
    expect(swings.map(({ kind, bar }) => [kind, bar])).toEqual([
      ['low', 0],
      ['high', 10],
      ['low', 20],
      ['high', 30],
    ]);
    // 2 % of 110.1 is 2.202; the low of bar 12, 107.9, is 2.2 below it, and that of bar 13 further.
    expect(swings[1]).toMatchObject({ price: 110.1, knownAt: 13 });
  });

  it('wait for an average range and pass over missing prices', () => {
    const finder = new SwingFinder({ atr: 1 });
    const swings = DOUBLE_TOP.close.map((close, i) => {
      const swing = finder.update(i === 15 ? Number.NaN : close + 0.1, close - 0.1, close);
      return swing === undefined ? 0 : swing.bar + 1;
    });
    expect(swings.slice(0, 13).every((bar) => bar === 0)).toBe(true);
    expect(finder.averageRange).toBeGreaterThan(0.2);
    expect(Array.from(swings).filter((bar) => bar > 0)).toContain(31);
  });
});

describe('reversal patterns', () => {
  it('find a double top when the close breaks the neckline', () => {
    const [match, ...others] = find(DOUBLE_TOP, 'double-top');
    expect(others).toEqual([]);
    expect(match).toMatchObject({ direction: 'bearish' });
    expect(match?.points.map(({ bar, role }) => [bar, role])).toEqual([
      [10, 'first top'],
      [20, 'neckline'],
      [30, 'second top'],
    ]);
    // The neckline is the low of the valley, 99.9: the close of bar 41, 99.13, is the first below it.
    expect(match?.confirmedAt).toBe(41);
    // Height: mean of the highs 110.1 and 110.6 less 99.9; projected from the neckline.
    expect(match?.target).toBeCloseTo(99.9 - 10.45, 9);
    expect(match?.confidence).toBeGreaterThan(0.5);
  });

  it('are the same upside down', () => {
    const [bottom] = find(mirrored(DOUBLE_TOP), 'double-bottom');
    expect(bottom).toMatchObject({ direction: 'bullish', confirmedAt: 41 });
    expect(bottom?.points[0]?.role).toBe('first bottom');
    expect(bottom?.target).toBeCloseTo(200 - (99.9 - 10.45), 9);
    expect(find(mirrored(HEAD_AND_SHOULDERS), 'inverse-head-and-shoulders')).toHaveLength(1);
    expect(find(mirrored(TRIPLE_TOP), 'triple-bottom')).toHaveLength(1);
  });

  it('find no double top in unequal tops, in a shape without a break, or after a new high', () => {
    expect(find(path('0:90 10:110 20:100 30:114 45:95'), 'double-top')).toEqual([]);
    expect(find(path('0:90 10:110 20:100 30:110.5 40:101 60:104'), 'double-top')).toEqual([]);
    expect(find(path('0:90 10:110 20:100 30:110.5 35:106 42:114 60:95'), 'double-top')).toEqual([]);
  });

  it('find a triple top and a head with shoulders', () => {
    expect(find(TRIPLE_TOP, 'triple-top')).toHaveLength(1);
    const [match] = find(HEAD_AND_SHOULDERS, 'head-and-shoulders');
    expect(match?.points.map(({ role }) => role)).toEqual([
      'left shoulder',
      'neckline',
      'head',
      'neckline',
      'right shoulder',
    ]);
    expect(match?.invalidation).toBeCloseTo(118.1, 9);
    expect(find(TRIPLE_TOP, 'head-and-shoulders')).toEqual([]);
  });
});

describe('shapes between lines', () => {
  it.each<[PatternKind, 'bullish' | 'bearish', string]>([
    ['ascending-triangle', 'bullish', '0:90 10:110 20:98 30:110 40:104 46:110 49:107 54:114'],
    ['symmetrical-triangle', 'bullish', '0:85 10:112 20:92 30:108 40:96 48:104.5 51:102 58:112'],
    ['rectangle', 'bullish', '0:90 10:110 20:100 30:110 40:100 50:110 55:107 62:116'],
    ['ascending-channel', 'bearish', '0:80 10:100 20:92 30:108 40:100 50:116 70:90'],
    ['rising-wedge', 'bearish', '0:80 10:105 20:91 30:109 40:101 50:113 62:95'],
  ])('find a %s that breaks %s', (kind, direction, corners) => {
    const matches = find(path(corners), kind);
    expect(matches.length).toBeGreaterThan(0);
    expect(matches.at(-1)).toMatchObject({ direction });
    expect(matches.at(-1)?.confidence).toBeGreaterThan(0.5);
  });

  it.each<[PatternKind, string]>([
    ['descending-triangle', '0:90 10:110 20:98 30:110 40:104 46:110 49:107 54:114'],
    ['descending-channel', '0:80 10:100 20:92 30:108 40:100 50:116 70:90'],
    ['falling-wedge', '0:80 10:105 20:91 30:109 40:101 50:113 62:95'],
  ])('find a %s in the mirror', (kind, corners) => {
    expect(find(mirrored(path(corners)), kind).length).toBeGreaterThan(0);
  });

  it('find none in lines that open', () => {
    const opening = path('0:99 10:104 20:96 30:108 40:91 50:113 70:80');
    const kinds = detectPatterns(opening, { reversal: { percent: 2 } }).map(({ kind }) => kind);
    expect(kinds).not.toContain('rectangle');
    expect(kinds).not.toContain('symmetrical-triangle');
    expect(kinds).not.toContain('rising-wedge');
  });
});

describe('continuations', () => {
  it('find a flag after a pole and its mirror', () => {
    const flag = path('0:100 20:96 30:120 34:118 38:116.5 42:122 50:130', 0.5);
    const [bull] = find(flag, 'bull-flag');
    expect(bull).toMatchObject({ direction: 'bullish' });
    expect(bull?.confirmedAt).toBeGreaterThan(36);
    expect(bull?.target).toBeGreaterThan(130);
    expect(find(mirrored(flag), 'bear-flag')).toHaveLength(1);
  });

  it('find no flag when too much is given back', () => {
    const deep = path('0:100 20:96 30:120 42:102 50:130', 0.5);
    expect(find(deep, 'bull-flag')).toEqual([]);
  });

  it('find a cup with its handle', () => {
    const cup = path('0:90 10:120 25:103 30:100 35:102 50:119 56:113 64:124');
    const [match] = find(cup, 'cup-and-handle');
    expect(match?.points.map(({ bar }) => bar)).toEqual([10, 30, 50]);
    expect(match?.target).toBeCloseTo(120.1 + (120.1 + 119.1) / 2 - 99.9, 9);
    const spoon = path('0:90 10:120 14:100 50:119 56:113 64:124');
    expect(find(spoon, 'cup-and-handle')).toEqual([]);
  });
});

describe('harmonic patterns', () => {
  /** Corners X A B C D by ratios, then a reversal from D. Extremes are exact: no margin around closes. */
  function legs(ab: number, bc: number, ad: number): BarColumns {
    const [x, a] = [100, 140];
    const b = a - ab * (a - x);
    const c = b + bc * (a - b);
    const d = a - ad * (a - x);
    return path(`0:120 10:${x} 20:${a} 30:${b} 40:${c} 50:${d} 60:${d + 20}`, 0);
  }

  it.each<[PatternKind, number, number, number]>([
    ['gartley', 0.618, 0.6, 0.786],
    ['bat', 0.45, 0.6, 0.886],
    ['butterfly', 0.786, 0.6, 1.27],
    ['crab', 0.55, 0.886, 1.618],
  ])('find a %s', (kind, ab, bc, ad) => {
    const [match] = find(legs(ab, bc, ad), kind);
    expect(match).toMatchObject({ direction: 'bullish' });
    expect(match?.points.map(({ role }) => role).join('')).toBe('XABCD');
    expect(match?.confirmedAt).toBeGreaterThan(50);
    expect(find(mirrored(legs(ab, bc, ad)), kind)[0]).toMatchObject({ direction: 'bearish' });
  });

  it('find equal legs', () => {
    // A 140, B 120, C 132.36 (0.618), D = C - 20.
    const bars = path('0:100 10:140 20:120 30:132.36 40:112.36 50:130', 0);
    const [match] = find(bars, 'ab-cd');
    expect(match?.points.map(({ bar }) => bar)).toEqual([10, 20, 30, 40]);
    expect(match?.confidence).toBeGreaterThan(0.9);
  });

  it('find nothing where the ratios are off', () => {
    expect(find(legs(0.7, 0.6, 0.786), 'gartley')).toEqual([]);
    expect(find(legs(0.618, 0.6, 1.0), 'gartley')).toEqual([]);
  });
});

describe('levels and lines', () => {
  it('find support and resistance after three touches', () => {
    const bars = path('0:105 10:100 20:110 30:100.1 40:111 50:99.95 60:108', 0.5);
    const matches = find(bars, 'support');
    expect(matches.at(-1)?.points.map(({ bar }) => bar)).toEqual([10, 30, 50]);
    expect(matches.at(-1)?.confirmedAt).toBeGreaterThan(50);
    expect(find(mirrored(bars), 'resistance').length).toBeGreaterThan(0);
  });

  it('find trend lines that nothing has broken', () => {
    const rising = path('0:95 10:90 20:105 30:96 40:112 50:102 60:118', 0.5);
    const [match] = find(rising, 'rising-trend-line');
    expect(match?.points.map(({ bar }) => bar)).toEqual([10, 30, 50]);
    expect(find(mirrored(rising), 'falling-trend-line')).toHaveLength(1);
    const broken = path('0:95 10:90 20:105 30:85 40:112 50:102 60:118', 0.5);
    expect(find(broken, 'rising-trend-line')).toEqual([]);
  });
});

describe('single bars', () => {
  it('find gaps, inside and outside bars', () => {
    const detector = new PatternDetector();
    const kinds = (high: number, low: number): string[] =>
      detector.update(high, low, (high + low) / 2).map(({ kind }) => kind);
    expect(kinds(10, 9)).toEqual([]);
    expect(kinds(9.8, 9.2)).toEqual(['inside-bar']);
    expect(kinds(11, 9)).toEqual(['outside-bar']);
    expect(kinds(13, 12)).toEqual(['gap-up']);
    expect(kinds(Number.NaN, 1)).toEqual([]);
    expect(kinds(8, 7)).toEqual(['gap-down']);
    expect(kinds(8, 7)).toEqual([]);
  });
});

describe('divergences', () => {
  const bars = path('0:95 10:110 20:100 30:114 45:95');

  it('are regular when the price goes further and the oscillator does not', () => {
    const oscillator = bars.close.map((_, i) => (i <= 15 ? 80 : 60));
    const found = divergences(bars.high, bars.low, bars.close, oscillator, { percent: 2 });
    const match = found.find(({ direction }) => direction === 'bearish');
    expect(match).toMatchObject({ kind: 'regular-divergence' });
    expect(match?.points.map(({ bar }) => bar)).toEqual([10, 30]);
    expect(match?.confirmedAt).toBeGreaterThan(30);
  });

  it('are hidden the other way round, and absent when both agree or one is missing', () => {
    const lower = mirrored(path('0:95 10:114 20:100 30:110 45:95'));
    const fallen = lower.close.map((_, i) => (i <= 15 ? 40 : 20));
    const [hidden] = divergences(lower.high, lower.low, lower.close, fallen, { percent: 2 });
    expect(hidden).toMatchObject({ kind: 'hidden-divergence', direction: 'bullish' });
    const agreeing = bars.close.map((_, i) => i);
    expect(
      divergences(bars.high, bars.low, bars.close, agreeing, { percent: 2 }).filter(
        ({ direction }) => direction === 'bearish',
      ),
    ).toEqual([]);
    const missing = bars.close.map(() => Number.NaN);
    expect(divergences(bars.high, bars.low, bars.close, missing)).toEqual([]);
  });
});

describe('every pattern', () => {
  const walk = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 50, maxLength: 300 });

  function bars(steps: readonly number[]): BarColumns {
    let price = 100;
    const closes = steps.map((step) => (price = Math.max(20, price + step)));
    return through(
      closes.map((close, i) => [i, close] as const),
      0.5,
    );
  }

  it('is known only at its confirmation and never changes', () => {
    fc.assert(
      fc.property(walk, fc.nat(300), (steps, cut) => {
        const options = { reversal: { percent: 4 } };
        const whole = detectPatterns(bars(steps), options);
        const length = Math.min(cut, steps.length);
        const part = detectPatterns(bars(steps.slice(0, length)), options);
        expect(part).toEqual(whole.filter(({ confirmedAt }) => confirmedAt < length));
        for (const match of whole) {
          expect(match.confidence).toBeGreaterThanOrEqual(0);
          expect(match.confidence).toBeLessThanOrEqual(1);
          for (const { bar, price } of match.points) {
            expect(bar).toBeLessThanOrEqual(match.confirmedAt);
            expect(price).toSatisfy(Number.isFinite);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  const file = sharedData('daily/SPY.csv');
  it.skipIf(file === undefined)('is found in 23 years of SPY now and then', () => {
    const spy = readRows(file ?? '', (text) => Date.parse(`${text}T00:00:00Z`));
    const counts = new Map<string, number>();
    for (const { kind } of detectPatterns(spy)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const kind of [
      'double-top',
      'double-bottom',
      'head-and-shoulders',
      'rectangle',
      'bull-flag',
      'ab-cd',
      'support',
      'rising-trend-line',
      'gap-up',
      'inside-bar',
    ]) {
      expect(counts.get(kind) ?? 0, kind).toBeGreaterThan(0);
    }
    expect(counts.get('double-top') ?? 0).toBeLessThan(100);
  });
});

import { describe, expect, it } from 'vitest';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { detectPatterns } from '../../../../engine/patterns/detector.ts';
import type { PatternMatch } from '../../../../engine/patterns/pattern.ts';

/** A double top from `top` to `neck`, with a close at `end` that confirms it; no range around closes. */
function doubleTop(top: number, neck: number, end: number): PatternMatch | undefined {
  const corners = [neck / 2, top, neck, top, end];
  const close = Float64Array.from({ length: 41 }, (_, i) => {
    const from = corners[Math.floor(i / 10)] as number;
    const to = corners[Math.floor(i / 10) + 1] ?? from;
    return from + ((to - from) * (i % 10)) / 10;
  });
  const bars: BarColumns = {
    time: close.map((_, i) => i),
    open: close,
    high: close,
    low: close,
    close,
    volume: close,
  };
  return detectPatterns(bars, { reversal: { percent: 2 }, kinds: ['double-top'] })[0];
}

describe('the target of a pattern', () => {
  it('is its height away from its line', () => {
    expect(doubleTop(110, 100, 95)?.target).toBeCloseTo(90, 9);
  });

  it('is not given where no price can be', () => {
    // 100 less a height of 150.
    const match = doubleTop(250, 100, 40);
    expect(match?.kind).toBe('double-top');
    expect(match?.target).toBeNull();
  });
});

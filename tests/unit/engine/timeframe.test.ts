import { describe, expect, it } from 'vitest';
import { timeframe, timeframeMillis, timeframeOfMillis } from '../../../engine/domain/timeframe.ts';

describe('timeframe', () => {
  it.each([
    ['60m', '1h'],
    ['D', '1d'],
    ['24h', '1d'],
    ['90m', '90m'],
    ['7d', '1w'],
    ['1M', '1M'],
    ['1m', '1m'],
  ])('canonicalises %s to %s', (given, canonical) => {
    expect(timeframe(given)).toBe(canonical);
  });

  it.each(['', '0m', '-1h', '1x', '1.5h', 'hour'])('refuses "%s"', (given) => {
    expect(() => timeframe(given)).toThrow(/is not a bar length/);
  });

  it('is the inverse of its length', () => {
    for (const text of ['1s', '5m', '1h', '4h', '1d', '1w']) {
      const value = timeframe(text);
      expect(timeframeOfMillis(timeframeMillis(value))).toBe(value);
    }
  });
});

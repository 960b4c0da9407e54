import { describe, expect, it } from 'vitest';
import { editDistance, nearestName, suggestion } from '../../../electron/services/nearest-name.ts';
import { fc } from '../../support/properties.ts';

describe('nearest name', () => {
  // Textbook distances.
  it.each([
    ['kitten', 'sitting', 3],
    ['saturday', 'sunday', 3],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('%s and %s are %i apart', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is a metric', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });

  it('suggests what was most likely meant, or what there is', () => {
    const known = ['sma-cross', 'ema-cross', 'rsi-reversal'];
    expect(nearestName('sma_cros', known)).toBe('sma-cross');
    expect(nearestName('SMA-CROSS', known)).toBe('sma-cross');
    expect(nearestName('bollinger', known)).toBeUndefined();
    expect(suggestion('sma_cros', known)).toBe(' Did you mean "sma-cross"?');
    expect(suggestion('bollinger', known)).toBe(' There is sma-cross, ema-cross, rsi-reversal.');
    expect(suggestion('x', [])).toBe('');
  });
});
